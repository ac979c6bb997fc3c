//! A database that goes away: where schemas are made to be looked at, and plans are tried.

mod site;
mod trial;

use revchain::Run;
use revchain::cli::database::Refused;
use revchain_core::set::History;
use revchain_core::{Dialect, Set};
use revchain_schema::{Next, Part, Plan, Reading, Row, Snapshot};
use tempfile::TempDir;

use crate::database::{Access, Database};
use crate::failure::Failure;
use crate::session::Session;
use crate::url::DatabaseUrl;

pub(crate) use site::Servers;
use site::{Site, unmade};

/// A database that goes away with this value.
pub(crate) struct Scratch {
    database: Database,
    dialect: Dialect,
    /// The tables of the ledger.
    ignored: Vec<String>,
    /// PostgreSQL: the schema of names that no schema qualifies.
    home: Option<String>,
    /// What drops it, once its own connection is closed; none for SQLite.
    _site: Option<Site>,
    /// Whether all that is done is taken back, so that a transaction is a part of another.
    on_trial: bool,
    /// Where its file is, if it has one.
    _folder: Option<TempDir>,
}

/// Why a plan stopped.
pub(crate) struct Stopped {
    /// The statement.
    pub(crate) sql: String,
    /// The database's words.
    pub(crate) words: String,
    /// Whether the plan says that rows can be in the way here, or in the part that it closes.
    pub(crate) foreseen: bool,
}

impl Scratch {
    /// Makes an empty one: in memory for SQLite, else beside a database of the dialect that `servers` names.
    ///
    /// # Errors
    ///
    /// There is no server to make it on, or it refuses.
    pub(crate) fn make(
        session: &mut Session<'_>,
        dialect: Dialect,
        history: &History,
        servers: &Servers,
    ) -> Result<Self, Failure> {
        match dialect {
            Dialect::Sqlite => Self::in_memory(session, history),
            Dialect::Postgres | Dialect::Mysql => {
                let mut site = Site::choose(session, dialect, servers)?;
                site.make()?;
                Self::open(session, site, history)
            }
        }
    }

    /// Makes two, which takes a server as long as one.
    ///
    /// # Errors
    ///
    /// As for one.
    pub(crate) fn make_two(
        session: &mut Session<'_>,
        dialect: Dialect,
        history: &History,
        servers: &Servers,
    ) -> Result<[Self; 2], Failure> {
        if dialect == Dialect::Sqlite {
            return Ok([Self::in_memory(session, history)?, Self::in_memory(session, history)?]);
        }
        let mut one = Site::choose(session, dialect, servers)?;
        let mut two = Site::choose(session, dialect, servers)?;
        let (made, also) = at_once(|| one.make(), || two.make());
        made.and(also)?;
        Ok([Self::open(session, one, history)?, Self::open(session, two, history)?])
    }

    fn in_memory(session: &mut Session<'_>, history: &History) -> Result<Self, Failure> {
        let url = DatabaseUrl::typed("sqlite::memory:", "this program")?;
        let mut database = url.open_any(session, Access::Write)?;
        let set = "PRAGMA foreign_keys = ON";
        database.execute(set).map_err(|refused| unmade(&url, refused))?;
        Ok(Self::of(database, Dialect::Sqlite, own_tables(history)))
    }

    fn open(session: &mut Session<'_>, site: Site, history: &History) -> Result<Self, Failure> {
        let mut database = site.open(session)?;
        let home = match site.dialect {
            Dialect::Postgres => {
                settle(&mut database).map_err(|refused| unmade(&site.server, refused))?
            }
            Dialect::Sqlite | Dialect::Mysql => None,
        };
        let scratch = Self::of(database, site.dialect, own_tables(history));
        Ok(Self { home, _site: Some(site), ..scratch })
    }

    const fn of(database: Database, dialect: Dialect, ignored: Vec<String>) -> Self {
        Self { database, dialect, ignored, home: None, _site: None, on_trial: false, _folder: None }
    }

    /// Returns the connection.
    pub(crate) const fn database(&mut self) -> &mut Database {
        &mut self.database
    }

    /// Returns the dialect that it speaks.
    pub(crate) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the schema of names that no schema qualifies, where the database has schemas.
    pub(crate) fn home(&self) -> Option<&str> {
        self.home.as_deref()
    }

    /// Returns the names of the ledger's tables.
    pub(crate) fn ignored(&self) -> Vec<String> {
        self.ignored.clone()
    }

    /// Applies revisions, or takes them back.
    ///
    /// # Errors
    ///
    /// What stopped the run; it speaks of a database that goes away.
    pub(crate) fn migrate(&mut self, run: Run<'_>) -> Result<(), revchain::Error> {
        self.database.run(run).map(|_| ()).map_err(revchain::Error::in_scratch)
    }

    /// Reads the catalog.
    ///
    /// # Errors
    ///
    /// It has what cannot be read.
    pub(crate) fn snapshot(&mut self) -> Result<Snapshot, Failure> {
        let (dialect, ignored) = (self.dialect, self.ignored.clone());
        read(self.database(), dialect, ignored)
    }

    /// Runs a plan as the runtime runs the sections that are made of it.
    ///
    /// # Errors
    ///
    /// The statement that the database refuses; what its part did is taken back.
    pub(crate) fn run(&mut self, plan: &Plan) -> Result<(), Stopped> {
        for part in &plan.parts {
            if part.foreign_keys_off {
                self.run_without_foreign_keys(part)?;
            } else if part.transaction {
                self.run_in_transaction(part, &[])?;
            } else {
                for statement in &part.statements {
                    self.run_one(statement)?;
                }
            }
        }
        Ok(())
    }

