//! What the history knows of the tables it made: their text, as SQLite keeps it, and their rows.

use std::collections::BTreeMap;

use crate::columns::{Column, Kind};

/// A table with its rows, indexes and triggers.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The text up to where SQLite inserts an added column.
    pub(crate) head: String,
    /// `ADD COLUMN` definitions, in order.
    pub(crate) added: Vec<String>,
    pub(crate) tail: String,
    /// SQL literals, one for each column.
    pub(crate) rows: Vec<Vec<String>>,
    /// Name and statement.
    pub(crate) indexes: Vec<(String, String)>,
    pub(crate) triggers: Vec<String>,
}

impl Table {
    /// The statement that creates the table as it is now.
    ///
    /// The same text as in `sqlite_schema`, so that a table which was dropped and created again
    /// cannot be told from the one before.
    pub(crate) fn create(&self) -> String {
        let mut text = self.head.clone();
        for definition in &self.added {
            text += &format!(", {definition}");
        }
        text + &self.tail
    }

    pub(crate) fn add_column(&mut self, column: Column) {
        self.added.push(format!("{} {}", column.name, column.definition));
        for row in &mut self.rows {
            row.push(column.default.clone().unwrap_or_else(|| "NULL".to_owned()));
        }
        self.columns.push(column);
    }

    /// Whether rows are told apart by an `id`, which is then the first column.
    pub(crate) fn has_id(&self) -> bool {
        self.columns[0].kind == Kind::Id
    }

    /// The first column that satisfies `wanted`.
    pub(crate) fn column(&self, wanted: impl Fn(&Column) -> bool) -> Option<&Column> {
        self.columns.iter().find(|column| wanted(column))
    }

    pub(crate) fn references(&self, table: &str) -> bool {
        self.parents().any(|(_, parent)| parent == table)
    }

    /// The columns that refer to another table, with its name.
    pub(crate) fn parents(&self) -> impl Iterator<Item = (&Column, &str)> {
        self.columns.iter().filter_map(|column| match &column.kind {
            Kind::Reference(parent) => Some((column, parent.as_str())),
            _ => None,
        })
    }

    /// The statement that inserts `rows` with the columns at `positions`.
    pub(crate) fn insert(&self, positions: &[usize], rows: &[Vec<String>]) -> String {
        let names: Vec<_> = positions.iter().map(|at| self.columns[*at].name.as_str()).collect();
        let tuples: Vec<_> = rows
            .iter()
            .map(|row| {
                let values: Vec<_> = positions.iter().map(|at| row[*at].as_str()).collect();
                format!("({})", values.join(", "))
            })
            .collect();
        let names = names.join(", ");
        let break_before = if tuples.len() > 1 { "\n    " } else { " " };
        let tuples = tuples.join(",\n    ");
        format!("INSERT INTO {} ({names}) VALUES{break_before}{tuples}", self.name)
    }

    /// The statement that inserts every row with every column.
    pub(crate) fn insert_all(&self) -> String {
        let positions: Vec<_> = (0..self.columns.len()).collect();
        self.insert(&positions, &self.rows)
    }

    /// The condition that holds for `rows` and no other row.
    pub(crate) fn matching(&self, rows: &[Vec<String>]) -> String {
        if self.has_id() {
            let ids: Vec<_> = rows.iter().map(|row| row[0].as_str()).collect();
            return match ids.as_slice() {
                [id] => format!("id = {id}"),
                ids => format!("id IN ({})", ids.join(", ")),
            };
        }
        let [left, right] = [&self.columns[0].name, &self.columns[1].name];
        let pairs: Vec<_> = rows
            .iter()
            .map(|row| format!("({left} = {} AND {right} = {})", row[0], row[1]))
            .collect();
        pairs.join(" OR ")
    }

    /// The statement that gives the column at `position` the values that `before` holds.
    pub(crate) fn restore(&self, position: usize, before: &[Vec<String>]) -> String {
        let column = &self.columns[position].name;
        let mut ids_by_value: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in before {
            ids_by_value.entry(&row[position]).or_default().push(&row[0]);
        }
        let values: Vec<_> = ids_by_value.iter().collect();
        let new_value = match values.as_slice() {
            [(value, _)] => (**value).to_owned(),
            _ => {
                let arms: Vec<_> = before
                    .iter()
                    .map(|row| format!("WHEN {} THEN {}", row[0], row[position]))
                    .collect();
                format!("CASE id {} END", arms.join(" "))
            }
        };
        format!("UPDATE {} SET {column} = {new_value} WHERE {}", self.name, self.matching(before))
    }
}
