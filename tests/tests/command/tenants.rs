//! Revisions of PostgreSQL that were generated, in many schemas of one database: their objects are named without a schema.

use revchain_tests::clients::Database;
use revchain_tests::command::Desk;

/// All that a statement can name: types, tables, keys, defaults, functions, views, triggers, rules of who may see what.
const FIRST: &str = "
CREATE EXTENSION citext;
CREATE TYPE mood AS ENUM ('ok', 'sad');
CREATE DOMAIN age AS integer CHECK (VALUE > 0);
CREATE TYPE pair AS (a mood, b age);
CREATE TABLE teams (id serial PRIMARY KEY, name citext NOT NULL UNIQUE);
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team integer REFERENCES teams ON DELETE CASCADE,
    mood mood NOT NULL DEFAULT 'ok',
    age age,
    public text,
    CHECK (mood <> 'sad' OR age > 7)
);
CREATE INDEX users_of_a_team ON users (team) WHERE mood = 'ok';
CREATE FUNCTION is_well(mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 = 'ok' $$;
CREATE FUNCTION count_users() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM users; END;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.public := 'public.users'; RETURN new; END $$;
CREATE VIEW well AS SELECT u.id, t.name FROM users u JOIN teams t ON t.id = u.team WHERE is_well(u.mood);
CREATE MATERIALIZED VIEW many AS SELECT count(*) FROM well;
CREATE TRIGGER touched BEFORE INSERT ON users FOR EACH ROW WHEN (is_well(new.mood)) EXECUTE FUNCTION touch();
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON users USING (id = (SELECT max(id) FROM teams));
COMMENT ON COLUMN users.public IS 'public.users';
";

/// The same, later: a value goes, a type and a view change, tables come and go.
fn second() -> String {
    FIRST
        .replace("('ok', 'sad')", "('ok', 'odd')")
        .replace("<> 'sad'", "<> 'odd'")
        .replace("name citext NOT NULL", "name text NOT NULL")
        .replace("age integer CHECK (VALUE > 0)", "age integer CHECK (VALUE > 1)")
        .replace("u.id, t.name", "t.name, u.id")
        + "CREATE TABLE pets (id serial, owner bigint REFERENCES users);\n"
}

/// Returns what a schema has, without its name.
fn catalog(database: &Database, schema: &str) -> Vec<String> {
    let sql = format!(
        "SET search_path = {schema};
         SELECT c.relname || ' ' || c.relkind::text || ' ' || coalesce(string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ||
             coalesce(pg_get_expr(d.adbin, d.adrelid), ''), ', ' ORDER BY a.attnum), '')
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relname NOT LIKE 'revchain%' GROUP BY c.oid
         UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
         WHERE connamespace = current_schema()::regnamespace AND conname NOT LIKE 'revchain%'
         UNION ALL SELECT proname || ' ' || pg_get_functiondef(oid) FROM pg_proc
         WHERE pronamespace = current_schema()::regnamespace
           AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
         UNION ALL SELECT viewname || definition FROM pg_views WHERE schemaname = current_schema()
         UNION ALL SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
         WHERE c.relnamespace = current_schema()::regnamespace AND NOT tgisinternal
         ORDER BY 1"
    );
    let rows = database.rows(&sql);
    let rows = rows.into_iter().filter(|row| row != "SET");
    rows.map(|row| row.replace(&format!("{schema}."), "")).collect()
}

