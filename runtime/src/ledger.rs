//! The ledger: the table of applied revisions, and the table of all that was done.

use std::borrow::Cow;
use std::time::Duration;

use revchain_core::checksum::Direction;
use revchain_core::script::Script;
use revchain_core::set::{Downgrade, Part, Revision, Set};
use revchain_core::text::joined;
use revchain_core::{Checksum, Dialect};

use crate::function;
use crate::plan::Step;
use crate::sql::{Row, Sql, Value};

/// Where the ledger of a set stands, and who writes it.
#[derive(Clone, Debug)]
pub(crate) struct Ledger<'s> {
    dialect: Dialect,
    set: &'s Set,
    /// The schema as it is written in a statement, where it is known.
    schema: Option<String>,
    /// The same as it is.
    schema_name: Option<String>,
    revisions: String,
    events: String,
    /// The application that writes, with its version.
    pub(crate) application: Cow<'s, str>,
    /// What the caller calls this run.
    pub(crate) tag: Option<Cow<'s, str>>,
}

/// The version of this crate, for the ledger.
const REVCHAIN: &str = env!("CARGO_PKG_VERSION");

/// How far a revision is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Applied.
    Applied,
    /// Begun and not finished: a run is at it, or died.
    Upgrading,
    /// Its downgrade has begun and not finished.
    Downgrading,
}

impl State {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Upgrading => "upgrading",
            Self::Downgrading => "downgrading",
        }
    }

    fn of(name: &str) -> Option<Self> {
        match name {
            "applied" => Some(Self::Applied),
            "upgrading" => Some(Self::Upgrading),
            "downgrading" => Some(Self::Downgrading),
            _ => None,
        }
    }

    /// Returns the state of a revision that was begun in a direction.
    pub(crate) const fn begun_by(direction: Direction) -> Self {
        match direction {
            Direction::Upgrade => Self::Upgrading,
            Direction::Downgrade => Self::Downgrading,
        }
    }

    /// Returns the direction that was begun, for a revision that is half done.
    pub(crate) const fn begun(self) -> Option<Direction> {
        match self {
            Self::Applied => None,
            Self::Upgrading => Some(Direction::Upgrade),
            Self::Downgrading => Some(Direction::Downgrade),
        }
    }
}

/// What the ledger says of a revision of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) state: State,
    /// Whether the upgrade's checksum is the set's.
    pub(crate) upgrade_matches: bool,
    pub(crate) downgrade: DowngradeMatch,
}

impl Known {
    /// Applied, and as the set has it.
    const CURRENT: Self =
        Self { state: State::Applied, upgrade_matches: true, downgrade: DowngradeMatch::Same };
}

/// How the stored downgrade relates to the set's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DowngradeMatch {
    /// It is the set's.
    Same,
    /// It is one that the set has corrected.
    Former,
    /// It is another.
    Other,
}

/// What the ledger says, after it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Whether the ledger exists.
    pub(crate) exists: bool,
    /// By place in the set: the chain, and behind it what is replaced.
    pub(crate) known: Vec<Option<Known>>,
    /// Rows of what is replaced and has no file any more, with their states.
    pub(crate) pruned: Vec<(String, State)>,
    /// Ids of rows that the set does not know.
    pub(crate) unknown: Vec<String>,
    /// Whether every revision of the set is applied as the set has it, and no other.
    pub(crate) is_current: bool,
    /// The highest sequence number, once it was asked for.
    pub(crate) last_sequence: i64,
    /// Rows that could not be understood.
    pub(crate) malformed: Vec<String>,
    /// How many places are of the chain.
    standing: usize,
    /// Where in `by_id` the next row is expected.
    next: usize,
    /// How much of the text of an up-to-date ledger the rows have said so far; nothing once one was different.
    said: Option<usize>,
}

impl Contents {
    pub(crate) fn new(set: &Set) -> Self {
        Self {
            exists: true,
            known: vec![None; set.by_id.len()],
            pruned: Vec::new(),
            standing: set.revisions.standing(),
            unknown: Vec::new(),
            is_current: false,
            last_sequence: 0,
            malformed: Vec::new(),
            next: 0,
            said: Some(0),
        }
    }

