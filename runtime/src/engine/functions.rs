//! Functions of revisions written in Rust: which the driver can call, and that they leave the transaction as it was.

use revchain_core::Dialect;
use revchain_core::checksum::Direction;
use revchain_core::problem::Place;
use revchain_core::rust::{Driver, Source};

use super::program::{Operation, Writer};
use super::{Action, Engine, Failure};
use crate::error::{ErrorKind, FunctionFailure, MayBeDone, Named};
use crate::function::{Call, Function};
use crate::ledger::State;
use crate::plan::StepSource;
use crate::sql::Sql;

/// The savepoint around a function: where it is gone, so is the transaction.
const SAVEPOINT: &str = "revchain_function";

/// What the engine knows of functions.
#[derive(Debug, Default)]
pub(super) struct Functions {
    /// Those that are compiled in.
    pub(super) all: &'static [Function],
    /// Who calls them.
    driver: Option<Driver>,
    /// Why the last one failed, until it is known whether its transaction is still there.
    failure: Option<Failure>,
}

impl<'s> Engine<'s> {
    /// Takes the functions that are compiled in.
    #[must_use]
    pub(crate) fn with_functions(mut self, functions: &'static [Function]) -> Self {
        self.functions.all = functions;
        self
    }

    /// Takes whose connection it is.
    pub(crate) fn called_by(&mut self, driver: Driver) {
        self.functions.driver = Some(driver);
    }

    /// Finds a function for every step that wants one, before anything is done.
    pub(super) fn check_functions(&self) -> Result<(), ErrorKind> {
        for step in 0..self.plan.steps.len() {
            if !self.plan.steps[step].is_rust(self.set) {
                continue;
            }
            if self.plan.steps[step].resume.is_some() {
                return Err(self.may_be_done(step));
            }
            if self.function(step).is_some() {
                continue;
            }
            let (revision, direction) = (self.named(step), self.plan.steps[step].direction);
            let id = self.plan.steps[step].id(self.set);
            let is_compiled_in = self.functions.all.iter().any(|function| function.revision == id);
            return Err(match self.functions.driver {
                Some(driver) if is_compiled_in => {
                    ErrorKind::NoFunction { revision, driver, direction }
                }
                _ => ErrorKind::WrittenInRust(revision),
            });
        }
        Ok(())
    }

