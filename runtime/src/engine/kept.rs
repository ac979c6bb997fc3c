//! Statements that a session of PostgreSQL keeps: what every revision repeats is planned once and executed by name.

use revchain_core::Dialect;

use super::program::{self, Operation, Program};
use super::{Action, Engine};
use crate::ledger::Took;
use crate::sql::Sql;

/// From how many revisions on the round trip that it costs is worth it.
const WORTH_IT: usize = 10;

/// invalid_sql_statement_name
pub(super) const FORGOTTEN: &str = "26000";

/// The statements that a run has prepared on its session.
#[derive(Debug, Default)]
pub(super) struct Kept {
    statements: Vec<(String, String)>,
    /// Whether a revision has thrown them away (`DEALLOCATE ALL`): they are not prepared again.
    gone: bool,
}

impl Kept {
    pub(super) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Returns a statement as the session knows it, if it does.
    pub(super) fn by_name<'s>(&self, sql: Sql<'s>) -> Sql<'s> {
        let Some((name, _)) = self.statements.iter().find(|(_, text)| *text == sql.text) else {
            return sql;
        };
        let text = match sql.values.len() {
            0 => format!("EXECUTE {name}"),
            more => format!("EXECUTE {name}(?{})", ", ?".repeat(more - 1)),
        };
        Sql::with(text, sql.values)
    }
}

impl<'s> Engine<'s> {
    /// Puts into a program what prepares the statements: before its second revision, for the first may make the ledger.
    pub(super) fn keep_in(&self, program: &mut Vec<Operation>) {
        let can = self.dialect == Dialect::Postgres && self.is_direct();
        if !can || self.lock.kept.gone || !self.lock.kept.is_empty() {
            return;
        }
        let (mut revisions, mut second) = (0, None);
        for (at, operation) in program.iter().enumerate() {
            if let Operation::Revision(step) = operation {
                revisions += 1;
                if revisions == 2 {
                    second = Some((at, *step));
                }
            }
        }
        if let Some((at, step)) = second.filter(|_| revisions >= WORTH_IT) {
            // The revision begins, for whoever watches, with what stands before it.
            program.insert(at - 1, Operation::Keep(step));
        }
    }

    /// Prepares what a revision is written with.
    pub(super) fn keep(&mut self, step: usize) -> Vec<Sql<'s>> {
        let mut repeated: Vec<Sql<'s>> = self.fence();
        repeated.extend(self.record_as(step, Took::SinceBegin));
        let mut prepared = Vec::new();
        for (number, sql) in repeated.into_iter().enumerate() {
            let name = self.lock.name_of(number);
            prepared.push(Sql::plain(format!("PREPARE {name} AS {}", numbered(&sql.text))));
            self.lock.kept.statements.push((name, sql.text.into_owned()));
        }
        prepared
    }

    /// Takes the statements from the session, for it may be somebody else's after the run.
    pub(super) fn forget(&mut self) -> Option<Action<'s>> {
        let kept = std::mem::take(&mut self.lock.kept.statements);
        let mut statements = Vec::with_capacity(kept.len());
        for (name, _) in &kept {
            statements.push(Sql::plain(format!("DEALLOCATE {name}")));
        }
        (!statements.is_empty()).then_some(Action::Execute(statements))
    }

    /// Goes on without them.
    pub(super) fn kept_are_gone(&mut self) {
        self.lock.kept = Kept { statements: Vec::new(), gone: true };
        self.done.truncate(self.committed);
        self.program = Program::default();
        self.prepend(&program::session_again(Operation::Replan));
        self.prepend(&[Operation::Rollback]);
    }
}

/// Numbers the values of a statement: `?, ?` becomes `$1, $2`.
fn numbered(text: &str) -> String {
    let mut pieces = text.split('?');
    let mut numbered = pieces.next().unwrap_or_default().to_owned();
    for (index, piece) in pieces.enumerate() {
        numbered.push_str(&format!("${}{piece}", index + 1));
    }
    numbered
}
