//! Reads tables from structs: `#[derive(Table)]`, by the macro while an application compiles and by the command from its
//! sources, which both have to find the same.
//!
//! ```text
//! struct ─ model ─▶ Model ─ types, ddl ─▶ CREATE TABLE, a text for each dialect
//! ```

mod ddl;
mod derive;
#[cfg(feature = "files")]
mod files;
mod model;
#[cfg(test)]
mod tests;
mod types;

pub use derive::derive;
#[cfg(feature = "files")]
pub use files::{Found, Unreadable, models_below};
pub use model::{Column, Index, Model};
pub use syn::{DeriveInput, Error};
pub use types::standard;
