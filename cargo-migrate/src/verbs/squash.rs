//! `squash`: one revision in the place of a range; and what is replaced is dropped when nobody needs it any more.

use std::path::{Path, PathBuf};

use clap::Args;
use revchain_core::check::State;
use revchain_core::folder::SourceFile;
use revchain_core::lock::Entry;
use revchain_core::{Dialect, Problem, check};
use serde_json::json;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::lockfile::LockEdit;
use crate::output::counted;
use crate::project::Project;
use crate::proof;
use crate::published::Published;
use crate::revision_file::{NewRevision, new_id, sound_id};
use crate::session::Session;
use crate::squash::Squash as Range;

const EXAMPLES: &str = "Examples:
  cargo migrate squash 3f2a:9b1d
  cargo migrate squash :9b1d -m \"the schema of 2025\"
  cargo migrate squash --prune              drop the files that are replaced
  cargo migrate squash --prune c41e         those that c41e replaces

A new database runs the one revision alone. One that has all of the range records it without
running it; one in the middle is told which command takes it to the end first, for which the
files stay. Dropped, that takes a version of the application that has them; what such
databases applied stays known, and can be taken back with --stored.";

/// Put one revision in the place of a range of revisions
///
/// Its sections are those of the range, in order, and in reverse for the way back. On SQLite it is proved before it is
/// written: a database that ran the range and one that ran it are alike.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Squash {
    /// The first and the last revision, `A:B`; `A:` for up to the head, `:B` for from the base on. With --prune the revision
    /// that replaces others, else all such
    #[arg(value_name = "RANGE", required_unless_present = "prune")]
    range: Option<String>,
    /// What it does, in a few words
    #[arg(short, long, value_name = "MESSAGE", conflicts_with = "prune")]
    message: Option<String>,
    /// Its id, instead of one made up
    #[arg(long, value_name = "ID", conflicts_with = "prune")]
    rev_id: Option<String>,
    /// Write it without the proof
    #[arg(long, conflicts_with = "prune")]
    unproved: bool,
    /// Drop the files and the lock's lines of what is replaced
    #[arg(long)]
    prune: bool,
    /// For --prune: also where the replacer is not published
    #[arg(long, requires = "prune")]
    force: bool,
}

impl Squash {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let edit = LockEdit::begin(session, &project)?;
        let chain = Chain::of(edit.checked.clone())?;
        if self.prune {
            return self.prune(session, &project, &chain, edit);
        }
        let range = Range::find(&chain, self.range.as_deref().unwrap_or_default())?;
        let [first, last] = [range.members.first(), range.members.last()]
            .map(|place| place.map_or("", |place| chain.id(*place)));
        let taken = |name: &str| chain.knows(name);
        let now = crate::clock::now(session);
        let revision = NewRevision {
            id: match &self.rev_id {
                Some(id) => sound_id(id, taken)?,
                None => new_id(now, taken),
            },
            message: self.message.clone().unwrap_or_else(|| format!("squash {first} to {last}")),
            parents: range.parents(),
            depends_on: range.depends_on(),
            labels: range.labels(),
            replaces: Some(format!("{first}..{last}")),
            origin: None,
            sections: Some(range.sections()?),
            rust: false,
            created: now,
            folder: folder_of(&chain, range.members.last().copied()),
        };
        let count = range.members.len();
        let proved = !self.unproved && prove(&revision, &project, &edit)?;
        let id = revision.id.clone();
        revision.write(session, &project, &chain, edit)?;
        session.output.done("squashed:", format_args!("{} into {id}", counted(count, "revision")));
        if proved {
            session.output.done("proved:", "on SQLite both leave the same schema and rows");
        } else {
            let reason =
                if self.unproved { "as you said" } else { "the set does not serve SQLite" };
            session.output.warn(
                format_args!("whether {id} leaves what the range leaves was not proved: {reason}"),
                &["run both on databases of your own, and compare"],
            );
        }
        session.output.say(format_args!("when you have read it: cargo migrate seal {id}"));
        Ok(())
    }

    fn prune(
        &self,
        session: &mut Session<'_>,
        project: &Project,
        chain: &Chain,
        mut edit: LockEdit<'_>,
    ) -> Result<(), Failure> {
        let replacers: Vec<u32> = match &self.range {
            Some(name) => vec![chain.find(name)?],
            None => chain.places(),
        };
        let has_files = |place: &u32| !chain.replaced(*place).is_empty();
        let replacers: Vec<u32> = replacers.into_iter().filter(has_files).collect();
        if replacers.is_empty() {
            if session.output.is_json() {
                session.output.json(&json!({ "dropped": [] }));
            }
            session.output.say("nothing to drop: no file is replaced");
            return Ok(());
        }
        self.refuse_needed(session, project, chain, &replacers)?;
        let dropped: Vec<u32> = replacers.iter().flat_map(|place| chain.replaced(*place)).collect();
        let (ids, paths): (Vec<String>, Vec<PathBuf>) = dropped
            .iter()
            .map(|place| {
                let path = project.path.join(&*chain.revision(*place).path);
                (chain.id(*place).to_owned(), path)
            })
            .unzip();
        edit.lock.revisions.retain(|entry| !ids.contains(&entry.id));
        refuse_broken(chain, &edit, &dropped)?;
        edit.finish()?;
        for path in &paths {
            std::fs::remove_file(path).map_err(|error| Failure::file("remove", path, &error))?;
        }
        if session.output.is_json() {
            session.output.json(&json!({ "dropped": ids }));
        }
        session.output.done("dropped:", ids.join(" "));
        let by = chain.ids(&replacers).join(", ");
        session.output.say(format_args!(
            "a database that has a part of them needs a version of the application from before this, then {by}"
        ));
        Ok(())
    }

    /// Refuses to drop what somebody may still need: where the replacer is not sealed or not published.
    fn refuse_needed(
        &self,
        session: &Session<'_>,
        project: &Project,
        chain: &Chain,
        replacers: &[u32],
    ) -> Result<(), Failure> {
        let unsealed = |place: &&u32| chain.checked(**place).state != State::Sealed;
        if let Some(place) = replacers.iter().find(unsealed) {
            let id = chain.id(*place);
            return Err(Failure::new(format!("revision `{id}` is not sealed"))
                .help(format!("seal it first: cargo migrate seal {id}")));
        }
        if self.force {
            return Ok(());
        }
        let published = Published::of(session, project)?;
        let Some(place) = replacers.iter().find(|place| !published.has(chain.id(**place))) else {
            return Ok(());
        };
        let id = chain.id(*place);
        Err(Failure::new(format!("revision `{id}` is not published"))
            .note("whoever has no version with it cannot go on once the files are dropped")
            .help("publish it first: git push")
            .help(format!("or drop them all the same: cargo migrate squash --prune {id} --force")))
    }
}

