//! All checks, in one place: the macro, the command and the tests call the same function with the same inputs.

mod chain;
mod parts;
mod replacing;
mod rust_parts;
mod seals;
pub mod stored;

pub use chain::RESERVED;

use std::borrow::Cow;

use crate::checksum::StatementHash;
use crate::dialect::{Dialect, Dialects};
use crate::folder::Folder;
use crate::lock::{Lock, LockFault, Seal, Sealed};
use crate::order::{arrange, order_of};
use crate::problem::{Fact, HeaderFault, Place, Problem};
use crate::rust::{self, is_rust};
use crate::script::Script;
use crate::set::{Part, Revision, Set, Settings};

/// A folder after all checks.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The folder as it is shown.
    pub folder: String,
    /// The lock, where it could be read.
    pub lock: Option<Lock>,
    /// The revisions that could be read: parents first where the chain is sound, else in the order of the files. Those
    /// that others replace stand behind the chain.
    pub revisions: Vec<CheckedRevision>,
    /// How many of the revisions are of the chain.
    pub standing: usize,
    /// What is wrong, in the order of files and lines.
    pub problems: Vec<Problem>,
}

/// A revision after all checks.
#[derive(Clone, Debug)]
pub struct CheckedRevision {
    /// The revision as the set holds it; its places are empty where the chain is broken.
    pub revision: Revision,
    /// The ids that it revises, as its header says.
    pub parents: Vec<String>,
    /// The ids and labels that it depends on, as its header says.
    pub dependencies: Vec<String>,
    /// What it replaces, as its header says: `X` or `A..B`.
    pub replaces: Option<String>,
    /// What the lock says of it.
    pub state: State,
    /// Hashes of the statements, for each of the revision's parts: upgrade and downgrade.
    pub hashes: Vec<[Vec<StatementHash>; 2]>,
}

/// What the lock says of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its checksums are in the lock.
    Sealed,
    /// It was sealed, and is not now what was sealed.
    Edited,
    /// It is listed, not yet sealed.
    Draft,
    /// The lock does not name it.
    Unlisted,
}

impl CheckedRevision {
    /// Returns the checksums to write into the lock, a dialect each.
    ///
    /// ```
    /// use revchain_core::{check, lock::Lock};
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// let lock = Lock::parse(folder.lock.as_deref().unwrap()).unwrap();
    /// assert_eq!(check(&folder).revisions[0].seals(), lock.revisions[0].seals);
    /// ```
    #[must_use]
    #[inline]
    pub fn seals(&self) -> Vec<Seal> {
        let seal = |(part, [upgrade, downgrade]): (&Part, &[Vec<StatementHash>; 2])| Seal {
            dialect: part.dialect,
            upgrade: Sealed { checksum: part.upgrade_checksum, statements: upgrade.clone() },
            downgrade: Sealed { checksum: part.downgrade_checksum, statements: downgrade.clone() },
            former_downgrades: part.former_downgrades.to_vec(),
        };
        self.revision.parts.iter().zip(&self.hashes).map(seal).collect()
    }
}

impl Checked {
    /// Returns the set, when nothing is wrong.
    ///
    /// # Errors
    ///
    /// The problems.
    ///
    /// ```
    /// use revchain_core::check;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// assert_eq!(check(&folder).into_set().unwrap().revisions.len(), 3);
    ///
    /// let mut edited = folder.clone();
    /// edited.files[0].text = edited.files[0].text.replace("NOT NULL", "");
    /// assert_eq!(check(&edited).into_set().unwrap_err()[0].code(), "edited-revision");
    /// ```
    pub fn into_set(self) -> Result<Set, Vec<Problem>> {
        if self.problems.is_empty() { Ok(self.build()) } else { Err(self.problems) }
    }

    /// Returns the set although there are problems, when all of them have one of these codes.
    ///
    /// `amend` works on edited revisions and `status` shows unlisted ones; the chain must be sound all the same.
    ///
    /// ```
    /// use revchain_core::check;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// let mut edited = folder.clone();
    /// edited.files[0].text = edited.files[0].text.replace("NOT NULL", "");
    /// assert!(check(&edited).set_despite(&["edited-revision"]).is_some());
    /// assert!(check(&edited).set_despite(&["unlisted-revision"]).is_none());
    /// ```
    #[must_use]
    #[inline]
    pub fn set_despite(&self, codes: &[&str]) -> Option<Set> {
        let tolerated = |problem: &Problem| codes.contains(&problem.code());
        self.problems.iter().all(tolerated).then(|| self.clone().build())
    }

