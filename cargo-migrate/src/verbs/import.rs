//! `import`: migrations of another tool become revisions.

use std::path::PathBuf;

use clap::Args;
use revchain_core::check::Checked;
use serde_json::json;

use crate::chain::Chain;
use crate::deriving::{self, WayBack};
use crate::failure::Failure;
use crate::import::{self, Imported, Made, Old, Tool};
use crate::output::counted;
use crate::project::Project;
use crate::rehearsal::{Fault, rehearse};
use crate::session::Session;
use crate::verbs::derive_downgrade;
use crate::verbs::diff::ScratchArguments;
use crate::words;

const EXAMPLES: &str = "Examples:
  cargo migrate import --from sqlx migrations --into revisions --dialect sqlite --dry-run
  cargo migrate import --from sqlx migrations --into revisions --dialect sqlite
  cargo migrate import --from diesel migrations --into revisions --dialect postgres
  cargo migrate import --from sqlx db/migrations --dialect postgres --derive-downgrades
  cargo migrate import --from alembic . --into revisions --dialect postgres
  cargo migrate import --from flyway db/migration --dialect mysql --json
  cargo migrate import --from sea-orm migration --into migrations --dialect postgres

The tools: sqlx, diesel, refinery, sea-orm, dbmate, goose, golang-migrate, flyway, alembic.
The old files stay as they are. Two people who import the same files get the same revisions.
Import again after the old tool got more files: what is new comes on the head of the set.
A version that says no date gives its revision one: a minute after the one before, from 2000 on.";

/// Make revisions of another tool's migrations
///
/// Order, messages, dates and ways back carry over; `origin` keeps the old version and checksum. No database is looked at.
/// What has no way back becomes irreversible, what was a program a function to be written. All is sealed, but what is to be
/// written, and unless the checks find problems. What wants a look is listed at the end.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Import {
    /// The tool that the migrations are of
    #[arg(long, value_name = "TOOL")]
    from: Tool,
    /// The folder that has them
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The folder of the set: empty, not there yet, or with what was imported before; else that of --dir, else `migrations`
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// The database that they are for: sqlite, postgres, mysql
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<String>,
    /// For alembic: the Python that has it; else that of the active environment, else `python3`
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// Show what would be made, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the ways back that are missing, as `derive-downgrade` does, and try all, as `check --downgrades` does
    #[arg(long)]
    derive_downgrades: bool,
    #[command(flatten)]
    scratch: ScratchArguments,
}

/// What there is to tell.
#[derive(Debug, Default)]
struct Report {
    imported: Vec<Imported>,
    /// How many were imported before.
    present: usize,
    skipped: Vec<String>,
    derived: Vec<WayBack>,
    /// Ways back that came over and do not lead back.
    faults: Vec<Fault>,
    sealed: bool,
}

