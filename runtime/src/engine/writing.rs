//! What is executed for a step: its statements, its row, its event.

use std::borrow::Cow;

use revchain_core::Dialect;
use revchain_core::checksum::Direction;

use super::{Engine, Goal};
use crate::ledger::{Deed, Entry, State, Took};
use crate::plan::{Request, StepSource};
use crate::report::Done;
use crate::sql::Sql;

impl<'s> Engine<'s> {
    pub(super) fn statements(&self, step: usize) -> Vec<Sql<'s>> {
        let planned = &self.plan.steps[step];
        match &planned.source {
            // The set outlives the run, so its statements are not copied.
            StepSource::Set(_) => {
                let set = self.set;
                let Some(revision) = planned.revision(set) else { return Vec::new() };
                let Some((_, section)) = planned.section(set, self.dialect) else {
                    return Vec::new();
                };
                let text: &'s str = &revision.text;
                let mut statements = Vec::with_capacity(section.statements.len());
                for span in &*section.statements {
                    statements.push(Sql::plain(span.of(text)));
                }
                statements
            }
            StepSource::Stored(_) | StepSource::Row(_) => {
                let mut statements = Vec::new();
                for text in planned.statements(self.set, self.dialect) {
                    statements.push(Sql::plain(text.to_owned()));
                }
                statements
            }
        }
    }

    pub(super) fn record(&self, step: usize) -> Vec<Sql<'s>> {
        let took = Took::Time(self.now.saturating_sub(self.step_began));
        let mut statements = self.restore_after(step);
        statements.extend(self.record_as(step, took));
        statements
    }

    pub(super) fn record_as(&self, step: usize, took: Took) -> Vec<Sql<'s>> {
        let planned = &self.plan.steps[step];
        let id = planned.id(self.set);
        let duration = if planned.stamp { Took::Unknown } else { took };
        let deed = Deed::of(planned);
        let (row, checksum) = match &planned.source {
            StepSource::Stored(stored) => {
                (self.ledger.erase(id), stored.downgrade.checksum.to_string())
            }
            StepSource::Row(id) => (self.ledger.erase(id), String::new()),
            StepSource::Set(place) => {
                let revision = self.set.at(*place);
                let Some(part) = revision.part(self.dialect) else { return Vec::new() };
                let row = match planned.direction {
                    Direction::Downgrade => self.ledger.erase(id),
                    Direction::Upgrade => self.ledger.record(&Entry {
                        revision,
                        part,
                        state: State::Applied,
                        sequence: Some(self.sequence(*place)),
                        duration,
                        statements: Cow::Borrowed(""),
                    }),
                };
                (row, part.checksum(planned.direction).to_string())
            }
        };
        vec![row, self.ledger.event(id, deed, duration, checksum)]
    }

    /// Returns the number of a revision's row: its own where it was begun.
    pub(super) fn sequence(&self, place: u32) -> i64 {
        let id = &self.set.at(place).id;
        let own = self.rows.iter().find(|row| row.revision == *id).map(|row| row.sequence);
        own.unwrap_or(self.contents.last_sequence + 1)
    }

    /// Returns what puts the session's settings back behind a step that may have changed them.
    fn restore_after(&self, step: usize) -> Vec<Sql<'s>> {
        if self.changes_session(step) { self.restore_settings() } else { Vec::new() }
    }

    /// Tells whether a step may change settings that outlive its transaction.
    pub(super) fn changes_session(&self, step: usize) -> bool {
        let planned = &self.plan.steps[step];
        self.is_on_server()
            && (planned.is_rust(self.set)
                || planned.statements(self.set, self.dialect).iter().any(|text| {
                    let split = self.dialect.split(text);
                    split.is_ok_and(|split| self.dialect.may_change_session(&split.tokens))
                }))
    }

    /// Returns what a transaction begins with.
    pub(super) fn begin(&self) -> Vec<Sql<'s>> {
        match self.dialect {
            Dialect::Sqlite => vec![Sql::plain("BEGIN IMMEDIATE")],
            Dialect::Mysql => {
                // With `sql_mode = ORACLE` a block begins with `BEGIN`.
                let mut statements = vec![Sql::plain("START TRANSACTION")];
                statements.extend(self.fence());
                statements
            }
            Dialect::Postgres => {
                let mut statements = vec![Sql::plain("BEGIN")];
                statements.extend(self.fence());
                let timeouts = [
                    ("lock_timeout", self.options.lock_timeout),
                    ("statement_timeout", self.options.statement_timeout),
                ];
                for (name, timeout) in timeouts {
                    if let Some(timeout) = timeout {
                        let milliseconds = timeout.as_millis();
                        statements.push(Sql::plain(format!("SET LOCAL {name} = {milliseconds}")));
                    }
                }
                statements
            }
        }
    }

    /// Tells whether a statement of [`Engine::begin`] is the fence's.
    pub(super) fn is_fence(&self, statement: usize) -> bool {
        (1..=self.fence().len()).contains(&statement)
    }

    /// Returns statements in a transaction of their own, which is fenced.
    pub(super) fn fenced(&self, own: Vec<Sql<'s>>) -> Vec<Sql<'s>> {
        let mut statements = self.begin();
        statements.extend(own);
        statements.push(Sql::plain("COMMIT"));
        statements
    }

    /// Returns a step as one message, and where its own statements begin in it.
    pub(super) fn revision(&self, step: usize) -> (Vec<Sql<'s>>, usize) {
        let mut statements = self.by_name(self.begin());
        if self.is_on_mysql() {
            statements.push(Sql::plain("SET @revchain_began = utc_timestamp(6)"));
        }
        if !self.contents.exists {
            statements.extend(self.ledger.create());
        }
        let own = statements.len();
        statements.extend(self.statements(step));
        statements.extend(self.restore_after(step));
        statements.extend(self.by_name(self.record_as(step, Took::SinceBegin)));
        statements.push(Sql::plain("COMMIT"));
        (statements, own)
    }

    /// Returns statements as the session knows them.
    fn by_name(&self, statements: Vec<Sql<'s>>) -> Vec<Sql<'s>> {
        let mut named = Vec::with_capacity(statements.len());
        for sql in statements {
            named.push(self.lock.kept.by_name(sql));
        }
        named
    }

    pub(super) fn recorded(&mut self, step: usize) {
        let planned = &self.plan.steps[step];
        if let (Direction::Upgrade, StepSource::Set(place)) = (planned.direction, &planned.source) {
            self.contents.last_sequence = self.contents.last_sequence.max(self.sequence(*place));
        }
        self.done.push(Done {
            revision: planned.id(self.set).to_owned(),
            message: planned.message(self.set).to_owned(),
            direction: planned.direction,
            duration: self.now.saturating_sub(self.step_began),
            stamped: planned.stamp,
            replacing: planned.replacing,
            adopted: planned.adopted,
            resumed: planned.resume.is_some(),
        });
        self.recorded = step + 1;
    }

    pub(super) fn correct(&mut self) -> Vec<Sql<'s>> {
        let set = self.set;
        let mut batch = Vec::new();
        for place in &self.plan.corrections {
            let revision = set.at(*place);
            let Some(part) = revision.part(self.dialect) else { continue };
            let checksum = part.downgrade_checksum.to_string();
            batch.push(self.ledger.correct(revision, part));
            batch.push(self.ledger.event(
                &revision.id,
                Deed::CorrectedDowngrade,
                Took::Unknown,
                checksum,
            ));
            self.corrected.push(revision.id.to_string());
        }
        batch
    }

    /// Returns the place and state of the half-done revision that is to be resolved.
    pub(super) fn resolvable(&self) -> Option<(u32, State)> {
        let (Goal::Run(Request::Resolve { revision, .. })
        | Goal::Plan(Request::Resolve { revision, .. })) = &self.goal
        else {
            return None;
        };
        let place = self.set.place(revision)?;
        let state = self.contents.known[place as usize]?.state;
        (state != State::Applied).then_some((place, state))
    }

    /// Settles a half-done revision as its keeper says it is.
    pub(super) fn resolve(&self) -> Vec<Sql<'s>> {
        let (Some((place, _)), Goal::Run(Request::Resolve { applied, .. })) =
            (self.resolvable(), &self.goal)
        else {
            return Vec::new();
        };
        let revision = self.set.at(place);
        let Some(part) = revision.part(self.dialect) else { return Vec::new() };
        let row = if *applied {
            self.ledger.record(&Entry {
                revision,
                part,
                state: State::Applied,
                sequence: Some(self.sequence(place)),
                duration: Took::Unknown,
                statements: Cow::Borrowed(""),
            })
        } else {
            self.ledger.erase(&revision.id)
        };
        let checksum = part.upgrade_checksum.to_string();
        vec![row, self.ledger.event(&revision.id, Deed::Resolved, Took::Unknown, checksum)]
    }
}
