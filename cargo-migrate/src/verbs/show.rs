//! `show`: all that is known of revisions.

use clap::Args;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::project::Project;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate show head
  cargo migrate show 3f2a 9b1d
  cargo migrate show 3f2a9c1b7d04 --json";

/// Show all that is known of revisions
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
    /// An id, four or more characters of one, a label, `head` or `heads`
    #[arg(value_name = "REVISION", required = true)]
    revisions: Vec<String>,
}

impl Show {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let chain = Chain::of(Project::find(session)?.read().1)?;
        let places = chain.find_all(&self.revisions)?;
        // One that was named alone is one value; several are a list, however many they turn out to be.
        let is_one = self.revisions.len() == 1 && self.revisions[0] != "heads";
        if session.output.is_json() && is_one {
            places.iter().for_each(|place| session.output.json(&chain.json(*place)));
            return Ok(());
        }
        super::heads::print(&chain, &places, true, session);
        Ok(())
    }
}