impl Import {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Some(dialect) = &self.dialect else {
            return Err(Failure::usage("the files do not say which database they are for")
                .help("say it: --dialect sqlite, postgres or mysql"));
        };
        let dialects = words::dialects(std::slice::from_ref(dialect))?;
        let path = session.folder.join(&self.path);
        let python = self.python.as_deref();
        let Old { migrations, skipped } = self.from.read(session, &path, python, dialects)?;
        let into = self.into.clone().or_else(|| session.globals.dir.clone());
        let into = session.folder.join(into.unwrap_or_else(|| "migrations".into()));
        let project = Project::at(session, into);
        let found = (self.from, migrations);
        let Made { imported, present, checked } =
            import::import(session, &project, found, dialects, self.dry_run)?;
        let problems = checked.problems.clone();
        let sealed = problems.is_empty();
        let mut report = Report { imported, present, skipped, sealed, ..Report::default() };
        if self.derive_downgrades && sealed {
            self.derive(session, &project, checked, &mut report)
                .inspect_err(|_| self.report(session, &project, &report))?;
        }
        self.report(session, &project, &report);
        if problems.is_empty() { Ok(()) } else { Err(Failure::problems(problems)) }
    }

    /// Writes the ways back that are missing, and tries those that came over.
    fn derive(
        &self,
        session: &mut Session<'_>,
        project: &Project,
        checked: Checked,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let server = self.scratch.server(session, Some(project))?;
        let chain = Chain::of(checked)?;
        let is_new = |place: &u32| report.imported.iter().any(|one| one.id == chain.id(*place));
        let places: Vec<u32> =
            derive_downgrade::without(&chain).into_iter().filter(is_new).collect();
        let derived = deriving::derive(session, &chain, &places, server.as_ref())?;
        let mut whole = chain;
        if !self.dry_run {
            deriving::write(session, project, &whole, &derived)?;
            whole = Chain::of(project.read().1)?;
        }
        report.derived = derived;
        if report.imported.iter().any(|one| one.reversible) {
            report.faults = rehearse(session, &whole, server.as_ref())?;
        }
        Ok(())
    }

    fn report(&self, session: &mut Session<'_>, project: &Project, report: &Report) {
        let Report { imported, present, skipped, derived, faults, sealed } = report;
        let sealed = *sealed;
        let is_derived = |one: &Imported| {
            derived.iter().any(|way| way.id == one.id && way.irreversible.is_none())
        };
        let reversible = |one: &Imported| one.reversible || is_derived(one);
        if session.output.is_json() {
            let one = |one: &Imported| {
                json!({
                    "revision": one.id,
                    "version": one.migration.version,
                    "file": one.migration.file,
                    "path": one.path,
                    "reversible": reversible(one),
                    "derived": is_derived(one),
                    "transaction": one.transaction,
                    "sealed": sealed && !one.is_to_write(),
                    "hand": one.hand,
                })
            };
            return session.output.json(&json!({
                "folder": project.shown,
                "written": !self.dry_run,
                "sealed": sealed,
                "imported": imported.iter().map(one).collect::<Vec<_>>(),
                "present": present,
                "skipped": skipped,
                "downgrades": faults.iter().map(Fault::json).collect::<Vec<_>>(),
            }));
        }
        imported.iter().for_each(|one| session.output.data(&one.path));
        if *present > 0 {
            session.output.say(format_args!("{} imported before", counted(*present, "migration")));
        }
        let verb = if self.dry_run { "would import:" } else { "imported:" };
        session.output.done(verb, counted(imported.len(), "revision"));
        if self.derive_downgrades {
            derive_downgrade::tell(session, derived, self.dry_run);
            for fault in faults {
                session.output.warn(fault.message(), &[&fault.help()]);
            }
        }
        let one_way = imported.iter().filter(|one| !reversible(one)).count();
        if one_way > 0 {
            session.output.say(format_args!(
                "{} had no way back, and cannot be taken back",
                counted(one_way, "migration")
            ));
            let could_have = imported.iter().any(|one| !reversible(one) && !one.is_to_write());
            if !self.derive_downgrades && could_have {
                session.output.say("find ways back: cargo migrate derive-downgrade --all");
            }
        }
        if !self.derive_downgrades && one_way < imported.len() {
            session.output.say("try the ways back: cargo migrate check --downgrades");
        }
        if !skipped.is_empty() {
            let (files, tool) = (counted(skipped.len(), "file"), self.from.name());
            session.output.say(format_args!("{files} that {tool} does not run stayed behind:"));
            skipped.iter().for_each(|file| session.output.say(format_args!("  {file}")));
        }
        if imported.iter().any(|one| !one.hand.is_empty()) {
            session.output.say("a person has to look at:");
        }
        for one in imported {
            for hand in &one.hand {
                session.output.say(format_args!("  {}: {hand}", one.path));
            }
        }
        let to_write = imported.iter().filter(|one| one.is_to_write()).count();
        if to_write > 0 && sealed {
            let drafts = counted(to_write, "draft");
            session.output.warn(
                format_args!("{drafts} to be written, and not sealed"),
                &["edit them, then: cargo migrate check && cargo migrate seal"],
            );
        }
        if !sealed {
            session.output.warn(
                "nothing is sealed: the checks found problems",
                &["edit the files, then: cargo migrate check && cargo migrate seal"],
            );
        }
    }
}
