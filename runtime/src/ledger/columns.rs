//! The types of the ledger's columns.

use revchain_core::Dialect;

/// The types of the ledger's columns.
pub(super) struct Columns {
    pub(super) key: &'static str,
    pub(super) text: &'static str,
    pub(super) number: &'static str,
    pub(super) identity: &'static str,
    /// A column for the statement that was begun, where one can take effect without its note.
    pub(super) begun: &'static str,
    pub(super) ending: &'static str,
    pub(super) events_ending: &'static str,
}

/// Whatever the server and the database have as their default: rows that commit together, and ids that are told apart by
/// every character.
pub(crate) const MYSQL_TABLE: &str =
    " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

const BEGUN: &str = "    statement_begun BIGINT,\n";

impl Columns {
    pub(super) const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite => Self {
                key: "TEXT",
                text: "TEXT",
                number: "INTEGER",
                identity: "INTEGER PRIMARY KEY",
                begun: "",
                ending: " WITHOUT ROWID",
                events_ending: "",
            },
            Dialect::Postgres => Self {
                key: "TEXT",
                text: "TEXT",
                number: "BIGINT",
                identity: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
                begun: BEGUN,
                ending: "",
                events_ending: "",
            },
            // A key has to have a length; two of these and their bytes stay below the limit of an index.
            Dialect::Mysql => Self {
                key: "VARCHAR(191)",
                text: "LONGTEXT",
                number: "BIGINT",
                identity: "BIGINT AUTO_INCREMENT PRIMARY KEY",
                begun: BEGUN,
                ending: MYSQL_TABLE,
                events_ending: MYSQL_TABLE,
            },
        }
    }
}