    /// Says what an up-to-date ledger says with these revisions of the chain applied.
    #[inline]
    pub(crate) fn assumed(set: &Set, applied: &[bool]) -> Self {
        let mut contents = Self { exists: applied.contains(&true), said: None, ..Self::new(set) };
        for (known, applied) in contents.known.iter_mut().zip(applied) {
            *known = applied.then_some(Known::CURRENT);
        }
        contents
    }

    /// Tells whether the ledger has no row of the set.
    pub(crate) fn is_empty(&self) -> bool {
        let others = self.unknown.len() + self.pruned.len() + self.malformed.len();
        others == 0 && self.known.iter().all(Option::is_none)
    }

    /// Says what the ledger says once these places are recorded.
    pub(crate) fn with_applied(&self, places: &[u32]) -> Self {
        let mut contents = Self { exists: true, is_current: false, said: None, ..self.clone() };
        for place in places {
            contents.known[*place as usize] = Some(Known::CURRENT);
        }
        contents
    }

    /// Returns whether each revision of the chain is applied.
    pub(crate) fn applied(&self) -> Vec<bool> {
        self.chain().iter().map(Option::is_some).collect()
    }

    /// Tells whether the ledger has rows of what is replaced.
    pub(crate) fn has_replaced(&self) -> bool {
        !self.pruned.is_empty() || self.known[self.standing..].iter().any(Option::is_some)
    }

    /// Returns what the ledger says of the revisions of the chain, by place.
    pub(crate) fn chain(&self) -> &[Option<Known>] {
        &self.known[..self.standing]
    }

    /// Takes a row of [`Ledger::read`]; rows usually come in the order of the ids.
    ///
    /// As long as they say what an up-to-date ledger says, no revision of the set is looked at.
    pub(crate) fn row(&mut self, set: &Set, dialect: Dialect, row: &dyn Row) {
        if let Some(said) = self.said {
            match self.expect(set, &set.ledger(dialect)[said..], row) {
                Some(lines) => return self.said = Some(said + lines),
                None => self.give_up_on_current(set),
            }
        }
        let Some(id) = row.text(0) else { return };
        let Some(state) = row.text(3).and_then(|name| State::of(&name)) else {
            return self.malformed.push(id.into_owned());
        };
        let Some(place) = self.place(set, &id) else {
            let id = id.into_owned();
            return match set.replacer(&id) {
                Some(_) => self.pruned.push((id, state)),
                None => self.unknown.push(id),
            };
        };
        let part = set.at(place as u32).part(dialect);
        let is = |column: usize, checksum: fn(&Part) -> Checksum| {
            let written = row.text(column);
            part.zip(written).is_some_and(|(part, written)| checksum(part).is_written(&written))
        };
        let former = || {
            let written = row.text(2).unwrap_or_default();
            let is_former = |checksum: &Checksum| checksum.is_written(&written);
            part.is_some_and(|part| part.former_downgrades.iter().any(is_former))
        };
        let downgrade = if is(2, |part| part.downgrade_checksum) {
            DowngradeMatch::Same
        } else if former() {
            DowngradeMatch::Former
        } else {
            DowngradeMatch::Other
        };
        let upgrade_matches = is(1, |part| part.upgrade_checksum);
        self.known[place] = Some(Known { state, upgrade_matches, downgrade });
    }

    /// Is told that there is no row more.
    pub(crate) fn finish(&mut self, set: &Set, dialect: Dialect) {
        let Some(said) = self.said else { return };
        let left = &set.ledger(dialect)[said..];
        let complete = said > 0 || !left.is_empty() || set.by_id.is_empty();
        if complete && left.lines().all(|line| line.starts_with(MAY_BE_MISSING)) {
            self.is_current = true;
            self.known[..self.standing].fill(Some(Known::CURRENT));
        } else {
            self.give_up_on_current(set);
        }
    }

