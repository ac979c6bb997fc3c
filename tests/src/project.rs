//! A folder of revisions in a temporary place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use revchain::{Dialect, Migrations, Problem};
use revchain_core::lock::{FILE, Lock};
use revchain_core::set::{Set, Settings};
use tempfile::TempDir;

use crate::sealing;

/// A folder of revisions that goes away with its value.
#[derive(Debug)]
pub struct Project {
    folder: TempDir,
    /// What the lock says of the whole set.
    pub settings: Settings,
}

/// A revision to write.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'d> {
    /// The id.
    pub id: &'d str,
    /// What it revises, as the header says it.
    pub revises: &'d str,
    /// More lines of the header, as `-- depends-on: a1`; each ends with a line feed.
    pub header: &'d str,
    /// Words after `-- migrate:upgrade`.
    pub upgrade_options: &'d str,
    /// The upgrade's statements.
    pub upgrade: &'d str,
    /// Words after `-- migrate:downgrade`.
    pub downgrade_options: &'d str,
    /// The downgrade's statements.
    pub downgrade: &'d str,
    /// Why there is no downgrade, where there is none.
    pub irreversible: Option<&'d str>,
}

impl<'d> Draft<'d> {
    /// Makes a revision without options.
    #[must_use]
    pub const fn new(id: &'d str, revises: &'d str, upgrade: &'d str, downgrade: &'d str) -> Self {
        Self {
            id,
            revises,
            header: "",
            upgrade_options: "",
            upgrade,
            downgrade_options: "",
            downgrade,
            irreversible: None,
        }
    }

    /// Gives both sections the same options.
    #[must_use]
    pub const fn options(mut self, options: &'d str) -> Self {
        self.upgrade_options = options;
        self.downgrade_options = options;
        self
    }

    /// Adds lines to the header.
    #[must_use]
    pub const fn header(mut self, header: &'d str) -> Self {
        self.header = header;
        self
    }

    /// Puts a reason in the place of the downgrade.
    #[must_use]
    pub const fn irreversible(mut self, reason: &'d str) -> Self {
        self.irreversible = Some(reason);
        self
    }

    /// Writes the file's text; the upgrade's first statement stands on line 7, and on a line more for each of `header`.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { id, revises, header, upgrade_options, upgrade, .. } = self;
        let downgrade = match self.irreversible {
            Some(reason) => format!("-- migrate:irreversible {reason}\n"),
            None => {
                format!("-- migrate:downgrade {}\n{}\n", self.downgrade_options, self.downgrade)
            }
        };
        format!(
            "-- revision {id}\n--\n-- revision: {id}\n-- revises: {revises}\n{header}\n\
             -- migrate:upgrade {upgrade_options}\n{upgrade}\n\n{downgrade}"
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
        Self::for_dialects(&[Dialect::Sqlite])
    }

    /// Makes an empty folder.
    ///
    /// # Errors
    ///
    /// When the system refuses a temporary folder.
    pub fn for_dialects(dialects: &[Dialect]) -> io::Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, settings: sealing::settings(dialects) })
    }

    /// Makes a folder with sealed revisions.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn with(drafts: &[Draft<'_>]) -> io::Result<Self> {
        let project = Self::new()?;
        project.add(drafts)?;
        Ok(project)
    }

    /// Writes revisions, and the lock for all.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn add(&self, drafts: &[Draft<'_>]) -> io::Result<()> {
        for draft in drafts {
            self.write(draft)?;
        }
        self.seal()
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
        sealing::write(self.path(), self.settings.clone(), &[])
    }

    /// Writes the lock for the files as they are now; it keeps the checksums of downgrades that were corrected, as
    /// `cargo migrate seal --downgrade` does.
    ///
    /// # Errors
    ///
    /// When it cannot be read or written.
    pub fn correct(&self) -> io::Result<()> {
        let text = fs::read_to_string(self.path().join(FILE))?;
        let before = Lock::parse(&text).map_err(|fault| io::Error::other(format!("{fault:?}")))?;
        let mut lock = sealing::seal(self.path(), self.settings.clone(), &[]);
        for entry in &mut lock.revisions {
            let Some(former) = before.entry(&entry.id) else { continue };
            for seal in &mut entry.seals {
                let Some(former) = former.seal(seal.dialect) else { continue };
                seal.former_downgrades.clone_from(&former.former_downgrades);
                if former.downgrade.checksum != seal.downgrade.checksum {
                    seal.former_downgrades.push(former.downgrade.checksum);
                }
            }
        }
        fs::write(self.path().join(FILE), lock.render())
    }

    /// Removes the files and the lock's lines of revisions, as `cargo migrate squash --prune` does.
    ///
    /// # Errors
    ///
    /// When one cannot be removed, or the lock cannot be read or written.
    pub fn prune(&self, ids: &[&str]) -> io::Result<()> {
        let text = fs::read_to_string(self.path().join(FILE))?;
        let mut lock =
            Lock::parse(&text).map_err(|fault| io::Error::other(format!("{fault:?}")))?;
        for id in ids {
            fs::remove_file(self.path().join(format!("{id}.sql")))?;
        }
        lock.revisions.retain(|entry| !ids.contains(&entry.id.as_str()));
        lock.heads = lock.computed_heads();
        fs::write(self.path().join(FILE), lock.render())
    }

    /// Loads the set.
    ///
    /// # Errors
    ///
    /// The problems of the folder.
    pub fn set(&self) -> Result<Set, Problems> {
        revchain::load(self.path(), "migrations").map_err(Problems)
    }

    /// Loads the set, for an application of version 1.0.0.
    ///
    /// # Errors
    ///
    /// The problems of the folder.
    pub fn migrations(&self) -> Result<Migrations, Problems> {
        Ok(Migrations::new(self.set()?, "tests 1.0.0"))
    }

    /// Returns the codes of the folder's problems.
    #[must_use]
    pub fn codes(&self) -> Vec<&'static str> {
        match self.set() {
            Ok(_) => Vec::new(),
            Err(Problems(problems)) => problems.iter().map(Problem::code).collect(),
        }
    }
}

/// The problems of a folder, as an error of a test.
#[derive(Debug)]
pub struct Problems(pub Vec<Problem>);

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|problem| writeln!(f, "{problem}"))
    }
}

impl std::error::Error for Problems {}
