//! Random schemas: from one to the other, back, and there again.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::BoxedStrategy;
use revchain_tests::Dialect;
use revchain_tests::random_schemas::{Pair, Schema, named_columns, try_pairs};
use revchain_tests::schemas::{
    catalog, contents, database, fill_by_chance, is_empty, lost, plan, run,
};

/// Returns a column's type and what is said of it.
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
        1 => Just("UNIQUE ON CONFLICT IGNORE"),
        1 => Just("NOT NULL"),
        1 => Just("NOT NULL ON CONFLICT REPLACE DEFAULT 7"),
        1 => Just("COLLATE NOCASE"),
        1 => Just("COLLATE RTRIM UNIQUE"),
        1 => Just("CHECK (NAME IS NOT 'never')"),
        1 => Just("CHECK (NAME > 'v0' OR NAME < 100)"),
        1 => Just("REFERENCES t0 (a)"),
        1 => Just("REFERENCES t1 (a) ON DELETE CASCADE"),
        1 => Just("REFERENCES t2 (a) ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED"),
        1 => Just("AS (k + 1)"),
        1 => Just("AS (k + 1) STORED"),
        1 => Just("GENERATED ALWAYS AS (a || 'x') VIRTUAL UNIQUE"),
    ];
    (kind, extra).prop_map(|(kind, extra)| format!("NAME {kind} {extra}"))
}

/// Returns the columns of a table by name, its lines, what stands behind them.
fn table() -> impl Strategy<Value = (Vec<String>, Vec<String>, String)> {
    let key = prop_oneof![
        Just("k INTEGER PRIMARY KEY"),
        Just("k INTEGER PRIMARY KEY AUTOINCREMENT"),
        Just("k INT"),
        Just("k TEXT PRIMARY KEY"),
        Just("k INTEGER NOT NULL"),
        Just("k INTEGER PRIMARY KEY DESC"),
    ];
    let columns = proptest::collection::vec((0..5_usize, column()), 0..5);
    let options = prop_oneof![
        6 => Just(""), 1 => Just(" WITHOUT ROWID"), 1 => Just(" STRICT"),
        1 => Just(" STRICT, WITHOUT ROWID"),
    ];
    let constraint = prop_oneof![
        3 => Just(""), 1 => Just(", UNIQUE (k, a)"), 1 => Just(", CHECK (k <> 'never')"),
        1 => Just(", CONSTRAINT f FOREIGN KEY (a) REFERENCES t0 (a)"),
        1 => Just(", CONSTRAINT u UNIQUE (a COLLATE NOCASE, k) ON CONFLICT REPLACE"),
        1 => Just(", CONSTRAINT low CHECK (a < 1000 OR a > k)"),
        1 => Just(", FOREIGN KEY (a) REFERENCES t1 (a) ON DELETE CASCADE"),
    ];
    let together = prop_oneof![4 => Just(""), 1 => Just(", PRIMARY KEY (k, a DESC)")];
    (key, columns, options, constraint, together, any::<bool>()).prop_map(
        |(key, columns, options, constraint, together, last)| {
            let key = if together.is_empty() { key } else { "k INT NOT NULL" };
            let (names, mut lines) = named_columns(key, "a INT UNIQUE", last, columns);
            // SQLite renames no column of the key of such a table that stands in another one, too.
            let twice = !together.is_empty() || constraint.contains("UNIQUE");
            let options = if twice { options.trim_end_matches(", WITHOUT ROWID") } else { options };
            let options = if twice && options == " WITHOUT ROWID" { "" } else { options };
            let keyed = key.contains("PRIMARY") && !key.contains("AUTO");
            let options = match options {
                " WITHOUT ROWID" if !keyed => "",
                " STRICT, WITHOUT ROWID" if !keyed => " STRICT",
                options => options,
            };
            if options.contains("STRICT") {
                lines.iter_mut().for_each(|line| *line = strict(line));
            }
            (names, lines, format!("{together}{constraint}\n){options}"))
        },
    )
}

/// Gives a column one of the types that a strict table takes.
fn strict(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    words[1] = match words[1] {
        _ if line.contains(" AS (") || line.contains("DEFAULT") => "ANY",
        "NUMERIC" => "ANY",
        "varchar(20)" => "TEXT",
        "bigint" => "INT",
        "" => "BLOB",
        other => other,
    };
    words.join(" ")
}

