//! `ensure-version`: makes the ledger, and nothing else.

use clap::Args;
use serde_json::json;

use crate::cli::database::Access;
use crate::cli::failure::Failure;
use crate::cli::run::{self, RunArguments};
use crate::cli::scene::Scene;
use crate::cli::schemas::{Heading, SchemaArguments};
use crate::cli::script::{self, ScriptArguments};
use crate::cli::session::Session;
use crate::cli::url::DatabaseArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate ensure-version
  cargo migrate ensure-version --sql";

/// Make the ledger, where it is missing
///
/// For a database whose later users may write rows and make no tables. No revision is applied.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct EnsureVersion {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    schemas: SchemaArguments,
    #[command(flatten)]
    run: RunArguments,
    #[command(flatten)]
    script: ScriptArguments,
}

impl EnsureVersion {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let migrations = scene.migrations(session)?;
        if self.script.sql {
            self.schemas.refuse_beside(true, "--sql", script::IN_A_SCHEMA)?;
            let dialect = self.script.dialect(&migrations)?;
            let script = migrations.ensure_ledger().sql(dialect)?;
            script::show(session, dialect, &script);
            return Ok(());
        }
        let url = scene.url(session, &self.database)?;
        self.schemas.each(session, &url, migrations.set(), Heading::Talk, |session, url| {
            let mut database = url.open(session, migrations.set(), Access::Write)?;
            let made = !database.current(&migrations)?.exists;
            let run = self.run.apply(migrations.ensure_ledger());
            run::run(session, run, &mut database)?;
            let history = &migrations.set().settings.history;
            if session.output.is_json() {
                session.output.json(&json!({"ledger": history.to_string(), "made": made}));
            } else if made {
                session.output.done("made:", history);
            } else {
                session.output.say(format_args!("{history} is there"));
            }
            Ok(())
        })
    }
}
