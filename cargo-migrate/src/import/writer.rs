//! Writes what was read as revisions: a chain of files and their sealed lines in the lock, all or nothing.

use std::path::PathBuf;

use jiff::Timestamp;
use revchain_core::check::State;
use revchain_core::folder::{Folder, SourceFile};
use revchain_core::lock::{Entry, Lock};
use revchain_core::script::Script;
use revchain_core::set::{History, Settings};
use revchain_core::{Dialects, Problem, check};

use super::revision::{Sections, dates};
use super::{Body, Migration, Tool};
use crate::failure::Failure;
use crate::lockfile::{Held, refuse_locked};
use crate::new_files;
use crate::project::Project;
use crate::revision_file::NewRevision;
use crate::scaffold;
use crate::session::Session;

/// A revision that was made of a migration.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) id: String,
    pub(crate) migration: Migration,
    /// The new file's path, as it is shown.
    pub(crate) path: String,
    pub(crate) transaction: bool,
    pub(crate) reversible: bool,
    /// What a person has to look at.
    pub(crate) hand: Vec<String>,
}

impl Imported {
    /// Tells whether it only holds the place of what a person writes.
    pub(crate) fn is_to_write(&self) -> bool {
        !matches!(self.migration.up, Body::Sql(_))
    }
}

/// Makes a set of the migrations: files and lock, unless `dry`. Returns the revisions, and what the checks find in them;
/// where they find something, the revisions are drafts, so that their files can be edited.
///
/// # Errors
///
/// The folder has files already, a migration would not read as a revision, or a file cannot be written.
pub(crate) fn import(
    session: &mut Session<'_>,
    project: &Project,
    (tool, migrations): (Tool, Vec<Migration>),
    dialects: Dialects,
    dry: bool,
) -> Result<(Vec<Imported>, Vec<Problem>), Failure> {
    refuse_filled(project)?;
    let name = match &session.globals.name {
        Some(name) => crate::words::set_name(name)?,
        None => scaffold::default_name(project.path.parent().unwrap_or(&project.path)),
    };
    let history = History::default();
    let heads = crate::words::heads("one")?;
    let mut lock = Lock::new(Settings { name: name.into(), dialects, heads, history });
    let mut folder = Folder { shown: project.shown.clone(), ..Folder::default() };
    let mut imported: Vec<Imported> = Vec::new();
    let dates = dates(&migrations);
    for (migration, created) in migrations.into_iter().zip(dates) {
        let parents: Vec<String> = match &migration.node {
            Some(node) => node.parents.clone(),
            None => imported.last().map(|one| one.id.clone()).into_iter().collect(),
        };
        let Sections { text, transaction, reversible, hand } =
            migration.sections(tool, &project.path, dialects);
        let revision = revision(tool, &migration, (parents.clone(), created), text);
        let text = revision.text(&project.path, dialects)?;
        let file = revision.file_name();
        let path = folder.show(&file);
        verify(&path, &text, &revision, &migration, reversible)?;
        lock.revisions.push(Entry::draft(revision.id.clone(), parents));
        folder.files.push(SourceFile { path: file, text });
        let id = revision.id;
        imported.push(Imported { id, migration, path, transaction, reversible, hand });
    }
    if lock.computed_heads().len() > 1 {
        lock.settings.heads = crate::words::heads("many")?;
    }
    let to_write: Vec<String> =
        imported.iter().filter(|one| one.is_to_write()).map(|one| one.id.clone()).collect();
    let problems = seal(&mut folder, &mut lock, &to_write);
    if !dry {
        write(session, project, &folder)?;
    }
    Ok((imported, problems))
}

/// Nothing is overwritten, and nothing is mixed with revisions that are there.
fn refuse_filled(project: &Project) -> Result<(), Failure> {
    let has_files =
        std::fs::read_dir(&project.path).is_ok_and(|mut entries| entries.next().is_some());
    if !has_files {
        return Ok(());
    }
    Err(Failure::usage(format!("{} has files already, and nothing is overwritten", project.shown))
        .help("name a folder that is empty or not there yet: --into revisions"))
}

