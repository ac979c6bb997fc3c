//! A copy of a SQLite database before a run, and putting it back: so an `amend` that no one transaction can hold leaves
//! the database as it was when it fails.
//!
//! The copy is taken inside a read transaction in which the ledger is read as well, so both show the same moment. It is
//! put back under the run's file lock, and only while nobody else has written since: `data_version` tells (SQLite,
//! "PRAGMA data_version": commits of the connection itself do not change it).

use std::path::PathBuf;

use revchain_core::Dialect;
use revchain_core::text::joined;

use super::program::{Operation, Program, Read};
use super::{Action, Engine, Failure, Goal, execute, pragmas};
use crate::error::{ErrorKind, Restored};
use crate::plan::Request;
use crate::report::Progress;
use crate::sql::{Row, Sql};

/// What the run knows of the database as a file, and of its copy.
#[derive(Debug, Default)]
pub(super) struct Backup {
    /// The databases of the connection but `temp`, each with its file; none for a database in memory.
    databases: Vec<(String, String)>,
    journal_mode: String,
    locking_mode: String,
    /// How many names beside the database were found in use.
    in_use: usize,
    copy: Option<Copy>,
    /// Whether something may have been committed since.
    changed: bool,
    /// Why the driver cannot put a copy back, where it cannot.
    unable: Option<&'static str>,
    /// What became of the database when the run failed.
    pub(super) restored: Option<Restored>,
}

/// A copy that was taken.
#[derive(Debug)]
struct Copy {
    /// Its file, or nothing in memory.
    path: Option<PathBuf>,
    /// `PRAGMA data_version` when it was taken.
    version: Option<i64>,
    /// Whether a run that fails puts it back.
    restores: bool,
}

/// An operation on the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PutBack {
    /// Let no other connection write from the next begin on.
    Hold,
    Begin,
    /// Ask whether others have written.
    Look,
    Compare,
    End,
    Restore,
    /// Ask once more.
    LookAgain,
    CompareAgain,
    /// Let other connections write.
    Release,
}

impl Backup {
    /// Forgets what was asked of the connection.
    pub(super) fn begin(&mut self) {
        self.databases.clear();
    }

    /// Takes a row of `PRAGMA database_list`.
    pub(super) fn database(&mut self, row: &dyn Row) {
        let text = |column| row.text(column).unwrap_or_default().into_owned();
        let (name, file) = (text(1), text(2));
        if name != "temp" {
            self.databases.push((name, file));
        }
    }

    /// Takes the modes of the connection.
    pub(super) fn modes(&mut self, row: &dyn Row) {
        let text = |column| row.text(column).unwrap_or_default().into_owned();
        (self.journal_mode, self.locking_mode) = (text(0), text(1));
    }

    /// Is told that something was committed, or may have been.
    pub(super) fn committed(&mut self) {
        self.changed = true;
    }

    /// Is told that the copy is gone: what was done until now stays done.
    pub(super) fn discarded(&mut self) {
        self.copy = None;
        self.changed = false;
    }

    fn file_of(&self, schema: &str) -> Option<&str> {
        let is_it = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(schema);
        let file = self.databases.iter().find(is_it).map(|(_, file)| file.as_str());
        file.filter(|file| !file.is_empty())
    }

    /// In WAL mode a connection is alone only when no other is open: there, nobody can be held out.
    fn holds(&self) -> bool {
        !self.journal_mode.eq_ignore_ascii_case("wal")
    }
}

/// Asks for the modes of the connection that are changed on the way back.
pub(super) fn modes() -> Sql<'static> {
    Sql::plain("SELECT (SELECT * FROM pragma_journal_mode), (SELECT * FROM pragma_locking_mode)")
}

impl<'s> Engine<'s> {
    /// Is told that the driver cannot put a copy back; none of the async ones can.
    #[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
    pub(crate) fn cannot_put_back(&mut self, reason: &'static str) {
        self.backup.unable = Some(reason);
    }

    /// Tells whether the run puts the database back when it fails: an `amend` that no one transaction holds.
    pub(super) fn puts_back(&self) -> bool {
        let amends = matches!(self.goal, Goal::Run(Request::Amend(_)));
        let steps = self.plan.steps.len();
        let per_revision = !self.shares_run() && steps > 1;
        amends && (per_revision || (0..steps).any(|step| self.runs_alone(step)))
    }

