//! `status`: one screen.

use clap::Args;
use serde_json::Value;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::project::Project;
use crate::run;
use crate::scene::look_at;
use crate::screen::Screen;
use crate::session::Session;
use crate::url::DatabaseArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate status
  cargo migrate status --all
  cargo migrate status --json";

/// Show database, drafts, problems and the next command on one screen
///
/// Nothing is written, and no database file is made.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Status {
    /// Show every set at or below the current folder
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    database: DatabaseArguments,
}

impl Status {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let mut json = Vec::new();
        for (index, project) in Project::find_some(session, self.all)?.into_iter().enumerate() {
            let chain = Chain::of(project.read().1)?;
            let database = self.database(session, &project, &chain);
            let name = project.name().unwrap_or_default();
            let screen = Screen { name, folder: project.shown, chain, database };
            if session.output.is_json() {
                json.push(screen.json());
                continue;
            }
            if index > 0 {
                session.output.data("");
            }
            screen.print(&mut session.output);
        }
        if session.output.is_json() {
            let value = if self.all { Value::Array(json) } else { json.remove(0) };
            session.output.json(&value);
        }
        Ok(())
    }

    fn database(
        &self,
        session: &mut Session<'_>,
        project: &Project,
        chain: &Chain,
    ) -> Result<(String, revchain::Status), Failure> {
        let url = project.database_url(session, &self.database)?;
        let status = look_at(&url, session, &run::of_chain(chain)?)?;
        let absent = if url.is_absent(session) { " (not there yet)" } else { "" };
        Ok((format!("{url}{absent}"), status))
    }
}
