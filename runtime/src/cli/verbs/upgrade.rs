//! `upgrade`: applies revisions, and seals those that were drafts.

use crate::{Target, TargetError};
use clap::Args;
use revchain_core::Dialect;

use crate::cli::database::Access;
use crate::cli::failure::Failure;
use crate::cli::run::{self, BackupArguments, RunArguments, TransactionArguments};
use crate::cli::scene::Scene;
use crate::cli::schemas::{Heading, SchemaArguments};
use crate::cli::script::{self, ScriptArguments};
use crate::cli::session::Session;
use crate::cli::url::{DatabaseArguments, DatabaseUrl};

const EXAMPLES: &str = "Examples:
  cargo migrate upgrade                         to the head, or to all where there are several
  cargo migrate upgrade +1
  cargo migrate upgrade 3f2a --database-url sqlite:app.db
  cargo migrate up head
  cargo migrate upgrade billing@head            one branch alone
  cargo migrate upgrade --schema 'tenant_*'     on PostgreSQL: in each of these schemas
  cargo migrate upgrade --backup before.db      a copy of the database first
  cargo migrate upgrade --sql > upgrade.sql     a script, without a database
  cargo migrate upgrade 3f2a:head --sql

Targets: `head`, `heads`, a revision's id or four or more characters of it, a label, `+N`,
`3f2a+N`, `head-N`, and each of these on one branch: `label@head`, `label@+N`.";

/// Apply revisions
///
/// A draft is sealed once the database has it. On SQLite the run is one transaction: all or nothing.
#[derive(Args, Debug)]
#[command(visible_alias = "up", after_help = EXAMPLES)]
pub struct Upgrade {
    /// Where to go
    #[arg(value_name = "TARGET", default_value = "heads", allow_hyphen_values = true)]
    target: String,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    schemas: SchemaArguments,
    #[command(flatten)]
    transactions: TransactionArguments,
    #[command(flatten)]
    run: RunArguments,
    #[command(flatten)]
    backup: BackupArguments,
    #[command(flatten)]
    script: ScriptArguments,
}

impl Upgrade {
    /// Seals what another process has applied to the database of this call.
    ///
    /// # Errors
    ///
    /// The database cannot be looked at, or the seal not be written.
    pub fn seal_applied(
        &self,
        session: &mut Session<'_>,
        scene: &mut dyn Scene,
    ) -> Result<(), Failure> {
        let migrations = scene.to_upgrade(session)?;
        let url = scene.url(session, &self.database)?;
        for url in self.schemas.urls(session, &url, migrations.set())? {
            let mut database = url.open(session, migrations.set(), Access::Look)?;
            let status = database.current(&migrations)?;
            let sealed = scene.seal(session, &status, url.dialect())?;
            if !sealed.is_empty() {
                session.output.done("sealed:", sealed.join(" "));
            }
        }
        Ok(())
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let migrations = scene.to_upgrade(session)?;
        if self.script.sql {
            self.backup.refuse_in_script()?;
            self.schemas.refuse_beside(true, "--sql", script::IN_A_SCHEMA)?;
            let dialect = self.script.dialect(&migrations)?;
            return script::print(session, &self.target, dialect, |target| {
                migrations.upgrade(target)
            });
        }
        let target = script::target_or_replaced(migrations.set(), &self.target)?;
        if let Target::Down(_) = target.branch().1 {
            return Err(TargetError::WrongWay(target).into());
        }
        self.schemas.refuse_beside(
            self.backup.is_given(),
            "--backup <FILE>",
            "copy the database before, with all its schemas: pg_dump --file before.sql",
        )?;
        let url = scene.url(session, &self.database)?;
        let (schemas, set) = (&self.schemas, migrations.set());
        schemas.each(session, &url, set, Heading::Talk, |session, url| {
            self.run_on(session, scene, url)
        })
    }

    fn run_on(
        &self,
        session: &mut Session<'_>,
        scene: &mut dyn Scene,
        url: &DatabaseUrl,
    ) -> Result<(), Failure> {
        // Anew for each schema: what was sealed after the one before is no draft any more.
        let migrations = scene.to_upgrade(session)?;
        let target = script::target_or_replaced(migrations.set(), &self.target)?;
        let dialect: Dialect = url.dialect();
        let mut database = url.open(session, migrations.set(), Access::Write)?;
        if url.schema().is_some() {
            // The mark is the whole database's.
            let mut whole = url.whole().open(session, migrations.set(), Access::Look)?;
            scene.opened(session, &mut whole, dialect)?;
        } else {
            scene.opened(session, &mut database, dialect)?;
        }
        let prepare =
            || self.transactions.apply(self.run.apply(migrations.upgrade(target.clone())));
        if scene.has_hooks(session)? && !database.plan(prepare())?.is_empty() {
            scene.before_upgrade(session, url)?;
        }
        let run = self.backup.apply(session, url, &mut database, prepare)?;
        let result = run::run(session, run, &mut database);
        // Also after a failure: in `per-revision` mode some are applied, and stay so.
        let status = database.current(&migrations);
        let sealed = match status {
            Ok(status) => scene.seal(session, &status, dialect)?,
            Err(error) if result.is_ok() => return Err(error.into()),
            Err(_) => Vec::new(),
        };
        let report = result.inspect_err(|_| {
            if !sealed.is_empty() {
                session.output.done("sealed:", sealed.join(" "));
            }
        })?;
        run::report(&mut session.output, &report, &sealed);
        if report.is_empty() { Ok(()) } else { scene.after_upgrade(session, url) }
    }
}
