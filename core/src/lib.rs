//! The rules of revchain: migration files in, a checked set of revisions out.
//!
//! Nothing here talks to a database, reads the environment or asks the clock.

pub mod dialect;

pub use dialect::{
    Dialect, Dialects, LexError, LexErrorKind, Split, Statement, Token, TokenKind,
    TransactionControl, TransactionEffect, UnsafeRebuild, UnsafeRebuildKind,
};
