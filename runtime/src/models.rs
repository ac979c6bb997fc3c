//! A struct that describes a table.

use crate::Dialect;

/// A struct that describes a table: what `#[derive(Table)]` implements.
pub trait Table {
    /// The table's name.
    const TABLE: &'static str;
    /// The statements that make the table, in each dialect for which the types of all fields are known.
    const TABLE_DDL: &'static [(Dialect, &'static str)];
}
