//! One table becomes another of the same name: by one `ALTER TABLE` wherever that can be.

use super::columns;
use super::table::{Check, Column, Generated, Index, Table};
use super::{folded, listed, quoted};
use crate::renames::Renames;
use crate::{Choices, Hazard, Refusal, Statement};

/// How a table changes.
pub(super) struct Change<'c> {
    /// As the renames leave it.
    pub(super) old: &'c Table,
    pub(super) new: &'c Table,
    pub(super) renames: &'c Renames,
    pub(super) choices: &'c Choices,
}

/// What an `ALTER TABLE` does, and what is to be known of it.
#[derive(Default)]
pub(super) struct Clauses {
    pub(super) texts: Vec<String>,
    pub(super) hazards: Vec<Hazard>,
    pub(super) destroys: Vec<String>,
    pub(super) refusals: Vec<Refusal>,
}

impl Clauses {
    pub(super) fn say(&mut self, text: String) {
        self.texts.push(text);
    }

    pub(super) fn hazard(&mut self, hazard: Hazard) {
        if !self.hazards.contains(&hazard) {
            self.hazards.push(hazard);
        }
    }

    pub(super) fn destroy(&mut self, what: String) {
        self.hazard(Hazard::DeletesData);
        self.destroys.push(what);
    }

    pub(super) fn refuse(&mut self, reason: String, count: String) {
        self.refusals.push(Refusal { reason, count });
    }

    /// Returns the statement; none if nothing is to be done.
    pub(super) fn statement(self, table: &str) -> Option<Statement> {
        let separator = if self.texts.len() > 1 { "\n    " } else { " " };
        let between = format!(",{separator}");
        let sql = format!("ALTER TABLE {}{separator}{}", quoted(table), self.texts.join(&between));
        (!self.texts.is_empty()).then(|| Statement {
            sql,
            hazards: self.hazards,
            destroys: self.destroys,
            refused_by_rows: joined(self.refusals),
        })
    }
}

/// Makes one of several: their reasons in a row, and the sum of what they count.
fn joined(refusals: Vec<Refusal>) -> Option<Refusal> {
    let mut left = refusals.into_iter();
    let first = left.next()?;
    Some(left.fold(first, |all, one| Refusal {
        reason: format!("{}; {}", all.reason, one.reason),
        count: match all.count.is_empty() || one.count.is_empty() {
            true => String::new(),
            false => format!("SELECT ({}) + ({})", all.count, one.count),
        },
    }))
}

