//! What the project wants its database to be: a folder of DDL, structs, or a command that prints DDL.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use revchain_core::Dialect;

use crate::failure::Failure;
use crate::project::Project;
use crate::session::Session;
use crate::settings::Settings;
use crate::side::Side;

/// Finds the desired schema: what `command` in migrate.toml prints, else the folder or file that `schema` names, else the
/// folder `schema` beside that of the revisions if it has something for the dialect, else the structs with `#[derive(Table)]` in `src` beside it or in the folders
/// that `models` names.
///
/// # Errors
///
/// The command fails, or what is named is not there.
pub(crate) fn find(
    session: &mut Session<'_>,
    project: &Project,
    dialect: Dialect,
) -> Result<Option<Side>, Failure> {
    let settings = Settings::read(project)?;
    if !settings.command.is_empty() {
        return run(session, project, &settings.command, dialect).map(Some);
    }
    if let Some(schema) = &settings.schema {
        let path = project.path.join(schema);
        if !path.exists() {
            return Err(Failure::new(format!("there is no {}", session.shown(&path)))
                .note(format!("`schema` in {}/migrate.toml names it", project.shown)));
        }
        return Ok(Some(Side::Files(path)));
    }
    let folder = project.path.parent().map(|parent| parent.join("schema"));
    if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
        // Nobody named it: one that has nothing for this dialect is another project's, and says nothing of this one.
        let side = Side::Files(folder);
        if !side.texts(session, dialect)?.is_empty() {
            return Ok(Some(side));
        }
    }
    structs(session, project, &settings.models, dialect)
}

/// Returns the folder or file of DDL that [`find`] takes, where it is one.
pub(crate) fn folder(
    session: &mut Session<'_>,
    project: &Project,
    dialect: Dialect,
) -> Option<PathBuf> {
    // A command is not run again for that.
    if Settings::read(project).is_ok_and(|settings| !settings.command.is_empty()) {
        return None;
    }
    match find(session, project, dialect) {
        Ok(Some(Side::Files(path))) => Some(path),
        _ => None,
    }
}

/// Reads the structs with `#[derive(Table)]` in the sources.
fn structs(
    session: &Session<'_>,
    project: &Project,
    folders: &[String],
    dialect: Dialect,
) -> Result<Option<Side>, Failure> {
    let package = project.path.parent().unwrap_or(&project.path);
    let folders = match folders {
        [] => vec![package.join("src")],
        folders => folders.iter().map(|folder| project.path.join(folder)).collect(),
    };
    let mut texts = Vec::new();
    let mut places = BTreeMap::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let failed = |path: &Path, line: Option<usize>, reason: &str| {
            let line = line.map_or_else(String::new, |line| format!(":{line}"));
            Failure::new(format!("{}{line}: {reason}", session.shown(path)))
        };
        let models = revchain_source::models_below(folder);
        let models = models.map_err(|one| failed(&one.path, one.line, &one.reason))?;
        for found in models {
            let ddl = found.model.ddl(dialect).map_err(|error| {
                failed(&found.path, Some(error.span().start().line), &error.to_string())
            })?;
            let shown = session.shown(&found.path);
            let place = format!("{shown}:{}", found.line);
            if let Some(first) = places.insert(found.model.name.clone(), place.clone()) {
                let name = &found.model.name;
                return Err(Failure::new(format!("two structs describe the table `{name}`"))
                    .note(format!("{first} and {place}"))
                    .help("name one of them: #[table(name = \"…\")]"));
            }
            texts.push((format!("{shown}, struct {}", found.model.ident), ddl));
        }
    }
    let name = "the structs with `#[derive(Table)]`".to_owned();
    Ok((!texts.is_empty()).then_some(Side::Texts(name, texts)))
}

/// Finds the desired schema where there has to be one.
///
/// # Errors
///
/// As [`find`], or there is none.
pub(crate) fn required(
    session: &mut Session<'_>,
    project: &Project,
    dialect: Dialect,
) -> Result<Side, Failure> {
    find(session, project, dialect)?.ok_or_else(|| {
        Failure::new("nothing says what the schema should be")
            .help(format!(
                "write it as CREATE statements into schema/*.sql, beside {}",
                project.shown
            ))
            .help("or as structs with #[derive(revchain::Table)] in src/")
            .help(format!(
                "or let a command print it: command = [\"…\"] in {}/migrate.toml",
                project.shown
            ))
    })
}

/// Runs the command that prints DDL: without a shell, and with the dialect in `REVCHAIN_DIALECT`.
fn run(
    session: &mut Session<'_>,
    project: &Project,
    words: &[String],
    dialect: Dialect,
) -> Result<Side, Failure> {
    let (program, arguments) = (&words[0], &words[1..]);
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&session.folder).stdin(Stdio::null());
    command.env_clear().envs(&session.environment).env("REVCHAIN_DIALECT", dialect.name());
    let failed = |reason: String| {
        Failure::new("the command that prints the schema failed")
            .note(format!("{program}: {reason}"))
            .help(format!("mend `command` in {}/migrate.toml", project.shown))
    };
    // It may take its time: a build, say.
    session.output.done("schema:", format_args!("{program} prints it, for {dialect}"));
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let failure = failed(output.status.to_string());
        return Err(if said.is_empty() { failure } else { failure.note(said) });
    }
    let text = String::from_utf8(output.stdout);
    let text = text.map_err(|_| failed("what it printed is not UTF-8".to_owned()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    said.lines().for_each(|line| session.output.say(line));
    // No schema at all is a mistake of the command, and would drop all that is there.
    if dialect.split(&text).is_ok_and(|split| split.statements.is_empty()) {
        return Err(failed("it printed no statement".to_owned()));
    }
    let name = format!("the output of {program}");
    Ok(Side::Texts(name.clone(), vec![(name, text)]))
}
