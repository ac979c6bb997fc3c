//! A rebase as it will be on disk: the revisions' files and the lock, prepared beside what is there, then all put in place.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use revchain_core::check::Checked;
use revchain_core::folder::Folder;
use revchain_core::lock::Lock;
use revchain_core::text::normalise;
use revchain_core::{Problem, check};
use tempfile::NamedTempFile;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::lockfile::{self, LockEdit};
use crate::moves::Moves;
use crate::project::Project;
use crate::revision_file::with_parents;

/// Problems of a set in which some heads are left to join, or revisions are being written.
const ENDS: [&str; 2] = ["multiple-heads", "multiple-bases"];

/// Files and lock as they will be.
pub(crate) struct Relocation {
    /// The files, checked with the new lock.
    pub(crate) checked: Checked,
    pub(crate) lock: Lock,
    /// The ids that are sealed again.
    pub(crate) sealed: Vec<String>,
    files: Vec<Change>,
}

/// A file that changes, or goes.
struct Change {
    path: PathBuf,
    before: Vec<u8>,
    after: Option<String>,
}

impl Relocation {
    /// Makes the new texts, and seals again what was sealed.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or the set would have a problem that it has not now.
    pub(crate) fn of(
        project: &Project,
        chain: &Chain,
        edit: &LockEdit<'_>,
        moves: Option<&Moves>,
    ) -> Result<Self, Failure> {
        let nothing = Moves::default();
        let moves = moves.unwrap_or(&nothing);
        let mut folder = edit.folder.clone();
        let mut files = Vec::new();
        for (place, parents) in &moves.parents {
            let name = &chain.revision(*place).path;
            let path = whole(&project.path.join(&**name));
            let before = fs::read(&path).map_err(|error| Failure::file("read", &path, &error))?;
            let text = String::from_utf8(before.clone()).ok();
            let parents = chain.ids(parents);
            let after = text.and_then(|text| with_parents(&text, &parents)).ok_or_else(|| {
                Failure::new(format!("{} has no line `revises`", chain.path(*place)))
            })?;
            for source in folder.files.iter_mut().filter(|source| source.path == **name) {
                source.text = normalise(after.clone().into_bytes()).unwrap_or_default();
            }
            files.push(Change { path, before, after: Some(after) });
        }
        for place in &moves.dropped {
            let name = &chain.revision(*place).path;
            let path = whole(&project.path.join(&**name));
            let before = fs::read(&path).map_err(|error| Failure::file("read", &path, &error))?;
            folder.files.retain(|source| source.path != **name);
            files.push(Change { path, before, after: None });
        }
        let (checked, lock, sealed) = sealed(&folder, edit.lock.clone(), chain, moves);
        refuse_new_problems(chain, &checked)?;
        Ok(Self { checked, lock, sealed, files })
    }

    /// Returns the problems for which a database cannot be brought along.
    pub(crate) fn problems(&self) -> usize {
        self.checked.problems.iter().filter(|one| !ENDS.contains(&one.code())).count()
    }

    /// Writes the texts beside what is there, so that nothing is left that can fail but to put them in place.
    ///
    /// # Errors
    ///
    /// The folder takes no new file.
    pub(crate) fn prepare(self) -> Result<Prepared, Failure> {
        let prepare = |change: Change| {
            let file = change.after.as_deref().map(|text| beside(&change.path, text)).transpose();
            match file {
                Ok(file) => Ok((change.path, change.before, file)),
                Err(error) => Err(Failure::file("write", &change.path, &error)),
            }
        };
        let files = self.files.into_iter().map(prepare).collect::<Result<_, _>>()?;
        Ok(Prepared { files, lock: self.lock })
    }
}

/// Files that wait for being put in place; they go away with their value.
pub(crate) struct Prepared {
    files: Vec<(PathBuf, Vec<u8>, Option<NamedTempFile>)>,
    lock: Lock,
}

