//! Random schemas: from one to the other, back, and there again.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::BoxedStrategy;
use revchain::Dialect;
use revchain_tests::clients::Database;
use revchain_tests::random_schemas::{Schema, try_pairs};
use tokio::runtime::Builder;

use crate::judge::Server;
use crate::tables::{PAIRS, Table, table};
use crate::{plan, statements};

/// What is made behind the tables: what it needs, and itself; `TT` is a table.
const EXTRAS: [(&str, &str); 19] = [
    ("", "CREATE INDEX i0 ON TT (a)"),
    ("", "CREATE INDEX i1 ON TT (a DESC, k)"),
    ("", "CREATE UNIQUE INDEX i2 ON TT (k, a)"),
    ("", "CREATE VIEW v0 AS SELECT k, a FROM TT"),
    ("v0", "CREATE VIEW v1 AS SELECT a FROM v0 UNION SELECT k FROM TT"),
    (
        "v0",
        "CREATE ALGORITHM=MERGE VIEW v2 AS SELECT v0.a AS x, s.k FROM v0 LEFT JOIN TT AS s ON s.k = v0.a",
    ),
    ("", "CREATE SQL SECURITY INVOKER VIEW v3 (x, y) AS SELECT a, count(*) FROM TT GROUP BY a"),
    ("", "CREATE VIEW v4 AS SELECT k, a FROM TT WHERE a > 1 WITH LOCAL CHECK OPTION"),
    (
        "v0",
        "CREATE VIEW v5 AS WITH c AS (SELECT k FROM TT) SELECT c.k, v0.a FROM c JOIN v0 ON v0.k = c.k",
    ),
    ("-t1", "CREATE VIEW t1 AS SELECT k, a FROM TT"),
    ("", "CREATE TRIGGER g0 AFTER UPDATE ON TT FOR EACH ROW SET @a = NEW.k"),
    (
        "",
        "CREATE TRIGGER g1 BEFORE DELETE ON TT FOR EACH ROW BEGIN SET @b = OLD.a; SET @c = 1; END",
    ),
    ("", "CREATE TRIGGER g2 AFTER DELETE ON TT FOR EACH ROW SET @d = OLD.a"),
    ("", "CREATE TRIGGER g3 BEFORE INSERT ON TT FOR EACH ROW SET NEW.a = coalesce(NEW.a, 5)"),
    (
        "t2",
        "ALTER TABLE TT ADD CONSTRAINT late FOREIGN KEY (a) REFERENCES t2 (a) ON DELETE SET NULL",
    ),
    ("t2", "ALTER TABLE TT ADD FOREIGN KEY (m, n) REFERENCES t2 (m, n) ON UPDATE CASCADE"),
    ("", "ALTER TABLE TT ADD CHECK (a > k - 1000)"),
    ("", "CREATE SEQUENCE s0 START 5 INCREMENT BY 2"),
    ("s0", "ALTER TABLE TT ADD COLUMN g int DEFAULT (nextval(s0))"),
];

/// What InnoDB alone takes, and what stands in its place with another engine.
const INNODB: [(&str, &str); 3] =
    [(" VIRTUAL UNIQUE", ""), ("UNIQUE KEY v ", "FULLTEXT KEY v "), (" PAGE_COMPRESSED=1", "")];

/// Returns the DDL of up to three tables, with indexes, views and triggers.
fn schema() -> BoxedStrategy<Schema> {
    let tables = proptest::collection::vec(proptest::option::weighted(0.8, table()), 3);
    let chosen =
        proptest::collection::vec(proptest::option::weighted(0.3, 0..3_usize), EXTRAS.len());
    let pair = prop_oneof![4 => Just(0), 1 => 0..PAIRS.len()];
    let made = (tables, chosen, pair, any::<bool>());
    made.prop_map(|(tables, chosen, pair, plain)| written(&tables, &chosen, pair, plain)).boxed()
}

/// Writes a schema; where it is `plain`, all tables are of one engine, so that they can refer to each other.
fn written(tables: &[Option<Table>], chosen: &[Option<usize>], pair: usize, plain: bool) -> Schema {
    let engine = |at: usize| tables[at].as_ref().map(|table| if plain { "" } else { table.engine });
    let mut schema = Schema::default();
    for (at, table) in tables.iter().enumerate() {
        let Some(table) = table else { continue };
        // Only what was made before can be referred to.
        let refers = |parent: usize, paired: bool| {
            let has_pair = tables[parent].as_ref().is_some_and(|parent| parent.paired);
            let plain = engine(parent) == Some("") && engine(at) == Some("");
            parent <= at && plain && (has_pair || !paired)
        };
        let (names, lines) = table.lines(pair, refers);
        schema.tables.push((format!("t{at}"), names));
        let (options, engine) = (table.options, engine(at).unwrap_or_default());
        let lines = lines.join(",\n    ");
        let sql = format!("CREATE TABLE t{at} (\n    {lines}\n){engine}{options};\n");
        let takes = |sql: String, (only, else_): &(&str, &str)| match engine {
            "" => sql,
            _ => sql.replace(only, else_),
        };
        schema.sql.push_str(&INNODB.iter().fold(sql, takes));
    }
    for ((needs, extra), on) in EXTRAS.iter().zip(chosen) {
        let Some(at) = on.filter(|at| tables[*at].is_some()) else { continue };
        let (missing, name) = needs.strip_prefix('-').map_or((false, *needs), |name| (true, name));
        let there = schema.sql.contains(&format!(" {name} ")) != missing;
        let links = !extra.contains("REFERENCES")
            || [at, 2].iter().all(|at| engine(*at) == Some(""))
                && (!extra.contains("m, n")
                    || [at, 2].iter().all(|at| tables[*at].as_ref().is_some_and(|one| one.paired)));
        if (name.is_empty() || there) && links {
            schema.sql.push_str(&extra.replace("TT", &format!("t{at}")));
            schema.sql.push_str(";\n");
        }
    }
    schema
}

#[test]
fn a_schema_becomes_any_other_and_itself_again() {
    let Some(database) = Database::fresh(Dialect::Mysql) else { return };
    let url = database.mysql_url();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = std::cell::RefCell::new(runtime.block_on(Server::connect()));
    try_pairs(Dialect::Mysql, schema, |pair| {
        let flags: Vec<&str> = pair.flags.iter().map(|flag| &**flag).collect();
        let plan = match plan(&url, &pair.from, &pair.to, &flags) {
            // What the server does not make is no schema: as a check on a column that a foreign key changes.
            Err(error) if error.contains("the database refuses the statement") => return Ok(()),
            plan => plan?,
        };
        let same = statements(&crate::plan(&url, &pair.to, &pair.to, &[])?["upgrade"]);
        if !same.is_empty() {
            return Err(format!("a schema differs from itself: {same:#?}"));
        }
        runtime.block_on(server.borrow_mut().judge(&pair.from, &pair.to, &plan, pair.seed))
    });
}
