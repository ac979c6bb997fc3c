//! Steps without a transaction: each statement is written down as it is done, so that a later run goes on there.
//!
//! A statement and its note commit together wherever the statement allows it. The others do no harm when they run twice
//! on SQLite (`VACUUM`, `PRAGMA`, `ATTACH`); on PostgreSQL the ledger says that one is begun, so that a later run knows
//! that an index which is there, whole or not, is of its own making. On MySQL it says the same of DDL, in one message with
//! the statement and its note, which the server executes to its end also when the client is gone: only when the server
//! itself stops in between can nobody know.

use std::borrow::Cow;

use revchain_core::checksum::{Direction, StatementHash};
use revchain_core::dialect::{ConcurrentIndex, Dialect, TransactionEffect};
use revchain_core::problem::Place;

use super::Engine;
use super::lock::Lone;
use super::program::Operation;
use crate::error::{ErrorKind, MayBeDone};
use crate::ledger::{Entry, State, Took};
use crate::plan::{Step, StepSource};
use crate::sql::Sql;

/// A statement of a step without a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Journaled {
    pub(super) step: usize,
    pub(super) statement: usize,
    note: Note,
    /// Whether it cannot commit together with its note. PostgreSQL does not take it together with other statements.
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
    let mut hashes = Vec::with_capacity(statements.len());
    for text in statements {
        if let Ok(split) = dialect.split(text) {
            hashes.push(StatementHash::of(&split.tokens));
        }
    }
    hashes
}

/// Writes hashes as the ledger has them.
pub(crate) fn written(hashes: &[StatementHash]) -> String {
    let mut written = String::new();
    for hash in hashes {
        written.push_str(if written.is_empty() { "" } else { " " });
        written.push_str(&hash.to_string());
    }
    written
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
            let commits = self.dialect.commits_by_itself(tokens);
            let is_alone = commits
                || self.dialect == Dialect::Postgres
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
            // On SQLite the first savepoint opens a transaction.
            let is_savepoint = |word| {
                !self.is_on_mysql() && tokens.first().is_some_and(|token| token.is_word(word))
            };
            let (opens, closes) = (is_savepoint("savepoint"), is_savepoint("release"));
            let effect = self.dialect.transaction_control(tokens).map(|control| control.effect());
            if commits {
                depth = 0;
                push(Note::After, false);
            } else if opens || effect == Some(TransactionEffect::Opens) {
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
        let statements = written(&hashes(planned, self.set, self.dialect));
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
        if self.is_on_server() && note == Note::After && !self.in_transaction {
            if self.is_on_mysql() && !self.opens_transaction(&statements[0].text) {
                let written = statements.split_off(1);
                statements.extend(self.fenced(written));
            } else {
                statements.extend(self.fence());
            }
        }
        statements
    }

    fn opens_transaction(&self, text: &str) -> bool {
        let Ok(split) = self.dialect.split(text) else { return false };
        let control = self.dialect.transaction_control(&split.tokens);
        control.is_some_and(|control| control.effect() == TransactionEffect::Opens)
    }
}

/// Statements that cannot commit together with their notes.
impl<'s> Engine<'s> {
    /// Tells whether an earlier run may have begun a statement whose note is missing.
    pub(super) fn may_be_begun(&self, journaled: &Journaled) -> bool {
        let resume = self.plan.steps[journaled.step].resume;
        !self.is_on_mysql() || resume == Some(journaled.statement as u32)
    }

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
        if self.is_on_mysql() {
            return match begun {
                true => self.nobody_knows(&journaled),
                false => self.prepend(&[Operation::Alone(journaled)]),
            };
        }
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

    /// Stops: the statement was begun, and nobody knows whether it was done.
    fn nobody_knows(&mut self, journaled: &Journaled) {
        let planned = &self.plan.steps[journaled.step];
        let Some((text, section)) = planned.section(self.set, self.dialect) else { return };
        let span = section.statements[journaled.statement];
        let start = span.start as usize;
        let place = Place::span(self.named(journaled.step).path, text, start, start);
        let (total, direction) = (section.statements.len(), planned.direction);
        let (revision, number) = (planned.id(self.set).to_owned(), journaled.statement + 1);
        self.stop(ErrorKind::MayBeDone(Box::new(MayBeDone {
            revision,
            direction,
            place,
            number,
            total,
        })));
    }

    /// Writes that a statement is begun, and renews the lock.
    pub(super) fn mark_begun(&self, journaled: &Journaled) -> Vec<Sql<'s>> {
        let id = self.plan.steps[journaled.step].id(self.set);
        let mut statements: Vec<Sql<'s>> = self.fence();
        statements.push(self.ledger.begun(id, Some(journaled.statement)));
        statements
    }

    /// Writes that a statement that was begun has done nothing.
    pub(super) fn not_begun(&self, journaled: &Journaled) -> Vec<Sql<'s>> {
        let id = self.plan.steps[journaled.step].id(self.set);
        let note = self.ledger.begun(id, None);
        if self.is_on_mysql() { self.fenced(vec![note]) } else { vec![note] }
    }

    /// Returns the statement with the mark by which others see that it still runs, and where it stands among what travels
    /// with it.
    pub(super) fn alone(&self, journaled: &Journaled) -> (Vec<Sql<'s>>, usize) {
        let own = self.statements(journaled.step).swap_remove(journaled.statement);
        let own = Sql::plain(format!("{}{}", self.lock.mark(), own.text));
        if !self.is_on_mysql() {
            return (vec![own], 0);
        }
        let id = self.plan.steps[journaled.step].id(self.set);
        let mut statements = self.fenced(vec![self.ledger.begun(id, Some(journaled.statement))]);
        let place = statements.len();
        statements.push(own);
        statements.extend(self.noted(journaled));
        (statements, place)
    }

    pub(super) fn noted(&self, journaled: &Journaled) -> Vec<Sql<'s>> {
        let id = self.plan.steps[journaled.step].id(self.set);
        let done = self.ledger.journal(id, journaled.statement + 1);
        let notes = vec![done, self.ledger.begun(id, None)];
        if self.is_on_mysql() {
            return self.fenced(notes);
        }
        let mut statements: Vec<Sql<'s>> = self.fence();
        statements.extend(notes);
        statements
    }
}
