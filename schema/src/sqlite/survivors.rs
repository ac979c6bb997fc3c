//! What outlives a plan, as queries.

use super::Backfills;
use super::catalog::Catalog;
use super::rebuild::{Rebuild, filled};
use super::renames::Renames;
use super::words::quoted;
use crate::{Choices, Survivor};

/// As [`survivors`](crate::survivors).
pub(crate) fn survivors(from: &Catalog, to: &Catalog, choices: &Choices) -> Vec<Survivor> {
    let renames = Renames::of(from, to, choices);
    let backfills = Backfills(choices.backfills.clone());
    let state = from.renamed(&renames);
    let mut survivors = Vec::new();
    for (key, new) in &to.tables {
        let Some(old) = state.tables.get(key) else { continue };
        if old.is_virtual() || new.is_virtual() {
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
            let name = quoted(renames.column_before(key, &name));
            let value = match filled(column, after, backfills.of(&new.name, &after.name)) {
                Some(value) => format!("coalesce({name}, {value})"),
                None => name,
            };
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

/// Returns a value as it is the same in columns of any type.
fn same(value: &str) -> String {
    format!(
        "CASE typeof({value}) WHEN 'blob' THEN hex({value}) \
         WHEN 'real' THEN CASE WHEN {value} = CAST({value} AS INTEGER) \
         THEN CAST(CAST({value} AS INTEGER) AS TEXT) ELSE CAST({value} AS TEXT) END \
         ELSE CAST({value} AS TEXT) END"
    )
}
