//! Real histories come over whole: each becomes revisions that are sound, that lead where the files lead and back to
//! nothing, and whose emitted tests pass.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use revchain::Dialect;
use revchain_tests::clients::Database;
use revchain_tests::command::Desk;
use revchain_tests::package::Package;
use revchain_tests::real;

/// The folders, the tool that each is of, and its database.
const FOLDERS: [(&str, &str, Dialect); 4] = [
    ("atuin-client", "sqlx", Dialect::Sqlite),
    ("atuin-server-postgres", "sqlx", Dialect::Postgres),
    ("atuin-server-sqlite", "sqlx", Dialect::Sqlite),
    ("svix-server", "sqlx", Dialect::Postgres),
];

/// Imports a folder with ways back for all, and puts others in the place of those that do not lead back.
fn import(desk: &Desk, old: &Path, tool: &str, dialect: Dialect, into: &str) {
    let (old, dialect) = (old.to_string_lossy(), dialect.to_string());
    let import = ["import", "--from", tool, &old, "--dialect", &dialect, "--into", into];
    let ended = desk.call(&[&import[..], &["--derive-downgrades", "--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&ended.done().stdout).expect("JSON");
    for fault in json["downgrades"].as_array().expect("a list") {
        let id = fault["revision"].as_str().expect("an id");
        desk.run(&format!("check --downgrades --dir {into}"))
            .failed(3, &[id, &format!("cargo migrate derive-downgrade {id} --replace")]);
        desk.run(&format!("derive-downgrade {id} --replace --dir {into}")).done();
    }
    desk.run(&format!("check --locked --downgrades --dir {into}")).done();
}

/// Returns the files of a folder that lead up, in their order.
fn upgrades(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| {
        let name = path.to_string_lossy();
        name.ends_with(".sql") && !name.ends_with(".down.sql")
    });
    paths.sort();
    paths
}

/// Runs a file as the database's own client does.
fn run(database: &Database, path: &Path) {
    let text = fs::read_to_string(path).expect("text");
    let (well, said) = match database {
        Database::Sqlite { .. } => {
            let file = fs::File::open(path).expect("it opens");
            let mut client = Command::new("sqlite3");
            let client = client.arg("-bail").arg(database.file()).stdin(Stdio::from(file));
            let output = client.output().expect("sqlite3 is installed");
            (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
        }
        _ => {
            let said = database.run(&text);
            (said.well, said.text)
        }
    };
    assert!(well, "{path:?}: {said}");
}

/// Returns the lines of what the database's own tool says of a schema, without the ledger.
fn catalog(database: &Database) -> Vec<String> {
    if let Database::Sqlite { .. } = database {
        // SQLite keeps its own table of high-water marks.
        return database.rows(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence' \
             AND tbl_name NOT LIKE 'revchain%' ORDER BY type, name",
        );
    }
    let dump = ["--schema-only", "--exclude-table=revchain_*", "--dbname"];
    let dumped = Command::new("pg_dump").args(dump).arg(database.postgres_url()).output();
    let dumped = dumped.expect("pg_dump runs");
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    let text = String::from_utf8(dumped.stdout).expect("text");
    // A word that is another one each time.
    text.lines().filter(|line| !line.contains("restrict ")).map(str::to_owned).collect()
}

/// Compares line by line, as a whole catalog is long.
fn same(left: &[String], right: &[String], name: &str) {
    let differs = left.iter().zip(right).find(|(left, right)| left != right);
    assert_eq!(differs, None, "{name}");
    assert_eq!(left.len(), right.len(), "{name}");
}

/// Returns what a revision's database is called in a URL.
fn url(database: &Database) -> String {
    match database {
        Database::Sqlite { .. } => format!("sqlite:{}", database.file().display()),
        Database::Postgres { .. } => database.postgres_url(),
        Database::Mysql { .. } => database.mysql_url(),
    }
}

#[test]
fn every_folder_is_in_the_list() {
    let Some(real) = real::all() else { return };
    let entries = fs::read_dir(real).expect("the folder is there");
    let entries = entries.map(|entry| entry.expect("an entry"));
    let folders = entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name());
    let mut names: Vec<String> = folders.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, FOLDERS.map(|(name, ..)| name));
}

#[test]
fn each_leads_where_its_files_lead_and_back_to_nothing() {
    for (name, tool, dialect) in FOLDERS {
        let Some(old) = real::real(name) else { return };
        let databases = (Database::fresh(dialect), Database::fresh(dialect));
        let (Some(ours), Some(plain)) = databases else { continue };
        let desk = Desk::new().set("DATABASE_URL", &url(&ours));
        import(&desk, &old, tool, dialect, "migrations");
        let empty = catalog(&ours);
        upgrades(&old).iter().for_each(|path| run(&plain, path));
        for _ in 0..2 {
            desk.run("upgrade head").done();
            same(&catalog(&ours), &catalog(&plain), name);
            desk.run("downgrade base").done();
            same(&catalog(&ours), &empty, name);
        }
        desk.run("upgrade head").done();
        same(&catalog(&ours), &catalog(&plain), name);
    }
}

#[test]
fn what_goes_back_to_its_tool_is_what_that_has_run() {
    for (name, tool, dialect) in FOLDERS {
        let Some(old) = real::real(name) else { return };
        let desk = Desk::new();
        let (path, dialect) = (old.to_string_lossy(), dialect.to_string());
        desk.call(&["import", "--from", tool, &path, "--dialect", &dialect]).done();
        desk.run(&format!("export --to {tool} back")).done();
        let texts = |folder: &Path| {
            let read = |path: &PathBuf| fs::read_to_string(path).expect("text");
            upgrades(folder).iter().map(read).collect::<Vec<_>>()
        };
        // As sqlx keeps a checksum, to the byte.
        assert_eq!(texts(&desk.at("back")), texts(&old), "{name}");
    }
}

#[test]
fn their_emitted_tests_pass_in_an_application() {
    let Some(real) = real::all() else { return };
    if !Database::has_postgres() {
        return;
    }
    let scratch = Database::fresh(Dialect::Postgres).expect("a server was found");
    let desk = Desk::new().set("DATABASE_URL", &scratch.postgres_url());
    let package = Package::new(env!("CARGO_TARGET_TMPDIR"), false).expect("a package");
    let mut code = String::new();
    let mut expected = Vec::new();
    for (name, tool, dialect) in FOLDERS {
        import(&desk, &real.join(name), tool, dialect, name);
        let folder = package.path(name);
        fs::create_dir(&folder).expect("a folder can be made");
        for entry in fs::read_dir(desk.at(name)).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            fs::copy(&path, folder.join(path.file_name().expect("a name"))).expect("a copy");
        }
        let module = name.replace('-', "_");
        code.push_str(&format!(
            "mod {module} {{\n    revchain::migrations!(pub static MIGRATIONS = {name:?});\n}}\n"
        ));
        let round_trip = match dialect {
            Dialect::Sqlite => "ok",
            // It needs a database that every `cargo test` has.
            Dialect::Postgres | Dialect::Mysql => "ignored, the set has no part for SQLite",
        };
        for (test, ends) in [("compiled_in", "ok"), ("round_trip", round_trip)] {
            expected.push(format!("test {module}::revchain_migrations::{test} ... {ends}"));
        }
    }
    package.write("src/main.rs", &format!("{code}\nfn main() {{}}\n")).expect("it is written");
    let manifest = fs::read_to_string(package.path("Cargo.toml")).expect("a manifest");
    let with_sqlite = manifest.replace("runtime\" }", "runtime\", features = [\"rusqlite\"] }");
    let with_sqlite = with_sqlite.replace(
        "\n[workspace]",
        "rusqlite = { version = \"*\", features = [\"bundled\"] }\n\n[workspace]",
    );
    package.write("Cargo.toml", &with_sqlite).expect("it is written");
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    package.cargo(&["test"]).expect("cargo runs").says(&expected);
}
