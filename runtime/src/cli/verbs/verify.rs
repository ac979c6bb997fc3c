//! `verify`: whether a database is where the set wants it.

use clap::Args;
use serde_json::json;

use crate::Ahead;
use crate::cli::database::Access;
use crate::cli::failure::Failure;
use crate::cli::run::AheadRule;
use crate::cli::scene::Scene;
use crate::cli::schemas::{Heading, SchemaArguments};
use crate::cli::session::Session;
use crate::cli::url::DatabaseArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate verify                  exit code 4 when something is pending, edited or unknown
  cargo migrate verify --wait 60s       for a worker that starts beside its database
  cargo migrate verify --schema 'tenant_*'
  cargo migrate verify --ahead allow    revisions of a newer version are no error";

/// Tell by the exit code whether the database is where this set wants it
///
/// The same that an application asks when it starts. Nothing is written.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Verify {
    /// `allow` a database that has revisions which the set does not know
    #[arg(long, value_name = "RULE", value_enum)]
    ahead: Option<AheadRule>,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    schemas: SchemaArguments,
}

impl Verify {
    /// Does it.
    ///
    /// # Errors
    ///
    /// The database is not where it should be.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let migrations = scene.migrations(session)?;
        let url = scene.url(session, &self.database)?;
        self.schemas.each(session, &url, migrations.set(), Heading::Talk, |session, url| {
            let mut database = url.open(session, migrations.set(), Access::Look)?;
            let mut verify = migrations.verify();
            if self.ahead == Some(AheadRule::Allow) {
                verify = verify.ahead(Ahead::Allow);
            }
            database.verify(verify)?;
            if session.output.is_json() {
                session.output.json(&json!({"url": url.to_string(), "verified": true}));
            } else {
                session.output.say(format_args!("{url} is at {}", migrations.heads().join(", ")));
            }
            Ok(())
        })
    }
}
