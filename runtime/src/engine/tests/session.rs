//! The model as a PostgreSQL session: what is executed together is one message, all of it or nothing; a transaction that
//! has failed stays so until it is rolled back; the lock's row is fenced.

use std::collections::BTreeMap;

use super::model::{Hit, How, Model, ModelRow};
use crate::engine::{Action, Engine, Event, Failure};
use crate::sql::{Sql, Value};

/// What only PostgreSQL has.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    /// How many sessions there were: each gets a token of its own.
    runs: usize,
    /// Whether the lock's table is there, and who has its row.
    lock_table: bool,
    pub(super) token: String,
    pub(super) advisory: bool,
    /// Whether the open transaction has failed.
    pub(super) aborted: bool,
    /// Whether the lock could not be given back: it ends with the session.
    pub(super) unlock_refused: bool,
    /// Whether another has taken the row away.
    pub(super) robbed: bool,
    /// Whether what follows the taking of the lock is on another session.
    pub(super) moved: bool,
    /// Whether the connection is gone.
    pub(super) gone: bool,
    /// The codes that the next statements which make the lock's table fail with.
    pub(super) met: Vec<&'static str>,
    /// The statements that were prepared, by name, and how often one was executed.
    pub(super) prepared: BTreeMap<String, String>,
    pub(super) executed: usize,
    /// Whether another run has made the table by then.
    pub(super) made: bool,
}

impl Model {
    pub(super) fn on_postgres() -> Self {
        Self { postgres: Some(Session::default()), ..Self::default() }
    }

    fn session(&mut self) -> &mut Session {
        self.postgres.as_mut().expect("the model is PostgreSQL")
    }

    /// Applies what SQLite does not have; tells whether it was such.
    pub(super) fn apply_to_session(&mut self, sql: &Sql<'_>) -> bool {
        let text: &str = &sql.text;
        if let Some((name, own)) =
            text.strip_prefix("PREPARE ").and_then(|rest| rest.split_once(" AS "))
        {
            let before = self.session().prepared.insert(name.to_owned(), own.to_owned());
            assert!(before.is_none(), "`{name}` is prepared already");
        } else if text == "DEALLOCATE ALL" {
            self.session().prepared.clear();
        } else if let Some(name) = text.strip_prefix("DEALLOCATE ") {
            self.session().prepared.remove(name);
        } else if text.starts_with("CREATE TABLE") && text.contains("revchain_lock") {
            self.session().lock_table = true;
        } else if text.starts_with("UPDATE") && text.contains("revchain_lock") {
            self.session().token.clear();
        } else if text.contains("pg_advisory_unlock") {
            self.session().advisory = false;
        } else if text.starts_with("SET LOCAL") {
            assert!(self.open.is_some(), "it does nothing outside a transaction");
        } else if text.contains("SET statement_begun") {
            let (begun, id) = match &sql.values[..] {
                [Value::Integer(number), _, Value::Text(id)] => (number.to_string(), id),
                [Value::Null, _, Value::Text(id)] => (String::new(), id),
                other => unreachable!("{other:?}"),
            };
            let row = self.rows().get_mut(&**id).expect("the row is there");
            row.insert("statement_begun", begun);
        } else if let Some(own) = text.strip_prefix("/* revchain ") {
            assert!(self.open.is_none(), "it cannot run in a transaction");
            let (_, own) = own.split_once("*/ ").expect("the mark ends");
            *self.state().effects.entry(own.to_owned()).or_default() += 1;
        } else {
            return text.starts_with("WITH mine")
                || text.starts_with("INSERT INTO \"public\".\"revchain_lock\"");
        }
        true
    }

    fn refused(&self, statement: usize, busy: bool, code: Option<&str>) -> Option<Event> {
        Some(Event::Failed(Failure {
            statement,
            offset: None,
            busy,
            // Without a code it is the connection that fails.
            code: (!self.postgres.iter().any(|session| session.gone))
                .then(|| code.unwrap_or("XX000").to_owned()),
            in_transaction: self.open.is_some(),
            source: "refused by the model".into(),
        }))
    }