    /// Compares a row with the next lines of an up-to-date ledger, and returns how long those are that it answers.
    fn expect(&mut self, set: &Set, lines: &str, row: &dyn Row) -> Option<usize> {
        let mut rest = lines;
        while let Some(line) = rest.strip_prefix(MAY_BE_MISSING) {
            let end = line.find('\n')? + 1;
            let is_pruned = !line.as_bytes()[..end].contains(&b' ');
            if let Some(length) = as_expected(line, row) {
                if is_pruned {
                    self.pruned.push((row.text(0)?.into_owned(), State::Applied));
                } else {
                    self.known[set.by_id[self.next] as usize] = Some(Known::CURRENT);
                    self.next += 1;
                }
                return Some(lines.len() - line.len() + length);
            }
            self.next += usize::from(!is_pruned);
            rest = &line[end..];
        }
        let length = as_expected(rest, row)?;
        self.next += 1;
        Some(lines.len() - rest.len() + length)
    }

    /// Takes down the rows that were as expected, and expects nothing more.
    fn give_up_on_current(&mut self, set: &Set) {
        self.said = None;
        let chain = |place: &&u32| (**place as usize) < self.standing;
        for place in set.by_id[..self.next].iter().filter(chain) {
            self.known[*place as usize] = Some(Known::CURRENT);
        }
    }

    fn place(&mut self, set: &Set, id: &str) -> Option<usize> {
        let expected = set.by_id.get(self.next).copied();
        if let Some(place) = expected.filter(|place| set.at(*place).id == id) {
            self.next += 1;
            return Some(place as usize);
        }
        let rank = set.rank(id)?;
        self.next = rank + 1;
        let place = set.by_id[rank];
        (set.at(place).id == id).then_some(place as usize)
    }
}

/// The beginning of a line of an up-to-date ledger whose row may be missing: its revision is replaced.
const MAY_BE_MISSING: char = '~';

/// Compares a row with the next line of an up-to-date ledger, and returns the length of that line.
fn as_expected(lines: &str, row: &dyn Row) -> Option<usize> {
    /// A checksum as it is written: `b3v1:` and 64 digits.
    const CHECKSUM: usize = 69;
    let id = lines.bytes().position(|byte| matches!(byte, b' ' | b'\n'))?;
    if lines.as_bytes()[id] == b'\n' {
        // Of a revision without a file nobody knows the checksums.
        let says = row.is(0, &lines[..id]) && row.is(3, State::Applied.name());
        return says.then_some(id + 1);
    }
    let (upgrade, downgrade) = (id + 1, id + 1 + CHECKSUM + 1);
    let end = downgrade + CHECKSUM;
    let says = row.is(0, &lines[..id])
        && row.is(1, lines.get(upgrade..upgrade + CHECKSUM)?)
        && row.is(2, lines.get(downgrade..end)?)
        && row.is(3, State::Applied.name());
    says.then_some(end + 1)
}

/// One row of the ledger, whole.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::{State, Target};
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
/// let status = MIGRATIONS.current().run(&mut connection)?;
/// let first = &status.applied[0];
/// assert_eq!((first.revision.as_str(), first.state), ("5b1e90c4a7d2", State::Applied));
/// assert!(first.downgrade.contains("DROP TABLE books"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The revision's id.
    pub revision: String,
    /// The number of the row, in the order of application.
    pub sequence: i64,
    /// What it revises.
    pub parents: Vec<String>,
    /// What it depends on besides.
    pub dependencies: Vec<String>,
    /// Its message.
    pub message: String,
    /// Its checksum, `b3v1:…`.
    pub upgrade_checksum: String,
    /// The checksum of the stored downgrade.
    pub downgrade_checksum: String,
    /// The downgrade's section, marker line included, or `-- migrate:irreversible <reason>`, or `rust`.
    pub downgrade: String,
    /// How far it is.
    pub state: State,
    /// How many statements of what was begun are done.
    pub statements_done: i64,
    /// Hashes of the statements of what was begun.
    pub statements: String,
    /// When it was applied (RFC 3339, UTC).
    pub applied_at: String,
    /// How long that took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// The application that applied it, with its version.
    pub application: String,
    /// The version of revchain that applied it.
    pub revchain: String,
}