/// Tells whether the revision was proved on SQLite, which the set may not serve.
fn prove(revision: &NewRevision, project: &Project, edit: &LockEdit<'_>) -> Result<bool, Failure> {
    if !edit.lock.settings.dialects.contains(Dialect::Sqlite) {
        return Ok(false);
    }
    let mut folder = edit.folder.clone();
    let (path, text) =
        (revision.file_name(), revision.text(&project.path, edit.lock.settings.dialects)?);
    folder.files.push(SourceFile { path, text });
    let mut lock = edit.lock.clone();
    let entry = Entry::draft(revision.id.clone(), revision.parents.clone());
    lock.revisions.push(entry);
    lock.heads = lock.computed_heads();
    folder.lock = Some(lock.render());
    let checked = check(&folder);
    let Some(set) = checked.set_despite(&["multiple-heads", "multiple-bases"]) else {
        return Err(Failure::problems(checked.problems));
    };
    let Some(place) = set.place(&revision.id) else { return Ok(false) };
    proof::prove(&set, place)?;
    Ok(true)
}

/// Refuses to drop files when what is left would have problems: a dependency by a label counts as the id that it named.
fn refuse_broken(chain: &Chain, edit: &LockEdit<'_>, dropped: &[u32]) -> Result<(), Failure> {
    let is_dropped = |id: &str| dropped.iter().any(|place| chain.id(*place) == id);
    for place in chain.places() {
        let [_, needs] = chain.set.needs(chain.revision(place));
        let written = &chain.checked(place).dependencies;
        let mut pairs = written.iter().zip(&needs);
        if let Some((label, id)) = pairs.find(|(label, id)| label != id && is_dropped(id)) {
            return Err(Failure::new(format!(
                "revision `{}` depends on `{id}` by its label `{label}`",
                chain.id(place)
            ))
            .note("once the file is dropped the label names another revision, and checksums count ids")
            .help(format!("write the id into {}: `-- depends-on: {id}`; its checksum stays", chain.path(place))));
        }
    }
    let mut folder = edit.folder.clone();
    let paths: Vec<&str> = dropped.iter().map(|place| &*chain.revision(*place).path).collect();
    folder.files.retain(|file| !paths.contains(&&*file.path));
    let mut lock = edit.lock.clone();
    crate::lockfile::tidy(&mut lock, &edit.checked);
    folder.lock = Some(lock.render());
    let before = &chain.checked.problems;
    let new = |problem: &Problem| !before.contains(problem);
    let problems: Vec<Problem> = check(&folder).problems.into_iter().filter(new).collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::problems(problems)) }
}

fn folder_of(chain: &Chain, place: Option<u32>) -> PathBuf {
    let path = place.map(|place| chain.revision(place).path.clone()).unwrap_or_default();
    Path::new(&*path).parent().map(Path::to_owned).unwrap_or_default()
}
