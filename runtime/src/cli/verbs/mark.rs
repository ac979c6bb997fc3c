//! `mark`: says which environment a database belongs to.

use clap::Args;
use serde_json::json;

use crate::cli::database::Access;
use crate::cli::failure::Failure;
use crate::cli::mark::{self, MarkArguments};
use crate::cli::scene::Scene;
use crate::cli::session::Session;
use crate::cli::url::DatabaseArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate mark production
  cargo migrate mark                                show the mark
  cargo migrate mark --clear --environment production
  cargo migrate downgrade -1 --environment production

On a marked database `downgrade`, `reset` and `stamp --purge` want the mark spelled out, and
drafts are not applied unless `--locked=false` is given.";

/// Mark the database with its environment, so that nothing is undone there by mistake
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Mark {
    /// The environment's name; without it the mark is shown
    #[arg(value_name = "NAME", value_parser = mark::name, conflicts_with = "clear")]
    mark: Option<String>,
    /// Remove the mark
    #[arg(long)]
    clear: bool,
    #[command(flatten)]
    marked: MarkArguments,
    #[command(flatten)]
    database: DatabaseArguments,
}

impl Mark {
    /// Does it.
    ///
    /// # Errors
    ///
    /// The database bears another mark, or cannot be reached.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let chain = scene.chain(session)?;
        let migrations = scene.to_look(&chain)?;
        let history = &migrations.set().settings.history;
        let url = scene.url(session, &self.database)?;
        let dialect = url.dialect();
        let writes = self.clear || self.mark.is_some();
        let access = if writes { Access::WriteExisting } else { Access::Look };
        let mut database = url.open(session, migrations.set(), access)?;
        let before = mark::read(&mut database, dialect, history)?;
        let mark = if writes { self.mark.clone() } else { before.clone() };
        if writes && before != mark {
            if before.is_some() {
                self.marked.guard(&mut database, dialect, history, "other mark")?;
            } else if !database.current(&migrations)?.exists {
                // The mark stands beside the ledger.
                database.run(migrations.ensure_ledger())?;
            }
            mark::write(&mut database, dialect, history, mark.as_deref())?;
        }
        if session.output.is_json() {
            session.output.json(&json!({"url": url.to_string(), "environment": mark}));
        } else if !writes {
            match mark {
                Some(mark) => session.output.data(mark),
                None => session.output.say(format_args!("{url} bears no mark")),
            }
        } else {
            match mark {
                Some(mark) => session.output.done("marked:", format_args!("{url} is {mark}")),
                None => session.output.say(format_args!("{url} bears no mark any more")),
            }
        }
        Ok(())
    }
}