const COLUMNS: &str = "revision, sequence, parents, dependencies, message, upgrade_checksum, \
    downgrade_checksum, downgrade, state, statements_done, statements, applied_at, duration_ms, \
    application, revchain";

impl Applied {
    /// Returns how many statements of what was begun are done.
    pub(crate) fn done(&self) -> u32 {
        u32::try_from(self.statements_done).unwrap_or(0)
    }

    /// Returns what it revises and depends on.
    pub(crate) fn needs(&self) -> impl Iterator<Item = &String> {
        self.parents.iter().chain(&self.dependencies)
    }

    pub(crate) fn of(row: &dyn Row) -> Option<Self> {
        // The rest may be missing, or is no text.
        for column in [0, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14] {
            row.text(column)?;
        }
        let text = |column| row.text(column).map(Cow::into_owned).unwrap_or_default();
        let ids = |column| {
            let mut ids = Vec::new();
            for id in text(column).split_ascii_whitespace() {
                ids.push(id.to_owned());
            }
            ids
        };
        Some(Self {
            revision: text(0),
            sequence: row.integer(1)?,
            parents: ids(2),
            dependencies: ids(3),
            message: text(4),
            upgrade_checksum: text(5),
            downgrade_checksum: text(6),
            downgrade: text(7),
            state: State::of(&text(8))?,
            statements_done: row.integer(9)?,
            statements: text(10),
            applied_at: text(11),
            duration_ms: row.integer(12),
            application: text(13),
            revchain: text(14),
        })
    }
}

/// What was done, in the table of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Upgraded,
    Downgraded,
    Stamped,
    Unstamped,
    Resolved,
    CorrectedDowngrade,
    /// Recorded in the place of what it replaces.
    Replaced,
    /// The record in the place of what it replaces was removed.
    Unreplaced,
    /// Recorded as another tool's table says.
    Adopted,
}

impl Deed {
    /// Returns what a step does.
    pub(crate) fn of(step: &Step) -> Self {
        match (step.direction, step.stamp) {
            (Direction::Upgrade, true) if step.adopted => Self::Adopted,
            (Direction::Upgrade, true) if step.replacing => Self::Replaced,
            (Direction::Downgrade, true) if step.replacing => Self::Unreplaced,
            (Direction::Upgrade, false) => Self::Upgraded,
            (Direction::Upgrade, true) => Self::Stamped,
            (Direction::Downgrade, false) => Self::Downgraded,
            (Direction::Downgrade, true) => Self::Unstamped,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Upgraded => "upgrade",
            Self::Downgraded => "downgrade",
            Self::Stamped => "stamp",
            Self::Unstamped => "unstamp",
            Self::Resolved => "resolve",
            Self::CorrectedDowngrade => "correct downgrade",
            Self::Replaced => "replace",
            Self::Unreplaced => "unreplace",
            Self::Adopted => "adopt",
        }
    }
}

impl<'s> Ledger<'s> {
    pub(crate) fn new(set: &'s Set, dialect: Dialect, application: Cow<'s, str>) -> Self {
        let schema = set.settings.history.schema.as_deref().map(|s| dialect.quote_identifier(s));
        let (revisions, events) = (String::new(), String::new());
        let schema_name = set.settings.history.schema.as_deref().map(str::to_owned);
        let mut ledger =
            Self { dialect, set, schema, schema_name, revisions, events, application, tag: None };
        ledger.name_tables();
        ledger
    }

    /// Is told the schema that the ledger stands in, so that no search path matters from now on.
    pub(crate) fn stands_in(&mut self, schema: &str) {
        self.schema = Some(self.dialect.quote_identifier(schema));
        self.schema_name = Some(schema.to_owned());
        self.name_tables();
    }

    fn name_tables(&mut self) {
        let history = &self.set.settings.history;
        (self.revisions, self.events) = (self.place(&history.table), self.place(&history.events()));
    }

    /// Returns a table beside the ledger's, as it is written in a statement.
    pub(crate) fn place(&self, table: &str) -> String {
        let table = self.dialect.quote_identifier(table);
        match &self.schema {
            Some(schema) => format!("{schema}.{table}"),
            None => table,
        }
    }

