//! `current`: what is applied.

use clap::Args;
use revchain::{Applied, Named, State, Status};
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::database::{Access, DatabaseArguments, DatabaseUrl};
use crate::failure::Failure;
use crate::output::{FAINT, counted};
use crate::project::Project;
use crate::run;
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
        warn(&status, session);
        Ok(())
    }
}

/// Reads where a database is.
pub(super) fn look(
    session: &Session<'_>,
    chain: &Chain,
    url: &DatabaseUrl,
) -> Result<Status, Failure> {
    let migrations = run::of_chain(chain)?;
    let mut connection = url.open(session, &chain.set, Access::Look)?;
    Ok(migrations.current().run(&mut connection)?)
}

/// Says what is unexpected in a database.
pub(super) fn warn(status: &Status, session: &mut Session<'_>) {
    let ids = |list: &[Named]| {
        list.iter().map(|named| named.revision.clone()).collect::<Vec<_>>().join(", ")
    };
    let output = &mut session.output;
    if !status.half_done.is_empty() {
        output.warn(
            format_args!("half done: {}", ids(&status.half_done)),
            &["finish it: cargo migrate upgrade"],
        );
    }
    if !status.edited.is_empty() {
        output.warn(
            format_args!("applied in another form: {}", ids(&status.edited)),
            &["bring this database along: cargo migrate amend"],
        );
    }
    if !status.unknown.is_empty() {
        let by = |unknown: &revchain::Unknown| {
            format!("{} (by {})", unknown.revision, unknown.application)
        };
        let list: Vec<String> = status.unknown.iter().map(by).collect();
        let count = counted(status.unknown.len(), "revision");
        output.warn(
            format_args!(
                "the database has {count} that this set does not know: {}",
                list.join(", ")
            ),
            &["take them back: cargo migrate downgrade head --stored"],
        );
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

/// Returns a database's status as `--json` shows it.
pub(super) fn json(url: &str, status: &Status) -> Value {
    let ids = |list: &[Named]| -> Vec<String> {
        list.iter().map(|named| named.revision.clone()).collect()
    };
    let rows: Vec<Value> = status
        .applied
        .iter()
        .map(|row| {
            json!({
                "revision": row.revision,
                "message": row.message,
                "applied_at": row.applied_at,
                "duration_ms": row.duration_ms,
                "application": row.application,
                "half_done": row.state != State::Applied,
            })
        })
        .collect();
    let unknown: Vec<Value> = status
        .unknown
        .iter()
        .map(|one| json!({"revision": one.revision, "message": one.message, "application": one.application}))
        .collect();
    json!({
        "url": url,
        "ledger": status.exists,
        "heads": status.heads,
        "applied": rows,
        "pending": ids(&status.pending),
        "half_done": ids(&status.half_done),
        "edited": ids(&status.edited),
        "unknown": unknown,
    })
}
