//! The order of the steps: what depends on others goes first and comes back last.

use std::collections::{BTreeMap, BTreeSet};

use super::Backfills;
use super::alter::{Change, change, refusal};
use super::catalog::Catalog;
use super::rebuild::{Rebuild, differs};
use super::renames::renames;
use super::samples::parents_first;
use super::table::Table;
use super::words::{folded, quoted};
use crate::renames::{Renames, ambiguous};
use crate::{Choices, Hazard, Part, Plan, Statement, Unplannable};

/// Plans the statements that make `from` be `to`: one part, under `foreign-keys=off` where a table is made again.
#[expect(clippy::unnecessary_wraps, reason = "other dialects have objects that cannot be changed")]
pub(crate) fn plan(from: &Catalog, to: &Catalog, choices: &Choices) -> Result<Plan, Unplannable> {
    let renames = renames(from, to, choices);
    let backfills = Backfills(choices.backfills.clone());
    let state = from.renamed(&renames);
    let changes = to
        .tables
        .iter()
        .filter_map(|(key, new)| {
            let old = state.tables.get(key)?;
            // What a virtual table holds is known to its module alone.
            let remade = (old.is_virtual() || new.is_virtual()) && !old.same(new);
            let filled = |column: &str| backfills.of(&new.name, column).is_some();
            (!remade).then(|| (key.clone(), change(old, new, filled)))
        })
        .collect();
    let mut planner = Planner {
        from,
        state: &state,
        to,
        renames: &renames,
        backfills: &backfills,
        changes,
        statements: Vec::new(),
        foreign_keys_off: false,
    };
    planner.run();
    let Planner { statements, foreign_keys_off, .. } = planner;
    let part = Part { transaction: true, foreign_keys_off, statements };
    Ok(Plan {
        parts: if part.statements.is_empty() { Vec::new() } else { vec![part] },
        ambiguous: ambiguous(&state.outlines(), &to.outlines(), &renames, choices),
        renames: renames.used,
    })
}

/// Returns the statements that make one table again, and nothing else.
pub(super) fn remade(catalog: &Catalog, key: &str) -> Part {
    let changes = catalog
        .tables
        .keys()
        .map(|one| (one.clone(), if one == key { Change::Rebuild } else { Change::None }));
    let mut planner = Planner {
        from: catalog,
        state: catalog,
        to: catalog,
        renames: &Renames::none(folded),
        backfills: &Backfills(Vec::new()),
        changes: changes.collect(),
        statements: Vec::new(),
        foreign_keys_off: false,
    };
    planner.run();
    Part { transaction: true, foreign_keys_off: true, statements: planner.statements }
}

struct Planner<'p> {
    from: &'p Catalog,
    /// As `from`, after the renames.
    state: &'p Catalog,
    to: &'p Catalog,
    renames: &'p Renames,
    backfills: &'p Backfills,
    /// How each table changes that stays.
    changes: BTreeMap<String, Change>,
    statements: Vec<Statement>,
    foreign_keys_off: bool,
}

