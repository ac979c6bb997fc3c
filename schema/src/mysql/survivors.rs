//! What outlives a plan, as queries.

use super::alter::{Change, has_values};
use super::catalog::Catalog;
use super::columns::is_remade;
use super::table::Column;
use super::types::{Family, family, is_binary, keeps};
use super::{fills, quoted};
use crate::evidence::varies;
use crate::renames::Renames;
use crate::{Choices, Survivor};

/// As [`survivors`](crate::survivors).
pub(crate) fn survivors(from: &Catalog, to: &Catalog, choices: &Choices) -> Vec<Survivor> {
    let renames = Renames::of(&from.outlines(), &to.outlines(), choices);
    let state = from.renamed(&renames);
    let mut survivors = Vec::new();
    for (name, new) in &to.tables {
        let Some(old) = state.tables.get(name) else { continue };
        let before = renames.before(name);
        let (mut read, mut reread) = (vec!["1".to_owned()], vec!["1".to_owned()]);
        for after in new.columns.iter().filter(|column| has_values(column)) {
            let Some(column) = old.column(&after.name) else { continue };
            let is_kept = keeps(column, after) && !is_remade(column, after);
            if !is_kept || column.generated.is_some() || after.generated.is_some() {
                continue;
            }
            // A row without a number is given one.
            if after.auto_increment && !column.not_null {
                continue;
            }
            let of_before = quoted(&renames.column_before(name, &after.name));
            let change = Change { old, new, renames: &renames, choices };
            let value = (!column.not_null && after.not_null).then(|| fills::value(&change, after));
            let value = match value.flatten() {
                Some(value) if varies(&value) => continue,
                Some(value) => format!("coalesce({of_before}, {value})"),
                None => of_before,
            };
            read.push(same(&value, column, after));
            reread.push(same(&quoted(&after.name), column, after));
        }
        survivors.push(Survivor {
            what: format!("the rows of `{before}`"),
            before: format!("SELECT {} FROM {}", read.join(", "), quoted(before)),
            after: format!("SELECT {} FROM {}", reread.join(", "), quoted(name)),
        });
    }
    // A column that comes counts by a sequence as many times as there are rows.
    let counts = |name: &String| {
        let mut columns = to.tables.values().flat_map(|table| &table.columns);
        columns.any(|column| column.rest.contains(&quoted(name)))
    };
    let stays = |name: &&String| from.sequences.contains_key(*name) && !counts(name);
    for name in to.sequences.keys().filter(stays) {
        let asked = format!("SELECT next_not_cached_value FROM {}", quoted(name));
        let what = format!("how far `{name}` has counted");
        survivors.push(Survivor { what, before: asked.clone(), after: asked });
    }
    survivors
}

/// Returns a value as it is the same in both columns.
fn same(value: &str, before: &Column, after: &Column) -> String {
    if is_binary(&after.kind) {
        return format!("HEX({value})");
    }
    match family(&after.kind) {
        Family::Whole | Family::Decimal => format!("CAST({value} AS DECIMAL(65, 30))"),
        Family::Float => format!("CAST({value} AS DOUBLE)"),
        Family::Moment => format!("CAST({value} AS DATETIME(6))"),
        Family::Time => format!("CAST({value} AS TIME(6))"),
        // A `char` gives its blanks at the end away when it is read.
        Family::Text if before.kind != after.kind => format!("RTRIM({value})"),
        _ => format!("CONCAT({value})"),
    }
}
