//! What the tools wrote once, in `tests/histories`.

use std::fs;
use std::path::Path;

use revchain::Dialect;
use revchain_tests::clients::Database;

use crate::Result;
use crate::coming::Coming;
use crate::tool::{self, TOOLS};

fn come(dialect: Dialect) -> Result {
    let migrations = tool::small();
    for tool in TOOLS {
        let record = fs::read_to_string(tool::record_file(tool, dialect))?;
        let bring = |database: &Database, _: &Path, count: usize| {
            let ups: String = migrations[..count].iter().map(|one| one.up.as_str()).collect();
            let said = database.run(&format!("{ups}{record}"));
            if said.well { Ok(()) } else { Err(said.text.into()) }
        };
        Coming { tool, dialect, migrations: &migrations, bring: &bring }.come()?;
    }
    Ok(())
}

#[test]
fn what_each_tool_wrote_is_adopted_and_the_other_half_runs() -> Result {
    come(Dialect::Sqlite)
}

#[test]
fn on_postgresql_what_each_tool_wrote_is_adopted_and_the_other_half_runs() -> Result {
    come(Dialect::Postgres)
}
