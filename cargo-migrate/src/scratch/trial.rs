//! Work on a scratch database that leaves it as it was: on a copy of it, or taken back afterwards.

use revchain_core::Dialect;
use revchain_schema::Plan;

use super::Scratch;
use super::site::unmade;
use crate::database::Access;
use crate::failure::Failure;
use crate::session::Session;
use crate::url::{DatabaseUrl, Place, SqlitePlace};

impl Scratch {
    /// Lets work be done with these plans, and leaves the database as it was; nothing where that cannot be: MySQL can neither
    /// be copied nor take DDL back, and on PostgreSQL a plan may want to be outside of a transaction.
    ///
    /// # Errors
    ///
    /// Those of the work; no copy can be made.
    pub(crate) fn try_out<T>(
        &mut self,
        session: &mut Session<'_>,
        plans: [&Plan; 2],
        work: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Option<Result<T, Failure>> {
        match self.dialect {
            Dialect::Sqlite => Some(self.copy(session).and_then(|mut copy| work(&mut copy))),
            Dialect::Postgres => {
                let mut parts = plans.iter().flat_map(|plan| &plan.parts);
                parts.all(|part| part.transaction).then(|| self.taken_back(work))
            }
            Dialect::Mysql => None,
        }
    }

    /// Copies a database of SQLite into a file.
    fn copy(&mut self, session: &mut Session<'_>) -> Result<Self, Failure> {
        let mut url = DatabaseUrl::typed("sqlite:scratch.db", "this program")?;
        let folder = tempfile::tempdir()
            .map_err(|error| Failure::file("make a folder in", &std::env::temp_dir(), &error))?;
        if let Place::Sqlite(SqlitePlace::File { path, .. }) = &mut url.place {
            *path = folder.path().join("scratch.db");
        }
        let path = folder.path().join("scratch.db").display().to_string();
        // Nothing of it has to outlive the power.
        let off = "PRAGMA synchronous = OFF";
        let into = format!("{off}; VACUUM INTO {}", self.dialect.quote_literal(&path));
        self.database().execute(&into).map_err(|refused| unmade(&url, refused))?;
        let mut database = url.open_any(session, Access::WriteExisting)?;
        let set = format!("{off}; PRAGMA foreign_keys = ON; PRAGMA journal_mode = MEMORY");
        database.execute(&set).map_err(|refused| unmade(&url, refused))?;
        let copy = Self::of(database, self.dialect, self.ignored.clone());
        Ok(Self { _folder: Some(folder), ..copy })
    }

    /// Does work in a transaction, and takes it back.
    fn taken_back<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let refused = |refused: revchain::cli::database::Refused| {
            Failure::new("what was planned cannot be tried").note(refused.words)
        };
        // What is checked at a commit is checked at once, as no part of it commits.
        let begin = "BEGIN; SET CONSTRAINTS ALL IMMEDIATE";
        self.database().execute(begin).map_err(refused)?;
        self.on_trial = true;
        let done = work(self);
        self.on_trial = false;
        self.database().execute("ROLLBACK").map_err(refused)?;
        done
    }

    /// Executes what may fail, and tells whether it did not.
    pub(crate) fn takes(&mut self, sql: &str) -> bool {
        if !self.on_trial {
            return self.database().execute(sql).is_ok();
        }
        let [begin, commit, rollback] = self.transaction();
        let taken = self.database().execute(&format!("{begin}; {sql}; {commit}")).is_ok();
        if !taken {
            let _ = self.database().execute(rollback);
        }
        taken
    }

    /// Returns what begins a transaction, ends it, and takes it back.
    pub(super) const fn transaction(&self) -> [&'static str; 3] {
        if self.on_trial {
            return ["SAVEPOINT part", "RELEASE part", "ROLLBACK TO part; RELEASE part"];
        }
        let begin =
            if matches!(self.dialect, Dialect::Sqlite) { "BEGIN IMMEDIATE" } else { "BEGIN" };
        [begin, "COMMIT", "ROLLBACK"]
    }
}
