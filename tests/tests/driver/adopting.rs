//! What another tool has applied is recorded, and not run again.

use revchain::{Dialect, ErrorKind, History, Migrations, Target, Transactions};
use revchain_tests::project::{Draft, Project};

use crate::contract::{Driver, Result, THREE, applied, events};

/// Returns the revisions of [`THREE`], as those of a tool's migrations 1, 2 and 3; each has the checksum `ab01`.
fn imported<D: Driver>(history: History) -> Result<Migrations> {
    let checksum = match history {
        History::Sqlx => "ab01",
        History::Refinery => "12345678901234567890,77",
        History::Flyway => "-77",
        _ => "-",
    };
    let headers: Vec<String> = (1..=3)
        .map(|version| format!("-- origin: {} {version} {checksum}\n", history.tool()))
        .collect();
    let project = Project::for_dialects(&[D::DIALECT])?;
    let drafts: Vec<Draft<'_>> =
        THREE.into_iter().zip(&headers).map(|(draft, header)| Draft { header, ..draft }).collect();
    project.add(&drafts)?;
    Ok(project.migrations()?)
}

/// Returns the statement that a tool makes its table with, as far as it matters.
fn table<D: Driver>(history: History) -> String {
    let blob = if D::DIALECT == Dialect::Postgres { "BYTEA" } else { "BLOB" };
    let columns = match history {
        History::Sqlx => format!(
            "version BIGINT PRIMARY KEY, description VARCHAR(99) NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT \
             CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum {blob} NOT NULL, execution_time BIGINT NOT NULL"
        ),
        History::Diesel => {
            "version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP".to_owned()
        }
        History::Refinery => {
            "version INT PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255)".to_owned()
        }
        History::GolangMigrate => "version BIGINT NOT NULL PRIMARY KEY, dirty BOOLEAN NOT NULL".to_owned(),
        History::Goose => {
            "id INTEGER PRIMARY KEY, version_id BIGINT NOT NULL, is_applied BOOLEAN NOT NULL".to_owned()
        }
        History::Flyway => {
            "installed_rank INT NOT NULL PRIMARY KEY, version VARCHAR(50), description VARCHAR(200) NOT NULL, \
             type VARCHAR(20) NOT NULL, script VARCHAR(1000) NOT NULL, checksum INT, success BOOLEAN NOT NULL"
                .to_owned()
        }
        History::SeaOrm => {
            "version VARCHAR(128) NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL".to_owned()
        }
        History::Alembic => "version_num VARCHAR(32) NOT NULL PRIMARY KEY".to_owned(),
        _ => "version VARCHAR(128) PRIMARY KEY".to_owned(),
    };
    format!("CREATE TABLE {} ({columns})", history.table())
}

/// Returns a row of the tool's table for a version.
fn row<D: Driver>(history: History, version: &str) -> String {
    let bytes = if D::DIALECT == Dialect::Postgres { r"'\xab01'" } else { "x'ab01'" };
    let table = history.table();
    match history {
        History::Sqlx => format!(
            "INSERT INTO {table} (version, description, success, checksum, execution_time) \
             VALUES ({version}, 'm', TRUE, {bytes}, 7)"
        ),
        History::Refinery => {
            format!("INSERT INTO {table} VALUES ({version}, 'm', '2024', '12345678901234567890')")
        }
        History::Goose => format!("INSERT INTO {table} VALUES ({version}0, {version}, TRUE)"),
        History::Flyway => format!(
            "INSERT INTO {table} VALUES ({version}0, '{version}', 'm', 'SQL', 'V{version}__m.sql', -77, TRUE)"
        ),
        History::GolangMigrate => format!("INSERT INTO {table} VALUES ({version}, FALSE)"),
        History::SeaOrm => format!("INSERT INTO {table} VALUES ('{version}', 1704164645)"),
        History::Diesel => format!("INSERT INTO {table} (version) VALUES ('{version}')"),
        _ => format!("INSERT INTO {table} VALUES ('{version}')"),
    }
}

