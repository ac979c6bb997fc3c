//! `import`: migrations of another tool become revisions.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::failure::Failure;
use crate::import::{self, Imported, Tool};
use crate::output::counted;
use crate::project::Project;
use crate::session::Session;
use crate::words;

const EXAMPLES: &str = "Examples:
  cargo migrate import --from sqlx migrations --into revisions --dialect sqlite --dry-run
  cargo migrate import --from sqlx migrations --into revisions --dialect sqlite
  cargo migrate import --from sqlx db/migrations --dialect postgres --json

The old files stay as they are. Two people who import the same files get the same revisions.";

/// Make revisions of another tool's migrations
///
/// Order, messages, dates and ways back carry over; `origin` keeps the old version and checksum. No database is looked at.
/// What has no way back becomes irreversible. All is sealed, unless the checks find problems.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Import {
    /// The tool that the migrations are of
    #[arg(long, value_name = "TOOL")]
    from: Tool,
    /// The folder that has them
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The folder of the new set, empty or not there yet; else that of --dir, else `migrations`
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// The database that they are for: sqlite, postgres, mysql
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<String>,
    /// Show what would be made, and write nothing
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Some(dialect) = &self.dialect else {
            return Err(Failure::usage("the files do not say which database they are for")
                .help("say it: --dialect sqlite, postgres or mysql"));
        };
        let dialects = words::dialects(std::slice::from_ref(dialect))?;
        let migrations = self.from.read(&session.folder.join(&self.path))?;
        let into = self.into.clone().or_else(|| session.globals.dir.clone());
        let into = session.folder.join(into.unwrap_or_else(|| "migrations".into()));
        let project = Project::at(session, into);
        let found = (self.from, migrations);
        let (imported, problems) =
            import::import(session, &project, found, dialects, self.dry_run)?;
        self.report(session, &project, &imported, problems.is_empty());
        if problems.is_empty() { Ok(()) } else { Err(Failure::problems(problems)) }
    }

    fn report(
        &self,
        session: &mut Session<'_>,
        project: &Project,
        imported: &[Imported],
        sealed: bool,
    ) {
        let one_way = imported.iter().filter(|one| one.migration.down.is_none()).count();
        if session.output.is_json() {
            let one = |one: &Imported| {
                json!({
                    "revision": one.id,
                    "version": one.migration.version,
                    "file": one.migration.file,
                    "path": one.path,
                    "reversible": one.migration.down.is_some(),
                    "transaction": one.migration.up.transaction,
                })
            };
            return session.output.json(&json!({
                "folder": project.shown,
                "written": !self.dry_run,
                "sealed": sealed,
                "imported": imported.iter().map(one).collect::<Vec<_>>(),
            }));
        }
        imported.iter().for_each(|one| session.output.data(&one.path));
        let verb = if self.dry_run { "would import:" } else { "imported:" };
        session.output.done(verb, counted(imported.len(), "revision"));
        if one_way > 0 {
            session.output.say(format_args!(
                "{} had no way back, and cannot be taken back",
                counted(one_way, "migration")
            ));
        }
        if !sealed {
            session.output.warn(
                "nothing is sealed: the checks found problems",
                &["edit the files, then: cargo migrate check && cargo migrate seal"],
            );
        }
    }
}
