//! `revisions.lock`: what was sealed, in a form that people read in a diff and git merges or refuses.

mod reader;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::num::NonZeroU32;

use crate::checksum::{Checksum, Direction, StatementHash};
use crate::dialect::Dialect;
use crate::map::Places;
use crate::set::{Heads, Replaced, Settings};
use crate::text::{Position, joined, lines, one_based};

/// The name of the lock in the folder.
pub const FILE: &str = "revisions.lock";
/// The newest version of the lock's form that is understood.
pub const VERSION: u32 = 1;

const TITLE: &str = "revchain-lock ";
const NOTE: &str =
    "# Written by cargo migrate; commit it. After a merge conflict: cargo migrate lock";

/// The lock of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// What checks, checksums and the ledger's place depend on.
    pub settings: Settings,
    /// The heads, in the order of the file.
    pub heads: Vec<String>,
    /// The revisions, parents first.
    pub revisions: Vec<Entry>,
}

/// A revision's lines in the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id.
    pub id: String,
    /// The ids it revises; empty for a base.
    pub parents: Vec<String>,
    /// What it replaces, in order: so it is known when the files are dropped.
    pub replaces: Vec<Replaced>,
    /// Its checksums, a dialect each; empty for a draft.
    pub seals: Vec<Seal>,
}

impl Entry {
    /// Makes the entry of a draft.
    ///
    /// ```
    /// use revchain_core::lock::Entry;
    ///
    /// assert!(Entry::draft("b2", vec!["a1".to_owned()]).is_draft());
    /// ```
    #[must_use]
    pub fn draft(id: impl Into<String>, parents: Vec<String>) -> Self {
        Self { id: id.into(), parents, replaces: Vec::new(), seals: Vec::new() }
    }

    /// Tells whether the revision is listed but not sealed.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let text = folder.lock.unwrap();
    /// # let lock = revchain_core::lock::Lock::parse(&text).unwrap();
    /// assert!(!lock.revisions[0].is_draft());
    /// ```
    #[must_use]
    pub fn is_draft(&self) -> bool {
        self.seals.is_empty()
    }

    /// Returns the checksums for a dialect.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let text = folder.lock.unwrap();
    /// # let lock = revchain_core::lock::Lock::parse(&text).unwrap();
    /// assert!(lock.revisions[0].seal(Dialect::Sqlite).is_some());
    /// assert!(lock.revisions[0].seal(Dialect::Postgres).is_none());
    /// ```
    #[must_use]
    pub fn seal(&self, dialect: Dialect) -> Option<&Seal> {
        self.seals.iter().find(|seal| seal.dialect == dialect)
    }
}

/// The checksums of a revision on one dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The dialect.
    pub dialect: Dialect,
    /// The upgrade.
    pub upgrade: Sealed,
    /// The downgrade.
    pub downgrade: Sealed,
    /// Checksums of downgrades that were corrected after they were sealed.
    pub former_downgrades: Vec<Checksum>,
}

impl Seal {
    /// Returns the sealed section of a direction.
    #[must_use]
    pub fn sealed(&self, direction: Direction) -> &Sealed {
        match direction {
            Direction::Upgrade => &self.upgrade,
            Direction::Downgrade => &self.downgrade,
        }
    }
}

/// A section's checksum, and a short hash for each statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The checksum.
    pub checksum: Checksum,
    /// The statements' hashes, in order.
    pub statements: Vec<StatementHash>,
}

