//! A run as a script, for `--sql`: the plan for a database that is where the range begins, written down.
//!
//! All of it is `#[inline]`: compiled where a script is written, and not in each application.

mod guard;

use std::borrow::Cow;

use revchain_core::checksum::Direction;
use revchain_core::graph::Graph;
use revchain_core::set::Set;
use revchain_core::walk::{find, find_replaced};
use revchain_core::{Dialect, Target, Walk};

use crate::engine;
use crate::error::{Error, ErrorKind, Named};
use crate::ledger::{Contents, Deed, Entry, Ledger, State, Took};
use crate::options::{Options, Transactions};
use crate::plan::{Plan, Planner, Request, Step, StepSource};
use crate::sql::Sql;

/// What a script is written of.
pub(crate) struct Script<'s> {
    pub(crate) set: &'s Set,
    pub(crate) dialect: Dialect,
    pub(crate) application: Cow<'s, str>,
    pub(crate) options: Options<'s>,
    pub(crate) request: Request,
    /// Where the database is.
    pub(crate) from: Target,
}

impl<'s> Script<'s> {
    /// Writes the script.
    #[inline]
    pub(crate) fn write(self) -> Result<String, Error> {
        let plan = self.plan().map_err(|kind| Error::new(kind, Vec::new()))?;
        if let Some(step) = plan.steps.iter().find(|step| step.is_rust(self.set))
            && let Some(revision) = step.revision(self.set)
        {
            let named = Named::of(self.set, revision);
            return Err(Error::new(ErrorKind::NotSql(named), Vec::new()));
        }
        let mut ledger = Ledger::new(self.set, self.dialect, self.application.clone());
        ledger.tag.clone_from(&self.options.tag);
        let applied = self.applied().map_err(|kind| Error::new(kind, Vec::new()))?;
        let mut writer = Writer {
            set: self.set,
            dialect: self.dialect,
            transactions: self.options.transactions.unwrap_or_default(),
            ledger,
            text: String::new(),
            open: false,
            ledger_made: false,
        };
        writer.line(&format!(
            "-- revchain {}: set {}, for {}, from {}",
            env!("CARGO_PKG_VERSION"),
            self.set.settings.name,
            self.dialect,
            self.from
        ));
        let makes_ledger = matches!(self.request, Request::EnsureLedger);
        if plan.is_empty() && !makes_ledger {
            writer.line("-- nothing to do");
            return Ok(writer.text);
        }
        writer.line(how_to_run(self.dialect));
        let alone = |step: &Step| !step.options(self.set, self.dialect).transaction;
        if self.dialect == Dialect::Postgres && plan.steps.iter().any(alone) {
            // Outside a transaction nothing but the client can tell that a statement failed.
            writer.line("\\set ON_ERROR_STOP on");
        }
        if !makes_ledger {
            writer.guard(&applied, &plan);
        }
        if !writer.ledger_made {
            writer.make_ledger();
        }
        for (number, step) in plan.steps.iter().enumerate() {
            if number > 0 {
                writer.guard_between(&plan.steps[number - 1]);
            }
            writer.step(step);
        }
        writer.commit();
        if !makes_ledger {
            writer.unguard();
        }
        Ok(writer.text)
    }

    #[inline]
    fn plan(&self) -> Result<Plan, ErrorKind> {
        let contents = Contents::assumed(self.set, &self.applied()?);
        let planner = Planner {
            set: self.set,
            dialect: self.dialect,
            contents: &contents,
            rows: &[],
            ahead_allowed: false,
            functions: &[],
            adopt: None,
        };
        planner.plan(&self.request)
    }

    /// Returns what is applied on a database that is where the range begins; of what is replaced only where it begins there.
    #[inline]
    fn applied(&self) -> Result<Vec<bool>, ErrorKind> {
        let walk = Walk::new(self.set, vec![false; self.set.revisions.len()]);
        if let Target::Revision(name) = &self.from
            && find(self.set, name).is_err()
            && let Some(id) = find_replaced(self.set, name)?
            && let Some(place) = self.set.place(&id)
        {
            return Ok(Graph::of_all(self.set).ancestors(&[place]));
        }
        Ok(walk.graph().ancestors(&walk.named(&self.from)?))
    }
}

#[inline]
fn how_to_run(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "-- run it with: sqlite3 -bail FILE < script.sql",
        Dialect::Postgres => "-- run it with: psql -X -v ON_ERROR_STOP=1 -f script.sql",
        Dialect::Mysql => "-- run it with: mysql DATABASE < script.sql",
    }
}

struct Writer<'s> {
    set: &'s Set,
    dialect: Dialect,
    transactions: Transactions,
    ledger: Ledger<'s>,
    text: String,
    /// Whether a transaction is open.
    open: bool,
    /// Whether the guard made the ledger already.
    ledger_made: bool,
}

impl<'s> Writer<'s> {
    #[inline]
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    #[inline]
    fn statement(&mut self, sql: &Sql<'_>) {
        let text = sql.written_out(self.dialect);
        self.line(&format!("{text};"));
    }

