//! The lock that the operating system keeps for a SQLite database, on a file beside it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;

/// A lock that may be held; it is released with its value.
#[derive(Debug, Default)]
pub(crate) struct FileLock(Option<File>);

impl FileLock {
    /// Tries to lock the file beside a database; tells whether it could. A database in memory, which has no file, belongs
    /// to its connection anyway.
    pub(crate) fn take(&mut self, database: Option<&str>) -> io::Result<bool> {
        let Some(database) = database.filter(|path| !path.is_empty()) else { return Ok(true) };
        let path = PathBuf::from(format!("{database}-revchain"));
        let file = File::options().create(true).append(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {
                self.0 = Some(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Releases it: closing the file does.
    pub(crate) fn release(&mut self) {
        self.0 = None;
    }
}
