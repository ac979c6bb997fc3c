//! A folder of revisions in a temporary place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use revchain::{Dialect, Migrations, Problem};
use revchain_core::folder::Folder;
use revchain_core::lock::{Entry, FILE, Lock};
use revchain_core::set::{Heads, History, Settings};
use revchain_core::{Dialects, check};
use tempfile::TempDir;

/// A folder of revisions that goes away with its value.
#[derive(Debug)]
pub struct Project {
    folder: TempDir,
    dialects: Dialects,
}

/// A revision to write.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'d> {
    /// The id.
    pub id: &'d str,
    /// What it revises, as the header says it.
    pub revises: &'d str,
    /// Words after `-- migrate:upgrade`.
    pub upgrade_options: &'d str,
    /// The upgrade's statements.
    pub upgrade: &'d str,
    /// Words after `-- migrate:downgrade`.
    pub downgrade_options: &'d str,
    /// The downgrade's statements.
    pub downgrade: &'d str,
}

impl<'d> Draft<'d> {
    /// Makes a revision without options.
    #[must_use]
    pub fn new(id: &'d str, revises: &'d str, upgrade: &'d str, downgrade: &'d str) -> Self {
        Self { id, revises, upgrade_options: "", upgrade, downgrade_options: "", downgrade }
    }

    /// Gives both sections the same options.
    #[must_use]
    pub fn options(mut self, options: &'d str) -> Self {
        self.upgrade_options = options;
        self.downgrade_options = options;
        self
    }

    /// Writes the file's text.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { id, revises, upgrade_options, upgrade, downgrade_options, downgrade } = self;
        format!(
            "-- revision {id}\n--\n-- revision: {id}\n-- revises: {revises}\n\n\
             -- migrate:upgrade {upgrade_options}\n{upgrade}\n\n\
             -- migrate:downgrade {downgrade_options}\n{downgrade}\n"
        )
    }
}

impl Project {
    /// Makes an empty folder for SQLite.
    ///
    /// # Errors
    ///
    /// When the system refuses a temporary folder.
    pub fn new() -> io::Result<Self> {
        let dialects = Dialects::of(&[Dialect::Sqlite]);
        Ok(Self { folder: tempfile::tempdir()?, dialects })
    }

    /// Makes a folder with sealed revisions.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn with(drafts: &[Draft<'_>]) -> io::Result<Self> {
        let project = Self::new()?;
        for draft in drafts {
            project.write(draft)?;
        }
        project.seal()?;
        Ok(project)
    }

    /// Returns the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns a place for a database beside the revisions.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path().join("test.db")
    }

    /// Writes a revision's file.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, draft: &Draft<'_>) -> io::Result<()> {
        fs::write(self.path().join(format!("{}.sql", draft.id)), draft.text())
    }

    /// Writes the lock for the files as they are now.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn seal(&self) -> io::Result<()> {
        seal(self.path(), self.dialects)
    }

    /// Loads the set.
    ///
    /// # Errors
    ///
    /// The problems of the folder.
    pub fn migrations(&self) -> Result<Migrations, Vec<Problem>> {
        Ok(Migrations::new(revchain::load(self.path(), "migrations")?, "tests 1.0.0"))
    }
}

/// Writes the lock of a folder for the files as they are now, all sealed.
///
/// # Errors
///
/// When it cannot be written.
pub fn seal(folder: &Path, dialects: Dialects) -> io::Result<()> {
    let mut lock = Lock::new(Settings {
        name: "main".into(),
        dialects,
        heads: Heads::One,
        history: History::default(),
    });
    let mut read = Folder::read(folder, "migrations");
    read.lock = Some(lock.render());
    for checked in check(&read).revisions {
        let seals = checked.seals();
        lock.revisions.push(Entry {
            id: checked.revision.id.to_string(),
            parents: checked.parents,
            seals,
        });
    }
    lock.heads = lock.computed_heads();
    fs::write(folder.join(FILE), lock.render())
}
