//! How one catalog becomes another.
//!
//! ```text
//! rename ─▶ fate of each object ─▶ dropped first ─▶ made and altered, in the order of needs ─▶ dropped last ─▶ parts
//! ```

mod ambiguous;
mod casts;
mod columns;
mod constraints;
mod drops;
mod fate;
mod grants;
mod indexes;
mod makes;
mod order;
mod parts;
mod rename;
mod renamed;
mod sequences;
mod spread;
mod survivors;
mod tables;
mod types;

use std::collections::BTreeSet;

use super::catalog::{Body, Catalog, Object, table_key};
use super::names::literal;
use super::reread::reread;
use crate::{Choices, Hazard, Key, Kind, Plan, Refusal, Statement, Unplannable};
use fate::{Fate, Fates};

pub(crate) use survivors::survivors;

/// Plans the steps from one catalog to another.
pub(crate) fn plan(from: &Catalog, to: &Catalog, choices: &Choices) -> Result<Plan, Unplannable> {
    let mut from = from.clone();
    let renames = rename::apply(&mut from, to, choices);
    let fates = fate::decide(&from, to);
    let planner = Planner { from: &from, to, choices, fates };
    planner.refuse_what_has_no_plan()?;
    let mut parts = planner.parts(renames.statements);
    reread(&mut parts);
    Ok(Plan { parts, renames: renames.used, ambiguous: planner.ambiguous() })
}

struct Planner<'a> {
    from: &'a Catalog,
    to: &'a Catalog,
    choices: &'a Choices,
    fates: Fates,
}

/// One step, and what it must come after.
#[derive(Debug)]
struct Action {
    /// What it makes: others that need this wait for it.
    keys: Vec<Key>,
    /// Where it goes among those that could be next.
    phase: u8,
    after: Vec<Key>,
    steps: Vec<Step>,
}

/// A statement, and where it can stand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    statement: Statement,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Anywhere,
    /// In a part of its own without a transaction.
    Alone,
    /// In a transaction later than that of the statement before.
    Later,
}

impl Action {
    fn new(key: &Key, phase: u8, steps: Vec<Step>) -> Self {
        Self { keys: vec![key.clone()], phase, after: Vec::new(), steps }
    }

    fn after(mut self, keys: impl IntoIterator<Item = Key>) -> Self {
        self.after.extend(keys);
        self
    }
}

impl Step {
    fn new(sql: impl Into<String>) -> Self {
        Self {
            statement: Statement { sql: sql.into(), ..Statement::default() },
            place: Place::Anywhere,
        }
    }

    fn hazard(mut self, hazard: Hazard) -> Self {
        if !self.statement.hazards.contains(&hazard) {
            self.statement.hazards.push(hazard);
        }
        self
    }

    fn hazard_if(self, condition: bool, hazard: Hazard) -> Self {
        if condition { self.hazard(hazard) } else { self }
    }

    fn destroys(mut self, what: String) -> Self {
        self.statement.destroys.push(what);
        self
    }

    fn refused(mut self, reason: String, count: String) -> Self {
        self.statement.refused_by_rows.push(Refusal { reason, count });
        self
    }

    fn alone(mut self) -> Self {
        self.place = Place::Alone;
        self
    }

    fn later(mut self) -> Self {
        self.place = Place::Later;
        self
    }
}

/// Returns a key that only this plan has: for a step that belongs to `key` and makes something else.
fn side(key: &Key, what: &str) -> Key {
    Key {
        table: Some(format!("\0{what}")),
        name: format!("{}.{}", key.table.as_deref().unwrap_or(""), key.name),
        ..key.clone()
    }
}

