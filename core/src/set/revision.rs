//! One revision of a set: what it is called, what it needs, and what it does on each dialect.

use std::borrow::Cow;

use super::{List, Replaced, Text};
use crate::checksum::{Checksum, Direction};
use crate::dialect::Dialect;

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The id, 1 to 32 characters of `[A-Za-z0-9_]`.
    pub id: Text,
    /// What it does, in the author's words.
    pub message: Text,
    /// The file, from the set's folder on, with `/`.
    pub path: Text,
    /// When it was written, as its header says (RFC 3339).
    pub created: Text,
    /// The places of the revisions it revises; none for a base.
    pub parents: List<u32>,
    /// The places of the revisions it depends on besides.
    pub dependencies: List<u32>,
    /// Names for the branch that begins here.
    pub labels: List<Text>,
    /// What it stands in the place of, in order: a database that has those does not run it.
    pub replaces: List<Replaced>,
    /// Whether it is listed but not yet sealed.
    pub draft: bool,
    /// The whole file; spans point into it.
    pub text: Text,
    /// What it does on each dialect of the set.
    pub parts: List<Part>,
}

impl Revision {
    /// Returns what the revision does on a dialect.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let revision = &set.revisions[0];
    /// assert_eq!(revision.part(Dialect::Sqlite).unwrap().upgrade.statements.len(), 1);
    /// assert_eq!(revision.part(Dialect::Mysql), None);
    /// ```
    #[must_use]
    pub fn part(&self, dialect: Dialect) -> Option<&Part> {
        self.parts.iter().find(|part| part.dialect == dialect)
    }

    /// Returns what the revision was before it was imported, as its header says.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let mut revision = set.revisions[0].clone();
    /// assert_eq!(revision.origin(), None);
    ///
    /// revision.text = format!("-- origin: diesel 20240102030405 -\n{}", revision.text).into();
    /// let origin = revision.origin().unwrap();
    /// assert_eq!((origin.tool, origin.version, origin.checksum), ("diesel", "20240102030405", "-"));
    /// ```
    #[must_use]
    pub fn origin(&self) -> Option<Origin<'_>> {
        let comment = if self.is_rust() { "//!" } else { "--" };
        for line in self.text.split('\n') {
            let line = line.trim_start_matches('\u{feff}').trim_end();
            let Some(said) = line.strip_prefix(comment) else {
                if line.is_empty() {
                    continue;
                }
                return None;
            };
            if said.starts_with(" migrate:") {
                return None;
            }
            let Some(value) = said.trim_start().strip_prefix("origin:") else { continue };
            let mut words = value.split_ascii_whitespace();
            let (tool, version) = (words.next()?, words.next()?);
            return Some(Origin { tool, version, checksum: words.next().unwrap_or("-") });
        }
        None
    }

    /// Tells whether the revision is written in Rust: its sections are functions then, and hold no statements.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// assert!(!set.revisions[0].is_rust());
    /// ```
    #[must_use]
    pub fn is_rust(&self) -> bool {
        crate::rust::is_rust(&self.path)
    }
}

/// What a revision was before it was imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'r> {
    /// The tool, as `sqlx`.
    pub tool: &'r str,
    /// What the tool's table calls it.
    pub version: &'r str,
    /// What the tool's table says of its text, several separated by `,`; `-` where it says nothing.
    pub checksum: &'r str,
}

/// What a revision does on one dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The dialect.
    pub dialect: Dialect,
    /// How the revision is applied.
    pub upgrade: Section,
    /// The checksum of the upgrade.
    pub upgrade_checksum: Checksum,
    /// How it is taken back.
    pub downgrade: Downgrade,
    /// The checksum of the downgrade.
    pub downgrade_checksum: Checksum,
    /// Checksums of downgrades that were sealed before this one and corrected.
    pub former_downgrades: List<Checksum>,
}

impl Part {
    /// Returns the checksum of a direction.
    ///
    /// ```
    /// use revchain_core::{Dialect, Direction};
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let part = set.revisions[0].part(Dialect::Sqlite).unwrap();
    /// assert_eq!(part.checksum(Direction::Upgrade), part.upgrade_checksum);
    /// ```
    #[must_use]
    pub fn checksum(&self, direction: Direction) -> Checksum {
        match direction {
            Direction::Upgrade => self.upgrade_checksum,
            Direction::Downgrade => self.downgrade_checksum,
        }
    }
}

/// How a revision is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Downgrade {
    /// By statements.
    Section(Section),
    /// Not at all, for this reason.
    Irreversible(Text),
}

/// Statements of a revision's file, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// From the marker line to the end of the section; empty where the file has no such section.
    pub span: Span,
    /// What the marker line asks for.
    pub options: Options,
    /// The statements, without their semicolons.
    pub statements: List<Span>,
}

impl Section {
    /// A section without statements, for what is written nowhere.
    pub const EMPTY: Self = Self {
        span: Span { start: 0, end: 0 },
        options: Options::DEFAULT,
        statements: Cow::Borrowed(&[]),
    };
}

/// A piece of a revision's text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// Returns the piece of `text`.
    ///
    /// # Panics
    ///
    /// When `text` is not the text that the span was made for.
    ///
    /// ```
    /// use revchain_core::set::Span;
    ///
    /// assert_eq!(Span { start: 4, end: 7 }.of("one two"), "two");
    /// ```
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }
}

/// The options of a section's marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether the section runs in a transaction; `transaction=off` sends statements one at a time.
    pub transaction: bool,
    /// Whether SQLite's foreign keys stay as they are; `foreign-keys=off` runs a table rebuild safely.
    pub foreign_keys: bool,
}

impl Options {
    /// No option given.
    pub const DEFAULT: Self = Self { transaction: true, foreign_keys: true };

    /// Returns the options that differ from the default, as they are written.
    ///
    /// ```
    /// use revchain_core::set::Options;
    ///
    /// let options = Options { foreign_keys: false, ..Options::DEFAULT };
    /// assert_eq!(options.words(), ["foreign-keys=off"]);
    /// assert!(!options.shares_transaction());
    /// ```
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        let mut words = Vec::new();
        if !self.transaction {
            words.push("transaction=off");
        }
        if !self.foreign_keys {
            words.push("foreign-keys=off");
        }
        words
    }

    /// Tells whether the section can share a transaction with others.
    #[must_use]
    pub const fn shares_transaction(self) -> bool {
        self.transaction && self.foreign_keys
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::DEFAULT
    }
}
