//! Changes `revisions.lock`: one writer at a time, and never half a file.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use revchain_core::check::{Checked, CheckedRevision, State};
use revchain_core::checksum::digest;
use revchain_core::folder::Folder;
use revchain_core::graph::Graph;
use revchain_core::lock::{Entry, Lock, LockFault};
use revchain_core::problem::{Fact, Place, SqlFault};
use revchain_core::script::Script;
use revchain_core::{Problem, check};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::git;
use crate::project::Project;
use crate::published::Published;
use crate::session::{Locked, Session};
use crate::settle::settle;

/// A wait that nobody notices is not worth a word.
const UNNOTICED: Duration = Duration::from_millis(300);

/// Holds a folder of revisions, until it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Held {
    _file: File,
}

impl Held {
    /// Waits until no other call changes the folder.
    ///
    /// The folder itself carries the lock, so nothing is left behind; where the system cannot lock a folder (Windows,
    /// some network file systems), a file of the temporary folder named by the folder's path does.
    ///
    /// # Errors
    ///
    /// Neither can be locked.
    pub(crate) fn new(session: &mut Session<'_>, project: &Project) -> Result<Self, Failure> {
        let folder = File::open(&project.path).and_then(|folder| take(folder, session, project));
        let held = folder.or_else(|_| {
            let whole = project.path.canonicalize().unwrap_or_else(|_| project.path.clone());
            let name = digest(&[&whole.to_string_lossy()]);
            let path = std::env::temp_dir().join(format!("revchain-{}.guard", &name[..16]));
            let options = || File::options().create(true).append(true).open(&path);
            take(options()?, session, project)
        });
        held.map(|file| Self { _file: file })
            .map_err(|error| Failure::file("lock the folder", &project.path, &error))
    }
}

fn take(file: File, session: &mut Session<'_>, project: &Project) -> io::Result<File> {
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begun.elapsed() < UNNOTICED => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => {
                let shown = &project.shown;
                session.output.say(format_args!("waiting for another call that changes {shown}"));
                file.lock()?;
                return Ok(file);
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// A change of the lock: the folder is held, and the files are read while it is.
#[derive(Debug)]
pub(crate) struct LockEdit<'p> {
    project: &'p Project,
    pub(crate) folder: Folder,
    pub(crate) checked: Checked,
    /// The lock to change; [`finish`](Self::finish) puts its lines in order.
    pub(crate) lock: Lock,
    /// The lock's text on disk when it began.
    before: Option<String>,
    /// What [`write_meanwhile`](Self::write_meanwhile) has written.
    meanwhile: Option<String>,
    _held: Held,
}

/// How a lock came to be what a change begins with.
#[derive(Debug)]
pub(crate) struct Beginning {
    /// Whether a conflict was settled, which is not written yet.
    pub(crate) settled: bool,
    /// What a person should know of it.
    pub(crate) notes: Vec<String>,
    /// The sides of the conflict, or the lock as it was.
    pub(crate) sides: Vec<Lock>,
}

impl<'p> LockEdit<'p> {
    /// Holds the folder and reads it.
    ///
    /// # Errors
    ///
    /// The lock must stay as it is, or it cannot be read.
    pub(crate) fn begin(session: &mut Session<'_>, project: &'p Project) -> Result<Self, Failure> {
        refuse_locked(session, project)?;
        let held = Held::new(session, project)?;
        let (folder, checked) = project.read();
        let Some(lock) = checked.lock.clone() else {
            return Err(Failure::problems(of_the_lock(checked)));
        };
        let before = folder.lock.clone();
        Ok(Self { project, folder, checked, lock, before, meanwhile: None, _held: held })
    }

    /// Holds the folder and reads it, for a caller that has asked [`refuse_locked`]; a conflict that git left in the lock is settled, and written by
    /// [`finish`](Self::finish) alone.
    ///
    /// With `may_move` revisions that are not published are sealed where their files now have them, also without a
    /// conflict.
    ///
    /// # Errors
    ///
    /// The lock cannot be read, or a revision's file has conflict markers.
    pub(crate) fn settled(
        session: &mut Session<'_>,
        project: &'p Project,
        published: &Published,
        may_move: bool,
    ) -> Result<(Self, Beginning), Failure> {
        let held = Held::new(session, project)?;
        let (mut folder, mut checked) = project.read();
        refuse_unreadable(&checked)?;
        let before = folder.lock.clone();
        let conflict = git::sides(session, project, before.as_deref());
        let mut notes = Vec::new();
        let settled = conflict.is_some();
        let sides = if settled || may_move && checked.lock.is_some() {
            let texts = conflict.unwrap_or_else(|| before.clone().into_iter().collect());
            let mut settled = settle(&folder, &texts, published, may_move)?;
            tidy(&mut settled.lock, &settled.checked);
            folder.lock = Some(settled.lock.render());
            checked = check(&folder);
            notes = settled.notes;
            settled.sides
        } else {
            checked.lock.iter().cloned().collect()
        };
        let Some(lock) = checked.lock.clone() else {
            return Err(Failure::problems(of_the_lock(checked)));
        };
        let edit = Self { project, folder, checked, lock, before, meanwhile: None, _held: held };
        Ok((edit, Beginning { settled, notes, sides }))
    }

    /// Tells whether the lock is another than on disk already, as after a conflict.
    pub(crate) fn is_changed(&self) -> bool {
        self.before.as_deref() != Some(&*self.lock.render())
    }

    /// Writes the lock if it changed, and tells whether it did.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(crate) fn finish(mut self) -> Result<bool, Failure> {
        tidy(&mut self.lock, &self.checked);
        let on_disk = self.meanwhile.as_deref().or(self.before.as_deref());
        let written = write_lock(self.project, &self.lock, on_disk)?;
        self.meanwhile = None;
        Ok(written)
    }

    /// Writes another lock for a while, for a program that is compiled with it: [`finish`](Self::finish) replaces it, and
    /// an edit that ends without that puts the former back.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(crate) fn write_meanwhile(&mut self, mut lock: Lock) -> Result<(), Failure> {
        tidy(&mut lock, &self.checked);
        if write_lock(self.project, &lock, self.before.as_deref())? {
            self.meanwhile = Some(lock.render());
        }
        Ok(())
    }
}

