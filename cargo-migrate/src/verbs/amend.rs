//! `amend`: the loop of development, one command an edit.

use std::collections::HashMap;

use clap::Args;
use revchain::cli::verbs::amend::{AmendArguments, written};
use revchain::{Migrations, Report};
use revchain_core::Checksum;
use revchain_core::check::State;

use crate::chain::Chain;
use crate::database::{Access, Database};
use crate::failure::Failure;
use crate::lockfile::LockEdit;
use crate::project::Project;
use crate::published::Published;
use crate::run;
use crate::sealing;
use crate::session::Session;
use crate::url::DatabaseUrl;
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
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Amend {
    #[command(flatten)]
    arguments: AmendArguments,
    /// Change published seals
    #[arg(long)]
    force: bool,
}

/// What is to be done, found before anything is.
struct Work<'p> {
    edit: LockEdit<'p>,
    chain: Chain,
    migrations: Migrations,
    url: DatabaseUrl,
    database: Database,
    /// The places of the revisions whose file is not what the lock sealed, and whose entry becomes what it is.
    resealed: Vec<u32>,
    /// The ids of the revisions to take back and apply.
    amended: Vec<String>,
    /// What the stored downgrades must be.
    sealed: HashMap<String, Checksum>,
}

impl Amend {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let mut work = self.begin(session, &project)?;
        let Work { url, database, migrations, amended, sealed, .. } = &mut work;
        let report = self.arguments.amend(session, url, database, migrations, amended, sealed)?;
        work.finish(session, Some(&report))
    }

    /// Lets a program that has the functions of revisions written in Rust take them back and apply them: `program` compiles
    /// and runs it, with words of ours besides its own, and tells whether it ended well. What was edited is a draft
    /// meanwhile, so that it compiles.
    pub(crate) fn run_by(
        &self,
        session: &mut Session<'_>,
        program: impl FnOnce(&mut Session<'_>, Vec<String>) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let mut work = self.begin(session, &project)?;
        let mut drafted = work.edit.lock.clone();
        for entry in &mut drafted.revisions {
            let one = work.edit.checked.revision(&entry.id);
            if let Some(one) = one.filter(|one| one.state == State::Edited) {
                entry.parents.clone_from(&one.parents);
                entry.seals.clear();
            }
        }
        work.edit.write_meanwhile(drafted)?;
        // On a marked database nothing went this far, unless it was allowed.
        let marked = session.globals.locked == Some(false);
        match program(session, written(&work.sealed, marked))? {
            true => work.finish(session, None),
            false => Ok(()),
        }
    }

    fn begin<'p>(
        &self,
        session: &mut Session<'_>,
        project: &'p Project,
    ) -> Result<Work<'p>, Failure> {
        let edit = LockEdit::begin(session, project)?;
        let chain = Chain::of(edit.checked.clone())?;
        // Two heads are for `merge` or `rebase`, which want what is edited to be sealed first.
        let but = ["edited-revision", "reparented-revision", "multiple-heads", "multiple-bases"];
        if chain.checked.set_despite(&but).is_none() {
            let others = chain.checked.problems.iter().filter(|one| !but.contains(&one.code()));
            return Err(Failure::problems(others.cloned().collect()));
        }
        let url = project.database_url(session, &self.arguments.database)?;
        let named = chain.find_all(&self.arguments.revisions)?;
        let resealed: Vec<u32> = self.edited(&chain, &named);
        self.refuse_published(session, project, &chain, &resealed)?;
        let migrations = run::of_chain(&chain)?;
        // Where there is no database yet, there is nothing to take back: the files are sealed.
        let access = if url.is_absent(session) { Access::Look } else { Access::WriteExisting };
        let mut database = url.open(session, &chain.set, access)?;
        run::refuse_marked(session, project, &mut database, url.dialect())?;
        let status = database.current(&migrations)?;
        let mut amended = chain.ids(&resealed);
        let others = status.edited.iter().map(|one| one.revision.clone());
        let wanted = |id: &String| self.is_for_all() || named.iter().any(|at| chain.id(*at) == id);
        amended.extend(others.filter(wanted));
        amended.sort_unstable();
        amended.dedup();
        let sealed = vouched(&[&edit.lock], &status, url.dialect());
        Ok(Work { edit, chain, migrations, url, database, resealed, amended, sealed })
    }

    fn is_for_all(&self) -> bool {
        self.arguments.revisions.is_empty()
    }

    /// Returns the revisions whose file is not what the lock sealed.
    fn edited(&self, chain: &Chain, named: &[u32]) -> Vec<u32> {
        let wanted = |place: &u32| self.is_for_all() || named.contains(place);
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

impl Work<'_> {
    /// Seals what was edited as it now is, and a draft that the database has now; prints what was done, unless a program
    /// that did it has.
    fn finish(self, session: &mut Session<'_>, report: Option<&Report>) -> Result<(), Failure> {
        let Self { mut edit, chain, migrations, mut database, resealed, .. } = self;
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
        match report {
            Some(report) => run::report(&mut session.output, report, &sealed),
            None if sealed.is_empty() => {}
            None => session.output.done("sealed:", sealed.join(" ")),
        }
        for id in chain.ids(&resealed).iter().filter(|id| !has(id)) {
            session.output.warn(
                format_args!("revision `{id}` is sealed, but not applied here"),
                &["apply it: cargo migrate upgrade"],
            );
        }
        Ok(())
    }
}
