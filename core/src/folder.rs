//! The migrations folder as it is on disk: every file that looks like a revision, and the lock.

use std::fs::{DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};

use crate::lock::{self, LockFault};
use crate::order::{arrange, order_of};
use crate::problem::{Fact, Place, Problem, RustFault, SqlFault};
use crate::rust::is_rust;
use crate::text::normalise;

/// The files of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// The folder as it is shown, `migrations`.
    pub shown: String,
    /// The revisions' files, in the order of their names.
    pub files: Vec<SourceFile>,
    /// The text of `revisions.lock`.
    pub lock: Option<String>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A file of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// From the folder on, with `/`.
    pub path: String,
    /// The text, as [`normalise`] leaves it.
    pub text: String,
}

/// Names of the folder that are no revisions: what new files are made from.
const TEMPLATES: [&str; 2] = ["template.sql", "template.rs"];

impl Folder {
    /// Reads a folder and those below it; `shown` is how it is named to people.
    ///
    /// Names that begin with `.` or `#` are not looked at. What cannot be read is among the problems, so that one
    /// unreadable file does not hide what else is wrong.
    ///
    /// ```
    /// use std::path::Path;
    /// use revchain_core::folder::Folder;
    ///
    /// let folder = Folder::read(Path::new("../examples/quickstart/migrations"), "migrations");
    /// assert_eq!(folder.files.len(), 3);
    /// assert!(folder.lock.is_some() && folder.problems.is_empty());
    ///
    /// let nowhere = Folder::read(Path::new("no/such/folder"), "migrations");
    /// assert_eq!(nowhere.problems[0].code(), "unreadable-folder");
    /// ```
    #[must_use]
    pub fn read(folder: &Path, shown: &str) -> Self {
        let mut read = Self { shown: shown.to_owned(), ..Self::default() };
        let mut folders = vec![(folder.to_owned(), String::new())];
        while let Some((path, relative)) = folders.pop() {
            match entries_of(&path) {
                Ok(entries) => read.entries(&relative, entries, &mut folders),
                Err(error) if relative.is_empty() => {
                    let fact = Fact::Unreadable { reason: reason(&error), folder: true };
                    read.problems.push(Problem { place: Place::file(shown), fact });
                }
                Err(error) => read.unreadable(&relative, reason(&error)),
            }
        }
        // By name, then by path: no name holds a NUL.
        let mut keys = Vec::with_capacity(read.files.len());
        for file in &read.files {
            keys.push(format!("{}\0{}", name_of(&file.path), file.path));
        }
        arrange(&order_of(&keys), &mut |left, right| read.files.swap(left, right));
        read
    }

    /// Returns a file's path as it is shown, `migrations/…`.
    ///
    /// ```
    /// use revchain_core::folder::Folder;
    ///
    /// let folder = Folder { shown: "migrations".to_owned(), ..Folder::default() };
    /// assert_eq!(folder.show("a.sql"), "migrations/a.sql");
    /// assert_eq!(folder.lock_path(), "migrations/revisions.lock");
    /// ```
    #[must_use]
    pub fn show(&self, path: &str) -> String {
        format!("{}/{path}", self.shown)
    }

    /// Returns the lock's path as it is shown.
    #[must_use]
    pub fn lock_path(&self) -> String {
        self.show(lock::FILE)
    }

    /// Takes the entries of the folder `inner`, a path from the set's folder on, and notes the folders among them.
    ///
    /// A walk of our own: what is not looked at, what an editor leaves and what a link leads to are the rules of this
    /// format, and a crate for it is a tenth of a second of everybody's build.
    fn entries(
        &mut self,
        inner: &str,
        entries: Vec<DirEntry>,
        folders: &mut Vec<(PathBuf, String)>,
    ) {
        for entry in entries.iter().filter(|entry| is_looked_at(entry)) {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let relative = if inner.is_empty() { name } else { format!("{inner}/{name}") };
            match kind(entry, &path) {
                Err(error) => self.unreadable(&relative, reason(&error)),
                Ok(kind) if kind.is_dir() => {
                    if is_revision_name(&relative) {
                        self.unreadable(&relative, "it is a folder, a file is wanted".to_owned());
                    }
                    if leads_back(&path, entry) {
                        let reason = "the link leads back to a folder above it".to_owned();
                        self.unreadable(&relative, reason);
                    } else {
                        folders.push((path, relative));
                    }
                }
                Ok(_) => self.file(relative, &path),
            }
        }
    }

    fn file(&mut self, relative: String, path: &Path) {
        let is_lock = relative == lock::FILE;
        if !(is_lock || is_revision_name(&relative)) {
            return;
        }
        match std::fs::read(path) {
            Err(error) => self.unreadable(&relative, reason(&error)),
            Ok(bytes) => match normalise(bytes) {
                Ok(text) if is_lock => self.lock = Some(text),
                Ok(text) => self.files.push(SourceFile { path: relative, text }),
                Err(_) if is_lock => {
                    self.refuse(&relative, Fact::MalformedLock(LockFault::NotUtf8));
                }
                Err(_) if is_rust(&relative) => {
                    self.refuse(&relative, Fact::MalformedRust(RustFault::NotUtf8));
                }
                Err(_) => self.refuse(&relative, Fact::MalformedSql(SqlFault::NotUtf8)),
            },
        }
    }

    fn unreadable(&mut self, path: &str, reason: String) {
        self.refuse(path, Fact::Unreadable { reason, folder: false });
    }

    fn refuse(&mut self, path: &str, fact: Fact) {
        let place = Place::file(self.show(path));
        self.problems.push(Problem { place, fact });
    }
}

fn entries_of(path: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path)? {
        entries.push(entry?);
    }
    Ok(entries)
}

/// Tells whether a file of the folder is, or should be, a revision.
fn is_revision_name(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is = |known: &str| ending.eq_ignore_ascii_case(known);
    (is("sql") || is("rs")) && !TEMPLATES.contains(&path)
}

/// Tells whether an entry is none of those that editors and systems leave: names that begin with `.` or `#`.
fn is_looked_at(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    !name.as_encoded_bytes().first().is_some_and(|first| b".#".contains(first))
}

/// Returns what an entry is, or what the link leads to that it is.
fn kind(entry: &DirEntry, path: &Path) -> io::Result<FileType> {
    let kind = entry.file_type()?;
    if kind.is_symlink() {
        std::fs::metadata(path).map(|target| target.file_type())
    } else {
        Ok(kind)
    }
}

/// Tells whether a folder is a link to one that it stands in, where a walk would never end.
fn leads_back(path: &Path, entry: &DirEntry) -> bool {
    let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
    let whole = |path: &Path| path.canonicalize().ok();
    is_link
        && whole(path)
            .zip(path.parent().and_then(whole))
            .is_some_and(|(target, parent)| parent.starts_with(target))
}

pub(crate) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The system's words without the number behind them, which differ by platform.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotADirectory => "it is not a folder".to_owned(),
        _ => error.to_string(),
    }
}
