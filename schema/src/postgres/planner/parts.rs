//! Steps become parts: what one transaction cannot hold is cut.

use super::super::catalog::Body;
use super::fate::Fate;
use super::{Action, Place, Planner, Step, order};
use crate::{Key, Kind, Part, Statement, Unplannable};

impl Planner<'_> {
    /// Returns all steps behind `renames`, in parts.
    pub(super) fn parts(&self, renames: Vec<Step>) -> Vec<Part> {
        let added = self.added_values();
        let makes = order::sort(self.makes(), &|key: &Key| {
            self.to.needs.get(key).into_iter().flatten().cloned().collect()
        });
        let mut steps = Vec::new();
        let mut tail = Vec::new();
        let actions = self.drops_first().into_iter().chain(makes).chain(self.drops_last());
        for Action { steps: own, .. } in actions {
            let at = own.iter().position(|step| step.place == Place::Later).unwrap_or(own.len());
            let mut own = own.into_iter();
            steps.extend(own.by_ref().take(at));
            tail.extend(own);
        }
        if let Some(first) = tail.first_mut() {
            first.place = Place::Later;
            tail[1..]
                .iter_mut()
                .filter(|step| step.place == Place::Later)
                .for_each(|step| step.place = Place::Anywhere);
        }
        let mut cut = Cut::default();
        cut.extend(renames);
        if !added.is_empty() {
            cut.extend(added);
            cut.end();
        }
        if self.makes_unchecked_functions() {
            cut.function_bodies = true;
        }
        cut.extend(steps);
        cut.extend(tail);
        cut.end();
        cut.parts
    }

    /// Whether a function is made whose body PostgreSQL would look at too early.
    fn makes_unchecked_functions(&self) -> bool {
        self.to.objects.iter().any(|(key, object)| {
            let fresh = self.fate(key) != Fate::Same;
            fresh && matches!(&object.body, Body::Function(body) if body.language == "sql" && !body.parsed)
        })
    }

    /// Refuses what would lose what must be kept.
    pub(super) fn refuse_what_has_no_plan(&self) -> Result<(), Unplannable> {
        for key in self.keys() {
            if key.kind != Kind::Extension || self.fate(key) != Fate::Recreate {
                continue;
            }
            let needed_by = self.from.needed_by();
            let column = needed_by.get(key).into_iter().flatten().find(|key| {
                key.kind == Kind::Column && matches!(self.fate(key), Fate::Same | Fate::Alter)
            });
            if let Some(column) = column {
                let reason = format!("there is no way to its other version that keeps {column}");
                return Err(Unplannable { key: key.clone(), reason });
            }
        }
        Ok(())
    }
}

/// Parts, of which the last is open.
#[derive(Default)]
struct Cut {
    parts: Vec<Part>,
    open: Vec<Statement>,
    function_bodies: bool,
}

impl Cut {
    fn extend(&mut self, steps: Vec<Step>) {
        for Step { statement, place } in steps {
            match place {
                Place::Anywhere => self.open.push(statement),
                Place::Later => {
                    self.end();
                    self.open.push(statement);
                }
                Place::Alone => {
                    self.end();
                    self.parts.push(Part {
                        transaction: false,
                        foreign_keys_off: false,
                        statements: vec![statement],
                    });
                }
            }
        }
    }

    fn end(&mut self) {
        let mut statements = std::mem::take(&mut self.open);
        if statements.is_empty() {
            return;
        }
        let makes_function = |statement: &Statement| {
            ["CREATE OR REPLACE FUNCTION", "CREATE OR REPLACE PROCEDURE"]
                .iter()
                .any(|start| statement.sql.starts_with(start))
        };
        if self.function_bodies && statements.iter().any(makes_function) {
            let sql = "SET LOCAL check_function_bodies = off".to_owned();
            statements.insert(0, Statement { sql, ..Statement::default() });
        }
        self.parts.push(Part { transaction: true, foreign_keys_off: false, statements });
    }
}