impl Prepared {
    /// Puts the files in place, and writes the lock last: a call that dies between is finished by the next.
    ///
    /// # Errors
    ///
    /// One cannot be put in place; those before it are as they were.
    pub(crate) fn put(self, mut edit: LockEdit<'_>) -> Result<(), Failure> {
        let mut done: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        for (path, before, file) in self.files {
            let put = match file {
                Some(file) => file.persist(&path).map(|_| ()).map_err(|error| error.error),
                None => fs::remove_file(&path),
            };
            if let Err(error) = put {
                return Err(undone(done, Failure::file("write", &path, &error)));
            }
            done.push((path, before));
        }
        edit.lock = self.lock;
        edit.finish().map_err(|failure| undone(done, failure))?;
        Ok(())
    }
}

/// Puts files back as they were, and says which could not be.
fn undone(done: Vec<(PathBuf, Vec<u8>)>, mut failure: Failure) -> Failure {
    for (path, before) in done.into_iter().rev() {
        let text = String::from_utf8(before).unwrap_or_default();
        if beside(&path, &text).and_then(|file| file.persist(&path).map_err(Into::into)).is_err() {
            failure = failure.note(format!("{} is written already", path.display()));
        }
    }
    failure
}

/// Follows a link: the file that it leads to is written, and the link stays.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Writes a temporary file beside another, with its permissions.
fn beside(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let mut file = lockfile::temporary(path.parent().unwrap_or(path))?;
    file.write_all(text.as_bytes())?;
    if let Ok(metadata) = fs::metadata(path) {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// Writes the moved revisions into the lock, sealed where they were, and checks files and lock together.
fn sealed(
    folder: &Folder,
    mut lock: Lock,
    chain: &Chain,
    moves: &Moves,
) -> (Checked, Lock, Vec<String>) {
    let dropped = chain.ids(&moves.dropped);
    lock.revisions.retain(|entry| !dropped.contains(&entry.id));
    let bare = Folder { lock: Some(Lock::new(lock.settings.clone()).render()), ..folder.clone() };
    let unsealed = check(&bare);
    let mut sealed = Vec::new();
    for place in moves.parents.keys() {
        let id = chain.id(*place);
        let entry = lock.revisions.iter_mut().find(|entry| entry.id == id);
        if let Some((entry, one)) = entry.zip(unsealed.revision(id)) {
            entry.parents.clone_from(&one.parents);
            if !entry.is_draft() {
                let had: Vec<_> = entry.seals.iter().map(|seal| seal.dialect).collect();
                entry.seals = one.seals();
                entry.seals.retain(|seal| had.contains(&seal.dialect));
                sealed.push(id.to_owned());
            }
        }
    }
    lockfile::tidy(&mut lock, &unsealed);
    let checked = check(&Folder { lock: Some(lock.render()), ..folder.clone() });
    (checked, lock, sealed)
}

/// Refuses moves that would break the set: a dependency that becomes needless, or a circle through one.
fn refuse_new_problems(chain: &Chain, after: &Checked) -> Result<(), Failure> {
    let had = |problem: &Problem| {
        let same = |other: &Problem| {
            (other.code(), &other.place.path) == (problem.code(), &problem.place.path)
        };
        chain.checked.problems.iter().any(same)
    };
    let new = after.problems.iter().filter(|one| !ENDS.contains(&one.code()) && !had(one));
    let new: Vec<Problem> = new.cloned().collect();
    let Some(first) = new.first() else { return Ok(()) };
    let mut failure = Failure::new(format!("moved there, {} [{}]", first.message(), first.code()));
    failure = failure.note(format!("in {}", first.place.path));
    for other in &new[1..] {
        failure = failure.note(format!("and {} [{}]", other.message(), other.code()));
    }
    for help in first.helps() {
        failure = failure.help(help);
    }
    Err(failure.help("then once more: cargo migrate rebase"))
}