impl Planner<'_> {
    fn run(&mut self) {
        self.foreign_keys_off = self.changes.values().any(|change| *change == Change::Rebuild);
        let doomed = self.doomed();
        let kept = self.kept(&doomed);
        self.drop_dependents(&kept, &doomed);
        let (early, late) = self.drops(doomed);
        early.iter().for_each(|table| self.drop_table(table));
        self.rename_tables();
        self.rename_columns();
        self.create_tables();
        self.change_tables();
        late.iter().for_each(|table| self.drop_table(table));
        self.create_dependents(&kept);
    }

    /// Lists the tables that go, by their names after the renames.
    fn doomed(&self) -> Vec<String> {
        let all = self.state.order.iter().rev();
        all.filter(|table| !self.changes.contains_key(*table)).cloned().collect()
    }

    /// Finds the indexes, views and triggers that are left alone.
    fn kept(&self, doomed: &[String]) -> Kept {
        let remade = |table: &String| {
            !matches!(self.changes.get(table), Some(Change::None | Change::Columns { .. }))
        };
        let indexes = self.state.indexes.iter().filter(|(key, index)| {
            !remade(&index.table) && self.to.indexes.get(*key).is_some_and(|to| to.same(index))
        });
        let mut kept =
            Kept { indexes: indexes.map(|(key, _)| key.clone()).collect(), ..Kept::default() };
        // Whatever reads a table that does not stay as it is stands in its way.
        let mut touched: BTreeSet<String> = doomed.iter().cloned().collect();
        for (key, change) in &self.changes {
            let columns = matches!(change, Change::Columns { drop, .. } if !drop.is_empty());
            let renamed = self.renames.columns.contains_key(key) || self.renames.before(key) != key;
            if columns || renamed || *change == Change::Rebuild {
                touched.insert(key.clone());
                touched.insert(self.renames.before(key).to_owned());
            }
        }
        let mut views = self.from.views.clone();
        loop {
            let before = views.len();
            views.retain(|key, view| {
                let same = self.to.views.get(key).is_some_and(|to| to.body == view.body);
                let stays = same && !view.body.mentions_any(&touched);
                if !stays {
                    touched.insert(key.clone());
                }
                stays
            });
            if views.len() == before {
                break;
            }
        }
        kept.views = views.into_keys().collect();
        let triggers = self.from.triggers.iter().filter(|(key, trigger)| {
            let to = self.to.triggers.get(*key);
            to.is_some_and(|to| to.body == trigger.body && to.table == trigger.table)
                && !touched.contains(&trigger.table)
                && !trigger.body.mentions_any(&touched)
        });
        kept.triggers = triggers.map(|(key, _)| key.clone()).collect();
        kept
    }

    fn drop_dependents(&mut self, kept: &Kept, doomed: &[String]) {
        let mut triggers: Vec<_> = self.from.triggers.iter().collect();
        triggers.retain(|(key, _)| !kept.triggers.contains(*key));
        triggers.sort_by_key(|(_, trigger)| std::cmp::Reverse(trigger.place));
        for (_, trigger) in triggers {
            self.say(format!("DROP TRIGGER {}", quoted(&trigger.name)));
        }
        let mut views: Vec<_> = self.from.views.iter().collect();
        views.retain(|(key, _)| !kept.views.contains(*key));
        views.sort_by_key(|(_, view)| std::cmp::Reverse(view.place));
        for (_, view) in views {
            self.say(format!("DROP VIEW {}", quoted(&view.name)));
        }
        for (key, index) in &self.state.indexes {
            let goes_along = doomed.contains(&index.table)
                || self.changes.get(&index.table) == Some(&Change::Rebuild);
            if !kept.indexes.contains(key) && !goes_along {
                let sql = format!("DROP INDEX {}", quoted(&index.name));
                self.add(sql, Hazard::IndexDropped);
            }
        }
    }

    /// Orders the tables that go: first those whose name something new needs, then those that go last.
    ///
    /// With foreign keys on a table's rows are deleted before it goes, and what that does to rows that refer to them is not
    /// wanted: children go before their parents, and where that cannot be foreign keys are off.
    fn drops(&mut self, doomed: Vec<String>) -> (Vec<String>, Vec<String>) {
        let gives_its_name = |table: &String| {
            self.to.tables.contains_key(table) || self.renames.before(table) != table
        };
        let (early, mut left): (Vec<_>, Vec<_>) = doomed.into_iter().partition(gives_its_name);
        let refers = |tables: &BTreeMap<String, Table>, to: &String| {
            tables.values().any(|table| table.parents().any(|parent| parent == to))
        };
        // A name that one table gives and another takes looks like a rebuild to the checks.
        self.foreign_keys_off |=
            !early.is_empty() || left.iter().any(|table| refers(&self.to.tables, table));
        let mut late = Vec::new();
        while !left.is_empty() {
            let is_parent = |table: &String| {
                left.iter().any(|other| self.state.tables[other].parents().any(|one| one == table))
            };
            let next = left.iter().position(|table| !is_parent(table));
            self.foreign_keys_off |= next.is_none();
            late.push(left.remove(next.unwrap_or_default()));
        }
        (early, late)
    }

    fn rename_tables(&mut self) {
        let stays = |(_, new): &(&String, &String)| self.to.tables.contains_key(*new);
        let all = self.renames.tables.iter().filter(stays);
        let mut left: Vec<(String, String)> =
            all.map(|(old, new)| (old.clone(), new.clone())).collect();
        if left.is_empty() {
            return;
        }
        // What refers to the table is to follow it, and with the setting of a rebuild it does not.
        if self.foreign_keys_off {
            self.say("PRAGMA legacy_alter_table = OFF".to_owned());
        }
        while !left.is_empty() {
            let is_free = |(_, new): &(String, String), left: &[(String, String)]| {
                !left.iter().any(|(old, _)| old == new)
            };
            let next = left.iter().position(|pair| is_free(pair, &left));
            let (old, new) = left.remove(next.unwrap_or_default());
            let new = self.to.tables.get(&new).map_or(new, |table| table.name.clone());
            if next.is_some() {
                self.say(format!("ALTER TABLE {} RENAME TO {}", quoted(&old), quoted(&new)));
            } else {
                // They change places: one steps aside.
                let aside = self.free_name(&new);
                self.say(format!("ALTER TABLE {} RENAME TO {}", quoted(&old), quoted(&aside)));
                left.push((aside, new));
            }
        }
        if self.foreign_keys_off {
            self.say("PRAGMA legacy_alter_table = ON".to_owned());
        }
    }

    fn rename_columns(&mut self) {
        for (key, columns) in &self.renames.columns {
            let table = &self.to.tables[key];
            let mut left: Vec<(String, String)> =
                columns.iter().map(|(old, new)| (old.clone(), new.clone())).collect();
            let mut names: BTreeSet<String> = columns.values().cloned().collect();
            names.extend(self.state.tables[key].columns.iter().map(|column| folded(&column.name)));
            names.extend(columns.keys().cloned());
            while !left.is_empty() {
                let next = left.iter().position(|(_, new)| !left.iter().any(|(old, _)| old == new));
                let (old, new) = left.remove(next.unwrap_or_default());
                let mut into = table.column(&new).map_or(new.clone(), |column| column.name.clone());
                if next.is_none() {
                    into = free(&new, |name| names.contains(name));
                    left.push((folded(&into), new));
                }
                let table = quoted(&table.name);
                let (old, into) = (quoted(&old), quoted(&into));
                self.say(format!("ALTER TABLE {table} RENAME COLUMN {old} TO {into}"));
            }
        }
    }

    fn create_tables(&mut self) {
        for key in parents_first(self.to) {
            if !self.changes.contains_key(&key) {
                self.say(self.to.tables[&key].sql.clone());
            }
        }
    }

    fn change_tables(&mut self) {
        for key in &self.to.order {
            let (Some(change), new) = (self.changes.get(key).cloned(), &self.to.tables[key]) else {
                continue;
            };
            match change {
                Change::None => {}
                Change::Columns { drop, add } => self.change_columns(key, new, &drop, &add),
                Change::Rebuild => {
                    let rebuild = Rebuild {
                        old: &self.state.tables[key],
                        new,
                        temporary: self.free_name(&new.name),
                        renames: self.renames,
                        backfills: self.backfills,
                    };
                    self.statements.extend(rebuild.statements());
                }
            }
        }
    }

    fn change_columns(&mut self, key: &str, new: &Table, drop: &[String], add: &[String]) {
        let old = &self.state.tables[key];
        for column in drop {
            let Some(column) = old.column(column) else { continue };
            let sql =
                format!("ALTER TABLE {} DROP COLUMN {}", quoted(&new.name), quoted(&column.name));
            if column.generated.is_some() {
                self.say(sql);
                continue;
            }
            let table = self.name_before(key);
            self.destroy(sql, format!("{table}.{}", column.name));
        }
        for column in add {
            let Some(column) = new.column(column) else { continue };
            let sql = format!("ALTER TABLE {} ADD COLUMN {}", quoted(&new.name), column.text);
            let refused_by_rows = refusal(new, column);
            self.statements.push(Statement { sql, refused_by_rows, ..Statement::default() });
        }
    }

    fn drop_table(&mut self, key: &str) {
        let before = self.name_before(key);
        self.destroy(format!("DROP TABLE {}", quoted(&before)), before.clone());
        let refers = |table: &&Table| table.parents().any(|parent| parent == key);
        let children = self.to.tables.values().filter(refers);
        let children: Vec<_> = children.map(|table| format!("`{}`", table.name)).collect();
        if let Some(statement) = self.statements.last_mut()
            && !children.is_empty()
        {
            statement.refused_by_rows = Some(crate::Refusal {
                reason: format!("rows of {} refer to `{before}`", children.join(", ")),
                count: String::new(),
            });
        }
    }

    fn create_dependents(&mut self, kept: &Kept) {
        for (key, index) in &self.to.indexes {
            if kept.indexes.contains(key) {
                continue;
            }
            let fresh = !self.changes.contains_key(&index.table);
            if fresh {
                self.say(index.sql.clone());
                continue;
            }
            self.add(index.sql.clone(), Hazard::IndexBuild);
            let columns: Vec<&str> = index.body.names().collect();
            let known = self.state.indexes.get(key).is_some_and(|before| before.same(index))
                && !differs(
                    &self.state.tables[&index.table],
                    &self.to.tables[&index.table],
                    &columns,
                );
            if index.unique && !known {
                let refusal = crate::Refusal {
                    reason: format!("`{}` must be unique: {}", index.table, index.body),
                    count: String::new(),
                };
                if let Some(statement) = self.statements.last_mut() {
                    statement.refused_by_rows = Some(refusal);
                }
            }
        }
        let mut views: Vec<_> = self.to.views.iter().collect();
        views.retain(|(key, _)| !kept.views.contains(*key));
        views.sort_by_key(|(_, view)| view.place);
        for (_, view) in views {
            self.say(view.sql.clone());
        }
        let mut triggers: Vec<_> = self.to.triggers.iter().collect();
        triggers.retain(|(key, _)| !kept.triggers.contains(*key));
        triggers.sort_by_key(|(_, trigger)| trigger.place);
        for (_, trigger) in triggers {
            self.say(trigger.sql.clone());
        }
    }

    /// Returns the name that a table had before the renames, as it was written.
    fn name_before(&self, key: &str) -> String {
        let before = self.renames.before(key);
        self.from.tables.get(before).map_or(before, |table| &*table.name).to_owned()
    }

    /// Returns a name like `name` that nothing has, now or later.
    fn free_name(&self, name: &str) -> String {
        let taken = |name: &str| {
            [self.from, self.state, self.to].iter().any(|catalog| {
                catalog.tables.contains_key(name)
                    || catalog.indexes.contains_key(name)
                    || catalog.views.contains_key(name)
                    || catalog.triggers.contains_key(name)
            })
        };
        free(name, taken)
    }

    fn say(&mut self, sql: String) {
        self.statements.push(Statement { sql, ..Statement::default() });
    }

    fn add(&mut self, sql: String, hazard: Hazard) {
        self.statements.push(Statement { sql, hazards: vec![hazard], ..Statement::default() });
    }

    fn destroy(&mut self, sql: String, what: String) {
        self.add(sql, Hazard::DeletesData);
        if let Some(statement) = self.statements.last_mut() {
            statement.destroys.push(what);
        }
    }
}

/// What is left alone, by folded names.
#[derive(Default)]
struct Kept {
    indexes: BTreeSet<String>,
    views: BTreeSet<String>,
    triggers: BTreeSet<String>,
}

fn free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut free = format!("{name}_new");
    while taken(&folded(&free)) {
        free.push('_');
    }
    free
}
