//! `heads`: the revisions that no other revises.

use clap::Args;
use serde_json::Value;

use crate::cli::chain::Chain;
use crate::cli::failure::Failure;
use crate::cli::scene::Scene;
use crate::cli::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate heads
  cargo migrate heads --verbose
  cargo migrate heads --resolve-dependencies   without those that others depend on
  cargo migrate heads --json";

/// List the heads
///
/// A head is a revision that no other revises: where `upgrade head` ends and `new` goes on. No database is asked.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Heads {
    /// Show all that is known of each
    #[arg(short, long)]
    verbose: bool,
    /// Leave out those on which other revisions depend: applying the rest applies them too
    #[arg(long)]
    resolve_dependencies: bool,
}

impl Heads {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let chain = scene.chain(session)?;
        let mut heads = chain.graph.heads();
        if self.resolve_dependencies {
            heads.retain(|head| chain.graph.dependents(*head).is_empty());
        }
        print(&chain, &heads, self.verbose, session);
        chain.warn(&mut session.output);
        Ok(())
    }
}

/// Prints revisions: one line each, or with `verbose` a card each.
pub(super) fn print(chain: &Chain, places: &[u32], verbose: bool, session: &mut Session<'_>) {
    let output = &mut session.output;
    if output.is_json() {
        let revisions: Vec<Value> = places.iter().map(|place| chain.json(*place)).collect();
        return output.json(&Value::Array(revisions));
    }
    for place in places {
        let text = if verbose { chain.card(*place, output) } else { chain.line(*place, output) };
        output.data(text);
    }
}
