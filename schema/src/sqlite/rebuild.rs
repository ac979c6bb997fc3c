//! Makes a table again and keeps all that is in it (SQLite, "Making Other Kinds Of Table Schema Changes").

use revchain_core::Dialect;

use super::Backfills;
use super::catalog::Catalog;
use super::parse::{column_list, is_literal_text};
use super::planner::remade;
use super::table::{Column, Constraint, Table};
use super::words::{folded, quoted};
use crate::renames::Renames;
use crate::{Hazard, Part, Refusal, Statement};

/// A table that is made again.
pub(super) struct Rebuild<'p> {
    /// As it is: with its new name and its columns' new names.
    pub(super) old: &'p Table,
    pub(super) new: &'p Table,
    /// A name that is free.
    pub(super) temporary: String,
    pub(super) renames: &'p Renames,
    pub(super) backfills: &'p Backfills,
}

impl Rebuild<'_> {
    pub(super) fn statements(&self) -> Vec<Statement> {
        let (old, new) = (quoted(&self.new.name), quoted(&self.temporary));
        let mut statements = vec![plain(self.new.sql_as(&self.temporary))];
        let copied = self.copied();
        let into = column_list(copied.iter().map(|(column, _)| &**column));
        let values: Vec<&str> = copied.iter().map(|(_, value)| &**value).collect();
        // A constraint that ignores or replaces rows would lose them here.
        let insert = if self.new.resolves_conflicts() { "INSERT OR ABORT" } else { "INSERT" };
        statements.push(Statement {
            sql: format!("{insert} INTO {new} ({into}) SELECT {} FROM {old}", values.join(", ")),
            hazards: vec![Hazard::ImpactsDatabasePerformance],
            destroys: Vec::new(),
            refused_by_rows: self.refusal(),
        });
        statements.extend(self.guards());
        if self.old.is_autoincrement() && self.new.is_autoincrement() {
            let [name, temporary] =
                [&self.old.name, &self.temporary].map(|name| Dialect::Sqlite.quote_literal(name));
            statements.push(plain(format!("DELETE FROM sqlite_sequence WHERE name = {temporary}")));
            statements.push(plain(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {temporary}, seq FROM sqlite_sequence \
                 WHERE name = {name} COLLATE NOCASE"
            )));
        }
        let destroys = self.destroys();
        let hazards = if destroys.is_empty() { Vec::new() } else { vec![Hazard::DeletesData] };
        statements.push(Statement {
            sql: format!("DROP TABLE {old}"),
            hazards,
            destroys,
            refused_by_rows: None,
        });
        statements.push(plain(format!("ALTER TABLE {new} RENAME TO {old}")));
        statements
    }

    /// Returns the columns that are written, and from what.
    fn copied(&self) -> Vec<(String, String)> {
        let mut copied = Vec::new();
        let rowid = self.old.rowid_name();
        let rowid_column = self.new.rowid_column().map(|column| &column.name);
        if let (Some(from), Some(into), None) = (rowid, self.new.rowid_name(), rowid_column) {
            copied.push((into.to_owned(), from.to_owned()));
        }
        for column in self.new.columns.iter().filter(|column| column.generated.is_none()) {
            let is_rowid = Some(&column.name) == rowid_column;
            let value = match self.old.column(&column.name) {
                Some(before) => Some(self.value(before, column)),
                None if is_rowid && rowid.is_some() => rowid.map(str::to_owned),
                None => self.backfill(column).map(str::to_owned),
            };
            copied.extend(value.map(|value| (column.name.clone(), value)));
        }
        if copied.is_empty() {
            // Each row is kept, whatever is left of it.
            let first = self.new.columns.iter().find(|column| column.generated.is_none());
            copied.extend(first.map(|column| {
                let default = column.default.as_ref().map(|default| default.sql.clone());
                (column.name.clone(), default.unwrap_or_else(|| "NULL".to_owned()))
            }));
        }
        copied
    }

    /// Returns what a surviving column is filled with: another value only where NULL is no longer allowed.
    fn value(&self, before: &Column, after: &Column) -> String {
        let name = quoted(&before.name);
        match filled(before, after, self.backfill(after), self.becomes_rowid(after)) {
            Some(value) => format!("coalesce({name}, {value})"),
            None => name,
        }
    }

    /// Tells whether a column that was none becomes the rowid, which is made up where it is NULL.
    fn becomes_rowid(&self, column: &Column) -> bool {
        let is = |table: &Table| {
            table.rowid_column().is_some_and(|one| one.name.eq_ignore_ascii_case(&column.name))
        };
        is(self.new) && !is(self.old)
    }

    /// Tells whether the rows of a table keep their rowids in another.
    pub(super) fn keeps_rowids(old: &Table, new: &Table, renames: &Renames) -> bool {
        if old.rowid_name().is_none() || new.rowid_name().is_none() {
            return false;
        }
        let key = new.key();
        new.rowid_column().is_none_or(|column| {
            let name = folded(&column.name);
            let before = old.column(&renames.column_before(&key, &name));
            before.is_none_or(|before| {
                old.rowid_column().is_some_and(|rowid| rowid.name == before.name)
            })
        })
    }

    fn backfill(&self, column: &Column) -> Option<&str> {
        self.backfills.of(&self.new.name, &column.name)
    }

    /// Returns statements that fail where a column's new type does not keep what a row has.
    ///
    /// A type's affinity may convert a value on its way (SQLite, "Type Affinity"): `'007'` becomes 7 in an INTEGER column,
    /// and nothing brings it back. Each value has to be what it was once it is cast back.
    fn guards(&self) -> Vec<Statement> {
        let changed = self.new.columns.iter().filter_map(|after| {
            let before = self.old.column(&after.name)?;
            let converts = affinity(&after.kind) != affinity(&before.kind)
                || self.new.strict != self.old.strict;
            (converts && after.generated.is_none() && affinity(&after.kind) != Affinity::Blob)
                .then_some((before, after))
        });
        let mut guards: Vec<Statement> =
            changed.map(|(before, after)| self.guard(before, after)).collect();
        guards.extend(self.new.columns.iter().filter_map(|after| {
            let before = self.old.column(&after.name)?;
            let made_up = self.becomes_rowid(after)
                && before.not_null.is_none()
                && !self.backfill(after).is_some_and(is_literal_text);
            made_up.then(|| self.refuse_null(before, after))
        }));
        guards
    }

    /// Returns a statement that fails where a key would be made up.
    fn refuse_null(&self, before: &Column, after: &Column) -> Statement {
        let (table, from) = (quoted(&self.new.name), quoted(&before.name));
        let path = format!("{}.{}", self.new.name, after.name);
        let missing = format!("EXISTS (SELECT 1 FROM {table} WHERE {from} IS NULL)");
        refusing(
            &missing,
            &format!("{path}: a row has no key"),
            format!("each row needs its `{path}`: give a value, as --backfill {path}=rowid"),
        )
    }

    fn guard(&self, before: &Column, after: &Column) -> Statement {
        let (old, new) = (quoted(&self.new.name), quoted(&self.temporary));
        let [from, into] = [quoted(&before.name), quoted(&after.name)];
        let lost = ["integer", "real", "text"].map(|kind| {
            // The text `2` and the number 2.0 are the same, too.
            let whole = format!(
                " EXCEPT SELECT CAST(CAST({into} AS integer) AS text) FROM {new} \
                 WHERE {into} = CAST({into} AS integer)"
            );
            format!(
                "EXISTS (SELECT {from} FROM {old} WHERE typeof({from}) = '{kind}' \
                 EXCEPT SELECT CAST({into} AS {kind}) FROM {new}{})",
                if kind == "text" { &*whole } else { "" }
            )
        });
        let path = format!("{}.{}", self.new.name, after.name);
        refusing(
            &lost.join(" OR "),
            &format!("{path}: a value is not the same as {}", after.kind),
            format!("`{path}` keeps only what is the same as {}", after.kind),
        )
    }

    /// Lists what of the old table the new one does not have.
    fn destroys(&self) -> Vec<String> {
        let lost = self.old.columns.iter().filter(|before| {
            before.generated.is_none()
                && self.new.column(&before.name).is_none_or(|after| after.generated.is_some())
        });
        let table = self.renames.before(&self.old.key()).to_owned();
        lost.map(|column| {
            let key = folded(&column.name);
            let before = self.renames.column_before(&self.old.key(), &key);
            let name = if before == key { &column.name } else { &before };
            format!("{}.{name}", if table == self.old.key() { &self.old.name } else { &table })
        })
        .collect()
    }

    /// Tells how rows can be in the way.
    fn refusal(&self) -> Option<Refusal> {
        let mut reasons = Vec::new();
        let mut counts = Vec::new();
        let key = self.old.key();
        let table = quoted(self.renames.before(&key));
        let before = |column: &str| {
            let column = folded(column);
            self.old.column(&column)?;
            Some(quoted(&self.renames.column_before(&key, &column)))
        };
        let rowid = self.new.rowid_column().map(|column| &column.name);
        for column in &self.new.columns {
            let was = self.old.column(&column.name);
            let needs = column.not_null.is_some()
                && column.generated.is_none()
                && was.is_none_or(|was| was.not_null.is_none())
                && Some(&column.name) != rowid;
            let path = format!("{}.{}", self.new.name, column.name);
            let backfill = self.backfill(column);
            let given = backfill.map_or_else(|| default_of(column).is_some(), is_literal_text);
            if needs && !given {
                reasons.push(match backfill {
                    Some(value) => format!("`{path}` is NOT NULL, and `{value}` may be NULL"),
                    None => {
                        let value =
                            if affinity(&column.kind) == Affinity::Text { "''" } else { "0" };
                        format!(
                            "`{path}` is NOT NULL and has no default: give a value, as \
                             --backfill \"{path}={value}\""
                        )
                    }
                });
                let name = before(&column.name);
                let missing = [name, backfill.map(str::to_owned)].into_iter().flatten();
                let missing: Vec<_> = missing.map(|value| format!("({value}) IS NULL")).collect();
                counts.push(if missing.is_empty() {
                    format!("SELECT count(*) FROM {table}")
                } else {
                    format!("SELECT count(*) FROM {table} WHERE {}", missing.join(" AND "))
                });
            }
            let computes =
                was.is_none_or(|was| was.not_null.is_none() || was.generated != column.generated);
            if column.generated.is_some() && column.not_null.is_some() && computes {
                reasons.push(format!("`{path}` is NOT NULL, and can be computed as NULL"));
            }
            let strict = self.new.strict && column.kind != "any";
            if was.is_some_and(|was| strict && (was.kind != column.kind || !self.old.strict)) {
                reasons.push(format!("`{path}` takes nothing but {}", column.kind));
            } else if was.is_some() && self.becomes_rowid(column) {
                reasons.push(format!("`{path}` takes nothing but integers"));
            }
        }
        let known = self.old.constraint_set();
        let new = |constraint: &&Constraint| {
            !known.contains(constraint) || differs(self.old, self.new, &constraint.columns())
        };
        for constraint in self.new.constraint_set().into_iter().filter(new) {
            reasons.push(format!("`{}` must hold: {constraint}", self.new.name));
            counts.extend(count(constraint, &table, before));
        }
        (!reasons.is_empty()).then(|| Refusal {
            reason: reasons.join("; "),
            count: match &counts[..] {
                [] => String::new(),
                [one] => one.clone(),
                all => {
                    let all: Vec<_> = all.iter().map(|one| format!("({one})")).collect();
                    format!("SELECT {}", all.join(" + "))
                }
            },
        })
    }
}

