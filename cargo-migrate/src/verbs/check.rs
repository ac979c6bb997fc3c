//! `check`: all problems, as the compiler prints them.

use clap::Args;
use revchain_core::Problem;
use revchain_core::check::{Checked, State};
use revchain_core::lock::{Entry, Lock};
use revchain_core::problem::{Fact, Place, Reseal};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::{Failure, problem};
use crate::lockfile;
use crate::output::counted;
use crate::project::Project;
use crate::published::Published;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate check
  cargo migrate check --against origin/main     in CI: no published seal changed or went
  cargo migrate check --locked                  also report drafts
  cargo migrate check --all --json

Exit code 3 when something was found.";

/// Report all problems, as the compiler does
///
/// Files and lock alone are looked at, never a database.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    /// Also report seals that this commit or branch has and that changed or went since
    #[arg(long, value_name = "REF")]
    against: Option<String>,
    /// Check every set at or below the current folder
    #[arg(long)]
    all: bool,
}

impl Check {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let mut json = Vec::new();
        let mut found = Vec::new();
        for project in Project::find_some(session, self.all)? {
            let (folder, checked) = project.explained(session);
            let mut problems = checked.problems.clone();
            if let Some(reference) = &self.against {
                problems.extend(resealed(&project, &checked, reference)?);
            }
            let may_be_locked = checked.revisions.iter().any(|one| one.state == State::Draft);
            if may_be_locked && lockfile::locked(session, &project).is_some() {
                problems.extend(drafts(&checked));
            }
            let revisions = folder.files.len();
            if session.output.is_json() {
                let problems: Vec<Value> = problems.iter().map(problem).collect();
                let name = project.name();
                json.push(json!({
                    "set": name, "folder": project.shown, "revisions": revisions, "problems": problems,
                }));
            } else if problems.is_empty() {
                let rest = format!("{}: {}", project.shown, counted(revisions, "revision"));
                session.output.done("sound:", rest);
            }
            found.append(&mut problems);
        }
        if session.output.is_json() {
            let value = if self.all { Value::Array(json) } else { json.remove(0) };
            session.output.json(&value);
            return if found.is_empty() { Ok(()) } else { Err(Failure::said(Exit::Problems)) };
        }
        if found.is_empty() { Ok(()) } else { Err(Failure::problems(found)) }
    }
}

/// Returns a problem for each draft: what ships is sealed.
pub(crate) fn drafts(checked: &Checked) -> Vec<Problem> {
    let drafts = checked.revisions.iter().filter(|one| one.state == State::Draft);
    let problem = |one: &revchain_core::check::CheckedRevision| Problem {
        place: Place::file(format!("{}/{}", checked.folder, one.revision.path)),
        fact: Fact::LockedDraft { id: one.revision.id.to_string() },
    };
    drafts.map(problem).collect()
}

/// Compares the lock with that of another commit.
fn resealed(
    project: &Project,
    checked: &Checked,
    reference: &str,
) -> Result<Vec<Problem>, Failure> {
    let then = match Published::at(&project.path, reference) {
        Some(Published::Lock { lock: Some(lock), .. }) => lock,
        Some(Published::Lock { lock: None, .. }) => return Ok(Vec::new()),
        Some(Published::Everything { reason }) => {
            return Err(Failure::new(format!("nothing can be compared, as {reason}")));
        }
        None => {
            return Err(Failure::new(format!("git knows no commit `{reference}`"))
                .help("fetch it: git fetch origin"));
        }
    };
    // A lock that cannot be read is a problem of its own, and reported as that.
    let Some(now) = &checked.lock else { return Ok(Vec::new()) };
    let text = std::fs::read_to_string(project.lock_path()).unwrap_or_default();
    let path = format!("{}/{}", project.shown, revchain_core::lock::FILE);
    let problem = |entry: &Entry| {
        let change = change(entry, now)?;
        let place = match now.entry(&entry.id) {
            Some(_) => Place::line(&path, &text, now.line_of(&entry.id)),
            None => Place::file(&path),
        };
        let (id, against) = (entry.id.clone(), reference.to_owned());
        Some(Problem { place, fact: Fact::ResealedRevision { id, against, change } })
    };
    Ok(then.revisions.iter().filter(|entry| !entry.is_draft()).filter_map(problem).collect())
}

/// Tells how a published seal changed; a corrected downgrade that remembers the former one has not.
fn change(then: &Entry, now: &Lock) -> Option<Reseal> {
    let Some(entry) = now.entry(&then.id) else { return Some(Reseal::Gone) };
    if entry.is_draft() {
        return Some(Reseal::Draft);
    }
    let sorted = |entry: &Entry| {
        let mut parents = entry.parents.clone();
        parents.sort_unstable();
        parents
    };
    if sorted(entry) != sorted(then) {
        return Some(Reseal::Parents);
    }
    then.seals.iter().find_map(|old| {
        let Some(new) = entry.seal(old.dialect) else { return Some(Reseal::Gone) };
        let downgrade = old.downgrade.checksum;
        let corrected = new.former_downgrades.contains(&downgrade);
        if new.upgrade.checksum != old.upgrade.checksum {
            Some(Reseal::Upgrade)
        } else if new.downgrade.checksum != downgrade && !corrected {
            Some(Reseal::Downgrade)
        } else {
            None
        }
    })
}
