//! What opening a SQLite file means, whichever driver does it.

use std::path::PathBuf;

use super::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::url::{DatabaseUrl, Mode, SqlitePlace};

/// How a database is to be opened.
pub(super) enum Opening {
    /// As one that goes away.
    Memory,
    /// As a file.
    File { path: PathBuf, read_only: bool, create: bool },
}

/// Decides how a database is opened: the file is made only where a verb writes.
///
/// # Errors
///
/// The file must be there, and is not.
pub(super) fn opening(
    place: &SqlitePlace,
    url: &DatabaseUrl,
    session: &Session<'_>,
    access: Access,
) -> Result<Opening, Failure> {
    let SqlitePlace::File { path, mode } = place else { return Ok(Opening::Memory) };
    let path = session.folder.join(path);
    let create = match (access, mode, path.exists()) {
        (_, _, true) | (Access::Write, Mode::Create, false) => {
            access == Access::Write && *mode == Mode::Create
        }
        (Access::Look, _, false) => return Ok(Opening::Memory),
        (Access::Write | Access::WriteExisting, _, false) => {
            return Err(Failure::new(format!("the database {url} is not there"))
                .help("make it with all its revisions: cargo migrate upgrade"));
        }
    };
    Ok(Opening::File { path, read_only: *mode == Mode::ReadOnly, create })
}

/// Says that a file cannot be opened.
pub(super) fn unreachable(url: &DatabaseUrl, reason: impl ToString) -> Failure {
    Failure::with_exit(Exit::TryAgain, format!("the database {url} cannot be opened"))
        .note(reason.to_string())
        .help("is its folder there, and may you write into it?")
}

/// Says that a file is something else.
pub(super) fn no_database(url: &DatabaseUrl) -> Failure {
    Failure::new(format!("the file of {url} is not a database"))
        .help("name another: --database-url sqlite:app.db")
}
