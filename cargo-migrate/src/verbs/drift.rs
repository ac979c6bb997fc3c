//! `drift`: what a database has that its revisions do not make, or lacks.

use clap::Args;
use revchain::History;
use revchain::cli::schemas::{Heading, SchemaArguments};
use revchain_schema::{Difference, Kind};
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::counted;
use crate::project::Project;
use crate::proposal::Question;
use crate::run;
use crate::scene::look_at;
use crate::scratch::Servers;
use crate::session::Session;
use crate::side::Side;
use crate::url::{DatabaseArguments, DatabaseUrl};
use crate::verbs::diff::ScratchArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate drift
  cargo migrate drift --database-url postgres://localhost/app --json
  cargo migrate drift --schema 'tenant_*'

Exit code 4 when something differs. The statements that would lead from one to the other:
  cargo migrate diff --from URL --to head";

/// Tell what a database has that its revisions do not make, or lacks
///
/// The revisions that it has are applied to a scratch database, and the catalogs compared. Nothing is written to it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Drift {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    schemas: SchemaArguments,
    #[command(flatten)]
    scratch: ScratchArguments,
}

impl Drift {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let chain = Chain::of(project.read().1)?;
        let url = project.database_url(session, &self.database)?;
        let servers = self.scratch.servers(session, Some(&project))?;
        self.schemas.each(session, &url, &chain.set, Heading::Data, |session, url| {
            self.of(session, &chain, url, &servers)
        })
    }

    /// Tells it of a database, or of the schema in which its URL works.
    fn of(
        &self,
        session: &mut Session<'_>,
        chain: &Chain,
        url: &DatabaseUrl,
        servers: &Servers,
    ) -> Result<(), Failure> {
        let status = look_at(url, session, &run::of_chain(chain)?)?;
        let beside = servers.clone().or(url.whole());
        let servers = match url.schema() {
            None => beside,
            Some(schema) => beside.in_schema(schema),
        };
        let question = Question {
            from: &Side::Revisions(status.heads.clone()),
            to: &Side::Database(url.clone()),
            dialect: url.dialect(),
            history: chain.set.settings.history.clone(),
            servers: &servers,
            choices: revchain_schema::Choices::default(),
            revises: false,
        };
        let mut differences = question.differences(session)?;
        // What a history was adopted from stays, and is nobody's drift.
        let adopted: Vec<&str> = histories(chain);
        let is_adopted = |name: Option<&str>| name.is_some_and(|name| adopted.contains(&name));
        differences.retain(|Difference { key, .. }| {
            let is_table = key.kind == Kind::Table;
            !is_adopted(key.table.as_deref()) && !is_adopted(is_table.then_some(&*key.name))
        });
        // What stands in other schemas, and is none of the revisions', is other tenants'.
        if let Some(schema) = url.schema() {
            differences.retain(|Difference { key, before, .. }| {
                before.is_some() || key.schema.as_deref() == Some(schema)
            });
        }
        if session.output.is_json() {
            let found: Vec<Value> = differences.iter().map(difference_json).collect();
            session.output.json(&json!({ "database": url.to_string(), "differences": found }));
        } else {
            for difference in brief(&differences) {
                session.output.data(words(difference));
            }
        }
        if differences.is_empty() {
            session.output.say(format_args!("{url} is what its revisions make"));
            return Ok(());
        }
        let from = match &status.heads[..] {
            [] => "base",
            [head] => head,
            _ => "heads",
        };
        let count = brief(&differences).count();
        let (count, differ) =
            (counted(count, "object"), if count == 1 { "differs" } else { "differ" });
        Err(Failure::with_exit(
            Exit::Unexpected,
            format!("{count} of {url} {differ} from what its revisions make"),
        )
        .help(format!(
            "see the statements that lead there: cargo migrate diff --from {from} --to {url}"
        )))
    }
}

/// Returns the tables of the tools that revisions were imported from.
fn histories(chain: &Chain) -> Vec<&'static str> {
    let origins = chain.set.revisions.iter().filter_map(|revision| revision.origin());
    origins.filter_map(|one| History::named(one.tool)).map(History::table).collect()
}

/// Leaves out what comes or goes with its table.
pub(crate) fn brief(differences: &[Difference]) -> impl Iterator<Item = &Difference> {
    let whole = |name: &String| {
        differences.iter().any(|one| {
            one.key.kind == Kind::Table
                && one.key.name == *name
                && (one.before.is_none() || one.after.is_none())
        })
    };
    differences.iter().filter(move |one| !one.key.table.as_ref().is_some_and(whole))
}

/// Returns a difference as a line.
pub(crate) fn words(difference: &Difference) -> String {
    let Difference { key, before, after } = difference;
    match (before, after) {
        (None, _) => format!("+ {key}"),
        (_, None) => format!("- {key}"),
        (Some(before), Some(after)) => format!("~ {key}: {before} became {after}"),
    }
}

/// Returns a difference as JSON.
pub(crate) fn difference_json(difference: &Difference) -> Value {
    let Difference { key, before, after } = difference;
    json!({
        "kind": key.kind.name(),
        "schema": key.schema,
        "table": key.table,
        "name": key.name,
        "before": before,
        "after": after,
    })
}
