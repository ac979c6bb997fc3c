//! The engine: decides what is done next, and never does it.
//!
//! A driver performs the [`Action`] that [`Engine::step`] returns and tells the [`Event`] that came of it. The engine
//! has no I/O, no clock and no async, so every failure can be tried without a database, and the sync and async drivers
//! share all decisions. A plan becomes a program of [`Operation`]s: each is one action; one that fails is followed by
//! the unwinding (roll back, restore the connection, put the database back, release the lock).

mod action;
mod backup;
mod failing;
mod functions;
mod journal;
mod kept;
mod lock;
mod planning;
mod pragmas;
mod program;
#[cfg(test)]
mod tests;
mod violations;
mod writing;

use std::borrow::Cow;
use std::time::Duration;

use revchain_core::Dialect;
use revchain_core::set::Set;

use crate::adoption::{History, Old};
use crate::error::{Error, ErrorKind, Named, Restored, Violation};
use crate::ledger::{Applied, Contents, DowngradeMatch, Ledger, State};
use crate::options::Options;
use crate::plan::{Plan, Request, StepSource};
use crate::report::{Done, Progress, Report};
use crate::sql::{Row, Sql};
pub(crate) use action::{Action, Event, Failure, Goal, Outcome};
use backup::{Backup, PutBack};
use functions::Functions;
pub(crate) use journal::{hashes, written};
use lock::Lock;
use pragmas::Pragmas;
use program::{Operation, Program, Read};
use violations::Violations;

/// The state machine of one run.
pub(crate) struct Engine<'s> {
    set: &'s Set,
    dialect: Dialect,
    goal: Goal,
    options: Options<'s>,
    ledger: Ledger<'s>,

    program: Program,
    /// What the driver is doing.
    current: Option<Operation>,
    error: Option<ErrorKind>,

    contents: Contents,
    rows: Vec<Applied>,
    /// What another tool's table says, where it is adopted.
    old: Old,
    plan: Plan,
    /// How many steps of the plan are recorded.
    recorded: usize,
    done: Vec<Done>,
    /// How many of `done` are committed.
    committed: usize,
    corrected: Vec<String>,

    in_transaction: bool,
    file_locked: bool,
    /// `PRAGMA data_version` when the ledger was read last inside a transaction.
    version: Option<i64>,
    version_read: Option<i64>,
    pragmas: Pragmas,
    violations: Violations,
    backup: Backup,
    functions: Functions,
    lock: Lock,
    /// How many steps of the plan were recorded at the last commit, and how often was tried again since.
    settled: usize,
    tries: u32,
    /// Whether a statement of a journaled step is done that is not committed yet.
    advanced: bool,

    /// Time since the run began, as the driver tells it.
    now: Duration,
    /// When the action was issued whose event came last.
    issued: Duration,
    step_began: Duration,
    waiting_since: Option<Duration>,
    pause: Duration,
}

/// The first pause before something busy is tried again; each next is half as long again.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

impl<'s> Engine<'s> {
    pub(crate) fn new(
        set: &'s Set,
        dialect: Dialect,
        application: Cow<'s, str>,
        goal: Goal,
        options: Options<'s>,
    ) -> Self {
        let mut ledger = Ledger::new(set, dialect, application);
        ledger.tag.clone_from(&options.tag);
        Self {
            set,
            dialect,
            goal,
            options,
            ledger,
            program: Program::default(),
            current: None,
            error: None,
            contents: Contents::new(set),
            rows: Vec::new(),
            old: Old::default(),
            plan: Plan::default(),
            recorded: 0,
            done: Vec::new(),
            committed: 0,
            corrected: Vec::new(),
            in_transaction: false,
            file_locked: false,
            version: None,
            version_read: None,
            pragmas: Pragmas::default(),
            violations: Violations::default(),
            backup: Backup::default(),
            functions: Functions::default(),
            lock: Lock::default(),
            settled: 0,
            tries: 0,
            advanced: false,
            now: Duration::ZERO,
            issued: Duration::ZERO,
            step_began: Duration::ZERO,
            waiting_since: None,
            pause: FIRST_PAUSE,
        }
    }

