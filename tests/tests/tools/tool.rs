//! A tool: its files, how it is called, and its table.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use revchain::{Dialect, History};
use revchain_tests::clients::Database;

use crate::Result;

/// A migration, before any tool has it.
#[derive(Clone, Debug)]
pub(crate) struct Migration {
    pub(crate) version: String,
    pub(crate) name: String,
    pub(crate) up: String,
    pub(crate) down: Option<String>,
    /// Whether it runs outside a transaction.
    pub(crate) is_alone: bool,
}

/// The tools that write a row for each migration.
pub(crate) const TOOLS: [History; 4] =
    [History::Sqlx, History::Diesel, History::Refinery, History::Dbmate];

/// Four migrations, the third outside a transaction; a way back is missing.
pub(crate) fn small() -> Vec<Migration> {
    let migration = |version: &str, name: &str, up: &str, down: Option<&str>| Migration {
        version: version.to_owned(),
        name: name.to_owned(),
        up: format!("{up}\n"),
        down: down.map(|down| format!("{down}\n")),
        is_alone: name == "index_email",
    };
    vec![
        migration(
            "20240102030405",
            "create_users",
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n\
             INSERT INTO users VALUES (1, 'Ada');",
            Some("DROP TABLE users;"),
        ),
        migration("20240203040506", "add_email", "ALTER TABLE users ADD COLUMN email TEXT;", None),
        migration(
            "20240304050607",
            "index_email",
            "CREATE INDEX users_email ON users (email);",
            Some("DROP INDEX users_email;"),
        ),
        migration(
            "20240405060708",
            "names",
            "CREATE VIEW names AS SELECT name FROM users;",
            Some("DROP VIEW names;"),
        ),
    ]
}

/// Reads a folder of sqlx's files.
pub(crate) fn read(folder: &Path) -> Result<Vec<Migration>> {
    let mut migrations = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(stem) = file.strip_suffix(".sql").filter(|stem| !stem.ends_with(".down")) else {
            continue;
        };
        let stem = stem.strip_suffix(".up").unwrap_or(stem);
        let (version, name) = stem.split_once('_').ok_or("no version")?;
        migrations.push(Migration {
            version: version.to_owned(),
            name: name.to_owned(),
            up: fs::read_to_string(&path)?,
            down: fs::read_to_string(folder.join(format!("{stem}.down.sql"))).ok(),
            is_alone: false,
        });
    }
    migrations.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(migrations)
}

/// Writes migrations as files of a tool.
pub(crate) fn write(tool: History, folder: &Path, migrations: &[Migration]) -> Result {
    for (index, migration) in migrations.iter().enumerate() {
        let Migration { version, name, up, down, is_alone } = migration;
        let first = |line: &str| if *is_alone { format!("{line}\n") } else { String::new() };
        let mut files: Vec<(String, String)> = Vec::new();
        match tool {
            History::Sqlx => {
                let up = format!("{}{up}", first("-- no-transaction"));
                match down {
                    Some(down) => {
                        files.push((format!("{version}_{name}.up.sql"), up));
                        files.push((format!("{version}_{name}.down.sql"), down.clone()));
                    }
                    None => files.push((format!("{version}_{name}.sql"), up)),
                }
            }
            History::Diesel => {
                // Its own command writes dashes, of late with a count behind them, and does not keep them.
                let (day, time) = version.split_at(8);
                let dashed = format!("{}-{}-{}-{time}", &day[..4], &day[4..6], &day[6..]);
                let folder = match index % 3 {
                    0 => format!("{dashed}-0000_{name}"),
                    1 => format!("{version}_{name}"),
                    _ => format!("{dashed}_{name}"),
                };
                files.push((format!("{folder}/up.sql"), up.clone()));
                files.extend(down.clone().map(|down| (format!("{folder}/down.sql"), down)));
                if *is_alone {
                    let words = "run_in_transaction = false\n";
                    files.push((format!("{folder}/metadata.toml"), words.to_owned()));
                }
            }
            History::Refinery => {
                let kind = if index == 1 { 'U' } else { 'V' };
                let name: String =
                    name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
                let up = format!("{}{up}", first("-- refinery:noTransaction"));
                files.push((format!("{kind}{}__{name}.sql", index + 1), up));
            }
            _ => {
                let option = if *is_alone { " transaction:false" } else { "" };
                let down = down.as_deref().unwrap_or_default();
                let text = format!("-- migrate:up{option}\n{up}\n-- migrate:down\n{down}");
                files.push((format!("{version}_{name}.sql"), text));
            }
        }
        for (path, text) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, text)?;
        }
    }
    Ok(())
}

