//! An application's own command on sqlx and SQLite alone; without a word it upgrades a database in memory.

use std::process::ExitCode;

revchain::migrations!(static MIGRATIONS = "../../examples/shop/migrations");

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        return revchain::cli::main(&MIGRATIONS);
    }
    revchain::cli::run(&MIGRATIONS, ["upgrade", "--database-url", "sqlite::memory:"])
}

#[cfg(test)]
mod tests {
    use std::io::empty;
    use std::path::Path;
    use std::time::SystemTime;

    use revchain::cli::call::{Call, Terminals};

    use super::*;

    fn run(folder: &Path, line: &str) -> (u8, String) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let code = revchain::cli::run_call(
            &MIGRATIONS,
            Call {
                arguments: line.split(' ').map(Into::into).collect(),
                environment: [("DATABASE_URL".to_owned(), "sqlite:shop.db".to_owned())].into(),
                folder: folder.to_owned(),
                terminals: Terminals::default(),
                clock: SystemTime::now,
                stdin: &mut empty(),
                stdout: &mut stdout,
                stderr: &mut stderr,
            },
        );
        let text = [stdout, stderr].concat();
        (code, String::from_utf8(text).expect("it is text"))
    }

    #[test]
    fn it_works_on_files_and_says_which_feature_another_database_wants() {
        let folder = std::env::temp_dir().join(format!("revchain-lane-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let cases = [
            ("shop current", 0, "sqlite:shop.db is not there yet"),
            ("shop downgrade base", 1, "the database sqlite:shop.db is not there"),
            ("shop verify", 4, "[pending]"),
            ("shop upgrade", 0, "3 revisions applied"),
            ("shop verify", 0, "sqlite:shop.db is at 9e47a1d3f065"),
            ("shop downgrade -1", 0, "1 revision taken back"),
            ("shop current", 0, "5d20c8e7b914"),
            ("shop upgrade --backup before.db", 0, "backup: "),
            (
                "shop current --database-url postgres://u:s3cret@h/shop",
                2,
                "the feature `sqlx-postgres`",
            ),
        ];
        for (line, code, words) in cases {
            let (ended, text) = run(&folder, line);
            assert_eq!(ended, code, "{line}: {text}");
            assert!(text.contains(words) && !text.contains("s3cret"), "{line}: {text}");
        }
        std::fs::write(
            folder.join("text.db"),
            "no database, but a text that is longer than its header",
        )
        .expect("a file can be written");
        let (ended, text) = run(&folder, "shop current --database-url sqlite:text.db");
        assert_eq!(ended, 1, "{text}");
        assert!(text.contains("is not a database"), "{text}");
        std::fs::remove_dir_all(&folder).expect("it is there");
    }
}