    /// Returns the operations that take the copies which the run wants.
    pub(super) fn copying(&self) -> Vec<Operation> {
        let wanted = self.options.backup.is_some();
        let mut operations = Vec::new();
        if self.backup.changed || !(wanted || self.puts_back()) {
            return operations;
        }
        if self.backup.copy.is_some() {
            // Others have changed what is to be done: that copy is too old.
            operations.push(Operation::DiscardCopy);
        }
        if self.backup.unable.is_some() {
            // Such a copy is the caller's alone: no version is compared with it.
            if self.dialect == Dialect::Sqlite {
                operations.push(Operation::Read(Read::Databases));
            }
            operations.push(Operation::Copy);
            return operations;
        }
        operations.extend_from_slice(&[
            Operation::Read(Read::Databases),
            Operation::Read(Read::Modes),
            Operation::BeginReading,
            Operation::Read(Read::Version),
            Operation::Copy,
            Operation::Rollback,
        ]);
        operations
    }

    /// Takes the copy; nothing where none is wanted after all.
    pub(super) fn copy(&self) -> Option<Action<'s>> {
        if self.options.backup.is_none() && self.beyond_reach().is_some() {
            return None;
        }
        Some(Action::Backup { schema: self.ledger.schema(), path: self.copy_path() })
    }

    /// Returns where the copy goes: where the caller wants it, else beside the database, else into memory.
    fn copy_path(&self) -> Option<PathBuf> {
        if let Some(path) = &self.options.backup {
            return Some(path.clone());
        }
        let file = self.backup.file_of(self.ledger.schema())?;
        let number = match self.backup.in_use {
            0 => String::new(),
            others => format!("-{}", others + 1),
        };
        Some(format!("{file}-revchain-copy{number}").into())
    }

    /// Removes the copy; nothing where there is none.
    pub(super) fn discard(&self) -> Option<Action<'s>> {
        self.backup.copy.as_ref().map(|_| Action::Discard)
    }

    /// Is told that the copy was taken.
    pub(super) fn copied(&mut self) {
        let (version, restores) = (self.version, self.puts_back());
        self.backup.copy = Some(Copy { path: self.copy_path(), version, restores });
        if let Some(path) = self.options.backup.clone() {
            self.prepend(&[Operation::Tell(Progress::BackedUp { path })]);
        }
    }

    /// A file has the copy's name: the caller's is never overwritten, and beside the database the next name is taken.
    pub(super) fn name_in_use(&mut self, operation: Operation) {
        match (&self.options.backup, self.copy_path()) {
            (None, Some(path)) => {
                self.backup.in_use += 1;
                self.prepend(&[Operation::Tell(Progress::LeftOver { path }), operation]);
            }
            (_, path) => self.stop(ErrorKind::BackupExists(path.unwrap_or_default())),
        }
    }

    pub(super) fn not_copied(&mut self, failure: Failure) {
        let path = self.copy_path();
        self.stop(ErrorKind::Backup { path, source: failure.source });
    }

    /// Returns the operations that put the database back, where the run has changed it and should have left it as it was.
    pub(super) fn putting_back(&mut self) -> Vec<Operation> {
        if self.backup.restored.is_some() {
            return Vec::new();
        }
        // What the caller asked for stays.
        let kept = self.options.backup.is_some();
        let discard = if kept { Vec::new() } else { vec![Operation::DiscardCopy] };
        let restores = self.backup.copy.as_ref().is_some_and(|copy| copy.restores);
        if !(self.backup.changed && (restores || self.puts_back())) {
            return discard;
        }
        if let Some(reason) = self.beyond_reach() {
            self.backup.restored = Some(self.not_restored(reason));
            return Vec::new();
        }
        let mut operations = vec![
            Operation::PutBack(PutBack::Hold),
            Operation::PutBack(PutBack::Begin),
            Operation::PutBack(PutBack::Look),
            Operation::PutBack(PutBack::Compare),
            Operation::PutBack(PutBack::End),
            Operation::PutBack(PutBack::Restore),
            Operation::PutBack(PutBack::LookAgain),
            Operation::PutBack(PutBack::CompareAgain),
            Operation::PutBack(PutBack::Release),
        ];
        operations.extend_from_slice(&discard);
        operations
    }

    /// Returns why a copy of the ledger's database is not all that the run may change.
    fn beyond_reach(&self) -> Option<String> {
        if let Some(reason) = self.backup.unable {
            return Some(reason.to_owned());
        }
        let mut others = Vec::new();
        for (name, _) in &self.backup.databases {
            if !name.eq_ignore_ascii_case(self.ledger.schema()) {
                others.push(name.clone());
            }
        }
        if !others.is_empty() {
            let others = joined(&others, "`, `");
            return Some(format!("the connection has other databases attached: `{others}`"));
        }
        for step in &self.plan.steps {
            for text in step.statements(self.set, self.dialect) {
                if let Some(does) = self.beyond_a_copy(text) {
                    return Some(format!("revision `{}` {does}", step.id(self.set)));
                }
            }
        }
        None
    }

    /// Returns what a statement does that a copy of the database cannot undo, or hides who else has written.
    fn beyond_a_copy(&self, statement: &str) -> Option<String> {
        let split = self.dialect.split(statement).ok()?;
        if split.tokens.first()?.is_word("attach") {
            return Some("attaches another database".to_owned());
        }
        // A change of either changes `data_version` as the writes of another connection do.
        let name = pragmas::name(statement)?;
        for other in ["journal_mode", "page_size"] {
            if name.eq_ignore_ascii_case(other) {
                return Some(format!("sets the `{other}` of the file"));
            }
        }
        None
    }

    /// Returns what the driver does on the way back, or nothing where the engine alone acts.
    pub(super) fn put_back(&mut self, step: PutBack) -> Option<Action<'s>> {
        let schema = self.ledger.quoted_schema();
        match step {
            PutBack::Hold => self
                .backup
                .holds()
                .then(|| execute(Sql::plain(format!("PRAGMA {schema}.locking_mode = EXCLUSIVE")))),
            PutBack::Begin => Some(execute(Sql::plain("BEGIN IMMEDIATE"))),
            PutBack::Look | PutBack::LookAgain => Some(Action::Query(self.ledger.version())),
            PutBack::Compare => {
                if self.written_by_others() {
                    self.leave("another connection has written to it since the copy was taken");
                }
                None
            }
            PutBack::End => Some(execute(Sql::plain("ROLLBACK"))),
            PutBack::Restore => Some(Action::Restore { schema: self.ledger.schema() }),
            PutBack::CompareAgain => {
                let over = self.written_by_others();
                self.backup.restored =
                    Some(if over { Restored::OverOthers } else { Restored::Yes });
                None
            }
            PutBack::Release if !self.backup.holds() => None,
            PutBack::Release => Some(Action::Execute(vec![
                Sql::plain(format!("PRAGMA {schema}.locking_mode = {}", self.backup.locking_mode)),
                // The file's lock goes with the next access (SQLite, "PRAGMA locking_mode").
                Sql::plain(format!("SELECT 1 FROM {schema}.sqlite_schema LIMIT 1")),
            ])),
        }
    }

    fn written_by_others(&self) -> bool {
        let then = self.backup.copy.as_ref().and_then(|copy| copy.version);
        then.is_none() || then != self.version_read
    }

    /// An operation on the way back failed: what is busy is tried again, after anything else the copy is kept.
    pub(super) fn put_back_failed(&mut self, step: PutBack, failure: Failure) {
        match step {
            _ if failure.busy && step != PutBack::Release => {
                self.wait_for(Operation::PutBack(step), Some(failure.source));
            }
            // The database is back, and nobody can say whether others wrote in that moment.
            PutBack::LookAgain => self.version_read = None,
            PutBack::Release => {}
            _ => self.leave(&failure.source.to_string()),
        }
    }

    /// Leaves the database where the run has brought it, and keeps the copy.
    pub(super) fn leave(&mut self, reason: &str) {
        self.backup.restored = Some(self.not_restored(reason.to_owned()));
        self.program = Program::default();
        self.prepend(&[
            Operation::Rollback,
            Operation::PutBack(PutBack::Release),
            Operation::UnlockFile,
        ]);
    }

    fn not_restored(&self, reason: String) -> Restored {
        Restored::No {
            reason,
            database: self.backup.file_of(self.ledger.schema()).map(PathBuf::from),
            copy: self.backup.copy.as_ref().and_then(|copy| copy.path.clone()),
        }
    }

    /// Asks for the databases of the connection.
    pub(super) fn databases(&mut self) -> Sql<'s> {
        self.backup.begin();
        Sql::plain("PRAGMA database_list")
    }
}