impl Change<'_> {
    /// Returns the statements: values for rows that have none first, then all else at once.
    pub(super) fn statements(&self) -> Vec<Statement> {
        let mut statements = Vec::new();
        let mut old = self.old.clone();
        let mut filled = Clauses::default();
        let mut values = Vec::new();
        for column in self.new.columns.iter().filter(|column| column.generated.is_none()) {
            let backfill = self.choices.backfill(&self.new.name, &column.name);
            let before = old.column(&column.name).cloned();
            match before.filter(|before| !columns::is_remade(before, column)) {
                None => {
                    // It comes without a condition, takes its values, and becomes what it is to be.
                    let Some(value) = backfill else { continue };
                    drop_computed(&mut old, &column.name, &mut filled);
                    let bare = column.nullable();
                    filled.say(format!("ADD COLUMN {}", bare.text()));
                    values.push((column.name.clone(), value.to_owned()));
                    old.columns.push(bare);
                }
                Some(before) if !before.not_null && column.not_null => {
                    let Some(value) = backfill.or(column.default.as_deref()) else { continue };
                    let name = self.renames.column_before(&self.new.name, &column.name);
                    // A value of the new type need not be one of the old, and what is computed takes none.
                    if before.kind != column.kind || before.generated.is_some() {
                        let bare = column.nullable();
                        let named = Column { name: name.clone(), ..bare.clone() };
                        filled.say(format!("MODIFY COLUMN {}", named.text()));
                        columns::retype(self, &before, &bare, &mut filled);
                        let same = |one: &&mut Column| **one == before;
                        old.columns.iter_mut().filter(same).for_each(|one| one.clone_from(&bare));
                    }
                    values.push((name, value.to_owned()));
                }
                Some(_) => {}
            }
        }
        statements.extend(filled.statement(&self.new.name));
        statements.extend(values.iter().map(|(name, value)| {
            let (table, name) = (quoted(&self.new.name), quoted(name));
            let sql = format!("UPDATE {table} SET {name} = {value} WHERE {name} IS NULL");
            Statement { sql, ..Statement::default() }
        }));
        let change = Change { old: &old, ..*self };
        statements.extend(change.at_once().statement(&self.new.name));
        statements
    }

    fn at_once(&self) -> Clauses {
        let mut clauses = Clauses::default();
        self.options(&mut clauses);
        self.drop_checks(&mut clauses);
        let (gone, came) = self.indexes();
        let renamed = |index: &&Index| {
            came.iter().find(|one| one.definition() == index.definition() && !index.is_primary())
        };
        for index in &gone {
            clauses.hazard(Hazard::IndexDropped);
            clauses.say(match renamed(index) {
                _ if index.is_primary() => "DROP PRIMARY KEY".to_owned(),
                Some(new) if self.new.index(&index.name).is_none() => {
                    format!("RENAME INDEX {} TO {}", quoted(&index.name), quoted(&new.name))
                }
                _ => format!("DROP INDEX {}", quoted(&index.name)),
            });
        }
        let taken: Vec<&str> = gone
            .iter()
            .filter(|index| self.new.index(&index.name).is_none())
            .filter_map(|index| renamed(index).map(|new| &*new.name))
            .collect();
        columns::change(self, &mut clauses);
        for index in came.iter().filter(|index| !taken.contains(&&*index.name)) {
            self.add_index(index, &mut clauses);
        }
        self.add_checks(&mut clauses);
        clauses
    }

    /// Returns the name by which a table that is there calls a column; none if a new one.
    fn name_before(&self, column: &str) -> Option<String> {
        let before = self.renames.column_before(&self.new.name, column);
        self.old.column(column).map(|_| before)
    }

    /// Returns what the table was called before all.
    pub(super) fn table_before(&self) -> &str {
        self.renames.before(&self.new.name)
    }

    /// Lists the indexes that go and those that come.
    fn indexes(&self) -> (Vec<&Index>, Vec<&Index>) {
        let loses = |index: &Index| {
            index.columns().iter().any(|column| {
                let pair = (self.old.column(column), self.new.column(column));
                !matches!(pair, (Some(old), Some(new)) if !columns::is_remade(old, new))
            })
        };
        let stays = |index: &Index| {
            let new = self.new.index(&index.name);
            new.is_some_and(|new| new.definition() == index.definition()) && !loses(index)
        };
        let gone: Vec<&Index> = self.old.indexes.iter().filter(|index| !stays(index)).collect();
        let kept = |index: &Index| self.old.index(&index.name).is_some_and(stays);
        (gone, self.new.indexes.iter().filter(|index| !kept(index)).collect())
    }

    fn add_index(&self, index: &Index, clauses: &mut Clauses) {
        clauses.say(format!("ADD {}", index.text()));
        clauses.hazard(Hazard::IndexBuild);
        let known = self.old.indexes.iter().any(|one| {
            one.is_unique()
                && one.definition().split_once('(') == index.definition().split_once('(')
        });
        if !index.is_unique() || known {
            return;
        }
        let names: Vec<String> =
            index.parts.iter().filter_map(|part| part.column.clone()).collect();
        let before: Option<Vec<String>> =
            index.parts.iter().map(|part| self.name_before(part.column.as_deref()?)).collect();
        let counted = before.filter(|_| index.parts.iter().all(|part| !part.text.starts_with('(')));
        let count = counted.map_or_else(String::new, |columns| {
            let any = columns.iter().map(|column| format!("{} IS NOT NULL", quoted(column)));
            let any: Vec<String> = any.collect();
            let (columns, table) = (listed(&columns), quoted(self.table_before()));
            format!(
                "SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {} GROUP BY {columns} HAVING count(*) > 1) AS doubles",
                any.join(" AND ")
            )
        });
        let reason = format!("`{}` must be unique: {}", self.new.name, names.join(", "));
        clauses.refuse(reason, count);
    }

    fn drop_checks(&self, clauses: &mut Clauses) {
        for check in &self.old.checks {
            if self.new.check(&check.name).is_none_or(|new| new.text != check.text) {
                clauses.say(format!("DROP CONSTRAINT {}", quoted(&check.name)));
            }
        }
    }

    fn add_checks(&self, clauses: &mut Clauses) {
        for check in &self.new.checks {
            if self.old.check(&check.name).is_some_and(|old| old.text == check.text) {
                continue;
            }
            clauses.say(format!("ADD {}", check.text()));
            self.refuse_check(check, clauses);
        }
    }

    fn refuse_check(&self, check: &Check, clauses: &mut Clauses) {
        let same = |column: &Column| self.old.column(&column.name).is_some();
        let renamed = |column: &Column| {
            column.name != self.renames.column_before(&self.new.name, &column.name)
        };
        let asked = self.new.columns.iter().all(|column| same(column) && !renamed(column));
        let condition =
            check.text.get("CHECK ".len()..).filter(|text| asked && text.ends_with(')'));
        let count = condition.map_or_else(String::new, |condition| {
            format!("SELECT count(*) FROM {} WHERE NOT {condition}", quoted(self.table_before()))
        });
        clauses.refuse(format!("`{}` has the condition {}", self.new.name, check.text), count);
    }

    fn options(&self, clauses: &mut Clauses) {
        let (old, new) = (&self.old.options, &self.new.options);
        let is_charset = |name: &str| ["default charset", "collate"].contains(&&*folded(name));
        let mut charset = false;
        for (name, value) in new.iter().filter(|one| !old.contains(one)) {
            charset |= is_charset(name);
            if !is_charset(name) {
                clauses.say(format!("{name}={value}"));
                if name.eq_ignore_ascii_case("engine") {
                    clauses.hazard(Hazard::ImpactsDatabasePerformance);
                }
            }
        }
        for (name, _) in old.iter().filter(|(name, _)| !new.iter().any(|(one, _)| one == name)) {
            match &*folded(name) {
                "default charset" | "collate" => charset = true,
                "comment" => clauses.say(format!("{name}=''")),
                _ => clauses.say(format!("{name}=DEFAULT")),
            }
        }
        // Each is said with the other, for one alone sets both.
        if charset {
            let words: Vec<String> = new
                .iter()
                .filter(|(name, _)| is_charset(name))
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            clauses.say(words.join(" "));
        }
    }
}

/// Drops a computed column that cannot stay, with its indexes; does nothing if there is none.
fn drop_computed(table: &mut Table, name: &str, clauses: &mut Clauses) {
    let is_it = |column: &Column| folded(&column.name) == folded(name);
    if !table.columns.iter().any(is_it) {
        return;
    }
    let (gone, stays): (Vec<Index>, Vec<Index>) = std::mem::take(&mut table.indexes)
        .into_iter()
        .partition(|index| index.columns().contains(&folded(name)));
    for index in gone {
        clauses.say(format!("DROP INDEX {}", quoted(&index.name)));
    }
    clauses.say(format!("DROP COLUMN {}", quoted(name)));
    table.indexes = stays;
    table.columns.retain(|column| !is_it(column));
}

/// Tells whether a stored value is there before.
pub(super) fn has_values(column: &Column) -> bool {
    column.generated != Some(Generated::Virtual)
}
