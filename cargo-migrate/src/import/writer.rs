//! Writes what was read as revisions: a chain of files and their sealed lines in the lock, all or nothing.

use std::path::PathBuf;

use jiff::Timestamp;
use revchain_core::check::{Checked, CheckedRevision, State};
use revchain_core::folder::{Folder, SourceFile};
use revchain_core::lock::{Entry, Lock};
use revchain_core::script::Script;
use revchain_core::set::{History, Settings};
use revchain_core::{Dialects, Problem, check};

use super::revision::{Sections, dates};
use super::{Body, Migration, Tool};
use crate::failure::Failure;
use crate::lockfile::{self, Held, refuse_locked};
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

/// What an import makes.
#[derive(Debug)]
pub(crate) struct Made {
    /// The new revisions.
    pub(crate) imported: Vec<Imported>,
    /// How many migrations were imported before.
    pub(crate) present: usize,
    /// The set with them, as it is or would be on disk. Where the checks find something, the new revisions are drafts, so
    /// that their files can be edited.
    pub(crate) checked: Checked,
}

/// Makes revisions of the migrations: files and lock, unless `dry`. In a set that has some of them the others go on its head.
///
/// # Errors
///
/// The folder has other files, a migration was another when it was imported, or would not read as a revision, or a file
/// cannot be written.
pub(crate) fn import(
    session: &mut Session<'_>,
    project: &Project,
    (tool, migrations): (Tool, Vec<Migration>),
    dialects: Dialects,
    dry: bool,
) -> Result<Made, Failure> {
    let there = There::read(session, project, tool, dialects)?;
    let (mut folder, mut lock) = (there.folder.clone(), there.lock.clone());
    let (mut imported, mut present): (Vec<Imported>, _) = (Vec::new(), 0);
    let dates = dates(&migrations);
    let last = migrations.iter().rposition(|one| there.has(&one.id(tool)));
    for (index, (migration, created)) in migrations.into_iter().zip(dates).enumerate() {
        if there.has(&migration.id(tool)) {
            present += 1;
            continue;
        }
        there.refuse_another(tool, &migration)?;
        let parents: Vec<String> = match &migration.node {
            Some(node) => node.parents.clone(),
            None => match imported.last() {
                Some(last) => vec![last.id.clone()],
                None => there.head()?.into_iter().collect(),
            },
        };
        let Sections { text, transaction, reversible, mut hand } =
            migration.sections(tool, &project.path, dialects);
        if migration.node.is_none() && last.is_some_and(|last| index < last) {
            let tool = tool.name();
            hand.push(format!("{tool} runs it before others that are there: here it comes last"));
        }
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
    if imported.is_empty() {
        return Ok(Made { imported, present, checked: check(&folder) });
    }
    if there.is_empty() && lock.computed_heads().len() > 1 {
        lock.settings.heads = crate::words::heads("many")?;
    }
    let to_seal = imported.iter().filter(|one| !one.is_to_write());
    let to_seal: Vec<String> = to_seal.map(|one| one.id.clone()).collect();
    let checked = seal(&mut folder, &mut lock, &to_seal);
    if !dry {
        there.write(session, project, &folder)?;
    }
    Ok(Made { imported, present, checked })
}

/// The set that the revisions come into.
struct There {
    folder: Folder,
    lock: Lock,
    /// For each revision that came from the tool its version there, and its id.
    versions: Vec<(String, String)>,
}

impl There {
    /// Reads it; a folder that is empty or not there is an empty set.
    fn read(
        session: &Session<'_>,
        project: &Project,
        tool: Tool,
        dialects: Dialects,
    ) -> Result<Self, Failure> {
        if !project.lock_path().is_file() {
            refuse_filled(project)?;
            let name = match &session.globals.name {
                Some(name) => crate::words::set_name(name)?,
                None => scaffold::default_name(project.path.parent().unwrap_or(&project.path)),
            };
            let (history, heads) = (History::default(), crate::words::heads("one")?);
            let lock = Lock::new(Settings { name: name.into(), dialects, heads, history });
            let folder = Folder { shown: project.shown.clone(), ..Folder::default() };
            return Ok(Self { folder, lock, versions: Vec::new() });
        }
        let (folder, checked) = project.read();
        let came = |one: &CheckedRevision| {
            let origin = one.revision.origin().filter(|origin| origin.tool == tool.name())?;
            Some((origin.version.to_owned(), one.revision.id.to_string()))
        };
        let versions: Vec<(String, String)> = checked.revisions.iter().filter_map(came).collect();
        if versions.is_empty() {
            refuse_filled(project)?;
        }
        let lock = match checked.lock {
            Some(lock) if checked.problems.is_empty() => lock,
            _ => return Err(Failure::problems(checked.problems)),
        };
        let serves = lock.settings.dialects;
        if serves != dialects {
            return Err(Failure::usage(format!(
                "{} serves {serves}, not {dialects}",
                project.shown
            ))
            .help(format!("import what is new for the same: --dialect {serves}")));
        }
        Ok(Self { folder, lock, versions })
    }

    fn is_empty(&self) -> bool {
        self.lock.revisions.is_empty()
    }

    fn has(&self, id: &str) -> bool {
        self.lock.entry(id).is_some()
    }

    /// Returns what the first new revision revises.
    fn head(&self) -> Result<Option<String>, Failure> {
        match &self.lock.computed_heads()[..] {
            [] => Ok(None),
            [head] => Ok(Some(head.clone())),
            heads => Err(Failure::new(format!("the set has the heads {}", heads.join(", ")))
                .help("join them first: cargo migrate merge")),
        }
    }

    /// Refuses a migration that was another text, or another file, when it was imported.
    fn refuse_another(&self, tool: Tool, migration: &Migration) -> Result<(), Failure> {
        let version = &migration.version;
        let Some((_, id)) = self.versions.iter().find(|(known, _)| known == version) else {
            return Ok(());
        };
        let (file, tool) = (&migration.file, tool.name());
        Err(Failure::new(format!(
            "{file} is not what `{id}` was made of, which was {tool}'s {version}"
        ))
        .help(format!("restore {file} as it was, or import all again: --into another-folder")))
    }

    /// Writes the new files, and the lock last; what was written goes away when one cannot be.
    fn write(
        &self,
        session: &mut Session<'_>,
        project: &Project,
        folder: &Folder,
    ) -> Result<(), Failure> {
        if let Some(locked) = session.locked() {
            return Err(Failure::new(format!("this would write a lock, and {}", locked.reason()))
                .help("allow it here: --locked=false"));
        }
        std::fs::create_dir_all(&project.path)
            .map_err(|error| Failure::file("make", &project.path, &error))?;
        refuse_locked(session, project)?;
        let _held = Held::new(session, project)?;
        let files = folder.files.iter().skip(self.folder.files.len());
        let files = files.map(|file| (project.path.join(&file.path), &*file.text));
        let path = project.lock_path();
        if self.is_empty() {
            // Another call may have been faster.
            refuse_filled(project)?;
            let lock = folder.lock.iter().map(|text| (path.clone(), &**text));
            new_files::create_all(files.chain(lock))?;
        } else {
            if project.read().0.lock != self.folder.lock {
                return Err(Failure::new(format!("{} was changed meanwhile", project.shown))
                    .help("do it again"));
            }
            let paths: Vec<PathBuf> = files.clone().map(|(path, _)| path).collect();
            new_files::create_all(files)?;
            let text = folder.lock.as_deref().unwrap_or_default();
            lockfile::replace(&path, text).map_err(|error| {
                paths.iter().for_each(|path| _ = std::fs::remove_file(path));
                Failure::file("write", &path, &error)
            })?;
        }
        scaffold::add_attributes(&project.path.join(".gitattributes")).map(|_| ())
    }
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

/// Seals lines of the lock when the checks find nothing, and returns the set.
fn seal(folder: &mut Folder, lock: &mut Lock, to_seal: &[String]) -> Checked {
    lock.heads = lock.computed_heads();
    folder.lock = Some(lock.render());
    let checked = check(folder);
    if !checked.problems.is_empty() {
        return checked;
    }
    for entry in lock.revisions.iter_mut().filter(|entry| to_seal.contains(&entry.id)) {
        if let Some(one) = checked.revision(&entry.id).filter(|one| one.state == State::Draft) {
            entry.seals = one.seals();
        }
    }
    folder.lock = Some(lock.render());
    check(folder)
}
