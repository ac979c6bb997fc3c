//! The checked set: what the macro compiles in and what the command loads are the same type.

mod revision;

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::checksum::Checksum;
use crate::constant::{Packed, unpack};
use crate::dialect::{Dialect, Dialects};
use crate::order::{arrange, order_of};
pub use crate::replaced::{Replaced, Replacers};
pub use revision::{Downgrade, Options, Origin, Part, Revision, Section, Span};

/// The revisions of one folder, checked.
///
/// `migrations!` writes it as a constant; [`check`](crate::check()) makes the same from a folder at run time. Revisions stand
/// in topological order: each after all that it revises or depends on, among equals in the order of the files.
///
/// ```
/// use std::path::Path;
/// use revchain_core::{check, folder::Folder};
///
/// let folder = Folder::read(Path::new("../examples/quickstart/migrations"), "migrations");
/// let set = check(&folder).into_set().unwrap();
/// let messages: Vec<&str> = set.revisions.iter().map(|revision| &*revision.message).collect();
/// assert_eq!(messages, ["create books", "add a rating to books", "index books by author"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// What the lock fixes for the whole set.
    pub settings: Settings,
    /// The folder as it is shown to people, `migrations`.
    pub folder: Text,
    /// The revisions, parents first. Those that others replace are beside them: see [`replaced`](Self::replaced).
    pub revisions: Revisions,
    /// Places of all revisions, also of those that are replaced, in the order of the ids.
    pub by_id: List<u32>,
    /// Places of the revisions that no other revises.
    pub heads: List<u32>,
    /// What an up-to-date ledger says, for each of [`Dialect::ALL`]: see [`ledger`](Self::ledger).
    pub ledgers: [Text; 3],
}

/// A text that is compiled in or was read from a file.
pub type Text = Cow<'static, str>;
/// A list that is compiled in or was read from a folder.
pub type List<T> = Cow<'static, [T]>;

impl Set {
    /// Makes a set of revisions in the order of their chain.
    #[must_use]
    pub fn new(settings: Settings, folder: Text, revisions: Vec<Revision>) -> Self {
        let standing = revisions.len();
        Self::with_replaced(settings, folder, revisions, standing)
    }

    /// Makes a set of revisions in the order of their chain, the first `standing`, and of those that are replaced.
    #[must_use]
    pub fn with_replaced(
        settings: Settings,
        folder: Text,
        revisions: Vec<Revision>,
        standing: usize,
    ) -> Self {
        let mut keys = Vec::with_capacity(revisions.len());
        for revision in &revisions {
            keys.push(revision.id.to_ascii_lowercase());
        }
        let by_id = order_of(&keys);
        let ledger = |dialect| ledger(&revisions, &by_id, standing, dialect).into();
        let ledgers = [ledger(Dialect::Sqlite), ledger(Dialect::Postgres), ledger(Dialect::Mysql)];
        let heads = heads(&revisions[..standing]).into();
        let (revisions, by_id) = (Revisions::new(revisions, standing), by_id.into());
        Self { settings, folder, revisions, by_id, heads, ledgers }
    }

    /// Returns what the ledger of an up-to-date database says: for each revision, in the order of the ids, a line of its
    /// id and the checksums of its upgrade and downgrade. A line that begins with `~` may be missing: it is that of a
    /// revision that another replaces, and has no checksums where there is no file any more.
    ///
    /// A start with nothing to do compares this text and looks at no revision.
    #[must_use]
    pub fn ledger(&self, dialect: Dialect) -> &str {
        &self.ledgers[dialect as usize]
    }

    /// Returns where the checksums of each revision begin in the ledgers, which are alike in this.
    pub(crate) fn checksum_offsets(&self) -> Vec<u32> {
        let all = self.revisions.all();
        let ledger = self.ledgers.iter().find(|ledger| !ledger.is_empty());
        let dropped = ledger.filter(|_| all.iter().any(|revision| !revision.replaces.is_empty()));
        let mut offsets = vec![0; all.len()];
        let mut line = 0;
        for place in &*self.by_id {
            // The line of a revision without a file has no checksums.
            while let Some(end) = dropped.and_then(|ledger| end_of_bare_line(&ledger[line..])) {
                line += end;
            }
            let mark = usize::from(*place as usize >= self.revisions.standing());
            let checksums = line + mark + all[*place as usize].id.len() + " ".len();
            offsets[*place as usize] = checksums as u32;
            line = checksums + 2 * (Checksum::LENGTH + 1);
        }
        offsets
    }

