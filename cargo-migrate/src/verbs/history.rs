//! `history`: the revisions, newest first.

use clap::Args;
use serde_json::Value;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::project::Project;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate history
  cargo migrate history --verbose
  cargo migrate history -r 3f2a:head
  cargo migrate history -r :9b1d --json";

/// List revisions, newest first
///
/// Each line says what the revision revises. No database is asked.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct History {
    /// Only from one revision to another, both included: `A:B`, `A:`, `:B`
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Show all that is known of each
    #[arg(short, long)]
    verbose: bool,
}

impl History {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let chain = Chain::of(Project::find(session)?.read().1)?;
        let members = match &self.rev_range {
            None => vec![true; chain.len() as usize],
            Some(range) => range_of(&chain, range)?,
        };
        let places = chain.newest_first(&members);
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

/// Finds what lies between two revisions: all that `to` needs and that needs `from`.
fn range_of(chain: &Chain, range: &str) -> Result<Vec<bool>, Failure> {
    let Some((from, to)) = range.split_once(':') else {
        return Err(Failure::usage(format!("`{range}` is not a range"))
            .help("write `A:B`, `A:` or `:B`, as in `history -r 3f2a:head`"));
    };
    let above = match from {
        "" | "base" => vec![true; chain.len() as usize],
        name => chain.graph.descendants(&chain.find_all(&[name.to_owned()])?),
    };
    let below = match to {
        "" | "heads" => vec![true; chain.len() as usize],
        name => chain.graph.ancestors(&[chain.find(name)?]),
    };
    Ok(above.into_iter().zip(below).map(|(above, below)| above && below).collect())
}
