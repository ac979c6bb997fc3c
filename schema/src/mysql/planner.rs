//! The order of the steps: what depends on others goes first and comes back last.

use std::collections::BTreeSet;

use revchain_core::{Dialect, TokenKind};

use super::alter::{Change, Clauses};
use super::catalog::{Catalog, Trigger, View};
use super::keys::{self, Sides};
use super::quoted;
use super::table::{ForeignKey, Table};
use crate::annotation::{bare, is_sign};
use crate::renames::{Renames, ambiguous};
use crate::{Choices, Hazard, Key, Kind, Part, Plan, Refusal, Statement, Unplannable};

/// Plans the statements that make `from` be `to`: one part, whose statements commit one by one.
pub(crate) fn plan(from: &Catalog, to: &Catalog, choices: &Choices) -> Result<Plan, Unplannable> {
    let renames = Renames::of(&from.outlines(), &to.outlines(), choices);
    let state = from.renamed(&renames);
    for (name, new) in &to.tables {
        let Some(old) = state.tables.get(name) else { continue };
        let repartitioned = is_partitioning(&old.tail) && is_partitioning(&new.tail);
        if old.tail != new.tail && !repartitioned || old.others != new.others {
            return Err(Unplannable {
                key: Key { kind: Kind::Table, schema: None, table: None, name: name.clone() },
                reason: "its history or its periods differ".to_owned(),
            });
        }
    }
    let mut planner =
        Planner { from, state: &state, to, renames: &renames, choices, statements: Vec::new() };
    planner.run();
    let part = Part { transaction: false, foreign_keys_off: false, statements: planner.statements };
    Ok(Plan {
        parts: if part.statements.is_empty() { Vec::new() } else { vec![part] },
        ambiguous: ambiguous(&state.outlines(), &to.outlines(), &renames, choices),
        renames: renames.used,
    })
}

/// Tells whether what follows a table's options is nothing but how its rows are divided.
fn is_partitioning(tail: &str) -> bool {
    // MySQL writes it as a comment that it executes.
    let text =
        tail.trim_start_matches("/*!").trim_start_matches(|sign: char| sign.is_ascii_digit());
    tail.is_empty() || text.trim_start().starts_with("PARTITION BY")
}

struct Planner<'p> {
    from: &'p Catalog,
    /// As `from`, after the renames.
    state: &'p Catalog,
    to: &'p Catalog,
    renames: &'p Renames,
    choices: &'p Choices,
    statements: Vec<Statement>,
}

impl<'p> Planner<'p> {
    fn run(&mut self) {
        self.drop_triggers();
        self.drop_views();
        let doomed = self.doomed();
        self.drop_foreign_keys(&doomed);
        // A view may take its name, or another table.
        let needed = |table: &&Table| {
            let takes = self.to.views.contains_key(&table.name)
                || self.to.sequences.contains_key(&table.name);
            takes || self.renames.after(&table.name) != table.name
        };
        let (early, late): (Vec<&Table>, Vec<&Table>) = doomed.into_iter().partition(needed);
        early.iter().for_each(|table| self.drop_table(table));
        self.drop_sequences(true);
        self.rename_tables();
        self.make_sequences();
        self.alter_tables();
        let missing = self.create_tables();
        self.add_foreign_keys(&missing);
        late.iter().for_each(|table| self.drop_table(table));
        self.create_views();
        self.create_triggers();
        self.drop_sequences(false);
    }

    fn say(&mut self, sql: String) {
        self.statements.push(Statement { sql, ..Statement::default() });
    }

