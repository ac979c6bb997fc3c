//! The trip planner from its structs: a struct is changed, and one revision leads SQLite and PostgreSQL there and back.

use std::fs;
use std::path::{Path, PathBuf};

use revchain::Dialect;
use revchain_tests::clients::Database;
use revchain_tests::command::Desk;
use revchain_tests::package::{Output, cargo};
use rusqlite::Connection;

/// Copies the example, as a package of its own.
fn example(desk: &Desk) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let example = workspace.join("examples/tripplanner");
    for folder in ["migrations", "src"] {
        for entry in fs::read_dir(example.join(folder)).expect("the example has it") {
            let path = entry.expect("it can be read").path();
            let name = path.file_name().expect("it has a name").to_string_lossy();
            let text = fs::read_to_string(&path).expect("it is text");
            desk.write(&format!("{folder}/{name}"), &text);
        }
    }
    for (from, to) in
        [(example.join("build.rs"), "build.rs"), (workspace.join("Cargo.lock"), "Cargo.lock")]
    {
        desk.write(to, &fs::read_to_string(from).expect("it is text"));
    }
    desk.write(
        "Cargo.toml",
        &format!(
            "[package]\nname = \"tripplanner\"\nversion = \"1.2.3\"\nedition = \"2024\"\n\n[lib]\nname = \"revchain_tripplanner\"\n\n\
             [dependencies]\nrevchain = {{ path = {:?}, features = [\"models\", \"rusqlite\"] }}\n\
             rusqlite = {{ version = \"*\", features = [\"bundled\"] }}\n\n[workspace]\n",
            workspace.join("runtime")
        ),
    );
}

fn emitted_tests(desk: &Desk) -> Output {
    let target: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
    cargo(desk.path(), &target, &["test", "--lib"]).expect("cargo can be run")
}

const ROWS: &str = "INSERT INTO users (name, email) VALUES ('Ann', 'ann@example.org')";

#[test]
fn a_changed_struct_becomes_one_revision_for_both_databases() {
    let Some(database) = Database::fresh(Dialect::Postgres) else { return };
    let server = database.postgres_url();
    let desk = Desk::new().set("DATABASE_URL", "sqlite:trips.db");
    example(&desk);
    desk.write("migrations/migrate.toml", &format!("scratch-url = \"{server}\"\n"));
    let sqlite = || Connection::open(desk.at("trips.db")).expect("it opens");
    let on_both = |verb: &str| {
        desk.run(verb).done();
        desk.run(&format!("{verb} --database-url {server}")).done();
    };
    on_both("upgrade");
    sqlite().execute_batch(ROWS).expect("the row fits");
    assert!(database.run(ROWS).well);
    desk.run("new --autogenerate early").done().says(&["nothing to do"]);

    // A struct changes, and nobody writes the revision.
    desk.edit(
        "src/models.rs",
        "    name: String,\n    #[column(unique)]",
        "    #[column(was = \"name\")]\n    full_name: String,\n    phone: Option<String>,\n    \
         #[column(default = true)]\n    is_active: bool,\n    #[column(unique)]",
    );
    desk.edit(
        "src/models.rs",
        "    note: Option<String>,\n",
        "    #[column(default = \"''\")]\n    note: String,\n",
    );
    emitted_tests(&desk).fails_with(&[
        "models_match ... FAILED",
        "column `users.full_name`: the revisions make nothing",
        "cargo migrate new --autogenerate MESSAGE",
    ]);
    desk.run("check").failed(
        3,
        &["sqlite: + column `users.full_name`", "postgres: + column `public.users.full_name`"],
    );

    let made = desk.run("new --autogenerate \"whom to call\"");
    let path = made.done().stdout.trim().to_owned();
    let text = desk.read(&path);
    insta::assert_snapshot!("sections", text.split_once("-- migrate").expect("sections").1);
    on_both("upgrade");
    emitted_tests(&desk).says(&["compiled_in ... ok", "models_match ... ok", "round_trip ... ok"]);
    let person = "SELECT full_name FROM users";
    let name = || sqlite().query_row(person, [], |row| row.get::<_, String>(0));
    assert_eq!(name().as_deref(), Ok("Ann"));
    assert_eq!(database.rows(person), ["Ann"]);
    on_both("drift");
    on_both("downgrade -1");
    on_both("drift");
    assert_eq!(database.rows("SELECT name FROM users"), ["Ann"]);
    on_both("upgrade");
    assert_eq!(name().as_deref(), Ok("Ann"));
    desk.run("new --autogenerate again").done().says(&["nothing to do"]);
    desk.run("check --locked").done();
}
