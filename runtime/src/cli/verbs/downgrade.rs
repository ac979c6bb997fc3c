//! `downgrade`: takes revisions back.

use crate::set::Revision;
use crate::{Migrations, Plan, Target, TargetError};
use clap::Args;
use revchain_core::script::Script;

use crate::cli::database::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::mark::MarkArguments;
use crate::cli::output::counted;
use crate::cli::run::{self, BackupArguments, RunArguments, TransactionArguments};
use crate::cli::scene::Scene;
use crate::cli::schemas::{Heading, SchemaArguments};
use crate::cli::script::{self, ScriptArguments};
use crate::cli::session::Session;
use crate::cli::url::{DatabaseArguments, DatabaseUrl};

const EXAMPLES: &str = "Examples:
  cargo migrate downgrade -1
  cargo migrate downgrade 3f2a                  3f2a itself stays
  cargo migrate downgrade base --yes
  cargo migrate downgrade billing@-1            one branch alone
  cargo migrate downgrade -1 --schema 'tenant_*'
  cargo migrate downgrade -1 --backup before.db
  cargo migrate downgrade head --stored         revisions that only the database knows
  cargo migrate downgrade 9b1d:3f2a --sql

Targets: `base`, a revision's id or four or more characters of it, a label, `-N`, `3f2a-N`,
`head-N`, and each of these on one branch: `label@base`, `label@-N`.";

/// Take revisions back
///
/// On a terminal it lists what will be undone, and asks; elsewhere it runs.
#[derive(Args, Debug)]
#[command(visible_alias = "down", after_help = EXAMPLES)]
pub struct Downgrade {
    /// Where to go; the revision named stays applied
    #[arg(value_name = "TARGET", allow_hyphen_values = true)]
    target: String,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Take back what only the database knows, with the downgrades that it stored
    #[arg(long)]
    stored: bool,
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
    mark: MarkArguments,
    #[command(flatten)]
    script: ScriptArguments,
}

impl Downgrade {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let migrations = scene.to_take_back(session, &self.target, self.stored)?;
        if self.script.sql {
            self.backup.refuse_in_script()?;
            self.schemas.refuse_beside(true, "--sql", script::IN_A_SCHEMA)?;
            let dialect = self.script.dialect(&migrations)?;
            return script::print(session, &self.target, dialect, |target| {
                migrations.downgrade(target)
            });
        }
        let target = script::target_or_replaced(migrations.set(), &self.target)?;
        if let Target::Up(_) = target.branch().1 {
            return Err(TargetError::WrongWay(target).into());
        }
        self.schemas.refuse_beside(
            self.backup.is_given(),
            "--backup <FILE>",
            "copy the database before, with all its schemas: pg_dump --file before.sql",
        )?;
        let url = scene.url(session, &self.database)?;
        // The mark is the whole database's.
        let set = migrations.set();
        self.schemas.check(&url, set)?;
        let mut database = url.open(session, set, Access::WriteExisting)?;
        self.mark.guard(&mut database, url.dialect(), &set.settings.history, "downgrade")?;
        self.schemas.each(session, &url, set, Heading::Talk, |session, url| {
            self.run_on(session, &migrations, &target, url)
        })
    }

    fn run_on(
        &self,
        session: &mut Session<'_>,
        migrations: &Migrations,
        target: &Target,
        url: &DatabaseUrl,
    ) -> Result<(), Failure> {
        let mut database = url.open(session, migrations.set(), Access::WriteExisting)?;
        let prepare = || {
            let run = migrations.downgrade(target.clone()).stored(self.stored);
            self.transactions.apply(self.run.apply(run))
        };
        let asks = session.terminals.stdin && session.terminals.stderr && !self.yes;
        let set = migrations.set();
        let destroys = set.revisions.all().iter().any(|one| !destroyed(one, url).is_empty());
        if asks || self.stored || destroys {
            let plan = database.plan(prepare())?;
            tell_destroyed(session, &plan, set, url);
            let is_stored = |step: &&crate::Step| step.revision(set).is_none() && !step.stamp;
            let stored = plan.steps.iter().filter(is_stored);
            for step in stored.clone() {
                session.output.say(format_args!("stored downgrade of {}:", step.id(set)));
                for statement in step.statements(set, url.dialect()) {
                    session.output.say(format_args!("    {};", statement.replace('\n', "\n    ")));
                }
            }
            if !plan.is_empty() && asks {
                confirm(session, &plan, set)?;
            } else if stored.count() > 0 && !self.yes {
                return Err(Failure::usage("stored downgrades are not run unconfirmed")
                    .note("whoever can write the ledger chooses their SQL; it is shown above")
                    .help("when you have read it, add --yes"));
            }
        }
        let run = self.backup.apply(session, url, &mut database, prepare)?;
        let report = run::run(session, run, &mut database)?;
        run::report(&mut session.output, &report, &[]);
        Ok(())
    }
}

/// Says what the upgrades that are taken back have destroyed: a downgrade makes it anew, without what was in it.
fn tell_destroyed(session: &mut Session<'_>, plan: &Plan, set: &crate::Set, url: &DatabaseUrl) {
    let steps = plan.steps.iter().filter(|step| !step.stamp);
    for revision in steps.filter_map(|step| step.revision(set)) {
        for what in destroyed(revision, url) {
            let id = &revision.id;
            let message = format!("what was in `{what}` does not come back: `{id}` destroyed it");
            session.output.warn(message, &[]);
        }
    }
}

/// Returns what a revision's upgrade says that it destroys.
fn destroyed<'r>(revision: &'r Revision, url: &DatabaseUrl) -> Vec<&'r str> {
    let Some(part) = revision.part(url.dialect()) else { return Vec::new() };
    let span = part.upgrade.span;
    // To read a file again costs more than to see that there is nothing to be found.
    if !span.of(&revision.text).contains("migrate:destroys") {
        return Vec::new();
    }
    let Ok(script) = Script::parse(&revision.path, &revision.text) else { return Vec::new() };
    let is_in = |start: usize| (span.start as usize..span.end as usize).contains(&start);
    script.destroys.iter().filter(|one| is_in(one.line.start)).map(|one| one.what).collect()
}

fn confirm(session: &mut Session<'_>, plan: &Plan, set: &crate::Set) -> Result<(), Failure> {
    for step in &plan.steps {
        session.output.say(format_args!("  {} {}", step.id(set), step.message(set)));
    }
    session
        .output
        .begin(format_args!("take back {}? [y/N]", counted(plan.steps.len(), "revision")));
    if session.is_answered_yes() {
        return Ok(());
    }
    session.output.say("nothing was done");
    Err(Failure::said(Exit::Failed))
}
