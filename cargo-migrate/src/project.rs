//! Finds the set that a verb works on, and reads it.

use std::path::{Path, PathBuf};

use revchain_core::check::Checked;
use revchain_core::folder::Folder;
use revchain_core::text::did_you_mean;
use revchain_core::{Dialects, check, git, lock};
use walkdir::{DirEntry, WalkDir};

use crate::failure::Failure;
use crate::session::Session;
use crate::settings::Settings;
use crate::url::{DatabaseArguments, DatabaseUrl};

/// A folder with a `revisions.lock`.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// The folder.
    pub(crate) path: PathBuf,
    /// How it is shown: `migrations`.
    pub(crate) shown: String,
}

/// How deep a set may lie below the folder where the search begins.
const DEPTH: usize = 6;

impl Project {
    /// Finds the set of this call: by `--dir`, by `-n`, else the nearest at or above the current folder, else the only
    /// one below it or below the cargo package that the current folder belongs to.
    ///
    /// # Errors
    ///
    /// There is none, or there are several and nothing says which.
    pub(crate) fn find(session: &Session<'_>) -> Result<Self, Failure> {
        let mut found = candidates(session)?;
        let Some(name) = &session.globals.name else {
            return match found.len() {
                1 => Ok(found.remove(0)),
                _ => Err(several(&found)),
            };
        };
        let named = |project: &Self| project.name().as_ref() == Some(name);
        match found.iter().position(named) {
            Some(index) => Ok(found.swap_remove(index)),
            None => {
                let names: Vec<String> = found.iter().filter_map(Self::name).collect();
                let failure = Failure::usage(format!("no set is named `{name}`"));
                let known: Vec<&str> = names.iter().map(String::as_str).collect();
                Err(match did_you_mean(name, &known) {
                    Some(meant) => failure.help(format!("did you mean `{meant}`?")),
                    None => failure.note(listed(&found)),
                })
            }
        }
    }

    /// Finds the one set of this call, or with `--all` every set at or below the current folder.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub(crate) fn find_some(session: &Session<'_>, all: bool) -> Result<Vec<Self>, Failure> {
        if all { candidates(session) } else { Self::find(session).map(|project| vec![project]) }
    }

    /// Takes the folder of `--dir` as it is, when one was given: what is wrong with it is for the checks to say.
    pub(crate) fn named(session: &Session<'_>) -> Option<Self> {
        let path = session.folder.join(session.globals.dir.as_ref()?);
        Some(Self { shown: session.shown(&normal(&path)), path })
    }

    /// Takes a folder, whether it has a lock or not.
    pub(crate) fn at(session: &Session<'_>, path: PathBuf) -> Self {
        let shown = session.shown(&path);
        Self { path, shown }
    }

    /// Reads the files and the lock, and checks them.
    pub(crate) fn read(&self) -> (Folder, Checked) {
        let folder = Folder::read(&self.path, &self.shown);
        let checked = check(&folder);
        (folder, checked)
    }

    /// Reads and checks, and asks git what was edited.
    pub(crate) fn explained(&self, session: &Session<'_>) -> (Folder, Checked) {
        let (folder, mut checked) = self.read();
        if session.variable("REVCHAIN_NO_GIT").is_none() {
            git::add_differences(&mut checked, &folder, &self.path);
        }
        (folder, checked)
    }

    /// Finds the database of this set, by its own variable.
    ///
    /// # Errors
    ///
    /// None is named, or its URL cannot be used.
    pub(crate) fn database_url(
        &self,
        session: &Session<'_>,
        arguments: &DatabaseArguments,
    ) -> Result<DatabaseUrl, Failure> {
        let variable = Settings::read(self)?.database_url_variable;
        if let Some(url) = DatabaseUrl::find_any(session, arguments, &variable)? {
            return Ok(url);
        }
        let lock = self.read().1.lock;
        let dialects = lock.map_or(Dialects::default(), |lock| lock.settings.dialects);
        Err(DatabaseUrl::unnamed(&variable, dialects))
    }

    /// Returns the lock's path.
    pub(crate) fn lock_path(&self) -> PathBuf {
        self.path.join(lock::FILE)
    }

    /// Returns the set's name, also from a lock that cannot be read otherwise.
    pub(crate) fn name(&self) -> Option<String> {
        let text = std::fs::read(self.lock_path()).ok()?;
        let text = String::from_utf8_lossy(&text);
        let name = text.lines().find_map(|line| line.strip_prefix("set "))?;
        Some(name.trim().to_owned())
    }
}

