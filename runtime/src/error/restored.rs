//! What became of the database, where a run failed that left more than it found or had to put it back.

use std::path::PathBuf;

/// Whether the database was put back when an [`amend`](crate::Migrations::amend) failed that no one transaction could
/// hold.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::collections::HashMap;
/// use revchain::{Restored, Target, Transactions};
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
/// // A column with an index cannot be dropped: the second revision cannot be taken back, the third can.
/// connection.execute_batch("CREATE INDEX books_by_rating ON books (rating)")?;
/// let second = vec!["c07f3d218e6b".to_owned()];
/// let amend = MIGRATIONS.amend(second, HashMap::new()).transactions(Transactions::PerRevision);
/// let error = amend.run(&mut connection).unwrap_err();
/// assert_eq!(error.restored(), Some(&Restored::Yes));
/// MIGRATIONS.verify().run(&mut connection)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Restored {
    /// It was: it is as it was before the run.
    Yes,
    /// It was, and another connection wrote in that moment: what it wrote may be gone.
    ///
    /// Only in WAL mode, where nobody can be held out before the restoring itself begins.
    OverOthers,
    /// It was not: the ledger says where it is.
    No {
        /// Why not.
        reason: String,
        /// The database's file, where it has one.
        database: Option<PathBuf>,
        /// The copy from before the run, where it is in a file: it is kept.
        copy: Option<PathBuf>,
    },
    /// There is no need: it was made for the run alone, and goes away.
    Scratch,
}

impl Restored {
    /// Tells whether nothing of the run is left.
    pub(crate) fn is_back(&self) -> bool {
        matches!(self, Self::Yes | Self::OverOthers | Self::Scratch)
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let back = "the database was put back: it is as it was before the run";
        match self {
            Self::Yes => vec![back.to_owned()],
            Self::OverOthers => vec![
                back.to_owned(),
                "another connection wrote in that moment: what it wrote may be gone".to_owned(),
            ],
            Self::No { reason, copy, .. } => {
                let mut notes = vec![format!("the database could not be put back: {reason}")];
                if let Some(copy) = copy {
                    let copy = copy.display();
                    notes.push(format!("a copy of it from before the run is kept: {copy}"));
                }
                notes
            }
            Self::Scratch => {
                vec![
                    "it ran in a scratch database, which goes away: no other was touched"
                        .to_owned(),
                ]
            }
        }
    }

    pub(super) fn helps(&self) -> Vec<String> {
        match self {
            Self::No { database: Some(database), copy: Some(copy), .. } => vec![format!(
                "go back to the copy, when nobody uses the database: sqlite3 \"{}\" \".restore '{}'\"",
                database.display(),
                copy.display()
            )],
            Self::Scratch => vec!["mend the revision, and run this again".to_owned()],
            _ => Vec::new(),
        }
    }
}