/// Why a lock cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockFault {
    /// There is none.
    Missing,
    /// It is not UTF-8.
    NotUtf8,
    /// A newer revchain wrote it.
    NewerVersion {
        /// The version of its form.
        found: u32,
    },
    /// A merge was left unfinished.
    ConflictMarkers {
        /// The line of the first marker.
        line: NonZeroU32,
    },
    /// A line is not as `cargo migrate` writes it.
    Line {
        /// The line.
        line: NonZeroU32,
        /// What was expected there.
        expected: &'static str,
    },
    /// A revision stands twice.
    Twice {
        /// The line.
        line: NonZeroU32,
        /// Its id.
        id: String,
    },
    /// A revision stands above one that it revises, or revises one that is not there.
    Order {
        /// The line.
        line: NonZeroU32,
        /// Its id.
        id: String,
        /// The one it revises.
        parent: String,
    },
    /// The line of heads does not name the heads of the revisions below it.
    Heads {
        /// The line.
        line: NonZeroU32,
        /// The heads of the revisions.
        expected: Vec<String>,
    },
}

impl LockFault {
    /// Returns the line that is wrong.
    #[must_use]
    pub fn line(&self) -> Option<NonZeroU32> {
        match self {
            Self::Missing | Self::NotUtf8 => None,
            Self::NewerVersion { .. } => Some(NonZeroU32::MIN),
            Self::ConflictMarkers { line }
            | Self::Line { line, .. }
            | Self::Twice { line, .. }
            | Self::Order { line, .. }
            | Self::Heads { line, .. } => Some(*line),
        }
    }
}

