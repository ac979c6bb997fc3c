//! A catalog as it was at one moment.

use std::collections::BTreeMap;

use revchain_core::Dialect;

use crate::{Key, mysql, postgres, sqlite};

/// A database's catalog as it was at one moment: what a dialect's planner needs of it, typed.
#[derive(Clone, Debug)]
pub enum Snapshot {
    /// Of SQLite.
    Sqlite(sqlite::Catalog),
    /// Of PostgreSQL.
    Postgres(postgres::Catalog),
    /// Of MySQL or MariaDB.
    Mysql(mysql::Catalog),
}

/// One object that two catalogs do not have alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The object.
    pub key: Key,
    /// Its definition in the first; none if only the second has it.
    pub before: Option<String>,
    /// Its definition in the second; none if only the first has it.
    pub after: Option<String>,
}

impl Snapshot {
    /// Returns the dialect of the database.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mysql(_) => Dialect::Mysql,
        }
    }

    /// Returns the canonical definition of each object: two catalogs are equal if these are.
    #[must_use]
    pub fn definitions(&self) -> BTreeMap<Key, String> {
        match self {
            Self::Sqlite(catalog) => catalog.definitions(),
            Self::Postgres(catalog) => catalog.definitions(),
            Self::Mysql(catalog) => catalog.definitions(),
        }
    }

    /// Returns what the database has that is not compared, and so not planned: `publication news`, in order.
    #[must_use]
    pub fn unseen(&self) -> Vec<&str> {
        match self {
            Self::Sqlite(_) => Vec::new(),
            Self::Postgres(catalog) => catalog.unseen().collect(),
            Self::Mysql(catalog) => catalog.unseen().collect(),
        }
    }

    /// Returns what a database of PostgreSQL has of its own, and no revision makes: `settings of the database`, `owner alice`
    /// for roles other than that which reads the catalog.
    #[must_use]
    pub fn own(&self) -> Vec<&str> {
        match self {
            Self::Postgres(catalog) => catalog.own().collect(),
            Self::Sqlite(_) | Self::Mysql(_) => Vec::new(),
        }
    }

    /// Returns what differs between `self` and `other`, in the order of the keys.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let (before, mut after) = match (self, other) {
            (Self::Sqlite(one), Self::Sqlite(two)) => {
                (one.definitions_beside(two), two.definitions_beside(one))
            }
            (Self::Postgres(one), Self::Postgres(two)) => {
                (one.definitions_beside(two), two.definitions_beside(one))
            }
            _ => (self.definitions(), other.definitions()),
        };
        let mut differences = Vec::new();
        for (key, old) in before {
            let new = after.remove(&key);
            if new.as_ref() != Some(&old) {
                differences.push(Difference { key, before: Some(old), after: new });
            }
        }
        for (key, new) in after {
            differences.push(Difference { key, before: None, after: Some(new) });
        }
        differences.sort_by(|a, b| a.key.cmp(&b.key));
        differences
    }
}
