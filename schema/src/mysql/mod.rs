//! MySQL and MariaDB: their catalog, and how one becomes another.
//!
//! ```text
//! names ─ SHOW CREATE, parse ─▶ Catalog ─ renames ─▶ as RENAME leaves it ─ alter ─▶ one ALTER TABLE for each ─▶ planner
//! ```
//!
//! Each statement commits by itself, so a table is changed by one statement wherever that can be: all of it or nothing.

mod alter;
mod catalog;
mod columns;
mod fills;
mod keys;
mod parse;
mod planner;
mod renames;
mod samples;
mod shapes;
mod survivors;
mod table;
mod types;

pub use catalog::Catalog;
pub(crate) use catalog::{Names, queries};
pub(crate) use planner::plan;
pub(crate) use samples::samples;
pub(crate) use shapes::shapes;
pub(crate) use survivors::survivors;

fn quoted(name: &str) -> String {
    revchain_core::Dialect::Mysql.quote_identifier(name)
}

/// Quotes names and separates them by commas.
fn listed<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    names.into_iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// Returns a name of a column, an index or a constraint as the server compares it.
fn folded(name: &str) -> String {
    name.to_lowercase()
}
