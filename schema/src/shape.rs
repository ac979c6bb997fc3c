//! Tables and how they refer to each other: what a picture shows of a catalog.

use crate::{Snapshot, mysql, postgres, sqlite};

/// A table, as a picture shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// Its name, behind that of its schema where it is not the usual one.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<ColumnShape>,
    /// Its foreign keys: the columns, and the name of the table that they refer to.
    pub references: Vec<(Vec<String>, String)>,
}

/// A column, as a picture shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnShape {
    /// Its name.
    pub name: String,
    /// Its type; empty if it has none.
    pub kind: String,
    /// Whether it is part of the primary key.
    pub key: bool,
    /// Whether it may be NULL.
    pub nullable: bool,
}

impl Snapshot {
    /// Returns the tables, by their names.
    #[must_use]
    pub fn tables(&self) -> Vec<TableShape> {
        match self {
            Self::Sqlite(catalog) => sqlite::shapes(catalog),
            Self::Postgres(catalog) => postgres::shapes(catalog),
            Self::Mysql(catalog) => mysql::shapes(catalog),
        }
    }
}
