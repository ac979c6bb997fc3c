//! Revisions in Rust: what the command writes, seals, moves and shows, and what it leaves to the project's own binary.

use revchain_tests::command::Desk;

/// Writes a table and a revision in Rust, and returns the Rust file.
fn desk_with_rust() -> (Desk, String) {
    let desk = Desk::with_set();
    desk.draft("aaaa1", "CREATE TABLE users (n);", "DROP TABLE users;");
    let ended = desk.run("new \"split names\" --rust --rev-id bbbb2");
    (desk, ended.done().stdout.trim().to_owned())
}

#[test]
fn a_new_revision_in_rust_has_its_functions_and_is_sealed_and_edited_like_others() {
    let (desk, path) = desk_with_rust();
    assert!(path.ends_with("_bbbb2_split_names.rs"), "{path}");
    let text = desk.read(&path);
    assert!(text.starts_with("//! split names\n//!\n//! revision: bbbb2\n//! revises: aaaa1\n"));
    assert!(text.contains("pub fn upgrade(_connection: &Connection) -> Result<()> {"), "{text}");
    assert!(desk.lock().contains("revision bbbb2 revises aaaa1 draft"));
    desk.run("seal").done();
    desk.run("check").done();
    desk.run("history").done().prints(&["bbbb2", "split names"]);
    desk.run("show bbbb2").done().prints(&["split names", &path]);

    desk.edit(
        &path,
        "_connection: &Connection) -> Result<()> {\n    Ok(())",
        "c: &Connection) -> Result<()> {\n    c.execute_batch(\"\")",
    );
    desk.run("check").failed(3, &["edited-revision", "`fn upgrade` changed", "amend bbbb2"]);
    desk.edit(&path, "c: &Connection", "_connection: &Connection");
    desk.edit(&path, "c.execute_batch(\"\")", "Ok(())");
    desk.edit(&path, "use rusqlite", "// A comment.\nuse rusqlite");
    desk.run("check").done();
}

#[test]
fn a_template_makes_new_revisions_in_rust() {
    let desk = Desk::with_set();
    let functions = "pub fn upgrade(c: &rusqlite::Connection) -> R { todo(c) }\npub fn downgrade(c: &rusqlite::Connection) -> R { todo(c) }\n";
    desk.write("migrations/template.rs", &format!("\n// ${{message}}\n{functions}"));
    let ended = desk.run("new \"split names\" --rust");
    let text = desk.read(ended.done().stdout.trim());
    assert!(text.starts_with("//! split names\n"), "{text}");
    assert!(text.ends_with(&format!("\n// split names\n{functions}")), "{text}");
    desk.write("migrations/template.rs", "pub fn upgrade() {}\n");
    desk.run("new \"more\" --rust").failed(3, &["malformed-rust", "_connection"][..1]);
}

#[test]
fn a_file_in_rust_can_be_added() {
    let (desk, path) = desk_with_rust();
    let text = desk.read(&path).replace("bbbb2", "cccc3").replace("aaaa1", "bbbb2");
    desk.write("migrations/more.rs", &text);
    desk.run("check").failed(3, &["unlisted-revision"]);
    desk.run("add migrations/more.rs").done();
    desk.run("check").done();
    desk.write("migrations/mod.rs", "pub mod more;\n");
    desk.run("add migrations/mod.rs").failed(3, &["malformed-header", "//! revision"]);
}

#[test]
fn the_command_stops_before_a_plan_that_it_has_no_functions_for() {
    let (desk, _) = desk_with_rust();
    desk.run("upgrade aaaa1").done();
    let refused = ["written-in-rust", "cargo run --bin migrate -- upgrade"];
    desk.run("upgrade").failed(1, &refused);
    assert_eq!(desk.tables(), ["users"]);
    desk.run("plan").done().prints(&["bbbb2 (in Rust), split names"]);
    desk.run("plan --json").done().prints(&["\"rust\": true"]);
    desk.run("upgrade --sql").failed(1, &["not-sql", "bbbb2"]);
    desk.run("upgrade base:aaaa1 --sql").done();
    // What the ledger alone says is no function's work.
    desk.run("stamp head").done();
    desk.run("current").done().prints(&["bbbb2"]);
    desk.run("downgrade -1 --yes").failed(1, &["written-in-rust"]);
}

#[test]
fn a_squash_over_one_in_rust_is_refused() {
    let (desk, _) = desk_with_rust();
    desk.run("new \"third\" --rev-id cccc3").done();
    desk.run("new \"fourth\" --rev-id dddd4").done();
    desk.run("seal").done();
    let squash = desk.run("squash aaaa1:dddd4");
    squash.failed(1, &["`bbbb2` is written in Rust", "cargo migrate squash cccc3:dddd4"]);
    desk.run("squash cccc3:dddd4").failed(1, &["cannot run revision `bbbb2`", "--unproved"]);
    desk.run("squash cccc3:dddd4 --unproved").done();
}

