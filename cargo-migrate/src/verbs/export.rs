//! `export`: the revisions become migrations of another tool.

use std::path::PathBuf;

use clap::Args;
use revchain_core::{Dialect, Set};
use serde_json::json;

use crate::export::{self, Exported, Tool};
use crate::failure::Failure;
use crate::output::counted;
use crate::project::Project;
use crate::run;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate export --to sqlx old --dry-run
  cargo migrate export --to diesel db/diesel
  cargo migrate export --to dbmate db/migrations --dialect postgres --json

What came from the same tool gets its old version back. Branches are put into one line; a merge
that does nothing is left out.";

/// Write the revisions as files of another tool
///
/// For people who must leave: order, messages, dates, ways back and transactions carry over; checksums, checks, branches and
/// what is written in Rust do not. What wants a look is listed at the end.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Export {
    /// The tool that the files are for
    #[arg(long, value_name = "TOOL")]
    to: Tool,
    /// The folder of the new files, empty or not there yet
    #[arg(value_name = "FOLDER")]
    path: PathBuf,
    /// The database that they are for, where the set serves several
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Dialect>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

impl Export {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let migrations = run::migrations(&project.explained(session).1)?;
        let set = migrations.set();
        let dialect = self.dialect(set)?;
        let exported = self.to.export(set, dialect)?;
        let (folder, shown) = (session.folder.join(&self.path), self.path.display().to_string());
        if self.dry_run {
            export::refuse_filled(&folder, &shown)?;
        } else {
            export::write(&folder, &shown, &exported)?;
        }
        let merges = set.revisions.iter().filter(|one| export::is_merge(one, dialect)).count();
        self.report(session, &exported, is_line(set), merges);
        Ok(())
    }

    fn dialect(&self, set: &Set) -> Result<Dialect, Failure> {
        let dialects: Vec<Dialect> = set.settings.dialects.iter().collect();
        match (self.dialect, &dialects[..]) {
            (Some(dialect), _) if dialects.contains(&dialect) => Ok(dialect),
            (Some(dialect), _) => Err(Failure::usage(format!("the set does not serve {dialect}"))
                .help("see which it serves: cargo migrate set")),
            (None, [dialect]) => Ok(*dialect),
            (None, _) => Err(Failure::usage("the set serves several databases")
                .help("say which the files are for: --dialect postgres")),
        }
    }

    fn report(
        &self,
        session: &mut Session<'_>,
        exported: &[Exported],
        is_line: bool,
        merges: usize,
    ) {
        let paths = |one: &Exported| -> Vec<String> {
            one.files.iter().map(|(name, _)| format!("{}/{name}", self.path.display())).collect()
        };
        if session.output.is_json() {
            let one = |one: &Exported| {
                json!({
                    "revision": one.id,
                    "version": one.version,
                    "paths": paths(one),
                    "hand": one.hand,
                })
            };
            return session.output.json(&json!({
                "written": !self.dry_run,
                "line": is_line,
                "merges": merges,
                "exported": exported.iter().map(one).collect::<Vec<_>>(),
            }));
        }
        for path in exported.iter().flat_map(paths) {
            session.output.data(path);
        }
        let verb = if self.dry_run { "would export:" } else { "exported:" };
        session.output.done(verb, counted(exported.len(), "revision"));
        if !is_line {
            session.output.say("the revisions branch: they were put into one line");
        }
        if merges > 0 {
            let merges = counted(merges, "merge");
            session.output.say(format_args!("{merges} left out: nothing but the joining is in it"));
        }
        if exported.iter().any(|one| !one.hand.is_empty()) {
            session.output.say("a person has to look at:");
        }
        for one in exported {
            for hand in &one.hand {
                let path = paths(one).into_iter().next().unwrap_or_default();
                session.output.say(format_args!("  {path}: {hand}"));
            }
        }
    }
}

/// Tells whether each revision revises the one before it.
fn is_line(set: &Set) -> bool {
    set.revisions.iter().enumerate().all(|(place, revision)| match place.checked_sub(1) {
        None => revision.parents.is_empty(),
        Some(before) => revision.parents[..] == [before as u32],
    })
}
