//! A database that is only a model, and where a run on it is hit.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::engine::{Action, Engine, Event, Failure};
use crate::report::Progress;
use crate::sql::{Row, Sql, Value};

use super::session::Session;

/// What a database holds: the ledger's rows by column, and how often each statement took effect.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State0 {
    pub(super) ledger: Option<BTreeMap<String, BTreeMap<&'static str, String>>>,
    pub(super) effects: BTreeMap<String, usize>,
    pub(super) events: usize,
}

/// A model of a database with one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) committed: State0,
    pub(super) open: Option<State0>,
    /// What it held at the savepoint.
    pub(super) savepoint: Option<State0>,
    pub(super) foreign_keys_off: bool,
    pub(super) locked: bool,
    pub(super) wal: bool,
    /// Whether other connections are held out by the locking mode.
    pub(super) held: bool,
    /// Counts what other connections committed.
    pub(super) version: i64,
    /// The names of the databases that are attached.
    pub(super) attached: Vec<&'static str>,
    /// The copies on the disk.
    pub(super) files: BTreeMap<PathBuf, State0>,
    /// The file of the copy that the run has open.
    pub(super) copy: Option<PathBuf>,
    /// A statement that always fails.
    pub(super) refuses: &'static str,
    /// What only PostgreSQL has.
    pub(super) postgres: Option<Session>,
    /// The revision that another tool's table names.
    pub(super) old_head: Option<&'static str>,
    /// What was told.
    pub(super) told: Vec<Progress>,
}

/// Where a run is hit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) action: usize,
    pub(super) statement: usize,
    pub(super) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum How {
    /// The statement fails.
    Fails,
    /// It is busy, this once.
    Busy,
    /// PostgreSQL: the connection ends after all of the message.
    Cut,
    /// The process dies before it.
    Dies,
    /// The process dies after it, before the engine hears of it.
    DiesAfter,
    /// Another connection writes before it, where the database lets it.
    Written,
}

const COLUMNS: [&str; 16] = [
    "set_name",
    "revision",
    "state",
    "sequence",
    "upgrade_checksum",
    "downgrade_checksum",
    "statements_done",
    "parents",
    "dependencies",
    "message",
    "duration_ms",
    "application",
    "revchain",
    "statements",
    "downgrade",
    "applied_at",
];

impl Model {
    pub(super) fn state(&mut self) -> &mut State0 {
        self.open.as_mut().unwrap_or(&mut self.committed)
    }

    pub(super) fn apply(&mut self, sql: &Sql<'_>) {
        let value = |index: usize| match &sql.values[index] {
            Value::Text(text) => text.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Null => String::new(),
        };
        let text: &str = &sql.text;
        if self.postgres.is_some() && self.apply_to_session(sql) {
            return;
        }
        match text.split_ascii_whitespace().next().unwrap_or_default() {
            "BEGIN" => self.open = Some(self.committed.clone()),
            "COMMIT" => self.committed = self.open.take().expect("a commit ends a transaction"),
            "SAVEPOINT" => self.savepoint.clone_from(&self.open),
            "RELEASE" => self.savepoint = None,
            "ROLLBACK" if text.contains(" TO ") => self.open.clone_from(&self.savepoint),
            "ROLLBACK" => self.open = None,
            "PRAGMA" => {
                if text.contains("locking_mode") {
                    assert!(!self.wal, "other connections cannot be held out");
                    self.held = text.ends_with("EXCLUSIVE");
                } else if text.contains("foreign_keys") {
                    assert!(self.open.is_none(), "the pragma does nothing in a transaction");
                    self.foreign_keys_off = text.contains("OFF") || text.ends_with("= 0");
                }
            }
            "SELECT" => {}
            "CREATE" => {
                self.state().ledger.get_or_insert_default();
            }
            "INSERT" if text.contains("events") => self.state().events += 1,
            "INSERT" => {
                // PostgreSQL may tell by itself how long it took.
                let timed = sql.values.len() == 15;
                let columns = COLUMNS[..15].iter().filter(|name| timed || **name != "duration_ms");
                let mut row: BTreeMap<_, _> =
                    columns.enumerate().map(|(i, name)| (*name, value(i))).collect();
                row.entry("duration_ms").or_default();
                self.rows().insert(value(1), row);
            }
            "DELETE" => {
                self.rows().remove(&value(1));
            }
            "UPDATE" if text.contains("SET state =") => {
                let (state, statements) = (value(0), value(1));
                let row = self.rows().get_mut(&value(3)).expect("the row is there");
                row.extend([
                    ("state", state),
                    ("statements", statements),
                    ("statements_done", "0".to_owned()),
                ]);
            }
            "UPDATE" => {
                let done = value(0);
                self.rows()
                    .get_mut(&value(2))
                    .expect("the row is there")
                    .insert("statements_done", done);
            }
            own => *self.state().effects.entry(own.to_owned()).or_default() += 1,
        }
    }

