// The README's links lead to files of the repository; here the first definition of each holds instead.
//! [quickstart]: https://github.com/revchain/revchain/blob/main/examples/quickstart/src/main.rs
//! [tripplanner]: https://github.com/revchain/revchain/tree/main/examples/tripplanner
//! [names]: https://github.com/revchain/revchain/tree/main/examples/names
//! [shop]: https://github.com/revchain/revchain/tree/main/examples/shop
//! [problems]: crate::pages::problems
//! [errors]: crate::pages::errors
//! [rust-revisions]: crate::pages::rust_revisions
//! [deploying]: crate::pages::deploying
//! [architecture]: crate::pages::architecture
//! [contributing]: https://github.com/revchain/revchain/blob/main/CONTRIBUTING.md
//! [changelog]: https://github.com/revchain/revchain/blob/main/CHANGELOG.md
//! [apache]: https://github.com/revchain/revchain/blob/main/LICENSE-APACHE
//! [mit]: https://github.com/revchain/revchain/blob/main/LICENSE-MIT
//!
#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(feature = "rusqlite"),
    expect(dead_code, reason = "no other driver needs all of it"),
    allow(unused_imports, reason = "and some are for what a driver needs alone")
)]

mod adoption;
#[cfg(feature = "cli")]
pub mod cli;
mod driver;
mod emitted;
mod engine;
mod error;
mod foreign_keys;
mod function;
mod ledger;
mod migrations;
mod options;
mod plan;
mod report;
#[cfg(feature = "rusqlite")]
mod round_trip;
mod script;
mod sql;
#[cfg(all(feature = "sqlx-postgres", feature = "test"))]
mod test_database;
#[cfg(all(feature = "rusqlite", feature = "test"))]
mod testing;

pub use adoption::{History, HistoryFault, HistoryMisfit};
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
pub use driver::asynchronous::AsyncConnection;
pub use error::{
    Error, ErrorKind, FunctionFailure, LedgerDifference, MayBeDone, Named, PartlyReplaced,
    Restored, Source, StatementFailure, Unknown, Violation,
};
pub use ledger::{Applied, State};
pub use migrations::{Current, Migrations, Run, Status, Verify, load};
pub use options::{Ahead, Pooler, Transactions};
pub use plan::{Plan, Step, StepSource, StoredStep};
pub use report::{Done, Progress, Report};
pub use revchain_core::target::TargetError;
pub use revchain_core::{Checksum, Dialect, Direction, Problem, Set, Target, set};
#[cfg(all(feature = "sqlx-postgres", feature = "test"))]
pub use test_database::TestDatabase;

/// Checks a folder of revisions while the application compiles, and compiles it in.
///
/// It declares a static of type [`Migrations`]. The folder is looked for in the package, then beside the calling file;
/// `../migrations` is fine. The macro stands at the level of a module, because it also emits tests.
///
/// ```
/// revchain::migrations!(
///     /// The tables of the shop.
///     pub static MIGRATIONS = "doc/migrations"
/// );
///
/// assert_eq!(MIGRATIONS.heads(), ["b2c3d4e5f6a1"]);
/// assert_eq!(MIGRATIONS.set().revisions[0].message, "create users");
/// ```
///
/// # Errors
///
/// Each problem of the folder is an error of the build, all of them in one: a revision that was edited after it was sealed,
/// that has no downgrade, that breaks the chain; `cargo migrate check` lists the same, and [`pages::problems`] explains
/// them. The static is then an empty set, so that nothing else fails.
///
/// ```compile_fail
/// revchain::migrations!(pub static MIGRATIONS = "no/such/folder");
/// ```
///
/// Without `debug_assertions` two things more are errors: a draft, and a folder that no build script watches.
///
/// # Tests
///
/// `cargo test` also runs, in the module `revchain_migrations` (after the static's name):
///
/// * `compiled_in`: the folder on disk is the one that was compiled in.
/// * `round_trip`, for a set that serves SQLite: up to every head, back to base or to the newest irreversible revision, and
///   up again, in memory; every downgrade must leave the schema that its upgrade found. Without the feature `rusqlite` it
///   is ignored.
///
/// Each is left out by its name:
///
/// ```
/// revchain::migrations!(static MIGRATIONS = "doc/migrations", without(compiled_in, round_trip));
/// # assert_eq!(MIGRATIONS.set().revisions.len(), 2);
/// ```
///
/// # What is compiled in
///
/// The text of every file once, and what was read from it in a compact form: a constant. It becomes
/// [`Revision`](set::Revision)s when the set is first looked at.
pub use revchain_macros::migrations;

#[cfg(feature = "models")]
mod models;
#[cfg(all(feature = "models", feature = "rusqlite"))]
mod models_match;
#[cfg(feature = "models")]
pub use models::Table;

