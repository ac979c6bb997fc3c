//! The folder as the database's verbs see it, which are those of an application too.

use revchain::cli::scene::Scene;
pub(crate) use revchain::cli::scene::look_at;
use revchain::{Dialect, Migrations, Status};

use crate::chain::Chain;
use crate::database::Database;
use crate::failure::Failure;
use crate::project::Project;
use crate::run::{self, Drafts};
use crate::session::Session;
use crate::url::{DatabaseArguments, DatabaseUrl};

/// The set of a folder.
pub(crate) struct FolderScene {
    project: Project,
    /// What an upgrade is to seal.
    drafts: Option<Drafts>,
}

impl FolderScene {
    /// Finds the set of this call.
    ///
    /// # Errors
    ///
    /// There is none, or there are several.
    pub(crate) fn find(session: &Session<'_>) -> Result<Self, Failure> {
        Ok(Self { project: Project::find(session)?, drafts: None })
    }
}

impl Scene for FolderScene {
    fn migrations(&mut self, session: &mut Session<'_>) -> Result<Migrations, Failure> {
        run::migrations(&self.project.explained(session).1)
    }

    fn to_upgrade(&mut self, session: &mut Session<'_>) -> Result<Migrations, Failure> {
        let (_, checked) = self.project.explained(session);
        let migrations = run::migrations(&checked)?;
        self.drafts = Some(Drafts::of(session, &self.project, &checked)?);
        Ok(migrations)
    }

    fn to_take_back(
        &mut self,
        session: &mut Session<'_>,
        target: &str,
        stored: bool,
    ) -> Result<Migrations, Failure> {
        run::migrations_to_take_back(&self.project.explained(session).1, target, stored)
    }

    fn chain(&mut self, _: &mut Session<'_>) -> Result<Chain, Failure> {
        Chain::of(self.project.read().1)
    }

    fn to_look(&mut self, chain: &Chain) -> Result<Migrations, Failure> {
        run::of_chain(chain)
    }

    fn url(
        &self,
        session: &Session<'_>,
        arguments: &DatabaseArguments,
    ) -> Result<DatabaseUrl, Failure> {
        self.project.database_url(session, arguments)
    }

    fn opened(
        &mut self,
        session: &mut Session<'_>,
        database: &mut Database,
        dialect: Dialect,
    ) -> Result<(), Failure> {
        match &self.drafts {
            Some(drafts) if !drafts.is_empty() => {
                run::refuse_marked(session, &self.project, database, dialect)
            }
            _ => Ok(()),
        }
    }

    fn seal(
        &mut self,
        session: &mut Session<'_>,
        status: &Status,
        dialect: Dialect,
    ) -> Result<Vec<String>, Failure> {
        match self.drafts.take() {
            Some(drafts) => drafts.seal(session, &self.project, status, dialect),
            None => Ok(Vec::new()),
        }
    }
}
