//! The form of a revision: a header of comments, then sections; in Rust the header alone is read here.

mod reader;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use crate::checksum::Direction;
use crate::dialect::{Dialect, Dialects};
use crate::problem::Problem;
use crate::set::Options;
use reader::Reader;
pub(crate) use reader::conflict_marker;

/// The beginning of every marker.
const MARKER: &str = "-- migrate:";
/// What the lines of a header begin with, in SQL and in Rust.
const SQL: &str = "--";
const RUST: &str = "//!";
/// The words that a marker can say.
const DIRECTIVES: [&str; 4] = ["upgrade", "downgrade", "irreversible", "destroys"];
/// The keys of the header.
const KEYS: [&str; 7] =
    ["revision", "revises", "depends-on", "label", "created", "replaces", "origin"];
/// The key of a Rust revision's header that stands for a downgrade.
const IRREVERSIBLE: &str = "irreversible";
/// The options of a section.
const OPTIONS: [&str; 2] = ["transaction=off", "foreign-keys=off"];

/// A revision as it stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script<'t> {
    /// The whole text.
    pub text: &'t str,
    /// The first line of prose in the header.
    pub message: &'t str,
    /// The id.
    pub revision: Value<'t>,
    /// The ids it revises; empty for `base`.
    pub revises: Vec<Value<'t>>,
    /// The ids or labels it depends on.
    pub depends_on: Vec<Value<'t>>,
    /// Its labels.
    pub labels: Vec<Value<'t>>,
    /// What it replaces.
    pub replaces: Option<Replaces<'t>>,
    /// When it was written.
    pub created: &'t str,
    /// The tool, version and checksum it was imported from.
    pub origin: Option<&'t str>,
    /// The sections, in the order of the file.
    pub sections: Vec<ScriptSection<'t>>,
    /// Why there is no downgrade.
    pub irreversible: Option<Value<'t>>,
    /// What statements destroy.
    pub destroys: Vec<Destroys<'t>>,
}

/// A word of the header and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'t> {
    /// The word.
    pub text: &'t str,
    /// Its first byte in the file.
    pub start: usize,
}

/// What the header says under `replaces`: one revision, or a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaces<'t> {
    /// All of it, as written.
    pub whole: Value<'t>,
    /// The first revision of the range.
    pub first: Value<'t>,
    /// The last one, which is the first where one alone is replaced.
    pub last: Value<'t>,
}

impl Value<'_> {
    /// Returns the bytes of the file that the word takes.
    ///
    /// ```
    /// # let text = "-- users\n-- revision: a1\n-- revises: b2, c3\n\n-- migrate:upgrade postgres\n\n\
    /// #             -- migrate:upgrade\n\n-- migrate:downgrade\n";
    /// # let script = revchain_core::script::Script::parse("a.sql", text).unwrap();
    /// assert_eq!(&text[script.revision.range()], "a1");
    /// ```
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

/// A section and its marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptSection<'t> {
    /// Upgrade or downgrade.
    pub direction: Direction,
    /// The dialects it is for; none means all.
    pub dialects: Dialects,
    /// The marker's options.
    pub options: Options,
    /// The marker line.
    pub marker: Value<'t>,
    /// The bytes after the marker line, up to the next section.
    pub body: Range<usize>,
}

/// A `-- migrate:destroys` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroys<'t> {
    /// What is destroyed.
    pub what: &'t str,
    /// Whether the author has reviewed it.
    pub reviewed: bool,
    /// The whole line.
    pub line: Value<'t>,
}

impl<'t> Script<'t> {
    /// Reads a revision.
    ///
    /// `path` is the file as it is shown to people.
    ///
    /// # Errors
    ///
    /// All that cannot be read: `malformed-header`, `unknown-directive`, `malformed-sql`.
    ///
    /// ```
    /// use revchain_core::script::Script;
    ///
    /// let text = "-- create users\n-- revision: 3f2a9c1b7d04\n-- revises: base\n\n\
    ///             -- migrate:upgrade\nCREATE TABLE users (id INTEGER);\n\
    ///             -- migrate:downgrade\nDROP TABLE users;\n";
    /// let script = Script::parse("migrations/users.sql", text).unwrap();
    /// assert_eq!(script.message, "create users");
    /// assert_eq!(script.sections.len(), 2);
    /// assert!(Script::parse("empty.sql", "").is_err());
    /// ```
    #[inline]
    pub fn parse(path: &str, text: &'t str) -> Result<Self, Vec<Problem>> {
        let (script, problems) = Self::read(path, text);
        if problems.is_empty() { Ok(script) } else { Err(problems) }
    }

