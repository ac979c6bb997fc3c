//! `reset`, on each database.

use revchain_tests::command::Desk;

fn a_reset_begins_again(desk: &Desk, insert: impl Fn(&str), count: impl Fn(&str) -> String) {
    desk.run("reset --yes").done();
    desk.three();
    desk.run("reset --yes").done().says(&["3 revisions applied", "sealed: aaaa1 bbbb2 cccc3"]);
    insert("INSERT INTO aaaa1 VALUES (1)");
    desk.run("reset").failed(2, &["a reset is not run unconfirmed", "cargo migrate reset --yes"]);
    assert_eq!(count("SELECT count(*) FROM aaaa1"), "1");
    desk.run("reset --yes").done().says(&["3 revisions applied", "3 revisions taken back"]);
    assert_eq!(count("SELECT count(*) FROM aaaa1"), "0");
    desk.run("mark staging").done();
    desk.run("reset --yes").failed(1, &["the database is marked `staging`: no reset by mistake"]);
    // Where a revision cannot be taken back, everything goes, whoever made it.
    let path = desk.draft("dddd4", "CREATE TABLE dddd4 (n int);", "DROP TABLE dddd4;");
    let text = desk.read(&path);
    let (upgrade, _) = text.split_once("-- migrate:downgrade").expect("it has one");
    desk.write(&path, &format!("{upgrade}-- migrate:irreversible rows cannot be made up\n"));
    desk.run("seal").done();
    desk.run("upgrade").done();
    insert("CREATE TABLE other (n int)");
    insert("CREATE VIEW seen AS SELECT n FROM aaaa1");
    insert("INSERT INTO aaaa1 VALUES (1)");
    desk.run("reset --yes --environment staging").done().says(&[
        "the revisions cannot be taken back: ",
        "dropped: everything in ",
        "4 revisions applied",
    ]);
    assert_eq!(count("SELECT count(*) FROM aaaa1"), "0");
    insert("CREATE TABLE other (n int)");
    assert_eq!(desk.run("mark").done().stdout, "staging\n");
    desk.run("verify").done();
}

#[test]
fn a_reset_begins_again_on_sqlite() {
    let desk = Desk::with_set();
    let open = || rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
    a_reset_begins_again(
        &desk,
        |sql| open().execute_batch(sql).expect("it is done"),
        |sql| {
            let count: i64 = open().query_row(sql, [], |row| row.get(0)).expect("it answers");
            count.to_string()
        },
    );
}

#[test]
fn a_reset_begins_again_on_postgresql() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    let insert = |sql: &str| assert!(database.run(sql).well, "{sql}");
    insert(
        "CREATE TYPE mood AS ENUM ('well'); CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    a_reset_begins_again(&desk, insert, |sql| database.rows(sql).concat());
    assert_eq!(database.rows("SELECT count(*) FROM pg_type WHERE typname = 'mood'"), ["0"]);
}

#[test]
fn a_reset_begins_again_on_mysql() {
    let Some((desk, database)) = Desk::on_mysql() else { return };
    let insert = |sql: &str| assert!(database.run(sql).well, "{sql}");
    a_reset_begins_again(&desk, insert, |sql| database.rows(sql).concat());
}

#[test]
fn at_a_terminal_a_reset_asks() {
    let desk = Desk::with_set().at_terminal("n\n");
    desk.three();
    desk.run("upgrade").done();
    desk.run("reset").failed(
        1,
        &["take 3 revisions back and lose all rows of sqlite:app.db? [y/N]", "nothing was done"],
    );
    assert_eq!(desk.tables().len(), 3);
    let desk = desk.at_terminal("y\n");
    desk.run("reset").done().says(&["3 revisions applied"]);
}
