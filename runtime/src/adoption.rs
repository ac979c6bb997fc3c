//! The histories of other tools: what their tables say, and which revisions of a set that is.

mod misfit;
mod places;

use revchain_core::Dialect;

use crate::sql::Row;
pub use misfit::{HistoryFault, HistoryMisfit};
pub(crate) use places::adopted;

/// A tool that has applied migrations before, and written down which.
///
/// A revision is one of its migrations where its header says so, under `origin`, as `cargo migrate import` writes it.
///
/// ```
/// use revchain::History;
///
/// assert_eq!(History::named("golang-migrate"), Some(History::GolangMigrate));
/// assert_eq!(History::Sqlx.table(), "_sqlx_migrations");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum History {
    /// sqlx, which keeps SHA-384 of each file.
    Sqlx,
    /// diesel.
    Diesel,
    /// refinery, which keeps a checksum of each file.
    Refinery,
    /// sea-orm, which keeps the names of its modules.
    SeaOrm,
    /// dbmate.
    Dbmate,
    /// golang-migrate, which keeps the last version alone.
    GolangMigrate,
    /// Ruby on Rails.
    Rails,
    /// goose, which keeps what it did and took back.
    Goose,
    /// Flyway, which keeps a checksum of each file.
    Flyway,
    /// Alembic, which keeps the heads.
    Alembic,
    /// `PRAGMA user_version` of SQLite: how many of the chain's revisions are applied, as rusqlite_migration counts them.
    UserVersion,
}

impl History {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Sqlx,
        Self::Diesel,
        Self::Refinery,
        Self::SeaOrm,
        Self::Dbmate,
        Self::GolangMigrate,
        Self::Rails,
        Self::Goose,
        Self::Flyway,
        Self::Alembic,
        Self::UserVersion,
    ];

    /// Returns what the tool is called on the command line and under `origin`.
    #[must_use]
    pub const fn tool(self) -> &'static str {
        match self {
            Self::Sqlx => "sqlx",
            Self::Diesel => "diesel",
            Self::Refinery => "refinery",
            Self::SeaOrm => "sea-orm",
            Self::Dbmate => "dbmate",
            Self::GolangMigrate => "golang-migrate",
            Self::Rails => "rails",
            Self::Goose => "goose",
            Self::Flyway => "flyway",
            Self::Alembic => "alembic",
            Self::UserVersion => "user-version",
        }
    }

    /// Returns the table that the tool writes.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Sqlx => "_sqlx_migrations",
            Self::Diesel => "__diesel_schema_migrations",
            Self::Refinery => "refinery_schema_history",
            Self::SeaOrm => "seaql_migrations",
            Self::Dbmate | Self::GolangMigrate | Self::Rails => "schema_migrations",
            Self::Goose => "goose_db_version",
            Self::Flyway => "flyway_schema_history",
            Self::Alembic => "alembic_version",
            Self::UserVersion => "PRAGMA user_version",
        }
    }

    /// Returns the tool of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|history| history.tool() == name)
    }

    /// Returns the columns that its table must have.
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Sqlx => &["version", "checksum", "success"],
            Self::Diesel | Self::SeaOrm | Self::Dbmate | Self::Rails => &["version"],
            Self::Refinery => &["version", "checksum"],
            Self::GolangMigrate => &["version", "dirty"],
            Self::Goose => &["id", "version_id", "is_applied"],
            Self::Flyway => &["installed_rank", "version", "type", "script", "checksum", "success"],
            Self::Alembic => &["version_num"],
            Self::UserVersion => &[],
        }
    }

    /// Returns the question for what [`OldRow`] holds: version, checksum, a flag, kind and script.
    pub(crate) fn select(self, dialect: Dialect, table: &str, schema: &str) -> String {
        let columns = match self {
            Self::Sqlx if dialect == Dialect::Postgres => {
                "version, pg_catalog.encode(checksum, 'hex'), success"
            }
            Self::Sqlx => "version, lower(hex(checksum)), success",
            Self::Diesel | Self::SeaOrm | Self::Dbmate | Self::Rails => "version",
            Self::Refinery => "version, checksum",
            Self::GolangMigrate => "version, NULL, dirty",
            Self::Goose => "version_id, NULL, is_applied",
            Self::Flyway => "version, checksum, success, type, script",
            Self::Alembic => "version_num",
            Self::UserVersion => return format!("PRAGMA {schema}.user_version"),
        };
        let order = match self {
            Self::Goose => "id",
            Self::Flyway => "installed_rank",
            Self::Alembic => "version_num",
            _ => "version",
        };
        format!("SELECT {columns} FROM {table} ORDER BY {order}")
    }
}

/// What another tool's table says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Old {
    columns: Vec<String>,
    exists: bool,
    is_past: bool,
    rows: Vec<OldRow>,
}

/// A row of it; what the table has not is missing.
#[derive(Clone, Debug)]
struct OldRow {
    version: Option<String>,
    checksum: Option<String>,
    flag: bool,
    kind: String,
    script: String,
}

impl Old {
    pub(crate) fn past(&mut self, row: &dyn Row) {
        self.is_past = row.integer(0).is_some_and(|events| events > 0);
    }

    pub(crate) fn column(&mut self, row: &dyn Row) {
        self.exists = true;
        self.columns.extend(row.text(0).map(|name| name.to_ascii_lowercase()));
    }

    /// Is told that what is no table is there, in a database of SQLite.
    pub(crate) fn stands_in(&mut self, dialect: Dialect) {
        self.exists = dialect == Dialect::Sqlite;
    }

    pub(crate) fn row(&mut self, row: &dyn Row) {
        let text = |column| row.text(column).map(std::borrow::Cow::into_owned);
        let flag = text(2).is_some_and(|flag| matches!(&*flag, "1" | "t" | "true"));
        self.rows.push(OldRow {
            version: text(0),
            checksum: text(1),
            flag,
            kind: text(3).unwrap_or_default(),
            script: text(4).unwrap_or_default(),
        });
    }

    /// Tells whether the table is there, and what it says has not been taken back since.
    pub(crate) fn holds(&self) -> bool {
        self.exists && !self.is_past
    }

    /// Tells whether the table has what is asked for.
    pub(crate) fn is_readable(&self, history: History) -> bool {
        self.exists && self.unlike(history).is_none()
    }

    /// Returns a column that makes it another tool's table: one that it lacks, or should not have.
    fn unlike(&self, history: History) -> Option<HistoryFault> {
        for column in history.columns() {
            if !self.columns.iter().any(|own| own == column) {
                return Some(HistoryFault::Lacks((*column).to_owned()));
            }
        }
        let is_foreign = |column: &String| column == "dirty";
        let others = matches!(history, History::Dbmate | History::Rails);
        let foreign = self.columns.iter().find(|column| others && is_foreign(column))?;
        Some(HistoryFault::Has(foreign.clone()))
    }
}
