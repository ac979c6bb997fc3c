//! `status`: one screen.

use clap::Args;
use revchain::cli::schemas::{Heading, SchemaArguments};
use serde_json::Value;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::project::Project;
use crate::run;
use crate::scene::look_at;
use crate::screen::Screen;
use crate::session::Session;
use crate::url::{DatabaseArguments, DatabaseUrl};

const EXAMPLES: &str = "Examples:
  cargo migrate status
  cargo migrate status --all
  cargo migrate status --schema 'tenant_*'
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
    #[command(flatten)]
    schemas: SchemaArguments,
}

impl Status {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        if self.schemas.are_named() {
            return self.in_schemas(session);
        }
        let mut json = Vec::new();
        for (index, project) in Project::find_some(session, self.all)?.into_iter().enumerate() {
            let chain = Chain::of(project.read().1)?;
            let url = project.database_url(session, &self.database);
            let database = url.and_then(|url| database(session, &url, &chain));
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

    /// One screen for each schema of the set's database.
    fn in_schemas(&self, session: &mut Session<'_>) -> Result<(), Failure> {
        self.schemas.refuse_beside(self.all, "--all", "name one set: -n NAME")?;
        let project = Project::find(session)?;
        let url = project.database_url(session, &self.database)?;
        let migrations = run::of_chain(&Chain::of(project.read().1)?)?;
        self.schemas.each(session, &url, migrations.set(), Heading::Data, |session, url| {
            let chain = Chain::of(project.read().1)?;
            let database = database(session, url, &chain)?;
            let name = project.name().unwrap_or_default();
            let folder = project.shown.clone();
            let screen = Screen { name, folder, chain, database: Ok(database) };
            if session.output.is_json() {
                let value = screen.json();
                session.output.json(&value);
            } else {
                screen.print(&mut session.output);
            }
            Ok(())
        })
    }
}

/// Reads where a database is, and how it is called on the screen.
fn database(
    session: &mut Session<'_>,
    url: &DatabaseUrl,
    chain: &Chain,
) -> Result<(String, revchain::Status), Failure> {
    let status = look_at(url, session, &run::of_chain(chain)?)?;
    let absent = if url.is_absent(session) { " (not there yet)" } else { "" };
    Ok((format!("{url}{absent}"), status))
}
