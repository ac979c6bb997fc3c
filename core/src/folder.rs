//! The migrations folder as it is on disk: every file that looks like a revision, and the lock.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use crate::lock::{self, LockFault};
use crate::problem::{Fact, Place, Problem, SqlFault};
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
        if let Err(error) = std::fs::read_dir(folder) {
            let fact = Fact::Unreadable { reason: reason(&error), folder: true };
            read.problems.push(Problem { place: Place::file(shown), fact });
            return read;
        }
        let visible = |entry: &DirEntry| {
            let name = entry.file_name().as_encoded_bytes();
            entry.depth() == 0 || !name.first().is_some_and(|first| b".#".contains(first))
        };
        for entry in WalkDir::new(folder).follow_links(true).into_iter().filter_entry(visible) {
            match entry {
                Ok(entry) if entry.depth() > 0 => read.entry(folder, entry.path(), &entry),
                Ok(_) => {}
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    if !is_editors(&path) {
                        let reason = error.io_error().map_or_else(|| error.to_string(), reason);
                        read.unreadable(&relative(folder, &path), reason);
                    }
                }
            }
        }
        read.files.sort_by_cached_key(|file| (name_of(&file.path).to_owned(), file.path.clone()));
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

    fn entry(&mut self, folder: &Path, path: &Path, entry: &DirEntry) {
        let relative = relative(folder, path);
        let is_lock = relative == lock::FILE;
        let is_revision = is_revision_name(&relative);
        if !(is_lock || is_revision) {
            return;
        }
        if entry.file_type().is_dir() {
            return self.unreadable(&relative, "it is a folder, a file is wanted".to_owned());
        }
        match std::fs::read(path) {
            Err(error) => self.unreadable(&relative, reason(&error)),
            Ok(bytes) => match normalise(bytes) {
                Ok(text) if is_lock => self.lock = Some(text),
                Ok(text) => self.files.push(SourceFile { path: relative, text }),
                Err(_) if is_lock => {
                    self.refuse(&relative, Fact::MalformedLock(LockFault::NotUtf8));
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

/// Tells whether a file of the folder is, or should be, a revision.
fn is_revision_name(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is = |known: &str| ending.eq_ignore_ascii_case(known);
    (is("sql") || is("rs")) && !TEMPLATES.contains(&path)
}

/// Tells whether a name is one that editors leave beside an open file.
fn is_editors(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.first().is_some_and(|first| b".#".contains(first))
}

fn relative(folder: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(folder).unwrap_or(path);
    inner.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The system's words without the number behind them, which differ by platform.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::NotADirectory => "it is not a folder".to_owned(),
        _ => error.to_string(),
    }
}