/// Tells whether one of the columns is not what it was: a rule that held may hold no longer.
pub(super) fn differs(old: &Table, new: &Table, columns: &[&str]) -> bool {
    columns.iter().any(|column| match (old.column(column), new.column(column)) {
        (Some(before), Some(after)) => {
            before.kind != after.kind
                || before.collation != after.collation
                || before.generated != after.generated
        }
        (before, after) => before.is_some() != after.is_some(),
    })
}

/// Returns a query that counts the rows that break a new constraint, if it can be told before.
fn count(
    constraint: &Constraint,
    table: &str,
    before: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    match constraint {
        Constraint::PrimaryKey { members, .. } | Constraint::Unique { members, .. } => {
            let columns: Option<Vec<_>> = members.iter().map(|one| before(&one.column)).collect();
            let columns = columns?;
            let present: Vec<_> = columns.iter().map(|one| format!("{one} IS NOT NULL")).collect();
            Some(format!(
                "SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {} GROUP BY {} HAVING count(*) > 1)",
                present.join(" AND "),
                columns.join(", ")
            ))
        }
        Constraint::Check { .. } | Constraint::ForeignKey { .. } => None,
    }
}

/// As [`rebuild`](crate::rebuild()).
pub(crate) fn scaffold(catalog: &Catalog, table: &str) -> Option<Part> {
    let key = folded(table);
    catalog.tables.get(&key).filter(|table| !table.is_virtual())?;
    Some(remade(catalog, &key))
}

