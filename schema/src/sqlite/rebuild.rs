//! Makes a table again and keeps all that is in it (SQLite, "Making Other Kinds Of Table Schema Changes").

use super::Backfills;
use super::parse::column_list;
use super::renames::Renames;
use super::table::{Column, Constraint, Table};
use super::words::{folded, quoted};
use crate::{Hazard, Refusal, Statement};

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
        statements.push(Statement {
            sql: format!("INSERT INTO {new} ({into}) SELECT {} FROM {old}", values.join(", ")),
            hazards: vec![Hazard::ImpactsDatabasePerformance],
            destroys: Vec::new(),
            refused_by_rows: self.refusal(),
        });
        statements.extend(self.guards().into_iter().map(plain));
        if self.old.is_autoincrement() && self.new.is_autoincrement() {
            let [name, temporary] = [&self.old.name, &self.temporary]
                .map(|name| revchain_core::Dialect::Sqlite.quote_literal(name));
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
                Some(before) => Some(self.value(before, column, is_rowid)),
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
    fn value(&self, before: &Column, after: &Column, is_rowid: bool) -> String {
        let name = quoted(&before.name);
        match filled(before, after, self.backfill(after)).filter(|_| !is_rowid) {
            Some(value) => format!("coalesce({name}, {value})"),
            None => name,
        }
    }

    /// Tells whether the rows of a table keep their rowids in another.
    pub(super) fn keeps_rowids(old: &Table, new: &Table, renames: &Renames) -> bool {
        if old.rowid_name().is_none() || new.rowid_name().is_none() {
            return false;
        }
        let key = new.key();
        new.rowid_column().is_none_or(|column| {
            let name = folded(&column.name);
            let before = old.column(renames.column_before(&key, &name));
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
    fn guards(&self) -> Vec<String> {
        let changed = self.new.columns.iter().filter_map(|after| {
            let before = self.old.column(&after.name)?;
            let converts = affinity(&after.kind) != affinity(&before.kind)
                || self.new.strict != self.old.strict;
            (converts && after.generated.is_none() && affinity(&after.kind) != Affinity::Blob)
                .then_some((before, after))
        });
        let guard = |(before, after): (&Column, &Column)| {
            let (old, new) = (quoted(&self.new.name), quoted(&self.temporary));
            let [from, into] = [quoted(&before.name), quoted(&after.name)];
            let lost = ["integer", "real", "text"].map(|kind| {
                format!(
                    "EXISTS (SELECT {from} FROM {old} WHERE typeof({from}) = '{kind}' \
                     EXCEPT SELECT CAST({into} AS {kind}) FROM {new})"
                )
            });
            let message = format!(
                "{}.{}: a value is not the same as {}",
                self.new.name, after.name, after.kind
            );
            format!(
                "SELECT CASE WHEN {} THEN json_extract('{{}}', {}) END",
                lost.join(" OR "),
                revchain_core::Dialect::Sqlite.quote_literal(&message)
            )
        };
        changed.map(guard).collect()
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
            let name = if before == key { &column.name } else { before };
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
            Some(quoted(self.renames.column_before(&key, &column)))
        };
        let rowid = self.new.rowid_column().map(|column| &column.name);
        for column in &self.new.columns {
            let was = self.old.column(&column.name);
            let needs = column.not_null.is_some()
                && column.generated.is_none()
                && was.is_none_or(|was| was.not_null.is_none())
                && Some(&column.name) != rowid;
            let path = format!("{}.{}", self.new.name, column.name);
            if needs && self.backfill(column).is_none() && default_of(column).is_none() {
                reasons.push(format!(
                    "`{path}` is NOT NULL and has no default: give a value, as --backfill {path}=0"
                ));
                counts.push(match before(&column.name) {
                    Some(name) => format!("SELECT count(*) FROM {table} WHERE {name} IS NULL"),
                    None => format!("SELECT count(*) FROM {table}"),
                });
            }
            let strict = self.new.strict && column.kind != "any";
            if was.is_some_and(|was| strict && (was.kind != column.kind || !self.old.strict)) {
                reasons.push(format!("`{path}` takes nothing but {}", column.kind));
            } else if was.is_some_and(|was| affinity(&was.kind) != affinity(&column.kind)) {
                reasons.push(format!("`{path}` keeps only what is the same as {}", column.kind));
            }
        }
        let known = self.old.constraint_set();
        for constraint in self.new.constraint_set().into_iter().filter(|one| !known.contains(one)) {
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

/// Returns what NULL becomes in a column that no longer allows it.
pub(super) fn filled<'c>(
    before: &Column,
    after: &'c Column,
    backfill: Option<&'c str>,
) -> Option<&'c str> {
    if after.not_null.is_none() || before.not_null.is_some() {
        return None;
    }
    backfill.or_else(|| default_of(after))
}

/// Returns a column's default as an expression, unless it is NULL.
fn default_of(column: &Column) -> Option<&str> {
    column.default.as_ref().filter(|default| !default.null).map(|default| &*default.sql)
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