fn revision(
    tool: Tool,
    migration: &Migration,
    (parents, created): (Vec<String>, Timestamp),
    sections: String,
) -> NewRevision {
    let (message, node) = (migration.message.trim(), migration.node.as_ref());
    NewRevision {
        id: migration.id(tool),
        message: if message.is_empty() {
            format!("{} {}", tool.name(), migration.version)
        } else {
            message.to_owned()
        },
        parents,
        depends_on: node.map(|node| node.depends_on.clone()).unwrap_or_default(),
        labels: node.map(|node| node.labels.clone()).unwrap_or_default(),
        replaces: None,
        origin: Some(format!("{} {} {}", tool.name(), migration.version, migration.checksum)),
        sections: Some(sections),
        rust: migration.up == Body::Program,
        created,
        folder: PathBuf::new(),
    }
}

/// Makes sure that the file reads as the revision that was meant: a line of a migration can look like a marker.
fn verify(
    path: &str,
    text: &str,
    revision: &NewRevision,
    migration: &Migration,
    reversible: bool,
) -> Result<(), Failure> {
    let (script, problems) =
        if revision.rust { Script::read_rust(path, text) } else { Script::read(path, text) };
    let sections = if revision.rust { 0 } else { 1 + usize::from(reversible) };
    let read = if problems.is_empty() { Ok(script) } else { Err(problems) };
    let reason = match read {
        Ok(script)
            if script.revision.text == revision.id
                && script.message == revision.message
                && script.sections.len() == sections
                && script.destroys.is_empty() =>
        {
            return Ok(());
        }
        Ok(_) => "it would say something else than was meant".to_owned(),
        // Its place is in a file that is not there.
        Err(problems) => problems.iter().map(Problem::message).collect::<Vec<_>>().join("; "),
    };
    let failure = format!("{} would not read as one revision: {reason}", migration.file);
    Err(Failure::new(failure)
        .note("a line that begins with `-- migrate:` is a marker, and a message cannot look like a header's key")
        .help("move the migration out of the folder, import the rest, and write it with `cargo migrate new`"))
}

/// Seals the lines of the lock when the checks find nothing, and returns what they find. What is to be written is a draft.
fn seal(folder: &mut Folder, lock: &mut Lock, to_write: &[String]) -> Vec<Problem> {
    lock.heads = lock.computed_heads();
    folder.lock = Some(lock.render());
    let checked = check(folder);
    if !checked.problems.is_empty() {
        return checked.problems;
    }
    for entry in &mut lock.revisions {
        if let Some(one) = checked.revision(&entry.id).filter(|one| one.state == State::Draft) {
            if to_write.contains(&entry.id) {
                continue;
            }
            entry.seals = one.seals();
        }
    }
    folder.lock = Some(lock.render());
    check(folder).problems
}

/// Writes the files, and the lock last; what was written goes away when one cannot be.
fn write(session: &mut Session<'_>, project: &Project, folder: &Folder) -> Result<(), Failure> {
    if let Some(locked) = session.locked() {
        return Err(Failure::new(format!("this would write a lock, and {}", locked.reason()))
            .help("allow it here: --locked=false"));
    }
    std::fs::create_dir_all(&project.path)
        .map_err(|error| Failure::file("make", &project.path, &error))?;
    refuse_locked(session, project)?;
    let _held = Held::new(session, project)?;
    // Another call may have been faster.
    refuse_filled(project)?;
    let files = folder.files.iter().map(|file| (project.path.join(&file.path), &*file.text));
    let lock = folder.lock.iter().map(|text| (project.lock_path(), &**text));
    new_files::create_all(files.chain(lock))?;
    scaffold::add_attributes(&project.path.join(".gitattributes")).map(|_| ())
}
