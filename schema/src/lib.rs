//! What is in a database, what differs, and the statements that lead from one to the other.
//!
//! ```text
//! Reading ─ask─▶ query text, run by the caller ─rows─▶ Snapshot ─┐
//!                                                                ├─ plan(from, to, choices) ─▶ Plan
//!                                                      Snapshot ─┘
//! ```
//!
//! Both sides of a comparison come from the same engine's catalog, never from a text that somebody wrote. Nothing here
//! connects: a [`Reading`] hands out queries and is given their rows. The downgrade is the plan with the sides swapped.

mod alike;
mod annotation;
mod choices;
mod evidence;
mod key;
mod likeness;
pub mod mysql;
mod order;
mod plan;
pub mod postgres;
mod reading;
mod renames;
mod renaming;
mod shape;
mod snapshot;
pub mod sqlite;

pub use alike::without_alike;
pub use annotation::{renames_in, without_renames};
pub use choices::{Choices, Rename};
pub use evidence::{Attempts, Survivor, samples, survivors};
pub use key::{Key, Kind};
pub use plan::{Ambiguous, Hazard, Part, Plan, Refusal, Statement, Unplannable, plan, rebuild};
pub use reading::{Next, Reading, Row, Unreadable};
pub use renaming::renames_by;
pub use shape::{ColumnShape, TableShape};
pub use snapshot::{Difference, Snapshot};
