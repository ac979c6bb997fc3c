//! `current`: what is applied.

use crate::{Applied, Migrations, State, Status};
use clap::Args;

use crate::cli::chain::Chain;
use crate::cli::database_status::{json, warn};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{FAINT, counted};
use crate::cli::scene::{Scene, look_at};
use crate::cli::schemas::{Heading, SchemaArguments};
use crate::cli::session::Session;
use crate::cli::url::{DatabaseArguments, DatabaseUrl};

const EXAMPLES: &str = "Examples:
  cargo migrate current
  cargo migrate current --verbose       every applied revision, with time and application
  cargo migrate current --check-heads   exit code 4 when a revision of the set is not applied
  cargo migrate current --schema 'tenant_*'
  cargo migrate current --json";

/// Show what is applied
///
/// Prints the applied revisions that no other applied one revises. Nothing is written, and no database file is made.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Current {
    /// Show every applied revision, newest first
    #[arg(short, long)]
    verbose: bool,
    /// End with exit code 4 when the database is not at all heads of the set
    #[arg(short, long)]
    check_heads: bool,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    schemas: SchemaArguments,
}

impl Current {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let chain = scene.chain(session)?;
        let url = scene.url(session, &self.database)?;
        let migrations = scene.to_look(&chain)?;
        self.schemas.each(session, &url, migrations.set(), Heading::Data, |session, url| {
            self.run_on(session, &chain, &migrations, url)
        })
    }

    fn run_on(
        &self,
        session: &mut Session<'_>,
        chain: &Chain,
        migrations: &Migrations,
        url: &DatabaseUrl,
    ) -> Result<(), Failure> {
        let status = look_at(url, session, migrations)?;
        if session.output.is_json() {
            let mut value = json(&url.to_string(), &status);
            if self.check_heads {
                value["at_heads"] = is_at_heads(&status, chain).into();
            }
            session.output.json(&value);
            let is_wrong = self.check_heads && !is_at_heads(&status, chain);
            return if is_wrong { Err(Failure::said(Exit::Unexpected)) } else { Ok(()) };
        }
        if url.is_absent(session) {
            session.output.say(format_args!("the database {url} is not there yet"));
        }
        if self.verbose {
            status.applied.iter().rev().for_each(|row| card(row, chain, session));
        } else {
            for head in &status.heads {
                let line = match chain.set.place(head) {
                    Some(place) => chain.line(place, &session.output),
                    None => format!("{head} ({})", stranger(head, chain)),
                };
                session.output.data(line);
            }
        }
        warn(&status, &mut session.output);
        if self.check_heads && !is_at_heads(&status, chain) {
            return Err(not_at_heads(&status, chain));
        }
        Ok(())
    }
}

/// Tells whether all heads of the set are applied, with all that stands before them, and no other.
fn is_at_heads(status: &Status, chain: &Chain) -> bool {
    let mut current: Vec<&str> = status.heads.iter().map(String::as_str).collect();
    let mut heads: Vec<&str> = chain.graph.heads().into_iter().map(|head| chain.id(head)).collect();
    current.sort_unstable();
    heads.sort_unstable();
    current == heads && status.pending.is_empty() && status.half_done.is_empty()
}

fn not_at_heads(status: &Status, chain: &Chain) -> Failure {
    let at = if status.heads.is_empty() { "base".to_owned() } else { status.heads.join(", ") };
    let heads = chain.ids(&chain.graph.heads()).join(", ");
    let failure = Failure::with_exit(Exit::Unexpected, "the database is not at all heads")
        .note(format!("it is at {at}, and the set's heads are {heads}"));
    let lacking = status.pending.len() + status.half_done.len();
    if lacking == 0 {
        return failure;
    }
    failure
        .note(format!("{} of the set not applied", counted(lacking, "revision")))
        .help("apply what is pending: cargo migrate upgrade heads")
}

/// Says what a row is of which the set has no file.
fn stranger(id: &str, chain: &Chain) -> String {
    match chain.set.standing(id) {
        Some(place) => format!("replaced by {}", chain.id(place)),
        None => "unknown".to_owned(),
    }
}

fn card(row: &Applied, chain: &Chain, session: &mut Session<'_>) {
    let place = chain.set.place(&row.revision);
    let text = match place {
        Some(place) => chain.card(place, &session.output),
        None => {
            let mark = stranger(&row.revision, chain);
            format!("Rev: {} ({mark})\n\n    {}\n", row.revision, row.message)
        }
    };
    let duration = row.duration_ms.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
    let applied = format!("Applied: {}{duration} by {}", row.applied_at, row.application);
    let state = if row.state == State::Applied { "" } else { " (half done)" };
    let applied = session.output.paint(FAINT, applied);
    session.output.data(format_args!("{applied}{state}\n{text}"));
}
