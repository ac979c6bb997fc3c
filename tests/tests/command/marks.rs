//! `mark`: what a marked database refuses, on each database.

use revchain_tests::command::Desk;

fn a_marked_database_refuses_what_undoes(desk: &Desk) {
    desk.three();
    desk.run("upgrade").done();
    desk.run("mark").done().says(&["bears no mark"]);
    desk.run("downgrade -1 --environment production")
        .failed(1, &["the database is not marked `production`", "leave --environment out"]);
    desk.run("mark production").done().says(&["marked: ", " is production"]);
    desk.run("mark production").done();
    assert_eq!(desk.run("mark").done().stdout, "production\n");
    desk.run("mark --json").done().prints(&["\"environment\": \"production\""]);
    desk.run("mark staging").failed(1, &["the database is marked `production`", "--environment"]);
    desk.run("mark --clear").failed(1, &["add --environment production"]);
    for verb in ["downgrade -1", "stamp --purge head"] {
        desk.run(verb)
            .failed(1, &["the database is marked `production`", "--environment production"]);
        desk.run(&format!("{verb} --environment staging"))
            .failed(1, &["the database is not marked `staging`", "it is marked `production`"]);
        desk.run(&format!("{verb} --environment production")).done();
        desk.run("upgrade").done();
    }
    // What is not sealed does not come to it, unless that is said.
    let path = desk.draft("dddd4", "CREATE TABLE dddd4 (n int);", "DROP TABLE dddd4;");
    let before = desk.lock();
    desk.run("upgrade").failed(1, &["the database is marked `production`", "cargo migrate seal"]);
    assert_eq!(desk.lock(), before);
    desk.run("upgrade --locked=false").done().says(&["sealed: dddd4"]);
    desk.edit(&path, "(n int)", "(n int, m int)");
    desk.run("amend --force").failed(1, &["the database is marked `production`"]);
    desk.run("upgrade --sql --dialect sqlite").failed(3, &["edited-revision"]);
    desk.edit(&path, "(n int, m int)", "(n int)");
    desk.run("stamp cccc3").done();
    desk.run("mark --clear --environment production").done().says(&["bears no mark any more"]);
    desk.run("downgrade -1").done();
    desk.run("current").done().prints(&["bbbb2"]);
}

#[test]
fn a_marked_sqlite_database_refuses_what_undoes() {
    a_marked_database_refuses_what_undoes(&Desk::with_set());
}

#[test]
fn a_marked_postgresql_database_refuses_what_undoes() {
    let Some((desk, _database)) = Desk::on_postgres() else { return };
    a_marked_database_refuses_what_undoes(&desk);
}

#[test]
fn a_marked_mysql_database_refuses_what_undoes() {
    let Some((desk, _database)) = Desk::on_mysql() else { return };
    a_marked_database_refuses_what_undoes(&desk);
}

#[test]
fn a_rebase_leaves_a_marked_database_as_it_is() {
    let desk = Desk::with_set();
    desk.unpublished();
    desk.draft("aaaa1", "CREATE TABLE aaaa1 (n int);", "DROP TABLE aaaa1;");
    desk.run("upgrade").done();
    desk.draft("bbbb2", "CREATE TABLE bbbb2 (n int);", "DROP TABLE bbbb2;");
    desk.run("upgrade").done();
    desk.draft_with(
        "--rev-id cccc3 --head aaaa1 --splice",
        "CREATE TABLE cccc3 (n int);",
        "DROP TABLE cccc3;",
    );
    desk.run("mark production").done();
    desk.run("rebase bbbb2 --onto cccc3")
        .done()
        .says(&["the database is marked `production`: it is left as it is"]);
    assert_eq!(desk.tables(), ["aaaa1", "bbbb2"]);
}

#[test]
fn a_mark_stands_beside_the_ledger_and_is_no_sql() {
    let desk = Desk::with_set();
    desk.run("mark production").failed(1, &["the database sqlite:app.db is not there"]);
    desk.three();
    desk.run("mark").done();
    assert!(!desk.at("app.db").exists(), "nothing is made to look");
    desk.run("upgrade").done();
    desk.run("mark \"x'); DROP TABLE aaaa1; --\"").failed(2, &["a name has 1 to 63 letters"]);
    let Some((desk, database)) = Desk::on_postgres() else { return };
    desk.run("set history app.ledger").done();
    assert_eq!(database.run("CREATE SCHEMA app").text, "");
    desk.run("mark staging").done();
    assert_eq!(database.rows("SELECT environment FROM app.ledger_mark"), ["staging"]);
}
