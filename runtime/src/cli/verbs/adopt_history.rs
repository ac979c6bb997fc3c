//! `adopt-history`: records what another tool has applied, and runs nothing.

use clap::Args;
use revchain_core::Set;
use serde_json::{Value, json};

use crate::cli::database::Access;
use crate::cli::failure::Failure;
use crate::cli::output::counted;
use crate::cli::run::{self, RunArguments};
use crate::cli::scene::Scene;
use crate::cli::schemas::{Heading, SchemaArguments};
use crate::cli::session::Session;
use crate::cli::url::{DatabaseArguments, DatabaseUrl};
use crate::{History, Migrations, Plan, Step};

const EXAMPLES: &str = "Examples:
  cargo migrate adopt-history --dry-run     show what would be recorded
  cargo migrate adopt-history
  cargo migrate adopt-history --from golang-migrate
  cargo migrate adopt-history --from user-version    the first of the chain, as many as it counts

The tools: sqlx, diesel, refinery, dbmate, golang-migrate, rails, goose, flyway, alembic and
user-version (`PRAGMA user_version` of SQLite).

Checked is what the tool has written down: migrations that failed, are dirty, unknown or edited,
or are missing, stop it.";

/// Record what another tool has applied, as the table says that it left
///
/// For a database that the tool's own command has brought where it is; the revisions are those that `import` made. The
/// table is looked for in the ledger's schema and stays as it is; a ledger that has rows already is left alone.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct AdoptHistory {
    /// The tool; else the one that the revisions were imported from
    #[arg(long, value_name = "TOOL", value_parser = history)]
    from: Option<History>,
    /// Show what would be recorded, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    schemas: SchemaArguments,
    #[command(flatten)]
    run: RunArguments,
}

impl AdoptHistory {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let migrations = scene.migrations(session)?;
        let set = migrations.set();
        let history = match self.from {
            Some(history) => history,
            None => imported_from(set)?,
        };
        let url = scene.url(session, &self.database)?;
        self.schemas.check(&url, set)?;
        let heading = if self.dry_run { Heading::Data } else { Heading::Talk };
        self.schemas.each(session, &url, set, heading, |session, url| {
            if self.dry_run {
                return dry_run(session, url, &migrations, history);
            }
            let mut database = url.open(session, set, Access::WriteExisting)?;
            let run = self.run.apply(migrations.adopt(history));
            let report = run::run(session, run, &mut database)?;
            if session.output.is_json() || report.is_empty() {
                run::report(&mut session.output, &report, &[]);
            } else {
                let adopted = counted(report.steps.len(), "revision");
                session.output.say(format_args!("{adopted} adopted from {}", history.tool()));
            }
            Ok(())
        })
    }
}

fn dry_run(
    session: &mut Session<'_>,
    url: &DatabaseUrl,
    migrations: &Migrations,
    history: History,
) -> Result<(), Failure> {
    let set = migrations.set();
    let plan = url.open(session, set, Access::Look)?.plan(migrations.adopt(history))?;
    if session.output.is_json() {
        session.output.json(&shown(set, &plan, history));
        return Ok(());
    }
    for step in &plan.steps {
        session.output.data(line(set, step));
    }
    match plan.steps.len() {
        0 => session.output.say("nothing to adopt"),
        count => {
            let revisions = counted(count, "revision");
            session.output.say(format_args!("would adopt {revisions} from {}", history.tool()));
        }
    }
    Ok(())
}

fn line(set: &Set, step: &Step) -> String {
    let origin = step.revision(set).and_then(|revision| revision.origin());
    let version = origin.map(|origin| format!(" ({} {})", origin.tool, origin.version));
    format!("{} {}{}", step.id(set), step.message(set), version.unwrap_or_default())
}

fn shown(set: &Set, plan: &Plan, history: History) -> Value {
    let mut adopted = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let origin = step.revision(set).and_then(|revision| revision.origin());
        adopted.push(json!({
            "revision": step.id(set),
            "message": step.message(set),
            "version": origin.map(|origin| origin.version),
        }));
    }
    json!({"from": history.tool(), "table": history.table(), "adopted": adopted})
}

/// Returns the one tool that revisions of the set come from.
fn imported_from(set: &Set) -> Result<History, Failure> {
    let mut found: Vec<History> = Vec::new();
    for revision in set.revisions.all() {
        let history = revision.origin().and_then(|origin| History::named(origin.tool));
        if let Some(history) = history.filter(|history| !found.contains(history)) {
            found.push(history);
        }
    }
    match found[..] {
        [history] => Ok(history),
        [] => Err(Failure::usage("no revision says which tool it was imported from")
            .help("name the tool that has run them: --from user-version")
            .help("or make revisions of its files: cargo migrate import --from sqlx PATH")),
        _ => {
            let tools: Vec<&str> = found.iter().map(|history| history.tool()).collect();
            Err(Failure::usage(format!("the revisions come from {}", tools.join(" and ")))
                .help(format!("name the one that has run them here: --from {}", tools[0])))
        }
    }
}

fn history(name: &str) -> Result<History, String> {
    let tools = || History::ALL.map(History::tool).join(", ");
    History::named(name).ok_or_else(|| format!("the tools are {}", tools()))
}