/// Returns the nearest cargo package at or above a folder.
pub(crate) fn package_at(folder: &Path) -> Option<PathBuf> {
    let is_package = |folder: &&Path| manifest(folder).contains_key("package");
    folder.ancestors().find(is_package).map(Path::to_owned)
}

/// Returns what the `Cargo.toml` of a folder says; nothing where there is none that can be read.
pub(crate) fn manifest(folder: &Path) -> toml::Table {
    let text = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    text.parse().unwrap_or_default()
}

fn candidates(session: &Session<'_>) -> Result<Vec<Project>, Failure> {
    if let Some(folder) = &session.globals.dir {
        let path = session.folder.join(folder);
        let has_lock = path.join(lock::FILE).symlink_metadata().is_ok();
        if has_lock || path.is_dir() && is_unmerged(session, &path) {
            return Ok(vec![Project { shown: session.shown(&normal(&path)), path }]);
        }
        let shown = folder.display();
        let reason = if path.is_dir() { "has no revisions.lock" } else { "is not there" };
        return Err(Failure::new(format!("the folder {shown} {reason}"))
            .help(format!("make it: cargo migrate init --dir {shown}")));
    }
    let here = &session.folder;
    let at_or_above = here.ancestors().find(|folder| folder.join(lock::FILE).is_file());
    let by_name = session.globals.name.is_some();
    let mut paths: Vec<PathBuf> = at_or_above.map(Path::to_owned).into_iter().collect();
    if paths.is_empty() || by_name {
        paths.extend(below(here));
    }
    if (paths.is_empty() || by_name)
        && let Some(package) = package_at(here)
    {
        paths.extend(below(&package));
    }
    paths.sort();
    paths.dedup();
    if paths.is_empty() {
        // In a conflict the file may be gone, and git still has both sides.
        let unmerged = crate::git::unmerged(session, here);
        paths = unmerged.iter().map(|path| normal(path)).filter(|path| path.is_dir()).collect();
    }
    if paths.is_empty() {
        return Err(Failure::new(format!(
            "no revisions.lock at, above or below {}",
            here.display()
        ))
        .help("begin here: cargo migrate init")
        .help("or name the folder: --dir FOLDER"));
    }
    Ok(paths.into_iter().map(|path| Project::at(session, path)).collect())
}

/// Tells whether git could not merge the lock of a folder that has none now.
fn is_unmerged(session: &Session<'_>, folder: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().ok();
    crate::git::unmerged(session, folder).iter().any(|other| whole(other) == whole(folder))
}

/// Finds the sets below a folder; hidden folders and those that tools fill are left out.
fn below(folder: &Path) -> Vec<PathBuf> {
    let wanted = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0
            || !(name.starts_with('.') || ["target", "node_modules"].contains(&&*name))
    };
    let walk = WalkDir::new(folder).max_depth(DEPTH).sort_by_file_name();
    let locks = walk.into_iter().filter_entry(wanted).filter_map(Result::ok);
    locks
        .filter(|entry| entry.file_name() == lock::FILE)
        .filter_map(|entry| entry.path().parent().map(Path::to_owned))
        .collect()
}

/// Resolves `.` and `..` in a path without asking the file system.
fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts
}

fn several(found: &[Project]) -> Failure {
    Failure::usage("there are several sets here").note(listed(found)).help(
        "name one: -n NAME, or --dir FOLDER; `check`, `status` and `seal` take all with --all",
    )
}

fn listed(found: &[Project]) -> String {
    let one = |project: &Project| {
        let name = project.name().unwrap_or_else(|| "?".to_owned());
        format!("`{name}` in {}", project.shown)
    };
    found.iter().map(one).collect::<Vec<_>>().join(", ")
}
