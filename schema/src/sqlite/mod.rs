//! SQLite: its catalog, and how one becomes another.
//!
//! ```text
//! rows ─ catalog, parse ─▶ Catalog ─ renames ─▶ as SQLite's RENAME leaves it ─ alter ─▶ none | columns | rebuild ─▶ planner
//! ```

mod alter;
mod catalog;
mod parse;
mod planner;
mod rebuild;
mod renames;
mod samples;
mod shapes;
mod survivors;
mod table;
#[cfg(test)]
mod tests;
mod witness;
mod words;

pub use catalog::Catalog;
pub(crate) use catalog::queries;
pub(crate) use planner::plan;
pub(crate) use rebuild::scaffold;
pub(crate) use samples::samples;
pub(crate) use shapes::shapes;
pub(crate) use survivors::survivors;

/// Values for rows that are there.
struct Backfills(Vec<(String, String)>);

impl Backfills {
    /// Returns the value for a column, as an expression of SQL.
    fn of(&self, table: &str, column: &str) -> Option<&str> {
        let path = format!("{table}.{column}");
        let found = self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(&path));
        found.map(|(_, value)| &**value)
    }
}
