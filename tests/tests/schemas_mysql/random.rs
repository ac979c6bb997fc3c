//! Random schemas: from one to the other, back, and there again.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use revchain::Dialect;
use revchain_tests::clients::Database;
use tokio::runtime::Builder;

use crate::judge::Server;
use crate::plan;

/// Returns a column's type and what is said of it.
fn column() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        Just("int"),
        Just("bigint unsigned"),
        Just("smallint"),
        Just("decimal(10,2)"),
        Just("double"),
        Just("varchar(20)"),
        Just("varchar(40) COLLATE utf8mb4_bin"),
        Just("varchar(20) CHARACTER SET latin1"),
        Just("enum('v1','v2','x')"),
        Just("datetime(3)"),
        Just("varbinary(20)"),
    ];
    let extra = prop_oneof![
        4 => Just(""),
        1 => Just("NOT NULL DEFAULT 1"),
        1 => Just("DEFAULT NULL COMMENT 'it''s'"),
        1 => Just("UNIQUE"),
        1 => Just("NOT NULL"),
        1 => Just("CHECK (NAME <> '77')"),
        1 => Just("INVISIBLE"),
    ];
    let plain = (kind, extra).prop_map(|(kind, extra)| {
        // Not every type takes one for a default.
        let takes = !kind.starts_with("enum") && !kind.starts_with("datetime");
        let extra = if takes { extra } else { extra.trim_end_matches(" DEFAULT 1") };
        format!("NAME {kind} {extra}")
    });
    let computed = prop_oneof![
        Just("NAME int AS (a + 1)".to_owned()),
        Just("NAME int AS (a + 1) STORED".to_owned()),
        Just("NAME int AS (a * 2) STORED UNIQUE".to_owned()),
    ];
    let texts = prop_oneof![
        Just("NAME text".to_owned()),
        Just("NAME json".to_owned()),
        Just("NAME timestamp NOT NULL DEFAULT current_timestamp".to_owned()),
    ];
    prop_oneof![6 => plain, 1 => computed, 1 => texts]
}

/// Returns the columns of a table, its key, its options.
fn table() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("k int AUTO_INCREMENT PRIMARY KEY"),
        Just("k int PRIMARY KEY"),
        Just("k bigint NOT NULL"),
        Just("k int UNIQUE"),
    ];
    let columns = proptest::collection::vec((0..5_usize, column()), 0..5);
    let options = prop_oneof![
        6 => Just(""),
        1 => Just(" COMMENT='some'"),
        1 => Just(" CHARSET=latin1"),
        1 => Just(" COLLATE=utf8mb4_unicode_ci"),
    ];
    let constraint = prop_oneof![
        4 => Just(""), 1 => Just(", UNIQUE ka (k, a)"), 1 => Just(", CHECK (a <> 77)"),
        1 => Just(", CONSTRAINT low CHECK (a < 1000)"), 1 => Just(", KEY (a DESC, k)"),
        2 => Just(", FOREIGN KEY (a) REFERENCES t0 (a)"),
        1 => Just(", FOREIGN KEY (a) REFERENCES t1 (a) ON DELETE CASCADE"),
    ];
    (key, columns, options, constraint, any::<bool>()).prop_map(
        |(key, columns, options, constraint, last)| {
            let mut names = Vec::new();
            let mut parts = vec![key.to_owned()];
            if !last {
                parts.push("a int UNIQUE".to_owned());
            }
            for (at, column) in columns {
                let name = ["b", "c", "d", "e", "f"][at];
                if !names.contains(&name) {
                    names.push(name);
                    parts.push(column.replace("NAME", name));
                }
            }
            if last {
                parts.push("a int UNIQUE".to_owned());
            }
            format!("({}{constraint}){options}", parts.join(", "))
        },
    )
}

/// Returns the DDL of up to three tables, with indexes, views and triggers; some refers to tables that are not there.
fn schema() -> impl Strategy<Value = String> {
    let tables = proptest::collection::vec(proptest::option::weighted(0.8, table()), 3);
    let extras = [
        "CREATE INDEX i0 ON TABLE (a)",
        "CREATE INDEX i1 ON TABLE (a DESC, k)",
        "CREATE UNIQUE INDEX i2 ON TABLE (k, a)",
        "CREATE VIEW v0 AS SELECT k, a FROM TABLE",
        "CREATE VIEW v1 AS SELECT a FROM v0 UNION SELECT k FROM TABLE",
        "CREATE TRIGGER g0 AFTER UPDATE ON TABLE FOR EACH ROW SET @a = NEW.k",
        "CREATE TRIGGER g1 BEFORE DELETE ON TABLE FOR EACH ROW BEGIN SET @b = OLD.a; SET @c = 1; END",
    ];
    let chosen =
        proptest::collection::vec(proptest::option::weighted(0.4, 0..3_usize), extras.len());
    (tables, chosen).prop_map(move |(tables, chosen)| {
        let mut text = String::new();
        let there = |name: &str| (0..3).any(|at| format!("t{at}") == name && tables[at].is_some());
        for (at, table) in tables.iter().enumerate() {
            if let Some(table) = table {
                let dangles = ["t0", "t1"].iter().any(|one| {
                    table.contains(&format!("REFERENCES {one} "))
                        && (!there(one) || *one == format!("t{at}"))
                });
                let circle = at == 0 && table.contains("REFERENCES t1");
                let cut = table.find(", FOREIGN KEY").filter(|_| dangles || circle);
                let end = cut.and_then(|from| table[from..].rfind(')').map(|end| from + end));
                let table = match (cut, end) {
                    (Some(from), Some(end)) => format!("{}{}", &table[..from], &table[end..]),
                    _ => table.clone(),
                };
                text.push_str(&format!("CREATE TABLE t{at} {table};\n"));
            }
        }
        let mut has_view = false;
        for (extra, on) in extras.iter().zip(chosen) {
            if let Some(at) = on.filter(|at| tables[*at].is_some()) {
                if extra.contains("FROM v0") && !has_view {
                    continue;
                }
                has_view |= extra.contains("VIEW v0");
                text.push_str(&extra.replace("TABLE", &format!("t{at}")));
                text.push_str(";\n");
            }
        }
        text
    })
}

#[test]
fn a_schema_becomes_any_other_and_itself_again() {
    let Some(database) = Database::fresh(Dialect::Mysql) else { return };
    let url = database.mysql_url();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = std::cell::RefCell::new(runtime.block_on(Server::connect()));
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let config = Config {
        cases: cases.unwrap_or(64),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let ran = TestRunner::new(config).run(&(schema(), schema()), |(from, to)| {
        let judged = plan(&url, &from, &to, &[])
            .and_then(|plan| runtime.block_on(server.borrow_mut().judge(&from, &to, &plan)));
        judged.map_err(|error| TestCaseError::fail(format!("{error}\n\nfrom:\n{from}\nto:\n{to}")))
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}
