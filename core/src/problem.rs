//! What can be wrong with a set, as typed facts. [`render`](crate::render) turns them into words.

use std::num::NonZeroU32;

use crate::checksum::{Checksum, Direction};
use crate::dialect::Dialect;
use crate::lock::LockFault;
pub use crate::rust::{Foreign, RustFault};
use crate::text::{self, Position};

/// One thing that is wrong with a set, and where.
///
/// ```
/// # use revchain_core::problem::{Fact, Place, Problem};
/// # let text = "-- revision: head\n";
/// let place = Place::span("migrations/a.sql", text, 13, 17);
/// let problem = Problem { place, fact: Fact::ReservedName { name: "head".to_owned() } };
/// let words = problem.to_string();
/// assert!(words.starts_with("`head` has a meaning of its own [reserved-name]\n --> migrations/a.sql:1:14\n"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is wrong.
    pub place: Place,
    /// What is wrong.
    pub fact: Fact,
}

impl Problem {
    /// Returns the code that names the kind of problem in documentation and `--json`.
    ///
    /// ```
    /// # use revchain_core::problem::{Fact, Place, Problem};
    /// # let text = "-- revision: head\n";
    /// let place = Place::span("migrations/a.sql", text, 13, 17);
    /// let problem = Problem { place, fact: Fact::ReservedName { name: "head".to_owned() } };
    /// assert_eq!(problem.code(), "reserved-name");
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.fact.code()
    }
}

/// A place in a file, with the line that stands there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file as it is shown, `migrations/revisions.lock`.
    pub path: String,
    /// The line and column, where the problem is inside the file.
    pub position: Option<Position>,
    /// The line of the file, for the frame.
    pub excerpt: String,
    /// How many characters of the line are meant.
    pub width: usize,
}

impl Place {
    /// Returns a text that sorts as places do. (Texts are sorted elsewhere too, so no other sort has to be compiled.)
    pub(crate) fn order(&self) -> String {
        let Self { path, position, excerpt, width } = self;
        let (line, column) = position.map_or((0, 0), |at| (at.line.get(), at.column.get()));
        format!("{path}\0{line:010}{column:010}{excerpt}\0{width:020}")
    }

    /// Names a whole file or folder.
    #[must_use]
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), position: None, excerpt: String::new(), width: 0 }
    }

    /// Names the bytes from `start` to `end` of a file; what goes beyond the first line is not underlined.
    ///
    /// ```
    /// use revchain_core::problem::Place;
    ///
    /// let place = Place::span("a.sql", "one\ntwo words\n", 8, 13);
    /// assert_eq!(place.position.unwrap().to_string(), "2:5");
    /// assert_eq!((place.excerpt.as_str(), place.width), ("two words", 5));
    /// ```
    #[must_use]
    pub fn span(path: impl Into<String>, text: &str, start: usize, end: usize) -> Self {
        let start = text::floor(text, start);
        let end = text::floor(text, end);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let width = text[start..end.clamp(start, line_end)].chars().count();
        Self {
            path: path.into(),
            position: Some(Position::of(text, start)),
            excerpt: text[line_start..line_end].trim_end().to_owned(),
            width,
        }
    }

    /// Names a whole line of a file.
    #[must_use]
    pub fn line(path: impl Into<String>, text: &str, line: NonZeroU32) -> Self {
        let (start, content) =
            text::lines(text).nth(line.get() as usize - 1).unwrap_or((text.len(), ""));
        Self::span(path, text, start, start + content.trim_end().len())
    }
}