impl Drop for LockEdit<'_> {
    fn drop(&mut self) {
        if let (Some(_), Some(before)) = (&self.meanwhile, &self.before) {
            // Where that fails the lock has drafts, which the next `amend` or `upgrade` seals.
            let _ = replace(&self.project.lock_path(), before);
        }
    }
}

/// Returns the problems for which a lock cannot be read.
fn of_the_lock(checked: Checked) -> Vec<Problem> {
    let codes = ["malformed-lock", "unreadable-folder", "unreadable-revision"];
    checked.problems.into_iter().filter(|problem| codes.contains(&problem.code())).collect()
}

/// Refuses what no settling can help: files that cannot be read, conflict markers in a revision, a newer lock.
///
/// # Errors
///
/// The problems.
pub(crate) fn refuse_unreadable(checked: &Checked) -> Result<(), Failure> {
    let hopeless = |problem: &&Problem| {
        matches!(
            problem.fact,
            Fact::Unreadable { .. }
                | Fact::MalformedSql(SqlFault::ConflictMarkers)
                | Fact::MalformedLock(LockFault::NewerVersion { .. })
        )
    };
    let problems: Vec<Problem> = checked.problems.iter().filter(hopeless).cloned().collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::problems(problems)) }
}

/// Refuses to go on when nothing may write the lock.
///
/// # Errors
///
/// The reason, and what helps.
pub(crate) fn refuse_locked(session: &Session<'_>, project: &Project) -> Result<(), Failure> {
    let Some(locked) = locked(session, project) else { return Ok(()) };
    let failure = Failure::new(format!("this would write the lock, and {}", locked.reason()));
    Err(match locked {
        Locked::Asked | Locked::Ci => failure
            .help("do it where revisions are written, and commit the lock")
            .help("or allow it here: --locked=false"),
        Locked::Unwritable => failure.help(format!("may you write into {}?", project.shown)),
    })
}

/// Tells why nothing may write the lock of a set: what [`Session::locked`] says, or that its folder takes no new file,
/// which is what a write needs.
pub(crate) fn locked(session: &Session<'_>, project: &Project) -> Option<Locked> {
    let refused = || temporary(&project.path).is_err().then_some(Locked::Unwritable);
    session.locked().or_else(refused)
}