#[test]
fn one_that_replaces_one_in_rust_begins_as_its_copy() {
    let (desk, path) = desk_with_rust();
    desk.edit(&path, "//! created", "//! irreversible: gone\n//! created");
    let text = desk.read(&path);
    let body = &text[text.find("pub fn downgrade").unwrap_or(0)..];
    desk.edit(&path, body, "");
    desk.run("seal").done();
    let ended = desk.run("new \"split names everywhere\" --replaces bbbb2 --rev-id cccc3");
    let copy = desk.read(ended.done().stdout.trim());
    assert!(copy.starts_with("//! split names everywhere\n"), "{copy}");
    assert!(copy.contains("//! replaces: bbbb2\n"), "{copy}");
    assert!(copy.contains("//! irreversible: gone\n"), "{copy}");
    assert!(copy.contains("pub fn upgrade(_connection"), "{copy}");
    desk.run("check").done();
}

#[test]
fn a_rebase_moves_one_in_rust() {
    let desk = Desk::with_set();
    desk.draft("aaaa1", "CREATE TABLE users (n);", "DROP TABLE users;");
    desk.draft("cccc3", "CREATE TABLE others (n);", "DROP TABLE others;");
    desk.run("seal").done();
    desk.publish();
    let ended = desk.run("new \"split names\" --rust --rev-id bbbb2 --head aaaa1 --splice");
    let path = ended.done().stdout.trim().to_owned();
    desk.run("rebase --no-database").done();
    assert!(desk.read(&path).contains("//! revises: cccc3\n"));
    desk.run("check").done();
}

#[test]
#[cfg(unix)]
fn the_projects_own_binary_gets_the_words_and_its_exit_code_is_the_calls() {
    use std::os::unix::fs::PermissionsExt as _;

    let (desk, _) = desk_with_rust();
    desk.run("seal").done();
    desk.write("Cargo.toml", "[package]\nname = \"shop\"\n");
    desk.run("upgrade").failed(1, &["written-in-rust", "cargo migrate init --runner"]);
    desk.run("init --runner")
        .done()
        .says(&["src/bin/migrate.rs", "cargo add revchain --features cli"]);
    assert!(desk.read("src/bin/migrate.rs").contains("revchain::cli::main(&MIGRATIONS)"));
    desk.run("init --runner").done().says(&["nothing to make"]);

    desk.write("cargo.sh", "#!/bin/sh\necho \"$@\" \"$DATABASE_URL\"\necho told >&2\nexit 5\n");
    let script = desk.at("cargo.sh");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    let desk = desk.set("CARGO", &script.to_string_lossy());
    let ended = desk.run("upgrade --dir migrations bbbb2 --wait 3s");
    ended.failed(5, &["told"]).prints(&["run --quiet --bin migrate --manifest-path"]);
    ended.prints(&["-- upgrade bbbb2 --wait 3s sqlite:app.db"]);
}

/// A desk with a revision in Rust whose `cargo` is a script.
#[cfg(unix)]
fn desk_whose_cargo_is(script: &str) -> Desk {
    use std::os::unix::fs::PermissionsExt as _;

    let (desk, _) = desk_with_rust();
    desk.run("seal").done();
    desk.write("Cargo.toml", "[package]\nname = \"shop\"\n");
    desk.run("init --runner").done();
    desk.write("cargo.sh", script);
    let path = desk.at("cargo.sh");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    desk.set("CARGO", &path.to_string_lossy())
}

#[test]
#[cfg(unix)]
fn each_exit_code_of_the_projects_own_binary_is_the_calls() {
    for (code, expected) in [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (101, 1)] {
        let desk = desk_whose_cargo_is(&format!("#!/bin/sh\nexit {code}\n"));
        assert_eq!(desk.run("upgrade").code, expected, "{code}");
    }
    desk_whose_cargo_is("#!/bin/sh\nexit 0\n").run("upgrade").done();
}

#[test]
#[cfg(unix)]
fn the_projects_own_binary_is_told_of_a_url_that_only_the_env_file_has() {
    let desk = desk_whose_cargo_is("#!/bin/sh\necho \"url $DATABASE_URL\"\n");
    desk.write("migrations/migrate.toml", "database-url-variable = \"SHOP_URL\"\n");
    desk.write(".env", "SHOP_URL=sqlite:shop.db\n");
    desk.run("upgrade").done().prints(&["url sqlite:shop.db"]);
    // The environment goes before the file.
    let desk = desk.set("SHOP_URL", "sqlite:other.db");
    desk.run("upgrade").done().prints(&["url sqlite:other.db"]);
}

#[test]
#[cfg(unix)]
fn the_projects_own_binary_gets_what_stands_in_the_calls_input() {
    let script = "#!/bin/sh\nread answer\necho \"read $answer\"\n";
    let desk = desk_whose_cargo_is(script).at_terminal("blue\n");
    desk.run("upgrade").done().prints(&["read blue"]);
    // Nothing to read is no failure, and a program that reads nothing none either.
    desk_whose_cargo_is(script).run("upgrade").done().prints(&["read "]);
    desk_whose_cargo_is("#!/bin/sh\nexit 4\n").at_terminal("blue\n").run("upgrade").failed(4, &[]);
}
