//! A database on a server that is made for a while, and dropped with its value.

use std::hash::{BuildHasher as _, Hasher as _};

use revchain::cli::database::Refused;
use revchain_core::Dialect;

use crate::database::{Access, Database};
use crate::failure::Failure;
use crate::session::Session;
use crate::url::DatabaseUrl;

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

/// A name for a database, and the connection that makes it and drops it.
pub(super) struct Site {
    pub(super) dialect: Dialect,
    pub(super) server: DatabaseUrl,
    connection: Database,
    name: String,
}

impl Site {
    /// Connects to the server of a dialect.
    ///
    /// # Errors
    ///
    /// None is known, or it cannot be reached.
    pub(super) fn choose(
        session: &mut Session<'_>,
        dialect: Dialect,
        servers: &Servers,
    ) -> Result<Self, Failure> {
        let Some(server) = servers.of(dialect) else {
            return Err(Failure::new(format!("no {dialect} server is known to try the plan on"))
                .note("a scratch database is made there, and dropped again")
                .help(format!("name one: --scratch-url {}", example(dialect)))
                .help("or write it into migrate.toml: scratch-url = \"…\""));
        };
        let connection = server.open_any(session, Access::WriteExisting)?;
        let name = format!("revchain_scratch_{:016x}", random());
        Ok(Self { dialect, server: server.clone(), connection, name })
    }

    /// Makes the database.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub(super) fn make(&mut self) -> Result<(), Failure> {
        let name = self.dialect.quote_identifier(&self.name);
        let made = like(&mut self.connection, self.dialect)
            .and_then(|like| self.connection.execute(&format!("CREATE DATABASE {name}{like}")));
        made.map_err(|refused| unmade(&self.server, refused))
    }

    /// Connects to the database.
    ///
    /// # Errors
    ///
    /// It cannot be reached.
    pub(super) fn open(&self, session: &mut Session<'_>) -> Result<Database, Failure> {
        self.server.beside(&self.name).open_any(session, Access::WriteExisting)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let name = self.dialect.quote_identifier(&self.name);
        let _ = self.connection.execute(&format!("DROP DATABASE IF EXISTS {name}"));
    }
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

pub(super) fn unmade(url: &DatabaseUrl, refused: Refused) -> Failure {
    Failure::new(format!("no scratch database can be made on {url}"))
        .note(refused.words)
        .help("name a server where you may make one: --scratch-url URL")
}

fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}