/// The tools that keep a table.
const TABLES: [History; 10] = [
    History::Sqlx,
    History::Diesel,
    History::Refinery,
    History::SeaOrm,
    History::Dbmate,
    History::GolangMigrate,
    History::Rails,
    History::Goose,
    History::Flyway,
    History::Alembic,
];

/// Makes a database that has run the first two by a tool.
fn half<D: Driver>(history: History) -> Result<(D, D::Connection)> {
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    for draft in &THREE[..2] {
        D::execute(&mut connection, draft.upgrade)?;
    }
    write_down::<D>(history, &mut connection)?;
    Ok((database, connection))
}

/// Writes down that the first two are applied, as the tool does.
fn write_down<D: Driver>(history: History, connection: &mut D::Connection) -> Result {
    if history == History::UserVersion {
        return D::execute(connection, "PRAGMA user_version = 2");
    }
    D::execute(connection, &table::<D>(history))?;
    let versions: &[&str] = match history {
        History::GolangMigrate => &["2"],
        History::Alembic => &["bbbb2"],
        _ => &["1", "2"],
    };
    for version in versions {
        D::execute(connection, &row::<D>(history, version))?;
    }
    Ok(())
}

pub(crate) fn what_each_tool_has_applied_is_recorded_and_the_rest_runs<D: Driver>() -> Result {
    let own = (D::DIALECT == Dialect::Sqlite).then_some(History::UserVersion);
    for history in TABLES.into_iter().chain(own) {
        let migrations = imported::<D>(history)?;
        let (_database, mut connection) = half::<D>(history)?;
        let count = format!("SELECT count(*) FROM {}", history.table());
        let before = match history {
            History::UserVersion => Vec::new(),
            _ => D::rows(&mut connection, &count)?,
        };
        let run = || migrations.upgrade(Target::Head).adopt(history);
        let plan = D::plan(&mut connection, run())?;
        let report = D::run(&mut connection, run())?;
        let adopted: Vec<bool> = report.steps.iter().map(|step| step.adopted).collect();
        assert_eq!(adopted, [true, true, false], "{history:?}");
        assert_eq!(plan.steps.len(), 3, "{history:?}");
        assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1", "bbbb2", "cccc3"]);
        assert_eq!(events::<D>(&mut connection)?, ["aaaa1 adopt", "bbbb2 adopt", "cccc3 upgrade"]);
        // The second revision's rows are there once.
        assert_eq!(D::rows(&mut connection, "SELECT count(*) FROM i")?, ["2"]);
        if history != History::UserVersion {
            assert_eq!(D::rows(&mut connection, &count)?, before, "{history:?}");
        }
        assert!(D::run(&mut connection, run())?.is_empty());
        assert!(D::run(&mut connection, migrations.adopt(history))?.is_empty());
        D::run(&mut connection, migrations.downgrade(Target::Base))?;
    }
    Ok(())
}

pub(crate) fn a_database_without_a_history_is_upgraded_as_ever<D: Driver>() -> Result {
    let migrations = imported::<D>(History::Sqlx)?;
    for empty_table in [false, true] {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        if empty_table {
            D::execute(&mut connection, &table::<D>(History::Sqlx))?;
        }
        let run = migrations.upgrade(Target::Head).adopt(History::Sqlx);
        let report = D::run(&mut connection, run)?;
        assert!(report.steps.len() == 3 && report.steps.iter().all(|step| !step.adopted));
    }
    Ok(())
}

