//! What a verb works with: the set, and how its database is found. The command has a folder, an application what was
//! compiled into it.

use crate::cli::chain::Chain;
use crate::cli::database::{Access, Database};
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::url::{DatabaseArguments, DatabaseUrl};
use crate::{Dialect, Migrations, Status};

/// The variable that holds the database's URL, where nothing else is said.
pub const VARIABLE: &str = "DATABASE_URL";

/// What a verb works with.
pub trait Scene {
    /// Returns the set for a run.
    ///
    /// # Errors
    ///
    /// It has problems.
    fn migrations(&mut self, session: &mut Session<'_>) -> Result<Migrations, Failure>;

    /// Returns the set for an upgrade, after which [`seal`](Self::seal) is called.
    ///
    /// # Errors
    ///
    /// It has problems, or what the upgrade would seal cannot be sealed.
    fn to_upgrade(&mut self, session: &mut Session<'_>) -> Result<Migrations, Failure> {
        self.migrations(session)
    }

    /// Returns the set for a downgrade to a target, of what was stored where that was asked for.
    ///
    /// # Errors
    ///
    /// It has problems that stand in the way.
    fn to_take_back(
        &mut self,
        session: &mut Session<'_>,
        target: &str,
        stored: bool,
    ) -> Result<Migrations, Failure> {
        let _ = (target, stored);
        self.migrations(session)
    }

    /// Returns the revisions to be listed, also while some have problems.
    ///
    /// # Errors
    ///
    /// It is not certain which there are.
    fn chain(&mut self, session: &mut Session<'_>) -> Result<Chain, Failure>;

    /// Returns the set of a chain, for a look at a database.
    ///
    /// # Errors
    ///
    /// It is not known where its ledger is.
    fn to_look(&mut self, chain: &Chain) -> Result<Migrations, Failure>;

    /// Finds the database.
    ///
    /// # Errors
    ///
    /// None is named, or its URL cannot be used.
    fn url(
        &self,
        session: &Session<'_>,
        arguments: &DatabaseArguments,
    ) -> Result<DatabaseUrl, Failure>;

    /// Looks at the database that an upgrade has opened, before anything runs.
    ///
    /// # Errors
    ///
    /// What the upgrade would seal must not be sealed on this one.
    fn opened(
        &mut self,
        session: &mut Session<'_>,
        database: &mut Database,
        dialect: Dialect,
    ) -> Result<(), Failure> {
        let _ = (session, database, dialect);
        Ok(())
    }

    /// Seals what an upgrade applied, and returns its ids.
    ///
    /// # Errors
    ///
    /// It cannot be written down.
    fn seal(
        &mut self,
        session: &mut Session<'_>,
        status: &Status,
        dialect: Dialect,
    ) -> Result<Vec<String>, Failure> {
        let _ = (session, status, dialect);
        Ok(Vec::new())
    }
}

/// A set that was compiled in.
pub struct Compiled<'m>(pub &'m Migrations);

impl Scene for Compiled<'_> {
    fn migrations(&mut self, _: &mut Session<'_>) -> Result<Migrations, Failure> {
        Ok(self.0.clone())
    }

    fn chain(&mut self, _: &mut Session<'_>) -> Result<Chain, Failure> {
        Ok(Chain::compiled(self.0.set()))
    }

    fn to_look(&mut self, _: &Chain) -> Result<Migrations, Failure> {
        Ok(self.0.clone())
    }

    fn url(
        &self,
        session: &Session<'_>,
        arguments: &DatabaseArguments,
    ) -> Result<DatabaseUrl, Failure> {
        let found = DatabaseUrl::find_any(session, arguments, VARIABLE)?;
        found.ok_or_else(|| DatabaseUrl::unnamed(VARIABLE, self.0.set().settings.dialects))
    }
}

/// Reads where the database of a scene is, and returns it with its URL.
///
/// # Errors
///
/// It is not named, cannot be reached, or its ledger cannot be read.
pub fn look(
    scene: &mut dyn Scene,
    session: &mut Session<'_>,
    chain: &Chain,
    arguments: &DatabaseArguments,
) -> Result<(DatabaseUrl, Status), Failure> {
    let url = scene.url(session, arguments)?;
    let status = look_at(&url, session, &scene.to_look(chain)?)?;
    Ok((url, status))
}

/// Reads where a database is.
///
/// # Errors
///
/// It cannot be reached, or its ledger cannot be read.
pub fn look_at(
    url: &DatabaseUrl,
    session: &mut Session<'_>,
    migrations: &Migrations,
) -> Result<Status, Failure> {
    Ok(url.open(session, migrations.set(), Access::Look)?.current(migrations)?)
}
