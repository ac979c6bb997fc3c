//! `reset`: a database of development begins again.

use clap::Args;
use revchain::cli::mark::{self, MarkArguments};
use revchain::{Migrations, Report, Target};

use crate::database::{Access, Database};
use crate::emptying;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::counted;
use crate::project::Project;
use crate::run::{self, Drafts, RunArguments};
use crate::session::Session;
use crate::url::{DatabaseArguments, DatabaseUrl};

const EXAMPLES: &str = "Examples:
  cargo migrate reset
  cargo migrate reset --yes
  cargo migrate reset --yes --environment staging     a database that is marked so

All revisions are taken back and applied again. Where one cannot be taken back, everything is
dropped instead: on SQLite the file, on PostgreSQL what is in the current schema, on MySQL what is
in the database, whoever made it. All rows are lost either way.";

/// Take everything back, or drop it, and apply all revisions again: for development
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Reset {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    mark: MarkArguments,
    #[command(flatten)]
    run: RunArguments,
}

impl Reset {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let (_, checked) = project.explained(session);
        let migrations = run::migrations(&checked)?;
        let drafts = Drafts::of(session, &project, &checked)?;
        let url = project.database_url(session, &self.database)?;
        let mut report = Report::default();
        let mut database = if url.is_absent(session) {
            url.open(session, migrations.set(), Access::Write)?
        } else {
            let database = url.open(session, migrations.set(), Access::WriteExisting)?;
            self.empty(session, &migrations, &url, database, &mut report)?
        };
        let upgrade = self.run.apply(migrations.upgrade(Target::Heads));
        report.steps.extend(run::run(session, upgrade, &mut database)?.steps);
        let status = database.current(&migrations)?;
        let sealed = drafts.seal(session, &project, &status, url.dialect())?;
        run::report(&mut session.output, &report, &sealed);
        Ok(())
    }

    /// Empties a database, and returns it; its mark stays.
    fn empty(
        &self,
        session: &mut Session<'_>,
        migrations: &Migrations,
        url: &DatabaseUrl,
        mut database: Database,
        report: &mut Report,
    ) -> Result<Database, Failure> {
        let (dialect, history) = (url.dialect(), &migrations.set().settings.history);
        self.mark.guard(&mut database, dialect, history, "reset")?;
        let marked = mark::read(&mut database, dialect, history)?;
        let status = database.current(migrations)?;
        let back = || self.run.apply(migrations.downgrade(Target::Base));
        let is_known = status.unknown.is_empty() && status.half_done.is_empty();
        let planned = if is_known { database.plan(back()).map(Some) } else { Ok(None) };
        match planned {
            Ok(Some(plan)) if plan.is_empty() => {}
            Ok(Some(plan)) => {
                let count = counted(plan.steps.len(), "revision");
                self.confirm(session, &format!("take {count} back and lose all rows of {url}?"))?;
                report.steps = run::run(session, back(), &mut database)?.steps;
            }
            other => {
                let reason = match other {
                    Err(error) => error.to_string(),
                    Ok(_) => "it has revisions that are half done or that only it knows".to_owned(),
                };
                session.output.say(format_args!("the revisions cannot be taken back: {reason}"));
                self.confirm(session, &format!("drop everything in {url}?"))?;
                database = emptying::empty(session, migrations, url, database)?;
                session.output.done("dropped:", format_args!("everything in {url}"));
                if let Some(marked) = marked {
                    mark::write(&mut database, dialect, history, Some(&marked))?;
                }
            }
        }
        Ok(database)
    }

    fn confirm(&self, session: &mut Session<'_>, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !(session.terminals.stdin && session.terminals.stderr) {
            return Err(Failure::usage("a reset is not run unconfirmed")
                .note("all rows would be lost")
                .help("if that is what you want: cargo migrate reset --yes"));
        }
        session.output.begin(format_args!("{question} [y/N]"));
        if session.is_answered_yes() {
            return Ok(());
        }
        session.output.say("nothing was done");
        Err(Failure::said(Exit::Failed))
    }
}
