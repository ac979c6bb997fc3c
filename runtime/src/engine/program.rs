//! The program of a run: the operations that a plan becomes.

use std::time::Duration;

use revchain_core::Dialect;

use super::backup::PutBack;
use super::journal::Journaled;
use super::{Engine, pragmas};
use crate::options::Transactions;
use crate::plan::Request;
use crate::report::Progress;

/// The operations that are left to do, the next one last.
#[derive(Debug, Default)]
pub(super) struct Program(Vec<Operation>);

impl Program {
    /// Makes a program of operations in their order.
    pub(super) fn of(mut operations: Vec<Operation>) -> Self {
        operations.reverse();
        Self(operations)
    }

    /// Takes the next operation.
    pub(super) fn next(&mut self) -> Option<Operation> {
        self.0.pop()
    }

    /// Puts operations, in their order, before all others.
    pub(super) fn prepend(&mut self, operations: &[Operation]) {
        let mut left = operations.len();
        while left > 0 {
            left -= 1;
            self.0.push(operations[left].clone());
        }
    }
}

/// One thing to do; most are one action of the driver.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// Plan, and put the plan's program in place.
    Consider,
    /// Plan again, and go on only if nothing has changed.
    Confirm,
    /// Ask the database.
    Read(Read),
    LockFile,
    UnlockFile,
    /// A server: keep the session.
    Own,
    /// Look at the answer to the question for the lock of the session.
    Locked,
    CreateLock,
    /// Look at the answer to the question for the lock's row.
    Claimed,
    /// Wait for whoever has the lock.
    WaitForHolder,
    /// Give the lock back; `all`: also what a dropped run has left on the session.
    Unlock {
        all: bool,
    },
    /// Plan anew, after what met a lock was rolled back.
    Replan,
    Begin,
    /// Begin a transaction that only reads.
    BeginReading,
    Commit,
    Rollback,
    /// Take a copy of the database.
    Copy,
    /// Remove it.
    DiscardCopy,
    /// Put the database back as the copy has it.
    PutBack(PutBack),
    CreateLedger,
    /// MySQL: set what holds for all statements of the run.
    SetUp,
    /// MySQL: put back what the revision has changed, before anything else is written.
    RestoreSettings,
    /// MySQL: let no statement open a transaction by itself.
    AutocommitOn,
    ForeignKeysOff,
    ForeignKeysAreOff(usize),
    RestorePragmas,
    CompareViolations(usize),
    ExplainCommit,
    /// A step begins.
    Started(usize),
    /// The last step is done.
    Finished,
    /// All statements of a step, inside the transaction.
    Statements(usize),
    /// Around the function of a revision written in Rust: a savepoint, the call, and the savepoint's end.
    MarkFunction,
    Call(usize),
    EndFunction(usize),
    /// What a function that failed has done, and what the ledger says of it.
    UndoFunction(usize),
    ForgetFunction(usize),
    /// The step's ledger row and event.
    Record(usize),
    /// Replace stored downgrades that were corrected.
    Correct,
    /// Write that a step without a transaction begins.
    JournalOpen(usize),
    /// One statement of such a step.
    Journaled(Journaled),
    /// What is left of a lone statement, which is looked at before it is run.
    Lone(Journaled),
    /// Remove the index that it has left half made.
    DropInvalid(Journaled),
    MarkBegun(Journaled),
    /// It has done nothing: what it should make is there, and another's, or it was refused.
    MarkForeign(Journaled),
    /// A lone statement; on MySQL with its notes.
    Alone(Journaled),
    Noted(Journaled),
    /// A step whole, as one message.
    Revision(usize),
    /// PostgreSQL: prepare what such messages repeat, in the words of a step; and undo it.
    Keep(usize),
    Forget,
    /// Settle a half-done revision.
    Resolve,
    Tell(Progress),
    Wait(Duration),
    TellWaiting(Duration),
}

