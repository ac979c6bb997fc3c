//! A revision written in Rust: its items, and which of them upgrade and downgrade.
//!
//! ```text
//! text ─▶ lexer ─▶ items ─▶ functions (signature, driver)
//!                    └────▶ foreign (what is the application's, or another file's)
//! ```
//!
//! No parser of Rust: the compiler reads the same file as a module, and says all that is wrong inside of it.

mod fault;
mod foreign;
mod function;
mod item;
mod lexer;

use std::ops::Range;

use crate::checksum::Direction;
use crate::dialect::{Dialect, Token};
use crate::problem::Fact;
pub use fault::{Foreign, RustFault};
pub use function::{Driver, Function};
pub(crate) use item::{Item, name};
pub use lexer::{RustLexError, RustLexErrorKind, tokens};

/// Tells whether a file of a set is Rust, by its ending.
///
/// ```
/// assert!(revchain_core::rust::is_rust("20260120_0910_9b1d77a0c2ee_split_names.rs"));
/// assert!(!revchain_core::rust::is_rust("20260118_0530_3f2a9c1b7d04_add_user_preferences.sql"));
/// ```
#[must_use]
pub fn is_rust(path: &str) -> bool {
    let ending = path.len().checked_sub(3).and_then(|at| path.get(at..));
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case(".rs"))
}

/// What stands in a revision written in Rust, below its header.
#[derive(Default)]
pub struct Source<'t> {
    /// All tokens of the file.
    tokens: Vec<Token<'t>>,
    items: Vec<Item>,
    /// The functions that upgrade and downgrade, in the order of the file.
    pub functions: Vec<Function>,
}

impl<'t> Source<'t> {
    /// Reads a file.
    ///
    /// ```
    /// use revchain_core::rust::{Driver, Source};
    ///
    /// let text = "pub fn upgrade(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    ///     connection.execute_batch(\"CREATE TABLE users (id INTEGER)\")
    /// }";
    /// let (source, faults) = Source::read(text);
    /// assert!(faults.is_empty());
    /// assert_eq!((source.functions[0].name.as_str(), source.functions[0].driver), ("upgrade", Driver::Rusqlite));
    /// ```
    #[must_use]
    pub fn read(text: &'t str) -> (Self, Vec<(Range<usize>, Fact)>) {
        let tokens = match tokens(text) {
            Ok(tokens) => tokens,
            Err(error) => {
                let length = text[error.start..].find('\n').unwrap_or(text.len() - error.start);
                let end = error.start + length;
                let fact = Fact::MalformedRust(error.kind.into());
                return (Self::default(), vec![(error.start..end, fact)]);
            }
        };
        let mut faults = foreign::find(&tokens);
        let items = item::split(&tokens);
        let mut functions: Vec<Function> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match function::read(&tokens, item, index) {
                Some(Ok(function)) => match function.twice(&functions) {
                    Some(fault) => faults.push((function.signature.clone(), fault)),
                    None => functions.push(function),
                },
                Some(Err((range, fault))) => faults.push((range, Fact::MalformedRust(fault))),
                None => {}
            }
        }
        (Self { tokens, items, functions }, faults)
    }

    /// Returns the functions of one direction for the drivers of a dialect.
    pub fn functions_of(&self, direction: Direction, dialect: Dialect) -> Vec<&Function> {
        let mut functions = Vec::new();
        for function in &self.functions {
            if function.is_for(direction, dialect) {
                functions.push(function);
            }
        }
        functions
    }

    /// Returns the items that count for a direction on a dialect: all but the functions of the others.
    pub(crate) fn items(&self, direction: Direction, dialect: Dialect) -> Vec<&Item> {
        let mut items = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let mut counts = true;
            for function in &self.functions {
                counts &= function.item != index || function.is_for(direction, dialect);
            }
            if counts {
                items.push(item);
            }
        }
        items
    }

    /// Returns the tokens of an item.
    pub(crate) fn tokens_of(&self, item: &Item) -> &[Token<'t>] {
        &self.tokens[item.tokens.clone()]
    }
}
