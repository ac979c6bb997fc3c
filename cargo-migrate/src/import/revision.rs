//! What a migration becomes: id, date and sections.

use std::path::Path;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};
use revchain_core::checksum::digest;
use revchain_core::dialect::Statement;
use revchain_core::{Dialect, Dialects, TransactionEffect};

use super::{Body, Migration, Tool, Transaction, Way};
use crate::rust_body;

/// Where versions say no date, the first revision is one minute after this.
const BEGINNING: &str = "2000-01-01T00:00:00Z";

/// What a migration becomes, and what a person has to look at.
pub(super) struct Sections {
    pub(super) text: String,
    pub(super) transaction: bool,
    pub(super) reversible: bool,
    pub(super) hand: Vec<String>,
}

impl Migration {
    /// Returns the id: the same for everybody who imports this file, however git has checked its lines out, and another
    /// for other projects' files of the same version.
    pub(super) fn id(&self, tool: Tool) -> String {
        if let Some(node) = &self.node {
            return node.id.clone();
        }
        let text = match &self.up {
            Body::Sql(way) => way.sql.replace("\r\n", "\n"),
            Body::Program | Body::Unprinted(_) => String::new(),
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        digest(&["import", tool.name(), &self.version, &self.file, text])[..12].to_owned()
    }

    /// Returns its sections for a dialect; of a program the function that holds its place.
    pub(super) fn sections(&self, tool: Tool, folder: &Path, dialects: Dialects) -> Sections {
        let tool = tool.name();
        let mut hand = self.hand.clone();
        if self.up == Body::Program {
            let reason = format!(
                "{} was a program, and its place is held until it is written here",
                self.file
            );
            hand.push(
                "is a program: write what it did into the function that holds its place".to_owned(),
            );
            let body = rust_body::placeholder(folder, dialects, &reason);
            let reason = self.reason(tool);
            let text = format!("//! irreversible: {reason}\n{body}");
            return Sections { text, transaction: true, reversible: false, hand };
        }
        let Some(dialect) = dialects.iter().next() else {
            return Sections { text: String::new(), transaction: true, reversible: false, hand };
        };
        let up = match &self.up {
            Body::Sql(up) => up.on(dialect, &mut hand),
            Body::Program => Read { sql: String::new(), transaction: true },
            Body::Unprinted(error) => Read { sql: self.unwritten(tool, error), transaction: true },
        };
        let down = self.down.as_ref().map(|down| down.on(dialect, &mut hand));
        let mut text = up.section("upgrade");
        let empty =
            |way: &Read| dialect.split(&way.sql).is_ok_and(|split| split.statements.is_empty());
        let reason = match &down {
            None => Some(self.reason(tool)),
            Some(down) if empty(down) && !empty(&up) => {
                Some(format!("its way back in {tool} had no statement"))
            }
            Some(_) => None,
        };
        match (&reason, &down) {
            (None, Some(down)) => text.push_str(&format!("\n{}", down.section("downgrade"))),
            (reason, _) => {
                let reason = reason.as_deref().unwrap_or_default();
                text.push_str(&format!("\n-- migrate:irreversible {reason}\n"));
            }
        }
        Sections { text, transaction: up.transaction, reversible: reason.is_none(), hand }
    }
}

impl Migration {
    /// Says why there is no way back.
    fn reason(&self, tool: &str) -> String {
        match &self.no_way_back {
            Some(reason) => reason.replace('\n', " "),
            None => format!("{tool} had no way back for it"),
        }
    }