/// Returns where a tool's program is; says so where there is none, which it must not be where `REVCHAIN_TOOLS` is set.
pub(crate) fn program(tool: History) -> Option<PathBuf> {
    let folder = std::env::var_os("REVCHAIN_TOOLS").map(PathBuf::from);
    let program = match &folder {
        Some(folder) => folder.join(tool.tool()),
        None => tool.tool().into(),
    };
    let found = Command::new(&program).arg("--version").output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(program);
    }
    let note =
        format!("skipped: no {} (REVCHAIN_TOOLS names a folder of tools)\n", program.display());
    assert!(folder.is_none(), "{note}");
    let _ = std::io::stderr().write_all(note.as_bytes());
    None
}

/// Lets a tool apply the files of a folder.
pub(crate) fn apply(tool: History, program: &Path, folder: &Path, database: &Database) -> Result {
    let mut command = Command::new(program);
    let words: &[&str] = match tool {
        History::Sqlx => &["migrate", "run", "--source", "."],
        History::Diesel => &["migration", "run", "--migration-dir", "."],
        History::Refinery => &["migrate", "-e", "DATABASE_URL", "-p", "."],
        _ => &["--no-dump-schema", "--migrations-dir", ".", "up"],
    };
    if let Database::Sqlite { .. } = database {
        // refinery opens no file that is not there.
        fs::OpenOptions::new().append(true).create(true).open(database.file())?;
    }
    command.args(words).env("DATABASE_URL", url(tool, database));
    let output = command.current_dir(folder).output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    if output.status.success() { Ok(()) } else { Err(format!("{program:?}: {said}").into()) }
}

/// Returns a database's URL as a tool takes it: of a server, by its socket.
fn url(tool: History, database: &Database) -> String {
    if let Database::Sqlite { .. } = database {
        let file = database.file();
        return match tool {
            History::Sqlx => format!("sqlite:{}?mode=rwc", file.display()),
            History::Dbmate => format!("sqlite:{}", file.display()),
            History::Refinery => format!("sqlite://{}", file.display()),
            _ => file.display().to_string(),
        };
    }
    let place = database.rows("SELECT current_user, current_database()").concat();
    let (user, name) = place.split_once('|').unwrap_or_default();
    let (host, port) = database.server();
    let host = host.display();
    match tool {
        History::Refinery => {
            let host = host.to_string().replace('/', "%2F");
            format!("postgres://{user}@{host}:{port}/{name}")
        }
        History::Sqlx => format!("postgres://{user}@localhost:{port}/{name}?host={host}"),
        History::Dbmate => {
            format!("postgres://{user}@/{name}?host={host}&port={port}&sslmode=disable")
        }
        _ => format!("postgres://{user}@/{name}?host={host}&port={port}"),
    }
}

/// Returns a tool's table as statements that make it again.
pub(crate) fn record(tool: History, database: &Database) -> Result<String> {
    let table = tool.table();
    match database {
        Database::Postgres { name } => {
            let words = ["--inserts", "--no-owner", "--no-privileges", "-t", table, name];
            let output = Command::new("pg_dump").args(words).output()?;
            let text = String::from_utf8(output.stdout)?;
            let is_own = |line: &&str| {
                let others = ["--", "SET ", "SELECT ", "\\"];
                !line.is_empty() && !others.iter().any(|other| line.starts_with(other))
            };
            Ok(text.lines().filter(is_own).map(|line| format!("{line}\n")).collect())
        }
        _ => {
            let made = format!("SELECT sql FROM sqlite_schema WHERE name = '{table}'");
            let mut text = format!("{};\n", database.rows(&made).concat());
            let columns = database.rows(&format!("SELECT name FROM pragma_table_info('{table}')"));
            let quoted: Vec<String> =
                columns.iter().map(|column| format!("quote({column})")).collect();
            let rows = format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || ', ' || "));
            for row in database.rows(&rows) {
                text.push_str(&format!("INSERT INTO {table} VALUES ({row});\n"));
            }
            Ok(text)
        }
    }
}

/// Returns what of a record is the same each time: the table, and how many rows it has.
pub(crate) fn form(record: &str) -> String {
    let (rows, table): (Vec<&str>, Vec<&str>) =
        record.lines().partition(|line| line.starts_with("INSERT INTO "));
    format!("{}\n{} rows\n", table.join("\n"), rows.len())
}

/// Returns the file of a record.
pub(crate) fn record_file(tool: History, dialect: Dialect) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("histories");
    folder.join(format!("{}.{dialect}.sql", tool.tool()))
}
