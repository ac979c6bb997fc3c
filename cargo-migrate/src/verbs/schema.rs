//! `schema`: the statements that make the schema of a revision from nothing.

use clap::Args;
use revchain_core::Dialect;
use revchain_schema::{Choices, Plan, Snapshot, plan};
use serde_json::json;

use crate::failure::Failure;
use crate::project::Project;
use crate::scratch::Scratch;
use crate::session::Session;
use crate::side::Side;
use crate::verbs::diff::ScratchArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate schema
  cargo migrate schema --at 3f2a
  cargo migrate schema > schema/app.sql         begin with a desired schema
  cargo migrate schema --dialect postgres --scratch-url postgres://localhost/postgres";

/// Print the schema that the revisions make, as DDL
///
/// They are applied to a scratch database, and its catalog is read.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Schema {
    #[command(flatten)]
    at: AtArguments,
}

/// Which revision's schema is asked for.
#[derive(Args, Debug)]
pub(crate) struct AtArguments {
    /// The revision; else all heads
    #[arg(long, value_name = "REVISION", default_value = "heads")]
    at: String,
    /// The dialect; else the first of the set
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Dialect>,
    #[command(flatten)]
    scratch: ScratchArguments,
}

impl Schema {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let made = self.at.make(session)?;
        let statements = made.planned()?;
        if session.output.is_json() {
            let statements: Vec<&str> = statements.statements().map(|one| &*one.sql).collect();
            session
                .output
                .json(&json!({ "dialect": made.dialect.name(), "statements": statements }));
        } else {
            let text: String =
                statements.statements().map(|one| format!("{};\n", one.sql)).collect();
            session.output.text(&text);
        }
        Ok(())
    }
}

/// What revisions make.
pub(crate) struct Made {
    dialect: Dialect,
    /// The catalog of a database in which nothing was made yet.
    fresh: Snapshot,
    pub(crate) snapshot: Snapshot,
}

impl AtArguments {
    /// Reads the catalog that the revisions make.
    ///
    /// # Errors
    ///
    /// They cannot be applied here, or the dialect is not one of the set.
    pub(crate) fn make(&self, session: &mut Session<'_>) -> Result<Made, Failure> {
        let project = Project::find(session)?;
        let checked = project.read().1;
        let Some(lock) = checked.lock else { return Err(Failure::problems(checked.problems)) };
        let settings = lock.settings;
        let dialect =
            self.dialect.or_else(|| settings.dialects.iter().next()).unwrap_or(Dialect::Sqlite);
        if !settings.dialects.contains(dialect) {
            let message = format!("the set serves {}, not {dialect}", settings.dialects);
            return Err(Failure::usage(message));
        }
        let servers = self.scratch.servers(session, Some(&project))?;
        let mut scratch = Scratch::make(session, dialect, &settings.history, &servers)?;
        let fresh = scratch.snapshot()?;
        Side::Revisions(vec![self.at.clone()]).load(session, dialect, &mut scratch)?;
        Ok(Made { dialect, fresh, snapshot: scratch.snapshot()? })
    }
}

impl Made {
    /// Plans it from nothing.
    fn planned(&self) -> Result<Plan, Failure> {
        let plan = plan(&self.fresh, &self.snapshot, &Choices::default());
        plan.map_err(|error| Failure::new(error.to_string()))
    }
}