    /// The protocol of table rebuilds (DESIGN §7).
    fn run_without_foreign_keys(&mut self, part: &Part) -> Result<(), Stopped> {
        let begin = ["PRAGMA foreign_keys = OFF", "PRAGMA legacy_alter_table = ON"];
        let end = ["PRAGMA legacy_alter_table = OFF", "PRAGMA foreign_keys = ON"];
        let stopped = |sql: &str, refused: Refused| Stopped {
            sql: sql.to_owned(),
            words: refused.words,
            foreseen: false,
        };
        for sql in begin {
            self.database().execute(sql).map_err(|refused| stopped(sql, refused))?;
        }
        let known = self.violations().map_err(|refused| stopped("foreign_key_check", refused));
        let ran = known.and_then(|known| self.run_in_transaction(part, &known));
        for sql in end {
            self.database().execute(sql).map_err(|refused| stopped(sql, refused))?;
        }
        ran
    }

    /// Returns the rows that refer to nothing; a foreign key that fits no unique key of its parent counts as one.
    fn violations(&mut self) -> Result<Vec<Row>, Refused> {
        let rows =
            self.database().rows("SELECT \"table\", rowid, parent FROM pragma_foreign_key_check");
        match rows {
            Err(refused) if refused.words.contains("foreign key mismatch") => {
                Ok(vec![vec![Some(refused.words)]])
            }
            rows => rows,
        }
    }

    fn run_in_transaction(&mut self, part: &Part, known: &[Row]) -> Result<(), Stopped> {
        let [begin, commit, rollback] = self.transaction();
        let control = |refused: Refused, sql: &str| Stopped {
            sql: sql.to_owned(),
            words: refused.words,
            foreseen: part.statements.iter().any(|one| !one.refused_by_rows.is_empty()),
        };
        self.database().execute(begin).map_err(|refused| control(refused, begin))?;
        let mut run = || {
            for statement in &part.statements {
                self.run_one(statement)?;
            }
            if part.foreign_keys_off {
                let found = self.violations().map_err(|refused| control(refused, "COMMIT"))?;
                if let Some(new) = found.iter().find(|one| !known.contains(one)) {
                    let words = match &new[..] {
                        [Some(child), _, Some(parent)] => {
                            format!("a row of `{child}` refers to no row of `{parent}`")
                        }
                        _ => new.iter().flatten().cloned().collect(),
                    };
                    return Err(control(Refused { words, no_table: false }, "COMMIT"));
                }
            }
            self.database().execute(commit).map_err(|refused| control(refused, "COMMIT"))
        };
        let ran = run();
        if ran.is_err() {
            // Nothing is open where the database has rolled back by itself.
            let _ = self.database().execute(rollback);
        }
        ran
    }

    fn run_one(&mut self, statement: &revchain_schema::Statement) -> Result<(), Stopped> {
        self.database().execute(&statement.sql).map_err(|refused| Stopped {
            sql: statement.sql.clone(),
            words: refused.words,
            foreseen: !statement.refused_by_rows.is_empty(),
        })
    }
}

/// Does two things at the same time.
pub(crate) fn at_once<A: Send, B>(
    one: impl FnOnce() -> B,
    other: impl FnOnce() -> A + Send,
) -> (B, A) {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        (one(), other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Makes a session of PostgreSQL one of a scratch database, and returns the schema of names that no schema qualifies: the first
/// on `search_path`, which is made where the URL names one.
fn settle(database: &mut Database) -> Result<Option<String>, Refused> {
    // Nothing of it has to outlive the power.
    database.execute("SET synchronous_commit = off; SET client_min_messages = warning")?;
    let text = |rows: Vec<Row>| rows.into_iter().flatten().flatten().next();
    let first = "SELECT pg_catalog.btrim(pg_catalog.split_part(pg_catalog.current_setting('search_path'), ',', 1), ' \"')";
    let first = text(database.rows(first)?).filter(|name| !name.is_empty() && name != "$user");
    if let Some(first) = first {
        let first = Dialect::Postgres.quote_identifier(&first);
        database.execute(&format!("CREATE SCHEMA IF NOT EXISTS {first}"))?;
    }
    Ok(text(database.rows("SELECT pg_catalog.current_schema()")?))
}

/// Reads the catalog of a database.
///
/// # Errors
///
/// It has what cannot be read.
pub(crate) fn read(
    database: &mut Database,
    dialect: Dialect,
    ignored: Vec<String>,
) -> Result<Snapshot, Failure> {
    let mut reading = Reading::new(dialect, ignored);
    loop {
        let answers = database.answers(&reading.ask());
        let answers = answers
            .map_err(|refused| Failure::new("the catalog cannot be read").note(refused.words))?;
        match reading.answer(&answers).map_err(|error| Failure::new(error.to_string()))? {
            Next::Ask(next) => reading = next,
            Next::Done(snapshot) => return Ok(*snapshot),
        }
    }
}

/// Returns the names of the tables that are ours.
pub(crate) fn own_tables(history: &History) -> Vec<String> {
    [history.table.clone(), history.events(), history.lock()].map(String::from).to_vec()
}

/// Returns where a set keeps its ledger.
pub(crate) fn history(set: Option<&Set>) -> History {
    set.map_or_else(History::default, |set| set.settings.history.clone())
}
