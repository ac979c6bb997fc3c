//! Compares our answers with Alembic's: `cargo run -p revchain-tests --bin alembic-cases -- FILE…`.
//!
//! A file has a case on each line (`cases.jsonl`), or is the record of Alembic's own tests (`traversal_facts.json`). For
//! each command it prints how many cases agree, how many ours refuses and why, in how many Alembic itself is at fault and
//! ours is sound, and how many disagree; the last are listed, and make it fail.

use std::io::Write as _;
use std::process::ExitCode;

use revchain_tests::alembic::{Tally, judge, read};

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    if files.is_empty() {
        writeln!(std::io::stderr(), "usage: alembic-cases FILE…")?;
        return Ok(ExitCode::from(2));
    }
    let mut agreed = true;
    for file in files {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{shown}: {error}"))?;
        let cases = read(&text).map_err(|error| format!("{shown}: {error}"))?;
        let mut tally = Tally::default();
        for case in &cases {
            let verdict = judge(case).map_err(|error| format!("{shown}: {}: {error}", case.id))?;
            tally.count(case, verdict);
        }
        agreed &= tally.disagreements().is_empty();
        writeln!(std::io::stdout(), "{shown}: {} cases\n{tally}", cases.len())?;
    }
    Ok(if agreed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
