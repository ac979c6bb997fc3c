//! `export`: the revisions become migrations of another tool, and come back.

use revchain_tests::command::Desk;

/// What is to be exported: three revisions of a line, the last without a way back.
fn desk() -> Desk {
    let desk = Desk::new().set("DATABASE_URL", "sqlite:app.db");
    desk.write("old/9_add_a.up.sql", "CREATE TABLE a (x INTEGER); -- one; two\n");
    desk.write("old/9_add_a.down.sql", "DROP TABLE a;\n");
    desk.write("old/10_index.up.sql", "-- no-transaction\nCREATE INDEX i ON a (x);\n");
    desk.write("old/10_index.down.sql", "DROP INDEX i;\n");
    desk.write("old/11_rows.sql", "INSERT INTO a VALUES (1);\n");
    desk.run("import --from sqlx old --dialect sqlite").done();
    desk
}

#[test]
fn sqlx_finds_the_checksums_of_what_it_has_run() {
    let desk = Desk::new();
    let texts = [
        ("old/1_a.sql", "\n-- a\nCREATE TABLE a (x INTEGER)"),
        ("old/2_b.sql", "CREATE TABLE b (x INTEGER);\n\n\n"),
        ("old/3_c.sql", "CREATE TABLE c (\r\n  x INTEGER\r\n);\r\n"),
        ("old/4_d.sql", "-- no-transaction\nCREATE TABLE d (x INTEGER);"),
    ];
    texts.iter().for_each(|(path, text)| desk.write(path, text));
    desk.run("import --from sqlx old --dialect sqlite").done();
    desk.run("export --to sqlx new").done();
    for (path, text) in texts {
        assert_eq!(desk.read(&path.replace("old/", "new/")), text, "{path}");
    }
    // What sqlx ran ended in white space that nothing keeps.
    desk.write("old/4_d.sql", "CREATE TABLE d (x INTEGER); \t\n");
    desk.run("import --from sqlx old --dialect sqlite --into other").done();
    desk.run("export --to sqlx newer --dir other").done().says(&["is not the text that sqlx ran"]);
}

fn tree(desk: &Desk, paths: &str) -> String {
    paths.lines().map(|path| format!("== {path}\n{}", desk.read(path))).collect()
}

#[test]
fn what_came_from_the_tool_goes_back_as_it_was() {
    let desk = desk();
    desk.run("export --to sqlx new --dry-run").done().says(&["would export: 3 revisions"]);
    assert!(!desk.at("new").exists());
    let made = desk.run("export --to sqlx new");
    made.done().says(&["exported: 3 revisions", "is irreversible: sqlx had no way back for it"]);
    for path in made.stdout.lines() {
        assert_eq!(desk.read(path), desk.read(&path.replace("new/", "old/")), "{path}");
    }
    assert_eq!(made.stdout.lines().count(), 5);
    desk.run("export --to sqlx new").failed(2, &["new has files already"]);
}

#[test]
fn each_tools_files_come_back_to_the_same_schema() {
    for tool in ["sqlx", "diesel", "dbmate"] {
        let desk = desk();
        desk.run("new fourth").done();
        let path = desk.run("show head --json").stdout;
        assert!(path.contains("fourth"), "{path}");
        let made = desk.run(&format!("export --to {tool} new"));
        if tool != "sqlx" {
            insta::assert_snapshot!(
                format!("exported_to_{tool}"),
                tree(&desk, &made.done().stdout)
            );
        }
        // Diesel and dbmate compare texts, so what sqlx counted as 9, 10 and 11 has dates there.
        let again = Desk::new().set("DATABASE_URL", "sqlite:app.db");
        for path in made.done().stdout.lines() {
            again.write(path, &desk.read(path));
        }
        again.run(&format!("import --from {tool} new --dialect sqlite")).done();
        again.run("upgrade").done();
        desk.run("upgrade --locked=false").done();
        assert_eq!(again.tables(), desk.tables(), "{tool}");
    }
}