/// What is asked of the database.
#[derive(Clone, Copy, Debug)]
pub(super) enum Read {
    /// A server: what every run begins with.
    Session,
    /// For the lock of the session, and for the lock's row.
    TryLock,
    Claim,
    Holder,
    /// What a lone statement has left.
    Lone(Journaled),
    /// The ledger's ids and checksums.
    Ledger,
    /// The ledger's rows, whole, where they are needed.
    Rows,
    /// Where another tool's history is adopted: whether the ledger, which is empty, ever had a row; then the columns of the
    /// tool's table, and its rows.
    Past,
    OldColumns,
    OldRows,
    /// The number of the ledger's last row.
    Sequence,
    /// Whether others have committed since.
    Version,
    /// The connection's settings.
    Pragmas,
    /// Whether foreign keys are on.
    ForeignKeys,
    /// Which foreign keys are violated.
    ViolatedKeys,
    /// The rows that violate them.
    Violations,
    /// The databases of the connection.
    Databases,
    /// How the connection keeps its journal and its locks.
    Modes,
}

impl Operation {
    /// Returns what is tried, for an error: "the database refused …".
    pub(super) const fn doing(&self) -> &'static str {
        match self {
            Self::Read(
                Read::Ledger
                | Read::Rows
                | Read::Past
                | Read::Sequence
                | Read::Version
                | Read::Lone(_),
            ) => "to read the ledger",
            Self::Read(Read::OldColumns | Read::OldRows) => "to read the table of another tool",
            Self::Read(Read::ViolatedKeys | Read::Violations) => "to check its foreign keys",
            Self::Read(Read::Pragmas | Read::ForeignKeys | Read::Databases | Read::Modes) => {
                "to read its settings"
            }
            Self::Read(Read::Session) => "to answer",
            Self::Read(Read::TryLock | Read::Claim | Read::Holder)
            | Self::Locked
            | Self::Claimed
            | Self::WaitForHolder
            | Self::CreateLock
            | Self::Unlock { .. } => "for the run lock",
            Self::LockFile | Self::UnlockFile => "to lock its file",
            Self::Copy | Self::DiscardCopy => "to copy the database",
            Self::PutBack(_) => "to put the database back",
            Self::Begin | Self::BeginReading => "to begin a transaction",
            Self::Commit => "to commit",
            Self::MarkFunction => "a savepoint",
            Self::Rollback => "to roll back",
            Self::CreateLedger => "to make the ledger",
            Self::ForeignKeysOff
            | Self::ForeignKeysAreOff(_)
            | Self::RestorePragmas
            | Self::SetUp
            | Self::RestoreSettings
            | Self::AutocommitOn => "to change its settings",
            _ => "to write the ledger",
        }
    }

    /// Returns the step that the operation is a part of.
    pub(super) const fn step(&self) -> Option<usize> {
        match self {
            Self::Statements(step)
            | Self::Record(step)
            | Self::JournalOpen(step)
            | Self::Revision(step) => Some(*step),
            Self::Journaled(journaled)
            | Self::Lone(journaled)
            | Self::Read(Read::Lone(journaled))
            | Self::DropInvalid(journaled)
            | Self::MarkBegun(journaled)
            | Self::MarkForeign(journaled)
            | Self::Alone(journaled)
            | Self::Noted(journaled) => Some(journaled.step),
            _ => None,
        }
    }

    /// Tells whether the operation has done nothing when it was busy.
    pub(super) const fn can_be_repeated(&self) -> bool {
        matches!(self, Self::Read(_) | Self::Begin | Self::Commit | Self::Copy)
    }
}

/// What every run begins with: one question, and nothing written.
pub(super) fn beginning() -> [Operation; 6] {
    let [ledger, rows, past, columns, old] = LEDGER;
    [ledger, rows, past, columns, old, Operation::Consider]
}

/// What is read before every plan; of another tool's table only where it is adopted.
pub(super) const LEDGER: [Operation; 5] = [
    Operation::Read(Read::Ledger),
    Operation::Read(Read::Rows),
    Operation::Read(Read::Past),
    Operation::Read(Read::OldColumns),
    Operation::Read(Read::OldRows),
];

/// What follows a begin when others may have committed.
pub(super) fn reading_again() -> [Operation; 7] {
    let [ledger, rows, past, columns, old] = LEDGER;
    [ledger, rows, past, columns, old, Operation::Read(Read::Sequence), Operation::Confirm]
}

