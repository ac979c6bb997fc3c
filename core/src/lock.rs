//! `revisions.lock`: what was sealed, in a form that people read in a diff and git merges or refuses.

use std::fmt::Write as _;
use std::num::NonZeroU32;

use crate::checksum::{Checksum, Direction, StatementHash};
use crate::dialect::{Dialect, Dialects};
use crate::set::{Heads, History, Settings};
use crate::text::{lines, one_based};

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
    /// Its checksums, a dialect each; empty for a draft.
    pub seals: Vec<Seal>,
}

impl Entry {
    /// Tells whether the revision is listed but not sealed.
    #[must_use]
    pub fn is_draft(&self) -> bool {
        self.seals.is_empty()
    }

    /// Returns the checksums for a dialect.
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
            let line = one_based(text[..start].matches('\n').count());
            return Err(LockFault::ConflictMarkers { line });
        }
        let mut reader = Reader { lines: lines(text).map(|(_, line)| line).collect(), at: 0 };
        let lock = reader.lock()?;
        if !text.ends_with('\n') {
            return Err(reader.fault("a line feed at the end"));
        }
        Ok(lock)
    }

    /// Writes the lock.
    #[must_use]
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
    #[must_use]
    pub fn line_of(&self, id: &str) -> NonZeroU32 {
        let lines = |entry: &Entry| 1 + 2 * entry.seals.len();
        let before = self.revisions.iter().take_while(|entry| entry.id != id).map(lines);
        one_based(FIRST_REVISION_LINE + before.sum::<usize>())
    }

    /// Returns a revision's entry.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.revisions.iter().find(|entry| entry.id == id)
    }

    /// Returns the revisions that no other revises, in the lock's order.
    #[must_use]
    pub fn computed_heads(&self) -> Vec<String> {
        let revised: std::collections::HashSet<&str> =
            self.revisions.iter().flat_map(|entry| &entry.parents).map(String::as_str).collect();
        let ids = self.revisions.iter().map(|entry| &entry.id);
        ids.filter(|id| !revised.contains(id.as_str())).cloned().collect()
    }

    /// Checks what the lines say of one another.
    fn verify(&self) -> Result<(), LockFault> {
        let mut seen = std::collections::HashSet::new();
        for entry in &self.revisions {
            let line = || self.line_of(&entry.id);
            if let Some(parent) =
                entry.parents.iter().find(|parent| !seen.contains(parent.as_str()))
            {
                let (id, parent) = (entry.id.clone(), parent.clone());
                return Err(LockFault::Order { line: line(), id, parent });
            }
            if !seen.insert(entry.id.as_str()) {
                return Err(LockFault::Twice { line: line(), id: entry.id.clone() });
            }
        }
        let expected = self.computed_heads();
        let sorted = |heads: &[String]| {
            let mut heads = heads.to_vec();
            heads.sort_unstable();
            heads
        };
        if sorted(&expected) != sorted(&self.heads) {
            return Err(LockFault::Heads { line: one_based(HEADS_LINE), expected });
        }
        Ok(())
    }

    /// Reads both sides of a lock with conflict markers, the upper side of each conflict first.
    ///
    /// Returns `None` where there is no conflict.
    #[must_use]
    pub fn sides(text: &str) -> Option<(String, String)> {
        crate::script::conflict_marker(text)?;
        let (mut upper, mut lower) = (String::new(), String::new());
        let mut side = Side::Both;
        for (_, line) in lines(text) {
            side = match (side, line.get(..7).unwrap_or_default()) {
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
    fn render(&self, text: &mut String) {
        let draft = if self.is_draft() { " draft" } else { "" };
        let _ = writeln!(text, "revision {} revises {}{draft}", self.id, or_base(&self.parents));
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
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.checksum)?;
        self.statements.iter().try_for_each(|hash| write!(f, " {hash}"))
    }
}

fn or_base(ids: &[String]) -> String {
    if ids.is_empty() { "base".to_owned() } else { ids.join(", ") }
}

struct Reader<'t> {
    lines: Vec<&'t str>,
    at: usize,
}

impl<'t> Reader<'t> {
    fn lock(&mut self) -> Result<Lock, LockFault> {
        let version = self.after(TITLE, "`revchain-lock 1`")?;
        let number = version.parse().ok().filter(|number: &u32| number.to_string() == version);
        match number {
            Some(VERSION) => {}
            Some(found) if found > VERSION => return Err(LockFault::NewerVersion { found }),
            _ => return Err(self.fault_above("`revchain-lock 1`")),
        }
        self.exactly(NOTE, "the line that says who writes the lock")?;
        let settings = self.settings()?;
        self.exactly("", "an empty line")?;
        let heads = self.after("head ", "`head` and the heads, or `base`")?;
        let heads = self.ids(heads)?;
        let mut revisions = Vec::new();
        if self.at < self.lines.len() {
            self.exactly("", "an empty line")?;
            while revisions.is_empty() || self.at < self.lines.len() {
                revisions.push(self.entry()?);
            }
        }
        Ok(Lock { settings, heads, revisions })
    }