#[test]
fn what_does_not_carry_over_is_said() {
    let desk = Desk::with_set();
    desk.run("new first").done();
    desk.run("new second --rust").done();
    let made = desk.run("export --to dbmate new --json");
    assert!(made.done().stdout.contains("is written in Rust"), "{}", made.stdout);
    let text = made.stdout.lines().find(|line| line.contains("_second.sql")).expect("its file");
    let path = text.trim().trim_matches(['"', ',']);
    assert!(desk.read(path).contains("SELECT to_be_written();"));
    desk.run("export --to sqlx x --dialect postgres").failed(2, &["does not serve postgres"]);
    desk.run("export --to flyway x").failed(2, &["sqlx, diesel, dbmate"]);
}

#[test]
fn branches_become_a_line_that_leads_to_the_same_schema_and_back() {
    for tool in ["sqlx", "diesel", "dbmate"] {
        let desk = Desk::with_set();
        desk.run("set heads many").done();
        desk.draft("aaaa1", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
        let on = "--rev-id bbbb2 --head aaaa1 --label shop";
        desk.draft_with(on, "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
        let on = "--rev-id cccc3 --head aaaa1 --splice";
        desk.draft_with(on, "CREATE INDEX i ON a (n);", "DROP INDEX i;");
        desk.run("merge --rev-id dddd4").done();
        let destroys = "-- migrate:destroys `b` reviewed\nDROP TABLE b;";
        desk.draft("eeee5", destroys, "CREATE TABLE b (n INTEGER);");
        desk.run("upgrade head").done();
        let made = desk.run(&format!("export --to {tool} new"));
        made.done().says(&[
            "exported: 4 revisions",
            "the revisions branch: they were put into one line",
            "1 merge left out",
        ]);
        let again = Desk::new().set("DATABASE_URL", "sqlite:app.db");
        for path in made.stdout.lines() {
            let text = desk.read(path);
            assert!(!text.contains("destroys"), "{text}");
            again.write(path, &text);
        }
        again.run(&format!("import --from {tool} new --dialect sqlite")).done();
        again.run("check --locked --downgrades").done();
        again.run("upgrade head").done();
        assert_eq!(again.schema("app.db"), desk.schema("app.db"), "{tool}");
        again.run("downgrade base").done();
        assert!(again.tables().is_empty(), "{tool}");
    }
}

#[test]
fn each_dialect_has_its_own_files_and_what_the_tool_sends_as_one_is_named() {
    let desk = Desk::with_set();
    desk.run("set dialects sqlite postgres mysql").done();
    let path = desk.run("new indexes --rev-id aaaa1").done().stdout.trim().to_owned();
    let text = desk.read(&path);
    let (header, _) = text.split_once("-- migrate:upgrade").expect("a section");
    let sections = "-- migrate:upgrade sqlite\nCREATE TABLE lite (n);\n\n\
                    -- migrate:upgrade postgres transaction=off\n\
                    CREATE INDEX CONCURRENTLY i ON a (n);\nCREATE INDEX CONCURRENTLY j ON a (n);\n\n\
                    -- migrate:upgrade mysql\n\n\
                    -- migrate:downgrade sqlite\nDROP TABLE lite;\n\n\
                    -- migrate:downgrade postgres transaction=off\nDROP INDEX CONCURRENTLY i;\n\n\
                    -- migrate:downgrade mysql\n";
    desk.write(&path, &format!("{header}{sections}"));
    desk.run("check").done();
    desk.run("export --to sqlx new").failed(2, &["several databases", "--dialect postgres"]);
    let first = |tool: &str, dialect: &str| {
        let made = desk.run(&format!("export --to {tool} {tool}-{dialect} --dialect {dialect}"));
        let path = made.done().stdout.lines().next().expect("a file").to_owned();
        (desk.read(&path), made.stderr)
    };
    assert_eq!(first("sqlx", "sqlite").0, "CREATE TABLE lite (n);\n");
    assert_eq!(first("diesel", "mysql").0.trim(), "DO 0;");
    let (text, said) = first("dbmate", "postgres");
    assert!(
        text.starts_with("-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i"),
        "{text}"
    );
    assert_eq!(said.matches("make a migration of each").count(), 1, "{said}");
}