    /// Returns the place of a revision by its full id, which is compared without case.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// assert_eq!(set.position("C07F3D218E6B"), Some(1));
    /// assert_eq!(set.position("c07f"), None);
    /// ```
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        let place = self.rank(id).map(|rank| self.by_id[rank] as usize);
        place.filter(|place| *place < self.revisions.standing())
    }

    /// Returns where `by_id` holds the place of a revision.
    #[must_use]
    pub fn rank(&self, id: &str) -> Option<usize> {
        let all = self.revisions.all();
        self.by_id.binary_search_by(|at| compare(&all[*at as usize].id, id)).ok()
    }

    /// Returns a revision by its full id.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// assert_eq!(set.revision("c07f3d218e6b").unwrap().message, "add a rating to books");
    /// ```
    #[must_use]
    pub fn revision(&self, id: &str) -> Option<&Revision> {
        self.position(id).map(|at| &self.revisions[at])
    }

    /// Returns the first `count` revisions, which are a set of their own: none revises one behind it.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let older = set.first(2);
    /// assert_eq!(older.revisions.len(), 2);
    /// assert!(older.revision("81d4be06f93a").is_none());
    /// ```
    #[must_use]
    #[inline]
    pub fn first(&self, count: usize) -> Self {
        let revisions = self.revisions[..count.min(self.revisions.len())].to_vec();
        Self::new(self.settings.clone(), self.folder.clone(), revisions)
    }
}

/// Returns the length of the first line, if it is an id alone.
fn end_of_bare_line(ledger: &str) -> Option<usize> {
    let end = ledger.bytes().position(|byte| matches!(byte, b' ' | b'\n'))?;
    (ledger.as_bytes()[end] == b'\n').then_some(end + 1)
}

fn heads(revisions: &[Revision]) -> Vec<u32> {
    let mut is_head = vec![true; revisions.len()];
    for revision in revisions {
        for parent in &*revision.parents {
            is_head[*parent as usize] = false;
        }
    }
    let mut heads = Vec::new();
    for (place, is_head) in is_head.iter().enumerate() {
        if *is_head {
            heads.push(place as u32);
        }
    }
    heads
}

/// Writes the lines of an up-to-date ledger; none for a dialect that not every revision serves.
fn ledger(revisions: &[Revision], by_id: &[u32], standing: usize, dialect: Dialect) -> String {
    let mut rows: Vec<(&str, Option<&Part>, &str)> = Vec::with_capacity(revisions.len());
    for at in by_id {
        let revision = &revisions[*at as usize];
        let (part, replaced) = (revision.part(dialect), *at as usize >= standing);
        if part.is_none() && !replaced {
            return String::new();
        }
        rows.push((&revision.id, part, if replaced { "~" } else { "" }));
    }
    let files = rows.len();
    for revision in revisions {
        for one in &*revision.replaces {
            rows.push((&one.id, None, "~"));
        }
    }
    if rows.len() > files {
        let mut keys = Vec::with_capacity(rows.len());
        for (id, part, _) in &rows {
            // Behind the row of its file, if there is one.
            keys.push(format!("{}\0{}", id.to_ascii_lowercase(), u8::from(part.is_none())));
        }
        arrange(&order_of(&keys), &mut |left, right| rows.swap(left, right));
    }
    let mut lines = String::new();
    let mut last = "";
    for (id, part, mark) in rows {
        if std::mem::replace(&mut last, id) == id {
            continue;
        }
        lines.push_str(mark);
        lines.push_str(id);
        if let Some(part) = part {
            for checksum in [part.upgrade_checksum, part.downgrade_checksum] {
                lines.push(' ');
                checksum.write(&mut lines);
            }
        }
        lines.push('\n');
    }
    lines
}

/// The revisions of a set, a slice of [`Revision`]: those of the chain.
///
/// Those of a folder are there at once. Those that `migrations!` compiled in are a constant, read when they are first
/// looked at: the compiler would take seconds over thousands of structs, and the loader its time to relocate them.
pub struct Revisions {
    packed: Option<Packed>,
    list: OnceLock<Vec<Revision>>,
    standing: usize,
}

impl Revisions {
    pub(crate) const fn packed(packed: Packed, standing: usize) -> Self {
        Self { packed: Some(packed), list: OnceLock::new(), standing }
    }

