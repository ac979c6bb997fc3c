//! Databases for tests: each test its own, at the head, copied from one image.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use revchain_core::set::Set;
use revchain_core::{Dialect, Target};
use rusqlite::Connection;

use crate::error::{Error, ErrorKind};
use crate::migrations::Migrations;

/// The bytes of a database at the head, for each set of the process.
static IMAGES: LazyLock<Mutex<HashMap<u64, Image>>> = LazyLock::new(Mutex::default);

type Image = Arc<[u8]>;

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
        let image = self.image(&refused)?;
        let mut copy = Connection::open_in_memory().map_err(refused)?;
        // One copy of all bytes; `sqlite3_backup` copies page by page, which takes several times as long.
        if !image.is_empty() {
            copy.deserialize_read_exact("main", &*image, image.len(), false).map_err(refused)?;
        }
        Ok(copy)
    }

    fn image(&self, refused: &dyn Fn(rusqlite::Error) -> Error) -> Result<Image, Error> {
        let mut images = IMAGES.lock().unwrap_or_else(PoisonError::into_inner);
        match images.entry(key(self.set())) {
            Entry::Occupied(image) => Ok(Arc::clone(image.get())),
            Entry::Vacant(place) => {
                let mut connection = Connection::open_in_memory().map_err(refused)?;
                // Of a database without a page there are no bytes.
                let image = if self.upgrade(Target::Heads).run(&mut connection)?.is_empty() {
                    Image::default()
                } else {
                    connection.serialize("main").map_err(refused)?.to_vec().into()
                };
                Ok(Arc::clone(place.insert(image)))
            }
        }
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
