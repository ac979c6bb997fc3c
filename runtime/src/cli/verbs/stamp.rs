//! `stamp`: records revisions as applied, and runs nothing.

use clap::Args;

use crate::cli::database::Access;
use crate::cli::failure::Failure;
use crate::cli::mark::MarkArguments;
use crate::cli::run::{self, RunArguments};
use crate::cli::scene::Scene;
use crate::cli::schemas::{Heading, SchemaArguments};
use crate::cli::script::{self, ScriptArguments};
use crate::cli::session::Session;
use crate::cli::url::DatabaseArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate stamp head          the database has everything already
  cargo migrate stamp 3f2a
  cargo migrate stamp billing@head 3f2a   one on each of two branches
  cargo migrate stamp base
  cargo migrate stamp base:3f2a --sql  a script, without a database
  cargo migrate stamp --purge head  forget all rows first, also those of files that are gone";

/// Record revisions as applied without running them
///
/// For a database that has the schema already. What stands above a target is recorded as not applied; branches that no
/// target names stay as they are.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Stamp {
    /// Where the database is: `head`, `heads`, `base`, a revision or a label; one for each branch
    #[arg(value_name = "TARGET", required = true, allow_negative_numbers = true)]
    targets: Vec<String>,
    /// Erase all rows of the set first, also of revisions that it does not know or that are half done
    #[arg(long)]
    purge: bool,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    schemas: SchemaArguments,
    #[command(flatten)]
    run: RunArguments,
    #[command(flatten)]
    mark: MarkArguments,
    #[command(flatten)]
    script: ScriptArguments,
}

impl Stamp {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let migrations = scene.migrations(session)?;
        if self.script.sql {
            self.schemas.refuse_beside(true, "--sql", script::IN_A_SCHEMA)?;
            if self.purge {
                return Err(Failure::usage("the argument `--purge` cannot be used with `--sql`")
                    .help("a script begins where its range does: leave --purge out")
                    .help("or purge on the database itself: cargo migrate stamp --purge head"));
            }
            let dialect = self.script.dialect(&migrations)?;
            let [range] = &self.targets[..] else {
                return Err(Failure::usage("a script stamps one target")
                    .help("write it as a range: cargo migrate stamp base:head --sql"));
            };
            return script::print(session, range, dialect, |target| migrations.stamp([target]));
        }
        let target = |text: &String| script::target_in(migrations.set(), text);
        let targets = self.targets.iter().map(target).collect::<Result<Vec<_>, _>>()?;
        let url = scene.url(session, &self.database)?;
        let set = migrations.set();
        self.schemas.check(&url, set)?;
        if self.purge {
            // The mark is the whole database's.
            let mut database = url.open(session, set, Access::Write)?;
            self.mark.guard(&mut database, url.dialect(), &set.settings.history, "purge")?;
        }
        self.schemas.each(session, &url, set, Heading::Talk, |session, url| {
            let mut database = url.open(session, set, Access::Write)?;
            let run = self.run.apply(migrations.stamp(targets.clone()).purge(self.purge));
            let report = run::run(session, run, &mut database)?;
            run::report(&mut session.output, &report, &[]);
            Ok(())
        })
    }
}