    /// Lists the tables that go, children before what they refer to.
    fn doomed(&self) -> Vec<&'p Table> {
        let mut tables = self.from.parents_first();
        tables.reverse();
        tables.retain(|table| !self.to.tables.contains_key(self.renames.after(&table.name)));
        tables
    }

    /// Tells whether a trigger is left alone: all that fire at its moment are the same, in the same order.
    fn keeps_trigger(&self, trigger: &Trigger) -> bool {
        let of = |catalog: &Catalog| -> Vec<Trigger> {
            let same = |one: &&Trigger| one.table == trigger.table && one.moment == trigger.moment;
            catalog.triggers.iter().filter(same).cloned().collect()
        };
        self.to.tables.contains_key(&trigger.table) && of(self.state) == of(self.to)
    }

    fn drop_triggers(&mut self) {
        for trigger in &self.state.triggers {
            // What fires on a table goes with it.
            let stays = self.to.tables.contains_key(&trigger.table);
            if stays && !self.keeps_trigger(trigger) {
                self.say(format!("DROP TRIGGER {}", quoted(&trigger.name)));
            }
        }
    }

    fn create_triggers(&mut self) {
        for trigger in &self.to.triggers {
            if !self.state.triggers.contains(trigger) || !self.keeps_trigger(trigger) {
                let (name, table) = (quoted(&trigger.name), quoted(&trigger.table));
                let Trigger { moment, body, .. } = trigger;
                self.say(format!("CREATE TRIGGER {name} {moment} ON {table} FOR EACH ROW {body}"));
            }
        }
    }

    fn drop_views(&mut self) {
        for name in self.from.views.keys().filter(|name| !self.to.views.contains_key(*name)) {
            self.say(format!("DROP VIEW {}", quoted(name)));
        }
    }

    /// Creates the views that differ, each behind those that it reads.
    fn create_views(&mut self) {
        let differs = |(name, view): &(&String, &View)| self.from.views.get(*name) != Some(view);
        let mut left: Vec<(&String, &View)> = self.to.views.iter().filter(differs).collect();
        while !left.is_empty() {
            let waits = |(name, view): &(&String, &View)| {
                let names = names_in(&view.body);
                left.iter().any(|(other, _)| other != name && names.contains(*other))
            };
            let next = left.iter().position(|view| !waits(view)).unwrap_or_default();
            let (name, View { options, body }) = left.remove(next);
            let replace = if self.from.views.contains_key(name) { "OR REPLACE " } else { "" };
            self.say(format!("CREATE {replace}{options}VIEW {} {body}", quoted(name)));
        }
    }

    fn sides(&self) -> Sides<'p> {
        Sides { state: self.state, to: self.to, renames: self.renames }
    }

    /// Returns a foreign key as the renames of what it refers to leave it.
    fn after_renames(&self, key: &ForeignKey) -> ForeignKey {
        let mut key = key.clone();
        key.table = self.renames.after(&key.table).to_owned();
        for parent in &mut key.parents {
            if let Some(new) = self.renames.column_after(&key.table, parent) {
                parent.clone_from(new);
            }
        }
        key
    }

    /// Drops the foreign keys that do not stay as they are, and those of tables that go in a circle.
    fn drop_foreign_keys(&mut self, doomed: &[&Table]) {
        for table in self.from.tables.values() {
            let after = self.renames.after(&table.name);
            let state =
                self.state.tables.get(after).filter(|one| one.columns.len() == table.columns.len());
            let place = doomed.iter().position(|one| one.name == table.name);
            let goes = |at: usize, key: &ForeignKey| match place {
                None => state
                    .is_none_or(|state| !keys::stays(self.sides(), after, &state.foreign_keys[at])),
                Some(place) => {
                    let parent = doomed.iter().position(|one| one.name == key.table);
                    let in_the_way = match parent {
                        Some(parent) => parent < place,
                        None => !self.sides().keeps_parent(&self.after_renames(key)),
                    };
                    key.database.is_none() && in_the_way
                }
            };
            let mut clauses = Clauses::default();
            for (_, key) in table.foreign_keys.iter().enumerate().filter(|(at, key)| goes(*at, key))
            {
                clauses.say(format!("DROP FOREIGN KEY {}", quoted(&key.name)));
            }
            self.statements.extend(clauses.statement(&table.name));
        }
    }

    fn drop_table(&mut self, table: &Table) {
        self.statements.push(Statement {
            sql: format!("DROP TABLE {}", quoted(&table.name)),
            hazards: vec![Hazard::DeletesData],
            destroys: vec![table.name.clone()],
            refused_by_rows: Vec::new(),
        });
    }

    fn rename_tables(&mut self) {
        let stays = |(_, new): &(&String, &String)| self.to.tables.contains_key(*new);
        let all = self.renames.tables.iter().filter(stays);
        let mut left: Vec<(String, String)> =
            all.map(|(old, new)| (old.clone(), new.clone())).collect();
        while !left.is_empty() {
            let is_free = |(_, new): &(String, String)| !left.iter().any(|(old, _)| old == new);
            let next = left.iter().position(is_free);
            let (old, new) = left.remove(next.unwrap_or_default());
            let into = if next.is_some() { new.clone() } else { self.free_name(&new) };
            self.say(format!("RENAME TABLE {} TO {}", quoted(&old), quoted(&into)));
            // They change places: one steps aside.
            if next.is_none() {
                left.push((into, new));
            }
        }
    }

    /// Returns a name like `name` that nothing has, now or later.
    fn free_name(&self, name: &str) -> String {
        let mut free = format!("{name}_new");
        let taken = |name: &str| {
            [self.from, self.to].iter().any(|catalog| {
                catalog.tables.contains_key(name)
                    || catalog.views.contains_key(name)
                    || catalog.sequences.contains_key(name)
            })
        };
        while taken(&free) {
            free.push('_');
        }
        free
    }

    fn alter_tables(&mut self) {
        for (name, new) in &self.to.tables {
            let Some(old) = self.state.tables.get(name) else { continue };
            let change = Change { old, new, renames: self.renames, choices: self.choices };
            let repartition = |clause: &str| Statement {
                sql: format!("ALTER TABLE {} {clause}", quoted(name)),
                hazards: vec![Hazard::ImpactsDatabasePerformance],
                ..Statement::default()
            };
            if !old.tail.is_empty() && new.tail.is_empty() {
                self.statements.push(repartition("REMOVE PARTITIONING"));
            }
            self.statements.extend(change.statements());
            if !new.tail.is_empty() && old.tail != new.tail {
                let refused_by_rows = vec![Refusal {
                    reason: format!("each row of `{name}` must have a partition"),
                    count: String::new(),
                }];
                self.statements.push(Statement { refused_by_rows, ..repartition(&new.tail) });
            }
        }
    }

    /// Creates the new sequences, and changes those that differ; how far they have counted stays.
    fn make_sequences(&mut self) {
        for (name, said) in &self.to.sequences {
            match self.from.sequences.get(name) {
                Some(old) if old == said => {}
                None => self.say(format!("CREATE SEQUENCE {} {said}", quoted(name))),
                Some(_) => {
                    let (said, _) = said.split_once(" ENGINE").unwrap_or((said, ""));
                    self.say(format!("ALTER SEQUENCE {} {said}", quoted(name)));
                }
            }
        }
    }

    /// Drops sequences: at first those whose names are taken, at last the others.
    fn drop_sequences(&mut self, taken: bool) {
        for name in self.from.sequences.keys() {
            let takes = self.to.tables.contains_key(name) || self.to.views.contains_key(name);
            if takes == taken && !self.to.sequences.contains_key(name) {
                self.say(format!("DROP SEQUENCE {}", quoted(name)));
            }
        }
    }

    /// Creates the new tables, parents first, and returns the foreign keys that have to wait: by table and name.
    fn create_tables(&mut self) -> BTreeSet<(String, String)> {
        let mut there: BTreeSet<&str> = self.state.tables.keys().map(String::as_str).collect();
        let mut missing = BTreeSet::new();
        for table in self.to.parents_first() {
            if self.state.tables.contains_key(&table.name) {
                continue;
            }
            there.insert(&table.name);
            let can = |key: &ForeignKey| key.database.is_some() || there.contains(&*key.table);
            self.say(table.create(can));
            let waiting = table.foreign_keys.iter().filter(|key| !can(key));
            missing.extend(waiting.map(|key| (table.name.clone(), key.name.clone())));
        }
        missing
    }

    /// Adds the foreign keys that a table that stays has not or no more, and those that had to wait.
    fn add_foreign_keys(&mut self, missing: &BTreeSet<(String, String)>) {
        for (name, table) in &self.to.tables {
            let old = self.state.tables.get(name);
            let comes = |key: &&ForeignKey| match old {
                None => missing.contains(&(name.clone(), key.name.clone())),
                Some(old) => {
                    let old = old.foreign_key(&key.name);
                    old.is_none_or(|old| !keys::stays(self.sides(), name, old))
                }
            };
            let mut clauses = Clauses::default();
            for key in table.foreign_keys.iter().filter(comes) {
                // An index that the server made for a foreign key gives way to one that it makes for another, unless
                // somebody asks for it; all of the table is written again anyway.
                let index = old.and_then(|old| old.index_of(key));
                if let Some(index) = index.filter(|one| table.index_of(key) == Some(one)) {
                    let remake = [
                        format!("DROP INDEX {}", quoted(&index.name)),
                        format!("ADD {}", index.text()),
                    ];
                    let asked = clauses.texts.contains(&remake[0]) || index.name == key.name;
                    clauses.texts.extend(remake.into_iter().filter(|_| !asked));
                }
                clauses.say(format!("ADD {}", key.text()));
                let known = old.and_then(|old| old.foreign_key(&key.name));
                if let Some(old) = old {
                    clauses.hazard(Hazard::AcquiresShareLock);
                    // What takes a value that it had not may refer to nothing.
                    let filled = key.columns.iter().any(|name| {
                        let sides = (old.column(name), table.column(name));
                        matches!(sides, (Some(old), Some(new)) if !old.not_null && new.not_null)
                    });
                    if filled || known.is_none_or(|known| known.definition() != key.definition()) {
                        self.refuse_orphans(old, key, &mut clauses);
                    }
                }
            }
            self.statements.extend(clauses.statement(name));
        }
    }

    fn refuse_orphans(&self, table: &Table, key: &ForeignKey, clauses: &mut Clauses) {
        let before = self.renames.before(&table.name);
        let renamed = |(table, columns): (&str, &[String])| {
            columns.iter().any(|one| self.renames.column_before(table, one) != *one)
        };
        let names = [(&*table.name, &*key.columns), (&*key.table, &*key.parents)];
        let count = match names.into_iter().any(renamed) {
            true => String::new(),
            false => keys::orphans(self.from, before, key, self.renames.before(&key.table)),
        };
        let (table, columns) = (&table.name, key.columns.join(", "));
        clauses.refuse(
            format!("each `{table}` must refer to one of `{}` by {columns}", key.table),
            count,
        );
    }
}

/// Returns the names of what a view reads: they stand alone, where a column's stands behind its table's.
fn names_in(body: &str) -> BTreeSet<String> {
    let Ok(split) = Dialect::Mysql.split(body) else { return BTreeSet::new() };
    let tokens = &split.tokens;
    let is_name = |at: usize| tokens.get(at).is_some_and(|one| one.kind == TokenKind::Identifier);
    let is_dot = |at: usize| tokens.get(at).is_some_and(|one| is_sign(one, "."));
    let stands_alone = |at: usize| {
        let before = at.checked_sub(1);
        let alias = before.is_some_and(|at| is_name(at) || is_dot(at) || tokens[at].is_word("as"));
        !alias && !is_dot(at + 1)
    };
    let names = (0..tokens.len()).filter(|at| is_name(*at) && stands_alone(*at));
    names.filter_map(|at| bare(&tokens[at])).collect()
}
