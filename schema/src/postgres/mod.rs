//! PostgreSQL: its catalog, and how one becomes another.

mod catalog;
mod definition;
mod names;
mod planner;
mod queries;
mod read;
mod reread;
mod samples;
mod shapes;
mod unqualified;
mod unseen;

pub use catalog::Catalog;

pub(crate) use planner::{plan, survivors};
pub(crate) use samples::samples;
pub(crate) use shapes::shapes;
pub(crate) use unqualified::unqualified;

/// Returns the queries that read the catalog: all are to be sent as one message.
pub(crate) fn queries() -> Vec<String> {
    queries::queries()
}
