//! The database verbs of `cargo migrate` for an application's own binary: no cargo and no sources where it runs.

#[doc(hidden)]
pub mod arguments;
#[doc(hidden)]
pub mod call;
#[doc(hidden)]
pub mod chain;
#[doc(hidden)]
pub mod database;
#[doc(hidden)]
pub mod database_status;
#[doc(hidden)]
pub mod drawing;
mod dump;
#[doc(hidden)]
pub mod duration;
#[doc(hidden)]
pub mod exit;
#[doc(hidden)]
pub mod failure;
#[doc(hidden)]
pub mod layout;
#[doc(hidden)]
pub mod mark;
#[doc(hidden)]
pub mod output;
#[doc(hidden)]
pub mod run;
#[doc(hidden)]
pub mod scene;
#[doc(hidden)]
pub mod schemas;
#[doc(hidden)]
pub mod script;
#[doc(hidden)]
pub mod session;
#[doc(hidden)]
pub mod url;
#[doc(hidden)]
pub mod verbs;
#[doc(hidden)]
pub mod words;

mod embedded;

#[doc(hidden)]
pub use embedded::run_call;
pub use embedded::{main, run};
