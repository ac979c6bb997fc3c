//! Whether the texts were read as SQLite reads them: what it tells of columns, keys and indexes is what was read.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::Catalog;
use super::table::{Constraint, Table};
use super::words::folded;
use crate::{Row, Unreadable};

/// Each table's columns; the columns of its foreign keys; those of its indexes, what is no column left out.
pub(super) const QUERIES: [&str; 3] = [
    "SELECT s.name, c.name, c.\"notnull\", c.hidden FROM main.sqlite_schema s \
     JOIN pragma_table_xinfo(s.name, 'main') c WHERE s.type = 'table' \
     AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND s.sql NOT LIKE 'create virtual%' \
     ORDER BY s.rowid, c.cid",
    "SELECT s.name, f.id, f.\"table\", f.on_delete, f.on_update, f.\"from\", coalesce(f.\"to\", '') \
     FROM main.sqlite_schema s JOIN pragma_foreign_key_list(s.name, 'main') f \
     WHERE s.type = 'table' ORDER BY s.rowid, f.id, f.seq",
    "SELECT s.name, i.name, i.origin, i.\"unique\", x.name FROM main.sqlite_schema s \
     JOIN pragma_index_list(s.name, 'main') i JOIN pragma_index_xinfo(i.name, 'main') x \
     WHERE s.type = 'table' AND x.key = 1 AND x.name IS NOT NULL ORDER BY s.rowid, i.seq, x.seqno",
];

/// The rows about each table, by its folded name.
type ByTable<'r> = BTreeMap<String, Vec<Vec<&'r str>>>;

/// Compares a catalog with the answers to [`QUERIES`].
pub(super) fn compare(catalog: &Catalog, answers: &[Vec<Row>]) -> Result<(), Unreadable> {
    let [columns, foreign_keys, indexes] = answers else {
        return Err(Unreadable(format!("{} answers to three questions", answers.len())));
    };
    let (columns, foreign_keys) = (by_table(columns)?, by_table(foreign_keys)?);
    let indexes = by_table(indexes)?;
    for (key, table) in catalog.tables.iter().filter(|(_, table)| !table.is_virtual()) {
        let as_told = columns_of(table) == about(&columns, key)
            && foreign_keys_of(table) == told_foreign_keys(&about(&foreign_keys, key))
            && has_indexes(catalog, table, &about(&indexes, key));
        if !as_told {
            return Err(super::catalog::unreadable("table", &table.name));
        }
    }
    Ok(())
}

fn by_table(rows: &[Row]) -> Result<ByTable<'_>, Unreadable> {
    let mut known = ByTable::new();
    for row in rows {
        let cells: Option<Vec<&str>> = row.iter().map(Option::as_deref).collect();
        let cells = cells.filter(|cells| !cells.is_empty());
        let cells = cells.ok_or_else(|| Unreadable("a table's part without a name".to_owned()))?;
        known.entry(folded(cells[0])).or_default().push(cells[1..].to_vec());
    }
    Ok(known)
}

fn about<'r>(rows: &ByTable<'r>, table: &str) -> Vec<Vec<&'r str>> {
    rows.get(table).cloned().unwrap_or_default()
}

/// Returns the name of each column, whether it is NOT NULL, and how it is computed.
fn columns_of(table: &Table) -> Vec<Vec<&str>> {
    let columns = table.columns.iter().map(|column| {
        let hidden = match &column.generated {
            None => "0",
            Some(generated) if generated.stored => "3",
            Some(_) => "2",
        };
        vec![&*column.name, if column.not_null.is_some() { "1" } else { "0" }, hidden]
    });
    columns.collect()
}

/// A foreign key: its columns with those to which they refer, that table, and what happens on delete and on update.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct ForeignKey {
    columns: Vec<[String; 2]>,
    table: String,
    actions: [String; 2],
}