    fn settings(&mut self) -> Result<Settings, LockFault> {
        let name = self.after("set ", "`set` and a name")?;
        if !is_set_name(name) {
            return Err(self.fault_above("`set` and a name of letters, digits, `_`, `-` and `.`"));
        }
        const DIALECTS: &str = "`dialects` and `sqlite`, `postgres` or `mysql`";
        let words = self.after("dialects ", DIALECTS)?;
        let dialects: Option<Dialects> = words.split(' ').map(|word| word.parse().ok()).collect();
        let dialects = dialects
            .filter(|dialects| dialects.to_string() == words)
            .ok_or_else(|| self.fault_above(DIALECTS))?;
        let heads = match self.after("heads ", "`heads one` or `heads many`")? {
            "one" => Heads::One,
            "many" => Heads::Many,
            _ => return Err(self.fault_above("`heads one` or `heads many`")),
        };
        let history = self.after("history ", "`history` and a table")?;
        let history: History =
            history.parse().map_err(|_| self.fault_above("`history` and a table"))?;
        Ok(Settings { name: name.to_owned().into(), dialects, heads, history })
    }

    fn entry(&mut self) -> Result<Entry, LockFault> {
        const EXPECTED: &str = "`revision <id> revises <parents>`, and `draft` for a draft";
        let rest = self.after("revision ", EXPECTED)?;
        let (id, parents) =
            rest.split_once(" revises ").ok_or_else(|| self.fault_above(EXPECTED))?;
        let (parents, draft) = match parents.strip_suffix(" draft") {
            Some(parents) => (parents, true),
            None => (parents, false),
        };
        if !is_revision_id(id) {
            return Err(self.fault_above(EXPECTED));
        }
        let mut entry = Entry { id: id.to_owned(), parents: self.ids(parents)?, seals: Vec::new() };
        if !draft {
            while self.lines.get(self.at).is_some_and(|line| line.starts_with("  ")) {
                entry.seals.push(self.seal()?);
            }
            let order: Dialects = entry.seals.iter().map(|seal| seal.dialect).collect();
            let in_order = order.iter().eq(entry.seals.iter().map(|seal| seal.dialect));
            if entry.seals.is_empty() || !in_order {
                return Err(self.fault("the checksums of the revision, a dialect each, in order"));
            }
        }
        Ok(entry)
    }

    fn seal(&mut self) -> Result<Seal, LockFault> {
        const UPGRADE: &str = "`<dialect> upgrade b3v1:…` and the statements' hashes";
        const DOWNGRADE: &str = "`<dialect> downgrade b3v1:…` and the statements' hashes";
        let line = self.after("  ", UPGRADE)?;
        let (dialect, upgrade) =
            line.split_once(" upgrade ").ok_or_else(|| self.fault_above(UPGRADE))?;
        let dialect: Dialect = dialect.parse().map_err(|_| self.fault_above(UPGRADE))?;
        let upgrade = sealed(upgrade).ok_or_else(|| self.fault_above(UPGRADE))?;
        let line = self.after("  ", DOWNGRADE)?;
        let downgrade = line
            .strip_prefix(dialect.name())
            .and_then(|rest| rest.strip_prefix(" downgrade "))
            .ok_or_else(|| self.fault_above(DOWNGRADE))?;
        let mut pieces = downgrade.split(" was=");
        let current = pieces.next().and_then(sealed);
        let former: Option<Vec<Checksum>> = pieces.map(|former| former.parse().ok()).collect();
        let (Some(downgrade), Some(former_downgrades)) = (current, former) else {
            return Err(self.fault_above(DOWNGRADE));
        };
        Ok(Seal { dialect, upgrade, downgrade, former_downgrades })
    }

    fn ids(&self, text: &str) -> Result<Vec<String>, LockFault> {
        if text == "base" {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = text.split(", ").map(str::to_owned).collect();
        let sound = ids.iter().all(|id| is_revision_id(id) && id != "base");
        if sound { Ok(ids) } else { Err(self.fault_above("ids separated by a comma and a space")) }
    }

    /// Takes the next line and returns what follows `prefix`.
    fn after(&mut self, prefix: &str, expected: &'static str) -> Result<&'t str, LockFault> {
        let rest = self.lines.get(self.at).and_then(|line| line.strip_prefix(prefix));
        let rest = rest.ok_or_else(|| self.fault(expected))?;
        self.at += 1;
        Ok(rest)
    }

    fn exactly(&mut self, line: &str, expected: &'static str) -> Result<(), LockFault> {
        let rest = self.after(line, expected)?;
        if rest.is_empty() { Ok(()) } else { Err(self.fault_above(expected)) }
    }

    fn fault(&self, expected: &'static str) -> LockFault {
        LockFault::Line { line: one_based(self.at), expected }
    }

    fn fault_above(&self, expected: &'static str) -> LockFault {
        LockFault::Line { line: one_based(self.at.saturating_sub(1)), expected }
    }
}

/// Reads a checksum and the hashes of statements, separated by single spaces.
fn sealed(text: &str) -> Option<Sealed> {
    let mut words = text.split(' ');
    let checksum = words.next()?.parse().ok()?;
    let statements: Option<Vec<StatementHash>> = words.map(|word| word.parse().ok()).collect();
    Some(Sealed { checksum, statements: statements? })
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
