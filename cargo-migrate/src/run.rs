//! What the verbs share that work on a database and have a folder: the set, and the seals afterwards.

use revchain::cli::mark;
use revchain::{Dialect, Migrations, State as RowState, Status};
use revchain_core::check::{Checked, State};
use revchain_core::lock::Seal;
use revchain_core::set::History;

use crate::chain::Chain;
use crate::database::Database;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lockfile::{self, LockEdit};
use crate::project::Project;
use crate::session::Session;

pub(crate) use revchain::cli::run::{RunArguments, report, run};

/// Who writes the ledger.
pub(crate) const APPLICATION: &str = concat!("cargo-migrate ", env!("CARGO_PKG_VERSION"));

/// Takes a checked folder for a run.
///
/// # Errors
///
/// The problems of the set.
pub(crate) fn migrations(checked: &Checked) -> Result<Migrations, Failure> {
    let set = checked.clone().into_set().map_err(Failure::problems)?;
    Ok(Migrations::new(set, APPLICATION))
}

/// Takes a checked set for a downgrade: what only the database knows goes by what it stored, whatever was edited.
///
/// # Errors
///
/// The set has problems that stand in the way.
pub(crate) fn migrations_to_take_back(
    checked: &Checked,
    target: &str,
    stored: bool,
) -> Result<Migrations, Failure> {
    let edited = ["edited-revision", "reparented-revision"];
    match checked.set_despite(&edited) {
        Some(set) if stored && ["head", "heads"].contains(&target) => {
            Ok(Migrations::new(set, APPLICATION))
        }
        _ => migrations(checked),
    }
}

/// Takes a chain for a look at a database, also while revisions have problems.
///
/// # Errors
///
/// The lock cannot be read: it says where the ledger is.
pub(crate) fn of_chain(chain: &Chain) -> Result<Migrations, Failure> {
    if chain.checked.lock.is_some() {
        return Ok(Migrations::new(chain.set.clone(), APPLICATION));
    }
    let message = "the lock cannot be read, and it says where the ledger is";
    Err(Failure::with_exit(Exit::Problems, message).help("see what is wrong: cargo migrate check"))
}

/// Refuses what would write the lock, on a database that bears a mark: `--locked` is the default there.
///
/// # Errors
///
/// It bears one, and nothing allows it.
pub(crate) fn refuse_marked(
    session: &Session<'_>,
    project: &Project,
    database: &mut Database,
    dialect: Dialect,
) -> Result<(), Failure> {
    if session.globals.locked == Some(false) {
        return Ok(());
    }
    let lock = project.read().1.lock;
    let history = lock.map_or_else(History::default, |lock| lock.settings.history);
    let Some(mark) = mark::read(database, dialect, &history)? else { return Ok(()) };
    Err(Failure::new(format!("this would seal drafts, and the database is marked `{mark}`"))
        .note("on a marked database `--locked` is the default: what is applied there is sealed before")
        .help("seal them first, when they are as they should be: cargo migrate seal")
        .help("or allow it here: --locked=false"))
}

/// Drafts as they were when the run began: what is sealed is what was applied, whatever is in the files by now.
#[derive(Clone, Debug)]
pub(crate) struct Drafts(Vec<(String, Vec<Seal>)>);

impl Drafts {
    /// Tells whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the drafts of a checked folder, and refuses them where nothing may write the lock.
    ///
    /// # Errors
    ///
    /// There are drafts, and the lock must stay as it is.
    pub(crate) fn of(
        session: &Session<'_>,
        project: &Project,
        checked: &Checked,
    ) -> Result<Self, Failure> {
        let drafts = checked.revisions.iter().filter(|one| one.state == State::Draft);
        let drafts = drafts.map(|one| (one.revision.id.to_string(), one.seals()));
        let drafts = Self(drafts.collect());
        if !drafts.0.is_empty() && lockfile::locked(session, project).is_some() {
            return Err(Failure::problems(lockfile::drafts(checked)));
        }
        Ok(drafts)
    }

    /// Seals those that the database has in the form in which they were read.
    ///
    /// # Errors
    ///
    /// The lock cannot be written.
    pub(crate) fn seal(
        self,
        session: &mut Session<'_>,
        project: &Project,
        status: &Status,
        dialect: Dialect,
    ) -> Result<Vec<String>, Failure> {
        let has = |(id, seals): &(String, Vec<Seal>)| {
            let row = status.applied.iter().find(|row| row.revision == *id);
            let seal = seals.iter().find(|seal| seal.dialect == dialect);
            row.zip(seal).is_some_and(|(row, seal)| {
                row.state == RowState::Applied
                    && seal.upgrade.checksum.is_written(&row.upgrade_checksum)
                    && seal.downgrade.checksum.is_written(&row.downgrade_checksum)
            })
        };
        let applied: Vec<_> = self.0.into_iter().filter(has).collect();
        if applied.is_empty() {
            return Ok(Vec::new());
        }
        let mut edit = LockEdit::begin(session, project)?;
        let mut sealed = Vec::new();
        for (id, seals) in applied {
            let entry = edit.lock.revisions.iter_mut().find(|entry| entry.id == id);
            if let Some(entry) = entry.filter(|entry| entry.is_draft()) {
                entry.seals = seals;
                sealed.push(id);
            }
        }
        edit.finish()?;
        Ok(sealed)
    }
}
