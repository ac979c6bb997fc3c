//! SQLite's URLs: those of sqlx, those of SQLAlchemy.

use std::fmt;
use std::path::PathBuf;

use super::server::decoded;
use crate::cli::failure::Failure;

/// Where a SQLite database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqlitePlace {
    /// A database that goes away with its connection.
    Memory,
    /// A file.
    File {
        path: PathBuf,
        /// `?mode=`: `ro`, `rw` or `rwc`.
        mode: Mode,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    ReadOnly,
    ReadWrite,
    Create,
}

/// Reads what follows `sqlite:`. Two slashes begin a path as they do in sqlx; a third belongs to SQLAlchemy's form, in
/// which `///` is relative and `////` absolute.
pub(super) fn parse(rest: &str) -> Result<SqlitePlace, Failure> {
    let (path, query) =
        rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let path = path.strip_prefix("///").or_else(|| path.strip_prefix("//")).unwrap_or(path);
    let path = decoded(path);
    let mut mode = Mode::Create;
    let mut memory = path == ":memory:";
    for parameter in query.unwrap_or_default().split('&').filter(|parameter| !parameter.is_empty())
    {
        match parameter {
            "mode=ro" => mode = Mode::ReadOnly,
            "mode=rw" => mode = Mode::ReadWrite,
            "mode=rwc" => mode = Mode::Create,
            "mode=memory" => memory = true,
            _ => {
                let name = parameter.split('=').next().unwrap_or_default();
                return Err(Failure::usage(format!(
                    "the SQLite URL has a parameter `{name}` that is not understood; `mode` is `ro`, `rw`, `rwc` or `memory`"
                )));
            }
        }
    }
    if memory {
        return Ok(SqlitePlace::Memory);
    }
    if path.is_empty() {
        return Err(Failure::usage("the SQLite URL names no file"));
    }
    Ok(SqlitePlace::File { path: path.into(), mode })
}

impl fmt::Display for SqlitePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("sqlite::memory:"),
            Self::File { path, .. } => write!(f, "sqlite:{}", path.display()),
        }
    }
}
