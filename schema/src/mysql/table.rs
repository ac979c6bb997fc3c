//! A table: columns, indexes, constraints, options.

use super::{folded, listed, quoted};

/// A table, as `SHOW CREATE TABLE` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    pub(super) indexes: Vec<Index>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) checks: Vec<Check>,
    /// What else stands between the parentheses: periods.
    pub(super) others: Vec<String>,
    /// `ENGINE`, `DEFAULT CHARSET` and so on, with their values; where counting has arrived is none of it.
    pub(super) options: Vec<(String, String)>,
    /// What follows the options: partitions.
    pub(super) tail: String,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its type, without the width with which whole numbers are shown.
    pub(super) kind: String,
    /// Its collation, also where that is the table's; none if it is no text.
    pub(super) collation: Option<String>,
    /// Its character set and collation as they are written; empty where they are the table's.
    pub(super) charset: String,
    /// All that is said of it behind that.
    pub(super) rest: String,
    pub(super) not_null: bool,
    pub(super) auto_increment: bool,
    /// Its default as an expression of SQL; none also for `NULL`.
    pub(super) default: Option<String>,
    pub(super) generated: Option<Generated>,
    /// What its own `CHECK` says.
    pub(super) check: Option<String>,
    /// Whether it says `ON UPDATE`.
    pub(super) notes_updates: bool,
}

/// How a column is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generated {
    /// When it is read.
    Virtual,
    /// When the row is written.
    Stored,
}

/// An index: a primary or unique key, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Index {
    /// `PRIMARY` for the primary key.
    pub(super) name: String,
    /// `PRIMARY KEY`, `UNIQUE KEY`, `KEY`, `FULLTEXT KEY`.
    pub(super) kind: String,
    pub(super) parts: Vec<Part>,
    /// What stands behind the parts.
    pub(super) tail: String,
}

/// A part of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The column; none for an expression.
    pub(super) column: Option<String>,
    /// The expression, or what stands behind the column's name: the length of a prefix, `DESC`.
    pub(super) text: String,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForeignKey {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// The database of the table that it refers to, where that is another.
    pub(super) database: Option<String>,
    pub(super) table: String,
    pub(super) parents: Vec<String>,
    /// `ON DELETE …`, `ON UPDATE …`.
    pub(super) actions: String,
}

/// A check that is no column's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) name: String,
    /// `CHECK (…)`.
    pub(super) text: String,
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        let name = folded(name);
        self.columns.iter().find(|column| folded(&column.name) == name)
    }

    pub(super) fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| folded(&index.name) == folded(name))
    }

    pub(super) fn foreign_key(&self, name: &str) -> Option<&ForeignKey> {
        self.foreign_keys.iter().find(|key| folded(&key.name) == folded(name))
    }

    pub(super) fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| folded(&check.name) == folded(name))
    }

    /// Returns the value of an option.
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        let option = self.options.iter().find(|(one, _)| one.eq_ignore_ascii_case(name));
        option.map(|(_, value)| &**value)
    }

    /// Returns the index that the server may have made for a foreign key of these columns.
    pub(super) fn index_of(&self, key: &ForeignKey) -> Option<&Index> {
        let serves = |index: &&Index| {
            index.kind == "KEY"
                && index.parts.len() == key.columns.len()
                && index.serves(&key.columns)
        };
        self.indexes.iter().find(serves)
    }

    /// Returns the names of the tables of this database that its foreign keys refer to.
    pub(super) fn parents(&self) -> impl Iterator<Item = &str> {
        self.foreign_keys.iter().filter(|key| key.database.is_none()).map(|key| &*key.table)
    }

    /// Returns the columns of the primary key, folded.
    pub(super) fn primary_key(&self) -> Vec<String> {
        self.index("PRIMARY").map_or_else(Vec::new, Index::columns)
    }

    /// Returns what is said of the table but its name and its parts.
    pub(super) fn definition(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| &*column.name).collect();
        let mut text = format!("({})", names.join(", "));
        for other in &self.others {
            text.push_str(&format!(" {other}"));
        }
        text.push_str(&self.options_text());
        if !self.tail.is_empty() {
            text.push_str(&format!(" {}", self.tail));
        }
        text
    }

    fn options_text(&self) -> String {
        self.options.iter().map(|(name, value)| format!(" {name}={value}")).collect()
    }

    /// Returns the statement that makes it, with those foreign keys that `has` names.
    pub(super) fn create(&self, has: impl Fn(&ForeignKey) -> bool) -> String {
        let mut lines: Vec<String> = self.columns.iter().map(Column::text).collect();
        lines.extend(self.indexes.iter().map(Index::text));
        lines.extend(self.others.iter().cloned());
        lines.extend(self.foreign_keys.iter().filter(|key| has(key)).map(ForeignKey::text));
        lines.extend(self.checks.iter().map(Check::text));
        let tail = if self.tail.is_empty() { String::new() } else { format!("\n{}", self.tail) };
        format!(
            "CREATE TABLE {} (\n    {}\n){}{tail}",
            quoted(&self.name),
            lines.join(",\n    "),
            self.options_text()
        )
    }
}