impl Lock {
    /// Makes the lock of an empty set.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, heads: Vec::new(), revisions: Vec::new() }
    }

    /// Reads a lock, which must be exactly as [`render`](Self::render) writes it.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    ///
    /// ```
    /// use revchain_core::lock::Lock;
    ///
    /// use revchain_core::set::{Heads, History, Settings};
    /// use revchain_core::{Dialect, Dialects};
    ///
    /// let lock = Lock::new(Settings {
    ///     name: "app".into(),
    ///     dialects: Dialects::of(&[Dialect::Sqlite]),
    ///     heads: Heads::One,
    ///     history: History::default(),
    /// });
    /// assert_eq!(Lock::parse(&lock.render()), Ok(lock));
    /// assert!(Lock::parse("revchain-lock 99\n").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, LockFault> {
        let lock = Self::read(text)?;
        lock.verify()?;
        Ok(lock)
    }

    /// Reads a lock line by line, and leaves open whether its lines agree: heads, order, a revision that stands twice.
    ///
    /// One side of a merge conflict is such a text.
    ///
    /// # Errors
    ///
    /// The first line that is wrong.
    pub fn read(text: &str) -> Result<Self, LockFault> {
        if let Some((start, _)) = crate::script::conflict_marker(text) {
            let line = Position::of(text, start).line;
            return Err(LockFault::ConflictMarkers { line });
        }
        let mut reader = reader::Reader { lines: Vec::new(), at: 0 };
        for (_, line) in lines(text) {
            reader.lines.push(line);
        }
        let lock = reader.lock()?;
        if !text.ends_with('\n') {
            return Err(reader.fault("a line feed at the end"));
        }
        Ok(lock)
    }

    /// Writes the lock.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let text = folder.lock.unwrap();
    /// # let lock = revchain_core::lock::Lock::parse(&text).unwrap();
    /// assert_eq!(lock.render(), text);
    /// ```
    #[must_use]
    #[inline]
    pub fn render(&self) -> String {
        let Settings { name, dialects, heads, history } = &self.settings;
        let heads_rule = match heads {
            Heads::One => "one",
            Heads::Many => "many",
        };
        let mut text = format!("{TITLE}{VERSION}\n{NOTE}\nset {name}\ndialects {dialects}\n");
        let _ = write!(
            text,
            "heads {heads_rule}\nhistory {history}\n\nhead {}\n",
            or_base(&self.heads)
        );
        for (index, entry) in self.revisions.iter().enumerate() {
            text.push_str(if index == 0 { "\n" } else { "" });
            entry.render(&mut text);
        }
        text
    }

    /// Returns the line on which a revision stands, from 1.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let text = folder.lock.unwrap();
    /// # let lock = revchain_core::lock::Lock::parse(&text).unwrap();
    /// let line = lock.line_of("c07f3d218e6b").get() as usize;
    /// assert!(text.lines().nth(line - 1).unwrap().starts_with("revision c07f3d218e6b"));
    /// ```
    #[must_use]
    pub fn line_of(&self, id: &str) -> NonZeroU32 {
        let mut line = FIRST_REVISION_LINE;
        for entry in &self.revisions {
            if entry.id == id {
                break;
            }
            line += 1 + 2 * entry.seals.len();
        }
        one_based(line)
    }

    /// Returns a revision's entry.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let text = folder.lock.unwrap();
    /// # let lock = revchain_core::lock::Lock::parse(&text).unwrap();
    /// assert_eq!(lock.entry("c07f3d218e6b").unwrap().parents, ["5b1e90c4a7d2"]);
    /// assert_eq!(lock.entry("beef"), None);
    /// ```
    #[must_use]
    #[inline]
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.revisions.iter().find(|entry| entry.id == id)
    }

    /// Returns the revisions that no other revises, in the lock's order.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let text = folder.lock.unwrap();
    /// # let lock = revchain_core::lock::Lock::parse(&text).unwrap();
    /// assert_eq!(lock.computed_heads(), ["81d4be06f93a"]);
    /// ```
    #[must_use]
    pub fn computed_heads(&self) -> Vec<String> {
        let replacers = self.replacers();
        // A damaged lock can let two replace one another.
        let most = replacers.entries().len();
        let standing = |mut id| {
            for _ in 0..most {
                match replacers.get(id) {
                    Some(above) => id = self.revisions[above as usize].id.as_str(),
                    None => break,
                }
            }
            id
        };
        let mut revised = Places::default();
        for (place, entry) in self.revisions.iter().enumerate() {
            let own = standing(entry.id.as_str());
            for parent in &entry.parents {
                let parent = standing(parent.as_str());
                if parent != own {
                    revised.insert(parent.into(), place as u32);
                }
            }
        }
        let mut heads = Vec::new();
        for Entry { id, .. } in &self.revisions {
            if !revised.contains(id) && !replacers.contains(id) {
                heads.push(id.clone());
            }
        }
        heads
    }

    /// Returns for each replaced id the place of an entry that replaces it.
    fn replacers(&self) -> Places<'_> {
        let mut replacers = Places::default();
        for (place, entry) in self.revisions.iter().enumerate() {
            for one in entry.replaces.iter().filter(|one| *one.id != *entry.id) {
                replacers.insert_first(Cow::Borrowed(&one.id), place as u32);
            }
        }
        replacers
    }

    /// Checks what the lines say of one another.
    fn verify(&self) -> Result<(), LockFault> {
        let mut seen = Places::default();
        // Who revises one that was dropped stands behind the one that replaces it.
        let mut dropped = Places::default();
        for (place, entry) in self.revisions.iter().enumerate() {
            let line = || self.line_of(&entry.id);
            let is_missing = |parent: &str| !seen.contains(parent) && !dropped.contains(parent);
            if let Some(parent) = entry.parents.iter().find(|parent| is_missing(parent)) {
                let (id, parent) = (entry.id.clone(), parent.clone());
                return Err(LockFault::Order { line: line(), id, parent });
            }
            let place = place as u32;
            for one in &entry.replaces {
                dropped.insert(Cow::Borrowed(&one.id), place);
            }
            if seen.insert(Cow::Borrowed(&entry.id), place).is_some() {
                return Err(LockFault::Twice { line: line(), id: entry.id.clone() });
            }
        }
        let expected = self.computed_heads();
        let are_named = expected.iter().all(|head| self.heads.contains(head));
        if !are_named || expected.len() != self.heads.len() {
            return Err(LockFault::Heads { line: one_based(HEADS_LINE), expected });
        }
        Ok(())
    }

    /// Reads both sides of a lock with conflict markers, the upper side of each conflict first.
    ///
    /// Returns `None` where there is no conflict.
    ///
    /// ```
    /// use revchain_core::lock::Lock;
    ///
    /// let text = "a\n<<<<<<< HEAD\nhead b\n=======\nhead c\n>>>>>>> other\n";
    /// let sides = Lock::sides(text).unwrap();
    /// assert_eq!(sides, ("a\nhead b\n".to_owned(), "a\nhead c\n".to_owned()));
    /// assert_eq!(Lock::sides("a\n"), None);
    ///
    /// // In the style `diff3` the ancestor stands between, with conflicts of its own where it was itself merged.
    /// let ancestor = "||||||| base\n<<<<<<<<< one\nx\n=========\ny\n>>>>>>>>> two\n";
    /// let text = text.replace("=======", &format!("{ancestor}======="));
    /// assert_eq!(Lock::sides(&text), Some(sides));
    /// ```
    #[must_use]
    #[inline]
    pub fn sides(text: &str) -> Option<(String, String)> {
        crate::script::conflict_marker(text)?;
        let (mut upper, mut lower) = (String::new(), String::new());
        let mut side = Side::Both;
        for (_, line) in lines(text) {
            // An ancestor that was itself merged has conflicts of its own inside, whose markers are longer (gitattributes(5),
            // "conflict-marker-size").
            let marker = line.split(' ').next().unwrap_or_default();
            side = match (side, marker) {
                (Side::Both, "<<<<<<<") => Side::Upper,
                (Side::Upper, "|||||||") => Side::Ancestor,
                (Side::Upper | Side::Ancestor, "=======") => Side::Lower,
                (Side::Lower, ">>>>>>>") => Side::Both,
                _ => {
                    let into = |text: &mut String| {
                        text.push_str(line);
                        text.push('\n');
                    };
                    if matches!(side, Side::Both | Side::Upper) {
                        into(&mut upper);
                    }
                    if matches!(side, Side::Both | Side::Lower) {
                        into(&mut lower);
                    }
                    continue;
                }
            };
        }
        Some((upper, lower))
    }
}

