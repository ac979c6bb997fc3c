//! Every error once, as a person reads it.

use super::*;
use crate::adoption::{History, HistoryFault};
use crate::ledger::State;

fn named() -> Named {
    Named {
        revision: "3f2a9c1b7d04".to_owned(),
        message: "add user preferences".to_owned(),
        path: "migrations/20260118_0530_3f2a9c1b7d04_add_user_preferences.sql".to_owned(),
    }
}

fn row() -> Box<Applied> {
    Box::new(Applied {
        revision: "9b1d77a0c2ee".to_owned(),
        sequence: 7,
        parents: vec!["3f2a9c1b7d04".to_owned()],
        dependencies: Vec::new(),
        message: "split names".to_owned(),
        upgrade_checksum: "b3v1:00".to_owned(),
        downgrade_checksum: "b3v1:11".to_owned(),
        downgrade: "-- migrate:downgrade\nCOMMIT;".to_owned(),
        state: State::Applied,
        statements_done: 0,
        statements: String::new(),
        applied_at: "2026-01-20T09:10:00.000Z".to_owned(),
        duration_ms: Some(3),
        application: "shop 1.5.0".to_owned(),
        revchain: "0.1.0".to_owned(),
    })
}

fn failure(exact: bool, kept: bool, busy: bool) -> ErrorKind {
    let text = "-- m\nCREATE TABLE user_preferences (\n    user_id INTEGR NOT NULL,\n);\n";
    let start = if exact { text.find("INTEGR") } else { text.find("CREATE") }.unwrap_or(0);
    let width = if exact { 6 } else { 0 };
    ErrorKind::Statement(Box::new(StatementFailure {
        revision: named().revision,
        direction: Direction::Upgrade,
        place: Place::span(named().path, text, start, start + width),
        exact,
        number: 2,
        total: 3,
        kept,
        busy,
        source: "near \"INTEGR\": syntax error".into(),
    }))
}

fn in_rust() -> Named {
    Named {
        revision: "9b1d77a0c2ee".to_owned(),
        message: "split names".to_owned(),
        path: "migrations/20260120_0910_9b1d77a0c2ee_split_names.rs".to_owned(),
    }
}

fn function_failure(kept: bool, busy: bool) -> ErrorKind {
    let text = "//! split names\n\npub fn upgrade(connection: &Connection) -> Result<()> {\n}\n";
    let start = text.find("pub").unwrap_or(0);
    let end = text.find(" {").unwrap_or(0);
    ErrorKind::Function(Box::new(FunctionFailure {
        revision: in_rust().revision,
        direction: Direction::Upgrade,
        function: "upgrade".to_owned(),
        place: Place::span(in_rust().path, text, start, end),
        kept,
        half_done: false,
        busy,
        source: "no such column: family".into(),
    }))
}

fn may_be_done(direction: Direction) -> ErrorKind {
    let text = "-- m\nCREATE TABLE user_preferences (\n    user_id INTEGER NOT NULL\n);\n";
    let start = text.find("CREATE").unwrap_or(0);
    ErrorKind::MayBeDone(Box::new(MayBeDone {
        revision: named().revision,
        direction,
        place: Place::span(named().path, text, start, start),
        number: 2,
        total: 3,
    }))
}

fn half_done_function() -> ErrorKind {
    match function_failure(true, false) {
        ErrorKind::Function(failure) => {
            ErrorKind::Function(Box::new(FunctionFailure { half_done: true, ..*failure }))
        }
        other => other,
    }
}

fn violation() -> Violation {
    Violation { table: "places".to_owned(), row: "17".to_owned(), parent: "trips".to_owned() }
}

