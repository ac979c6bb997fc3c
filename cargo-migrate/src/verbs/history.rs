//! `history`: the revisions, newest first.

use clap::Args;
use revchain_core::target::Range;
use serde_json::Value;

use crate::chain::Chain;
use crate::database::{DatabaseArguments, DatabaseUrl};
use crate::database_status::look;
use crate::failure::Failure;
use crate::project::Project;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate history
  cargo migrate history --verbose
  cargo migrate history -r 3f2a:head
  cargo migrate history -r billing@base:billing@head
  cargo migrate history -r-3:current    the last three that the database has, and one before
  cargo migrate history -r :9b1d --json";

/// List revisions, newest first
///
/// Each line says what the revision revises. No database is asked, unless the range names `current`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct History {
    /// Only from one revision to another, both included: `A:B`, `A:`, `:B`, `-3:current`
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Show all that is known of each
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    database: DatabaseArguments,
}

impl History {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let chain = Chain::of(project.read().1)?;
        let range: Range = self.rev_range.as_deref().unwrap_or(":").parse()?;
        let places = match &range {
            range if range.names_current() => {
                let url = DatabaseUrl::find(session, &project, &self.database)?;
                let status = look(session, &chain, &url)?;
                chain.walk(Some(&status.applied)).range(range)?
            }
            range => chain.walk(None).range(range)?,
        };
        let output = &mut session.output;
        if output.is_json() {
            let revisions = places.iter().map(|place| chain.json(*place)).collect();
            output.json(&Value::Array(revisions));
        } else {
            for place in places {
                let whole = if self.verbose {
                    chain.card(place, output)
                } else {
                    chain.step(place, output)
                };
                output.data(whole);
            }
        }
        chain.warn(output);
        Ok(())
    }
}
