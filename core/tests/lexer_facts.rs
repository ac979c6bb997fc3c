//! What statements do to transactions and tables.

use revchain_core::{Dialect, TransactionEffect, UnsafeRebuildKind};

use Dialect::{Mysql, Postgres, Sqlite};

fn control(dialect: Dialect, text: &str) -> Option<(&'static str, TransactionEffect)> {
    let split = dialect.split(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    dialect.transaction_control(split.tokens_of(0)).map(|found| (found.words(), found.effect()))
}

#[test]
fn transaction_control_is_named_by_its_words() {
    use TransactionEffect::{Closes, Opens};
    let cases = [
        (&[Sqlite, Postgres, Mysql][..], "begin", Some(("BEGIN", Opens))),
        (&[Sqlite], "BEGIN IMMEDIATE;", Some(("BEGIN", Opens))),
        (&[Sqlite, Postgres, Mysql], "/* x */ COMMIT;", Some(("COMMIT", Closes))),
        (&[Sqlite, Postgres], "END TRANSACTION", Some(("END", Closes))),
        (&[Sqlite, Postgres, Mysql], "ROLLBACK;", Some(("ROLLBACK", Closes))),
        (&[Sqlite, Postgres, Mysql], "ROLLBACK TO a", None),
        (&[Sqlite, Postgres], "ROLLBACK TRANSACTION TO SAVEPOINT a", None),
        (&[Postgres, Mysql], "ROLLBACK WORK TO SAVEPOINT a", None),
        (&[Sqlite, Postgres, Mysql], "SAVEPOINT a", None),
        (&[Sqlite, Postgres, Mysql], "RELEASE SAVEPOINT a", None),
        (&[Sqlite, Postgres, Mysql], "\"BEGIN\"", None),
        (&[Sqlite], "EXPLAIN COMMIT", None),
        (&[Postgres, Mysql], "START TRANSACTION READ ONLY", Some(("START TRANSACTION", Opens))),
        (&[Mysql], "START SLAVE", None),
        (&[Postgres], "ABORT", Some(("ABORT", Closes))),
        (&[Postgres], "PREPARE TRANSACTION 'a'", Some(("PREPARE TRANSACTION", Closes))),
        (&[Postgres], "PREPARE transaction_a AS SELECT 1", None),
        (&[Postgres], "COMMIT PREPARED 'a'", None),
        (&[Postgres], "DO $$ BEGIN COMMIT; END $$", None),
        (&[Mysql], "BEGIN NOT ATOMIC SELECT 1; END", None),
        (&[Mysql], "/*!50003 COMMIT */", Some(("COMMIT", Closes))),
        (&[Mysql], "SET autocommit = 0", Some(("SET autocommit", Opens))),
        (&[Mysql], "SET @a = 1, SESSION autocommit := ON", Some(("SET autocommit", Closes))),
        (&[Mysql], "/*!40101 SET @@session.autocommit=0 */", Some(("SET autocommit", Opens))),
        (&[Mysql], "SET @@autocommit = 1", Some(("SET autocommit", Closes))),
        (&[Mysql], "SET GLOBAL autocommit = 1", None),
        (&[Mysql], "SET @autocommit = 1", None),
        (&[Mysql], "LOCK TABLES t WRITE", Some(("LOCK TABLES", Closes))),
        (&[Mysql], "/*!40000 UNLOCK TABLES */", Some(("LOCK TABLES", Closes))),
        (&[Sqlite, Postgres], "LOCK TABLE t", None),
        (&[Mysql], "XA COMMIT 'a'", Some(("XA COMMIT", Closes))),
    ];
    for (dialects, text, expected) in cases {
        for dialect in dialects {
            assert_eq!(control(*dialect, text), expected, "{dialect}: {text}");
        }
    }
}

#[test]
fn what_a_transaction_cannot_hold_is_named() {
    let cases = [
        (Postgres, "CREATE INDEX CONCURRENTLY i ON t (a)", Some("CREATE INDEX CONCURRENTLY")),
        (Postgres, "create unique index concurrently on t (a)", Some("CREATE INDEX CONCURRENTLY")),
        (Postgres, "CREATE INDEX \"concurrently\" ON t (a)", None),
        (Postgres, "DROP INDEX CONCURRENTLY i", Some("DROP INDEX CONCURRENTLY")),
        (Postgres, "REINDEX TABLE CONCURRENTLY t", Some("REINDEX CONCURRENTLY")),
        (Postgres, "REINDEX (VERBOSE, CONCURRENTLY) TABLE t", Some("REINDEX CONCURRENTLY")),
        (Postgres, "REINDEX (CONCURRENTLY false) TABLE t", None),
        (Postgres, "REINDEX (VERBOSE) SCHEMA s", Some("REINDEX SCHEMA")),
        (Postgres, "REINDEX SYSTEM d", Some("REINDEX SYSTEM")),
        (Postgres, "REINDEX INDEX i", None),
        (Postgres, "VACUUM (ANALYZE) t", Some("VACUUM")),
        (Postgres, "ANALYZE t", None),
        (Postgres, "CREATE DATABASE d", Some("CREATE DATABASE")),
        (Postgres, "DROP TABLESPACE t", Some("DROP TABLESPACE")),
        (Postgres, "ALTER SYSTEM SET a = 1", Some("ALTER SYSTEM")),
        (Postgres, "ALTER DATABASE d SET TABLESPACE t", Some("ALTER DATABASE … SET TABLESPACE")),
        (Postgres, "ALTER DATABASE d SET work_mem = 1", None),
        (
            Postgres,
            "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
            Some("ALTER TABLE … DETACH PARTITION … CONCURRENTLY"),
        ),
        (Postgres, "ALTER TABLE t DETACH PARTITION p", None),
        (
            Postgres,
            "CREATE SUBSCRIPTION s CONNECTION 'c' PUBLICATION p",
            Some("CREATE SUBSCRIPTION"),
        ),
        (
            Postgres,
            "CREATE SUBSCRIPTION s CONNECTION 'c' PUBLICATION p WITH (create_slot = false)",
            None,
        ),
        (
            Postgres,
            "ALTER SUBSCRIPTION s REFRESH PUBLICATION",
            Some("ALTER SUBSCRIPTION … PUBLICATION"),
        ),
        (Postgres, "ALTER SUBSCRIPTION s DISABLE", None),
        (Postgres, "CLUSTER (VERBOSE);", Some("CLUSTER")),
        (Postgres, "CLUSTER t USING i", None),
        (Postgres, "DISCARD ALL", Some("DISCARD ALL")),
        (Postgres, "DISCARD TEMP", None),
        (Postgres, "ROLLBACK PREPARED 'a'", Some("ROLLBACK PREPARED")),
        (Sqlite, "VACUUM INTO 'a.db'", Some("VACUUM")),
        (Sqlite, "ATTACH 'a.db' AS a", None),
        (Sqlite, "DETACH a", Some("DETACH")),
        (Sqlite, "PRAGMA journal_mode = wal", Some("PRAGMA journal_mode")),
        (Sqlite, "PRAGMA journal_mode", None),
        (Sqlite, "PRAGMA main.\"Synchronous\"(off)", Some("PRAGMA synchronous")),
        (Sqlite, "PRAGMA wal_checkpoint", Some("PRAGMA wal_checkpoint")),
        (Sqlite, "PRAGMA auto_vacuum = 1", Some("PRAGMA auto_vacuum")),
        (Sqlite, "PRAGMA user_version = 1", None),
        (Sqlite, "PRAGMA foreign_keys = off", None),
        (Mysql, "OPTIMIZE TABLE t", None),
    ];
    for (dialect, text, expected) in cases {
        let split = dialect.split(text).unwrap();
        assert_eq!(dialect.needs_no_transaction(split.tokens_of(0)), expected, "{text}");
    }
}

/// The statements that drop, and the tables that are rebuilt.
type Rebuilds = &'static [(usize, &'static str)];