    /// Returns the table of applied revisions, as it is written in a statement.
    pub(crate) fn table(&self) -> &str {
        &self.revisions
    }

    /// Makes both tables, where they are missing: where the ledger is there, the events are.
    pub(crate) fn create(&self) -> [Sql<'s>; 2] {
        let Columns { key, text, number, identity, begun, ending, events_ending } =
            Columns::of(self.dialect);
        let revisions = format!(
            "CREATE TABLE IF NOT EXISTS {} (\n    set_name {key} NOT NULL,\n    revision {key} NOT NULL,\n    \
             state {key} NOT NULL,\n    sequence {number} NOT NULL,\n    upgrade_checksum {key} NOT NULL,\n    \
             downgrade_checksum {key} NOT NULL,\n    statements_done {number} NOT NULL,\n    parents {text} NOT NULL,\n    \
             dependencies {text} NOT NULL,\n    message {text} NOT NULL,\n    applied_at {key} NOT NULL,\n    \
             duration_ms {number},\n    application {text} NOT NULL,\n    revchain {key} NOT NULL,\n    \
             statements {text} NOT NULL,\n    downgrade {text} NOT NULL,\n{begun}    PRIMARY KEY (set_name, revision)\n){ending}",
            self.revisions
        );
        let events = format!(
            "CREATE TABLE IF NOT EXISTS {} (\n    id {identity},\n    set_name {key} NOT NULL,\n    \
             revision {key} NOT NULL,\n    deed {key} NOT NULL,\n    done_at {key} NOT NULL,\n    duration_ms {number},\n    \
             application {text} NOT NULL,\n    revchain {key} NOT NULL,\n    tag {text},\n    checksum {key} NOT NULL\n){events_ending}",
            self.events
        );
        [Sql::plain(events), Sql::plain(revisions)]
    }