    /// Reads what can be read, and says what cannot.
    #[must_use]
    pub fn read(path: &str, text: &'t str) -> (Self, Vec<Problem>) {
        let mut reader = Reader { path, text, comment: SQL, problems: Vec::new() };
        let script = reader.script();
        (script, reader.problems)
    }

    /// Reads the header of a revision written in Rust, which has no sections.
    ///
    /// It stands in `//!` comments at the beginning. What is irreversible says so there, for a line of the header takes the
    /// place of the function.
    ///
    /// ```
    /// use revchain_core::script::Script;
    ///
    /// let text = "//! split names\n//!\n//! revision: 9b1d77a0c2ee\n//! revises: 3f2a9c1b7d04\n\
    ///             //! irreversible: the parts cannot be told apart again\n\nuse rusqlite::Connection;\n";
    /// let (script, problems) = Script::read_rust("migrations/split_names.rs", text);
    /// assert!(problems.is_empty());
    /// assert_eq!((script.message, script.revision.text), ("split names", "9b1d77a0c2ee"));
    /// assert!(script.irreversible.is_some());
    /// ```
    #[must_use]
    pub fn read_rust(path: &str, text: &'t str) -> (Self, Vec<Problem>) {
        let mut reader = Reader { path, text, comment: RUST, problems: Vec::new() };
        let script = reader.rust();
        (script, reader.problems)
    }

    /// Returns the section in force for a dialect: the one that names it, else the one that names none.
    ///
    /// ```
    /// use revchain_core::{Dialect, Direction};
    ///
    /// # let text = "-- users\n-- revision: a1\n-- revises: b2, c3\n\n-- migrate:upgrade postgres\n\n\
    /// #             -- migrate:upgrade\n\n-- migrate:downgrade\n";
    /// # let script = revchain_core::script::Script::parse("a.sql", text).unwrap();
    /// let section = |dialect| script.section(Direction::Upgrade, dialect).unwrap().marker.text;
    /// assert_eq!(section(Dialect::Postgres), "-- migrate:upgrade postgres");
    /// assert_eq!(section(Dialect::Sqlite), "-- migrate:upgrade");
    /// ```
    #[must_use]
    pub fn section(&self, direction: Direction, dialect: Dialect) -> Option<&ScriptSection<'t>> {
        let mut unnamed = None;
        for section in &self.sections {
            if section.direction != direction {
                continue;
            }
            if section.dialects.contains(dialect) {
                return Some(section);
            }
            if section.dialects.is_empty() && unnamed.is_none() {
                unnamed = Some(section);
            }
        }
        unnamed
    }

    /// Returns what a `replaces` or other header value looks like for the checksum: the texts alone.
    ///
    /// ```
    /// use revchain_core::script::Script;
    ///
    /// # let text = "-- users\n-- revision: a1\n-- revises: b2, c3\n\n-- migrate:upgrade postgres\n\n\
    /// #             -- migrate:upgrade\n\n-- migrate:downgrade\n";
    /// # let script = revchain_core::script::Script::parse("a.sql", text).unwrap();
    /// assert_eq!(Script::texts(&script.revises), ["b2", "c3"]);
    /// ```
    #[must_use]
    pub fn texts(values: &[Value<'t>]) -> Vec<&'t str> {
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            texts.push(value.text);
        }
        texts
    }
}

impl<'t> Script<'t> {
    fn empty(text: &'t str) -> Self {
        Script {
            text,
            message: "",
            revision: Value { text: "", start: 0 },
            revises: Vec::new(),
            depends_on: Vec::new(),
            labels: Vec::new(),
            replaces: None,
            created: "",
            origin: None,
            sections: Vec::new(),
            irreversible: None,
            destroys: Vec::new(),
        }
    }
}
