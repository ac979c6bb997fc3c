//! `stamp`: records revisions as applied, and runs nothing.

use clap::Args;

use crate::database::{Access, DatabaseArguments, DatabaseUrl};
use crate::failure::Failure;
use crate::project::Project;
use crate::run::{self, RunArguments};
use crate::script;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate stamp head          the database has everything already
  cargo migrate stamp 3f2a
  cargo migrate stamp base";

/// Record revisions as applied without running them
///
/// For a database that has the schema already. What stands above the target is recorded as not applied.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Stamp {
    /// Where the database is: `head`, `heads`, `base`, or a revision
    #[arg(value_name = "TARGET", allow_hyphen_values = true)]
    target: String,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    run: RunArguments,
}

impl Stamp {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let (_, checked) = project.explained(session);
        let migrations = run::migrations(&checked)?;
        let target = script::target_in(migrations.set(), &self.target)?;
        let url = DatabaseUrl::find(session, &project, &self.database)?;
        let mut connection = url.open(session, migrations.set(), Access::Write)?;
        let run = self.run.apply(migrations.stamp(target));
        let report = run::run(session, run, &mut connection)?;
        run::report(&mut session.output, &report, &[]);
        Ok(())
    }
}