    /// Reads what [`Contents::row`] takes.
    pub(crate) fn read(&self) -> Sql<'s> {
        // SQLite keeps the rows in the order of their key.
        let order = match self.dialect {
            Dialect::Postgres => " ORDER BY pg_catalog.lower(revision) COLLATE \"C\"",
            Dialect::Mysql => " ORDER BY lower(revision)",
            Dialect::Sqlite => "",
        };
        let text = format!(
            "SELECT revision, upgrade_checksum, downgrade_checksum, state FROM {} WHERE set_name = ?{order}",
            self.revisions
        );
        Sql::with(text, vec![Value::from(&*self.set.settings.name)])
    }

    /// Asks whether others have committed to the file that the ledger stands in, which may be an attached one.
    pub(crate) fn version(&self) -> Sql<'s> {
        let schema = self.set.settings.history.schema.as_deref();
        let schema = schema.map(|name| format!("{}.", self.dialect.quote_identifier(name)));
        Sql::plain(format!("PRAGMA {}data_version", schema.unwrap_or_default()))
    }

    /// Asks for the columns of a table beside the ledger's: none where there is no such table.
    pub(crate) fn read_columns(&self, table: &str) -> Sql<'s> {
        match self.dialect {
            Dialect::Sqlite => Sql::with(
                "SELECT name FROM pragma_table_info(?, ?)",
                vec![Value::from(table.to_owned()), Value::from(self.schema())],
            ),
            Dialect::Postgres => Sql::plain(format!(
                "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass({}) \
                 AND attnum > 0 AND NOT attisdropped",
                self.dialect.quote_literal(&self.place(table))
            )),
            Dialect::Mysql => Sql::plain(format!(
                "SELECT column_name FROM information_schema.columns WHERE table_name = {} AND table_schema = {}",
                self.dialect.quote_literal(table),
                self.schema_name
                    .as_deref()
                    .map_or("database()".to_owned(), |name| self.dialect.quote_literal(name))
            )),
        }
    }

    /// Returns the schema that the ledger stands in, which in SQLite is a database of the connection.
    pub(crate) fn schema(&self) -> &'s str {
        self.set.settings.history.schema.as_deref().unwrap_or("main")
    }

    /// Returns the schema as it is written in a statement.
    pub(crate) fn quoted_schema(&self) -> String {
        self.dialect.quote_identifier(self.schema())
    }

    /// Reads the highest sequence number.
    pub(crate) fn read_sequence(&self) -> Sql<'s> {
        let text = format!("SELECT max(sequence) FROM {} WHERE set_name = ?", self.revisions);
        Sql::with(text, vec![Value::from(&*self.set.settings.name)])
    }

    /// Counts what was done to revisions of the set, also of those that have gone.
    pub(crate) fn read_past(&self) -> Sql<'s> {
        let text = format!("SELECT count(*) FROM {} WHERE set_name = ?", self.events);
        Sql::with(text, vec![Value::from(&*self.set.settings.name)])
    }

    /// Reads whole rows, in the order of application.
    pub(crate) fn read_whole(&self) -> Sql<'s> {
        let text = format!(
            "SELECT {COLUMNS} FROM {} WHERE set_name = ? ORDER BY sequence, revision",
            self.revisions
        );
        Sql::with(text, vec![Value::from(&*self.set.settings.name)])
    }

    /// Records a revision of the set, replacing the row of one that was begun.
    pub(crate) fn record(&self, entry: &Entry<'s>) -> Sql<'s> {
        let Entry { revision, part, state, sequence, duration, statements } = entry;
        let (took, milliseconds) = duration.milliseconds(self.dialect);
        // As the header names them: a stored downgrade is hashed with these.
        let [parents, dependencies] = self.set.needs(revision);
        // Where only the database knows the last number, the row is selected and not listed.
        let (before, number, after) = match sequence {
            Some(_) => ("VALUES (", "?", ")".to_owned()),
            None => {
                let after = format!(" FROM {}", self.revisions);
                ("SELECT ", "coalesce(max(sequence), 0) + 1", after)
            }
        };
        let (insert, again) = match self.dialect {
            Dialect::Sqlite => ("INSERT OR REPLACE", ""),
            // Not REPLACE: the row keeps which statement was begun, by which a later run knows that nobody knows.
            Dialect::Mysql => (
                "INSERT",
                " ON DUPLICATE KEY UPDATE state = VALUES(state), sequence = VALUES(sequence), \
                 upgrade_checksum = VALUES(upgrade_checksum), downgrade_checksum = VALUES(downgrade_checksum), \
                 statements_done = VALUES(statements_done), parents = VALUES(parents), \
                 dependencies = VALUES(dependencies), message = VALUES(message), \
                 applied_at = VALUES(applied_at), duration_ms = VALUES(duration_ms), \
                 application = VALUES(application), revchain = VALUES(revchain), \
                 statements = VALUES(statements), downgrade = VALUES(downgrade)",
            ),
            Dialect::Postgres => (
                "INSERT",
                " ON CONFLICT (set_name, revision) DO UPDATE SET state = excluded.state, \
                 sequence = excluded.sequence, upgrade_checksum = excluded.upgrade_checksum, \
                 downgrade_checksum = excluded.downgrade_checksum, statements_done = excluded.statements_done, \
                 parents = excluded.parents, dependencies = excluded.dependencies, message = excluded.message, \
                 applied_at = excluded.applied_at, duration_ms = excluded.duration_ms, \
                 application = excluded.application, revchain = excluded.revchain, \
                 statements = excluded.statements, downgrade = excluded.downgrade",
            ),
        };
        let text = format!(
            "{insert} INTO {} (set_name, revision, state, sequence, upgrade_checksum, downgrade_checksum, \
             statements_done, parents, dependencies, message, applied_at, duration_ms, application, revchain, \
             statements, downgrade) {before}?, ?, ?, {number}, ?, ?, ?, ?, ?, ?, {}, {took}, ?, ?, ?, ?{after}{again}",
            self.revisions,
            now(self.dialect)
        );
        let mut values = vec![
            Value::from(&*self.set.settings.name),
            Value::from(&*revision.id),
            Value::from(state.name()),
        ];
        if let Some(sequence) = sequence {
            values.push(Value::Integer(*sequence));
        }
        values.push(Value::from(part.upgrade_checksum.to_string()));
        values.push(Value::from(part.downgrade_checksum.to_string()));
        values.push(Value::Integer(0));
        values.push(Value::from(joined(&parents, " ")));
        values.push(Value::from(joined(&dependencies, " ")));
        values.push(Value::from(&*revision.message));
        if let Some(milliseconds) = milliseconds {
            values.push(milliseconds);
        }
        values.push(Value::Text(self.application.clone()));
        values.push(Value::from(REVCHAIN));
        values.push(Value::Text(statements.clone()));
        values.push(Value::Text(stored_downgrade(revision, part)));
        Sql::with(text, values)
    }

    /// Sets the state of a recorded revision, and the hashes of the statements that were begun.
    pub(crate) fn mark(&self, revision: &str, state: State, statements: String) -> Sql<'s> {
        let text = format!(
            "UPDATE {} SET state = ?, statements_done = 0, statements = ? WHERE set_name = ? AND revision = ?",
            self.revisions
        );
        let values = vec![Value::from(state.name()), Value::from(statements)];
        self.with_key(text, values, revision)
    }

    /// Writes how many statements of what was begun are done.
    pub(crate) fn journal(&self, revision: &str, done: usize) -> Sql<'s> {
        let text = format!(
            "UPDATE {} SET statements_done = ? WHERE set_name = ? AND revision = ?",
            self.revisions
        );
        let values = vec![Value::Integer(done as i64)];
        self.with_key(text, values, revision)
    }

    /// Writes which statement, from 0, is begun that can take effect without its note.
    pub(crate) fn begun(&self, revision: &str, statement: Option<usize>) -> Sql<'s> {
        let text = format!(
            "UPDATE {} SET statement_begun = ? WHERE set_name = ? AND revision = ?",
            self.revisions
        );
        let number = statement.map_or(Value::Null, |number| Value::Integer(number as i64));
        let values = vec![number];
        self.with_key(text, values, revision)
    }

    /// Asks which statement was begun, and whether an index is there and valid.
    pub(crate) fn read_begun(&self, revision: &str, index: Option<&str>) -> Sql<'s> {
        let valid = index.map_or_else(
            || "NULL".to_owned(),
            |name| {
                let name = self.dialect.quote_literal(name);
                format!(
                    "(SELECT indisvalid::int FROM pg_catalog.pg_index \
                     WHERE indexrelid = pg_catalog.to_regclass({name}))"
                )
            },
        );
        let text = format!(
            "SELECT statement_begun, {valid} FROM {} WHERE set_name = ? AND revision = ?",
            self.revisions
        );
        self.with_key(text, Vec::new(), revision)
    }

    /// Removes the row of a revision.
    pub(crate) fn erase(&self, revision: &str) -> Sql<'s> {
        let text = format!("DELETE FROM {} WHERE set_name = ? AND revision = ?", self.revisions);
        self.with_key(text, Vec::new(), revision)
    }

    /// Replaces a stored downgrade by the corrected one.
    pub(crate) fn correct(&self, revision: &'s Revision, part: &'s Part) -> Sql<'s> {
        let text = format!(
            "UPDATE {} SET downgrade = ?, downgrade_checksum = ? WHERE set_name = ? AND revision = ?",
            self.revisions
        );
        let checksum = part.downgrade_checksum.to_string();
        let values = vec![Value::Text(stored_downgrade(revision, part)), Value::from(checksum)];
        self.with_key(text, values, &revision.id)
    }

    /// Appends to the events.
    pub(crate) fn event(
        &self,
        revision: &str,
        deed: Deed,
        duration: Took,
        checksum: String,
    ) -> Sql<'s> {
        let (took, milliseconds) = duration.milliseconds(self.dialect);
        let text = format!(
            "INSERT INTO {} (set_name, revision, deed, done_at, duration_ms, application, revchain, tag, checksum) \
             VALUES (?, ?, ?, {}, {took}, ?, ?, ?, ?)",
            self.events,
            now(self.dialect)
        );
        let tag = self.tag.clone().map_or(Value::Null, Value::Text);
        let mut values = vec![
            Value::from(&*self.set.settings.name),
            Value::from(revision.to_owned()),
            Value::from(deed.name()),
        ];
        if let Some(milliseconds) = milliseconds {
            values.push(milliseconds);
        }
        values.push(Value::Text(self.application.clone()));
        values.push(Value::from(REVCHAIN));
        values.push(tag);
        values.push(Value::from(checksum));
        Sql::with(text, values)
    }

    /// Returns a statement whose last values name a row.
    fn with_key(&self, text: String, mut values: Vec<Value<'s>>, revision: &str) -> Sql<'s> {
        values.push(Value::from(&*self.set.settings.name));
        values.push(Value::from(revision.to_owned()));
        Sql::with(text, values)
    }
}