    /// Returns a revision by its id.
    ///
    /// ```
    /// use revchain_core::check::{check, State};
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// let checked = check(&folder);
    /// assert_eq!(checked.revision("5b1e90c4a7d2").unwrap().state, State::Sealed);
    /// assert!(checked.revision("beef").is_none());
    /// ```
    #[must_use]
    #[inline]
    pub fn revision(&self, id: &str) -> Option<&CheckedRevision> {
        self.revisions.iter().find(|checked| checked.revision.id == id)
    }

    /// Returns what a build without debug assertions has against the set: its drafts.
    ///
    /// ```
    /// use revchain_core::check;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// assert!(check(&folder).drafts().is_empty());
    /// ```
    #[must_use]
    pub fn drafts(&self) -> Vec<Problem> {
        let mut drafts = Vec::new();
        for checked in &self.revisions {
            if checked.state != State::Draft {
                continue;
            }
            let Revision { id, path, text, .. } = &checked.revision;
            let shown = format!("{}/{path}", self.folder);
            let range = Script::read(&shown, text).0.revision.range();
            let place = Place::span(shown, text, range.start, range.end);
            drafts.push(Problem { place, fact: Fact::DraftInRelease { id: id.to_string() } });
        }
        drafts
    }

    fn build(self) -> Set {
        let settings = self.lock.map_or_else(default_settings, |lock| lock.settings);
        let mut revisions = Vec::with_capacity(self.revisions.len());
        for checked in self.revisions {
            revisions.push(checked.revision);
        }
        Set::with_replaced(settings, Cow::Owned(self.folder), revisions, self.standing)
    }
}

/// What holds where no lock says otherwise.
fn default_settings() -> Settings {
    Settings {
        name: Cow::Borrowed("main"),
        dialects: Dialects::NONE,
        heads: crate::set::Heads::One,
        history: crate::set::History::default(),
    }
}

/// Checks a folder: files and lock, nothing else.
///
/// ```
/// use revchain_core::{check, folder::{Folder, SourceFile}};
///
/// let folder = Folder {
///     shown: "migrations".to_owned(),
///     files: vec![SourceFile { path: "a.sql".to_owned(), text: "DROP TABLE t;".to_owned() }],
///     ..Folder::default()
/// };
/// let checked = check(&folder);
/// assert!(checked.problems.iter().any(|problem| problem.code() == "malformed-header"));
/// assert!(checked.problems.iter().any(|problem| problem.code() == "malformed-lock"));
/// ```
#[must_use]
pub fn check(folder: &Folder) -> Checked {
    let mut problems = folder.problems.clone();
    let lock = read_lock(folder, &mut problems);
    // What is missing may be in a file that cannot be read: then only what is certain is said.
    let mut all_known = folder.problems.is_empty();
    let mut files = Vec::with_capacity(folder.files.len());
    for source in &folder.files {
        let mut file = File::read(folder.show(&source.path), &source.path, &source.text);
        for problem in &file.problems {
            all_known &= !matches!(problem.fact, Fact::MalformedHeader(HeaderFault::NotARange(_)));
        }
        problems.append(&mut file.problems);
        if file.script.revision.text.is_empty() {
            all_known = false;
        } else {
            files.push(file);
        }
    }

    let settings = lock.as_ref().map_or_else(default_settings, |lock| lock.settings.clone());
    let entries = lock.as_ref().map(seals::Entries::of);
    let order = chain::check(&files, &settings, entries.as_ref(), all_known, &mut problems);
    // The label of a replaced revision may stand on its replacer too, and names the id that it named first.
    let mut labels = Vec::new();
    for is_replacer in [true, false] {
        for file in &files {
            if file.script.replaces.is_some() == is_replacer {
                file.labels(&mut labels);
            }
        }
    }
    let mut revisions = Vec::with_capacity(files.len());
    for file in &files {
        let entry = entries.as_ref().and_then(|entries| entries.get(file.script.revision.text));
        revisions.push(parts::check(file, &settings, &labels, entry, &mut problems));
    }
    if let Some(order) = &order {
        order.tell(&mut revisions);
    }
    if let (Some(lock), Some(entries)) = (&lock, &entries) {
        let lock_path = folder.lock_path();
        let lock_text = folder.lock.as_deref().unwrap_or_default();
        let seals = seals::Seals { lock, lock_path: &lock_path, lock_text, all_known };
        seals.check(&files, entries, &mut revisions, &mut problems);
    }
    let mut standing = revisions.len();
    if let Some(order) = order {
        standing = order.standing;
        order.arrange(&mut revisions);
    }
    let mut keys = Vec::with_capacity(problems.len());
    for problem in &problems {
        keys.push(problem.place.order());
    }
    arrange(&order_of(&keys), &mut |left, right| problems.swap(left, right));
    problems.dedup();
    Checked { folder: folder.shown.clone(), lock, revisions, standing, problems }
}