    /// Begins the run on a connection.
    pub(crate) fn start(&mut self, in_transaction: bool) -> Action<'s> {
        if in_transaction {
            self.error = Some(ErrorKind::OpenTransaction);
        } else {
            match self.dialect {
                Dialect::Postgres | Dialect::Mysql => {
                    self.prepend(&program::beginning_of_session());
                }
                Dialect::Sqlite => self.prepend(&program::beginning()),
            }
        }
        self.next()
    }

    /// Takes what came of the last action, `now` after the start, and returns the next.
    #[must_use]
    pub(crate) fn step(&mut self, event: Event, now: Duration) -> Action<'s> {
        self.issued = std::mem::replace(&mut self.now, now);
        match (event, self.current.take()) {
            (Event::Done { in_transaction }, Some(operation)) => {
                self.in_transaction = in_transaction;
                self.completed(operation);
            }
            (Event::Locked, Some(operation)) => self.wait_for(operation, None),
            (Event::Exists, Some(operation)) => self.name_in_use(operation),
            (Event::Failed(failure), Some(operation)) => self.failed(operation, failure),
            (_, None) => {}
        }
        self.next()
    }

    /// Takes a row of the query that is being done.
    pub(crate) fn row(&mut self, row: &dyn Row) {
        match &self.current {
            Some(Operation::Read(Read::Session)) => self.lock.session(row),
            Some(Operation::Read(Read::TryLock | Read::Claim)) => self.lock.answer(row),
            Some(Operation::Read(Read::Holder)) => self.lock.holder_row(row),
            Some(Operation::Read(Read::Lone(_))) => self.lock.lone(row),
            Some(Operation::Read(Read::Pragmas)) if self.is_on_server() => {
                self.lock.setting(row);
            }
            Some(Operation::Read(Read::Ledger)) => self.contents.row(self.set, self.dialect, row),
            Some(Operation::Read(Read::Rows)) => self.rows.extend(Applied::of(row)),
            Some(Operation::Read(Read::Past)) => self.old.past(row),
            Some(Operation::Read(Read::OldColumns)) => self.old.column(row),
            Some(Operation::Read(Read::OldRows)) => self.old.row(row),
            Some(Operation::Read(Read::Sequence)) => {
                self.contents.last_sequence = row.integer(0).unwrap_or(0);
            }
            Some(
                Operation::Read(Read::Version)
                | Operation::PutBack(PutBack::Look | PutBack::LookAgain),
            ) => self.version_read = row.integer(0),
            Some(Operation::Read(Read::Databases)) => self.backup.database(row),
            Some(Operation::Read(Read::Modes)) => self.backup.modes(row),
            Some(Operation::Read(Read::Pragmas)) => self.pragmas.row(row),
            Some(Operation::Read(Read::ForeignKeys)) => self.pragmas.confirm(row),
            Some(Operation::Read(Read::ViolatedKeys)) => self.violations.key(row),
            Some(Operation::Read(Read::Violations)) => self.violations.row(row),
            _ => {}
        }
    }

    /// Gives up, as a run must whose observer panics: what follows rolls back and restores.
    pub(crate) fn abandon(&mut self, in_transaction: bool) -> Action<'s> {
        self.in_transaction = in_transaction;
        self.stop(ErrorKind::Database {
            doing: "to go on",
            source: "the run was abandoned".into(),
        });
        self.next()
    }

    /// Returns what the run came to.
    pub(crate) fn outcome(mut self) -> Result<Outcome, Error> {
        self.done.truncate(self.committed);
        match self.error {
            Some(mut kind) => {
                let restored = self.backup.restored;
                if restored.as_ref().is_some_and(Restored::is_back) {
                    self.done.clear();
                    if let ErrorKind::Statement(failure) = &mut kind {
                        failure.kept = false;
                    }
                }
                Err(Error::new(kind, self.done).with_restored(restored))
            }
            None => Ok(Outcome {
                report: Report { steps: self.done, corrected: self.corrected },
                plan: self.plan,
                contents: self.contents,
                rows: self.rows,
            }),
        }
    }

    /// Takes operations from the program until one is an action.
    fn next(&mut self) -> Action<'s> {
        while let Some(operation) = self.program.next() {
            if let Some(action) = self.action(&operation) {
                self.current = Some(operation);
                return action;
            }
        }
        self.autocommit_as_before().unwrap_or(Action::Finish)
    }

    /// Returns what the driver does for an operation, or nothing where the engine alone acts.
    fn action(&mut self, operation: &Operation) -> Option<Action<'s>> {
        match operation {
            Operation::Consider => self.consider(),
            Operation::Confirm => self.confirm(),
            Operation::Read(read) => return self.read(*read).map(Action::Query),
            Operation::Own => return Some(Action::Own),
            Operation::Locked => self.locked(),
            Operation::CreateLock => return self.create_lock(),
            Operation::Claimed => self.claimed(),
            Operation::WaitForHolder => self.wait_for_holder_now(),
            Operation::Unlock { all } => return self.unlock(*all),
            Operation::Replan => self.replan(),
            Operation::Lone(journaled) => self.lone_known(*journaled),
            Operation::DropInvalid(journaled) => {
                return self.drop_invalid(journaled).map(execute);
            }
            Operation::MarkBegun(journaled) => {
                return Some(Action::Execute(self.mark_begun(journaled)));
            }
            Operation::MarkForeign(journaled) => {
                return Some(Action::Execute(self.not_begun(journaled)));
            }
            Operation::Alone(journaled) => return Some(Action::Execute(self.alone(journaled).0)),
            Operation::Noted(journaled) => return Some(Action::Execute(self.noted(journaled))),
            Operation::Revision(step) => return Some(Action::Execute(self.revision(*step).0)),
            Operation::Keep(step) => return Some(Action::Execute(self.keep(*step))),
            Operation::Forget => return self.forget(),
            Operation::LockFile if self.file_locked => {}
            Operation::LockFile => return Some(Action::LockFile),
            Operation::UnlockFile if !self.file_locked => {}
            Operation::UnlockFile => return Some(Action::UnlockFile),
            Operation::BeginReading => return Some(execute(Sql::plain("BEGIN"))),
            Operation::Copy => return self.copy(),
            Operation::DiscardCopy => return self.discard(),
            Operation::PutBack(step) => return self.put_back(*step),
            Operation::Begin => return Some(Action::Execute(self.begin())),
            Operation::Commit => return Some(execute(Sql::plain("COMMIT"))),
            Operation::Rollback if !self.in_transaction => {}
            Operation::Rollback => return Some(execute(Sql::plain("ROLLBACK"))),
            Operation::SetUp => {
                let statements = self.set_up();
                return (!statements.is_empty()).then_some(Action::Execute(statements));
            }
            Operation::RestoreSettings => return Some(Action::Execute(self.restore_settings())),
            Operation::AutocommitOn => return Some(execute(Sql::plain("SET autocommit = 1"))),
            Operation::CreateLedger if self.contents.exists => {}
            Operation::CreateLedger => return Some(Action::Execute(self.ledger.create().into())),
            Operation::ForeignKeysOff => return Some(Action::Execute(self.pragmas.off())),
            Operation::ForeignKeysAreOff(step) => {
                if !self.pragmas.are_off() {
                    let named = self.named(*step);
                    self.stop(ErrorKind::ForeignKeysStayOn(named));
                }
            }
            Operation::RestorePragmas if self.is_on_server() => return self.settings_as_before(),
            Operation::RestorePragmas => {
                let restore = self.pragmas.restore();
                return (!restore.is_empty()).then_some(Action::Execute(restore));
            }
            Operation::CompareViolations(step) => self.compare_violations(*step),
            Operation::ExplainCommit => {
                let violations = self.violations.gone();
                match self.violations.reason.take() {
                    Some(reason) if violations.is_empty() => self.refused("to commit", reason),
                    _ => self.stop(ErrorKind::ForeignKeys(violations)),
                }
            }
            Operation::Started(step) => {
                self.step_began = self.now;
                return self.tell_started(*step);
            }
            Operation::Finished => return self.tell_finished(),
            Operation::Statements(step) => {
                let statements = self.statements(*step);
                return (!statements.is_empty()).then_some(Action::Execute(statements));
            }
            Operation::MarkFunction => return Some(execute(self.mark_function())),
            Operation::Call(step) => return self.call(*step),
            Operation::EndFunction(_) => return Some(execute(self.end_function())),
            Operation::UndoFunction(_) => return Some(execute(self.undo_function())),
            Operation::ForgetFunction(step) => return Some(execute(self.forget_function(*step))),
            Operation::Record(step) => return Some(Action::Execute(self.record(*step))),
            Operation::Correct => return Some(Action::Execute(self.correct())),
            Operation::JournalOpen(step) => return Some(Action::Execute(self.journal_open(*step))),
            Operation::Journaled(journaled) => {
                return Some(Action::Execute(self.journaled(journaled)));
            }
            Operation::Resolve => return Some(Action::Execute(self.resolve())),
            Operation::Tell(progress) => {
                return self.options.observed.then(|| Action::Tell(progress.clone()));
            }
            Operation::Wait(pause) => return Some(Action::Wait(*pause)),
            Operation::TellWaiting(waited) => {
                return self.options.observed.then(|| Action::Tell(self.waiting(*waited)));
            }
        }
        None
    }

    fn read(&mut self, read: Read) -> Option<Sql<'s>> {
        match read {
            Read::Session => Some(self.session()),
            Read::TryLock => Some(self.try_lock()),
            Read::Claim => Some(self.claim()),
            Read::Holder => Some(self.read_holder()),
            Read::Lone(journaled) => Some(self.read_lone(&journaled)),
            Read::Ledger => {
                self.contents = Contents::new(self.set);
                self.rows.clear();
                self.contents.exists = !self.is_on_server() || self.ledger_exists();
                self.contents.exists.then(|| self.ledger.read())
            }
            Read::Rows => {
                self.rows.clear();
                self.needs_rows().then(|| self.ledger.read_whole())
            }
            Read::Past => {
                self.old = Old::default();
                let is_asked = self.options.adopt.is_some() && self.contents.exists;
                (is_asked && self.contents.is_empty()).then(|| self.ledger.read_past())
            }
            Read::OldColumns => {
                let history = self.options.adopt.filter(|_| self.contents.is_empty())?;
                if history == History::UserVersion {
                    self.old.stands_in(self.dialect);
                    return None;
                }
                Some(self.ledger.read_columns(history.table()))
            }
            Read::OldRows => {
                let history =
                    self.options.adopt.filter(|history| self.old.is_readable(*history))?;
                let table = self.ledger.place(history.table());
                let schema = self.ledger.quoted_schema();
                Some(Sql::plain(history.select(self.dialect, &table, &schema)))
            }
            Read::Sequence => self.contents.exists.then(|| self.ledger.read_sequence()),
            Read::Version => Some(self.ledger.version()),
            Read::Pragmas if self.is_on_server() => Some(self.read_settings()),
            Read::Pragmas => {
                let names = pragmas::touched(self.set, self.dialect, &self.plan);
                Some(self.pragmas.read(names))
            }
            Read::Databases => Some(self.databases()),
            Read::Modes => Some(backup::modes()),
            Read::ForeignKeys => Some(Sql::plain("PRAGMA foreign_keys")),
            Read::ViolatedKeys => {
                self.violations.begin();
                Some(violations::keys())
            }
            Read::Violations => self.violations.query(),
        }
    }

    /// Tells whether whole rows are needed: what is stored there, or who wrote it.
    fn needs_rows(&self) -> bool {
        // What is begun, or was applied in another form or place: the rows say how.
        let unlike = |known: &crate::ledger::Known| {
            known.state != State::Applied
                || !known.upgrade_matches
                || known.downgrade == DowngradeMatch::Other
        };
        match &self.goal {
            _ if !self.contents.exists => false,
            Goal::Look | Goal::Run(Request::Amend(_)) | Goal::Plan(Request::Amend(_)) => true,
            Goal::Run(request) | Goal::Plan(request) => {
                let goes_back =
                    !matches!(request, Request::Upgrade(_)) || !self.contents.is_current;
                let replaced = self.contents.has_replaced() && goes_back;
                replaced
                    || !self.contents.unknown.is_empty()
                    || self.contents.known.iter().flatten().any(unlike)
            }
        }
    }

    /// Tells whether a row says another state than the ledger's list had.
    fn rows_are_newer(&self) -> bool {
        for row in &self.rows {
            let place = self.set.place(&row.revision);
            let known = place.and_then(|place| self.contents.known[place as usize]);
            if known.is_some_and(|known| known.state != row.state) {
                return true;
            }
        }
        false
    }

    fn completed(&mut self, operation: Operation) {
        let was_waiting = self.waiting_since.is_some()
            && !matches!(
                operation,
                Operation::Wait(_)
                    | Operation::TellWaiting(_)
                    | Operation::Read(Read::Session | Read::TryLock | Read::Claim | Read::Holder)
            );
        if was_waiting {
            self.waiting_since = None;
            self.pause = FIRST_PAUSE;
        }
        match operation {
            Operation::Read(Read::Session) => self.session_known(),
            Operation::Unlock { all } => self.unlocked(all),
            Operation::Revision(step) => {
                self.contents.exists = true;
                self.recorded(step);
                self.settle();
            }
            Operation::Read(Read::Ledger) => self.contents.finish(self.set, self.dialect),
            // Somebody has written between the two questions: both are asked again.
            Operation::Read(Read::Rows) if self.rows_are_newer() => {
                let [ledger, rows, ..] = program::LEDGER;
                self.prepend(&[ledger, rows]);
            }
            Operation::Read(Read::Version) => {
                let changed = self.version.is_none() || self.version != self.version_read;
                self.version = self.version_read;
                if changed {
                    self.prepend(&program::reading_again());
                }
            }
            Operation::RestorePragmas => {
                self.pragmas = Pragmas::default();
                self.settings_forgotten();
            }
            Operation::LockFile => self.file_locked = true,
            Operation::UnlockFile => self.file_locked = false,
            Operation::CreateLedger => self.contents.exists = true,
            Operation::Record(step) => self.recorded(step),
            Operation::UndoFunction(step) => self.function_failed(step, false),
            Operation::Commit => {
                self.settle();
            }
            Operation::Journaled(_) => {
                self.advanced = true;
                self.backup.committed();
            }
            Operation::Noted(_) | Operation::Alone(_) => {
                if self.is_on_mysql() || matches!(operation, Operation::Noted(_)) {
                    self.tries = 0;
                }
                self.backup.committed();
            }
            Operation::Copy => self.copied(),
            Operation::DiscardCopy => self.backup.discarded(),
            Operation::Correct => self.plan.corrections.clear(),
            _ => {}
        }
    }

    /// What was done until now is committed.
    fn settle(&mut self) {
        // That a journaled step has begun, again, is no progress: its tries are counted on.
        if std::mem::take(&mut self.advanced) || self.committed < self.done.len() {
            self.tries = 0;
        }
        self.committed = self.done.len();
        self.settled = self.recorded;
        self.backup.committed();
    }

    fn compare_violations(&mut self, step: usize) {
        let new: Vec<Violation> = self.violations.new_ones();
        if !new.is_empty() {
            let revision = self.named(step);
            self.stop(ErrorKind::Rebuild { revision, violations: new });
        }
    }

    fn tell_started(&self, step: usize) -> Option<Action<'s>> {
        let planned = &self.plan.steps[step];
        self.options.observed.then(|| {
            Action::Tell(Progress::Started {
                revision: planned.id(self.set).to_owned(),
                message: planned.message(self.set).to_owned(),
                direction: planned.direction,
                step: step + 1,
                total: self.plan.steps.len(),
            })
        })
    }

    fn tell_finished(&self) -> Option<Action<'s>> {
        let done = self.done.last().filter(|_| self.options.observed)?;
        Some(Action::Tell(Progress::Finished(done.clone())))
    }

    fn waiting(&self, waited: Duration) -> Progress {
        Progress::Waiting { waited, holder: self.lock.holder.clone() }
    }

    fn named(&self, step: usize) -> Named {
        match &self.plan.steps[step].source {
            StepSource::Set(place) => Named::of(self.set, self.set.at(*place)),
            StepSource::Stored(stored) => Named::stored(&stored.row),
            StepSource::Row(id) => {
                Named { revision: id.clone(), message: String::new(), path: String::new() }
            }
        }
    }
}

fn execute(sql: Sql<'_>) -> Action<'_> {
    Action::Execute(vec![sql])
}
