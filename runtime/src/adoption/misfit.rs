//! Why a history cannot be adopted, and what helps.

use super::History;
use crate::error::Named;

/// A history that cannot be adopted; nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryMisfit {
    /// Whose it is.
    pub history: History,
    /// Its table.
    pub table: String,
    /// What was found.
    pub faults: Vec<HistoryFault>,
}

/// What is wrong with a history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistoryFault {
    /// There is no such table.
    NoTable,
    /// The table is another tool's: it lacks a column.
    Lacks(String),
    /// The table is another tool's: it has a column.
    Has(String),
    /// The ledger has had revisions of the set, and has none now: what the table says holds no more.
    TakenBack,
    /// No revision of the set was one of the tool's migrations.
    NotImported,
    /// A migration failed.
    Failed(String),
    /// A migration began, and did not end.
    Dirty(String),
    /// No revision was made of a migration that is applied.
    Unknown(String),
    /// A migration that is applied was another text.
    Edited {
        /// What the tool calls it.
        version: String,
        /// The revision.
        revision: Named,
    },
    /// A migration is not applied, and a later one is.
    Gap {
        /// The one that is not.
        missing: Named,
        /// The one that is.
        above: Named,
    },
    /// A migration is listed twice, or, of Alembic's heads, one that another has below it.
    Repeated(String),
    /// The tool began in the middle: what stood there before, it has not run.
    Baseline(String),
    /// A row has no version.
    NoVersion,
    /// Two revisions say that they were the same migration.
    Ambiguous {
        /// What the tool calls it.
        version: String,
        /// The second of them.
        revision: Named,
    },
    /// `user_version` counts more migrations than there are revisions, or is no number of any.
    Above {
        /// The number.
        version: String,
        /// How many revisions there are.
        total: usize,
    },
    /// `user_version` counts, and the revisions are no line.
    NoLine(Named),
}

impl HistoryMisfit {
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::with_capacity(self.faults.len());
        for fault in &self.faults {
            notes.push(fault.found());
        }
        notes
    }

    /// Returns what helps, a line for each kind of fault.
    pub(crate) fn helps(&self) -> String {
        let mut helps: Vec<String> = Vec::new();
        for fault in &self.faults {
            let help = fault.help(self.history);
            if !helps.contains(&help) {
                helps.push(help);
            }
        }
        helps.join("\n")
    }
}

impl HistoryFault {
    fn found(&self) -> String {
        match self {
            Self::NoTable => "it is not there, in the schema of the ledger".to_owned(),
            Self::Lacks(column) => format!("it has no column `{column}`"),
            Self::Has(column) => format!("it has a column `{column}`"),
            Self::TakenBack => {
                "the ledger has had revisions, which were taken back: what the table says is over"
                    .to_owned()
            }
            Self::NotImported => "no revision of the set has such an `origin`".to_owned(),
            Self::Failed(version) => format!("migration {version} failed"),
            Self::Dirty(version) => {
                format!("migration {version} began and did not end: it is dirty")
            }
            Self::Unknown(version) => format!("no revision was made of migration {version}"),
            Self::Edited { version, revision } => format!(
                "migration {version} was applied with another text than `{}` was made of ({})",
                revision.revision, revision.path
            ),
            Self::Gap { missing, above } => format!(
                "`{}` {} is not applied, and `{}` {} above it is",
                missing.revision, missing.message, above.revision, above.message
            ),
            Self::Repeated(version) => format!("migration {version} is listed more than once"),
            Self::Baseline(version) => {
                format!("it begins at a baseline, {version}: what was there before was not run")
            }
            Self::NoVersion => "a row has no version".to_owned(),
            Self::Ambiguous { version, revision } => format!(
                "`{}` is not the only revision that was made of migration {version} ({})",
                revision.revision, revision.path
            ),
            Self::Above { version, total } => {
                format!("it says {version}, and the set has {total} revisions")
            }
            Self::NoLine(revision) => format!(
                "`{}` {} does not revise the one before it, so they cannot be counted",
                revision.revision, revision.message
            ),
        }
    }

    fn help(&self, history: History) -> String {
        let tool = history.tool();
        match self {
            Self::NoTable => format!(
                "look whether it is the right database, and the right schema: cargo migrate set --help\n\
                 where its table has another name or schema, show it here until it is adopted: \
                 CREATE VIEW {} AS SELECT * FROM THAT_TABLE",
                history.table()
            ),
            Self::Lacks(_) | Self::Has(_) => {
                "name the tool that wrote it: cargo migrate adopt-history --from TOOL".to_owned()
            }
            Self::NotImported => format!("import its files: cargo migrate import --from {tool} PATH"),
            Self::Failed(_) | Self::Dirty(_) => {
                format!("finish it, or undo it, with {tool}, and adopt then")
            }
            Self::Unknown(_) => format!(
                "import all files that {tool} has run; where one is gone for good, say where the database is: \
                 cargo migrate stamp REVISION"
            ),
            Self::Edited { .. } => format!(
                "restore the text that was applied, in the files of {tool}, and import them again"
            ),
            Self::Gap { .. } => format!("apply what is missing with {tool}, and adopt then"),
            Self::Repeated(_) | Self::NoVersion => format!("mend the rows that {tool} has written"),
            Self::TakenBack => {
                "run all: cargo migrate upgrade; or say where the database is: cargo migrate stamp REVISION".to_owned()
            }
            Self::Baseline(_) | Self::NoLine(_) => {
                "say where the database is: cargo migrate stamp REVISION".to_owned()
            }
            Self::Ambiguous { .. } => "leave one `origin` of the two".to_owned(),
            Self::Above { .. } => {
                "import all that it counts, or say where the database is: cargo migrate stamp REVISION".to_owned()
            }
        }
    }
}