/// Returns one value of each kind; a kind that is new has no place here until somebody looks at its words.
fn every_kind() -> Vec<ErrorKind> {
    let ids = || vec!["3f2a9c1b7d04".to_owned(), "9b1d77a0c2ee".to_owned()];
    let unknown = || Unknown {
        revision: "9b1d77a0c2ee".to_owned(),
        message: "split names".to_owned(),
        application: "shop 1.5.0".to_owned(),
    };
    let stored = "-- revision: a1\n-- revises: base\n\n-- migrate:downgrade\nCOMMIT;\n";
    let problem = revchain_core::check::stored::StoredDowngrade::read(
        "9b1d77a0c2ee",
        &[],
        &[],
        &stored[stored.find("-- migrate").unwrap_or(0)..],
        Dialect::Sqlite,
    );
    vec![
        TargetError::Malformed("+1junk".to_owned()).into(),
        TargetError::Unknown { name: "3f2b".to_owned(), meant: Some("3f2a9c1b7d04".to_owned()) }
            .into(),
        TargetError::TooShort("3f2".to_owned()).into(),
        TargetError::Ambiguous { name: "3f2a".to_owned(), ids: ids() }.into(),
        TargetError::SeveralHeads(ids()).into(),
        TargetError::NoRevision.into(),
        TargetError::SeveralWays { target: Target::Down(1), ids: ids() }.into(),
        TargetError::TooFar { target: Target::Up(3), available: 1 }.into(),
        TargetError::WrongWay(Target::Up(1)).into(),
        TargetError::NoRange("head".to_owned()).into(),
        TargetError::NotOnBranch { id: "3f2a9c1b7d04".to_owned(), branch: "billing".to_owned() }
            .into(),
        TargetError::Here.into(),
        TargetError::OneLine { below: "aaaa1".to_owned(), above: "bbbb2".to_owned() }.into(),
        TargetError::OnlyNeeded { id: "aaaa1".to_owned(), by: ids() }.into(),
        TargetError::OtherBranch {
            target: Target::Down(2).on("billing"),
            end: Some("aaaa1".to_owned()),
            ids: ids(),
        }
        .into(),
        TargetError::OtherBranch { target: Target::Down(2).on("billing"), end: None, ids: ids() }
            .into(),
        TargetError::Apart { from: "bbbb2".to_owned(), to: "aaaa1".to_owned() }.into(),
        ErrorKind::NotApplied("3f2a9c1b7d04".to_owned()),
        ErrorKind::RelativeStamp(Target::Up(1)),
        ErrorKind::MissingDialect { revision: "3f2a9c1b7d04".to_owned(), dialect: Dialect::Sqlite },
        ErrorKind::Irreversible {
            revision: named().revision,
            path: named().path,
            reason: "the old passwords are gone".to_owned(),
        },
        ErrorKind::OpenTransaction,
        ErrorKind::Edited(vec![LedgerDifference {
            revision: named(),
            direction: Direction::Upgrade,
            revised: None,
        }]),
        ErrorKind::Edited(vec![LedgerDifference {
            revision: named(),
            direction: Direction::Upgrade,
            revised: Some(vec!["6eef61f13528".to_owned()]),
        }]),
        ErrorKind::Ahead(vec![unknown()]),
        ErrorKind::Pending(vec![named()]),
        ErrorKind::HalfDone(vec![named()]),
        ErrorKind::ChangedSinceBegun { revision: named(), statement: 2 },
        ErrorKind::NotHalfDone("3f2a9c1b7d04".to_owned()),
        ErrorKind::StoredMalformed { row: row(), problems: problem.err().unwrap_or_default() },
        ErrorKind::StoredAltered(row()),
        ErrorKind::StoredIrreversible(row()),
        failure(true, false, false),
        failure(false, false, false),
        failure(false, true, false),
        failure(false, false, true),
        ErrorKind::StoredRust(row()),
        ErrorKind::WrittenInRust(in_rust()),
        ErrorKind::NoFunction {
            revision: in_rust(),
            driver: Driver::SqlxSqlite,
            direction: Direction::Downgrade,
        },
        ErrorKind::NotSql(in_rust()),
        function_failure(false, false),
        function_failure(true, false),
        function_failure(false, true),
        half_done_function(),
        ErrorKind::MayBeDone(Box::new(MayBeDone {
            revision: in_rust().revision,
            direction: Direction::Downgrade,
            place: Place::file(in_rust().path),
            number: 1,
            total: 0,
        })),
        ErrorKind::EndedTransaction { revision: in_rust(), function: "upgrade".to_owned() },
        ErrorKind::ForeignKeys(vec![violation()]),
        ErrorKind::Rebuild { revision: named(), violations: vec![violation(); 9] },
        ErrorKind::ForeignKeysStayOn(named()),
        ErrorKind::Busy {
            waited: Duration::from_secs(900),
            doing: "to begin a transaction",
            source: Some("database is locked".into()),
        },
        ErrorKind::LockLost,
        ErrorKind::Pooler,
        ErrorKind::Unreachable {
            revision: Some(named()),
            source: "terminating connection due to administrator command".into(),
        },
        ErrorKind::Unreachable { revision: None, source: "Connection refused".into() },
        ErrorKind::History(every_fault()),
        ErrorKind::MalformedLedger(ids()),
        ErrorKind::Database { doing: "to make the ledger", source: "disk I/O error".into() },
        ErrorKind::Stale {
            folder: "migrations".to_owned(),
            differences: vec!["migrations/a.sql is not compiled in".to_owned()],
        },
        ErrorKind::Backup { path: None, source: "out of memory".into() },
        ErrorKind::Backup {
            path: Some("/srv/app.db-revchain-copy".into()),
            source: "database or disk is full".into(),
        },
        ErrorKind::BackupExists("/srv/before.db".into()),
        ErrorKind::PartlyReplaced(Box::new(PartlyReplaced {
            by: named(),
            has: vec!["6eef61f13528".to_owned()],
            lacks: ids(),
            last: Some("9b1d77a0c2ee".to_owned()),
            applications: vec!["shop 1.5.0".to_owned()],
        })),
        ErrorKind::Replaced { replaced: "9b1d77a0c2ee".to_owned(), by: named() },
        ErrorKind::Pruned { by: named(), rows: vec![unknown()] },
        ErrorKind::PartlyReplaced(Box::new(PartlyReplaced {
            by: named(),
            has: vec!["6eef61f13528".to_owned()],
            lacks: ids(),
            last: None,
            applications: vec!["shop 1.5.0".to_owned()],
        })),
        may_be_done(Direction::Upgrade),
        may_be_done(Direction::Downgrade),
    ]
}

