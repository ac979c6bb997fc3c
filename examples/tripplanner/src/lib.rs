//! A trip planner: people, their trips, and the places on the way.
//!
//! Its database is SQLite, and `migrations/` tells the history of its schema. [`Planner::open`] brings a database to
//! where this version of the program expects it, or refuses to work with any other. The same revisions serve PostgreSQL:
//! where it says something otherwise, a file has a section of its own for it.
//!
//! What its revisions show, in their order:
//!
//! | revision | pattern |
//! |---|---|
//! | `e0937b5d1c84` | a data migration that cannot be taken back, and says why |
//! | `d85b3e6f27a0` | a column that may be null |
//! | `06e2c9f41b7d`, `b3740d9ae58c` | a column that may not be null: first a default, then the data |
//! | `71f8a6c2d04e` | indexes |
//! | `a49d17e30bf6`, `5e08bd7c19a2` | two branches, written at the same time |
//! | `f25a7bc06d91` | their merge |
//! | `5e08bd7c19a2`, `1d6f92c8e5b0` | a rename in two phases, with triggers in between; data is destroyed, reviewed |
//! | `c8b7e4510f3d` | a table with children is built anew, to change its constraints |
//!
//! `models.rs` describes the same schema as structs: change one, and `cargo migrate new --autogenerate` writes the next
//! revision, a file for both databases; until then the emitted test `models_match` fails.

mod command;
mod models;
mod planner;

pub use command::{Outcome, run};
pub use planner::{Error, Migrate, Place, Planner, Preferences, Trip};

revchain::migrations!(
    /// The history of the database's schema.
    pub static MIGRATIONS = "migrations",
    models(models::User, models::Preferences, models::Trip, models::Place)
);