/// Returns how a person names something: without `public`.
fn spoken(key: &Key) -> String {
    let schema = key.schema.as_deref().filter(|schema| *schema != "public");
    let parts = [schema, key.table.as_deref(), Some(key.name.as_str())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(".")
}

impl Planner<'_> {
    fn old(&self, key: &Key) -> Option<&Object> {
        self.from.objects.get(key)
    }

    fn wanted(&self, key: &Key) -> Option<&Object> {
        self.to.objects.get(key)
    }

    fn fate(&self, key: &Key) -> Fate {
        self.fates.of(key)
    }

    /// Whether the table that `key` is part of is made anew.
    fn table_is_new(&self, key: &Key) -> bool {
        let owner = self.owner(key);
        matches!(self.fate(&owner), Fate::Create | Fate::Recreate)
    }

    /// Whether the table that `key` is part of goes.
    fn table_goes(&self, key: &Key) -> bool {
        key.table.is_some() && matches!(self.fate(&self.owner(key)), Fate::Drop | Fate::Recreate)
    }

    /// Returns the key of the table or view that `key` is part of.
    fn owner(&self, key: &Key) -> Key {
        let table = table_key(key);
        if key.table.is_none() {
            return table;
        }
        let kinds = [Kind::Table, Kind::View, Kind::MaterializedView];
        let candidates = kinds.map(|kind| Key { kind, ..table.clone() });
        let known =
            |key: &&Key| self.to.objects.contains_key(*key) || self.from.objects.contains_key(*key);
        candidates.iter().find(known).cloned().unwrap_or(table)
    }

    fn is_partitioned(&self, key: &Key) -> bool {
        let is = |catalog: &Catalog| {
            catalog.table(key).is_some_and(|table| table.partition_by.is_some())
        };
        is(self.to) || is(self.from)
    }

    /// Returns a value for rows that are there: what a person said, for `users.age`.
    fn backfill(&self, column: &Key) -> Option<&str> {
        let plain = spoken(column);
        let full = [column.schema.as_deref(), column.table.as_deref(), Some(&column.name)];
        let full = full.into_iter().flatten().collect::<Vec<_>>().join(".");
        let found = self.choices.backfills.iter().find(|(name, _)| *name == plain || *name == full);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the comments and privileges that what is made anew must be given, or what differs.
    fn about(&self, key: &Key, fresh: bool) -> Vec<Step> {
        let Some(new) = self.wanted(key) else { return Vec::new() };
        let old = if fresh { None } else { self.old(key) };
        let mut steps = grants::steps(key, old, new, fresh && self.is_unseen(key));
        if old.and_then(|old| old.comment.as_ref()) != new.comment.as_ref() {
            steps.push(comment(&super::definition::named(key, new), new.comment.as_deref()));
        }
        if let (Body::Constraint(body), old) = (&new.body, old.map(|old| &old.body)) {
            let said = match old {
                Some(Body::Constraint(old)) => old.index_comment.as_ref(),
                _ => None,
            };
            if said != body.index_comment.as_ref() {
                let name = Key { table: None, ..key.clone() };
                let name = format!("INDEX {}", super::names::name_of(&name));
                steps.push(comment(&name, body.index_comment.as_deref()));
            }
        }
        if let Body::View(body) = &new.body {
            let old = match old.map(|old| &old.body) {
                Some(Body::View(old)) => Some(old),
                _ => None,
            };
            for (name, _) in &body.columns {
                let before = old.and_then(|old| old.comments.get(name));
                let after = body.comments.get(name);
                if before != after {
                    let column = format!(
                        "COLUMN {}.{}",
                        super::names::name_of(key),
                        super::names::quote(name)
                    );
                    steps.push(comment(&column, after.map(String::as_str)));
                }
            }
        }
        steps
    }

    /// Whether nobody has seen it before: rights on it are then no change of rights.
    fn is_unseen(&self, key: &Key) -> bool {
        !self.from.objects.contains_key(&self.owner(key))
    }

    /// Returns every key of either side, once.
    fn keys(&self) -> BTreeSet<&Key> {
        self.from.objects.keys().chain(self.to.objects.keys()).collect()
    }
}

fn comment(named: &str, text: Option<&str>) -> Step {
    let text = text.map_or_else(|| "NULL".to_owned(), literal);
    Step::new(format!("COMMENT ON {named} IS {text}"))
}
