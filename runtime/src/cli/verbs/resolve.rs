//! `resolve`: says how a half-done revision ended.

use clap::Args;

use crate::cli::database::Access;
use crate::cli::failure::Failure;
use crate::cli::run::{self, RunArguments};
use crate::cli::scene::Scene;
use crate::cli::schemas::{Heading, SchemaArguments};
use crate::cli::session::Session;
use crate::cli::url::DatabaseArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate resolve 3f2a --applied      all of it was finished by hand
  cargo migrate resolve 3f2a --reverted     nothing of it is left

Only a revision that runs outside a transaction can be half done. `upgrade` finishes it by itself
where the statements that were done are known.";

/// Say how a statement ended when the database cannot tell
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Resolve {
    /// The half-done revision: an id, or four or more characters of it
    #[arg(value_name = "REVISION")]
    revision: String,
    /// All of it is done
    #[arg(long, conflicts_with = "reverted", required_unless_present = "reverted")]
    applied: bool,
    /// Nothing of it is left
    #[arg(long)]
    reverted: bool,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    schemas: SchemaArguments,
    #[command(flatten)]
    run: RunArguments,
}

impl Resolve {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let chain = scene.chain(session)?;
        let id = chain.id(chain.find(&self.revision)?).to_owned();
        let migrations = scene.to_look(&chain)?;
        let url = scene.url(session, &self.database)?;
        self.schemas.each(session, &url, migrations.set(), Heading::Talk, |session, url| {
            let mut database = url.open(session, migrations.set(), Access::WriteExisting)?;
            let run = self.run.apply(migrations.resolve(id.clone(), self.applied));
            let report = run::run(session, run, &mut database)?;
            let word = if self.applied { "applied" } else { "not applied" };
            if session.output.is_json() {
                run::report(&mut session.output, &report, &[]);
            } else {
                session.output.done("resolved:", format_args!("{id} is {word}"));
            }
            Ok(())
        })
    }
}