pub(crate) fn what_is_adopted_is_recorded_wholly_or_not_at_all<D: Driver>() -> Result {
    let migrations = imported::<D>(History::Sqlx)?;
    let cases =
        [(Transactions::PerRun, D::DIALECT == Dialect::Mysql), (Transactions::PerRevision, true)];
    for (transactions, stays) in cases {
        let (_database, mut connection) = half::<D>(History::Sqlx)?;
        // The third revision finds its name taken.
        D::execute(&mut connection, "CREATE TABLE i (n INTEGER)")?;
        let run = migrations.upgrade(Target::Head).adopt(History::Sqlx).transactions(transactions);
        let error = D::run(&mut connection, run).expect_err("it is refused");
        assert_eq!(error.code(), "statement", "{error:?}");
        let expected: &[&str] = if stays { &["aaaa1", "bbbb2"] } else { &[] };
        let found = applied::<D>(&mut connection, &migrations)?;
        let adopted: Vec<&String> = found.iter().filter(|id| *id != "cccc3").collect();
        assert_eq!(adopted, expected, "{transactions:?}");
        assert_eq!(error.applied().len(), expected.len(), "{transactions:?}");
        D::execute(&mut connection, "DROP TABLE i")?;
        D::run(&mut connection, migrations.upgrade(Target::Head).adopt(History::Sqlx))?;
        assert_eq!(applied::<D>(&mut connection, &migrations)?.len(), 3);
    }
    Ok(())
}

pub(crate) fn what_was_taken_back_is_not_adopted_again<D: Driver>() -> Result {
    let migrations = imported::<D>(History::Sqlx)?;
    let (_database, mut connection) = half::<D>(History::Sqlx)?;
    let run = || migrations.upgrade(Target::Head).adopt(History::Sqlx);
    D::run(&mut connection, run())?;
    D::run(&mut connection, migrations.downgrade(Target::Base))?;
    let error =
        D::run(&mut connection, migrations.adopt(History::Sqlx)).expect_err("it is refused");
    assert_eq!(error.code(), "history");
    assert!(error.report().contains("were taken back"), "{error:?}");
    let report = D::run(&mut connection, run())?;
    assert!(report.steps.len() == 3 && report.steps.iter().all(|step| !step.adopted), "{report:?}");
    assert_eq!(D::rows(&mut connection, "SELECT count(*) FROM i")?, ["2"]);
    Ok(())
}

pub(crate) fn many_at_once_adopt_once<D: Driver + Sync>() -> Result {
    let migrations = imported::<D>(History::Sqlx)?;
    let (database, mut connection) = half::<D>(History::Sqlx)?;
    let one = || -> std::result::Result<usize, String> {
        let mut connection = database.connect().map_err(|error| error.to_string())?;
        let run = migrations.upgrade(Target::Head).adopt(History::Sqlx);
        let report = D::run(&mut connection, run).map_err(|error| format!("{error:?}"))?;
        Ok(report.steps.iter().filter(|step| step.adopted).count())
    };
    let mut adopted = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        runs.into_iter().map(|run| run.join().expect("no panic")).collect::<Vec<_>>()
    });
    adopted.sort();
    assert_eq!(adopted.pop(), Some(Ok(2)));
    assert!(adopted.iter().all(|one| *one == Ok(0)), "{adopted:?}");
    let expected = ["aaaa1 adopt", "bbbb2 adopt", "cccc3 upgrade"];
    assert_eq!(events::<D>(&mut connection)?, expected);
    Ok(())
}

