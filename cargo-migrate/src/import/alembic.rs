//! Alembic's revisions: the graph as Alembic itself reads it, and the SQL that its offline mode makes of each.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use revchain_core::lock::is_revision_id;
use revchain_core::target::is_name;
use revchain_core::{Dialect, Dialects};
use serde::Deserialize;

use super::{Body, Migration, Node, Old, Transaction, Way};
use crate::failure::Failure;
use crate::session::Session;

/// What Python runs.
const PROGRAM: &str = include_str!("alembic.py");
/// Where an imported database is looked at by nobody, the URL says the dialect alone.
const fn url(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "sqlite://",
        Dialect::Postgres => "postgresql://",
        Dialect::Mysql => "mysql://",
    }
}

/// A revision as the program writes it.
#[derive(Deserialize)]
struct Printed {
    id: String,
    parents: Vec<String>,
    depends_on: Vec<String>,
    labels: Vec<String>,
    message: String,
    text: String,
    path: String,
    upgrade: Direction,
    downgrade: Direction,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Sql(String),
    Error(String),
}

/// Reads an Alembic project: `alembic.ini`, the folder that has it, or the folder of `env.py`.
///
/// # Errors
///
/// There is none, Python or Alembic is missing, Alembic refuses its project, or an id or a label cannot be one of ours.
pub(super) fn read(
    session: &Session<'_>,
    path: &Path,
    python: Option<&Path>,
    dialects: Dialects,
) -> Result<Old, Failure> {
    let project = Place::find(path)?;
    let dialect = dialects.iter().next().unwrap_or(Dialect::Sqlite);
    let python = python.map_or_else(|| default_python(session), Path::to_owned);
    let printed = run(session, &python, &project, dialect)?;
    if printed.is_empty() {
        return Err(Failure::new(format!("no revision of Alembic in {}", path.display()))
            .help("name the folder that has alembic.ini"));
    }
    let migrations = printed.into_iter().map(|one| migration(one, &project)).collect();
    Ok(Old { migrations: sound(migrations)?, skipped: Vec::new() })
}

/// Where an Alembic project is.
struct Place {
    ini: Option<PathBuf>,
    /// The folder of env.py, where no alembic.ini says it.
    scripts: Option<PathBuf>,
    /// Where the program runs.
    folder: PathBuf,
}

impl Place {
    fn find(path: &Path) -> Result<Self, Failure> {
        let above = path.parent().unwrap_or(path);
        let inis = [path.to_owned(), path.join("alembic.ini"), above.join("alembic.ini")];
        if let Some(ini) = inis.into_iter().find(|ini| ini.is_file()) {
            let folder = ini.parent().unwrap_or(path).to_owned();
            return Ok(Self { ini: Some(ini), scripts: None, folder });
        }
        if path.join("env.py").is_file() {
            let folder = above.to_owned();
            return Ok(Self { ini: None, scripts: Some(path.to_owned()), folder });
        }
        Err(Failure::new(format!("no alembic.ini and no env.py in {}", path.display()))
            .help("name the folder that has alembic.ini: cargo migrate import --from alembic ."))
    }
}

/// Returns the Python of the virtual environment that is active, else the system's.
fn default_python(session: &Session<'_>) -> PathBuf {
    let active = session.environment.get("VIRTUAL_ENV");
    active.map_or_else(|| "python3".into(), |folder| Path::new(folder).join("bin").join("python"))
}