    /// Sends a message; a process that dies has sent all of it, or nothing.
    fn send(&mut self, statements: &[Sql<'_>], hit: Option<Hit>) -> Option<Event> {
        if matches!(hit, Some(Hit { how: How::Dies, statement: 0, .. })) {
            return None;
        }
        let before = self.open.is_none().then(|| self.committed.clone());
        let lone = statements.iter().any(|sql| sql.text.starts_with("/* revchain"));
        assert!(!lone || statements.len() == 1, "a lone statement travels alone: {statements:?}");
        for (index, sql) in statements.iter().enumerate() {
            let Some(sql) = &self.meant(sql) else {
                self.session().aborted = self.open.is_some();
                return self.refused(index, false, Some("26000"));
            };
            let fence = sql.text.starts_with("WITH mine");
            let (robbed, moved) = (self.session().robbed, self.session().moved);
            let fenced_off = fence && (robbed || moved && sql.text.contains("sqrt"));
            let how = hit.filter(|hit| hit.statement == index).map(|hit| hit.how);
            let refused = match how {
                Some(How::Fails | How::Busy) if sql.text == "ROLLBACK" => false,
                Some(How::Fails | How::Busy) => true,
                _ => fenced_off || sql.text == self.refuses,
            };
            if sql.text.starts_with("CREATE TABLE")
                && sql.text.contains("revchain_lock")
                && let Some(code) = self.session().met.pop()
            {
                self.session().lock_table |= self.session().made;
                return self.refused(index, false, Some(code));
            }
            if self.session().aborted && sql.text != "ROLLBACK" {
                return self.refused(index, false, Some("25P02"));
            }
            if refused {
                match (self.open.is_some(), before) {
                    (true, _) => self.session().aborted = true,
                    (false, Some(before)) => self.committed = before,
                    (false, None) => {}
                }
                let gives_back =
                    sql.text.contains("SET token = ''") || sql.text.contains("advisory_unlock");
                self.session().unlock_refused |= gives_back;
                let code = fenced_off.then_some(if robbed { "22012" } else { "2201F" });
                return self.refused(index, how == Some(How::Busy), code);
            }
            self.apply(sql);
            if sql.text == "ROLLBACK" {
                self.session().aborted = false;
            }
        }
        match hit.map(|hit| hit.how) {
            Some(How::Dies | How::DiesAfter) => None,
            Some(How::Cut) => self.cut(statements.len()),
            _ => Some(Event::Done { in_transaction: self.open.is_some() }),
        }
    }

    /// Returns the statement that is executed by name, if that is what it is; nothing if nobody knows the name.
    fn meant<'s>(&mut self, sql: &Sql<'s>) -> Option<Sql<'s>> {
        let known = |name| self.postgres.iter().any(|session| session.prepared.contains_key(name));
        match sql.text.strip_prefix("DEALLOCATE ") {
            Some("ALL") | None => {}
            Some(name) => return known(name).then(|| sql.clone()),
        }
        let Some(call) = sql.text.strip_prefix("EXECUTE ") else { return Some(sql.clone()) };
        let name = call.split('(').next().unwrap_or_default();
        let text = self.session().prepared.get(name)?.clone();
        self.session().executed += 1;
        Some(Sql::with(text, sql.values.clone()))
    }

    /// The connection ends when so many statements are done, and their answers were heard, but not the last word.
    fn cut(&mut self, heard: usize) -> Option<Event> {
        self.die();
        self.session().gone = true;
        self.refused(heard, false, None)
    }

    pub(super) fn perform_on_session(
        &mut self,
        engine: &mut Engine<'_>,
        action: Action<'_>,
        hit: Option<Hit>,
    ) -> Option<Event> {
        match action {
            Action::Execute(_) | Action::Query(_) if self.session().gone => {
                return self.refused(0, false, None);
            }
            Action::Execute(statements) => return self.send(&statements, hit),
            Action::Query(sql) => {
                match hit.map(|hit| hit.how) {
                    Some(How::Dies) => return None,
                    Some(How::DiesAfter) => {
                        self.ask(engine, &sql);
                        return None;
                    }
                    Some(How::Cut) => {
                        self.ask(engine, &sql);
                        return self.cut(1);
                    }
                    Some(how) => return self.refused(0, how == How::Busy, None),
                    None => {}
                }
                if self.session().aborted {
                    return self.refused(0, false, Some("25P02"));
                }
                self.ask(engine, &sql);
            }
            Action::Tell(progress) => self.told.push(progress),
            Action::Own | Action::Wait(_) | Action::LockFile | Action::UnlockFile => {}
            Action::Call(_) => unreachable!("no revision of the model is a function there"),
            Action::Backup { .. } | Action::Restore { .. } | Action::Discard => {
                unreachable!("a run does not copy a PostgreSQL database")
            }
            Action::Finish => return None,
        }
        Some(Event::Done { in_transaction: self.open.is_some() })
    }

    fn ask(&mut self, engine: &mut Engine<'_>, sql: &Sql<'_>) {
        let text: &str = &sql.text;
        let number = |yes: bool| Some(i64::from(yes).to_string());
        if self.tells_of_alembic(engine, text) {
            return;
        }
        if text.starts_with("SELECT (pg_catalog.now()") {
            self.session().runs += 1;
            let ledger = self.state().ledger.is_some();
            let open = self.open.is_some();
            let session = self.session();
            let token = format!("{:032x}", session.runs);
            let row = [
                number(open),
                number(session.advisory),
                Some("public".to_owned()),
                number(ledger),
                number(session.lock_table),
                Some(token),
            ];
            engine.row(&ModelRow(row.into()));
        } else if text.contains("pg_try_advisory_lock") {
            self.session().advisory = true;
            engine.row(&ModelRow(vec![number(true)]));
        } else if text.starts_with("UPDATE") {
            assert!(self.session().lock_table);
            let token = text.split('\'').nth(1).unwrap_or_default().to_owned();
            self.session().token = token;
            engine.row(&ModelRow(vec![number(true)]));
        } else if text.starts_with("SELECT statement_begun") {
            let Some(Value::Text(id)) = sql.values.get(1) else { unreachable!("{sql:?}") };
            let row = self.rows().get(&**id).and_then(|row| row.get("statement_begun").cloned());
            engine.row(&ModelRow(vec![row.filter(|begun| !begun.is_empty()), None]));
        } else if text.starts_with("SELECT revision") {
            let names =
                text["SELECT ".len()..].split(" FROM").next().unwrap_or_default().split(", ");
            let names: Vec<&str> = names.map(str::trim).collect();
            for row in self.rows().clone().into_values() {
                engine.row(&ModelRow(names.iter().map(|name| row.get(name).cloned()).collect()));
            }
        } else if text.starts_with("SELECT max(sequence)") && self.state().ledger.is_some() {
            let rows = self.rows().values();
            let last = rows.filter_map(|row| row["sequence"].parse::<i64>().ok()).max();
            engine.row(&ModelRow(vec![last.map(|last| last.to_string())]));
        }
    }
}
