//! A database that goes away: where schemas are made to be looked at, and plans are tried.

mod trial;

use std::hash::{BuildHasher as _, Hasher as _};

use revchain::cli::database::Refused;
use revchain_core::set::History;
use revchain_core::{Dialect, Set};
use revchain_schema::{Next, Part, Plan, Reading, Row, Snapshot};
use tempfile::TempDir;

use crate::database::{Access, Database};
use crate::failure::Failure;
use crate::session::Session;
use crate::url::DatabaseUrl;

/// A database that goes away with this value.
pub(crate) struct Scratch {
    /// None only while it goes away.
    database: Option<Database>,
    dialect: Dialect,
    /// The tables of the ledger.
    ignored: Vec<String>,
    /// PostgreSQL: the schema of names that no schema qualifies.
    home: Option<String>,
    /// The connection that drops it, and its name; none for one in memory.
    server: Option<(Database, String)>,
    /// Whether all that is done is taken back, so that a transaction is a part of another.
    on_trial: bool,
    /// Where its file is, if it has one.
    _folder: Option<TempDir>,
}

/// The databases beside which scratch databases may be made: of those of a dialect the first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Servers(pub(crate) Vec<DatabaseUrl>);

impl Servers {
    /// Adds one, which is taken where no other of its dialect is named.
    pub(crate) fn or(mut self, url: DatabaseUrl) -> Self {
        self.0.push(url);
        self
    }

    /// Lets sessions there work in a schema, which a scratch database then has.
    pub(crate) fn in_schema(&self, schema: &str) -> Self {
        Self(self.0.iter().map(|url| url.in_schema(schema)).collect())
    }

    fn of(&self, dialect: Dialect) -> Option<&DatabaseUrl> {
        self.0.iter().find(|url| url.dialect() == dialect)
    }

    /// Tells whether a scratch database of the dialect can be made.
    pub(crate) fn serve(&self, dialect: Dialect) -> bool {
        dialect == Dialect::Sqlite || self.of(dialect).is_some()
    }
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
        let ignored = own_tables(history);
        let of = |database, home, server| Self {
            database: Some(database),
            dialect,
            ignored,
            home,
            server,
            on_trial: false,
            _folder: None,
        };
        if dialect == Dialect::Sqlite {
            let url = DatabaseUrl::typed("sqlite::memory:", "this program")?;
            let mut database = url.open_any(session, Access::Write)?;
            database
                .execute("PRAGMA foreign_keys = ON")
                .map_err(|refused| unmade(&url, refused))?;
            return Ok(of(database, None, None));
        }
        let Some(url) = servers.of(dialect) else {
            return Err(Failure::new(format!("no {dialect} server is known to try the plan on"))
                .note("a scratch database is made there, and dropped again")
                .help(format!("name one: --scratch-url {}", example(dialect)))
                .help("or write it into migrate.toml: scratch-url = \"…\""));
        };
        let mut server = url.open_any(session, Access::WriteExisting)?;
        let name = format!("revchain_scratch_{:016x}", random());
        let quoted = dialect.quote_identifier(&name);
        let like = like(&mut server, dialect).map_err(|refused| unmade(url, refused))?;
        let made = server.execute(&format!("CREATE DATABASE {quoted}{like}"));
        made.map_err(|refused| unmade(url, refused))?;
        let beside = url.beside(&name);
        match beside.open_any(session, Access::WriteExisting) {
            Ok(mut database) => {
                let settled = match dialect {
                    Dialect::Postgres => settle(&mut database),
                    Dialect::Sqlite | Dialect::Mysql => Ok(None),
                };
                // Dropped with the value, whatever comes of it.
                let mut scratch = of(database, None, Some((server, name)));
                scratch.home = settled.map_err(|refused| unmade(url, refused))?;
                Ok(scratch)
            }
            Err(failure) => {
                let _ = server.execute(&format!("DROP DATABASE {quoted}"));
                Err(failure)
            }
        }
    }

    /// Returns the connection.
    pub(crate) fn database(&mut self) -> &mut Database {
        self.database.as_mut().expect("a scratch database is open until it is dropped")
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

impl Drop for Scratch {
    fn drop(&mut self) {
        self.database = None;
        if let Some((server, name)) = &mut self.server {
            let name = self.dialect.quote_identifier(name);
            let _ = server.execute(&format!("DROP DATABASE IF EXISTS {name}"));
        }
    }
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

/// Returns what a new database is to be like: on PostgreSQL nothing is to be in it, on MySQL tables have to have by themselves
/// the collation that they have in the database that was named.
fn like(server: &mut Database, dialect: Dialect) -> Result<String, Refused> {
    if dialect != Dialect::Mysql {
        return Ok(" TEMPLATE template0".to_owned());
    }
    let rows = server.rows("SELECT @@character_set_database, @@collation_database")?;
    match rows.first().map(Vec::as_slice) {
        Some([Some(charset), Some(collation)]) => {
            Ok(format!(" CHARACTER SET {charset} COLLATE {collation}"))
        }
        _ => Ok(String::new()),
    }
}

const fn example(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Mysql => "mysql://localhost",
        Dialect::Sqlite | Dialect::Postgres => "postgres://localhost/postgres",
    }
}

fn unmade(url: &DatabaseUrl, refused: Refused) -> Failure {
    Failure::new(format!("no scratch database can be made on {url}"))
        .note(refused.words)
        .help("name a server where you may make one: --scratch-url URL")
}

fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}
