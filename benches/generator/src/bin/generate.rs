//! Writes a history to a folder: `generate <layout> <count> <seed> <folder>`.

use std::path::Path;
use std::process::ExitCode;

use revchain_generator::{
    revisions, write_diesel, write_refinery, write_revchain, write_rusqlite_migration, write_sqlx,
};

#[expect(clippy::print_stderr, reason = "a program speaks to who runs it")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [layout, count, seed, folder] = arguments.as_slice() else {
        eprintln!("usage: generate <layout> <count> <seed> <folder>");
        return ExitCode::from(2);
    };
    let (Ok(count), Ok(seed)) = (count.parse(), seed.parse()) else {
        eprintln!("error: `{count}` and `{seed}` are not both numbers");
        return ExitCode::from(2);
    };
    let folder = Path::new(folder);
    let revisions = revisions(count, seed);
    let written = match layout.as_str() {
        "revchain" => write_revchain(folder, &revisions).map(drop),
        "sqlx" => write_sqlx(folder, &revisions),
        "refinery" => write_refinery(folder, &revisions),
        "diesel" => write_diesel(folder, &revisions),
        "rusqlite_migration" => write_rusqlite_migration(folder, &revisions),
        _ => {
            eprintln!("error: no layout `{layout}`");
            return ExitCode::from(2);
        }
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot write to `{}`: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}
