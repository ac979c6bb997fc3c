//! `branches`: where the chain parts.

use clap::Args;
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::failure::Failure;
use crate::project::Project;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate branches
  cargo migrate branches --verbose";

/// List the branch points
///
/// A branch point is a revision that several others revise. No database is asked.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Branches {
    /// Show all that is known of each
    #[arg(short, long)]
    verbose: bool,
}

impl Branches {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let chain = Chain::of(Project::find(session)?.read().1)?;
        let points = chain.graph.branch_points();
        let output = &mut session.output;
        if output.is_json() {
            let json = |point: &u32| {
                let children = chain.graph.children(*point).iter().map(|child| chain.json(*child));
                json!({"revision": chain.json(*point), "branches": children.collect::<Vec<_>>()})
            };
            output.json(&Value::Array(points.iter().map(json).collect()));
            return Ok(());
        }
        for point in points {
            let whole =
                if self.verbose { chain.card(point, output) } else { chain.line(point, output) };
            output.data(whole);
            for child in chain.graph.children(point) {
                output.data(format_args!("    -> {}", chain.line(*child, output)));
            }
        }
        chain.warn(&mut session.output);
        Ok(())
    }
}
