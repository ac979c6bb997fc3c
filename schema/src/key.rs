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

impl Key {
    /// Returns the key of the privileges (or the comment) on the object that a key names.
    pub(crate) fn about(&self, kind: Kind) -> Self {
        Self { kind, name: format!("{} {}", self.kind.name(), self.name), ..self.clone() }
    }
}

impl fmt::Display for Key {
    /// Writes the kind and the dotted name: ``column `users.name` ``, ``grant on table `public.users` ``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = |kind: &Kind| self.name.strip_prefix(kind.name())?.strip_prefix(' ');
        let object = match self.kind {
            Kind::Grant | Kind::Comment => OBJECTS.iter().find_map(|kind| Some((kind, own(kind)?))),
            _ => None,
        };
        let name = match object {
            Some((kind, name)) => {
                write!(f, "{} on {} `", self.kind.name(), kind.name())?;
                name
            }
            None => {
                write!(f, "{} `", self.kind.name())?;
                &self.name
            }
        };
        for part in [&self.schema, &self.table].into_iter().flatten() {
            write!(f, "{part}.")?;
        }
        write!(f, "{name}`")
    }
}

/// What privileges and comments can be on.
const OBJECTS: [Kind; 18] = [
    Kind::Schema,
    Kind::Extension,
    Kind::Enum,
    Kind::Domain,
    Kind::Type,
    Kind::Sequence,
    Kind::Function,
    Kind::Table,
    Kind::Column,
    Kind::Constraint,
    Kind::ForeignKey,
    Kind::Index,
    Kind::View,
    Kind::MaterializedView,
    Kind::Trigger,
    Kind::Policy,
    Kind::Rule,
    Kind::Statistics,
];

#[cfg(test)]
mod tests {
    use super::{Key, Kind, OBJECTS};

    #[test]
    fn what_is_said_of_an_object_names_it_in_words() {
        for kind in OBJECTS {
            let schema = Some("public".to_owned());
            let key = Key { kind, schema, table: None, name: "mood of day".to_owned() };
            let object = format!("{} `public.mood of day`", kind.name());
            assert_eq!(key.to_string(), object);
            assert_eq!(key.about(Kind::Grant).to_string(), format!("grant on {object}"));
            assert_eq!(key.about(Kind::Comment).to_string(), format!("comment on {object}"));
        }
    }
}
