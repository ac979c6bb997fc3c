//! `merge`: a revision that revises several heads.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::git;
use crate::lockfile::{self, LockEdit};
use crate::project::Project;
use crate::published::Published;
use crate::revision_file::{NewRevision, new_id, sound_id, sound_label};
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate merge
  cargo migrate merge heads
  cargo migrate merge -m \"merge billing\" billing@head 9b1d --label shop

In the middle of git's merge or rebase it settles a conflict in the lock first. For a linear
history put your own revisions on the other head: cargo migrate rebase";

/// Join heads with a new revision
///
/// Its upgrade and downgrade are empty; statements may be added. Without revisions all heads are joined.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Merge {
    /// The heads to join: ids, four or more characters of them, labels, or `heads`
    #[arg(value_name = "REVISION")]
    revisions: Vec<String>,
    /// What it does, in a few words
    #[arg(short, long, value_name = "MESSAGE")]
    message: Option<String>,
    /// Let it join revisions that others revise already, which begins a branch there
    #[arg(long)]
    splice: bool,
    /// A name for the branch that begins here
    #[arg(long, visible_alias = "branch-label", value_name = "LABEL")]
    label: Vec<String>,
    /// Its id, instead of one made up
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
}

impl Merge {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        lockfile::refuse_locked(session, &project)?;
        let published = Published::of(session, &project)?;
        let (edit, beginning) = LockEdit::settled(session, &project, &published, false)?;
        let chain = Chain::of(edit.checked.clone())?;
        for note in &beginning.notes {
            session.output.warn(note, &[]);
        }
        let heads = if self.revisions.is_empty() {
            chain.graph.heads()
        } else {
            chain.find_all(&self.revisions)?
        };
        chain.walk(&[]).refuse_one_line(&heads)?;
        let inner = heads.iter().find(|place| !chain.graph.children(**place).is_empty());
        if let (Some(inner), false) = (inner, self.splice) {
            return Err(Failure::usage(format!("revision `{}` is not a head", chain.id(*inner)))
                .help("see the heads: cargo migrate heads")
                .help("to join it all the same, which begins a branch there, add --splice"));
        }
        let goes_on = beginning.settled || git::Operation::of(session, &project).is_some();
        if heads.len() < 2 && goes_on && self.revisions.is_empty() {
            edit.finish()?;
            if session.output.is_json() {
                session.output.json(&json!({"revision": null, "settled": beginning.settled}));
            }
            if beginning.settled {
                session.output.done("settled:", "the lock");
            }
            session.output.say("nothing to join: there is one head");
            git::say_next(session, &project);
            return Ok(());
        }
        if heads.len() < 2 {
            return Err(Failure::usage(match heads[..] {
                [head] => format!("there is nothing to join with `{}`", chain.id(head)),
                _ => "the set has no revision".to_owned(),
            })
            .help("see the heads: cargo migrate heads"));
        }
        let parents = chain.ids(&heads);
        let taken = |name: &str| chain.knows(name);
        for label in &self.label {
            sound_label(label, taken)?;
        }
        let now = crate::clock::now(session);
        let revision = NewRevision {
            id: match &self.rev_id {
                Some(id) => sound_id(id, taken)?,
                None => new_id(now, taken),
            },
            message: self.message.unwrap_or_else(|| format!("merge {}", parents.join(" and "))),
            parents,
            depends_on: Vec::new(),
            replaces: None,
            origin: None,
            sections: None,
            rust: false,
            labels: self.label,
            created: now,
            folder: PathBuf::new(),
        };
        revision.write(session, &project, &chain, edit)?;
        if beginning.settled {
            session.output.done("settled:", "the lock, with the new revision in it");
        }
        if goes_on {
            git::say_next(session, &project);
        }
        Ok(())
    }
}