#[derive(Clone, Copy)]
enum Side {
    Both,
    Upper,
    Ancestor,
    Lower,
}

/// The heads stand on the eighth line, the first revision on the tenth.
const HEADS_LINE: usize = 7;
const FIRST_REVISION_LINE: usize = 9;

impl Entry {
    #[inline]
    fn render(&self, text: &mut String) {
        let draft = if self.is_draft() { " draft" } else { "" };
        let _ = write!(text, "revision {} revises {}", self.id, or_base(&self.parents));
        for (index, Replaced { id, direct }) in self.replaces.iter().enumerate() {
            text.push_str(if index == 0 { " replaces " } else { ", " });
            let _ = if *direct { write!(text, "{id}") } else { write!(text, "({id})") };
        }
        let _ = writeln!(text, "{draft}");
        for Seal { dialect, upgrade, downgrade, former_downgrades } in &self.seals {
            let _ =
                write!(text, "  {dialect} upgrade {upgrade}\n  {dialect} downgrade {downgrade}");
            for former in former_downgrades {
                let _ = write!(text, " was={former}");
            }
            text.push('\n');
        }
    }
}

impl std::fmt::Display for Sealed {
    #[inline]
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.checksum)?;
        self.statements.iter().try_for_each(|hash| write!(f, " {hash}"))
    }
}

#[inline]
fn or_base(ids: &[String]) -> String {
    if ids.is_empty() { "base".to_owned() } else { joined(ids, ", ") }
}

/// Tells whether text is a revision's id: 1 to 32 characters of `[A-Za-z0-9_]`.
///
/// ```
/// use revchain_core::lock::is_revision_id;
///
/// assert!(is_revision_id("3f2a9c1b7d04"));
/// assert!(!is_revision_id("a-b"));
/// ```
#[must_use]
pub fn is_revision_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=32).contains(&text.len()) && text.bytes().all(allowed)
}

/// Tells whether text can be a set's name: 1 to 63 characters of `[A-Za-z0-9_.-]`.
#[must_use]
pub fn is_set_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=63).contains(&text.len()) && text.bytes().all(allowed)
}
