//! `amend`: the loop of development, one command an edit.

use clap::Args;
use revchain::{ErrorKind, Report};
use revchain_core::check::State;

use crate::chain::Chain;
use crate::database::Access;
use crate::failure::{Failure, What};
use crate::lockfile::LockEdit;
use crate::project::Project;
use crate::published::Published;
use crate::run::{self, BackupArguments, RunArguments};
use crate::sealing;
use crate::session::Session;
use crate::url::DatabaseArguments;
use crate::vouched::vouched;

const EXAMPLES: &str = "Examples:
  cargo migrate amend                   all that were edited
  cargo migrate amend 3f2a
  cargo migrate amend --from-file       take back with the file's downgrade, not the stored one

It takes them and what stands on them back, applies the files as they are now, and seals them
again. When it fails, lock and database are as they were: where no one transaction can hold it,
the database is copied first, and put back.";

/// Apply edited revisions again and seal them: one command an edit
///
/// They are taken back with the downgrade that the database stored, when its checksum is the lock's. A published seal is
/// changed with --force only; where file and lock agree, this database alone is brought along.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Amend {
    /// The revisions: ids, four or more characters of them, labels, or `head`; else all that were edited
    #[arg(value_name = "REVISION")]
    revisions: Vec<String>,
    /// Take back with the file's downgrade, not with the stored one
    #[arg(long)]
    from_file: bool,
    /// Change published seals
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    run: RunArguments,
    #[command(flatten)]
    backup: BackupArguments,
}

impl Amend {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let mut edit = LockEdit::begin(session, &project)?;
        let chain = Chain::of(edit.checked.clone())?;
        // Two heads are for `merge` or `rebase`, which want what is edited to be sealed first.
        let but = ["edited-revision", "reparented-revision", "multiple-heads", "multiple-bases"];
        if chain.checked.set_despite(&but).is_none() {
            let others = chain.checked.problems.iter().filter(|one| !but.contains(&one.code()));
            return Err(Failure::problems(others.cloned().collect()));
        }
        let url = project.database_url(session, &self.database)?;
        let named = chain.find_all(&self.revisions)?;
        let resealed: Vec<u32> = self.edited(&chain, &named);
        self.refuse_published(session, &project, &chain, &resealed)?;
        let migrations = run::of_chain(&chain)?;
        // Where there is no database yet, there is nothing to take back: the files are sealed.
        let access = if url.is_absent(session) { Access::Look } else { Access::WriteExisting };
        let mut database = url.open(session, &chain.set, access)?;
        run::refuse_marked(session, &project, &mut database, url.dialect())?;
        let status = database.current(&migrations)?;
        let mut amended = chain.ids(&resealed);
        let others = status.edited.iter().map(|one| one.revision.clone());
        let wanted = |id: &String| {
            self.revisions.is_empty() || named.iter().any(|place| chain.id(*place) == id)
        };
        amended.extend(others.filter(wanted));
        amended.sort_unstable();
        amended.dedup();
        let report = if amended.is_empty() {
            Report::default()
        } else {
            let sealed = vouched(&[&edit.lock], &status, url.dialect());
            let prepare = || {
                let run = migrations.amend(amended.clone(), sealed.clone());
                self.run.apply(run.from_file(self.from_file))
            };
            let run = self.backup.apply(session, &url, &mut database, prepare)?;
            run::run(session, run, &mut database).map_err(explained)?
        };
        // What was edited is sealed as it now is; so is a draft that the database has now.
        let after = database.current(&migrations)?;
        let has = |id: &str| after.applied.iter().any(|row| row.revision == id);
        let mut sealed = Vec::new();
        for place in 0..chain.len() {
            let one = chain.checked(place);
            let draft = one.state == State::Draft && has(chain.id(place));
            if resealed.contains(&place)
                || (draft && !after.edited.iter().any(|edited| edited.revision == chain.id(place)))
            {
                sealing::replace(&mut edit, one);
                sealed.push(chain.id(place).to_owned());
            }
        }
        edit.finish()?;
        run::report(&mut session.output, &report, &sealed);
        for id in chain.ids(&resealed).iter().filter(|id| !has(id)) {
            session.output.warn(
                format_args!("revision `{id}` is sealed, but not applied here"),
                &["apply it: cargo migrate upgrade"],
            );
        }
        Ok(())
    }

    /// Returns the revisions whose file is not what the lock sealed.
    fn edited(&self, chain: &Chain, named: &[u32]) -> Vec<u32> {
        let wanted = |place: &u32| self.revisions.is_empty() || named.contains(place);
        let edited = |place: &u32| chain.checked(*place).state == State::Edited;
        (0..chain.len()).filter(edited).filter(wanted).collect()
    }

    fn refuse_published(
        &self,
        session: &Session<'_>,
        project: &Project,
        chain: &Chain,
        resealed: &[u32],
    ) -> Result<(), Failure> {
        if self.force || resealed.is_empty() {
            return Ok(());
        }
        let published = Published::of(session, project)?;
        let Some(place) = resealed.iter().find(|place| published.has(chain.id(**place))) else {
            return Ok(());
        };
        let (id, path) = (chain.id(*place), chain.path(*place));
        Err(Failure::new(format!("revision `{id}` is published"))
            .note(published.reason())
            .help(format!("restore it: git restore {path}"))
            .help("and put the change in a new revision: cargo migrate new \"<what it does>\"")
            .help(format!("or change it for everybody: cargo migrate amend {id} --force")))
    }
}

/// Adds what `amend` can do about a downgrade that cannot be used.
fn explained(failure: Failure) -> Failure {
    let What::Run(error) = &failure.what else { return failure };
    match error.kind() {
        ErrorKind::StoredAltered(row) | ErrorKind::StoredIrreversible(row) => {
            Failure::with_exit(failure.exit, error.to_string())
                .help(format!(
                    "take it back with the file's downgrade: cargo migrate amend {} --from-file",
                    row.revision
                ))
                .help("or begin with a new database: cargo migrate upgrade")
        }
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
