//! What no plan makes is told: a database or a text that has it loses nothing in silence.

use revchain_tests::command::Desk;

/// Objects and settings of PostgreSQL that are not compared, and how each is told.
const UNSEEN: [(&str, &str); 20] = [
    ("CREATE COLLATION german (provider = icu, locale = 'de')", "collation public.german"),
    ("COMMENT ON CONSTRAINT adult ON DOMAIN age IS 'of age'", "comment of constraint adult"),
    ("COMMENT ON COLUMN pair.a IS 'a'", "comment of column a of composite type public.pair"),
    ("ALTER TABLE t ALTER a SET (n_distinct = 5)", "options of column a of table public.t"),
    (
        "ALTER TABLE t SET (toast.autovacuum_enabled = false)",
        "parameters of the TOAST table of table public.t",
    ),
    ("ALTER INDEX t_pkey SET (fillfactor = 70)", "parameters of index public.t_pkey"),
    (
        "ALTER INDEX ti ALTER COLUMN 1 SET STATISTICS 300",
        "statistics target of column lower of index public.ti",
    ),
    ("ALTER STATISTICS st SET STATISTICS 77", "statistics target of statistics object public.st"),
    ("CREATE EVENT TRIGGER ev ON ddl_command_end EXECUTE FUNCTION et()", "event trigger ev"),
    ("CREATE PUBLICATION pub FOR TABLE t", "publication pub"),
    ("CREATE TEXT SEARCH CONFIGURATION ts (COPY = english)", "text search configuration public.ts"),
    ("CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple)", "text search dictionary public.td"),
    (
        "CREATE OPERATOR === (LEFTARG = pair, RIGHTARG = pair, FUNCTION = eq)",
        "operator public.===(public.pair,public.pair)",
    ),
    ("CREATE CAST (int AS pair) WITH FUNCTION to_pair(int)", "cast from integer to public.pair"),
    (
        "CREATE OPERATOR FAMILY fam USING btree",
        "operator family public.fam for access method btree",
    ),
    ("CREATE FOREIGN DATA WRAPPER far", "foreign-data wrapper far"),
    ("CREATE SERVER srv FOREIGN DATA WRAPPER far", "server srv"),
    ("CREATE USER MAPPING FOR PUBLIC SERVER srv", "user mapping for public on server srv"),
    (
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "default privileges on new relations belonging to role",
    ),
    (
        "CREATE CONVERSION con FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        "conversion public.con",
    ),
];

/// What these are about, which is compared.
const SEEN: &str = "
CREATE DOMAIN age AS int CONSTRAINT adult CHECK (VALUE > 18);
CREATE TYPE pair AS (a text COLLATE \"C\", b int);
CREATE TYPE texts AS RANGE (subtype = text, collation = \"C\", subtype_opclass = text_pattern_ops);
CREATE TABLE t (id int PRIMARY KEY, a text, b text);
CREATE INDEX ti ON t (lower(a));
CREATE STATISTICS st (dependencies) ON a, b FROM t;
CREATE VIEW v AS SELECT a FROM t;
CREATE FUNCTION et() RETURNS event_trigger LANGUAGE plpgsql AS 'begin end';
CREATE FUNCTION eq(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'select ($1).b = ($2).b';
CREATE FUNCTION to_pair(int) RETURNS pair LANGUAGE sql AS 'select row(null, $1)::pair';
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', PARALLEL = SAFE, SORTOP = >);
CREATE AGGREGATE moving(int) (SFUNC = int4pl, STYPE = int, MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int, SSPACE = 8);
";

#[test]
fn what_a_baseline_leaves_out_is_told() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    let all: String = UNSEEN.iter().map(|(sql, _)| format!("{sql};\n")).collect();
    let made = database
        .run(&format!("SET client_min_messages = error;\nSELECT lo_create(0);\n{SEEN}\n{all}\nALTER VIEW v OWNER TO pg_monitor;"));
    assert!(made.well, "{}", made.text);
    let told: Vec<String> = UNSEEN.iter().map(|(_, told)| format!("= note: {told}")).collect();
    let words: Vec<&str> = told.iter().map(String::as_str).collect();
    let ended = desk.run("baseline --rev-id aaaa1");
    ended
        .done()
        .says(&words)
        .says(&["what is not compared is in postgres:", "cargo migrate new MESSAGE"]);
    let notes = ended.stderr.lines().filter(|line| line.contains("= note:")).count();
    assert_eq!(notes, UNSEEN.len(), "{}", ended.stderr);
    // The database of a test has a setting.
    ended.says(&["no revision makes: large objects, owner pg_monitor, settings of the database\n"]);
    // All else is there, and each verb that compares says the same.
    desk.run("drift").done().says(&words);
    let server = database.postgres_url();
    desk.run(&format!("diff --from head --to {server}")).done().says(&words);
    // What one revision makes by hand is on both sides.
    desk.draft("bbbb2", "CREATE PUBLICATION pub FOR TABLE t;", "DROP PUBLICATION pub;");
    let ended = desk.run(&format!("diff --from head --to {server}"));
    assert!(
        !ended.done().stderr.contains("publication") && ended.stderr.contains("event trigger ev")
    );
}

#[test]
fn what_a_text_wants_and_no_plan_makes_is_told() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    desk.write(
        "schema/app.sql",
        "CREATE TABLE t (id int PRIMARY KEY);\nCREATE PUBLICATION pub FOR TABLE t;\n",
    );
    desk.run("new --autogenerate first")
        .done()
        .says(&["what is not compared is in the models alone", "= note: publication pub"]);
    let url = database.postgres_url();
    desk.write("migrations/migrate.toml", &format!("scratch-url = \"{url}\"\n"));
    desk.run("check").done().says(&["= note: publication pub"]);
    desk.draft("bbbb2", "CREATE PUBLICATION pub FOR TABLE t;", "DROP PUBLICATION pub;");
    assert!(!desk.run("check").done().stderr.contains("publication"));
}

#[test]
fn ranges_and_aggregates_are_compared_whole() {
    let Some((desk, _database)) = Desk::on_postgres() else { return };
    desk.write("a.sql", SEEN);
    for option in [
        ", collation = \"C\"",
        ", subtype_opclass = text_pattern_ops",
        ", PARALLEL = SAFE",
        ", SORTOP = >",
        ", SSPACE = 8",
        ", MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int",
    ] {
        assert!(SEEN.contains(option), "{option}");
        desk.write("b.sql", &SEEN.replace(option, ""));
        let ended = desk.run("diff --from a.sql --to b.sql");
        assert!(ended.done().stdout.contains("CREATE"), "{option}: {}", ended.stdout);
    }
}

#[test]
fn what_a_baseline_of_mysql_leaves_out_is_told() {
    let Some((desk, database)) = Desk::on_mysql() else { return };
    let made = database.run(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE PROCEDURE clear_t() DELETE FROM t;
         CREATE FUNCTION one() RETURNS int RETURN 1;
         CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t;",
    );
    assert!(made.well, "{}", made.text);
    let told = ["procedure clear_t", "function one", "event e"].map(|one| format!("= note: {one}"));
    desk.run("baseline").done().says(&told.each_ref().map(String::as_str));
    desk.run("drift").done();
}