/// Returns a history that is wrong in every way.
fn every_fault() -> Box<HistoryMisfit> {
    let version = || "20240102030405".to_owned();
    let faults = vec![
        HistoryFault::NoTable,
        HistoryFault::Lacks("success".to_owned()),
        HistoryFault::Has("dirty".to_owned()),
        HistoryFault::TakenBack,
        HistoryFault::NotImported,
        HistoryFault::Failed(version()),
        HistoryFault::Dirty(version()),
        HistoryFault::Unknown(version()),
        HistoryFault::Edited { version: version(), revision: named() },
        HistoryFault::Gap { missing: named(), above: in_rust() },
        HistoryFault::Repeated(version()),
        HistoryFault::Baseline(version()),
        HistoryFault::NoVersion,
        HistoryFault::Ambiguous { version: version(), revision: named() },
        HistoryFault::Above { version: "12".to_owned(), total: 11 },
        HistoryFault::NoLine(named()),
    ];
    let table = "_sqlx_migrations".to_owned();
    Box::new(HistoryMisfit { history: History::Sqlx, table, faults })
}

/// Returns what may have become of a database that had to be put back.
fn every_end() -> [Restored; 4] {
    let no = Restored::No {
        reason: "another connection has written to it since the copy was taken".to_owned(),
        database: Some("/srv/app.db".into()),
        copy: Some("/srv/app.db-revchain-copy".into()),
    };
    [Restored::Yes, Restored::OverOthers, no, Restored::Scratch]
}

#[test]
fn every_error_says_what_where_why_and_what_helps() {
    let done = Done {
        revision: "000000000001".to_owned(),
        message: "first".to_owned(),
        direction: Direction::Upgrade,
        duration: Duration::from_millis(3),
        stamped: false,
        replacing: false,
        adopted: false,
        resumed: false,
    };
    let mut text = String::new();
    for (index, kind) in every_kind().into_iter().enumerate() {
        let applied = if index % 5 == 0 { vec![done.clone()] } else { Vec::new() };
        let error = Error::new(kind, applied);
        text.push_str(&format!("{error}\nexit code {}\n{error:?}\n\n", error.exit_code()));
    }
    for restored in every_end() {
        let kept = !restored.is_back();
        let error = Error::new(failure(true, kept, false), Vec::new());
        let error = error.with_restored(Some(restored));
        text.push_str(&format!("{error}\nexit code {}\n{error:?}\n\n", error.exit_code()));
    }
    insta::assert_snapshot!(text);
}
