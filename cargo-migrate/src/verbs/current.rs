//! `current`: what is applied.

use clap::Args;
use revchain::{Applied, State};

use crate::chain::Chain;
use crate::database::{DatabaseArguments, DatabaseUrl};
use crate::database_status::{json, look, warn};
use crate::failure::Failure;
use crate::output::FAINT;
use crate::project::Project;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate current
  cargo migrate current --verbose       every applied revision, with time and application
  cargo migrate current --json";

/// Show what is applied
///
/// Prints the applied revisions that no other applied one revises. Nothing is written, and no database file is made.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Current {
    /// Show every applied revision, newest first
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    database: DatabaseArguments,
}

impl Current {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let chain = Chain::of(project.read().1)?;
        let url = DatabaseUrl::find(session, &project, &self.database)?;
        let status = look(session, &chain, &url)?;
        if session.output.is_json() {
            session.output.json(&json(&url.to_string(), &status));
            return Ok(());
        }
        if url.is_absent(session) {
            session.output.say(format_args!("the database {url} is not there yet"));
        }
        if self.verbose {
            status.applied.iter().rev().for_each(|row| card(row, &chain, session));
        } else {
            for head in &status.heads {
                let line = match chain.set.position(head) {
                    Some(place) => chain.line(place as u32, &session.output),
                    None => format!("{head} (unknown)"),
                };
                session.output.data(line);
            }
        }
        warn(&status, &mut session.output);
        Ok(())
    }
}

fn card(row: &Applied, chain: &Chain, session: &mut Session<'_>) {
    let place = chain.set.position(&row.revision);
    let text = match place {
        Some(place) => chain.card(place as u32, &session.output),
        None => format!("Rev: {} (unknown)\n\n    {}\n", row.revision, row.message),
    };
    let duration = row.duration_ms.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
    let applied = format!("Applied: {}{duration} by {}", row.applied_at, row.application);
    let state = if row.state == State::Applied { "" } else { " (half done)" };
    let applied = session.output.paint(FAINT, applied);
    session.output.data(format_args!("{applied}{state}\n{text}"));
}
