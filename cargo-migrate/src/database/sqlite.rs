//! Opens SQLite files.

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::Access;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;
use crate::url::{DatabaseUrl, Mode, SqlitePlace};

/// Opens a database, which is made only where a verb writes.
pub(super) fn open(
    place: &SqlitePlace,
    url: &DatabaseUrl,
    session: &Session<'_>,
    access: Access,
) -> Result<Connection, Failure> {
    let unreachable = |error: &rusqlite::Error| {
        Failure::with_exit(Exit::TryAgain, format!("the database {url} cannot be opened"))
            .note(error.to_string())
            .help("is its folder there, and may you write into it?")
    };
    let in_memory = || Connection::open_in_memory().map_err(|error| unreachable(&error));
    let SqlitePlace::File { path, mode } = place else { return in_memory() };
    let path = session.folder.join(path);
    let create = match (access, mode, path.exists()) {
        (_, _, true) | (Access::Write, Mode::Create, false) => {
            access == Access::Write && *mode == Mode::Create
        }
        (Access::Look, _, false) => return in_memory(),
        (Access::Write | Access::WriteExisting, _, false) => {
            return Err(Failure::new(format!("the database {url} is not there"))
                .help("make it with all its revisions: cargo migrate upgrade"));
        }
    };
    let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags |= match mode {
        Mode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Mode::ReadWrite | Mode::Create => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    if create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection =
        Connection::open_with_flags(&path, flags).map_err(|error| unreachable(&error))?;
    // SQLite opens whatever it is given, and reads it with the first question.
    let read = connection.pragma_query(None, "schema_version", |_| Ok(()));
    if read.is_err_and(|error| error.sqlite_error_code() == Some(ErrorCode::NotADatabase)) {
        return Err(Failure::new(format!("the file of {url} is not a database"))
            .help("name another: --database-url sqlite:app.db"));
    }
    Ok(connection)
}
