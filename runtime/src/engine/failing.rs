//! What follows an action that failed: another try, words for it, and the way out.

use std::time::Duration;

use revchain_core::problem::Place;

use super::journal::Journaled;
use super::kept::FORGOTTEN;
use super::program::{self, Operation, Program, Read};
use super::{Engine, FIRST_PAUSE, Failure, LONGEST_PAUSE};
use crate::error::{ErrorKind, Source as DriverError, StatementFailure};
use crate::report::Progress;

impl Engine<'_> {
    pub(super) fn failed(&mut self, operation: Operation, failure: Failure) {
        self.in_transaction = failure.in_transaction;
        let ended = matches!(operation, Operation::Commit) && !failure.in_transaction;
        if ended || matches!(operation, Operation::Journaled(_) | Operation::Alone(_)) {
            // What was done of it, nobody knows.
            self.backup.committed();
        }
        if let Operation::PutBack(step) = operation {
            return self.put_back_failed(step, failure);
        }
        if self.error.is_some() {
            // Unwinding goes on whatever fails: the first error is the one that counts.
            return;
        }
        if self.is_on_server() {
            return self.failed_on_server(operation, failure);
        }
        if failure.busy && operation.can_be_repeated() {
            return self.wait_for(operation, Some(failure.source));
        }
        self.not_repeated(operation, failure);
    }

    fn failed_on_server(&mut self, operation: Operation, mut failure: Failure) {
        if let Some(error) = self.fenced_off(&operation, &failure) {
            return self.stop(error);
        }
        let code = failure.code.as_deref().unwrap_or_default();
        // operator_intervention (an end of the session), connection_exception; without a code the server said nothing.
        let lost = code.is_empty() || code.starts_with("57P0") || code.starts_with("08");
        // A driver refuses a copy without asking the server. The error of a revision's function is its own, and what is
        // undone after it tells whether the server is there.
        let may_be_silent = matches!(
            operation,
            Operation::Unlock { .. }
                | Operation::Forget
                | Operation::Copy
                | Operation::Call(_)
                | Operation::UndoFunction(_)
        );
        if lost && !may_be_silent {
            let revision = operation.step().map(|step| self.named(step));
            return self.stop(ErrorKind::Unreachable { revision, source: failure.source });
        }
        match operation {
            // All is done by then, and the lock ends with the session, or its lease.
            Operation::Unlock { .. } | Operation::Forget => {}
            Operation::Read(Read::Session) if self.is_failed_transaction(code) => {
                self.session_refused();
            }
            Operation::Read(Read::Session) if self.is_open_transaction(code) => {
                self.transaction_is_open();
            }
            // Another run makes the table at the same moment, which `IF NOT EXISTS` does not cover: its row in a catalog
            // (unique_violation), its type (duplicate_object) or itself (duplicate_table) is met first. Where it is met
            // twice, something else has the name.
            Operation::CreateLock
                if matches!(code, "23505" | "42710" | "42P07") && !self.lock.met =>
            {
                self.lock.met = true;
                let again = [Operation::Read(Read::Session), Operation::CreateLock];
                self.prepend(&again);
            }
            Operation::Alone(journaled) if self.is_on_mysql() => {
                self.alone_failed_on_mysql(journaled, failure);
            }
            Operation::Noted(journaled) if self.is_on_mysql() => {
                self.note_failed(journaled, failure);
            }
            // The ledger says already that it was begun.
            Operation::Call(step) if self.is_on_mysql() => self.call_failed(step, failure),
            _ if failure.busy && self.lock_owned() && self.tries < self.options.retries => {
                self.try_again(&failure.source.to_string(), None);
            }
            Operation::Revision(_) if code == FORGOTTEN && !self.lock.kept.is_empty() => {
                self.kept_are_gone();
            }
            Operation::Revision(step) => {
                let (message, own) = self.revision(step);
                let count = self.statements(step).len();
                if (own..own + count).contains(&failure.statement) {
                    let statement = failure.statement - own;
                    self.statement_failed(step, statement, false, failure);
                } else if failure.statement + 1 == message.len() {
                    self.not_done("to commit", failure);
                } else {
                    self.not_done(operation.doing(), failure);
                }
            }
            Operation::Alone(journaled) => {
                failure.offset =
                    failure.offset.map(|offset| offset.saturating_sub(self.lock.mark().len()));
                // duplicate_table: whatever is there, this statement did not make it.
                let foreign = code == "42P07";
                self.statement_failed(journaled.step, journaled.statement, true, failure);
                if foreign {
                    self.prepend(&[Operation::Rollback, Operation::MarkForeign(journaled)]);
                }
            }
            operation => self.not_repeated(operation, failure),
        }
    }

    /// Returns what a failure says, where it is the fence's.
    fn fenced_off(&self, operation: &Operation, failure: &Failure) -> Option<ErrorKind> {
        let statement = failure.statement;
        let at_the_fence = match operation {
            Operation::Begin | Operation::Revision(_) => self.is_fence(statement),
            Operation::MarkBegun(_) | Operation::Noted(_) | Operation::MarkForeign(_) => {
                self.is_on_mysql() || statement == 0
            }
            // The revision's own begin and its note stand before it.
            Operation::Journaled(_) => !self.is_on_mysql() && statement == 2,
            _ => false,
        };
        let code = failure.code.as_deref().filter(|_| at_the_fence)?;
        self.said_by_the_fence(code)
    }

    /// A statement that commits by itself, or one of its notes, was not done on MySQL.
    fn alone_failed_on_mysql(&mut self, journaled: Journaled, failure: Failure) {
        let (statements, own) = self.alone(&journaled);
        let refused = failure.code.is_some();
        let fenced_off =
            failure.code.as_deref().and_then(|code| self.said_by_the_fence(code)).is_some();
        let (before, after) = (failure.statement < own, failure.statement > own);
        debug_assert!(failure.statement < statements.len());
        if fenced_off && failure.statement != own {
            self.stop(ErrorKind::LockLost);
        } else if after && refused {
            self.note_failed(journaled, failure);
        } else if failure.busy && self.lock_owned() && self.tries < self.options.retries {
            let undo = (!before).then_some(Operation::MarkForeign(journaled));
            self.try_again(&failure.source.to_string(), undo);
        } else if before {
            self.not_done(Operation::Alone(journaled).doing(), failure);
        } else {
            // Where the connection is gone, the server may still be at it: nobody may write that it has done nothing.
            self.statement_failed(journaled.step, journaled.statement, true, failure);
            if refused {
                self.prepend(&[Operation::Rollback, Operation::MarkForeign(journaled)]);
            }
        }
    }

    /// The statement is done and its note is not written: that alone is tried again.
    fn note_failed(&mut self, journaled: Journaled, failure: Failure) {
        if failure.busy && self.tries < self.options.retries {
            self.tries += 1;
            let (attempt, of) = (self.tries, self.options.retries);
            let reason = failure.source.to_string();
            let pause = self.pause_of_try();
            return self.prepend(&[
                Operation::Rollback,
                Operation::Tell(Progress::Retrying { attempt, of, reason }),
                Operation::Wait(pause),
                Operation::Noted(journaled),
            ]);
        }
        self.not_done(Operation::Noted(journaled).doing(), failure);
        self.prepend(&[Operation::Rollback, Operation::Noted(journaled)]);
    }

    /// What met a lock is rolled back, and tried again after a pause.
    fn try_again(&mut self, reason: &str, undo: Option<Operation>) {
        self.tries += 1;
        self.advanced = false;
        let (attempt, of) = (self.tries, self.options.retries);
        self.done.truncate(self.committed);
        let reason = reason.to_owned();
        let pause = self.pause_of_try();
        self.program = Program::default();
        self.prepend(&program::session_again(Operation::Replan));
        self.prepend(&[
            Operation::RestorePragmas,
            Operation::Tell(Progress::Retrying { attempt, of, reason }),
            Operation::Wait(pause),
        ]);
        self.prepend(undo.as_slice());
        self.prepend(&[Operation::Rollback]);
    }

    /// Each pause is twice as long, and shorter by up to a half: those who met should not meet again.
    fn pause_of_try(&self) -> Duration {
        let longest = FIRST_PAUSE * 10 * (1 << self.tries.min(6));
        longest - longest * u32::from(self.lock.jitter(self.tries)) / 512
    }

    fn not_repeated(&mut self, operation: Operation, failure: Failure) {
        match operation {
            Operation::Read(Read::Ledger)
                if self.dialect.is_missing_table(&failure.source.to_string()) =>
            {
                self.contents.exists = false;
            }
            Operation::Statements(step) => {
                let statement = failure.statement;
                self.statement_failed(step, statement, false, failure);
            }
            Operation::Call(step) => self.call_failed(step, failure),
            Operation::EndFunction(step) => self.function_left(step, failure),
            Operation::UndoFunction(step) => {
                let kept = self.is_answer(&failure);
                self.function_failed(step, kept);
            }
            Operation::Journaled(journaled) => {
                let own = journaled.statement_index();
                if failure.statement == own {
                    self.statement_failed(journaled.step, journaled.statement, true, failure);
                } else {
                    self.not_done(operation.doing(), failure);
                }
            }
            Operation::Commit if self.in_transaction => {
                // SQLite says no more than `FOREIGN KEY constraint failed`: the rows are asked for.
                self.prepend(&program::explaining_commit());
                self.violations.reason = Some(failure.source);
            }
            Operation::Copy => self.not_copied(failure),
            // The run is done; the next one that wants the name tells of the file.
            Operation::DiscardCopy => self.backup.discarded(),
            Operation::Read(_) if self.violations.reason.is_some() => {
                let reason = self.violations.reason.take();
                self.refused("to commit", reason.unwrap_or(failure.source));
            }
            operation => self.not_done(operation.doing(), failure),
        }
    }

    pub(super) fn not_done(&mut self, doing: &'static str, failure: Failure) {
        if failure.busy {
            let (waited, source) = (Duration::ZERO, Some(failure.source));
            self.stop(ErrorKind::Busy { waited, doing, source });
        } else {
            self.refused(doing, failure.source);
        }
    }

    pub(super) fn refused(&mut self, doing: &'static str, source: DriverError) {
        self.stop(ErrorKind::Database { doing, source });
    }

    pub(super) fn statement_failed(
        &mut self,
        step: usize,
        statement: usize,
        kept: bool,
        failure: Failure,
    ) {
        let planned = &self.plan.steps[step];
        let Some((text, section)) = planned.section(self.set, self.dialect) else { return };
        let path = self.named(step).path;
        let span = section.statements[statement];
        let start = span.start as usize;
        let place = match failure.offset {
            Some(offset) => {
                let at = start + offset;
                let word = text.get(at..span.end as usize).unwrap_or_default();
                let end =
                    word.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(word.len());
                Place::span(path, text, at, at + end.max(1))
            }
            None => Place::span(path, text, start, start),
        };
        let failure = StatementFailure {
            revision: planned.id(self.set).to_owned(),
            direction: planned.direction,
            place,
            exact: failure.offset.is_some(),
            number: statement + 1,
            total: section.statements.len(),
            kept,
            busy: failure.busy,
            source: failure.source,
        };
        self.stop(ErrorKind::Statement(Box::new(failure)));
    }

    /// Ends the run: what was begun is rolled back, the connection is as before, the database is put back where no
    /// transaction could hold all of it, the lock is released.
    pub(super) fn stop(&mut self, error: ErrorKind) {
        self.error.get_or_insert(error);
        self.program = program::unwinding(&self.putting_back());
    }

    pub(super) fn wait_for(&mut self, operation: Operation, source: Option<DriverError>) {
        // SQLite itself may have waited already, for the connection's `busy_timeout`.
        let since = *self.waiting_since.get_or_insert(self.issued);
        let waited = self.now.saturating_sub(since);
        if waited >= self.options.wait {
            let doing = operation.doing();
            if let Operation::PutBack(_) = operation {
                let reason = source.map_or_else(String::new, |source| source.to_string());
                return self.leave(&format!("waited {} s: {reason}", waited.as_secs()));
            }
            return self.stop(ErrorKind::Busy { waited, doing, source });
        }
        let pause = self.pause.min(self.options.wait.saturating_sub(waited));
        self.pause = (self.pause * 3 / 2).min(LONGEST_PAUSE);
        self.prepend(&[Operation::TellWaiting(waited), Operation::Wait(pause), operation]);
    }

    /// Waits for whoever has the run lock; what is asked then stands in the program already.
    pub(super) fn wait_for_holder_now(&mut self) {
        let since = *self.waiting_since.get_or_insert(self.issued);
        let waited = self.now.saturating_sub(since);
        if waited >= self.options.wait {
            let source = self.lock.holder.take().map(Into::into);
            return self.stop(ErrorKind::Busy { waited, doing: "for the run lock", source });
        }
        let pause = self.pause.min(self.options.wait.saturating_sub(waited));
        self.pause = (self.pause * 3 / 2).min(LONGEST_PAUSE);
        self.prepend(&[Operation::TellWaiting(waited), Operation::Wait(pause)]);
    }

    pub(super) fn prepend(&mut self, operations: &[Operation]) {
        self.program.prepend(operations);
    }
}
