//! Statements that lead from one catalog to another.

use std::fmt;

use crate::{Choices, Key, Rename, Snapshot, mysql, postgres, sqlite};

/// Plans the smallest safe steps from `from` to `to`.
///
/// # Errors
///
/// [`Unplannable`] names the object for which no statement is known that keeps what must be kept.
///
/// # Panics
///
/// If the sides are of two dialects.
pub fn plan(from: &Snapshot, to: &Snapshot, choices: &Choices) -> Result<Plan, Unplannable> {
    match (from, to) {
        (Snapshot::Sqlite(from), Snapshot::Sqlite(to)) => sqlite::plan(from, to, choices),
        (Snapshot::Postgres(from), Snapshot::Postgres(to)) => postgres::plan(from, to, choices),
        (Snapshot::Mysql(from), Snapshot::Mysql(to)) => mysql::plan(from, to, choices),
        _ => panic!("`{}` and `{}` are not of one dialect", from.dialect(), to.dialect()),
    }
}

/// Returns the statements that make a table of SQLite again as it is: the place where a person changes what no plan can.
///
/// None if there is no such table, or the dialect needs no such thing.
#[must_use]
pub fn rebuild(snapshot: &Snapshot, table: &str) -> Option<Part> {
    match snapshot {
        Snapshot::Sqlite(catalog) => sqlite::scaffold(catalog, table),
        Snapshot::Postgres(_) | Snapshot::Mysql(_) => None,
    }
}

/// Ordered statements, in as many parts as transactions demand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is run, in order; empty if nothing differs.
    pub parts: Vec<Part>,
    /// The renames that were used.
    pub renames: Vec<Rename>,
    /// What is planned as drop and create and could be a rename.
    pub ambiguous: Vec<Ambiguous>,
}

impl Plan {
    /// Leaves the schema of the objects in `schema` to `search_path`: so that the same statements make them in whichever it
    /// names. Of PostgreSQL alone; what cannot be read, as the texts of functions, stays as it is.
    pub fn unqualify(&mut self, schema: &str, sides: [&Snapshot; 2]) {
        if let [Snapshot::Postgres(from), Snapshot::Postgres(to)] = sides {
            postgres::unqualified(self, schema, from, to);
        }
    }
}

/// Statements that one revision holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Whether they run in one transaction; if not, the section says `transaction=off`.
    pub transaction: bool,
    /// SQLite: whether the section says `foreign-keys=off`.
    pub foreign_keys_off: bool,
    /// The statements, in order.
    pub statements: Vec<Statement>,
}

/// One statement, and what a person should know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// The text, without `;`.
    pub sql: String,
    /// What it does to those who use the database.
    pub hazards: Vec<Hazard>,
    /// What is lost, each as a `-- migrate:destroys` line names it: `users.name`.
    pub destroys: Vec<String>,
    /// How rows that are there can make it fail.
    pub refused_by_rows: Vec<Refusal>,
}

/// How rows that are there can make a statement fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What they violate, and what helps: the flag `--backfill users.age=…`, a default.
    pub reason: String,
    /// A query that counts the rows in the way; empty where none can tell. `SELECT count(*) FROM table …` can show them, too.
    pub count: String,
}

/// What a statement does to those who use the database. The names are pg-schema-diff's, so that what reads its plans reads ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hazard {
    /// Rows or values are lost.
    DeletesData,
    /// Nobody can read or write the table meanwhile.
    AcquiresAccessExclusiveLock,
    /// Nobody can write the table, or change what refers to it, meanwhile.
    AcquiresShareRowExclusiveLock,
    /// Nobody can write the table meanwhile.
    AcquiresShareLock,
    /// An index is built, which takes time and input and output.
    IndexBuild,
    /// Queries that use the index become slow.
    IndexDropped,
    /// The database is busy for long: rows are rewritten or read in whole.
    ImpactsDatabasePerformance,
    /// What depends on it cannot be known from the catalog.
    HasUntrackableDependencies,
    /// Who may see or write what changes.
    AuthzUpdate,
    /// It may do another thing than is meant.
    Correctness,
    /// An extension's version changes, in whatever way its scripts change it.
    ExtensionVersionUpgrade,
}

/// Something that goes and something that comes which could be one thing under a new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguous {
    /// The rename that it could be.
    pub rename: Rename,
    /// What goes, of a table as that is called before: what [`Choices::drops`] holds when it is no rename.
    pub gone: String,
    /// The same, of a table as that is called afterwards.
    pub(crate) path: String,
}

impl Ambiguous {
    /// Returns the flag that says that it is one: `--rename users.name:full_name`.
    #[must_use]
    pub fn rename_flag(&self) -> String {
        format!("--rename {}", word(&format!("{}:{}", self.path, self.rename.new)))
    }

    /// Returns how a person names what goes: `users.name`.
    #[must_use]
    pub fn gone(&self) -> &str {
        &self.gone
    }

    /// Tells whether both cannot be renames: one thing has one new name, and one name is of one thing.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        let (one, other) = (&self.rename, &other.rename);
        (one.kind, &one.table) == (other.kind, &other.table)
            && (one.old == other.old || one.new == other.new)
    }

    /// Returns the flag that says that it is none: `--drop users.name`.
    #[must_use]
    pub fn drop_flag(&self) -> String {
        format!("--drop {}", word(&self.gone))
    }
}

/// Quotes an argument where a shell would not take it as it stands.
fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-@/+".contains(&byte);
    if text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// No statement is known that leads to what is desired and keeps what must be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplannable {
    /// The object.
    pub key: Key,
    /// Why.
    pub reason: String,
}

impl Plan {
    /// Tells whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Returns all statements, in order.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.parts.iter().flat_map(|part| &part.statements)
    }
}

impl Hazard {
    /// Returns the name by which `--json` and pg-schema-diff call it.
    ///
    /// ```
    /// assert_eq!(revchain_schema::Hazard::DeletesData.name(), "MigrationHazardTypeDeletesData");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeletesData => "MigrationHazardTypeDeletesData",
            Self::AcquiresAccessExclusiveLock => "MigrationHazardTypeAcquiresAccessExclusiveLock",
            Self::AcquiresShareRowExclusiveLock => {
                "MigrationHazardTypeAcquiresShareRowExclusiveLock"
            }
            Self::AcquiresShareLock => "MigrationHazardTypeAcquiresShareLock",
            Self::IndexBuild => "MigrationHazardTypeIndexBuild",
            Self::IndexDropped => "MigrationHazardTypeIndexDropped",
            Self::ImpactsDatabasePerformance => "MigrationHazardTypeImpactsDatabasePerformance",
            Self::HasUntrackableDependencies => "MigrationHazardTypeHasUntrackableDependencies",
            Self::AuthzUpdate => "MigrationHazardTypeAuthzUpdate",
            Self::Correctness => "MigrationHazardTypeCorrectness",
            Self::ExtensionVersionUpgrade => "MigrationHazardTypeExtensionVersionUpgrade",
        }
    }
}

impl fmt::Display for Unplannable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be changed: {}", self.key, self.reason)
    }
}

impl std::error::Error for Unplannable {}
