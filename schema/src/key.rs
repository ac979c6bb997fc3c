//! Names of objects.

use std::fmt;

/// Names an object of a database: what it is, where it is, how it is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What it is.
    pub kind: Kind,
    /// Its schema; none where the dialect has none (SQLite, MySQL).
    pub schema: Option<String>,
    /// The table that it is part of; none for what stands alone.
    pub table: Option<String>,
    /// Its own name; for a function with the types of its arguments.
    pub name: String,
}

/// What a [`Key`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A schema of PostgreSQL.
    Schema,
    /// An extension of PostgreSQL.
    Extension,
    /// An enum type.
    Enum,
    /// A domain.
    Domain,
    /// A composite or range type.
    Type,
    /// A sequence that no column owns.
    Sequence,
    /// A function or procedure.
    Function,
    /// A table.
    Table,
    /// A column of a table.
    Column,
    /// A primary key, unique, check or exclusion constraint.
    Constraint,
    /// A foreign key.
    ForeignKey,
    /// An index that is no constraint.
    Index,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A trigger.
    Trigger,
    /// A policy of row level security.
    Policy,
    /// A rewrite rule.
    Rule,
    /// Extended statistics.
    Statistics,
    /// Privileges on an object.
    Grant,
    /// A comment on an object.
    Comment,
}

impl Kind {
    /// Returns the word that messages and flags use.
    ///
    /// ```
    /// assert_eq!(revchain_schema::Kind::ForeignKey.name(), "foreign key");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Enum => "enum",
            Self::Domain => "domain",
            Self::Type => "type",
            Self::Sequence => "sequence",
            Self::Function => "function",
            Self::Table => "table",
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::ForeignKey => "foreign key",
            Self::Index => "index",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Trigger => "trigger",
            Self::Policy => "policy",
            Self::Rule => "rule",
            Self::Statistics => "statistics",
            Self::Grant => "grant",
            Self::Comment => "comment",
        }
    }
}

impl fmt::Display for Key {
    /// Writes the kind and the dotted name: ``column `users.name` ``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `", self.kind.name())?;
        for part in [&self.schema, &self.table].into_iter().flatten() {
            write!(f, "{part}.")?;
        }
        write!(f, "{}`", self.name)
    }
}
