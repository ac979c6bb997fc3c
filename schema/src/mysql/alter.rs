//! One table becomes another of the same name: by one `ALTER TABLE` wherever that can be.

use super::table::{Check, Column, Generated, Index, Table, names};
use super::{columns, fills, folded, listed, quoted};
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
        (!self.texts.is_empty()).then_some(Statement {
            sql,
            hazards: self.hazards,
            destroys: self.destroys,
            refused_by_rows: self.refusals,
        })
    }
}

impl Change<'_> {
    /// Returns the statements: values for rows that have none first, then all else at once.
    pub(super) fn statements(&self) -> Vec<Statement> {
        let name = &self.new.name;
        let mut old = self.old.clone();
        let mut statements = fills::statements(self, &mut old);
        let change = Change { old: &old, ..*self };
        let (mut first, mut last) = (Clauses::default(), Clauses::default());
        if self.changes_engine() {
            // What an engine alone takes goes before it, and what Aria says by itself goes once that is left.
            self.leave_options(is_of_engine, &mut first);
            self.leave_options(|option| folded(option) == "page_checksum", &mut last);
        }
        statements.extend(first.statement(name));
        statements.extend(change.at_once().statement(name));
        statements.extend(last.statement(name));
        statements
    }

    fn at_once(&self) -> Clauses {
        let mut clauses = Clauses::default();
        self.options(&mut clauses);
        self.drop_checks(&mut clauses);
        let (gone, came) = self.indexes();
        let resized = self.resizes_blocks();
        let renamed = |index: &&Index| {
            came.iter()
                .filter(|_| !resized)
                .find(|one| one.definition() == index.definition() && !index.is_primary())
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
        let resized = self.resizes_blocks();
        let stays = |index: &Index| {
            let new = self.new.index(&index.name).filter(|_| !resized);
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
            let (columns, table) = (listed(&columns), quoted(self.table_before()));
            format!(
                "SELECT count(*) FROM {table} WHERE ({columns}) IN \
                 (SELECT {columns} FROM {table} GROUP BY {columns} HAVING count(*) > 1)"
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
        let condition = check.text.get("CHECK ".len()..).unwrap_or_default();
        let count = self.breaking(condition);
        clauses.refuse(format!("`{}` has the condition {}", self.new.name, check.text), count);
    }

    /// Returns a query that counts the rows that break a condition; empty where its columns are not there or called otherwise.
    pub(super) fn breaking(&self, condition: &str) -> String {
        let mut named = self.new.columns.iter().filter(|column| names(condition, &column.name));
        let counted = condition.ends_with(')')
            && named.all(|column| self.name_before(&column.name).as_deref() == Some(&column.name));
        let table = quoted(self.table_before());
        let count = || format!("SELECT count(*) FROM {table} WHERE NOT {condition}");
        if counted { count() } else { String::new() }
    }

    /// Says which options are others; each of the character set and the collation with the other, for one alone sets both.
    fn options(&self, clauses: &mut Clauses) {
        let (old, new) = (&self.old.options, &self.new.options);
        let differs = |one: &&(String, String)| !old.contains(one);
        for (name, value) in new.iter().filter(differs).filter(|(name, _)| !is_charset(name)) {
            clauses.say(format!("{name}={value}"));
            if name.eq_ignore_ascii_case("engine") {
                clauses.hazard(Hazard::ImpactsDatabasePerformance);
            }
        }
        self.leave_options(|option| !self.changes_engine() || !is_of_engine(option), clauses);
        let [before, after] = [old, new].map(|options| {
            let of_charset = options.iter().filter(|(name, _)| is_charset(name));
            let words: Vec<String> =
                of_charset.map(|(name, value)| format!("{name}={value}")).collect();
            words.join(" ")
        });
        if before != after {
            clauses.say(after);
        }
    }

    /// Tells whether rows move to another engine.
    fn changes_engine(&self) -> bool {
        self.old.option("engine") != self.new.option("engine")
    }

    /// Tells whether indexes are made again: what the table said of their blocks, or an engine by itself, each of them would keep.
    fn resizes_blocks(&self) -> bool {
        let [old, new] = [self.old, self.new].map(|table| table.option("key_block_size"));
        old.is_some() && old != new || self.changes_engine() && (old.is_some() || new.is_some())
    }

    /// Takes back those options that are not wanted any more.
    fn leave_options(&self, which: impl Fn(&str) -> bool, clauses: &mut Clauses) {
        let is_left = |name: &str| !self.new.options.iter().any(|(one, _)| one == name);
        let left = self.old.options.iter().filter(|(name, _)| is_left(name) && which(name));
        for (name, _) in left {
            match &*folded(name) {
                "default charset" | "collate" => {}
                "comment" | "connection" => clauses.say(format!("{name}=''")),
                "union" => clauses.say(format!("{name}=()")),
                // These alone cannot be said to be what they are by default.
                "avg_row_length" | "checksum" | "delay_key_write" | "key_block_size"
                | "max_rows" | "min_rows" => clauses.say(format!("{name}=0")),
                _ => clauses.say(format!("{name}=DEFAULT")),
            }
        }
    }
}

/// Tells whether an option is one that an engine defines: the server quotes their names.
fn is_of_engine(option: &str) -> bool {
    option.starts_with('`')
}

fn is_charset(option: &str) -> bool {
    ["default charset", "collate"].contains(&&*folded(option))
}

/// Tells whether a stored value is there before.
pub(super) fn has_values(column: &Column) -> bool {
    column.generated != Some(Generated::Virtual)
}
