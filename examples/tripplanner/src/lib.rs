//! A trip planner: people, their trips, and the places on the way.
//!
//! Its database is SQLite, and `migrations/` tells the history of its schema. [`Planner::open`] brings a database to
//! where this version of the program expects it, or refuses to work with any other.

mod command;
mod planner;

pub use command::{Outcome, run};
pub use planner::{Error, Migrate, Place, Planner, Preferences, Trip};

revchain::migrations!(
    /// The history of the database's schema.
    pub static MIGRATIONS = "migrations"
);
