//! `merge`: a revision that revises several heads.

use clap::Args;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::lockfile::LockEdit;
use crate::project::Project;
use crate::revision_file::{NewRevision, new_id, sound_name};
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate merge
  cargo migrate merge -m \"merge billing\" 3f2a 9b1d";

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
    /// Its id, instead of one made up
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
}

impl Merge {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let edit = LockEdit::begin(session, &project)?;
        let chain = Chain::of(edit.checked.clone())?;
        let heads = if self.revisions.is_empty() {
            chain.graph.heads()
        } else {
            chain.find_all(&self.revisions)?
        };
        if let Some(inner) = heads.iter().find(|place| !chain.graph.children(**place).is_empty()) {
            return Err(Failure::usage(format!("revision `{}` is not a head", chain.id(*inner)))
                .help("see the heads: cargo migrate heads"));
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
        let now = session.now();
        let revision = NewRevision {
            id: match &self.rev_id {
                Some(id) => sound_name(id, taken)?,
                None => new_id(now, taken),
            },
            message: self.message.unwrap_or_else(|| format!("merge {}", parents.join(" and "))),
            parents,
            depends_on: Vec::new(),
            labels: Vec::new(),
            created: now,
        };
        revision.write(session, &project, &chain, edit).map(|_| ())
    }
}
