//! The database's URL: where it is taken from, what it may say, and how it is shown.

mod hidden;
mod mysql;
mod postgres;
mod server;
mod sqlite;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use revchain_core::{Dialect, Dialects};

use crate::cli::duration::duration;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

pub use hidden::without_passwords;
pub use mysql::MysqlPlace;
pub use postgres::PostgresPlace;
pub use sqlite::{Mode, SqlitePlace};

/// Which database a verb works on.
#[derive(Args, Clone, Debug, Default)]
pub struct DatabaseArguments {
    /// The database; else $DATABASE_URL from the environment or from `.env`
    ///
    /// `postgres://user:password@host/app`, `postgres:///app?host=/run/postgresql`; `sqlite:app.db`, `sqlite:///app.db`
    /// (relative), `sqlite:////var/app.db` (absolute), `sqlite::memory:`, or a path that ends in `.db`, `.sqlite` or
    /// `.sqlite3`. SQLAlchemy's forms work, as `postgresql+asyncpg://`. `?pooler=transaction` says that a pooler in
    /// transaction mode stands before the server. `database-url-variable` in migrate.toml names another variable.
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// How long to wait for a database that is still starting, as `60s` or `2m`; for another run waits --lock-wait
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0")]
    pub wait: Duration,
}

/// A database's URL. What is shown of it has no password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    pub place: Place,
    /// How long to wait while the database is starting.
    pub wait: Duration,
    text: server::Secret,
}

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Sqlite(SqlitePlace),
    Postgres(Box<PostgresPlace>),
    Mysql(Box<MysqlPlace>),
}

/// The endings of plain paths that are taken for SQLite files.
const ENDINGS: [&str; 3] = ["db", "sqlite", "sqlite3"];

impl DatabaseUrl {
    /// Finds the URL: `--database-url`, then the variable in the environment, then in `.env`.
    ///
    /// # Errors
    ///
    /// There is one, and it cannot be used.
    pub fn find_any(
        session: &Session<'_>,
        arguments: &DatabaseArguments,
        variable: &str,
    ) -> Result<Option<Self>, Failure> {
        let found = match (&arguments.database_url, session.variable(variable)) {
            (Some(url), _) => Some((url.clone(), "--database-url".to_owned())),
            (None, Some(url)) => Some((url.to_owned(), format!("${variable}"))),
            (None, None) => from_file(session, variable)?
                .map(|(path, url)| (url, format!("{variable} in {}", session.shown(&path)))),
        };
        let Some((url, origin)) = found else { return Ok(None) };
        let place = Place::parse(&url, &origin)?;
        Ok(Some(Self { place, wait: arguments.wait, text: server::Secret(url) }))
    }

    /// Takes a URL as it was typed; `origin` says where.
    ///
    /// # Errors
    ///
    /// It is none, or says what cannot be.
    pub fn typed(url: &str, origin: &str) -> Result<Self, Failure> {
        let (place, text) = (Place::parse(url, origin)?, server::Secret(url.to_owned()));
        Ok(Self { place, wait: Duration::ZERO, text })
    }

    /// Returns the URL of another database of the same server, or of none in memory.
    #[must_use]
    pub fn beside(&self, database: &str) -> Self {
        let mut beside = self.clone();
        match &mut beside.place {
            Place::Sqlite(place) => *place = SqlitePlace::Memory,
            Place::Postgres(place) => place.database = Some(database.to_owned()),
            Place::Mysql(place) => place.database = Some(database.to_owned()),
        }
        beside
    }

    /// Returns the URL of the same PostgreSQL database, to work in one of its schemas; any other is as it was.
    #[must_use]
    pub fn in_schema(&self, schema: &str) -> Self {
        let mut url = self.clone();
        if let Place::Postgres(place) = &mut url.place {
            place.schema = Some(schema.to_owned());
        }
        url
    }

    /// Returns the URL of the database as a whole, as it was given.
    #[must_use]
    pub fn whole(&self) -> Self {
        let mut url = self.clone();
        if let Place::Postgres(place) = &mut url.place {
            place.schema = None;
        }
        url
    }

    /// Returns the schema in which to work, where one was named.
    pub fn schema(&self) -> Option<&str> {
        match &self.place {
            Place::Postgres(place) => place.schema.as_deref(),
            Place::Sqlite(_) | Place::Mysql(_) => None,
        }
    }

    /// Tells whether a pooler in transaction mode stands before the server.
    pub const fn is_pooled(&self) -> bool {
        match &self.place {
            Place::Postgres(place) => place.pooled,
            Place::Sqlite(_) | Place::Mysql(_) => false,
        }
    }