/// The types of the ledger's columns.
struct Columns {
    key: &'static str,
    text: &'static str,
    number: &'static str,
    identity: &'static str,
    /// A column for the statement that was begun, where one can take effect without its note.
    begun: &'static str,
    ending: &'static str,
    events_ending: &'static str,
}

/// Whatever the server and the database have as their default: rows that commit together, and ids that are told apart by
/// every character.
pub(crate) const MYSQL_TABLE: &str =
    " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

const BEGUN: &str = "    statement_begun BIGINT,\n";

impl Columns {
    const fn of(dialect: Dialect) -> Self {
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

/// What is written about a revision.
pub(crate) struct Entry<'s> {
    pub(crate) revision: &'s Revision,
    pub(crate) part: &'s Part,
    pub(crate) state: State,
    /// The row's number, or none where only the database knows the last one.
    pub(crate) sequence: Option<i64>,
    pub(crate) duration: Took,
    /// Hashes of the statements, where the revision is only begun.
    pub(crate) statements: Cow<'s, str>,
}

/// Returns what the ledger keeps of a downgrade: the section whole, or the marker that says why there is none.
///
/// Above it stands what the revision replaces, as its header says it, for that is a part of the checksum.
pub(crate) fn stored_downgrade(revision: &Revision, part: &Part) -> Cow<'static, str> {
    let stored = stored_section(revision, part);
    if revision.replaces.is_empty() || stored == function::STORED {
        return stored;
    }
    let (script, _) = if revision.is_rust() {
        Script::read_rust(&revision.path, &revision.text)
    } else {
        Script::read(&revision.path, &revision.text)
    };
    match script.replaces {
        Some(replaces) => Cow::Owned(format!("-- replaces: {}\n\n{stored}", replaces.whole.text)),
        None => stored,
    }
}