    /// Returns statements that no database runs: they hold the place of what is to be written.
    fn unwritten(&self, tool: &str, error: &str) -> String {
        let (error, file) = (error.replace('\n', " "), &self.file);
        format!(
            "-- {tool} cannot print this offline: {error}\n-- write here what {file} does\nSELECT to_be_written();\n"
        )
    }
}

/// One direction, as a section has it.
struct Read {
    sql: String,
    transaction: bool,
}

impl Read {
    fn section(&self, direction: &str) -> String {
        let options = if self.transaction { "" } else { " transaction=off" };
        format!("-- migrate:{direction}{options}\n{}\n", self.sql.trim_end())
    }
}

impl Way {
    /// Decides on the transaction, as the statements want it.
    fn on(&self, dialect: Dialect, hand: &mut Vec<String>) -> Read {
        let sql = self.sql.replace("\r\n", "\n");
        let mut sql = sql.strip_prefix('\u{feff}').unwrap_or(&sql).to_owned();
        if self.transaction == Transaction::Own
            && let Some(inner) = unwrapped(&sql, dialect)
        {
            hand.push("its own BEGIN and COMMIT went: a revision has its transaction".to_owned());
            sql = inner;
        }
        let refuses = |sql: &str| {
            dialect.split(sql).is_ok_and(|split| {
                (0..split.statements.len())
                    .any(|index| dialect.needs_no_transaction(split.tokens_of(index)).is_some())
            })
        };
        let transaction = match self.transaction {
            Transaction::On => true,
            Transaction::Off => false,
            Transaction::AsNeeded | Transaction::Own => !refuses(&sql),
        };
        Read { sql, transaction }
    }
}

/// Returns what stands between `BEGIN` and `COMMIT`, where these are around all and nothing else begins or commits.
fn unwrapped(sql: &str, dialect: Dialect) -> Option<String> {
    let split = dialect.split(sql).ok()?;
    let controls: Vec<_> = (0..split.statements.len())
        .map(|index| dialect.transaction_control(split.tokens_of(index)))
        .collect();
    let [Some(begin), inner @ .., Some(commit)] = &controls[..] else { return None };
    let commits = ["COMMIT", "END"].contains(&commit.words());
    if begin.effect() != TransactionEffect::Opens || !commits || inner.iter().any(Option::is_some) {
        return None;
    }
    let [first, .., last] = &split.statements[..] else { return None };
    let end_of = |statement: &Statement| {
        split.tokens[statement.tokens.clone()]
            .last()
            .map_or(statement.span.end, |token| token.end())
    };
    let before = &sql[..first.span.start];
    let (inner, after) = (&sql[end_of(first)..last.span.start], &sql[end_of(last)..]);
    Some(format!("{before}{}{after}", inner.trim_start_matches(' ')))
}

/// Returns when each migration was written, for the names of the files: what its version says, and never before an earlier
/// one. Without a date in the version it is a minute after the one before, from the beginning of the year 2000 on.
pub(super) fn dates(migrations: &[Migration]) -> Vec<Timestamp> {
    let mut dates = Vec::with_capacity(migrations.len());
    let minute: Span = 1.minute();
    let mut last: Timestamp = BEGINNING.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    for migration in migrations {
        if let Some(node) = &migration.node {
            // What has an order of its own needs none of its dates.
            let date = node.created.unwrap_or_else(|| last.checked_add(minute).unwrap_or(last));
            last = date.max(last);
            dates.push(date);
            continue;
        }
        last = match date(&migration.version) {
            Some(date) => date.max(last),
            None => last.checked_add(minute).unwrap_or(last),
        };
        dates.push(last);
    }
    dates
}

/// Reads a date of 14, 12 or 8 digits, one of 14 that diesel counts within a second by four more, or seconds since 1970 of 10;
/// of sea-orm's `m20220101_000001_create_table` its own.
pub(super) fn date(version: &str) -> Option<Timestamp> {
    if let Some(rest) = version.strip_prefix('m') {
        let mut parts = rest.split('_');
        let (day, time) = (parts.next()?, parts.next()?);
        return (day.len() == 8 && time.len() == 6).then(|| date(&format!("{day}{time}")))?;
    }
    if !version.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let whole = match version.len() {
        14 => version.to_owned(),
        18 => version[..14].to_owned(),
        12 => format!("{version}00"),
        8 => format!("{version}000000"),
        10 => return Timestamp::from_second(version.parse().ok()?).ok(),
        _ => return None,
    };
    let moment = DateTime::strptime("%Y%m%d%H%M%S", whole).ok()?;
    // A number that is no date can look like one of the year 0.
    let moment = (1970..2200).contains(&moment.year()).then_some(moment)?;
    moment.to_zoned(TimeZone::UTC).ok().map(|moment| moment.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(version: &str) -> Migration {
        let way = Way { sql: String::new(), transaction: Transaction::On };
        Migration {
            version: version.to_owned(),
            message: String::new(),
            up: Body::Sql(way),
            down: None,
            checksum: "-".to_owned(),
            file: format!("{version}_x.sql"),
            hand: Vec::new(),
            no_way_back: None,
            node: None,
        }
    }

    #[test]
    fn dates_keep_the_order_of_the_versions() {
        let cases: [(&[&str], &[&str]); 7] = [
            (&["20240102030405"], &["2024-01-02T03:04:05Z"]),
            (&["202401020304050001"], &["2024-01-02T03:04:05Z"]),
            (
                &["1", "1.2", "2"],
                &["2000-01-01T00:01:00Z", "2000-01-01T00:02:00Z", "2000-01-01T00:03:00Z"],
            ),
            (&["1", "202401020304"], &["2000-01-01T00:01:00Z", "2024-01-02T03:04:00Z"]),
            (&["20240102", "R__v.sql"], &["2024-01-02T00:00:00Z", "2024-01-02T00:01:00Z"]),
            (&["m20240102_030405_create"], &["2024-01-02T03:04:05Z"]),
            (&["1704164645", "99999999999999"], &["2024-01-02T03:04:05Z", "2024-01-02T03:05:05Z"]),
        ];
        for (versions, expected) in cases {
            let migrations: Vec<Migration> =
                versions.iter().map(|version| migration(version)).collect();
            let found: Vec<String> = dates(&migrations).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{versions:?}");
        }
    }

    #[test]
    fn ids_are_those_of_the_file_and_not_of_its_checkout() {
        let of = |file: &str, sql: &str| {
            let way = Way { sql: sql.to_owned(), transaction: Transaction::On };
            Migration { up: Body::Sql(way), file: file.to_owned(), ..migration("1") }.id(Tool::Sqlx)
        };
        let id = of("1_init.sql", "CREATE TABLE t (\n a int);\n");
        assert_eq!(id, of("1_init.sql", "\u{feff}CREATE TABLE t (\r\n a int);"));
        assert_ne!(id, of("1_init.sql", "CREATE TABLE u (\n a int);\n"));
        assert_ne!(id, of("1_begin.sql", "CREATE TABLE t (\n a int);\n"));
    }

    #[test]
    fn what_begins_and_commits_by_itself_gives_way_to_the_revisions_transaction() {
        let cases = [
            ("BEGIN;\nCREATE TABLE t (a int);\nCOMMIT;\n", Some("\nCREATE TABLE t (a int);\n\n")),
            ("-- c\nSTART TRANSACTION; SELECT 1; END", Some("-- c\nSELECT 1; ")),
            ("BEGIN; SELECT 1; COMMIT; SELECT 2;", None),
            ("BEGIN; COMMIT; BEGIN; COMMIT;", None),
            ("SELECT 1;", None),
        ];
        for (sql, expected) in cases {
            assert_eq!(unwrapped(sql, Dialect::Postgres).as_deref(), expected, "{sql}");
        }
    }
}