/// A revision and the file it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The revision's id.
    pub id: String,
    /// The file as it is shown.
    pub path: String,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A sealed revision's checksum differs.
    EditedRevision(Box<Edit>),
    /// A sealed or listed revision has no file.
    RemovedRevision {
        /// Its id.
        id: String,
        /// Whether it was sealed, not a draft.
        sealed: bool,
    },
    /// A sealed revision revises others than it did.
    ReparentedRevision {
        /// Its id.
        id: String,
        /// Its parents in the lock.
        sealed: Vec<String>,
        /// Its parents in the file.
        now: Vec<String>,
        /// The file.
        path: String,
    },
    /// A file is not in the lock.
    UnlistedRevision {
        /// The file.
        path: String,
        /// Its revision.
        id: String,
    },
    /// A revision has neither a downgrade nor a reason why not.
    MissingDowngrade {
        /// Its id.
        id: String,
        /// The dialect, where others have one.
        dialect: Option<Dialect>,
    },
    /// A downgrade has no statement although the upgrade has.
    EmptyDowngrade {
        /// Its id.
        id: String,
    },
    /// `irreversible` without a reason.
    IrreversibleWithoutReason {
        /// Its id.
        id: String,
    },
    /// Two files have the same id, or ids that differ in case alone.
    DuplicateRevision {
        /// The id.
        id: String,
        /// The file that came first.
        other: Named,
    },
    /// A revision revises one that is not there.
    UnknownParent {
        /// Its id.
        id: String,
        /// What it revises.
        parent: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// A revision depends on one that is not there.
    UnknownDependency {
        /// Its id.
        id: String,
        /// What it depends on.
        dependency: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// A revision replaces one that is not there.
    UnknownReplaced {
        /// Its id.
        id: String,
        /// What it replaces.
        replaced: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// A revision cannot stand in the place of what it replaces.
    UnsoundReplacement {
        /// Its id.
        id: String,
        /// Why.
        fault: ReplacementFault,
    },
    /// Revisions revise or depend on one another in a circle.
    Cycle {
        /// The circle, each revising or depending on the next, the last on the first.
        ids: Vec<String>,
    },
    /// A revision revises or depends on itself.
    SelfReference {
        /// Its id.
        id: String,
    },
    /// The set has several heads and may have one.
    MultipleHeads {
        /// The heads.
        heads: Vec<Named>,
    },
    /// The set has several bases and may have one.
    MultipleBases {
        /// The bases.
        bases: Vec<Named>,
    },
    /// Two revisions have the same label, or a label is a revision's id.
    DuplicateLabel {
        /// The label.
        label: String,
        /// Where it stands already.
        other: Named,
    },
    /// An id or label is a word of the command line.
    ReservedName {
        /// The name.
        name: String,
    },
    /// An id or label has characters that it cannot have.
    InvalidId {
        /// The name.
        name: String,
    },
    /// A revision depends on what it revises, or names the same one twice.
    RedundantDependency {
        /// Its id.
        id: String,
        /// The one named needlessly.
        dependency: String,
    },
    /// The header cannot be read.
    MalformedHeader(HeaderFault),
    /// A `-- migrate:` line says what none can.
    UnknownDirective(DirectiveFault),
    /// The SQL cannot be read as the database reads it.
    MalformedSql(SqlFault),
    /// A revision written in Rust is none.
    MalformedRust(RustFault),
    /// A revision written in Rust names what changes without it.
    ApplicationPath(Foreign),
    /// The lock cannot be read.
    MalformedLock(LockFault),
    /// A statement begins or ends a transaction where the runtime holds one.
    TransactionControl {
        /// The statement's first words.
        words: String,
        /// The direction of its section.
        direction: Direction,
    },
    /// A statement cannot run in a transaction, but its section does.
    NeedsNoTransaction {
        /// What cannot.
        words: String,
        /// The direction of its section.
        direction: Direction,
    },
    /// A table is rebuilt where SQLite would delete child rows in silence.
    UnsafeRebuild {
        /// The table, or none for `PRAGMA foreign_keys`.
        table: Option<String>,
        /// The direction of its section.
        direction: Direction,
    },
    /// A statement destroys data and nobody has reviewed it.
    DestroysData {
        /// What is destroyed, in the marker's words.
        what: String,
    },
    /// A revision has no part for a dialect of the set.
    MissingDialect {
        /// Its id.
        id: String,
        /// The dialect.
        dialect: Dialect,
        /// Whether the file has the section, but the lock no checksum.
        unsealed: bool,
    },
    /// A draft in a build without `debug_assertions`.
    DraftInRelease {
        /// Its id.
        id: String,
    },
    /// A draft where nothing may write the lock, as in CI.
    LockedDraft {
        /// Its id.
        id: String,
    },
    /// A seal is not what another commit published.
    ResealedRevision {
        /// The revision's id.
        id: String,
        /// The commit or branch it was compared with.
        against: String,
        /// What changed.
        change: Reseal,
    },
    /// Nothing tells cargo to watch the folder, in a build without `debug_assertions`.
    UntrackedFolder {
        /// The folder, as the macro names it.
        folder: String,
    },
    /// A file or folder cannot be read.
    Unreadable {
        /// The system's words, or ours.
        reason: String,
        /// Whether it is the folder itself.
        folder: bool,
    },
}

impl Fact {
    /// Returns the code of the kind of problem.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EditedRevision(_) => "edited-revision",
            Self::RemovedRevision { .. } => "removed-revision",
            Self::ReparentedRevision { .. } => "reparented-revision",
            Self::UnlistedRevision { .. } => "unlisted-revision",
            Self::MissingDowngrade { .. } => "missing-downgrade",
            Self::EmptyDowngrade { .. } => "empty-downgrade",
            Self::IrreversibleWithoutReason { .. } => "irreversible-without-reason",
            Self::DuplicateRevision { .. } => "duplicate-revision",
            Self::UnknownParent { .. } => "unknown-parent",
            Self::UnknownDependency { .. } => "unknown-dependency",
            Self::UnknownReplaced { .. } => "unknown-replaced",
            Self::UnsoundReplacement { .. } => "unsound-replacement",
            Self::Cycle { .. } => "cycle",
            Self::SelfReference { .. } => "self-reference",
            Self::MultipleHeads { .. } => "multiple-heads",
            Self::MultipleBases { .. } => "multiple-bases",
            Self::DuplicateLabel { .. } => "duplicate-label",
            Self::ReservedName { .. } => "reserved-name",
            Self::InvalidId { .. } => "invalid-id",
            Self::RedundantDependency { .. } => "redundant-dependency",
            Self::MalformedHeader(_) => "malformed-header",
            Self::UnknownDirective(_) => "unknown-directive",
            Self::MalformedSql(_) => "malformed-sql",
            Self::MalformedRust(_) => "malformed-rust",
            Self::ApplicationPath(_) => "application-path",
            Self::MalformedLock(_) => "malformed-lock",
            Self::TransactionControl { .. } => "transaction-control",
            Self::NeedsNoTransaction { .. } => "needs-no-transaction",
            Self::UnsafeRebuild { .. } => "unsafe-rebuild",
            Self::DestroysData { .. } => "destroys-data",
            Self::MissingDialect { .. } => "missing-dialect",
            Self::DraftInRelease { .. } | Self::LockedDraft { .. } => "draft-in-release",
            Self::ResealedRevision { .. } => "resealed-revision",
            Self::UntrackedFolder { .. } => "untracked-folder",
            Self::Unreadable { folder: true, .. } => "unreadable-folder",
            Self::Unreadable { folder: false, .. } => "unreadable-revision",
        }
    }
}

