//! `rebase`: puts revisions that are not published on another head.

use clap::Args;
use revchain::Report;
use revchain_core::Problem;
use revchain_core::check::State;
use serde_json::{Value, json};

use crate::along::{Along, Database};
use crate::chain::Chain;
use crate::exit::Exit;
use crate::failure::{Failure, done};
use crate::git::{self, Operation};
use crate::lockfile::{self, Beginning, LockEdit};
use crate::moves::{self, Found, Moves, Wanted};
use crate::output::counted;
use crate::project::Project;
use crate::published::Published;
use crate::relocation::Relocation;
use crate::run::{self, RunArguments};
use crate::session::Session;
use crate::url::DatabaseArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate rebase                          yours on the published head
  cargo migrate rebase --dry-run
  cargo migrate rebase --onto 3f2a
  cargo migrate rebase --onto 3f2a 9b1d         9b1d, and what stands on it
  cargo migrate rebase --no-database --yes

The line `revises` of the files is rewritten, and nothing else of them. In the middle of git's
merge or rebase a conflict in the lock is settled first; a database is left alone until git's
last commit. Then: git add migrations; git rebase --continue. For a merge: cargo migrate merge";

/// Put your unpublished revisions on another head: the way to a linear history
///
/// Yours is what is not sealed in the lock of the remote's main branch, whichever side of a conflict it is on. Branches and
/// merges of yours keep their shape; an empty merge that would join nothing any more is removed. This machine's database
/// is brought along as `amend` does it: the moved revisions are taken back and applied again, behind what the other
/// side brought. When something fails, files, lock and database are as they were.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Rebase {
    /// The revisions to move with what stands on them; else all of yours that branch off below the other head
    #[arg(value_name = "REVISION")]
    revisions: Vec<String>,
    /// The revision to stand on; else the published head
    #[arg(long, value_name = "REVISION")]
    onto: Option<String>,
    /// Show what would move, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Move published revisions as well, which every database that has them will notice
    #[arg(long, requires = "onto")]
    force: bool,
    /// Rewrite files and lock only
    #[arg(long)]
    no_database: bool,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    run: RunArguments,
}

/// Problems that a rebase cannot see past: what would move is not what was sealed, is not listed, or has no certain place.
const UNCERTAIN: [&str; 5] = [
    "edited-revision",
    "redundant-dependency",
    "removed-revision",
    "reparented-revision",
    "unlisted-revision",
];

impl Rebase {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        if !self.dry_run {
            lockfile::refuse_locked(session, &project)?;
        }
        let published = Published::of(session, &project)?;
        let (edit, beginning) = LockEdit::settled(session, &project, &published, true)?;
        let chain = Chain::of(edit.checked.clone())?;
        refuse_uncertain(&chain)?;
        let operation = Operation::of(session, &project);
        let goes_on = edit.is_changed() || operation.is_some();
        let (onto, named) = (self.onto.as_deref(), &self.revisions[..]);
        let wanted = Wanted { onto, revisions: named, force: self.force };
        let moves = match moves::find(&chain, &published, &wanted)? {
            Found::Moves(moves) => Some(moves),
            // The lock alone was to be settled, or an earlier call had begun; at a stop of git nothing may be to do.
            Found::Nothing(_) if goes_on && named.is_empty() && moves::are_meant(&chain) => None,
            Found::Nothing(reason) => return Err(reason),
        };
        let relocation = Relocation::of(&project, &chain, &edit, moves.as_ref())?;
        let plan = Plan { chain: &chain, moves: moves.as_ref(), beginning: &beginning };
        let database = self.open(session, &project, operation, &relocation)?;
        plan.say(session, self.dry_run);
        // What a rebased branch had sealed last, also of what git leaves out, as it does merges.
        let before = operation.and_then(|_| git::lock_before_rebase(session, &project));
        // What a side had sealed is what the database was made with; the new lock has it in its new place.
        let mut locks = vec![&edit.lock, &relocation.lock];
        locks.extend(&beginning.sides);
        locks.extend(&before);
        let dropped = moves.as_ref().map(|moves| chain.ids(&moves.dropped)).unwrap_or_default();
        let along = database.map(|database| Along::of(database, &dropped, &locks));
        let mut along = along.transpose()?;
        if let Some(along) = &mut along {
            along.say(session, self.dry_run, &self.run)?;
        }
        if self.dry_run {
            if session.output.is_json() {
                session.output.json(&plan.json(true, &relocation.sealed, None));
            }
            return Ok(());
        }
        if moves.is_some() && !self.yes {
            confirm(session)?;
        }
        let sealed = relocation.sealed.clone();
        let prepared = relocation.prepare()?;
        let report = match &mut along {
            Some(along) => along.run(session, &self.run)?,
            None => None,
        };
        prepared.put(edit).map_err(|failure| match &report {
            Some(report) if !report.is_empty() => failure
                .note("the database was brought along already")
                .help("once more: cargo migrate rebase"),
            _ => failure,
        })?;
        plan.report(session, &sealed, report.as_ref());
        if beginning.settled || operation.is_some() {
            git::say_next(session, &project);
        }
        Ok(())
    }

    fn open(
        &self,
        session: &mut Session<'_>,
        project: &Project,
        operation: Option<Operation>,
        relocation: &Relocation,
    ) -> Result<Option<Database>, Failure> {
        if self.no_database {
            return Ok(None);
        }
        if operation == Some(Operation::Rebase { more: true }) {
            session.output.say(
                "the database is left as it is until git's last commit; if git does not stop there: cargo migrate amend",
            );
            return Ok(None);
        }
        Database::open(session, project, &self.database, relocation)
    }
}

