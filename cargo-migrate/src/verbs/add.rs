//! `add`: lists files that were written by hand.

use std::path::PathBuf;

use clap::Args;
use revchain_core::Problem;
use revchain_core::check::State;
use revchain_core::lock::Entry;
use serde_json::json;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::lockfile::LockEdit;
use crate::project::Project;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate add migrations/20260118_0530_3f2a9c1b7d04_users.sql
  cargo migrate add migrations/*.sql

A file begins with `-- <message>`, `-- revision: <id>` and `-- revises: <parent>`, or `base`;
one in Rust with the same behind `//!`.";

/// List revision files that were written by hand
///
/// Each becomes a draft in the lock; what is listed already stays as it is.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Add {
    /// Files of the migrations folder
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

impl Add {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let mut edit = LockEdit::begin(session, &project)?;
        let paths = self.paths(session, &project, &edit)?;
        let shown = |path: &String| format!("{}/{path}", project.shown);
        let own = |problem: &&Problem| {
            problem.code() != "unlisted-revision"
                && paths.iter().any(|path| problem.place.path == shown(path))
        };
        let broken: Vec<Problem> = edit.checked.problems.iter().filter(own).cloned().collect();
        let is_form = |problem: &Problem| problem.code().starts_with("malformed-header");
        if broken.iter().any(is_form) {
            return Err(Failure::problems(broken));
        }
        let chain = Chain::of(edit.checked.clone())?;
        let mut added = Vec::new();
        for place in 0..chain.len() {
            let one = chain.checked(place);
            let wanted = paths.iter().any(|path| *path == one.revision.path);
            if !wanted || one.state != State::Unlisted {
                continue;
            }
            let listed = |id: &String| edit.lock.entry(id).is_some();
            if let Some(parent) = one.parents.iter().find(|parent| !listed(parent)) {
                let parent = chain.find(parent)?;
                let path = chain.path(parent);
                return Err(Failure::new(format!(
                    "revision `{}` revises `{}`, which is not in the lock",
                    chain.id(place),
                    chain.id(parent)
                ))
                .help(format!("add it as well: cargo migrate add {path} {}", chain.path(place))));
            }
            let id = one.revision.id.to_string();
            edit.lock.revisions.push(Entry::draft(id.clone(), one.parents.clone()));
            added.push((id, chain.path(place)));
        }
        edit.finish()?;
        if session.output.is_json() {
            let added = added.iter().map(|(id, path)| json!({"revision": id, "path": path}));
            session.output.json(&added.collect());
        } else if added.is_empty() {
            session.output.say("nothing to add: the lock lists them already");
        } else {
            added.iter().for_each(|(id, path)| {
                session.output.done("listed:", format_args!("{id} ({path})"));
            });
        }
        Ok(())
    }

    /// Finds the named files among those of the folder.
    fn paths(
        &self,
        session: &Session<'_>,
        project: &Project,
        edit: &LockEdit<'_>,
    ) -> Result<Vec<String>, Failure> {
        let whole = |path: &PathBuf| path.canonicalize().ok();
        let folder = whole(&project.path).unwrap_or_else(|| project.path.clone());
        let mut paths = Vec::new();
        for file in &self.files {
            let path = session.folder.join(file);
            let shown = file.display();
            let Some(path) = whole(&path) else {
                return Err(Failure::usage(format!("the file {shown} is not there"))
                    .help(format!("files of the set lie in {}", project.shown)));
            };
            let Ok(inner) = path.strip_prefix(&folder) else {
                return Err(Failure::usage(format!(
                    "the file {shown} is not in {}",
                    project.shown
                ))
                .help(format!("move it there: mv {shown} {}/", project.shown)));
            };
            let inner = inner.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
            if !edit.folder.files.iter().any(|file| file.path == inner) {
                return Err(Failure::usage(format!("{shown} is not a revision's file")).note(
                    "a revision's file ends in `.sql` or `.rs`, and its name does not begin with `.` or `#`",
                ));
            }
            paths.push(inner);
        }
        Ok(paths)
    }
}