    /// Says that none was found.
    pub fn unnamed(variable: &str, dialects: Dialects) -> Failure {
        let example = match dialects.iter().next() {
            Some(Dialect::Postgres) => "postgres://localhost/app",
            Some(Dialect::Mysql) => "mysql://localhost/app",
            Some(Dialect::Sqlite) | None => "sqlite:app.db",
        };
        Failure::new("no database is named")
            .help(format!("name it: export {variable}={example}"))
            .help(format!("or write {variable}={example} into .env, or give --database-url"))
    }

    /// Returns the dialect that the database speaks.
    pub const fn dialect(&self) -> Dialect {
        match self.place {
            Place::Sqlite(_) => Dialect::Sqlite,
            Place::Postgres(_) => Dialect::Postgres,
            Place::Mysql(_) => Dialect::Mysql,
        }
    }

    /// Returns the URL as it was given, with its password: for the environment of another program, and for nothing else.
    pub fn secret(&self) -> &str {
        &self.text.0
    }

    /// Tells whether the database is a file that is not there.
    pub fn is_absent(&self, session: &Session<'_>) -> bool {
        match &self.place {
            Place::Sqlite(SqlitePlace::File { path, .. }) => !session.folder.join(path).exists(),
            _ => false,
        }
    }
}

impl Place {
    /// Reads a URL; `origin` says where it comes from.
    ///
    /// # Errors
    ///
    /// It is none, or says what cannot be. What it says is not repeated: it may be a secret in the wrong variable.
    pub fn parse(url: &str, origin: &str) -> Result<Self, Failure> {
        let from = |failure: Failure| failure.note(format!("it comes from {origin}"));
        let url = url.trim();
        let scheme = url.split_once(':').filter(|(scheme, _)| is_scheme(scheme));
        if let Some((scheme, rest)) = scheme {
            // `postgresql+asyncpg`: what stands behind the sign is SQLAlchemy's driver.
            let base = scheme.split('+').next().unwrap_or(scheme).to_ascii_lowercase();
            match &*base {
                "sqlite" => return sqlite::parse(rest).map(Self::Sqlite).map_err(from),
                "postgres" | "postgresql" => {
                    let place = postgres::parse(rest);
                    return place.map(|place| Self::Postgres(Box::new(place))).map_err(from);
                }
                "mysql" | "mariadb" => {
                    let place = mysql::parse(rest);
                    return place.map(|place| Self::Mysql(Box::new(place))).map_err(from);
                }
                // A drive of Windows.
                _ if scheme.len() == 1 => {}
                _ => {
                    let message = format!("`{scheme}:` is no database that is known");
                    return Err(from(Failure::usage(message)).help(
                        "write `postgres://user@host/app`, `mysql://user@host/app` or `sqlite:app.db`",
                    ));
                }
            }
        }
        let path = Path::new(url);
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        if ending.is_some_and(|ending| ENDINGS.contains(&&*ending)) {
            return Ok(Self::Sqlite(SqlitePlace::File { path: path.into(), mode: Mode::Create }));
        }
        Err(from(Failure::usage("this is not a database's URL")).help(
            "write `postgres://user@host/app`, `sqlite:app.db`, or a path that ends in `.db`, `.sqlite` or `.sqlite3`",
        ))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Sqlite(place) => place.fmt(f),
            Place::Postgres(place) => place.fmt(f),
            Place::Mysql(place) => place.fmt(f),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))
}

/// Looks the variable up in the nearest `.env` at or above the current folder.
fn from_file(session: &Session<'_>, variable: &str) -> Result<Option<(PathBuf, String)>, Failure> {
    let paths = session.folder.ancestors().map(|folder| folder.join(".env"));
    let Some(path) = paths.into_iter().find(|path| path.is_file()) else { return Ok(None) };
    let unreadable = |line: Option<usize>| {
        let place = line.map_or(String::new(), |line| format!(":{line}"));
        // The line may hold a secret: only its number is told.
        Failure::new(format!("{}{place} cannot be read", session.shown(&path)))
            .help("write lines of the form NAME=value, with quotes around a value with spaces")
    };
    let variables = dotenvy::from_path_iter(&path).map_err(|_| unreadable(None))?;
    let mut found = None;
    for pair in variables {
        match pair {
            Ok((name, value)) if name == variable && !value.is_empty() => found = Some(value),
            Ok(_) => {}
            Err(dotenvy::Error::LineParse(line, _)) => {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                // A quote that is not closed takes the lines below along.
                let line = line.trim().lines().next().unwrap_or_default();
                let at = text.lines().position(|one| one.trim() == line.trim());
                return Err(unreadable(at.map(|at| at + 1)));
            }
            Err(_) => return Err(unreadable(None)),
        }
    }
    Ok(found.map(|url| (path.clone(), url)))
}
