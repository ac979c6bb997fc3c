//! What the databases do differently, and nowhere else: how each reads SQL and quotes names.

mod facts;
mod lexer;
mod mysql;
mod mysql_body;
mod mysql_facts;
mod postgres;
mod quote;
mod rebuild;
mod split;
mod sqlite;
mod token;

use std::fmt;
use std::str::FromStr;

use crate::text::holds;

pub use facts::{
    ConcurrentIndex, TransactionControl, TransactionEffect, UnsafeRebuild, UnsafeRebuildKind,
};
pub use split::{Split, Statement};
pub use token::{LexError, LexErrorKind, Token, TokenKind};

/// Names a kind of database, and with it the rules by which SQL is read.
///
/// ```
/// use revchain_core::Dialect;
///
/// assert_eq!("postgres".parse(), Ok(Dialect::Postgres));
/// assert_eq!(Dialect::Sqlite.to_string(), "sqlite");
/// assert!("oracle".parse::<Dialect>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// SQLite 3.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
}

impl Dialect {
    /// All dialects, in the order in which files name them.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::Mysql];

    /// Returns the name used in section markers, in the lock and on the command line.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// assert_eq!(Dialect::Postgres.name(), "postgres");
    /// assert_eq!("sqlite".parse(), Ok(Dialect::Sqlite));
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }
}

impl Dialect {
    /// Tells whether a database's message says that a table is not there.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// assert!(Dialect::Sqlite.is_missing_table("no such table: revchain_revisions"));
    /// ```
    #[must_use]
    pub fn is_missing_table(self, message: &str) -> bool {
        match self {
            Self::Sqlite => message.starts_with("no such table"),
            Self::Postgres => holds(message, "does not exist"),
            Self::Mysql => holds(message, "doesn't exist"),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        for dialect in &Self::ALL {
            if dialect.name() == name {
                return Ok(*dialect);
            }
        }
        Err(UnknownDialect)
    }
}

/// The name is none of `sqlite`, `postgres` and `mysql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownDialect;

impl fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a dialect: use `sqlite`, `postgres` or `mysql`")
    }
}

impl std::error::Error for UnknownDialect {}

/// A set of dialects.
///
/// ```
/// use revchain_core::{Dialect, Dialects};
///
/// let dialects = Dialects::of(&[Dialect::Postgres, Dialect::Sqlite]);
/// assert!(dialects.contains(Dialect::Sqlite));
/// assert_eq!(dialects.to_string(), "sqlite postgres");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dialects(u8);

impl Dialects {
    /// Holds no dialect.
    pub const NONE: Self = Self(0);

    /// Collects dialects; usable in constants.
    #[must_use]
    #[inline]
    pub const fn of(dialects: &[Dialect]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < dialects.len() {
            bits |= 1 << dialects[index] as u8;
            index += 1;
        }
        Self(bits)
    }

    /// Tells whether `dialect` is among them.
    ///
    /// ```
    /// use revchain_core::{Dialect, Dialects};
    ///
    /// let dialects = Dialects::of(&[Dialect::Sqlite, Dialect::Postgres]);
    /// assert!(dialects.contains(Dialect::Sqlite) && !dialects.contains(Dialect::Mysql));
    /// ```
    #[must_use]
    pub const fn contains(self, dialect: Dialect) -> bool {
        self.0 & (1 << dialect as u8) != 0
    }

    /// Adds a dialect.
    pub fn insert(&mut self, dialect: Dialect) {
        self.0 |= 1 << dialect as u8;
    }

    /// Tells whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Iterates in the order of [`Dialect::ALL`].
    ///
    /// ```
    /// use revchain_core::{Dialect, Dialects};
    ///
    /// let dialects = Dialects::of(&[Dialect::Postgres, Dialect::Sqlite]);
    /// assert!(dialects.iter().eq([Dialect::Sqlite, Dialect::Postgres]));
    /// ```
    pub fn iter(self) -> impl Iterator<Item = Dialect> {
        Left(self.0)
    }
}

/// The dialects that an iterator has not returned yet, as bits.
struct Left(u8);

impl Iterator for Left {
    type Item = Dialect;

    fn next(&mut self) -> Option<Dialect> {
        let dialect = *Dialect::ALL.get(self.0.trailing_zeros() as usize)?;
        self.0 &= self.0 - 1;
        Some(dialect)
    }
}

impl FromIterator<Dialect> for Dialects {
    fn from_iter<I: IntoIterator<Item = Dialect>>(dialects: I) -> Self {
        let mut all = Self::NONE;
        dialects.into_iter().for_each(|dialect| all.insert(dialect));
        all
    }
}

impl fmt::Display for Dialects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, dialect) in self.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { " " })?;
            f.write_str(dialect.name())?;
        }
        Ok(())
    }
}