/// Returns what NULL becomes in a column that no longer allows it; `key` tells whether it becomes the rowid.
pub(super) fn filled<'c>(
    before: &Column,
    after: &'c Column,
    backfill: Option<&'c str>,
    key: bool,
) -> Option<&'c str> {
    if before.not_null.is_some() || after.not_null.is_none() && !key {
        return None;
    }
    backfill.or_else(|| default_of(after).filter(|_| !key))
}

/// Returns a column's default as an expression, unless it is NULL.
fn default_of(column: &Column) -> Option<&str> {
    column.default.as_ref().filter(|default| !default.null).map(|default| &*default.sql)
}

/// Returns a statement that fails with `message` where `condition` holds.
fn refusing(condition: &str, message: &str, reason: String) -> Statement {
    let message = Dialect::Sqlite.quote_literal(message);
    Statement {
        // Outside a trigger SQLite has no statement that only fails: this one fails with its argument for a message.
        sql: format!("SELECT CASE WHEN {condition} THEN json_extract('{{}}', {message}) END"),
        refused_by_rows: Some(Refusal { reason, count: String::new() }),
        ..Statement::default()
    }
}

fn plain(sql: String) -> Statement {
    Statement { sql, ..Statement::default() }
}

/// What a type does to values (SQLite, "Determination Of Column Affinity").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

fn affinity(kind: &str) -> Affinity {
    let has = |parts: &[&str]| parts.iter().any(|part| kind.contains(part));
    if has(&["int"]) {
        Affinity::Integer
    } else if has(&["char", "clob", "text"]) {
        Affinity::Text
    } else if kind.is_empty() || has(&["blob"]) {
        Affinity::Blob
    } else if has(&["real", "floa", "doub"]) {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}
