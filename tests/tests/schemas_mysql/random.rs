//! Random schemas: from one to the other, back, and there again.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::BoxedStrategy;
use revchain::Dialect;
use revchain_tests::clients::Database;
use revchain_tests::random_schemas::{Schema, named_columns, try_pairs};
use tokio::runtime::Builder;

use crate::judge::Server;
use crate::{plan, statements};

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
        1 => Just("DEFAULT (1 + 1)"),
    ];
    let plain = (kind, extra).prop_map(|(kind, extra)| {
        // Not every type takes one for a default.
        let takes = !kind.starts_with("enum") && !kind.starts_with("datetime");
        let extra = if takes { extra } else { extra.trim_end_matches("DEFAULT 1") };
        let extra = if takes { extra } else { extra.trim_end_matches("DEFAULT (1 + 1)") };
        format!("NAME {kind} {extra}")
    });
    let computed = prop_oneof![
        Just("NAME int AS (a + 1)".to_owned()),
        Just("NAME int AS (a + 1) STORED".to_owned()),
        Just("NAME int AS (a * 2) STORED UNIQUE".to_owned()),
        Just("NAME varchar(30) AS (concat(a, '-', a)) STORED".to_owned()),
    ];
    let texts = prop_oneof![
        Just("NAME text".to_owned()),
        Just("NAME json".to_owned()),
        Just("NAME timestamp NOT NULL DEFAULT current_timestamp".to_owned()),
    ];
    prop_oneof![6 => plain, 1 => computed, 1 => texts]
}

/// Returns the columns of a table by name, its lines, what stands behind them.
fn table() -> impl Strategy<Value = (Vec<String>, Vec<String>, String, String)> {
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
        1 => Just(", CONSTRAINT f FOREIGN KEY (a) REFERENCES t2 (a) ON UPDATE SET NULL"),
    ];
    (key, columns, options, constraint, any::<bool>()).prop_map(
        |(key, columns, options, constraint, last)| {
            let (names, lines) = named_columns(key, "a int UNIQUE", last, columns);
            (names, lines, constraint.to_owned(), options.to_owned())
        },
    )
}

const EXTRAS: [&str; 8] = [
    "CREATE INDEX i0 ON TABLE (a)",
    "CREATE INDEX i1 ON TABLE (a DESC, k)",
    "CREATE UNIQUE INDEX i2 ON TABLE (k, a)",
    "CREATE VIEW v0 AS SELECT k, a FROM TABLE",
    "CREATE VIEW v1 AS SELECT a FROM v0 UNION SELECT k FROM TABLE",
    "CREATE TRIGGER g0 AFTER UPDATE ON TABLE FOR EACH ROW SET @a = NEW.k",
    "CREATE TRIGGER g1 BEFORE DELETE ON TABLE FOR EACH ROW BEGIN SET @b = OLD.a; SET @c = 1; END",
    "CREATE TRIGGER g2 AFTER DELETE ON TABLE FOR EACH ROW SET @d = OLD.a",
];

/// Returns the DDL of up to three tables, with indexes, views and triggers.
fn schema() -> BoxedStrategy<Schema> {
    let tables = proptest::collection::vec(proptest::option::weighted(0.8, table()), 3);
    let chosen =
        proptest::collection::vec(proptest::option::weighted(0.4, 0..3_usize), EXTRAS.len());
    let made = (tables, chosen).prop_map(|(tables, chosen)| {
        let mut schema = Schema::default();
        for (at, table) in tables.iter().enumerate() {
            let Some((names, lines, constraint, options)) = table else { continue };
            // Only what was made before can be referred to.
            let refers = constraint.split_once("REFERENCES t").map(|(_, rest)| &rest[..1]);
            let dangles = refers
                .and_then(|number| number.parse().ok())
                .is_some_and(|parent: usize| parent >= at || tables[parent].is_none());
            let constraint = if dangles { "" } else { constraint };
            schema.tables.push((format!("t{at}"), names.clone()));
            let lines = lines.join(",\n    ");
            let sql = format!("CREATE TABLE t{at} (\n    {lines}\n{constraint}){options};\n");
            schema.sql.push_str(&sql);
        }
        for (extra, on) in EXTRAS.iter().zip(chosen) {
            let Some(at) = on.filter(|at| tables[*at].is_some()) else { continue };
            if !extra.contains("FROM v0") || schema.sql.contains("VIEW v0") {
                schema.sql.push_str(&extra.replace("TABLE", &format!("t{at}")));
                schema.sql.push_str(";\n");
            }
        }
        schema
    });
    made.boxed()
}

#[test]
fn a_schema_becomes_any_other_and_itself_again() {
    let Some(database) = Database::fresh(Dialect::Mysql) else { return };
    let url = database.mysql_url();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = std::cell::RefCell::new(runtime.block_on(Server::connect()));
    try_pairs(Dialect::Mysql, schema, |pair| {
        let same = statements(&plan(&url, &pair.to, &pair.to, &[])?["upgrade"]);
        if !same.is_empty() {
            return Err(format!("a schema differs from itself: {same:#?}"));
        }
        let flags: Vec<&str> = pair.flags.iter().map(|flag| &**flag).collect();
        let plan = plan(&url, &pair.from, &pair.to, &flags)?;
        runtime.block_on(server.borrow_mut().judge(&pair.from, &pair.to, &plan, pair.seed))
    });
}