#[test]
fn what_is_generated_serves_every_schema() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    assert!(database.run("CREATE SCHEMA tenant_a; CREATE SCHEMA tenant_b;").well);
    // The extension is the database's, and no tenant's.
    let extension = "CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;";
    desk.draft("aaaa1", extension, "SELECT 1;");
    desk.write("schema/app.sql", FIRST);
    let made = desk.run("new --autogenerate first");
    let first = desk.read(made.done().stdout.trim());
    desk.run("upgrade --schema tenant_*").done();
    let ended = desk.run("drift --schema tenant_*");
    ended.done().prints(&["schema tenant_b:"]).says(&["is what its revisions make"]);
    assert!(!ended.stderr.contains("not compared"), "{}", ended.stderr);
    let before = catalog(&database, "tenant_a");
    assert!(before.len() > 20, "{before:#?}");
    assert_eq!(before, catalog(&database, "tenant_b"));
    assert!(catalog(&database, "public").is_empty());
    desk.write("schema/app.sql", &second());
    let made = desk.run("new --autogenerate second");
    assert!(!made.done().stderr.contains("alone"), "{}", made.stderr);
    desk.edit(made.stdout.trim(), "destroys mood.sad", "destroys mood.sad reviewed");
    desk.run("upgrade --schema tenant_*").done();
    let after = catalog(&database, "tenant_a");
    assert_ne!(before, after);
    assert_eq!(after, catalog(&database, "tenant_b"));
    assert!(database.run("CREATE TABLE tenant_b.extra (); DROP VIEW tenant_b.well CASCADE").well);
    let ended = desk.run("drift --schema tenant_*");
    ended.failed(4, &["1 of 2 schemas failed: tenant_b", "done: tenant_a"]);
    ended.prints(&["+ table `tenant_b.extra`", "- view `tenant_b.well`"]);
    assert!(!ended.stdout.contains("`tenant_a."), "{}", ended.stdout);
    let made = "CREATE VIEW well AS SELECT t.name, u.id FROM users u JOIN teams t ON t.id = u.team WHERE is_well(u.mood);
                CREATE MATERIALIZED VIEW many AS SELECT count(*) FROM well;";
    assert!(
        database
            .run(&format!("DROP TABLE tenant_b.extra; SET search_path = tenant_b; {made}"))
            .well
    );
    desk.run("drift --schema tenant_b").done();
    desk.run("downgrade -1 --schema tenant_*").done();
    assert_eq!(before, catalog(&database, "tenant_a"));
    desk.run("downgrade base --schema tenant_*").done();
    assert!(catalog(&database, "tenant_b").is_empty());
    // What texts and strings say is the author's.
    let named: Vec<&str> =
        first.split_whitespace().filter(|word| word.contains("public.")).collect();
    assert_eq!(named, ["public.citext", "'public.users';", "'public.users';"]);
}

#[test]
fn a_name_that_means_another_object_without_its_schema_keeps_it() {
    let Some((desk, _database)) = Desk::on_postgres() else { return };
    desk.write(
        "schema/app.sql",
        "CREATE DOMAIN public.date AS text;\nCREATE TABLE days (day public.date);\n",
    );
    let made = desk.run("new --autogenerate days");
    made.done().says(&["for the schema `public` alone", "column `public.days.day`"]);
    assert!(desk.read(made.stdout.trim()).contains("day public.date"), "{}", made.stdout);
    desk.run("upgrade").done();
    desk.run("drift").done();
}

#[test]
fn the_schema_that_a_url_names_is_that_of_the_revisions() {
    let Some((_, database)) = Desk::on_postgres() else { return };
    assert!(database.run("CREATE SCHEMA app;").well);
    let desk = Desk::new().set("DATABASE_URL", &format!("{}?schema=app", database.postgres_url()));
    desk.run("init --name app --dialect postgres").done();
    desk.write("schema/app.sql", "CREATE TABLE users (id serial PRIMARY KEY);\n");
    let made = desk.run("new --autogenerate users");
    assert!(!desk.read(made.done().stdout.trim()).contains("app."));
    desk.run("upgrade").done();
    assert!(!catalog(&database, "app").is_empty() && catalog(&database, "public").is_empty());
    desk.run("drift").done();
    desk.run("new --autogenerate users").done().says(&["nothing to do"]);
    desk.run("downgrade base").done();
    desk.run("drift").done();
}
