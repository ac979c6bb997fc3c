//! `amend` where the functions are: what `cargo migrate amend` lets the project's own binary do.

use std::collections::HashMap;

use clap::Args;
use revchain_core::Checksum;

use crate::cli::database::{Access, Database};
use crate::cli::failure::{Failure, What};
use crate::cli::mark;
use crate::cli::run::{self, BackupArguments, RunArguments};
use crate::cli::scene::Scene;
use crate::cli::session::Session;
use crate::cli::url::{DatabaseArguments, DatabaseUrl};
use crate::{ErrorKind, Migrations, Report};

/// Which revisions are amended, on which database, and how.
#[derive(Args, Clone, Debug)]
pub struct AmendArguments {
    /// The revisions: ids, four or more characters of them, labels, or `head`; else all that were edited
    #[arg(value_name = "REVISION")]
    pub revisions: Vec<String>,
    /// Take back with the file's downgrade, not with the stored one
    #[arg(long)]
    pub from_file: bool,
    #[command(flatten)]
    pub database: DatabaseArguments,
    #[command(flatten)]
    run: RunArguments,
    #[command(flatten)]
    backup: BackupArguments,
}

impl AmendArguments {
    /// Takes revisions back and applies them again; the downgrade of a row that is `sealed` must have that checksum.
    ///
    /// # Errors
    ///
    /// What stopped the run.
    pub fn amend(
        &self,
        session: &mut Session<'_>,
        url: &DatabaseUrl,
        database: &mut Database,
        migrations: &Migrations,
        revisions: &[String],
        sealed: &HashMap<String, Checksum>,
    ) -> Result<Report, Failure> {
        if revisions.is_empty() {
            return Ok(Report::default());
        }
        let prepare = || {
            let run = migrations.amend(revisions.to_vec(), sealed.clone());
            self.run.apply(run.from_file(self.from_file))
        };
        let run = self.backup.apply(session, url, database, prepare)?;
        run::run(session, run, database).map_err(explained)
    }
}

/// Adds what `amend` can do about a downgrade that cannot be used.
fn explained(failure: Failure) -> Failure {
    let What::Run(error) = &failure.what else { return failure };
    match error.kind() {
        ErrorKind::StoredAltered(row)
        | ErrorKind::StoredIrreversible(row)
        | ErrorKind::StoredRust(row) => Failure::with_exit(failure.exit, error.to_string())
            .help(format!(
                "take it back with the file's downgrade: cargo migrate amend {} --from-file",
                row.revision
            ))
            .help("or begin with a new database: cargo migrate upgrade"),
        ErrorKind::Ahead(unknown) => {
            let named: Vec<String> =
                unknown.iter().map(|one| format!("`{}` {}", one.revision, one.message)).collect();
            let named = named.join(", ");
            let message = format!("the database has {named}, which this set does not know");
            Failure::with_exit(failure.exit, message)
                .note("it stands there on what would be taken back")
                .help("take it back first: cargo migrate downgrade head --stored")
                .help("or bring its file back")
        }
        _ => failure,
    }
}

/// Apply edited revisions again; `cargo migrate amend` calls it, and seals them.
#[derive(Args, Debug)]
pub struct Amend {
    #[command(flatten)]
    arguments: AmendArguments,
    /// The checksum that the stored downgrade of a revision must have
    #[arg(long, value_name = "REVISION=CHECKSUM", value_parser = sealed)]
    sealed: Vec<(String, Checksum)>,
    /// Also on a database that bears a mark
    #[arg(long)]
    marked: bool,
}

impl Amend {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let Self { arguments, sealed, marked } = self;
        let migrations = scene.migrations(session)?;
        let chain = scene.chain(session)?;
        let named = chain.ids(&chain.find_all(&arguments.revisions)?);
        let url = scene.url(session, &arguments.database)?;
        let mut database = url.open(session, migrations.set(), Access::WriteExisting)?;
        let history = &migrations.set().settings.history;
        if let (false, Some(mark)) = (marked, mark::read(&mut database, url.dialect(), history)?) {
            return Err(Failure::new(format!(
                "the database is marked `{mark}`: no amend by mistake"
            ))
            .help("put the change in a new revision: cargo migrate new \"<what it does>\""));
        }
        let edited = database.current(&migrations)?.edited.into_iter().map(|one| one.revision);
        let wanted = |id: &String| arguments.revisions.is_empty() || named.contains(id);
        let edited: Vec<String> = edited.filter(wanted).collect();
        let sealed = sealed.into_iter().collect();
        let report =
            arguments.amend(session, &url, &mut database, &migrations, &edited, &sealed)?;
        run::report(&mut session.output, &report, &[]);
        Ok(())
    }
}

/// Reads a revision's id and a checksum, as [`written`] writes them.
fn sealed(text: &str) -> Result<(String, Checksum), String> {
    let (id, checksum) = text.split_once('=').ok_or("an id, `=` and a checksum are wanted")?;
    let checksum = checksum.parse().map_err(|error| format!("{error}"))?;
    Ok((id.to_owned(), checksum))
}

/// Returns the words that say which checksums stored downgrades must have, and whether a mark is no matter.
#[must_use]
pub fn written(sealed: &HashMap<String, Checksum>, marked: bool) -> Vec<String> {
    let sealed = sealed.iter().map(|(id, checksum)| format!("--sealed={id}={checksum}"));
    sealed.chain(marked.then(|| "--marked".to_owned())).collect()
}