/// Returns a problem for each draft: what ships is sealed.
pub(crate) fn drafts(checked: &Checked) -> Vec<Problem> {
    let drafts = checked.revisions.iter().filter(|one| one.state == State::Draft);
    let problem = |one: &CheckedRevision| {
        let revision = &one.revision;
        let path = format!("{}/{}", checked.folder, revision.path);
        let place = match Script::parse(&path, &revision.text) {
            Ok(script) => {
                let id = script.revision.range();
                Place::span(&path, &revision.text, id.start, id.end)
            }
            Err(_) => Place::file(&path),
        };
        Problem { place, fact: Fact::LockedDraft { id: revision.id.to_string() } }
    };
    drafts.map(problem).collect()
}

/// Writes a lock whose lines are in order, unless the file says the same already.
///
/// # Errors
///
/// The lock would not be read again, or cannot be written.
pub(crate) fn write_lock(
    project: &Project,
    lock: &Lock,
    before: Option<&str>,
) -> Result<bool, Failure> {
    let text = lock.render();
    if Some(&*text) == before {
        return Ok(false);
    }
    // A lock that cannot be read again must never reach the disk.
    if let Err(fault) = Lock::parse(&text) {
        let place = Place::file(lock_shown(project));
        let wrong = Problem { place, fact: Fact::MalformedLock(fault) }.message();
        let message = format!("the lock was left as it is, as this would make it wrong: {wrong}");
        return Err(Failure::with_exit(Exit::Problems, message)
            .help("see what does not fit: cargo migrate check"));
    }
    replace(&project.lock_path(), &text)
        .map_err(|error| Failure::file("write", Path::new(&lock_shown(project)), &error))?;
    Ok(true)
}

fn lock_shown(project: &Project) -> String {
    format!("{}/{}", project.shown, revchain_core::lock::FILE)
}

/// Replaces a file in one step: a reader sees the old text or the new one.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut file = temporary(path.parent().unwrap_or(path))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// Writes a new file in one step, and refuses when there is one of this name.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = temporary(path.parent().unwrap_or(path))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(|_| ()).map_err(|error| error.error)
}

/// Makes a temporary file that neither git's users nor the check look at, readable as any other file is.
pub(crate) fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".revchain-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Puts the lock's revisions into the order of the chain, and names the heads.
///
/// Revisions without a file come where their parents let them. What a revision replaces is written down as its file says,
/// unless the files of those are gone.
pub(crate) fn tidy(lock: &mut Lock, checked: &Checked) {
    for entry in &mut lock.revisions {
        match checked.revision(&entry.id) {
            Some(one) if one.replaces.is_none() => entry.replaces.clear(),
            Some(one) if !one.revision.replaces.is_empty() => {
                entry.replaces = one.revision.replaces.to_vec();
            }
            _ => {}
        }
    }
    let rank: HashMap<&str, usize> =
        checked.revisions.iter().enumerate().map(|(at, one)| (&*one.revision.id, at)).collect();
    lock.revisions.sort_by_key(|entry| rank.get(&*entry.id).copied().unwrap_or(usize::MAX));
    let place: HashMap<&str, u32> =
        (0..).zip(&lock.revisions).map(|(at, entry)| (&*entry.id, at)).collect();
    let mut replacers: HashMap<&str, u32> = HashMap::new();
    for (at, entry) in (0..).zip(&lock.revisions) {
        entry.replaces.iter().for_each(|one| _ = replacers.entry(&*one.id).or_insert(at));
    }
    // Who revises a replaced revision stands behind its replacer too: its own lines may be dropped some day.
    let needs = |entry: &Entry| {
        let both = |id: &String| [place.get(&**id).copied(), replacers.get(&**id).copied()];
        entry.parents.iter().flat_map(both).flatten().collect()
    };
    let edges: Vec<Vec<u32>> = lock.revisions.iter().map(needs).collect();
    let count = edges.len();
    if let Ok(order) = Graph::new(edges, vec![Vec::new(); count]).topological() {
        let mut entries: Vec<Option<Entry>> = lock.revisions.drain(..).map(Some).collect();
        lock.revisions = order.iter().filter_map(|at| entries[*at as usize].take()).collect();
    }
    lock.heads = lock.computed_heads();
}
