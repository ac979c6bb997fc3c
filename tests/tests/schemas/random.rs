//! Random schemas: from one to the other, back, and there again.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use revchain_tests::schemas::{catalog, contents, database, fill, lost, plan, run};

/// Returns a column's type, what is said of it, and whether it may be null.
fn column() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        Just("INTEGER"),
        Just("TEXT"),
        Just("REAL"),
        Just("BLOB"),
        Just("NUMERIC"),
        Just("varchar(20)"),
        Just("bigint"),
        Just(""),
    ];
    let extra = prop_oneof![
        4 => Just(""),
        1 => Just("NOT NULL DEFAULT 'v1'"),
        1 => Just("DEFAULT (1 + 1)"),
        1 => Just("DEFAULT CURRENT_TIMESTAMP"),
        1 => Just("UNIQUE"),
        1 => Just("NOT NULL"),
        1 => Just("COLLATE NOCASE"),
        1 => Just("CHECK (NAME IS NOT 'never')"),
        1 => Just("CHECK (NAME > 'v0' OR NAME < 100)"),
        1 => Just("REFERENCES t0 (a)"),
        1 => Just("REFERENCES t1 (a) ON DELETE CASCADE"),
        1 => Just("AS (k + 1)"),
        1 => Just("AS (k + 1) STORED"),
    ];
    (kind, extra).prop_map(|(kind, extra)| format!("NAME {kind} {extra}"))
}

/// Returns the columns of a table, its key, its options.
fn table() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("k INTEGER PRIMARY KEY"),
        Just("k INTEGER PRIMARY KEY AUTOINCREMENT"),
        Just("k INT"),
        Just("k TEXT PRIMARY KEY"),
        Just("k INTEGER NOT NULL"),
    ];
    let columns = proptest::collection::vec((0..5_usize, column()), 0..5);
    let options = prop_oneof![6 => Just(""), 1 => Just(" WITHOUT ROWID")];
    let constraint = prop_oneof![
        3 => Just(""), 1 => Just(", UNIQUE (k, a)"), 1 => Just(", CHECK (k <> 'never')"),
        1 => Just(", CONSTRAINT f FOREIGN KEY (a) REFERENCES t0 (a)"),
    ];
    (key, columns, options, constraint, any::<bool>()).prop_map(
        |(key, columns, options, constraint, last)| {
            let mut names = vec!["a"];
            let mut parts = vec![key.to_owned()];
            if !last {
                parts.push("a INT UNIQUE".to_owned());
            }
            for (at, column) in columns {
                let name = ["b", "c", "d", "e", "f"][at];
                if !names.contains(&name) {
                    names.push(name);
                    parts.push(column.replace("NAME", name));
                }
            }
            if last {
                parts.push("a INT UNIQUE".to_owned());
            }
            let options =
                if key.contains("PRIMARY") && !key.contains("AUTO") { options } else { "" };
            format!("({}{constraint}){options}", parts.join(", "))
        },
    )
}

/// Returns the DDL of up to three tables, with indexes, views and triggers.
fn schema() -> impl Strategy<Value = String> {
    let tables = proptest::collection::vec(proptest::option::weighted(0.8, table()), 3);
    let extras = [
        "CREATE INDEX i0 ON TABLE (a)",
        "CREATE INDEX i1 ON TABLE (a DESC, k) WHERE a > 0",
        "CREATE UNIQUE INDEX i2 ON TABLE (k, abs(a))",
        "CREATE VIEW v0 AS SELECT k, a FROM TABLE",
        "CREATE TRIGGER g0 AFTER UPDATE OF a ON TABLE BEGIN SELECT NEW.k; END",
        "CREATE TRIGGER g1 BEFORE DELETE ON TABLE WHEN OLD.a = 77 BEGIN SELECT RAISE(ABORT, 'no'); END",
    ];
    let chosen =
        proptest::collection::vec(proptest::option::weighted(0.4, 0..3_usize), extras.len());
    (tables, chosen).prop_map(move |(tables, chosen)| {
        let mut text = String::new();
        for (at, table) in tables.iter().enumerate() {
            if let Some(table) = table {
                text.push_str(&format!("CREATE TABLE t{at} {table};\n"));
            }
        }
        for (extra, on) in extras.iter().zip(chosen) {
            if let Some(at) = on.filter(|at| tables[*at].is_some()) {
                text.push_str(&extra.replace("TABLE", &format!("t{at}")));
                text.push_str(";\n");
            }
        }
        text
    })
}

fn there_and_back(from: &str, to: &str) -> Result<(), String> {
    let plan = plan(from, to, &[])?;
    let connection = database(from);
    let (before, after) = (catalog(&connection), catalog(&database(to)));
    fill(&connection);
    let mut refused = false;
    for (direction, wanted) in [("upgrade", &after), ("downgrade", &before), ("upgrade", &after)] {
        let rows = contents(&connection);
        match run(&connection, &plan[direction]) {
            Ok(()) => {}
            Err(error) if plan[direction].to_string().contains("refused_by_rows") => {
                if contents(&connection) != rows {
                    return Err(format!("{direction} failed and left other rows: {error}"));
                }
                refused = true;
            }
            Err(error) => return Err(format!("{direction}: {error}\n{plan:#}")),
        }
        if refused {
            break;
        }
        if catalog(&connection) != *wanted {
            return Err(format!(
                "{direction}: {:#?}\nis not {wanted:#?}\n{plan:#}",
                catalog(&connection)
            ));
        }
        let gone = lost(&rows, &contents(&connection), &plan, false);
        if !gone.is_empty() {
            return Err(format!("{direction}: {}\n{plan:#}", gone.join("\n")));
        }
    }
    Ok(())
}

#[test]
fn a_schema_becomes_any_other_and_itself_again() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let config =
        Config { cases: cases.unwrap_or(64), failure_persistence: None, ..Config::default() };
    let ran = TestRunner::new(config).run(&(schema(), schema()), |(from, to)| {
        there_and_back(&from, &to)
            .map_err(|error| TestCaseError::fail(format!("{error}\n\nfrom:\n{from}\nto:\n{to}")))
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}