/// Reads a single text as a revision, for one dialect; the lock is not asked.
///
/// ```
/// use revchain_core::{Dialect, check};
///
/// let text = "-- users\n-- revision: a1\n-- revises: base\n\n-- migrate:upgrade\nSELECT 1;\n";
/// let checked = check::revision("a.sql", text, Dialect::Sqlite).unwrap();
/// assert_eq!(checked.revision.message, "users");
/// assert!(check::revision("a.sql", "SELECT 1;", Dialect::Sqlite).is_none());
/// ```
#[must_use]
pub fn revision(path: &str, text: &str, dialect: Dialect) -> Option<CheckedRevision> {
    let file = File::read(path.to_owned(), path, text);
    let mut settings = default_settings();
    settings.dialects.insert(dialect);
    file.sound.then(|| parts::check(&file, &settings, &[], None, &mut Vec::new()))
}

fn read_lock(folder: &Folder, problems: &mut Vec<Problem>) -> Option<Lock> {
    let path = folder.lock_path();
    if folder.problems.iter().any(|problem| {
        problem.place.path == path || matches!(problem.fact, Fact::Unreadable { folder: true, .. })
    }) {
        return None;
    }
    let text = folder.lock.as_deref();
    match text.map_or(Err(LockFault::Missing), Lock::parse) {
        Ok(lock) => Some(lock),
        Err(fault) => {
            let place = match (text, fault.line()) {
                (Some(text), Some(line)) => Place::line(path, text, line),
                _ => Place::file(path),
            };
            problems.push(Problem { place, fact: Fact::MalformedLock(fault) });
            None
        }
    }
}

/// A file and what its grammar says.
pub(crate) struct File<'t> {
    /// As shown to people.
    shown: String,
    /// From the folder on.
    path: &'t str,
    script: Script<'t>,
    /// What stands below the header, where it is Rust.
    rust: Option<rust::Source<'t>>,
    problems: Vec<Problem>,
    /// Whether the grammar found nothing wrong.
    sound: bool,
}

impl<'t> File<'t> {
    fn read(shown: String, path: &'t str, text: &'t str) -> Self {
        if is_rust(path) {
            return Self::read_rust(shown, path, text);
        }
        let (script, problems) = Script::read(&shown, text);
        let sound = problems.is_empty();
        Self { shown, path, script, rust: None, problems, sound }
    }

    fn read_rust(shown: String, path: &'t str, text: &'t str) -> Self {
        let (script, mut problems) = Script::read_rust(&shown, text);
        let (source, faults) = rust::Source::read(text);
        // A conflict's markers are no Rust either.
        if problems.is_empty() || !script.revision.text.is_empty() {
            for (range, fact) in faults {
                let place = Place::span(&shown, text, range.start, range.end);
                problems.push(Problem { place, fact });
            }
        }
        let sound = problems.is_empty();
        Self { shown, path, script, rust: Some(source), problems, sound }
    }

    fn labels(&self, labels: &mut Vec<parts::Label<'t>>) {
        let id = self.script.revision.text;
        for label in &self.script.labels {
            labels.push(parts::Label { label: label.text, id });
        }
    }

    fn problem(&self, range: std::ops::Range<usize>, fact: Fact) -> Problem {
        Problem { place: Place::span(&self.shown, self.script.text, range.start, range.end), fact }
    }
}
