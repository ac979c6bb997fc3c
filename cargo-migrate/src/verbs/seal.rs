//! `seal`: writes checksums into the lock.

use clap::Args;
use serde_json::json;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::lockfile::LockEdit;
use crate::project::Project;
use crate::sealing;
use crate::session::Session;
use crate::words;

const EXAMPLES: &str = "Examples:
  cargo migrate seal                            all drafts
  cargo migrate seal 3f2a
  cargo migrate seal --downgrade 3f2a           a corrected downgrade, published or not
  cargo migrate seal --dialect postgres         checksums of a dialect that is new to the set

`upgrade` seals each revision once the database has it. An edited upgrade is sealed again by
`amend`.";

/// Seal drafts, or a corrected downgrade
///
/// What is sealed cannot be edited unseen: the compiler compares file and checksum.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Seal {
    /// The drafts: ids, four or more characters of them, labels, or `head`; else all
    #[arg(value_name = "REVISION")]
    revisions: Vec<String>,
    /// Seal the downgrade of this revision as it is now; the lock remembers the former checksum
    #[arg(long, value_name = "REVISION", conflicts_with_all = ["revisions", "dialect", "all"])]
    downgrade: Option<String>,
    /// Add the checksums of this dialect, and change no other
    #[arg(long, value_name = "DIALECT", conflicts_with = "all")]
    dialect: Option<String>,
    /// In every set at or below the current folder
    #[arg(long, conflicts_with = "revisions")]
    all: bool,
}

impl Seal {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let dialect = match &self.dialect {
            Some(name) => words::dialects(std::slice::from_ref(name))?.iter().next(),
            None => None,
        };
        let mut sealed = Vec::new();
        for project in Project::find_some(session, self.all)? {
            let mut edit = LockEdit::begin(session, &project)?;
            let chain = Chain::of(edit.checked.clone())?;
            let mut done = match (&self.downgrade, dialect) {
                (Some(name), _) => sealing::downgrade(&chain, name, &mut edit)?,
                (None, Some(dialect)) => {
                    sealing::dialect(&chain, &self.revisions, dialect, &mut edit)?
                }
                (None, None) => sealing::drafts(&chain, &self.revisions, &mut edit)?,
            };
            edit.finish()?;
            sealed.append(&mut done);
        }
        if session.output.is_json() {
            session.output.json(&json!({ "sealed": sealed }));
        } else if sealed.is_empty() {
            session.output.say("nothing to seal");
        } else {
            sealed.iter().for_each(|id| session.output.done("sealed:", id));
        }
        Ok(())
    }
}
