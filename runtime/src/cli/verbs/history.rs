//! `history`: the revisions, newest first.

use clap::Args;
use revchain_core::graph::Members;
use revchain_core::target::Range;
use serde_json::Value;

use crate::Applied;
use crate::cli::chain::Chain;
use crate::cli::database_status::{self, Standing};
use crate::cli::drawing;
use crate::cli::failure::Failure;
use crate::cli::layout::Layout;
use crate::cli::output::Output;
use crate::cli::scene::{Scene, look_at};
use crate::cli::schemas::{Heading, SchemaArguments};
use crate::cli::session::Session;
use crate::cli::url::{DatabaseArguments, DatabaseUrl};

const EXAMPLES: &str = "Examples:
  cargo migrate history
  cargo migrate history --verbose
  cargo migrate history --graph                drawn as `git log --graph` draws commits
  cargo migrate history --graph -i             with the database's place and what is pending
  cargo migrate history -r 3f2a:head
  cargo migrate history -r billing@base:billing@head
  cargo migrate history -r-3:current           the last three that the database has, and one before
  cargo migrate history --schema 'tenant_*'    with each schema's place
  cargo migrate history --replaced             with what a squash or `new --replaces` replaced
  cargo migrate history -r :9b1d --json";

/// List revisions, newest first
///
/// Each line says what the revision revises. A database is asked only for `--indicate-current`, and where the range names
/// `current`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct History {
    /// Only from one revision to another, both included: `A:B`, `A:`, `:B`, `-3:current`
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Show all that is known of each
    #[arg(short, long)]
    verbose: bool,
    /// Draw branches and merges beside the revisions, each branch without a break
    #[arg(long)]
    graph: bool,
    /// List what is replaced too, each below the revision that replaces it
    #[arg(long, conflicts_with = "graph")]
    replaced: bool,
    /// Ask the database, and mark where it stands and what it lacks
    #[arg(short, long)]
    indicate_current: bool,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    schemas: SchemaArguments,
}

impl History {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let mut chain = scene.chain(session)?;
        let range: Range = self.rev_range.as_deref().unwrap_or(":").parse()?;
        // Schemas are named for what they have.
        let marks = self.indicate_current || self.schemas.are_named();
        if !marks && !range.names_current() {
            return self.print(session, &chain, &range, &[]);
        }
        let url = scene.url(session, &self.database)?;
        let migrations = scene.to_look(&chain)?;
        let look = |session: &mut Session<'_>, url: &DatabaseUrl| {
            let status = look_at(url, session, &migrations)?;
            if marks {
                chain.standing = Some(Standing::of(&status, &chain.set));
                database_status::warn(&status, &mut session.output);
            }
            self.print(session, &chain, &range, &status.applied)
        };
        self.schemas.each(session, &url, migrations.set(), Heading::Data, look)
    }

    fn print(
        &self,
        session: &mut Session<'_>,
        chain: &Chain,
        range: &Range,
        applied: &[Applied],
    ) -> Result<(), Failure> {
        let mut places = chain.walk(applied).range(range)?;
        if self.replaced {
            let with = |place: u32| [place].into_iter().chain(chain.replaced(place));
            places = places.into_iter().flat_map(with).collect();
        }
        let output = &mut session.output;
        if output.is_json() {
            let revisions = places.iter().map(|place| chain.json(*place)).collect();
            output.json(&Value::Array(revisions));
        } else if self.graph {
            let mut members = vec![false; chain.len() as usize];
            places.iter().for_each(|place| members[*place as usize] = true);
            draw(chain, &members, self.verbose, output);
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