/// How a sealed revision was edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The revision's id.
    pub id: String,
    /// The file.
    pub path: String,
    /// The direction whose checksum differs.
    pub direction: Direction,
    /// The dialect, where the set has several.
    pub dialect: Option<Dialect>,
    /// What changed.
    pub change: Change,
    /// What the changed item is called, of a revision written in Rust.
    pub item: Option<String>,
    /// The checksum in the lock.
    pub sealed: Checksum,
    /// The checksum of the file.
    pub now: Checksum,
    /// The lock, as it is shown.
    pub lock_path: String,
    /// The line of the lock.
    pub lock_line: NonZeroU32,
    /// The changed statement in the file, or the line that stands for it.
    pub bytes: std::ops::Range<usize>,
    /// The lines that differ from the sealed text, when git has it.
    pub difference: Vec<String>,
}

/// What changed in an edited revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The statement with this number, from 1.
    Statement(usize),
    /// The statement with this number is new.
    Added(usize),
    /// The statement that had this number is gone.
    Removed(usize),
    /// The options of the marker, or what the header says of dependencies.
    Header,
    /// A downgrade took the place of `irreversible`, or the reverse, or the reason differs.
    Kind,
}

/// How a seal differs from the published one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reseal {
    /// The revision, or its checksums for a dialect, are not in the lock any more.
    Gone,
    /// The revision is a draft again.
    Draft,
    /// It revises others.
    Parents,
    /// The upgrade's checksum differs.
    Upgrade,
    /// The downgrade's checksum differs, and the lock does not remember the published one.
    Downgrade,
}

