//! Databases for tests: each test its own, at the head, copied from one image.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

use revchain_core::set::Set;
use revchain_core::{Dialect, Target};
use rusqlite::Connection;
use rusqlite::backup::Backup;

use crate::error::{Error, ErrorKind};
use crate::migrations::Migrations;

/// One database at the head for each set of the process.
static IMAGES: LazyLock<Mutex<HashMap<u64, Connection>>> = LazyLock::new(Mutex::default);

impl Migrations {
    /// Makes a database in memory with every revision applied, for one test.
    ///
    /// The first call of a process runs the chain; each later one copies what came of it, in less than a millisecond.
    ///
    /// # Errors
    ///
    /// As [`Run::run`](crate::Run::run), when the chain does not apply.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let database = MIGRATIONS.in_memory()?;
    /// database.execute("INSERT INTO books (title, author) VALUES ('Emma', 'Austen')", [])?;
    ///
    /// // Another test's database is another one.
    /// let other = MIGRATIONS.in_memory()?;
    /// let books: i64 = other.query_row("SELECT count(*) FROM books", [], |row| row.get(0))?;
    /// assert_eq!(books, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_memory(&self) -> Result<Connection, Error> {
        let refused = |source: rusqlite::Error| {
            let doing = "to make a database in memory";
            Error::new(ErrorKind::Database { doing, source: source.into() }, Vec::new())
        };
        let mut images = IMAGES.lock().unwrap_or_else(PoisonError::into_inner);
        let image = match images.entry(key(self.set())) {
            Entry::Occupied(image) => image.into_mut(),
            Entry::Vacant(place) => {
                let mut image = Connection::open_in_memory().map_err(refused)?;
                self.upgrade(Target::Heads).run(&mut image)?;
                place.insert(image)
            }
        };
        let mut copy = Connection::open_in_memory().map_err(refused)?;
        // All pages in one step.
        Backup::new(image, &mut copy).and_then(|backup| backup.step(-1)).map_err(refused)?;
        Ok(copy)
    }
}

/// Tells sets apart by what they apply.
fn key(set: &Set) -> u64 {
    let mut hasher = DefaultHasher::new();
    set.settings.name.hash(&mut hasher);
    set.settings.history.to_string().hash(&mut hasher);
    for revision in &*set.revisions {
        let part = revision.part(Dialect::Sqlite);
        (&revision.id, part.map(|part| (part.upgrade_checksum, part.downgrade_checksum)))
            .hash(&mut hasher);
    }
    hasher.finish()
}