fn foreign_keys_of(table: &Table) -> Vec<ForeignKey> {
    let action = |action: &Option<String>| action.as_deref().unwrap_or("no action").to_owned();
    let keys = table.constraints.iter().filter_map(|placed| match &placed.constraint {
        Constraint::ForeignKey { columns, table, parents, on_delete, on_update, .. } => {
            let parent = |at| parents.get(at).cloned().unwrap_or_default();
            let columns = columns.iter().enumerate();
            Some(ForeignKey {
                columns: columns.map(|(at, column)| [column.clone(), parent(at)]).collect(),
                table: table.clone(),
                actions: [action(on_delete), action(on_update)],
            })
        }
        _ => None,
    });
    sorted(keys.collect())
}

fn told_foreign_keys(rows: &[Vec<&str>]) -> Vec<ForeignKey> {
    let mut keys: BTreeMap<&str, ForeignKey> = BTreeMap::new();
    for row in rows {
        let [id, table, on_delete, on_update, from, to] = row[..] else { continue };
        let key = keys.entry(id).or_default();
        key.table = folded(table);
        key.actions = [folded(on_delete), folded(on_update)];
        key.columns.push([folded(from), folded(to)]);
    }
    sorted(keys.into_values().collect())
}

fn sorted(mut keys: Vec<ForeignKey>) -> Vec<ForeignKey> {
    keys.sort_unstable();
    keys
}

/// Tells whether each key and index that SQLite tells of was read, and each that was read is told of.
fn has_indexes(catalog: &Catalog, table: &Table, rows: &[Vec<&str>]) -> bool {
    let mut indexes: BTreeMap<&str, (&str, &str, Vec<String>)> = BTreeMap::new();
    for row in rows {
        let [name, origin, unique, column] = row[..] else { continue };
        indexes.entry(name).or_insert((origin, unique, Vec::new())).2.push(folded(column));
    }
    let mut told = BTreeSet::new();
    for (name, (origin, unique, columns)) in indexes {
        if origin == "c" {
            let index = catalog.indexes.get(&folded(name));
            let is_read = index.is_some_and(|index| {
                index.unique == (unique == "1")
                    && columns.iter().all(|one| index.body.mentions(one))
            });
            if !is_read {
                return false;
            }
        } else {
            told.insert(columns);
        }
    }
    let mut read = BTreeSet::new();
    for placed in &table.constraints {
        if let Constraint::PrimaryKey { members, .. } | Constraint::Unique { members, .. } =
            &placed.constraint
        {
            let mut columns: Vec<String> = Vec::new();
            for member in members {
                // A column that comes again says nothing.
                if !columns.contains(&member.column) {
                    columns.push(member.column.clone());
                }
            }
            read.insert(columns);
        }
    }
    // The rowid needs no index.
    let rowid: Option<Vec<String>> = table.rowid_column().map(|one| vec![folded(&one.name)]);
    told.iter().all(|columns| read.contains(columns))
        && read.iter().all(|columns| told.contains(columns) || rowid.as_ref() == Some(columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b INT UNIQUE REFERENCES u ON DELETE CASCADE)";

    /// Reads a catalog of one table, of which SQLite tells what is given.
    fn read(not_null: &str, action: &str, column: &str) -> Result<Catalog, Unreadable> {
        let rows = |rows: &[&[&str]]| -> Vec<Row> {
            let row = |row: &&[&str]| row.iter().map(|cell| Some((*cell).to_owned())).collect();
            rows.iter().map(row).collect()
        };
        let answers = [
            rows(&[&["table", "t", "t", TABLE]]),
            rows(&[]),
            rows(&[&["t", "a", "0", "0"], &["t", "b", not_null, "0"]]),
            rows(&[&["t", "0", "U", action, "NO ACTION", "b", ""]]),
            rows(&[&["t", "sqlite_autoindex_t_1", "u", "1", column]]),
        ];
        Catalog::read(&answers, &[])
    }

    #[test]
    fn a_table_that_sqlite_reads_otherwise_is_not_taken_for_what_it_is_not() {
        assert!(read("0", "CASCADE", "B").is_ok());
        for (not_null, action, column) in
            [("1", "CASCADE", "b"), ("0", "SET NULL", "b"), ("0", "CASCADE", "a")]
        {
            let unreadable = read(not_null, action, column).expect_err("it is not as it was read");
            assert_eq!(unreadable.0, "table `t` has a text that cannot be read");
        }
    }
}
