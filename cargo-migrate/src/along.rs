//! Brings this machine's database along when revisions move: takes them back, and applies them where they are now.

use std::collections::HashMap;

use revchain::cli::mark;
use revchain::{Applied, ErrorKind, Migrations, Report, Status};
use revchain_core::lock::Lock;
use revchain_core::{Checksum, Dialect};

use crate::chain::Chain;
use crate::database::{self, Access};
use crate::exit::Exit;
use crate::failure::{Failure, What};
use crate::output::counted;
use crate::project::Project;
use crate::relocation::Relocation;
use crate::run::{self, RunArguments};
use crate::session::Session;
use crate::url::DatabaseArguments;
use crate::vouched::vouched;

/// The database of this machine, with the set as it will be.
pub(crate) struct Database {
    migrations: Migrations,
    connection: database::Database,
    status: Status,
    dialect: Dialect,
}

impl Database {
    /// Opens the database that is to be brought along, or says why there is none.
    ///
    /// # Errors
    ///
    /// Its URL or its ledger cannot be understood.
    pub(crate) fn open(
        session: &mut Session<'_>,
        project: &Project,
        arguments: &DatabaseArguments,
        relocation: &Relocation,
    ) -> Result<Option<Self>, Failure> {
        let after = "bring it along afterwards: cargo migrate amend";
        let url = match project.database_url(session, arguments) {
            Ok(url) => url,
            Err(failure) if failure.exit == Exit::Failed => {
                let message = failure.message();
                session.output.say(format_args!("{message}: files and lock alone are rewritten"));
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        if url.is_absent(session) {
            session
                .output
                .say(format_args!("the database {url} is not there: nothing to bring along"));
            return Ok(None);
        }
        if relocation.problems() > 0 {
            let count = counted(relocation.problems(), "problem");
            session.output.warn(
                format_args!("the set has {count}: the database is left as it is"),
                &["see them: cargo migrate check", after],
            );
            return Ok(None);
        }
        let chain = Chain::of(relocation.checked.clone())?;
        let migrations = run::of_chain(&chain)?;
        let opened = url.open(session, &chain.set, Access::WriteExisting);
        let looked = opened.and_then(|mut connection| {
            let history = &migrations.set().settings.history;
            if let Some(mark) = mark::read(&mut connection, url.dialect(), history)? {
                let message = format!("the database is marked `{mark}`");
                return Err(Failure::with_exit(Exit::Usage, message));
            }
            let status = connection.current(&migrations)?;
            Ok((connection, status))
        });
        match looked {
            Ok((connection, status)) => {
                Ok(Some(Self { migrations, connection, status, dialect: url.dialect() }))
            }
            Err(failure) if failure.exit == Exit::TryAgain || failure.exit == Exit::Usage => {
                let message = failure.message();
                session.output.warn(format_args!("{message}: it is left as it is"), &[after]);
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}

/// What is done to the database.
pub(crate) struct Along {
    database: Database,
    amended: Vec<String>,
    sealed: HashMap<String, Checksum>,
}

impl Along {
    /// Finds out what is to be taken back and applied again; what was `dropped` from the set is taken back alone, as is
    /// what one of the `locks` has sealed and the set does not know any more.
    ///
    /// # Errors
    ///
    /// Something that nobody has sealed stands on what moves.
    pub(crate) fn of(
        database: Database,
        dropped: &[String],
        locks: &[&Lock],
    ) -> Result<Self, Failure> {
        let status = &database.status;
        let sealed = vouched(locks, status, database.dialect);
        let mut amended: Vec<String> =
            status.edited.iter().map(|one| one.revision.clone()).collect();
        for row in standing_on(&amended, status) {
            let is_gone = dropped.contains(&row.revision) || sealed.contains_key(&row.revision);
            if !is_gone {
                let (id, message) = (&row.revision, &row.message);
                let message =
                    format!("the database has `{id}` {message}, which this set does not know");
                return Err(Failure::with_exit(Exit::Unexpected, message)
                    .note("it stands there on what would move")
                    .help("bring its file back, or leave the database as it is: cargo migrate rebase --no-database")
                    .help("then: cargo migrate downgrade head --stored, and cargo migrate amend"));
            }
            amended.push(row.revision.clone());
        }
        Ok(Self { database, amended, sealed })
    }

    /// Shows what would be done to the database.
    ///
    /// # Errors
    ///
    /// It cannot be done.
    pub(crate) fn say(
        &mut self,
        session: &mut Session<'_>,
        dry_run: bool,
        arguments: &RunArguments,
    ) -> Result<(), Failure> {
        if self.amended.is_empty() {
            return Ok(());
        }
        let Self { database, amended, sealed } = self;
        let Database { migrations, connection, .. } = database;
        let run = arguments.apply(migrations.amend(amended.clone(), sealed.clone()));
        let plan = connection.plan(run).map_err(|error| explained(error.into()))?;
        let set = migrations.set();
        for step in &plan.steps {
            let (direction, id, message) = (step.direction, step.id(set), step.message(set));
            session.output.plan(dry_run, format_args!("  database: {direction} {id} {message}"));
        }
        Ok(())
    }

    /// Does it, all or nothing.
    ///
    /// # Errors
    ///
    /// What stopped the run.
    pub(crate) fn run(
        &mut self,
        session: &mut Session<'_>,
        arguments: &RunArguments,
    ) -> Result<Option<Report>, Failure> {
        if self.amended.is_empty() {
            return Ok(None);
        }
        let Self { database, amended, sealed } = self;
        let Database { migrations, connection, .. } = database;
        let run = arguments.apply(migrations.amend(amended.clone(), sealed.clone()));
        run::run(session, run, connection).map(Some).map_err(explained)
    }
}

/// Returns the rows that the set does not know and that stand, in the database, on revisions that are taken back.
fn standing_on<'s>(amended: &[String], status: &'s Status) -> Vec<&'s Applied> {
    let mut gone: Vec<&str> = amended.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    // Rows come in the order in which they were applied: what a row stands on stands before it.
    for row in &status.applied {
        let mut needs = row.parents.iter().chain(&row.dependencies);
        if needs.any(|id| gone.contains(&&**id)) && !gone.contains(&&*row.revision) {
            gone.push(&row.revision);
            let is_unknown = status.unknown.iter().any(|one| one.revision == row.revision);
            found.extend(is_unknown.then_some(row));
        }
    }
    found
}

/// Adds what helps where the database cannot be brought along.
fn explained(failure: Failure) -> Failure {
    let What::Run(error) = &failure.what else { return failure };
    match error.kind() {
        ErrorKind::StoredAltered(_) | ErrorKind::StoredIrreversible(_) => {
            Failure::with_exit(failure.exit, error.to_string())
                .help("rewrite files and lock alone: cargo migrate rebase --no-database")
                .help("then: cargo migrate amend --from-file, or begin with a new database: cargo migrate upgrade")
        }
        _ => failure,
    }
}
