//! What outlives a plan, as queries.

use super::Backfills;
use super::catalog::Catalog;
use super::rebuild::{Rebuild, filled};
use super::renames::renames;
use super::samples::concerned;
use super::table::Table;
use super::words::quoted;
use crate::evidence::varies;
use crate::{Choices, Survivor};

/// As [`survivors`](crate::survivors).
pub(crate) fn survivors(from: &Catalog, to: &Catalog, choices: &Choices) -> Vec<Survivor> {
    let renames = renames(from, to, choices);
    let backfills = Backfills(choices.backfills.clone());
    let state = from.renamed(&renames);
    let concerned = concerned(from, to);
    let mut survivors = Vec::new();
    for (key, new) in &to.tables {
        let Some(old) = state.tables.get(key) else { continue };
        let is_without_rows =
            concerned.as_ref().is_some_and(|some| !some.contains(renames.before(key)));
        if is_without_rows || old.is_virtual() || new.is_virtual() {
            continue;
        }
        let before = &from.tables[renames.before(key)];
        let (mut read, mut reread) = (vec!["1".to_owned()], vec!["1".to_owned()]);
        if let (Some(old), Some(new)) = (before.rowid_name(), new.rowid_name())
            && Rebuild::keeps_rowids(before, to.tables.get(key).unwrap_or(before), &renames)
        {
            read.push(old.to_owned());
            reread.push(new.to_owned());
        }
        for after in new.columns.iter().filter(|column| column.generated.is_none()) {
            let Some(column) = old.column(&after.name) else { continue };
            let name = super::words::folded(&after.name);
            let name = quoted(&renames.column_before(key, &name));
            let is = |table: &Table| {
                table.rowid_column().is_some_and(|one| one.name.eq_ignore_ascii_case(&after.name))
            };
            let key = is(new) && !is(old);
            let backfill = backfills.of(&new.name, &after.name);
            let value = filled(column, after, backfill, key);
            if value.is_none() && column.kind == after.kind && old.strict == new.strict {
                read.push(exact(&name));
                reread.push(exact(&quoted(&after.name)));
                continue;
            }
            if value.is_some_and(varies) {
                continue;
            }
            let value = value.map_or(name.clone(), |value| format!("coalesce({name}, {value})"));
            read.push(same(&value));
            reread.push(same(&quoted(&after.name)));
        }
        survivors.push(Survivor {
            what: format!("the rows of `{}`", before.name),
            before: format!("SELECT {} FROM {}", read.join(", "), quoted(&before.name)),
            after: format!("SELECT {} FROM {}", reread.join(", "), quoted(&new.name)),
        });
        if before.is_autoincrement() && new.is_autoincrement() {
            let mark = |name: &str| {
                let name = revchain_core::Dialect::Sqlite.quote_literal(name);
                format!("SELECT seq FROM sqlite_sequence WHERE name = {name} COLLATE NOCASE")
            };
            survivors.push(Survivor {
                what: format!("the AUTOINCREMENT of `{}`", before.name),
                before: mark(&before.name),
                after: mark(&new.name),
            });
        }
    }
    survivors
}

/// Returns a value with its type: a column of the same type keeps it as it is.
fn exact(value: &str) -> String {
    format!("quote({value})")
}

/// Returns a value as it is the same in columns of any type: 2, 2.0, `2` and `2.0` are.
fn same(value: &str) -> String {
    let real = format!("CAST({value} AS REAL)");
    let whole = format!("{real} = CAST({real} AS INTEGER)");
    let integer = format!("CAST(CAST({real} AS INTEGER) AS TEXT)");
    let text = format!("CAST({value} AS TEXT)");
    format!(
        "CASE typeof({value}) WHEN 'blob' THEN hex({value}) \
         WHEN 'real' THEN CASE WHEN {whole} THEN {integer} ELSE {text} END \
         WHEN 'text' THEN CASE WHEN {text} = CAST({real} AS TEXT) AND {whole} \
         THEN {integer} ELSE {text} END ELSE {text} END"
    )
}