/// What every run on a server begins with.
pub(super) fn beginning_of_session() -> [Operation; 7] {
    let [ledger, rows, past, columns, old] = LEDGER;
    [Operation::Read(Read::Session), ledger, rows, past, columns, old, Operation::Consider]
}

/// What follows the taking of a server's run lock, and any rollback under it.
pub(super) fn session_again(last: Operation) -> [Operation; 8] {
    let [ledger, rows, past, columns, old] = LEDGER;
    let session = Operation::Read(Read::Session);
    [session, ledger, rows, past, columns, old, Operation::Read(Read::Sequence), last]
}

/// What follows a commit that was refused: the rows that are wrong with the transaction and not without it.
pub(super) fn explaining_commit() -> [Operation; 6] {
    [
        Operation::Read(Read::ViolatedKeys),
        Operation::Read(Read::Violations),
        Operation::Rollback,
        Operation::Read(Read::ViolatedKeys),
        Operation::Read(Read::Violations),
        Operation::ExplainCommit,
    ]
}

/// What every run that stops ends with.
pub(super) fn unwinding(putting_back: &[Operation]) -> Program {
    let mut program = Program::default();
    let lock = [Operation::UnlockFile, Operation::Forget, Operation::Unlock { all: false }];
    program.prepend(&lock);
    program.prepend(putting_back);
    program.prepend(&[Operation::Rollback, Operation::RestorePragmas]);
    program
}

