//! Steps without a transaction: each statement is written down as it is done, so that a later run goes on there.
//!
//! A statement and its note commit together wherever the statement allows it. The others do no harm when they run twice
//! on SQLite (`VACUUM`, `PRAGMA`, `ATTACH`); on PostgreSQL the ledger says that one is begun, so that a later run knows
//! that an index which is there, whole or not, is of its own making.

use std::borrow::Cow;

use revchain_core::checksum::{Direction, StatementHash};
use revchain_core::dialect::{ConcurrentIndex, Dialect, TransactionEffect};

use super::Engine;
use super::lock::Lone;
use super::program::Operation;
use crate::ledger::{Entry, State, Took};
use crate::plan::{Step, StepSource};
use crate::sql::Sql;

/// A statement of a step without a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Journaled {
    pub(super) step: usize,
    pub(super) statement: usize,
    note: Note,
    /// Whether it cannot travel with other statements: PostgreSQL makes one transaction of them.
    pub(super) is_alone: bool,
}

/// When the note that a statement is done is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Note {
    /// Before it: it ends the revision's own transaction, and the note with it.
    Before,
    After,
    /// Not at all: it only sets up the connection of a run that goes on.
    Never,
}

impl Journaled {
    /// Returns the index of the revision's own statement among those that are executed together.
    pub(super) fn statement_index(&self) -> usize {
        usize::from(self.note == Note::Before)
    }
}

/// Hashes the statements of a step, so that a later run knows whether what is done has changed.
pub(crate) fn hashes(
    step: &Step,
    set: &revchain_core::Set,
    dialect: Dialect,
) -> Vec<StatementHash> {
    let statements = step.statements(set, dialect);
    let hash = |text: &&str| {
        let split = dialect.split(text).ok()?;
        Some(StatementHash::of(&split.tokens))
    };
    statements.iter().filter_map(hash).collect()
}

impl<'s> Engine<'s> {
    /// Returns the statements that are left, each with whether it runs in a transaction with its note.
    pub(super) fn journal(&self, step: usize) -> Vec<(Operation, bool)> {
        let planned = &self.plan.steps[step];
        let done = planned.resume.unwrap_or(0) as usize;
        let mut operations = Vec::new();
        let mut depth = 0_usize;
        for (statement, text) in planned.statements(self.set, self.dialect).iter().enumerate() {
            let Ok(split) = self.dialect.split(text) else { continue };
            let tokens = &split.tokens;
            let is_alone = self.dialect == Dialect::Postgres
                && self.dialect.needs_no_transaction(tokens).is_some();
            let mut push = |note, transaction| {
                let journaled = Journaled { step, statement, note, is_alone };
                operations.push((Operation::Journaled(journaled), transaction));
            };
            if statement < done {
                // What is done stays done, but the connection that knew it is gone.
                if self.dialect.sets_up_connection(tokens) {
                    push(Note::Never, false);
                }
                continue;
            }
            let opens = tokens.first().is_some_and(|token| token.is_word("savepoint"));
            let closes = tokens.first().is_some_and(|token| token.is_word("release"));
            let effect = self.dialect.transaction_control(tokens).map(|control| control.effect());
            if opens || effect == Some(TransactionEffect::Opens) {
                depth += 1;
                push(Note::After, false);
            } else if closes || effect == Some(TransactionEffect::Closes) {
                let whole = effect.is_some();
                depth = if whole { 0 } else { depth.saturating_sub(1) };
                let undoes = tokens.first().is_some_and(|token| token.is_word("rollback"));
                push(if undoes { Note::After } else { Note::Before }, false);
            } else {
                let own = depth > 0
                    || self.dialect.sets_up_connection(tokens)
                    || self.dialect.needs_no_transaction(tokens).is_some();
                push(Note::After, !own);
            }
        }
        operations
    }

