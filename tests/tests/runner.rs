//! `cargo migrate` lets the project's own binary run what is written in Rust: a real package, built by cargo.

use std::fs;
use std::path::Path;

use revchain_tests::command::Desk;

/// Makes a package with the command's own scaffold, which cargo builds without a network.
fn desk() -> Desk {
    let mut desk = Desk::new().set("DATABASE_URL", "sqlite:app.db");
    for name in ["PATH", "HOME", "CARGO", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Ok(value) = std::env::var(name) {
            desk = desk.set(name, &value);
        }
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
    let desk =
        desk.set("CARGO_TARGET_DIR", &target.to_string_lossy()).set("CARGO_NET_OFFLINE", "true");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let manifest = format!(
        "[package]\nname = \"shop\"\nversion = \"1.2.3\"\nedition = \"2024\"\n\n[dependencies]\n\
         revchain = {{ path = {:?}, features = [\"cli\", \"rusqlite\"] }}\n\
         rusqlite = {{ version = \"*\", features = [\"bundled\"] }}\n\n[workspace]\n",
        workspace.join("runtime")
    );
    desk.write("Cargo.toml", &manifest);
    desk.write("src/lib.rs", "");
    let lock = fs::read_to_string(workspace.join("Cargo.lock")).expect("the workspace has a lock");
    desk.write("Cargo.lock", &lock);
    desk
}

/// One after another, as the binaries of both packages are built at one place.
#[test]
fn the_projects_own_binary_runs_what_is_written_in_rust() {
    a_plan_with_a_revision_in_rust_is_run_by_the_projects_own_binary_and_sealed();
    an_edited_revision_in_rust_is_amended_by_the_projects_own_binary();
    what_holds_the_place_of_a_program_compiles_and_refuses_until_it_is_written();
}

fn a_plan_with_a_revision_in_rust_is_run_by_the_projects_own_binary_and_sealed() {
    let desk = desk();
    desk.run("init --runner").done().says(&["src/bin/migrate.rs"]);
    desk.draft("aaaa1", "CREATE TABLE users (n);", "DROP TABLE users;");
    let ended = desk.run("new \"fill users\" --rust --rev-id bbbb2");
    let path = ended.done().stdout.trim().to_owned();
    for (name, sql) in
        [("upgrade", "CREATE TABLE by_rust (n)"), ("downgrade", "DROP TABLE by_rust")]
    {
        let empty = format!("{name}(_connection: &Connection) -> Result<()> {{\n    Ok(())");
        let full = format!(
            "{name}(connection: &Connection) -> Result<()> {{\n    connection.execute_batch(\"{sql}\")"
        );
        desk.edit(&path, &empty, &full);
    }

    desk.run("upgrade").done().says(&["upgrade aaaa1", "upgrade bbbb2", "sealed: aaaa1 bbbb2"]);
    assert_eq!(desk.tables(), ["by_rust", "users"]);
    desk.run("check --locked").done();
    desk.run("current").done().prints(&["bbbb2"]);
    desk.run("downgrade -1").done().says(&["downgrade bbbb2"]);
    assert_eq!(desk.tables(), ["users"]);

    // A variable with a name of its own is handed on, also from `.env`.
    desk.write("migrations/migrate.toml", "database-url-variable = \"SHOP_URL\"\n");
    desk.write(".env", "SHOP_URL=sqlite:other.db\n");
    desk.run("upgrade").done().says(&["upgrade aaaa1", "upgrade bbbb2"]);
    assert!(desk.at("other.db").is_file());
    assert_eq!(desk.tables(), ["users"]);
    std::fs::remove_file(desk.at("migrations/migrate.toml")).expect("it was written");

    // What it says of a failure, and its exit code, are the call's.
    let sql = "CREATE TABLE by_rust (own TEXT)";
    rusqlite::Connection::open(desk.at("app.db"))
        .and_then(|connection| connection.execute_batch(sql))
        .expect("the table is made");
    desk.run("upgrade").failed(1, &["function `upgrade` of revision `bbbb2` failed", "by_rust"]);
}

fn an_edited_revision_in_rust_is_amended_by_the_projects_own_binary() {
    let desk = desk();
    desk.run("init --runner").done();
    desk.publish();
    desk.draft("aaaa1", "CREATE TABLE users (n);", "DROP TABLE users;");
    let ended = desk.run("new \"fill users\" --rust --rev-id bbbb2");
    let path = ended.done().stdout.trim().to_owned();
    let body = |name: &str, sql: &str| {
        format!(
            "{name}(connection: &Connection) -> Result<()> {{\n    connection.execute_batch(\"{sql}\")"
        )
    };
    let empty =
        |name: &str| format!("{name}(_connection: &Connection) -> Result<()> {{\n    Ok(())");
    desk.edit(&path, &empty("upgrade"), &body("upgrade", "CREATE TABLE one (n)"));
    desk.edit(&path, &empty("downgrade"), &body("downgrade", "DROP TABLE IF EXISTS one"));
    desk.draft("cccc3", "CREATE TABLE places (n);", "DROP TABLE places;");
    desk.run("upgrade").done().says(&["sealed: aaaa1 bbbb2 cccc3"]);

    // What stands on it goes and comes back too.
    desk.edit(&path, "CREATE TABLE one (n)", "CREATE TABLE one (n, m)");
    desk.run("amend").done().says(&[
        "downgrade cccc3",
        "downgrade bbbb2",
        "upgrade bbbb2",
        "upgrade cccc3",
        "sealed: bbbb2",
    ]);
    desk.run("check --locked").done();
    let columns = rusqlite::Connection::open(desk.at("app.db")).and_then(|file| {
        file.table_exists(None, "one").and(file.prepare("SELECT n, m FROM one").map(|_| ()))
    });
    assert!(columns.is_ok(), "{columns:?}");

    // A failure leaves lock and database as they were.
    let before = desk.read("migrations/revisions.lock");
    desk.edit(&path, "CREATE TABLE one (n, m)", "CREATE TABLE users (n)");
    desk.run("amend bbbb2").failed(1, &["function `upgrade` of revision `bbbb2` failed"]);
    assert_eq!(desk.read("migrations/revisions.lock"), before);
    assert_eq!(desk.tables(), ["one", "places", "users"]);
    // So does one that cannot be compiled.
    desk.edit(&path, "connection.execute_batch(\"CREATE", "connection.no_such(\"CREATE");
    desk.run("amend").failed(1, &["no_such"]);
    assert_eq!(desk.read("migrations/revisions.lock"), before);

    // The function that the database was made with is gone.
    desk.edit(
        &path,
        "connection.no_such(\"CREATE TABLE users (n)",
        "connection.execute_batch(\"CREATE TABLE two (n)",
    );
    desk.edit(
        &path,
        "DROP TABLE IF EXISTS one",
        "DROP TABLE IF EXISTS one; DROP TABLE IF EXISTS two",
    );
    desk.run("amend").failed(1, &["not in this program", "cargo migrate amend bbbb2 --from-file"]);
    assert_eq!(desk.read("migrations/revisions.lock"), before);
    desk.run("amend --from-file").done().says(&["upgrade bbbb2", "sealed: bbbb2"]);
    assert_eq!(desk.tables(), ["places", "two", "users"]);
    desk.run("check --locked").done();
    desk.run("amend").done().says(&["nothing to do"]);
}

fn what_holds_the_place_of_a_program_compiles_and_refuses_until_it_is_written() {
    let desk = desk();
    desk.write("old/V1__a.sql", "CREATE TABLE a (x INTEGER);\n");
    desk.write("old/V2__fill.rs", "pub fn migration() -> String { String::new() }\n");
    desk.write("old/V3__b.sql", "CREATE TABLE b (x INTEGER);\n");
    let made = desk.run("import --from refinery old --dialect sqlite");
    let path = made.done().stdout.lines().nth(1).expect("the second revision").to_owned();
    desk.run("init --runner").done();
    desk.run("upgrade").failed(
        1,
        &["V2__fill.rs was a program, and its place is held until it is written here", &path],
    );
    // On SQLite a run is one transaction.
    assert!(desk.tables().is_empty());
    desk.edit(
        &path,
        "Err(\"V2__fill.rs was a program, and its place is held until it is written here\".into())",
        "Ok(_connection.execute_batch(\"INSERT INTO a VALUES (1)\")?)",
    );
    desk.run("upgrade").done().says(&["sealed: "]);
    assert_eq!(desk.tables(), ["a", "b"]);
    desk.run("check --locked").done();
}
