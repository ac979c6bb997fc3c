//! The rules of revchain: migration files in, a checked set of revisions out.
//!
//! ```text
//! folder ─▶ script ─▶ check (chain, parts, seals) ─▶ Set
//!             │          ▲
//!       dialect, rust   lock
//! ```
//!
//! The macro, the command and the tests call the same [`check()`] with the same inputs: the files of a folder and its
//! lock. Nothing here talks to a database, reads the environment or asks the clock; [`git`] alone starts a process, and
//! only when it is called to explain an edit.

pub mod check;
pub mod checksum;
#[doc(hidden)]
pub mod constant;
pub mod dialect;
pub mod difference;
pub mod folder;
pub mod git;
pub mod graph;
pub mod lock;
#[doc(hidden)]
pub mod map;
#[doc(hidden)]
pub mod order;
pub mod problem;
pub mod render;
mod replaced;
pub mod rust;
pub mod script;
pub mod set;
pub mod target;
pub mod text;
pub mod walk;

pub use check::check;
pub use checksum::{Checksum, Direction};
pub use dialect::{
    Dialect, Dialects, LexError, LexErrorKind, Split, Statement, Token, TokenKind,
    TransactionControl, TransactionEffect, UnsafeRebuild, UnsafeRebuildKind,
};
pub use problem::Problem;
pub use set::Set;
pub use target::Target;
pub use walk::Walk;