    pub(crate) fn new(list: Vec<Revision>, standing: usize) -> Self {
        Self { packed: None, list: OnceLock::from(list), standing }
    }

    /// Returns how many there are; behind them come those that are replaced.
    #[must_use]
    pub const fn standing(&self) -> usize {
        self.standing
    }

    /// Returns the revisions of the chain, and behind them those that are replaced.
    #[must_use]
    pub fn all(&self) -> &[Revision] {
        self.list.get_or_init(|| self.packed.map_or_else(Vec::new, unpack))
    }
}

impl Clone for Revisions {
    /// Copies what was read, so that nothing is read twice.
    fn clone(&self) -> Self {
        Self::new(self.all().to_vec(), self.standing)
    }
}

impl Deref for Revisions {
    type Target = [Revision];

    fn deref(&self) -> &[Revision] {
        &self.all()[..self.standing]
    }
}

impl PartialEq for Revisions {
    fn eq(&self, other: &Self) -> bool {
        self.standing == other.standing && self.all() == other.all()
    }
}

impl Eq for Revisions {}

impl fmt::Debug for Revisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all().fmt(f)
    }
}

impl<'s> IntoIterator for &'s Revisions {
    type Item = &'s Revision;
    type IntoIter = std::slice::Iter<'s, Revision>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Ids that differ in case alone are the same id.
fn compare(left: &str, right: &str) -> std::cmp::Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    left.bytes().map(lower).cmp(right.bytes().map(lower))
}

/// What a check, a checksum or the ledger's place depends on; it stands in `revisions.lock`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The set's name, which keeps it apart from other sets in the same ledger.
    pub name: Text,
    /// The dialects that every revision must serve.
    pub dialects: Dialects,
    /// How many heads the set may have.
    pub heads: Heads,
    /// Where the ledger stands.
    pub history: History,
}

/// How many heads a set may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    /// One; a second head is a problem, unless labels say that it is meant.
    One,
    /// Any number.
    Many,
}

/// The place of the ledger: `[schema.]table`.
///
/// ```
/// use revchain_core::set::History;
///
/// let history: History = "app.schema_history".parse()?;
/// assert_eq!(history.schema.as_deref(), Some("app"));
/// assert_eq!(history.events(), "schema_history_events");
/// # Ok::<(), revchain_core::set::NotATable>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The schema that is named, if any.
    pub schema: Option<Text>,
    /// The table of applied revisions.
    pub table: Text,
}

impl History {
    /// The table's name where no other was chosen.
    pub const DEFAULT: &'static str = "revchain_revisions";

    /// Returns the name of the table of all that was done.
    ///
    /// ```
    /// use revchain_core::set::History;
    ///
    /// assert_eq!(History::default().events(), "revchain_events");
    /// ```
    #[must_use]
    pub fn events(&self) -> Text {
        if self.table == Self::DEFAULT {
            Cow::Borrowed("revchain_events")
        } else {
            Cow::Owned(format!("{}_events", self.table))
        }
    }

    /// Returns the name of the table by which deployers exclude each other on a server.
    ///
    /// ```
    /// use revchain_core::set::History;
    ///
    /// assert_eq!(History::default().lock(), "revchain_lock");
    /// ```
    #[must_use]
    pub fn lock(&self) -> Text {
        if self.table == Self::DEFAULT {
            Cow::Borrowed("revchain_lock")
        } else {
            Cow::Owned(format!("{}_lock", self.table))
        }
    }
}

impl Default for History {
    fn default() -> Self {
        Self { schema: None, table: Cow::Borrowed(Self::DEFAULT) }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.table),
            None => f.write_str(&self.table),
        }
    }
}

impl FromStr for History {
    type Err = NotATable;

    fn from_str(text: &str) -> Result<Self, NotATable> {
        let name = |part: &str| is_name(part).then(|| Cow::Owned(part.to_owned())).ok_or(NotATable);
        match text.split_once('.') {
            Some((schema, table)) => Ok(Self { schema: Some(name(schema)?), table: name(table)? }),
            None => Ok(Self { schema: None, table: name(text)? }),
        }
    }
}

/// The text is not `table` or `schema.table`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATable;

impl fmt::Display for NotATable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a table's name: `table` or `schema.table`, of letters, digits and `_`, is wanted",
        )
    }
}

impl std::error::Error for NotATable {}

/// Tells whether `text` is a plain name of at most 63 characters, PostgreSQL's limit.
pub(crate) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= 63
        && bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