fn run(
    session: &Session<'_>,
    python: &Path,
    project: &Place,
    dialect: Dialect,
) -> Result<Vec<Printed>, Failure> {
    let scratch = tempfile::tempdir()
        .map_err(|error| Failure::new(format!("cannot make a temporary folder: {error}")))?;
    let target = scratch.path().join("revisions.json");
    let or_none = |path: &Option<PathBuf>| path.clone().unwrap_or_else(|| "-".into());
    let mut command = Command::new(python);
    command.arg("-c").arg(PROGRAM).arg(or_none(&project.ini)).arg(or_none(&project.scripts));
    command.arg(url(dialect)).arg(&target);
    command.env_clear().envs(&session.environment).current_dir(&project.folder);
    let install =
        "activate the environment that has Alembic, or name its Python: --python .venv/bin/python";
    let output = command.stdin(Stdio::null()).output().map_err(|error| {
        Failure::new(format!("cannot run {}: {error}", python.display())).help(install)
    })?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if !output.status.success() {
        let last = said.lines().last().unwrap_or_default();
        let failure = Failure::new("Alembic could not read its project").note(last);
        return Err(if last.contains("No module named 'alembic'") {
            failure.help(install)
        } else {
            failure.help("see what it says itself: alembic history, and alembic upgrade head --sql")
        });
    }
    let text =
        std::fs::read_to_string(&target).map_err(|error| Failure::file("read", &target, &error))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("what Alembic has printed cannot be read: {error}")))
}

fn migration(printed: Printed, project: &Place) -> Migration {
    let Printed { id, parents, depends_on, labels, message, text, path, upgrade, downgrade } =
        printed;
    let file = Path::new(&path).strip_prefix(&project.folder).unwrap_or(Path::new(&path));
    let mut hand = Vec::new();
    let up = match upgrade {
        Direction::Sql(sql) => Body::Sql(way(sql)),
        Direction::Error(error) => {
            hand.push(format!("its upgrade cannot be printed offline ({error}): write it"));
            Body::Unprinted(error)
        }
    };
    let (down, no_way_back) = match downgrade {
        Direction::Sql(sql) => (Some(way(sql)), None),
        Direction::Error(error) => {
            hand.push(format!("its downgrade cannot be printed offline ({error})"));
            (None, Some(format!("alembic cannot print its downgrade offline: {error}")))
        }
    };
    let message = message.lines().next().unwrap_or_default().to_owned();
    Migration {
        version: id.clone(),
        message,
        up,
        down,
        checksum: "-".to_owned(),
        file: file.to_string_lossy().replace('\\', "/"),
        hand,
        no_way_back,
        node: Some(Node { id, parents, depends_on, labels, created: created(&text) }),
    }
}

/// A block that commits by itself stands between `COMMIT` and `BEGIN`: what has one runs without a transaction.
fn way(sql: String) -> Way {
    let is_control = |line: &&str| ["COMMIT;", "BEGIN;"].contains(&line.trim());
    if !sql.lines().any(|line| is_control(&line)) {
        return Way { sql, transaction: Transaction::On };
    }
    let lines: Vec<&str> = sql.lines().filter(|line| !is_control(line)).collect();
    Way { sql: lines.join("\n").trim().to_owned(), transaction: Transaction::Off }
}

/// Reads `Create Date: 2024-01-02 03:04:05.123456` of the docstring; a zone is left out, as the file's name does.
fn created(text: &str) -> Option<Timestamp> {
    let date = text.lines().find_map(|line| line.trim().strip_prefix("Create Date:"))?.trim();
    let date = date.get(..19)?.replacen(' ', "T", 1);
    let moment: DateTime = date.parse().ok()?;
    moment.to_zoned(TimeZone::UTC).ok().map(|moment| moment.timestamp())
}

/// Makes sure that ids and labels can be ours: they carry over as they are.
fn sound(migrations: Vec<Migration>) -> Result<Vec<Migration>, Failure> {
    for migration in &migrations {
        let Some(node) = &migration.node else { continue };
        if !is_revision_id(&node.id) {
            return Err(Failure::new(format!("`{}` ({}) cannot be an id", node.id, migration.file))
                .note("an id has 1 to 32 letters, digits and `_`")
                .help("give it another in its file, and in those that revise it; databases that are at it want `alembic stamp`"));
        }
        if let Some(label) = node.labels.iter().find(|label| !is_name(label)) {
            return Err(Failure::new(format!("`{label}` ({}) cannot be a label", migration.file))
                .help("use 1 to 32 letters, digits, `_` and `.`"));
        }
    }
    Ok(migrations)
}