fn refuse_uncertain(chain: &Chain) -> Result<(), Failure> {
    let uncertain = |problem: &&Problem| UNCERTAIN.contains(&problem.code());
    let problems: Vec<Problem> = chain.checked.problems.iter().filter(uncertain).cloned().collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::problems(problems)) }
}

/// What will be done to files and lock.
struct Plan<'p> {
    chain: &'p Chain,
    moves: Option<&'p Moves>,
    beginning: &'p Beginning,
}

impl Plan<'_> {
    fn say(&self, session: &mut Session<'_>, dry_run: bool) {
        for note in &self.beginning.notes {
            session.output.warn(note, &[]);
        }
        if self.beginning.settled {
            session.output.plan(dry_run, "settle the lock from both sides of the conflict");
        }
        let Some(moves) = self.moves else { return };
        let chain = self.chain;
        let onto = format!("{} {}", chain.id(moves.onto), chain.revision(moves.onto).message);
        session.output.plan(dry_run, format_args!("rebase onto {onto}"));
        for (place, parents) in &moves.parents {
            let (id, message) = (chain.id(*place), &chain.revision(*place).message);
            let [from, to] = [chain.graph.parents(*place), parents].map(|ids| joined(chain, ids));
            session.output.plan(dry_run, format_args!("  {id} {message}: {from} -> {to}"));
        }
        for place in &moves.dropped {
            let (id, path) = (chain.id(*place), chain.path(*place));
            session.output.plan(
                dry_run,
                format_args!("  {id} would join nothing any more: {path} is removed"),
            );
        }
    }

    fn report(&self, session: &mut Session<'_>, sealed: &[String], report: Option<&Report>) {
        if session.output.is_json() {
            session.output.json(&self.json(false, sealed, report));
        }
        if self.beginning.settled {
            session.output.done("settled:", "the lock");
        }
        if let Some(moves) = self.moves {
            let count = counted(moves.parents.len(), "revision");
            let onto = self.chain.id(moves.onto);
            session.output.done("rebased:", format_args!("{count} onto {onto}"));
            if !sealed.is_empty() {
                session.output.done("sealed:", sealed.join(" "));
            }
        } else {
            session.output.say("nothing is to be moved");
        }
        if let Some(report) =
            report.filter(|report| !session.output.is_json() && !report.is_empty())
        {
            run::report(&mut session.output, report, &[]);
        }
    }

    fn json(&self, dry_run: bool, sealed: &[String], report: Option<&Report>) -> Value {
        let chain = self.chain;
        let moved = |(place, parents): (&u32, &Vec<u32>)| {
            let (from, to) = (chain.ids(chain.graph.parents(*place)), chain.ids(parents));
            let is_draft = chain.checked(*place).state == State::Draft;
            json!({
                "revision": chain.id(*place), "path": chain.path(*place),
                "from": from, "to": to, "draft": is_draft,
            })
        };
        let moves = self.moves;
        json!({
            "dry_run": dry_run,
            "settled": self.beginning.settled,
            "onto": moves.map(|moves| chain.id(moves.onto)),
            "moved": moves.map(|moves| moves.parents.iter().map(moved).collect::<Vec<_>>()).unwrap_or_default(),
            "removed": moves.map(|moves| chain.ids(&moves.dropped)).unwrap_or_default(),
            "sealed": sealed,
            "database": report.map(|report| report.steps.iter().map(done).collect::<Vec<_>>()),
        })
    }
}

fn joined(chain: &Chain, places: &[u32]) -> String {
    if places.is_empty() { "base".to_owned() } else { chain.ids(places).join(", ") }
}

fn confirm(session: &mut Session<'_>) -> Result<(), Failure> {
    if !(session.terminals.stdin && session.terminals.stderr) {
        return Ok(());
    }
    session.output.begin("go on? [y/N]");
    if session.is_answered_yes() {
        return Ok(());
    }
    session.output.say("nothing was done");
    Err(Failure::said(Exit::Failed))
}
