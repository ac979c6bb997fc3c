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