    /// Returns the function of a step that the driver can call.
    fn function(&self, step: usize) -> Option<&'static Function> {
        let planned = &self.plan.steps[step];
        let id = planned.id(self.set);
        self.functions.all.iter().find(|function| {
            function.revision == id
                && function.direction == planned.direction
                && Some(function.driver) == self.functions.driver
                && !matches!(function.call, Call::Not)
        })
    }

    /// Writes the operations of a step that is a function: it runs in a transaction with its ledger row.
    ///
    /// On MySQL a statement that changes tables ends the transaction. So the row says first that the function is begun, and
    /// what nobody knows the end of is its keeper's to settle.
    pub(super) fn compile_function(&self, step: usize, writer: &mut Writer) {
        let before = [Operation::Started(step), Operation::JournalOpen(step)];
        if self.is_on_mysql() {
            writer.commit();
            writer.inside(&before);
            writer.commit();
        } else {
            writer.inside(&before[..1]);
        }
        writer.inside(&[
            Operation::MarkFunction,
            Operation::Call(step),
            Operation::EndFunction(step),
        ]);
        if self.is_on_mysql() {
            writer.inside(&[Operation::RestoreSettings]);
        }
        writer.inside(&[Operation::Record(step), Operation::Finished]);
        if self.is_on_mysql() || !self.shares_run() {
            writer.commit();
        }
    }

    fn may_be_done(&self, step: usize) -> ErrorKind {
        let named = self.named(step);
        let (_, place) = self.place_of_function(step, &named);
        ErrorKind::MayBeDone(Box::new(MayBeDone {
            revision: named.revision,
            direction: self.plan.steps[step].direction,
            place,
            number: 1,
            total: 0,
        }))
    }

    pub(super) fn call(&self, step: usize) -> Option<Action<'s>> {
        self.function(step).map(|function| Action::Call(function.call))
    }

    pub(super) fn mark_function(&self) -> Sql<'s> {
        Sql::plain(format!("SAVEPOINT {SAVEPOINT}"))
    }

    pub(super) fn end_function(&self) -> Sql<'s> {
        Sql::plain(format!("RELEASE SAVEPOINT {SAVEPOINT}"))
    }

    pub(super) fn undo_function(&self) -> Sql<'s> {
        Sql::plain(format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}"))
    }

    /// Asks whether the transaction is still there, before anything is said of what is left of the function.
    pub(super) fn call_failed(&mut self, step: usize, failure: Failure) {
        self.functions.failure = Some(failure);
        self.prepend(&[Operation::UndoFunction(step)]);
    }

    /// Ends the run, as a function failed; `kept` where it has ended the transaction before.
    pub(super) fn function_failed(&mut self, step: usize, kept: bool) {
        let Some(failure) = self.functions.failure.take() else { return };
        let named = self.named(step);
        let (function, place) = self.place_of_function(step, &named);
        let half_done = kept && self.is_on_mysql();
        self.stop(ErrorKind::Function(Box::new(FunctionFailure {
            revision: named.revision,
            direction: self.plan.steps[step].direction,
            function,
            place,
            kept,
            half_done,
            busy: failure.busy,
            source: failure.source,
        })));
        if self.is_on_mysql() && !kept {
            self.prepend(&[Operation::Rollback, Operation::ForgetFunction(step)]);
        }
    }

    /// Takes back what the ledger says of a function that was begun and has left nothing.
    pub(super) fn forget_function(&self, step: usize) -> Sql<'s> {
        let planned = &self.plan.steps[step];
        let id = planned.id(self.set);
        match planned.direction {
            Direction::Upgrade => self.ledger.erase(id),
            Direction::Downgrade => self.ledger.mark(id, State::Applied, String::new()),
        }
    }

    /// Ends the run, as the savepoint is gone that the function was called in.
    pub(super) fn function_left(&mut self, step: usize, failure: Failure) {
        // in_failed_sql_transaction: the function went on after a statement that failed.
        if self.dialect == Dialect::Postgres && failure.code.as_deref() == Some("25P02") {
            self.functions.failure = Some(Failure {
                source: "a statement failed, and the function returned as if it had not".into(),
                ..failure
            });
            return self.function_failed(step, false);
        }
        // ER_SP_DOES_NOT_EXIST: the function changed tables, which ended the transaction. The ledger says that it is begun.
        if self.is_on_mysql() && failure.code.as_deref() == Some("1305") {
            return self.prepend(&[Operation::Begin]);
        }
        if !self.is_answer(&failure) {
            return self.not_done("to answer", failure);
        }
        let revision = self.named(step);
        let function = self.function(step).map_or("", |function| function.name).to_owned();
        self.stop(ErrorKind::EndedTransaction { revision, function });
    }

    /// Tells whether the database answered: one that is gone has rolled back.
    pub(super) fn is_answer(&self, failure: &Failure) -> bool {
        self.dialect == Dialect::Sqlite || failure.code.is_some()
    }

    /// Returns the name of a step's function, and where it stands.
    fn place_of_function(&self, step: usize, named: &Named) -> (String, Place) {
        let name = self.function(step).map_or("", |function| function.name);
        let text = match &self.plan.steps[step].source {
            StepSource::Set(place) => &*self.set.at(*place).text,
            StepSource::Stored(_) | StepSource::Row(_) => "",
        };
        let (source, _) = Source::read(text);
        let place = match source.functions.iter().find(|function| function.name == name) {
            Some(function) => {
                Place::span(&named.path, text, function.signature.start, function.signature.end)
            }
            None => Place::file(&named.path),
        };
        (name.to_owned(), place)
    }
}
