//! `show`: one revision.

use clap::Args;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::project::Project;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate show head
  cargo migrate show 3f2a
  cargo migrate show 3f2a9c1b7d04 --json";

/// Show one revision
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
    /// An id, four or more characters of one, a label, `head` or `heads`
    #[arg(value_name = "REVISION")]
    revision: String,
}

impl Show {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let chain = Chain::of(Project::find(session)?.read().1)?;
        let places = chain.find_all(std::slice::from_ref(&self.revision))?;
        if session.output.is_json() && self.revision != "heads" {
            places.iter().for_each(|place| session.output.json(&chain.json(*place)));
            return Ok(());
        }
        super::heads::print(&chain, &places, true, session);
        Ok(())
    }
}
