//! `history`: the revisions, newest first.

use clap::Args;
use revchain_core::graph::Members;
use serde_json::Value;

use crate::chain::Chain;
use crate::database::{DatabaseArguments, DatabaseUrl};
use crate::database_status::{self, Standing, look};
use crate::drawing;
use crate::failure::Failure;
use crate::layout::Layout;
use crate::output::Output;
use crate::project::Project;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate history
  cargo migrate history --verbose
  cargo migrate history --graph                drawn as `git log --graph` draws commits
  cargo migrate history --graph -i             with the database's place and what is pending
  cargo migrate history -r 3f2a:head
  cargo migrate history -r :9b1d --json";

/// List revisions, newest first
///
/// Each line says what the revision revises. A database is asked only for `--indicate-current`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct History {
    /// Only from one revision to another, both included: `A:B`, `A:`, `:B`
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Show all that is known of each
    #[arg(short, long)]
    verbose: bool,
    /// Draw branches and merges beside the revisions, each branch without a break
    #[arg(long)]
    graph: bool,
    /// Ask the database, and mark where it stands and what it lacks
    #[arg(short, long)]
    indicate_current: bool,
    #[command(flatten)]
    database: DatabaseArguments,
}

impl History {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let mut chain = Chain::of(project.read().1)?;
        if self.indicate_current {
            let url = DatabaseUrl::find(session, &project, &self.database)?;
            let status = look(session, &chain, &url)?;
            chain.standing = Some(Standing::of(&status, &chain.set));
            database_status::warn(&status, &mut session.output);
        }
        let members = match &self.rev_range {
            None => vec![true; chain.len() as usize],
            Some(range) => range_of(&chain, range)?,
        };
        let places = chain.newest_first(&members);
        let output = &mut session.output;
        if output.is_json() {
            let revisions = places.iter().map(|place| chain.json(*place)).collect();
            output.json(&Value::Array(revisions));
        } else if self.graph {
            draw(&chain, &members, self.verbose, output);
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

/// Prints revisions beside the lines between them; a line that leads to another ends in `~`.
fn draw(chain: &Chain, members: &Members, verbose: bool, output: &mut Output<'_>) {
    let text = |place| {
        if verbose { chain.card(place, output) + "\n" } else { chain.drawn(place, output) }
    };
    let mut drawn = String::new();
    drawing::draw(&Layout::of(&chain.graph, members), output.is_coloured(), text, |line| {
        drawn.push_str(line);
        drawn.push('\n');
    });
    output.text(&drawn);
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