/// Describes a table by a struct, as the desired schema (feature `models`).
///
/// `cargo migrate new --autogenerate` reads such structs from the sources, without compiling anything, and writes the revision
/// that leads to them. The compiler sees to it that a field's type is the one which the reader takes it for.
///
/// ```
/// use revchain::{Dialect, Table};
///
/// #[derive(Table)]
/// #[table(name = "users", was = "people", index(name = "by_mail", on = "mail", unique))]
/// struct User {
///     #[column(primary_key)]
///     id: i64,
///     #[column(was = "email", check = "mail <> ''")]
///     mail: String,
///     #[column(default = 0)]
///     age: i32,
///     #[column(references = "teams (id) ON DELETE SET NULL")]
///     team: Option<i64>,
/// }
///
/// assert_eq!(User::TABLE, "users");
/// let (dialect, ddl) = User::TABLE_DDL[0];
/// assert_eq!(dialect, Dialect::Sqlite);
/// assert!(ddl.contains("\"age\" INTEGER NOT NULL DEFAULT 0,"));
/// ```
///
/// | on the struct | |
/// |---|---|
/// | `name`, `was` | the table's name, else the struct's in snake case; its former one |
/// | `index(name, on, unique, only)` | an index; `on` and `only` are SQL |
/// | `constraint`, `sql` | a constraint of several columns; a statement of its own, as SQL; `sqlite`, `postgres`, `mysql`: one for that dialect |
/// | `strict`, `without_rowid` | SQLite's options |
///
/// | on a field | |
/// |---|---|
/// | `name`, `was` | the column's name, else the field's; its former one |
/// | `type`; `sqlite`, `postgres`, `mysql` | its type as SQL, in every dialect or in one, where none is known for the field's |
/// | `primary_key`, `autoincrement`, `unique` | |
/// | `default`, `check`, `references`, `sql` | as SQL; a default may also be a number or a truth value |
/// | `skip` | it is no column |
///
/// `migrations!(pub static MIGRATIONS = "migrations", models(User, Team))` emits a test, `models_match`, which fails while the
/// revisions do not make what the structs describe (SQLite, feature `rusqlite`).
///
/// A type of which the compiler and the reader do not think alike does not compile:
///
/// ```compile_fail
/// # mod inner { pub struct String; }
/// use inner::String;
///
/// #[derive(revchain::Table)]
/// struct User {
///     name: String,
/// }
/// ```
#[cfg(feature = "models")]
pub use revchain_macros::Table;

/// Pages of this book that are about no single item.
#[cfg(doc)]
pub mod pages {
    #[doc = include_str!("../docs/architecture.md")]
    pub mod architecture {}
    #[doc = include_str!("../docs/deploying.md")]
    pub mod deploying {}
    #[doc = include_str!("../docs/from-alembic.md")]
    pub mod from_alembic {}
    #[doc = include_str!("../docs/from-dbmate.md")]
    pub mod from_dbmate {}
    #[doc = include_str!("../docs/from-diesel.md")]
    pub mod from_diesel {}
    #[doc = include_str!("../docs/from-refinery.md")]
    pub mod from_refinery {}
    #[doc = include_str!("../docs/from-sqlx.md")]
    pub mod from_sqlx {}
    /// [rust-revisions]: crate::pages::rust_revisions
    ///
    #[doc = include_str!("../docs/problems.md")]
    pub mod problems {}
    /// [problems]: crate::pages::problems
    ///
    #[doc = include_str!("../docs/errors.md")]
    pub mod errors {}
    /// [application-path]: crate::pages::problems#application-path
    /// [malformed-rust]: crate::pages::problems#malformed-rust
    /// [no-function]: crate::pages::errors#no-function
    /// [not-sql]: crate::pages::errors#not-sql
    /// [written-in-rust]: crate::pages::errors#written-in-rust
    ///
    #[doc = include_str!("../docs/rust-revisions.md")]
    pub mod rust_revisions {}
}

/// What the macro's output calls; no part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use std::boxed::Box;

    #[cfg(feature = "sqlx-mysql")]
    pub use crate::call_mysql;
    #[cfg(not(feature = "sqlx-mysql"))]
    pub use crate::call_nothing as call_mysql;
    #[cfg(not(feature = "sqlx-postgres"))]
    pub use crate::call_nothing as call_postgres;
    #[cfg(not(feature = "rusqlite"))]
    pub use crate::call_nothing as call_rusqlite;
    #[cfg(not(feature = "sqlx-sqlite"))]
    pub use crate::call_nothing as call_sqlx_sqlite;
    #[cfg(feature = "sqlx-postgres")]
    pub use crate::call_postgres;
    #[cfg(feature = "rusqlite")]
    pub use crate::call_rusqlite;
    #[cfg(feature = "sqlx-sqlite")]
    pub use crate::call_sqlx_sqlite;
    pub use crate::emitted::compiled_in;
    #[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
    pub use crate::function::Called;
    pub use crate::function::{Call, Function};
    #[cfg(feature = "models")]
    pub use crate::models::{ReadAs, read_as};
    #[cfg(all(feature = "models", feature = "rusqlite"))]
    pub use crate::models_match::models_match;
    #[cfg(feature = "rusqlite")]
    pub use crate::round_trip::round_trip;
    pub use crate::{compiled_in_test, models_match_test, round_trip_test};
    pub use revchain_core::constant;
    pub use revchain_core::rust::Driver;
}