    /// Answers what is asked of the table of Alembic.
    pub(super) fn tells_of_alembic(&self, engine: &mut Engine<'_>, text: &str) -> bool {
        let is_catalog = text.contains("pragma_table_info") || text.contains("pg_attribute");
        if !is_catalog && !text.contains("alembic_version") {
            return false;
        }
        if let Some(head) = self.old_head {
            let row = if is_catalog { "version_num" } else { head };
            engine.row(&ModelRow(vec![Some(row.to_owned())]));
        }
        true
    }

    pub(super) fn rows(&mut self) -> &mut BTreeMap<String, BTreeMap<&'static str, String>> {
        self.state().ledger.as_mut().expect("the ledger was made")
    }

    /// Performs one action; `hit` is a statement of it. Nothing when the process died.
    pub(super) fn perform(
        &mut self,
        engine: &mut Engine<'_>,
        action: Action<'_>,
        hit: Option<Hit>,
    ) -> Option<Event> {
        let failed = |model: &Self, statement: usize, busy: bool| {
            let in_transaction = model.open.is_some();
            let source = "refused by the model".into();
            Some(Event::Failed(Failure {
                statement,
                offset: None,
                busy,
                code: None,
                in_transaction,
                source,
            }))
        };
        let hit = match hit {
            Some(Hit { how: How::Written, .. }) => {
                if self.open.is_none() && !self.held {
                    *self.committed.effects.entry("other".to_owned()).or_default() += 1;
                    self.version += 1;
                }
                None
            }
            hit => hit,
        };
        if self.postgres.is_some() {
            return self.perform_on_session(engine, action, hit);
        }
        match action {
            Action::Execute(statements) => {
                for (index, sql) in statements.iter().enumerate() {
                    let how = hit.filter(|hit| hit.statement == index).map(|hit| hit.how);
                    match how {
                        Some(How::Fails | How::Busy) if is_never_refused(&sql.text) => {
                            self.apply(sql);
                        }
                        Some(How::Dies) => return None,
                        Some(How::Fails) => return failed(self, index, false),
                        Some(How::Busy) => return failed(self, index, true),
                        Some(How::DiesAfter) => {
                            self.apply(sql);
                            return None;
                        }
                        Some(How::Cut | How::Written) => unreachable!("it was written above"),
                        None if sql.text == self.refuses => return failed(self, index, false),
                        None => self.apply(sql),
                    }
                }
            }
            Action::Query(sql) => match hit.map(|hit| hit.how) {
                Some(How::Dies | How::DiesAfter) => return None,
                Some(how) => return failed(self, 0, how == How::Busy),
                None if sql.text.starts_with("SELECT revision") => {
                    if self.state().ledger.is_none() {
                        let source = "no such table: revchain_revisions".into();
                        let in_transaction = self.open.is_some();
                        let failure = Failure {
                            statement: 0,
                            offset: None,
                            busy: false,
                            code: None,
                            in_transaction,
                            source,
                        };
                        return Some(Event::Failed(failure));
                    }
                    let names: Vec<&str> = sql.text["SELECT ".len()..]
                        .split(" FROM")
                        .next()
                        .unwrap_or_default()
                        .split(", ")
                        .map(str::trim)
                        .collect();
                    for row in self.rows().clone().into_values() {
                        engine.row(&ModelRow(
                            names.iter().map(|name| row.get(name).cloned()).collect(),
                        ));
                    }
                }
                None if sql.text.starts_with("SELECT (SELECT * FROM pragma_journal_mode") => {
                    let journal = if self.wal { "wal" } else { "delete" };
                    engine.row(&ModelRow([journal, "normal"].map(|m| Some(m.to_owned())).into()));
                }
                None if self.tells_of_alembic(engine, &sql.text) => {}
                None if sql.text == "PRAGMA database_list" => {
                    for (number, name) in ["main", "temp"].iter().chain(&self.attached).enumerate()
                    {
                        let file = format!("/srv/{name}.db");
                        let row = [number.to_string(), (*name).to_owned(), file];
                        engine.row(&ModelRow(row.map(Some).into()));
                    }
                }
                None if sql.text.starts_with("SELECT (SELECT * FROM pragma_") => {
                    let on = if self.foreign_keys_off { "0" } else { "1" };
                    engine.row(&ModelRow(vec![Some(on.to_owned()), Some("0".to_owned())]));
                }
                None if sql.text == "PRAGMA foreign_keys" => {
                    let on = if self.foreign_keys_off { "0" } else { "1" };
                    engine.row(&ModelRow(vec![Some(on.to_owned())]));
                }
                None if sql.text.starts_with("SELECT max(sequence)") => {
                    let rows = self.rows().values();
                    let last = rows.filter_map(|row| row["sequence"].parse::<i64>().ok()).max();
                    engine.row(&ModelRow(vec![last.map(|last| last.to_string())]));
                }
                None if sql.text == "PRAGMA data_version" => {
                    engine.row(&ModelRow(vec![Some(self.version.to_string())]));
                }
                None => {}
            },
            Action::Call(_) => match hit.map(|hit| hit.how) {
                Some(How::Dies) => return None,
                Some(how) => {
                    *self.state().effects.entry("function".to_owned()).or_default() += 1;
                    if how == How::DiesAfter {
                        return None;
                    }
                    return failed(self, 0, how == How::Busy);
                }
                None => *self.state().effects.entry("function".to_owned()).or_default() += 1,
            },
            Action::Own => {}
            Action::LockFile => self.locked = true,
            Action::UnlockFile => self.locked = false,
            Action::Backup { .. } | Action::Restore { .. } | Action::Discard => {
                match hit.map(|hit| hit.how) {
                    Some(How::Dies) => return None,
                    Some(How::Fails) => return failed(self, 0, false),
                    Some(How::Busy) => return failed(self, 0, true),
                    how => {
                        if !self.copying(action) {
                            return Some(Event::Exists);
                        }
                        if how.is_some() {
                            return None;
                        }
                    }
                }
            }
            Action::Tell(progress) => self.told.push(progress),
            Action::Wait(_) => {}
            Action::Finish => return None,
        }
        Some(Event::Done { in_transaction: self.open.is_some() })
    }

    /// Tells whether the action could be done: no file is overwritten.
    fn copying(&mut self, action: Action<'_>) -> bool {
        match action {
            Action::Backup { path, .. } => {
                let path = path.expect("the database is a file");
                assert!(self.open.as_ref().is_none_or(|open| *open == self.committed));
                if self.files.contains_key(&path) {
                    return false;
                }
                self.files.insert(path.clone(), self.committed.clone());
                self.copy = Some(path);
            }
            Action::Restore { .. } => {
                assert!(self.open.is_none(), "SQLite refuses inside a transaction");
                assert!(self.locked, "other runs are kept out");
                let path = self.copy.as_ref().expect("a copy was taken");
                self.committed = self.files[path].clone();
            }
            _ => {
                let path = self.copy.take().expect("a copy was taken");
                self.files.remove(&path).expect("its file is there");
            }
        }
        true
    }

    /// What is left when the process is gone.
    pub(super) fn die(&mut self) {
        if let Some(session) = &mut self.postgres {
            session.prepared.clear();
            (session.advisory, session.aborted) = (false, false);
        }
        self.open = None;
        self.locked = false;
        self.held = false;
        self.copy = None;
        self.foreign_keys_off = false;
    }
}

/// SQLite refuses no rollback of a transaction that is open, and no change of the locking mode, which needs no lock.
fn is_never_refused(text: &str) -> bool {
    text == "ROLLBACK" || text.contains("locking_mode")
}

pub(super) struct ModelRow(pub(super) Vec<Option<String>>);

impl Row for ModelRow {
    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        self.0.get(column)?.as_deref().map(Cow::Borrowed).or(Some(Cow::Borrowed("")))
    }

    fn integer(&self, column: usize) -> Option<i64> {
        self.0.get(column)?.as_deref()?.parse().ok()
    }
}