#[test]
fn what_commits_by_itself_on_mysql_is_known_and_what_is_unknown_counts() {
    let yes = [
        "CREATE TABLE t (n int)",
        "create or replace view v as select 1",
        "CREATE /*!50017 DEFINER = x */ TRIGGER t BEFORE INSERT ON t FOR EACH ROW SET NEW.n = 1",
        "/*!40000 ALTER TABLE t DISABLE KEYS */",
        "/*M!100501 CREATE SEQUENCE s */",
        "DROP TABLE t",
        "ALTER TABLE t ADD m int",
        "RENAME TABLE a TO b",
        "TRUNCATE t",
        "GRANT SELECT ON t TO x",
        "ANALYZE TABLE t",
        "OPTIMIZE TABLE t",
        "LOAD INDEX INTO CACHE t",
        "SET PASSWORD = 'x'",
        "SET STATEMENT max_statement_time = 1 FOR ALTER TABLE t ADD m int",
        "CALL p()",
        "EXECUTE s",
        "BEGIN NOT ATOMIC DROP TABLE t; END",
        "WHATEVER COMES NEXT",
    ];
    let no = [
        "INSERT INTO t VALUES (1)",
        "REPLACE INTO t SELECT 1",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "/*!50001 UPDATE t SET n = 1 */",
        "CREATE TEMPORARY TABLE t (n int)",
        "DROP TEMPORARY TABLE t",
        "SET sql_mode = ''",
        "SET @a = 1",
        "USE shop",
        "LOAD DATA INFILE 'x' INTO TABLE t",
        "SAVEPOINT s",
        "ROLLBACK TO s",
        "BEGIN",
        "COMMIT",
        "LOCK TABLES t WRITE",
        "/*+ a hint alone */",
    ];
    for (texts, expected) in [(&yes[..], true), (&no[..], false)] {
        for text in texts {
            let split = Mysql.split(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(Mysql.commits_by_itself(&split.tokens), expected, "{text}");
            for other in [Sqlite, Postgres] {
                assert!(!other.commits_by_itself(&split.tokens), "{text}");
            }
        }
    }
}

#[test]
fn the_settings_that_a_set_of_mysql_names_are_those_of_its_session() {
    let cases: [(&str, &[&str]); 7] = [
        ("SET SQL_MODE = 'ANSI', @@time_zone = '+00:00'", &["sql_mode", "time_zone"]),
        ("SET @old = @@sql_mode, SESSION sql_mode := ''", &["sql_mode"]),
        ("/*!40014 SET @OLD = @@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */", &["unique_checks"]),
        ("SET @@session.foreign_key_checks = 0", &["foreign_key_checks"]),
        ("SET GLOBAL max_connections = 5, PERSIST x = 1, @@global.y = 2", &[]),
        ("SET NAMES latin1", &[]),
        ("SELECT 1", &[]),
    ];
    for (text, expected) in cases {
        let split = Mysql.split(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(Mysql.session_settings(&split.tokens), expected, "{text}");
    }
}

#[test]
fn a_rebuild_is_found_at_the_drop() {
    let cases: &[(&str, &str, Rebuilds)] = &[
        (
            "dropped, and the new one renamed",
            "CREATE TABLE n (a); DROP TABLE t; ALTER TABLE n RENAME TO t",
            &[(1, "t")],
        ),
        (
            "renamed, made anew, dropped",
            "ALTER TABLE t RENAME TO o; CREATE TABLE t (a); DROP TABLE o",
            &[(2, "t")],
        ),
        (
            "renamed, dropped, made anew",
            "ALTER TABLE t RENAME TO o; DROP TABLE o; CREATE TABLE t (a)",
            &[(1, "t")],
        ),
        (
            "swapped",
            "CREATE TABLE n (a); ALTER TABLE t RENAME TO o; ALTER TABLE n RENAME TO t; DROP TABLE o",
            &[(3, "t")],
        ),
        (
            "renamed twice",
            "ALTER TABLE t RENAME TO o; ALTER TABLE o RENAME TO p; CREATE TABLE t (a); DROP TABLE p",
            &[(3, "t")],
        ),
        (
            "dropped and made anew",
            "DROP TABLE IF EXISTS t; CREATE TABLE IF NOT EXISTS t (a)",
            &[(0, "t")],
        ),
        ("made from a query", "DROP TABLE t; CREATE TABLE t AS SELECT 1", &[(0, "t")]),
        (
            "names compare without case and quotes",
            "DROP TABLE [T]; ALTER TABLE n RENAME TO `t`",
            &[(0, "t")],
        ),
        ("a string is a name, too", "DROP TABLE main.'t'; CREATE TABLE \"T\" (a)", &[(0, "t")]),
        ("schemas are kept apart", "DROP TABLE a.t; CREATE TABLE t (a)", &[]),
        ("in another schema", "DROP TABLE a.t; CREATE TABLE a.t (a)", &[(0, "a.t")]),
        (
            "two of them",
            "DROP TABLE t; CREATE TABLE t (a); DROP TABLE u; CREATE TABLE u (a)",
            &[(0, "t"), (2, "u")],
        ),
        ("dropped for good", "DROP TABLE t; CREATE TABLE u (a)", &[]),
        ("a helper", "CREATE TABLE h (a); DROP TABLE h; CREATE TABLE h (a); DROP TABLE h", &[]),
        (
            "a helper renamed",
            "CREATE TABLE h (a); ALTER TABLE h RENAME TO i; DROP TABLE i; CREATE TABLE i (a)",
            &[],
        ),
        (
            "a rebuilt table is no helper",
            "DROP TABLE t; CREATE TABLE t (a); DROP TABLE t",
            &[(0, "t")],
        ),
        ("a temporary table", "DROP TABLE temp.t; CREATE TEMP TABLE t (a)", &[]),
        (
            "a temporary table is dropped first",
            "CREATE TEMP TABLE t AS SELECT 1; DROP TABLE t; CREATE TABLE t (a)",
            &[],
        ),
        (
            "a temporary copy does not save the table",
            "CREATE TEMP TABLE c AS SELECT * FROM t; DROP TABLE t; CREATE TABLE t (a); DROP TABLE c",
            &[(1, "t")],
        ),
        ("a virtual table", "DROP TABLE t; CREATE VIRTUAL TABLE t USING fts5(a)", &[]),
        (
            "a column renamed",
            "DROP TABLE t; ALTER TABLE u RENAME a TO t; ALTER TABLE u RENAME COLUMN b TO t",
            &[],
        ),
        ("only explained", "EXPLAIN DROP TABLE t; CREATE TABLE t (a)", &[]),
        ("the name was not free", "CREATE TABLE IF NOT EXISTS t (a); DROP TABLE t", &[]),
        (
            "names swapped, nothing dropped",
            "ALTER TABLE t RENAME TO x; ALTER TABLE u RENAME TO t; ALTER TABLE x RENAME TO u",
            &[],
        ),
    ];
    for (name, text, expected) in cases {
        let split = Sqlite.split(text).unwrap();
        let found: Vec<_> = Sqlite
            .unsafe_rebuilds(&split)
            .into_iter()
            .map(|rebuild| match rebuild.kind {
                UnsafeRebuildKind::Rebuild { table } => (rebuild.statement, table),
                UnsafeRebuildKind::ForeignKeysPragma => (rebuild.statement, "pragma".into()),
            })
            .collect();
        let expected: Vec<_> =
            expected.iter().map(|(at, table)| (*at, (*table).to_owned())).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_foreign_keys_pragma_is_found_when_it_sets() {
    let cases = [
        ("PRAGMA foreign_keys = off", 1),
        ("PRAGMA main.foreign_keys(0)", 1),
        ("PRAGMA 'Foreign_Keys'=1", 1),
        ("PRAGMA foreign_keys", 0),
        ("PRAGMA foreign_key_check(t)", 0),
        ("PRAGMA defer_foreign_keys = on", 0),
        ("EXPLAIN PRAGMA foreign_keys = off", 0),
    ];
    for (text, expected) in cases {
        let split = Sqlite.split(text).unwrap();
        let found = Sqlite.unsafe_rebuilds(&split);
        assert_eq!(found.len(), expected, "{text}");
        assert!(found.iter().all(|found| found.kind == UnsafeRebuildKind::ForeignKeysPragma));
        assert!(Postgres.unsafe_rebuilds(&split).is_empty());
    }
}

#[test]
fn a_hidden_statement_differs_between_dialects() {
    let text = "/* a /* b */ drop table n; -- */";
    let texts = |dialect: Dialect| {
        let split = dialect.split(text).unwrap();
        split.tokens.iter().map(|token| token.text).collect::<Vec<_>>()
    };
    assert_eq!(texts(Sqlite), ["drop", "table", "n", ";"]);
    assert_eq!(texts(Mysql), ["drop", "table", "n", ";"]);
    assert!(texts(Postgres).is_empty());
}