/// Why a revision cannot stand in the place of what it replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplacementFault {
    /// It replaces itself, or one that it builds on.
    Itself,
    /// What it replaces is a draft.
    Draft {
        /// The draft.
        replaced: String,
    },
    /// What it replaces is replaced by another already.
    Twice {
        /// The revision that is replaced twice.
        replaced: String,
        /// The other that replaces it.
        other: Named,
    },
    /// The last of the range does not build on the first.
    NotARange {
        /// The first.
        first: String,
        /// The last.
        last: String,
    },
    /// A revision outside the range revises one inside it, which is not the last.
    Middle {
        /// The one inside.
        replaced: String,
        /// The one outside.
        child: Named,
    },
    /// It does not revise what the range revises.
    Parents {
        /// What it must revise; empty for `base`.
        expected: Vec<String>,
    },
    /// It does not depend on what one of the range depends on.
    Dependency {
        /// The one of the range.
        replaced: String,
        /// What it depends on.
        dependency: String,
    },
    /// The lock lists other revisions as replaced.
    Unlisted {
        /// What is replaced.
        expected: Vec<String>,
    },
}

/// Why a header cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// The key is missing.
    Missing(&'static str),
    /// The key stands twice.
    Twice(String),
    /// No such key.
    UnknownKey {
        /// The key.
        key: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// The key has no value.
    Empty(String),
    /// `base` beside other parents.
    BaseAndOthers,
    /// `created` is not a time as RFC 3339 has it.
    NotATime(String),
    /// `replaces` names neither a revision nor a range.
    NotARange(String),
    /// SQL stands before the first section.
    StatementBeforeSection,
}

/// Why a `-- migrate:` line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectiveFault {
    /// No such word after `-- migrate:`.
    Word {
        /// The word.
        word: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// No such dialect or option on a section's marker.
    Option {
        /// The word.
        word: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// Options that exclude each other.
    Contradiction,
    /// A marker that is not written as markers are.
    Spelling,
    /// `destroys` does not say what.
    DestroysNothing,
}

/// Why SQL cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqlFault {
    /// The lexer's reason, and the dialect by whose rules it read.
    Lexical {
        /// The reason.
        error: crate::dialect::LexErrorKind,
        /// The dialect.
        dialect: Dialect,
    },
    /// The file is not UTF-8.
    NotUtf8,
    /// A section stands twice for one dialect.
    SectionTwice {
        /// The direction.
        direction: Direction,
        /// The dialect, or none for sections without one.
        dialect: Option<Dialect>,
    },
    /// A downgrade and `irreversible` in one file, for the same dialect.
    DowngradeAndIrreversible,
    /// Two dialects read the section differently.
    ReadDifferently {
        /// The direction.
        direction: Direction,
        /// The dialects.
        dialects: (Dialect, Dialect),
    },
    /// A merge was left unfinished in the file.
    ConflictMarkers,
}
