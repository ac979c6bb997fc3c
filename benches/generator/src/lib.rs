//! Realistic histories of revisions for SQLite, equal for equal seeds.
//!
//! A history creates tables with foreign keys, indexes, columns, views and triggers, fills and
//! changes rows, and drops some of it again. None of it needs a table rebuild. Every downgrade
//! restores the schema and the rows exactly as its upgrade found them; nothing depends on the
//! clock or on chance, so up, down and up again gives equal schemas and rows. The SQL runs with
//! `foreign_keys` on.
//!
//! ```
//! let revisions = revchain_generator::revisions(1_000, 1);
//! assert_eq!(revisions[0].parent, None);
//! assert_eq!(revisions[1].parent.as_ref(), Some(&revisions[0].id));
//! assert_eq!(revisions, revchain_generator::revisions(1_000, 1));
//! ```

mod columns;
mod history;
mod random;
mod tables;
mod write;

pub use write::{
    write_diesel, write_refinery, write_revchain, write_rusqlite_migration, write_sqlx,
};

/// One step of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// 12 hexadecimal digits, unique in the history.
    pub id: String,
    /// The id of the revision before; `None` for the first.
    pub parent: Option<String>,
    /// What it does, in a few words.
    pub message: String,
    /// When it was written, as `2017-03-06T08:00:00Z`; later than its parent.
    pub created: String,
    /// The statements of the upgrade, each ending in `;` and a line break.
    pub upgrade: String,
    /// The statements that take the upgrade back.
    pub downgrade: String,
}

/// Returns the first `count` revisions of the history that `seed` names.
///
/// A longer history of the same seed begins with the shorter one.
pub fn revisions(count: usize, seed: u64) -> Vec<Revision> {
    history::History::new(seed).take(count).collect()
}