pub(crate) fn each_history_that_does_not_fit_is_refused_and_nothing_is_written<D: Driver>() -> Result
{
    let other = if D::DIALECT == Dialect::Postgres { r"'\xab02'" } else { "x'ab02'" };
    let edited = format!("UPDATE _sqlx_migrations SET checksum = {other} WHERE version = 2");
    let goose_undone = "INSERT INTO goose_db_version VALUES (99, 1, FALSE)";
    let flyway = "UPDATE flyway_schema_history SET";
    let cases: [(History, &str, &str); 17] = [
        (
            History::Sqlx,
            "UPDATE _sqlx_migrations SET success = FALSE WHERE version = 2",
            "migration 2 failed",
        ),
        (
            History::Sqlx,
            "UPDATE _sqlx_migrations SET version = 9 WHERE version = 2",
            "no revision was made of migration 9",
        ),
        (History::Sqlx, &edited, "migration 2 was applied with another text than `bbbb2`"),
        (
            History::Sqlx,
            "DELETE FROM _sqlx_migrations WHERE version = 1",
            "`aaaa1` revision aaaa1 is not applied, and `bbbb2`",
        ),
        (
            History::Diesel,
            "DELETE FROM __diesel_schema_migrations WHERE version = '1'",
            "is not applied",
        ),
        (
            History::Refinery,
            "UPDATE refinery_schema_history SET checksum = '1' WHERE version = 1",
            "another text",
        ),
        (
            History::Refinery,
            "UPDATE refinery_schema_history SET version = 7 WHERE version = 2",
            "migration 7",
        ),
        (
            History::Dbmate,
            "ALTER TABLE schema_migrations ADD dirty INTEGER",
            "it has a column `dirty`",
        ),
        (History::Dbmate, "INSERT INTO schema_migrations VALUES ('02')", "migration 02"),
        (History::GolangMigrate, "UPDATE schema_migrations SET dirty = TRUE", "it is dirty"),
        (History::GolangMigrate, "UPDATE schema_migrations SET version = 20", "migration 20"),
        (
            History::GolangMigrate,
            "INSERT INTO schema_migrations VALUES (3, FALSE)",
            "listed more than once",
        ),
        (History::Goose, goose_undone, "`aaaa1` revision aaaa1 is not applied"),
        (
            History::Flyway,
            &format!("{flyway} success = FALSE WHERE version = '2'"),
            "migration 2 failed",
        ),
        (
            History::Flyway,
            &format!("{flyway} type = 'BASELINE' WHERE version = '1'"),
            "begins at a baseline, 1",
        ),
        (
            History::Alembic,
            "INSERT INTO alembic_version VALUES ('aaaa1')",
            "migration aaaa1 is listed more than once",
        ),
        (
            History::Alembic,
            "UPDATE alembic_version SET version_num = 'dddd4'",
            "no revision was made of migration dddd4",
        ),
    ];
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    for (history, change, words) in cases {
        let migrations = imported::<D>(history)?;
        write_down::<D>(history, &mut connection)?;
        D::execute(&mut connection, change)?;
        for run in [migrations.adopt(history), migrations.upgrade(Target::Head).adopt(history)] {
            let error = D::run(&mut connection, run).expect_err("it is refused");
            assert_eq!((error.code(), error.exit_code()), ("history", 4), "{change}: {error:?}");
            assert!(error.report().contains(words), "{change}: {error:?}");
            assert!(error.report().contains("= help: "), "{change}: {error:?}");
        }
        assert!(!D::current(&mut connection, migrations.current())?.exists, "{change}");
        D::execute(&mut connection, &format!("DROP TABLE {}", history.table()))?;
    }
    Ok(())
}

pub(crate) fn each_set_that_does_not_fit_a_history_is_refused<D: Driver>() -> Result {
    let origin = "-- origin: sqlx 1 ab01\n";
    let twice =
        |id, revises| Draft { header: origin, ..Draft::new(id, revises, "SELECT 1;", "SELECT 1;") };
    let project = Project::for_dialects(&[D::DIALECT])?;
    project.add(&[twice("aaaa1", "base"), twice("bbbb2", "aaaa1")])?;
    let ambiguous = project.migrations()?;
    let (_database, mut connection) = half::<D>(History::Sqlx)?;
    let cases = [
        (
            imported::<D>(History::Diesel)?,
            History::Sqlx,
            "no revision of the set has such an `origin`",
        ),
        (imported::<D>(History::Diesel)?, History::Diesel, "it is not there"),
        (ambiguous, History::Sqlx, "`bbbb2` is not the only revision that was made of migration 1"),
    ];
    for (migrations, history, words) in cases {
        let error = D::run(&mut connection, migrations.adopt(history)).expect_err("it is refused");
        assert!(matches!(error.kind(), ErrorKind::History(_)), "{error:?}");
        assert!(error.report().contains(words), "{error:?}");
    }
    if D::DIALECT == Dialect::Sqlite {
        let migrations = imported::<D>(History::Sqlx)?;
        D::execute(&mut connection, "PRAGMA user_version = 4")?;
        let error = D::run(&mut connection, migrations.adopt(History::UserVersion))
            .expect_err("it is refused");
        assert!(error.report().contains("it says 4, and the set has 3 revisions"), "{error:?}");
    }
    Ok(())
}
