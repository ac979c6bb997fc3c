// The README's links lead to files of the repository; here the first definition of each holds instead.
//! [quickstart]: https://github.com/revchain/revchain/blob/main/examples/quickstart/src/main.rs
//! [tripplanner]: https://github.com/revchain/revchain/tree/main/examples/tripplanner
//! [problems]: crate::pages::problems
//! [errors]: crate::pages::errors
//! [architecture]: crate::pages::architecture
//! [contributing]: https://github.com/revchain/revchain/blob/main/CONTRIBUTING.md
//! [changelog]: https://github.com/revchain/revchain/blob/main/CHANGELOG.md
//! [apache]: https://github.com/revchain/revchain/blob/main/LICENSE-APACHE
//! [mit]: https://github.com/revchain/revchain/blob/main/LICENSE-MIT
//!
#![doc = include_str!("../README.md")]
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
/// Checks a folder of revisions while the application compiles, and declares the set as a static.
///
/// The folder is looked for in the package, then beside the calling file. What is wrong with it is a compile error, all of
/// it in one build; the codes are explained in [`pages::problems`]. In builds without debug assertions every revision has
/// to be sealed, and a build script has to tell cargo to watch the folder; `cargo migrate init` writes it.
///
/// Two tests are emitted beside the static: `compiled_in`, that the set is the folder's, and `round_trip`, that every
/// revision can be taken back and applied again. `without(…)` leaves them out by name.
///
/// ```
/// revchain::migrations!(
///     /// The history of the schema.
///     pub static MIGRATIONS = "../examples/quickstart/migrations", without(round_trip)
/// );
///
/// fn main() -> Result<(), revchain::Error> {
///     let mut connection = rusqlite::Connection::open_in_memory().expect("memory is there");
///     MIGRATIONS.upgrade(revchain::Target::Head).run(&mut connection)?;
///     MIGRATIONS.verify().run(&mut connection)
/// }
/// ```
///
/// A folder that is not sound, or not there, does not compile:
///
/// ```compile_fail
/// revchain::migrations!(pub static MIGRATIONS = "no/such/folder");
/// # fn main() {}
/// ```
pub use revchain_macros::migrations;

/// Pages of this book that are about no single item.
#[cfg(doc)]
pub mod pages {
    #[doc = include_str!("../docs/architecture.md")]
    pub mod architecture {}
    #[doc = include_str!("../docs/problems.md")]
    pub mod problems {}
    /// [problems]: crate::pages::problems
    ///
    #[doc = include_str!("../docs/errors.md")]
    pub mod errors {}
}

/// What the macro's output calls; no part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::emitted::compiled_in;
    #[cfg(feature = "rusqlite")]
    pub use crate::round_trip::round_trip;
    pub use crate::{compiled_in_test, round_trip_test};
    pub use revchain_core::constant;
}
