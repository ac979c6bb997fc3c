//! `check`: all problems, as the compiler prints them.

use clap::Args;
use revchain_core::Dialect;
use revchain_core::check::State;
use revchain_schema::Difference;
use serde_json::{Value, json};

use crate::autogenerate;
use crate::chain::Chain;
use crate::exit::Exit;
use crate::failure::{Failure, problem};
use crate::lockfile;
use crate::output::counted;
use crate::project::Project;
use crate::published::resealed;
use crate::rehearsal::{Fault, rehearse};
use crate::session::Session;
use crate::verbs::diff::ScratchArguments;
use crate::verbs::drift::{brief, difference_json, words};

const EXAMPLES: &str = "Examples:
  cargo migrate check
  cargo migrate check --against origin/main     in CI: no published seal changed or went
  cargo migrate check --locked                  also report drafts
  cargo migrate check --downgrades              also take all back in a scratch database
  cargo migrate check --all --json

Exit code 3 when something was found.";

/// Report all problems, as the compiler does
///
/// Files and lock are looked at, never a live database. Where the project has a desired schema (`schema/*.sql`, structs, `command`),
/// what the revisions do not make of it yet is reported, for SQLite and for servers that `--scratch-url` or `scratch-url` in
/// `migrate.toml` names.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    /// Also report seals that this commit or branch has and that changed or went since
    #[arg(long, value_name = "REF")]
    against: Option<String>,
    /// Check every set at or below the current folder
    #[arg(long)]
    all: bool,
    /// Also apply all revisions in a scratch database, and take them back one by one
    #[arg(long)]
    downgrades: bool,
    #[command(flatten)]
    scratch: ScratchArguments,
}

impl Check {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let mut json = Vec::new();
        let mut found = Vec::new();
        let mut behind = Vec::new();
        let mut astray = Vec::new();
        let projects = match Project::named(session) {
            Some(project) => vec![project],
            None => Project::find_some(session, self.all)?,
        };
        for project in projects {
            let mut pending = Vec::new();
            let (folder, checked) = project.explained(session);
            let mut problems = checked.problems.clone();
            if let Some(reference) = &self.against {
                problems.extend(resealed(&project, &checked, reference)?);
            }
            let may_be_locked = checked.revisions.iter().any(|one| one.state == State::Draft);
            if may_be_locked && lockfile::locked(session, &project).is_some() {
                problems.extend(lockfile::drafts(&checked));
            }
            let revisions = folder.files.len();
            if problems.is_empty() {
                let named = self.scratch.named(Some(&project))?;
                for (dialect, differences) in autogenerate::pending(session, &project, &named)? {
                    pending.extend(differences.into_iter().map(|one| (dialect, one)));
                }
            }
            let mut faults = Vec::new();
            if self.downgrades && problems.is_empty() {
                let servers = self.scratch.servers(session, Some(&project))?;
                faults = rehearse(session, &Chain::of(checked)?, &servers)?;
            }
            if session.output.is_json() {
                let problems: Vec<Value> = problems.iter().map(problem).collect();
                let name = project.name();
                let pending: Vec<Value> = pending.iter().map(pending_json).collect();
                let mut value = json!({
                    "set": name, "folder": project.shown, "revisions": revisions, "problems": problems,
                    "pending": pending,
                });
                if self.downgrades {
                    value["downgrades"] = faults.iter().map(Fault::json).collect();
                }
                json.push(value);
            } else if problems.is_empty() && pending.is_empty() && faults.is_empty() {
                let rest = format!("{}: {}", project.shown, counted(revisions, "revision"));
                session.output.done("sound:", rest);
            }
            found.append(&mut problems);
            behind.append(&mut pending);
            astray.append(&mut faults);
        }
        if session.output.is_json() {
            let value = if self.all { Value::Array(json) } else { json.remove(0) };
            session.output.json(&value);
            return if found.is_empty() && behind.is_empty() && astray.is_empty() {
                Ok(())
            } else {
                Err(Failure::said(Exit::Problems))
            };
        }
        if !found.is_empty() {
            return Err(Failure::problems(found));
        }
        for fault in &astray {
            session.output.warn(fault.message(), &[&fault.help()]);
        }
        if behind.is_empty() {
            return match astray.len() {
                0 => Ok(()),
                1 => Err(Failure::with_exit(Exit::Problems, "1 downgrade does not lead back")),
                count => {
                    let message = format!("{count} downgrades do not lead back");
                    Err(Failure::with_exit(Exit::Problems, message))
                }
            };
        }
        let message = "the desired schema is not what the revisions make";
        let mut failure = Failure::with_exit(Exit::Problems, message)
            .help("write the revision: cargo migrate new --autogenerate MESSAGE");
        for of_dialect in behind.chunk_by(|(one, _), (other, _)| one == other) {
            let (dialect, several) = (of_dialect[0].0, of_dialect.len() < behind.len());
            let differences: Vec<_> = of_dialect.iter().map(|(_, one)| one.clone()).collect();
            for difference in brief(&differences).map(words) {
                let name = if several { format!("{dialect}: ") } else { String::new() };
                failure = failure.note(format!("{name}{difference}"));
            }
        }
        Err(failure)
    }
}

fn pending_json((dialect, difference): &(Dialect, Difference)) -> Value {
    let mut value = difference_json(difference);
    value["dialect"] = json!(dialect.name());
    value
}
