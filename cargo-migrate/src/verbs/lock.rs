//! `lock`: writes the lock again.

use clap::Args;
use revchain_core::Problem;
use revchain_core::lock::Lock as LockText;
use revchain_core::problem::Fact;
use serde_json::json;

use crate::failure::Failure;
use crate::git;
use crate::lockfile::{self, Held};
use crate::output::counted;
use crate::project::Project;
use crate::published::Published;
use crate::session::Session;
use crate::settle::{Settled, forget, settle};

const EXAMPLES: &str = "Examples:
  cargo migrate lock                  after a merge conflict, then: git add migrations
  cargo migrate lock --forget 3f2a    a revision whose file was removed before it was published";

/// Write the lock again; settle a merge conflict in it
///
/// Both sides of a conflict, from git's index or from the markers, are joined: what one side has is kept, and sealed wins
/// over draft when the checksums agree with the file. The order of the lines is that of the chain. With two heads `merge`
/// or `rebase` do all of this, and join or move the heads.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Lock {
    /// Remove the lines of a revision that has no file
    #[arg(long, value_name = "REVISION")]
    forget: Vec<String>,
    /// Forget also what is published
    #[arg(long, requires = "forget")]
    force: bool,
}

impl Lock {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        lockfile::refuse_locked(session, &project)?;
        let _held = Held::new(session, &project)?;
        let (folder, before) = project.read();
        lockfile::refuse_unreadable(&before)?;
        let published = Published::of(session, &project)?;
        let conflict = git::sides(session, &project, folder.lock.as_deref());
        let in_conflict = conflict.is_some();
        let sides = conflict.unwrap_or_else(|| folder.lock.clone().into_iter().collect());
        let Settled { mut lock, checked, notes, .. } = settle(&folder, &sides, &published, false)?;
        forget(&mut lock, &self.forget, self.force, &checked, &published)?;
        lockfile::tidy(&mut lock, &checked);
        let written = lockfile::write_lock(&project, &lock, folder.lock.as_deref())?;
        for note in &notes {
            session.output.warn(note, &[]);
        }
        report(session, &project, &lock, written);
        if in_conflict {
            git::say_next(session, &project);
        }
        Ok(())
    }
}

/// Says what the lock lists now, and what is left to do.
fn report(session: &mut Session<'_>, project: &Project, lock: &LockText, written: bool) {
    let (_, after) = project.read();
    let path = format!("{}/{}", project.shown, revchain_core::lock::FILE);
    let drafts = lock.revisions.iter().filter(|entry| entry.is_draft()).count();
    if session.output.is_json() {
        let problems: Vec<_> = after.problems.iter().map(crate::failure::problem).collect();
        session.output.json(&json!({
            "written": written, "path": path, "revisions": lock.revisions.len(), "drafts": drafts,
            "heads": lock.heads, "problems": problems,
        }));
    }
    let rest = format!(
        "{path}: {}, {}",
        counted(lock.revisions.len(), "revision"),
        counted(drafts, "draft")
    );
    session.output.done(if written { "written:" } else { "as it was:" }, rest);
    let is_heads = |problem: &&Problem| matches!(problem.fact, Fact::MultipleHeads { .. });
    if after.problems.iter().any(|problem| is_heads(&problem)) {
        let heads = lock.heads.join("`, `");
        session.output.warn(
            format_args!("the set has {}: `{heads}`", counted(lock.heads.len(), "head")),
            &["join them: cargo migrate merge", "or put yours on the other: cargo migrate rebase"],
        );
    }
    let others = after.problems.iter().filter(|problem| !is_heads(problem)).count();
    if others > 0 {
        session.output.warn(
            format_args!("{} left", counted(others, "problem")),
            &["see them: cargo migrate check"],
        );
    }
}
