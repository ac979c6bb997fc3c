//! Alembic's workflow for Rust, guarded by the compiler.
#![cfg_attr(
    not(feature = "rusqlite"),
    expect(dead_code, unused_imports, reason = "without a driver nothing is run")
)]

mod driver;
mod emitted;
mod engine;
mod error;
mod ledger;
mod migrations;
mod options;
mod plan;
mod report;
#[cfg(feature = "rusqlite")]
mod round_trip;
mod script;
mod sql;
#[cfg(all(feature = "rusqlite", feature = "test"))]
mod testing;

pub use error::{
    Error, ErrorKind, LedgerDifference, Named, Source, StatementFailure, Unknown, Violation,
};
pub use ledger::{Applied, State};
pub use migrations::{Current, Migrations, Run, Status, Verify, load};
pub use options::{Ahead, Transactions};
pub use plan::{Plan, Step, StoredStep};
pub use report::{Done, Progress, Report};
pub use revchain_core::target::TargetError;
pub use revchain_core::{Checksum, Dialect, Direction, Problem, Set, Target, set};
pub use revchain_macros::migrations;

/// What the macro's output calls; no part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::emitted::compiled_in;
    #[cfg(feature = "rusqlite")]
    pub use crate::round_trip::round_trip;
    pub use crate::{compiled_in_test, round_trip_test};
    pub use revchain_core::constant;
}