impl Column {
    /// Returns all that is said of it but its name, with the collation that it has.
    pub(super) fn definition(&self) -> String {
        let collation = self.collation.as_ref().map(|one| format!("collate {one}"));
        joined([&self.kind, collation.as_deref().unwrap_or_default(), &self.rest])
    }

    /// Returns it as it stands in `CREATE TABLE`.
    pub(super) fn text(&self) -> String {
        joined([&quoted(&self.name), &self.kind, &self.charset, &self.rest])
    }

    /// Returns it without anything that a row could violate.
    pub(super) fn nullable(&self) -> Self {
        Self {
            rest: "NULL".to_owned(),
            not_null: false,
            auto_increment: false,
            default: None,
            check: None,
            notes_updates: false,
            ..self.clone()
        }
    }

    /// Tells whether rows that are there have no value for it, and the server takes one that nobody named.
    pub(super) const fn wants_value(&self) -> bool {
        self.not_null && self.default.is_none() && self.generated.is_none() && !self.auto_increment
    }
}

fn joined<const N: usize>(words: [&str; N]) -> String {
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

impl Index {
    pub(super) fn is_primary(&self) -> bool {
        self.kind == "PRIMARY KEY"
    }

    pub(super) fn is_unique(&self) -> bool {
        self.is_primary() || self.kind == "UNIQUE KEY"
    }

    /// Returns its columns, folded; what is an expression has none.
    pub(super) fn columns(&self) -> Vec<String> {
        self.parts.iter().filter_map(|part| part.column.as_deref().map(folded)).collect()
    }

    /// Tells whether it serves a foreign key of these columns: they come first in it, whole (MySQL manual, "FOREIGN KEY
    /// Constraints").
    pub(super) fn serves(&self, columns: &[String]) -> bool {
        let first: Vec<String> = columns.iter().map(|one| folded(one)).collect();
        self.columns().starts_with(&first)
    }

    /// Returns all that is said of it but its name.
    pub(super) fn definition(&self) -> String {
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|part| {
                format!("{}{}", part.column.as_deref().map_or_else(String::new, folded), part.text)
            })
            .collect();
        let parts = format!("({})", parts.join(", "));
        joined([&self.kind, &parts, &self.tail])
    }

    /// Returns it as it stands in `CREATE TABLE`.
    pub(super) fn text(&self) -> String {
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|part| {
                let column = part.column.as_deref().map_or_else(String::new, quoted);
                format!("{column}{}", part.text)
            })
            .collect();
        let name = if self.is_primary() { String::new() } else { quoted(&self.name) };
        joined([&self.kind, &name, &format!("({})", parts.join(", ")), &self.tail])
    }
}

impl ForeignKey {
    /// Returns all that is said of it but its name.
    pub(super) fn definition(&self) -> String {
        let folded =
            |names: &[String]| -> Vec<String> { names.iter().map(|name| folded(name)).collect() };
        let (columns, parents) = (folded(&self.columns), folded(&self.parents));
        format!(
            "({}) references {} ({}) {}",
            columns.join(", "),
            self.parent(),
            parents.join(", "),
            self.actions
        )
        .trim_end()
        .to_owned()
    }

    fn parent(&self) -> String {
        let database = self.database.as_ref().map(|name| format!("{}.", quoted(name)));
        format!("{}{}", database.unwrap_or_default(), quoted(&self.table))
    }

    /// Returns it as it stands in `CREATE TABLE`.
    pub(super) fn text(&self) -> String {
        let name = quoted(&self.name);
        let (columns, parents) = (listed(&self.columns), listed(&self.parents));
        let parent = self.parent();
        let Self { actions, .. } = self;
        format!(
            "CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {parent} ({parents}) {actions}"
        )
        .trim_end()
        .to_owned()
    }
}

/// Tells whether a condition names a column.
pub(super) fn names(condition: &str, column: &str) -> bool {
    folded(condition).contains(&folded(&quoted(column)))
}

impl Check {
    /// Returns it as it stands in `CREATE TABLE`.
    pub(super) fn text(&self) -> String {
        format!("CONSTRAINT {} {}", quoted(&self.name), self.text)
    }
}