fn stored_section(revision: &Revision, part: &Part) -> Cow<'static, str> {
    match &part.downgrade {
        Downgrade::Section(_) if revision.is_rust() => Cow::Borrowed(function::STORED),
        Downgrade::Section(section) if section.span.end == 0 => {
            Cow::Borrowed("-- migrate:downgrade")
        }
        Downgrade::Section(section) => Cow::Owned(section.span.of(&revision.text).to_owned()),
        Downgrade::Irreversible(reason) => Cow::Owned(format!("-- migrate:irreversible {reason}")),
    }
}

/// How long something took.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Took {
    Unknown,
    Time(Duration),
    /// From the begin of the transaction until it is written: only the database can tell.
    SinceBegin,
}

impl Took {
    /// Returns the SQL for the milliseconds, and its value where it has a `?`.
    fn milliseconds(self, dialect: Dialect) -> (&'static str, Option<Value<'static>>) {
        match self {
            Self::Unknown => ("?", Some(Value::Null)),
            Self::Time(duration) => ("?", Some(Value::Integer(duration.as_millis() as i64))),
            Self::SinceBegin if dialect == Dialect::Mysql => {
                ("timestampdiff(MICROSECOND, @revchain_began, utc_timestamp(6)) DIV 1000", None)
            }
            Self::SinceBegin => (
                "(1000 * extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.now()))::bigint",
                None,
            ),
        }
    }
}

/// The present, as RFC 3339 in UTC.
fn now(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        Dialect::Postgres => {
            "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
        }
        Dialect::Mysql => {
            "concat(left(date_format(utc_timestamp(3), '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z')"
        }
    }
}
