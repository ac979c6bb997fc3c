//! How texts are read: what SQLite takes, and what it makes of it.

use super::parse;
use super::table::Table;

/// Returns all that a table's text says, a line for each column and constraint.
fn read(sql: &str) -> Vec<String> {
    let table = parse::table(sql).unwrap_or_else(|| panic!("it is not read: {sql}"));
    lines(&table)
}

fn lines(table: &Table) -> Vec<String> {
    let columns = table
        .columns
        .iter()
        .map(|column| format!("{} {}", column.name, column.definition()).trim_end().to_owned());
    let constraints = table.constraint_set().into_iter().map(ToString::to_string);
    columns.chain(constraints).collect()
}

#[test]
fn a_column_is_read_whatever_stands_in_it() {
    let cases: [(&str, &[&str]); 20] = [
        ("a", &["a"]),
        ("a TEXT", &["a text"]),
        ("'a b' \"my type\" ( 10 , -2 )", &["a b my type(10,-2)"]),
        ("a INT GENERATED ALWAYS AS (1)", &["a int as ( 1 ) virtual"]),
        ("a generated INT", &["a generated int"]),
        ("a INT AS (b + 1) STORED NOT NULL", &["a int not null as ( b + 1 ) stored"]),
        ("a DEFAULT -1", &["a default - 1"]),
        ("a DEFAULT ((- 1))", &["a default - 1"]),
        ("a DEFAULT ((1) + (2))", &["a default ( 1 ) + ( 2 )"]),
        ("a DEFAULT word NOT NULL", &["a not null default 'word'"]),
        ("a DEFAULT \"word\"", &["a default 'word'"]),
        ("a DEFAULT TRUE", &["a default true"]),
        ("a DEFAULT current_timestamp", &["a default current_timestamp"]),
        ("a NULL ON CONFLICT ABORT COLLATE BINARY", &["a"]),
        ("a CONSTRAINT n NOT NULL ON CONFLICT Ignore", &["a not null on conflict ignore"]),
        ("a INTEGER PRIMARY KEY DESC", &["a integer", "primary key (a) descending column"]),
        (
            "a INTEGER PRIMARY KEY ASC ON CONFLICT FAIL AUTOINCREMENT",
            &["a integer", "primary key (a) autoincrement on conflict fail"],
        ),
        (
            "a REFERENCES B ON DELETE NO ACTION ON UPDATE SET NULL MATCH FULL NOT DEFERRABLE",
            &["a", "foreign key (a) references b on update set null"],
        ),
        (
            "a REFERENCES b (C) DEFERRABLE INITIALLY DEFERRED UNIQUE",
            &["a", "unique (a)", "foreign key (a) references b (c) deferrable initially deferred"],
        ),
        ("a CHECK (T.a > \"x\" AND [a] < 'X')", &["a", "check (a > 'x' and a < 'X')"]),
    ];
    for (column, expected) in cases {
        assert_eq!(read(&format!("CREATE TABLE t ({column})")), expected, "{column}");
    }
}

#[test]
fn constraints_of_a_table_are_read_with_and_without_commas() {
    let found = read(
        "CREATE TABLE \"t\" (a, b, -- a comment, with (signs
        CONSTRAINT one PRIMARY KEY (b DESC, a COLLATE nocase ASC) UNIQUE (\"a\") ON CONFLICT REPLACE
        CHECK ((a, b) > (0, 0)), CONSTRAINT two FOREIGN KEY (a, b) REFERENCES p (x, y) ON DELETE CASCADE)",
    );
    assert_eq!(
        found,
        [
            "a",
            "b",
            "primary key (b desc, a collate nocase)",
            "unique (a) on conflict replace",
            "check (( a , b ) > ( 0 , 0 ))",
            "foreign key (a, b) references p (x, y) on delete cascade",
        ]
    );
}

#[test]
fn options_say_what_columns_do_not() {
    let table = parse::table("CREATE TABLE t (a INT, b, PRIMARY KEY (a)) STRICT, WITHOUT ROWID");
    let table = table.expect("a table");
    assert_eq!(table.options(), (true, true));
    assert_eq!(lines(&table), ["a int not null", "b", "primary key (a)"]);
}

#[test]
fn a_table_is_written_under_another_name() {
    let sql = "CREATE TABLE [My Table] (a CHECK (\"my table\".a > 0), b AS ([My Table] . a))";
    let table = parse::table(sql).expect("a table");
    assert_eq!(table.sql_as("x\"y"), "CREATE TABLE \"x\"\"y\" (a CHECK (a > 0), b AS ( a))");
}

#[test]
fn the_rowid_is_found() {
    for (sql, column, name) in [
        ("CREATE TABLE t (a INTEGER PRIMARY KEY)", Some("a"), Some("rowid")),
        ("CREATE TABLE t (a INT PRIMARY KEY)", None, Some("rowid")),
        ("CREATE TABLE t (a INTEGER PRIMARY KEY DESC)", None, Some("rowid")),
        ("CREATE TABLE t (rowid, a integer, PRIMARY KEY (a DESC))", Some("a"), Some("_rowid_")),
        ("CREATE TABLE t (rowid, _ROWID_, oid)", None, None),
        ("CREATE TABLE t (a INTEGER PRIMARY KEY) WITHOUT ROWID", None, None),
    ] {
        let table = parse::table(sql).expect("a table");
        assert_eq!(table.rowid_column().map(|column| &*column.name), column, "{sql}");
        assert_eq!(table.rowid_name(), name, "{sql}");
    }
}

#[test]
fn what_sqlite_would_not_keep_is_not_read() {
    for sql in
        ["CREATE TABLE t (a", "CREATE TABLE t (a INT CHECK)", "CREATE TABLE t (a) LOUD", "SELECT 1"]
    {
        assert!(parse::table(sql).is_none(), "{sql}");
    }
}