    /// Writes that a step begins, with the hashes of its statements.
    pub(super) fn journal_open(&self, step: usize) -> Vec<Sql<'s>> {
        let planned = &self.plan.steps[step];
        let hashes: Vec<String> =
            hashes(planned, self.set, self.dialect).iter().map(ToString::to_string).collect();
        let statements = hashes.join(" ");
        if let Some(done) = planned.resume.filter(|done| *done > 0) {
            // What is not done yet may have been mended: the next run compares with what this one does.
            let id = planned.id(self.set);
            let state = State::begun_by(planned.direction);
            return vec![
                self.ledger.mark(id, state, statements),
                self.ledger.journal(id, done as usize),
            ];
        }
        let row = match (planned.direction, &planned.source) {
            (Direction::Upgrade, StepSource::Set(place)) => {
                let revision = self.set.at(*place);
                let Some(part) = revision.part(self.dialect) else { return Vec::new() };
                self.ledger.record(&Entry {
                    revision,
                    part,
                    state: State::Upgrading,
                    sequence: Some(self.sequence(*place)),
                    duration: Took::Unknown,
                    statements: Cow::Owned(statements),
                })
            }
            _ => self.ledger.mark(planned.id(self.set), State::Downgrading, statements),
        };
        vec![row]
    }

    /// Returns a statement and its note, in the order in which they are executed.
    pub(super) fn journaled(&self, journaled: &Journaled) -> Vec<Sql<'s>> {
        let Journaled { step, statement, note, .. } = *journaled;
        let planned = &self.plan.steps[step];
        let own = self.statements(step).swap_remove(statement);
        let written = || self.ledger.journal(planned.id(self.set), statement + 1);
        let mut statements = match note {
            Note::Before => vec![written(), own],
            Note::After => vec![own, written()],
            Note::Never => vec![own],
        };
        // A transaction of the revision's own begins as ours do; one that ends has been fenced.
        if self.dialect == Dialect::Postgres && note == Note::After && !self.in_transaction {
            statements.push(self.fence());
        }
        statements
    }
}

/// Statements that PostgreSQL takes alone.
impl<'s> Engine<'s> {
    fn index_of(&self, journaled: &Journaled) -> Option<ConcurrentIndex> {
        let planned = &self.plan.steps[journaled.step];
        let statements = planned.statements(self.set, self.dialect);
        let split = self.dialect.split(statements[journaled.statement]).ok()?;
        self.dialect.concurrent_index(&split.tokens)
    }

    /// Asks what is left of a statement that an earlier run, or an earlier try, has begun.
    pub(super) fn read_lone(&mut self, journaled: &Journaled) -> Sql<'s> {
        self.lock.lone = Lone::default();
        let index = self.index_of(journaled);
        let id = self.plan.steps[journaled.step].id(self.set);
        self.ledger.read_begun(id, index.as_ref().map(|index| index.name.as_str()))
    }

    /// Goes on with what is left to do of it.
    pub(super) fn lone_known(&mut self, journaled: Journaled) {
        let begun = self.lock.lone.begun == Some(journaled.statement as i64);
        let run = [Operation::MarkBegun(journaled), Operation::Alone(journaled)];
        let note = Operation::Noted(journaled);
        match (self.index_of(&journaled), self.lock.lone.valid) {
            (Some(index), Some(true)) if begun && index.creates => self.prepend(&[note]),
            (Some(index), None) if begun && !index.creates => self.prepend(&[note]),
            (Some(index), Some(false)) if begun && index.creates => {
                let [mark, alone] = run;
                self.prepend(&[Operation::DropInvalid(journaled), mark, alone, note]);
            }
            _ => {
                let [mark, alone] = run;
                self.prepend(&[mark, alone, note]);
            }
        }
    }

    pub(super) fn drop_invalid(&self, journaled: &Journaled) -> Option<Sql<'s>> {
        let name = self.index_of(journaled)?.name;
        Some(Sql::plain(format!("{}DROP INDEX CONCURRENTLY IF EXISTS {name}", self.lock.mark())))
    }

    /// Writes that a statement is begun, and renews the lock.
    pub(super) fn mark_begun(&self, journaled: &Journaled) -> Vec<Sql<'s>> {
        let id = self.plan.steps[journaled.step].id(self.set);
        vec![self.fence(), self.ledger.begun(id, Some(journaled.statement))]
    }

    /// Returns the statement with the mark by which others see that it still runs.
    pub(super) fn alone(&self, journaled: &Journaled) -> Sql<'s> {
        let own = self.statements(journaled.step).swap_remove(journaled.statement);
        Sql::plain(format!("{}{}", self.lock.mark(), own.text))
    }

    pub(super) fn noted(&self, journaled: &Journaled) -> Vec<Sql<'s>> {
        let id = self.plan.steps[journaled.step].id(self.set);
        let done = self.ledger.journal(id, journaled.statement + 1);
        vec![self.fence(), done, self.ledger.begun(id, None)]
    }
}
