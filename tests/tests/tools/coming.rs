//! The way from a tool: import, check, adopt, upgrade.

use std::path::Path;

use revchain::{Dialect, History, Migrations, Target};
use revchain_tests::clients::Database;
use revchain_tests::command::Desk;

use crate::Result;
use crate::tool::{self, Migration};

/// A tool's history, half of which a database has.
pub(crate) struct Coming<'c> {
    pub(crate) tool: History,
    pub(crate) dialect: Dialect,
    pub(crate) migrations: &'c [Migration],
    /// Brings a database as far as the files of a folder, which are so many.
    pub(crate) bring: &'c dyn Fn(&Database, &Path, usize) -> Result,
}

impl Coming<'_> {
    /// Comes over, by the command and by an application; nothing where there is no server.
    pub(crate) fn come(&self) -> Result {
        let fresh = || Database::fresh(self.dialect);
        let (Some(by_command), Some(by_application), Some(plain)) = (fresh(), fresh(), fresh())
        else {
            return Ok(());
        };
        let half = self.migrations.len() / 2;
        let desk = Desk::new().set("DATABASE_URL", &by_command.url());
        tool::write(self.tool, &desk.at("half"), &self.migrations[..half])?;
        tool::write(self.tool, &desk.at("old"), self.migrations)?;
        for database in [&by_command, &by_application] {
            (self.bring)(database, &desk.at("half"), half)?;
        }
        (self.bring)(&plain, &desk.at("old"), self.migrations.len())?;

        let import = "--into migrations --derive-downgrades --dialect";
        desk.run(&format!("import --from {} old {import} {}", self.tool.tool(), self.dialect))
            .done();
        desk.run("check --locked").done();
        let before = tool::record(self.tool, &by_command)?;
        self.adopt_by_command(&desk, half);
        self.adopt_in_application(&desk.at("migrations"), half, &by_application)?;
        for database in [&by_command, &by_application] {
            self.is_like(&desk, database, &plain);
        }
        assert_eq!(tool::record(self.tool, &by_command)?, before, "the old table stays");
        Ok(())
    }

    fn adopt_by_command(&self, desk: &Desk, half: usize) {
        let tool = self.tool.tool();
        let dry = desk.run("adopt-history --dry-run");
        dry.done().says(&[&format!("would adopt {half} revisions from {tool}")]);
        assert_eq!(dry.stdout.lines().count(), half, "{}", dry.stdout);
        let adopted = format!("{half} revisions adopted from {tool}");
        desk.run("adopt-history").done().says(&[&adopted]);
        let left = self.migrations.len() - half;
        desk.run("upgrade head").done().says(&[&format!("{left} revisions applied")]);
        desk.run("verify").done();
    }

    fn adopt_in_application(&self, folder: &Path, half: usize, database: &Database) -> Result {
        let set =
            revchain::load(folder, "migrations").map_err(|problems| format!("{problems:?}"))?;
        let migrations = Migrations::new(set, "application 1.0.0");
        let run = migrations.upgrade(Target::Head).adopt(self.tool);
        let report = match database {
            Database::Sqlite { .. } => {
                run.run(&mut rusqlite::Connection::open(database.file())?)?
            }
            _ => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async {
                    run.run_async(&mut database.postgres().await?)
                        .await
                        .map_err(Box::<dyn std::error::Error>::from)
                })?
            }
        };
        let adopted: Vec<bool> = report.steps.iter().map(|step| step.adopted).collect();
        let expected: Vec<bool> = (0..self.migrations.len()).map(|index| index < half).collect();
        assert_eq!(adopted, expected, "{:?}", self.tool);
        Ok(())
    }

    /// Expects the catalog that the tool makes.
    fn is_like(&self, desk: &Desk, database: &Database, plain: &Database) {
        if self.dialect == Dialect::Postgres {
            let words = ["diff", "--from", &plain.url(), "--to", &database.url()];
            desk.call(&words).done().says(&["nothing differs"]);
            return;
        }
        let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'revchain%' ORDER BY type, name";
        assert_eq!(database.rows(sql), plain.rows(sql), "{:?}", self.tool);
    }
}
