//! Asks for a catalog, without a connection.

use std::fmt;

use revchain_core::Dialect;

use crate::{Snapshot, mysql, postgres, sqlite};

/// A row of an answer, each value as text.
pub type Row = Vec<Option<String>>;

/// The questions by which a catalog is read: the caller runs them and hands back their rows.
#[derive(Clone, Debug)]
pub struct Reading {
    dialect: Dialect,
    /// Names of tables that belong to nobody's schema: those of the ledger.
    ignored: Vec<String>,
    /// MySQL: what there is, once that is known.
    names: Option<mysql::Names>,
}

/// What an answer leads to.
#[derive(Clone, Debug)]
pub enum Next {
    /// More is to be asked.
    Ask(Reading),
    /// All is known.
    Done(Box<Snapshot>),
}

/// A catalog's rows are not what the question asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

impl Reading {
    /// Begins to read a catalog; tables named in `ignored` (the ledger's) are left out, with all that is part of them.
    #[must_use]
    pub fn new(dialect: Dialect, ignored: Vec<String>) -> Self {
        Self { dialect, ignored, names: None }
    }

    /// Returns the queries to run next: all in one round trip where the driver can.
    #[must_use]
    pub fn ask(&self) -> Vec<String> {
        match self.dialect {
            Dialect::Sqlite => sqlite::queries(),
            Dialect::Postgres => postgres::queries(),
            Dialect::Mysql => {
                self.names.as_ref().map_or_else(mysql::queries, mysql::Names::queries)
            }
        }
    }

    /// Takes the rows of each query that [`Self::ask`] returned, in that order.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] if rows do not have the columns that were asked for.
    pub fn answer(self, answers: &[Vec<Row>]) -> Result<Next, Unreadable> {
        let snapshot = match self.dialect {
            Dialect::Sqlite => Snapshot::Sqlite(sqlite::Catalog::read(answers, &self.ignored)?),
            Dialect::Postgres => {
                Snapshot::Postgres(postgres::Catalog::read(answers, &self.ignored)?)
            }
            Dialect::Mysql => match &self.names {
                Some(names) => Snapshot::Mysql(mysql::Catalog::read(names, answers)?),
                None => {
                    let names = mysql::Names::read(answers, &self.ignored)?;
                    if !names.queries().is_empty() {
                        return Ok(Next::Ask(Self { names: Some(names), ..self }));
                    }
                    Snapshot::Mysql(mysql::Catalog::read(&names, &[])?)
                }
            },
        };
        Ok(Next::Done(Box::new(snapshot)))
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the catalog cannot be read: {}", self.0)
    }
}

impl std::error::Error for Unreadable {}