impl Engine<'_> {
    /// Turns the plan into operations.
    pub(super) fn compile(&self) -> Program {
        let mut program: Vec<Operation> = Vec::new();
        let resolving = matches!(&self.goal, super::Goal::Run(Request::Resolve { .. }));
        let ensuring =
            !self.contents.exists && matches!(&self.goal, super::Goal::Run(Request::EnsureLedger));
        if self.plan.is_empty() && !resolving && !ensuring {
            program.push(Operation::Unlock { all: false });
            return Program::of(program);
        }
        let alone = |step: usize| self.runs_alone(step);
        let steps = self.plan.steps.len();
        if self.is_on_server() {
            if !self.lock_owned() {
                program.extend_from_slice(&self.locking());
                program.extend_from_slice(&session_again(Operation::Confirm));
            }
            let changes = self.is_on_mysql() && !self.settings_known()
                || !self.is_on_mysql() && (0..steps).any(|step| self.changes_session(step));
            if changes {
                program.push(Operation::Read(Read::Pragmas));
            }
            if self.is_on_mysql() {
                // To make a table commits.
                program.extend_from_slice(&[Operation::SetUp, Operation::CreateLedger]);
            }
        } else if !self.file_locked && (resolving || self.puts_back() || (0..steps).any(alone)) {
            // Another run may be in the middle of such a step: the ledger tells once the lock is ours.
            program.push(Operation::LockFile);
            program.extend_from_slice(&beginning());
            return Program::of(program);
        }
        if !pragmas::touched(self.set, self.dialect, &self.plan).is_empty() {
            program.push(Operation::Read(Read::Pragmas));
        }
        program.extend_from_slice(&self.copying());
        let reads_again = self.dialect == Dialect::Sqlite;
        let mut writer = Writer { program, open: false, reads_again };
        if ensuring {
            writer.inside(&[]);
        } else if resolving {
            writer.inside(&[Operation::Resolve]);
        } else {
            if !self.plan.corrections.is_empty() {
                writer.inside(&[Operation::Correct]);
            }
            for step in 0..steps {
                if self.plan.steps[step].adopted {
                    // What is adopted is recorded wholly or not at all.
                    let record = Operation::Record(step);
                    writer.inside(&[Operation::Started(step), record, Operation::Finished]);
                    continue;
                }
                if step > 0 && self.plan.steps[step - 1].adopted && !self.shares_run() {
                    writer.commit();
                }
                self.compile_step(step, &mut writer);
            }
        }
        writer.commit();
        writer.add(&[Operation::RestorePragmas]);
        if self.options.backup.is_none() {
            writer.add(&[Operation::DiscardCopy]);
        }
        self.keep_in(&mut writer.program);
        writer.add(&[Operation::UnlockFile, Operation::Forget, Operation::Unlock { all: false }]);
        Program::of(writer.program)
    }

    fn compile_step(&self, step: usize, writer: &mut Writer) {
        let planned = &self.plan.steps[step];
        let options = planned.options(self.set, self.dialect);
        if planned.is_rust(self.set) {
            self.compile_function(step, writer);
        } else if planned.resume.is_some() || planned.is_journaled(self.set, self.dialect) {
            writer.commit();
            writer.inside(&[Operation::Started(step), Operation::JournalOpen(step)]);
            writer.commit();
            let journaled = self.journal(step);
            for (operation, transaction) in journaled {
                if let Operation::Journaled(lone @ Journaled { is_alone: true, .. }) = operation {
                    if self.may_be_begun(&lone) {
                        writer.add(&[Operation::Read(Read::Lone(lone)), Operation::Lone(lone)]);
                    } else {
                        writer.add(&[Operation::Alone(lone)]);
                    }
                } else if transaction {
                    writer.add(&[Operation::Begin, operation, Operation::Commit]);
                } else {
                    writer.program.push(operation);
                }
            }
            if self.is_on_mysql() && self.changes_session(step) {
                writer.add(&[Operation::RestoreSettings]);
            }
            writer.add(&[
                Operation::Begin,
                Operation::Record(step),
                Operation::Commit,
                Operation::Finished,
            ]);
        } else if !options.foreign_keys && self.dialect == Dialect::Sqlite {
            writer.commit();
            writer.add(&[
                Operation::ForeignKeysOff,
                Operation::Read(Read::ForeignKeys),
                Operation::ForeignKeysAreOff(step),
            ]);
            writer.inside(&[
                Operation::Read(Read::ViolatedKeys),
                Operation::Read(Read::Violations),
                Operation::Started(step),
                Operation::Statements(step),
                Operation::Read(Read::ViolatedKeys),
                Operation::Read(Read::Violations),
                Operation::CompareViolations(step),
                Operation::Record(step),
                Operation::Finished,
            ]);
            writer.commit();
            // Settings are put back for what follows, and asked for again before the next rebuild.
            writer.add(&[Operation::RestorePragmas, Operation::Read(Read::Pragmas)]);
        } else if self.is_on_server() && !writer.open && !self.shares_run() {
            let whole = Operation::Revision(step);
            writer.add(&[Operation::Started(step), whole, Operation::Finished]);
        } else {
            writer.inside(&[
                Operation::Started(step),
                Operation::Statements(step),
                Operation::Record(step),
                Operation::Finished,
            ]);
            if !self.shares_run() {
                writer.commit();
            }
        }
    }

    /// Tells whether what can share a transaction does.
    pub(super) fn shares_run(&self) -> bool {
        let amends = matches!(&self.goal, super::Goal::Run(Request::Amend(_)));
        let default = if self.dialect == Dialect::Sqlite || amends {
            Transactions::PerRun
        } else {
            Transactions::PerRevision
        };
        self.options.transactions.unwrap_or(default) == Transactions::PerRun
    }

    /// Tells whether a step cannot share a transaction, and others must not run beside it.
    pub(super) fn runs_alone(&self, step: usize) -> bool {
        let planned = &self.plan.steps[step];
        let options = planned.options(self.set, self.dialect);
        let rebuilds = !options.foreign_keys && self.dialect == Dialect::Sqlite;
        planned.resume.is_some() || planned.is_journaled(self.set, self.dialect) || rebuilds
    }
}

/// Writes operations into transactions.
pub(super) struct Writer {
    program: Vec<Operation>,
    open: bool,
    /// Whether others may have committed before each begin: a lock that is held throughout keeps them out.
    reads_again: bool,
}

impl Writer {
    fn add(&mut self, operations: &[Operation]) {
        self.program.extend_from_slice(operations);
    }

    /// Writes operations into the open transaction, or into a new one.
    pub(super) fn inside(&mut self, operations: &[Operation]) {
        if !self.open {
            self.add(&[Operation::Begin]);
            if self.reads_again {
                self.add(&[Operation::Read(Read::Version)]);
            }
            self.add(&[Operation::CreateLedger]);
            self.open = true;
        }
        self.add(operations);
    }

    pub(super) fn commit(&mut self) {
        if std::mem::take(&mut self.open) {
            self.program.push(Operation::Commit);
        }
    }
}
