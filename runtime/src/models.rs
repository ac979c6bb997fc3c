//! A struct that describes a table.

use crate::Dialect;

/// A struct that describes a table: what `#[derive(Table)]` implements.
pub trait Table {
    /// The table's name.
    const TABLE: &'static str;
    /// The statements that make the table, in each dialect for which the types of all fields are known.
    const TABLE_DDL: &'static [(Dialect, &'static str)];
}

/// A type that a reader of the source took for `T`, and is.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the source says `{T}`, and the compiler finds `{Self}`",
    label = "the column's type is taken from this name",
    note = "say which type the column has: `#[column(type = \"…\")]`"
)]
pub trait ReadAs<T> {}

impl<T> ReadAs<T> for T {}

/// Compiles where the type of a field is what its source was read as.
#[doc(hidden)]
pub const fn read_as<T, C: ReadAs<T>>(_: &C) {}
