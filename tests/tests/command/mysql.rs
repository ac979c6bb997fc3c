//! The verbs on MySQL or MariaDB.

use revchain_tests::clients::Database;
use revchain_tests::command::Desk;

/// Returns the tables that are not the ledger's, in order.
fn tables(database: &Database) -> Vec<String> {
    database.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = database() \
         AND table_name NOT LIKE 'revchain%' ORDER BY 1",
    )
}

#[test]
fn the_loop_of_development_works_on_mysql() {
    let Some((desk, database)) = Desk::on_mysql() else { return };
    desk.unpublished();
    let [_, second, _] = desk.three();
    desk.run("status").done().prints(&["current   base", "pending   aaaa1"]);
    desk.run("plan").done().prints(&["upgrade aaaa1", "upgrade cccc3"]);
    assert!(tables(&database).is_empty());
    desk.run("upgrade +1").done().says(&["upgrade aaaa1 one more (", "sealed: aaaa1"]);
    desk.run("upgrade").done().says(&["2 revisions applied"]);
    assert_eq!(tables(&database), ["aaaa1", "bbbb2", "cccc3"]);
    desk.run("upgrade").done().says(&["nothing to do"]);
    desk.run("verify").done().says(&[" is at cccc3"]);
    desk.run("current").done().prints(&["cccc3 (head), one more"]);
    desk.run("history -i").done().prints(&["cccc3 (head) (current)"]);
    desk.run("downgrade -1").done().says(&["1 revision taken back"]);
    desk.edit(&second, "n INTEGER", "n INTEGER, m INTEGER");
    desk.run("amend").done().says(&["downgrade bbbb2", "upgrade bbbb2", "sealed: bbbb2"]);
    desk.run("stamp head").done().says(&["(recorded, not run)"]);
    desk.run("stamp bbbb2").done();
    desk.run("downgrade base").done().says(&["2 revisions taken back"]);
    assert!(tables(&database).is_empty());
}

#[test]
fn a_half_done_revision_is_resolved_on_mysql() {
    let Some((desk, database)) = Desk::on_mysql() else { return };
    desk.draft(
        "aaaa1",
        "CREATE TABLE a (n int);\nINSERT INTO nowhere VALUES (1);",
        "DROP TABLE a;",
    );
    desk.run("upgrade").failed(1, &["nowhere", "statement 1 stays done"]);
    desk.run("status").done().prints(&["half done aaaa1"]);
    assert_eq!(database.run("DROP TABLE a").text, "");
    desk.run("resolve aaaa1 --reverted").done().says(&["resolved: aaaa1 is not applied"]);
}

#[test]
fn what_a_mysql_server_refuses_says_what_helps() {
    let Some((desk, database)) = Desk::on_mysql() else { return };
    let url = database.mysql_url();
    let Database::Mysql { name } = &database else { return };
    let cases = [
        (url.replace(name, &format!("{name}_nowhere")), 1, "the server has no database `revchain_"),
        (
            url.replacen("mysql://", "mysql://nobody_at_all:s3cret@", 1).replacen(
                "s3cret@root@",
                "s3cret@",
                1,
            ),
            1,
            "does not let `nobody_at_all` in",
        ),
        ("mysql://127.0.0.1:1/app".to_owned(), 5, "connection refused"),
        ("mysql:///app?socket=/nowhere.sock".to_owned(), 5, "no such socket"),
    ];
    for (url, code, words) in cases {
        let ended = desk.run(&format!("current --database-url {url}"));
        ended.failed(code, &[words]);
        assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
    }
}

#[test]
fn a_copy_is_taken_by_the_servers_own_tool() {
    let Some((desk, database)) = Desk::on_mysql() else { return };
    let desk = desk.set("PATH", &std::env::var("PATH").unwrap_or_default());
    desk.three();
    desk.run("upgrade +1").done();
    desk.run("upgrade --backup before.sql").done().says(&["before.sql", "upgrade cccc3"]);
    let copy = std::fs::read_to_string(desk.path().join("before.sql")).expect("the copy is there");
    assert!(copy.contains("CREATE TABLE `aaaa1`") && !copy.contains("`bbbb2`"), "{copy}");
    desk.run("downgrade base --yes --backup before.sql").failed(1, &["is there already"]);
    assert_eq!(tables(&database), ["aaaa1", "bbbb2", "cccc3"]);
}
