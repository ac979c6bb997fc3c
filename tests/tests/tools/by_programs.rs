//! The tools as they are installed.

use std::fs;

use revchain::{Dialect, History};
use revchain_tests::clients::Database;
use revchain_tests::command::Desk;

use crate::Result;
use crate::coming::Coming;
use crate::tool::{self, Migration, TOOLS};

/// Comes over with each tool that is there.
fn come(dialect: Dialect, migrations: &[Migration]) -> Result {
    for tool in TOOLS {
        let Some(program) = tool::program(tool) else { continue };
        let bring = |database: &Database, folder: &std::path::Path, _| {
            tool::apply(tool, &program, folder, database)
        };
        Coming { tool, dialect, migrations, bring: &bring }.come()?;
    }
    Ok(())
}

/// Returns the migrations of a real project, where there are some.
fn real(name: &str) -> Result<Option<Vec<Migration>>> {
    revchain_tests::real::real(name).map(|folder| tool::read(&folder)).transpose()
}

#[test]
fn half_of_a_history_is_adopted_and_the_other_half_runs() -> Result {
    come(Dialect::Sqlite, &tool::small())
}

#[test]
fn on_postgresql_half_of_a_history_is_adopted_and_the_other_half_runs() -> Result {
    come(Dialect::Postgres, &tool::small())
}

#[test]
fn real_histories_come_over() -> Result {
    for name in ["atuin-client", "atuin-server-sqlite"] {
        if let Some(migrations) = real(name)? {
            come(Dialect::Sqlite, &migrations)?;
        }
    }
    Ok(())
}

#[test]
fn on_postgresql_real_histories_come_over() -> Result {
    for name in ["atuin-server-postgres", "svix-server"] {
        if let Some(migrations) = real(name)? {
            come(Dialect::Postgres, &migrations)?;
        }
    }
    Ok(())
}

#[test]
fn a_tool_that_is_run_again_finds_what_it_lacks_and_the_ledger_stays_true() -> Result {
    for tool in TOOLS {
        let Some(program) = tool::program(tool) else { continue };
        let Some(database) = Database::fresh(Dialect::Sqlite) else { return Ok(()) };
        let desk = Desk::new().set("DATABASE_URL", &database.url());
        let migrations = tool::small();
        tool::write(tool, &desk.at("half"), &migrations[..2])?;
        tool::write(tool, &desk.at("old"), &migrations)?;
        tool::apply(tool, &program, &desk.at("half"), &database)?;
        desk.run(&format!("import --from {} old --dialect sqlite", tool.tool())).done();
        desk.run("adopt-history").done();
        desk.run("upgrade").done();
        let error = tool::apply(tool, &program, &desk.at("old"), &database).expect_err("it fails");
        assert!(error.to_string().contains("already exists"), "{error}");
        desk.run("verify").done();
        desk.run("drift").done();
    }
    Ok(())
}

/// What a tool writes for the first two migrations is what stands in its record.
fn is_recorded(tool: History, dialect: Dialect) -> Result {
    let Some(program) = tool::program(tool) else { return Ok(()) };
    let Some(database) = Database::fresh(dialect) else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    tool::write(tool, folder.path(), &tool::small()[..2])?;
    tool::apply(tool, &program, folder.path(), &database)?;
    let (record, file) = (tool::record(tool, &database)?, tool::record_file(tool, dialect));
    if std::env::var_os("REVCHAIN_BLESS").is_some() {
        fs::create_dir_all(file.parent().ok_or("no folder")?)?;
        fs::write(&file, record)?;
    } else {
        let stands = fs::read_to_string(&file)?;
        assert_eq!(tool::form(&record), tool::form(&stands), "{}", file.display());
    }
    Ok(())
}

#[test]
fn the_tables_of_the_tools_are_those_that_are_recorded() -> Result {
    for tool in TOOLS {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            is_recorded(tool, dialect)?;
        }
    }
    Ok(())
}