const EXTRAS: [&str; 14] = [
    "CREATE INDEX i0 ON TABLE (a)",
    "CREATE INDEX i1 ON TABLE (a DESC, k) WHERE a > 0",
    "CREATE UNIQUE INDEX i2 ON TABLE (k, abs(a))",
    "CREATE INDEX i3 ON TABLE (k COLLATE NOCASE DESC, a + 1)",
    "CREATE UNIQUE INDEX i4 ON TABLE (a) WHERE k IS NOT NULL AND a IN (1, 2)",
    "CREATE VIEW v0 AS SELECT k, a FROM TABLE",
    "CREATE VIEW v1 (p, q) AS SELECT a, count(*) FROM TABLE GROUP BY a",
    "CREATE VIEW v2 AS SELECT v0.k, x.a FROM v0 JOIN TABLE AS x USING (k)",
    "CREATE VIEW v3 AS SELECT * FROM v2 UNION SELECT k, a FROM TABLE WHERE a = 'V1'",
    "CREATE TRIGGER g0 AFTER UPDATE OF a ON TABLE BEGIN SELECT NEW.k; END",
    "CREATE TRIGGER g1 BEFORE DELETE ON TABLE WHEN OLD.a = 77 BEGIN SELECT RAISE(ABORT, 'no'); END",
    "CREATE TRIGGER g2 INSTEAD OF INSERT ON v0 BEGIN INSERT INTO TABLE (k, a) VALUES (NEW.k, NEW.a); END",
    "CREATE TRIGGER g3 AFTER INSERT ON TABLE BEGIN UPDATE t0 SET a = a WHERE k = NEW.k; END",
    "CREATE TRIGGER g4 AFTER DELETE ON TABLE BEGIN DELETE FROM t1 WHERE a = OLD.a AND k = 77; END",
];

/// Returns the DDL of up to three tables, with indexes, views and triggers; some names what is not there.
fn schema() -> BoxedStrategy<Schema> {
    let tables = proptest::collection::vec(proptest::option::weighted(0.8, table()), 3);
    let chosen =
        proptest::collection::vec(proptest::option::weighted(0.3, 0..3_usize), EXTRAS.len());
    let made = (tables, chosen).prop_map(|(tables, chosen)| {
        let mut schema = Schema::default();
        for (at, table) in tables.iter().enumerate() {
            let Some((names, lines, end)) = table else { continue };
            schema.tables.push((format!("t{at}"), names.clone()));
            let lines = lines.join(",\n    ");
            schema.sql.push_str(&format!("CREATE TABLE t{at} (\n    {lines}\n{end};\n"));
        }
        for (extra, on) in EXTRAS.iter().zip(chosen) {
            if let Some(at) = on.filter(|at| tables[*at].is_some()) {
                let view = ["v0", "v2"].iter().any(|view| {
                    extra.contains(view)
                        && !extra.contains(&format!("VIEW {view}"))
                        && !schema.sql.contains(&format!("VIEW {view}"))
                });
                let table = ["t0", "t1"].iter().any(|table| {
                    extra.contains(table) && !schema.tables.iter().any(|(name, _)| name == table)
                });
                if !view && !table {
                    let line = extra.replace("TABLE", &format!("t{at}"));
                    schema.sql.push_str(&format!("{line};\n"));
                }
            }
        }
        schema
    });
    made.boxed()
}

fn there_and_back(Pair { from, to, flags, seed }: &Pair) -> Result<(), String> {
    let same = plan(to, to, &[])?;
    if !is_empty(&same["upgrade"]) {
        return Err(format!("a schema differs from itself: {same:#}"));
    }
    let flags: Vec<&str> = flags.iter().map(|flag| &**flag).collect();
    let plan = plan(from, to, &flags)?;
    let connection = database(from);
    let (before, after) = (catalog(&connection), catalog(&database(to)));
    fill_by_chance(&connection, *seed);
    for (direction, wanted, back) in
        [("upgrade", &after, false), ("downgrade", &before, true), ("upgrade", &after, false)]
    {
        let rows = contents(&connection);
        match run(&connection, &plan[direction]) {
            Ok(()) => {}
            Err(error) if plan[direction].to_string().contains("refused_by_rows") => {
                if contents(&connection) != rows {
                    return Err(format!("{direction} failed and left other rows: {error}"));
                }
                break;
            }
            Err(error) => return Err(format!("{direction}: {error}\n{plan:#}")),
        }
        if catalog(&connection) != *wanted {
            return Err(format!(
                "{direction}: {:#?}\nis not {wanted:#?}\n{plan:#}",
                catalog(&connection)
            ));
        }
        let gone = lost(&rows, &contents(&connection), &plan, back);
        if !gone.is_empty() {
            return Err(format!("{direction}: {}\n{plan:#}", gone.join("\n")));
        }
    }
    Ok(())
}

#[test]
fn a_schema_becomes_any_other_and_itself_again() {
    try_pairs(Dialect::Sqlite, schema, there_and_back);
}