    #[inline]
    fn begin(&mut self) {
        if !std::mem::replace(&mut self.open, true) {
            self.line(match self.dialect {
                Dialect::Sqlite => "BEGIN IMMEDIATE;",
                Dialect::Postgres | Dialect::Mysql => "BEGIN;",
            });
        }
    }

    #[inline]
    fn commit(&mut self) {
        if std::mem::take(&mut self.open) {
            self.line("COMMIT;");
        }
    }

    #[inline]
    fn make_ledger(&mut self) {
        self.begin();
        for sql in self.ledger.create() {
            self.statement(&sql);
        }
        if self.dialect != Dialect::Sqlite {
            self.commit();
        }
    }

    #[inline]
    fn step(&mut self, step: &Step) {
        let (id, message) = (step.id(self.set).to_owned(), step.message(self.set).to_owned());
        let verb = match (step.direction, step.stamp) {
            (Direction::Upgrade, true) if step.replacing => "record",
            (Direction::Downgrade, true) if step.replacing => "take the record away of",
            (direction, false) => direction.name(),
            (Direction::Upgrade, true) => "stamp",
            (Direction::Downgrade, true) => "unstamp",
        };
        let options = step.options(self.set, self.dialect);
        let journaled = step.is_journaled(self.set, self.dialect);
        if journaled || !options.foreign_keys {
            self.commit();
        }
        self.text.push('\n');
        self.line(&format!("-- {verb} {id}: {message}"));
        let statements: Vec<String> =
            step.statements(self.set, self.dialect).into_iter().map(str::to_owned).collect();
        if journaled {
            self.note_begun(step);
            for (index, statement) in statements.iter().enumerate() {
                // A script that ends between a statement that commits by itself and its note leaves that it was begun.
                let alone = self.commits_by_itself(statement);
                if alone {
                    self.statement(&self.ledger.begun(&id, Some(index)));
                }
                self.line(&format!("{statement};"));
                self.statement(&self.ledger.journal(&id, index + 1));
                if alone {
                    self.statement(&self.ledger.begun(&id, None));
                }
            }
            self.reset_session(&statements);
            self.record(step);
            self.note_ended(step);
            return;
        }
        if !options.foreign_keys {
            self.line("PRAGMA foreign_keys = OFF;\nPRAGMA legacy_alter_table = ON;");
        }
        self.begin();
        for statement in &statements {
            self.line(&format!("{statement};"));
        }
        self.reset_session(&statements);
        self.record(step);
        self.note_ended(step);
        if !options.foreign_keys {
            self.commit();
            self.line("PRAGMA legacy_alter_table = OFF;\nPRAGMA foreign_keys = ON;");
        }
        if self.dialect != Dialect::Sqlite || self.transactions == Transactions::PerRevision {
            self.commit();
        }
    }

    /// MySQL: tells whether a statement commits before its note can, as DDL does.
    #[inline]
    fn commits_by_itself(&self, statement: &str) -> bool {
        let split = self.dialect.split(statement);
        self.dialect == Dialect::Mysql
            && split.is_ok_and(|split| self.dialect.commits_by_itself(&split.tokens))
    }

    /// PostgreSQL: puts the session's settings back behind statements that may have changed them, as a dump's
    /// `search_path`.
    #[inline]
    fn reset_session(&mut self, statements: &[String]) {
        let changes = |statement: &String| {
            let split = self.dialect.split(statement);
            split.is_ok_and(|split| self.dialect.may_change_session(&split.tokens))
        };
        if self.dialect == Dialect::Postgres && statements.iter().any(changes) {
            self.line("RESET ALL;");
        }
    }

    /// Writes that a step begins whose statements do not commit together.
    #[inline]
    fn note_begun(&mut self, step: &Step) {
        let statements = engine::written(&engine::hashes(step, self.set, self.dialect));
        let sql = match (step.direction, &step.source) {
            (Direction::Upgrade, StepSource::Set(place)) => {
                self.row(*place, State::Upgrading, statements)
            }
            _ => Some(self.ledger.mark(step.id(self.set), State::Downgrading, statements)),
        };
        if let Some(sql) = sql {
            self.statement(&sql);
        }
    }

    /// Writes the row of a step, or takes it away, and its event.
    #[inline]
    fn record(&mut self, step: &Step) {
        let id = step.id(self.set).to_owned();
        let deed = Deed::of(step);
        let StepSource::Set(place) = step.source else { return };
        let Some(part) = self.set.at(place).part(self.dialect) else { return };
        let checksum = part.checksum(step.direction).to_string();
        let row = match step.direction {
            Direction::Upgrade => self.row(place, State::Applied, String::new()),
            Direction::Downgrade => Some(self.ledger.erase(&id)),
        };
        if let Some(row) = row {
            self.statement(&row);
        }
        let event = self.ledger.event(&id, deed, Took::Unknown, checksum);
        self.statement(&event);
    }

    #[inline]
    fn row(&self, place: u32, state: State, statements: String) -> Option<Sql<'s>> {
        let set = self.set;
        let revision = set.at(place);
        let part = revision.part(self.dialect)?;
        let statements = Cow::Owned(statements);
        Some(self.ledger.record(&Entry {
            revision,
            part,
            state,
            sequence: None,
            duration: Took::Unknown,
            statements,
        }))
    }
}
