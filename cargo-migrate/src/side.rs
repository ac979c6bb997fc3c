//! One side of a comparison: where its schema comes from.

use std::ops::Range;
use std::path::{Path, PathBuf};

use revchain::{Migrations, Target};
use revchain_core::set::History;
use revchain_core::text::Position;
use revchain_core::{Dialect, Dialects};
use revchain_schema::{Choices, Rename, Snapshot, renames_in};
use walkdir::WalkDir;

use crate::database::Access;
use crate::desired;
use crate::failure::Failure;
use crate::project::Project;
use crate::run;
use crate::scratch::{self, Scratch};
use crate::session::Session;
use crate::url::{DatabaseUrl, Place};

/// Where a schema comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// A file of DDL, or a folder of such files.
    Files(PathBuf),
    /// Revisions of the set: the chain up to them; none is the base.
    Revisions(Vec<String>),
    /// A database as it is.
    Database(DatabaseUrl),
    /// What the project says that it wants: its models.
    Models,
    /// DDL that is at hand: what it is, and its texts with a name for each.
    Texts(String, Vec<(String, String)>),
}

impl Side {
    /// Reads a side as it was typed: a file, a folder, a URL, else a revision.
    ///
    /// # Errors
    ///
    /// It is a URL that cannot be used, or a file that is not there.
    pub(crate) fn typed(session: &Session<'_>, word: &str) -> Result<Self, Failure> {
        if word == "models" {
            return Ok(Self::Models);
        }
        let path = session.folder.join(word);
        let is_sql = |path: &Path| path.extension().is_some_and(|ending| ending == "sql");
        if path.is_dir() || is_sql(&path) {
            return if path.exists() {
                Ok(Self::Files(path))
            } else {
                Err(Failure::usage(format!("there is no file {word}")))
            };
        }
        let is_url = word.contains(':') && !word.contains('@') || word.contains("://");
        if is_url || Place::parse(word, "the command line").is_ok() {
            return DatabaseUrl::typed(word, "the command line").map(Self::Database);
        }
        Ok(Self::Revisions(vec![word.to_owned()]))
    }

    /// Returns how messages call it.
    pub(crate) fn shown(&self, session: &Session<'_>) -> String {
        match self {
            Self::Files(path) => session.shown(path),
            Self::Revisions(names) if names.is_empty() => "base".to_owned(),
            Self::Revisions(names) => names.join(", "),
            Self::Models => "the models".to_owned(),
            Self::Database(url) => url.to_string(),
            Self::Texts(name, _) => name.clone(),
        }
    }

    /// Returns the dialect that it speaks, where it is of one.
    pub(crate) const fn dialect(&self) -> Option<Dialect> {
        match self {
            Self::Database(url) => Some(url.dialect()),
            _ => None,
        }
    }

    /// Finds where the models are, if it is those.
    ///
    /// # Errors
    ///
    /// There are none, or they cannot be read.
    pub(crate) fn resolved(
        &self,
        session: &mut Session<'_>,
        dialect: Dialect,
    ) -> Result<Self, Failure> {
        match self {
            Self::Models => desired::required(session, &Project::find(session)?, dialect),
            side => Ok(side.clone()),
        }
    }

    /// Makes the schema in an empty database.
    ///
    /// # Errors
    ///
    /// Its text cannot be executed, its revisions cannot be applied, its database cannot be read.
    pub(crate) fn load(
        &self,
        session: &mut Session<'_>,
        dialect: Dialect,
        scratch: &mut Scratch,
    ) -> Result<(), Failure> {
        match self {
            Self::Files(_) | Self::Texts(..) => {
                execute(scratch, dialect, &self.texts(session, dialect)?)
            }
            Self::Models => self.resolved(session, dialect)?.load(session, dialect, scratch),
            Self::Revisions(names) => {
                let project = Project::find(session)?;
                replay(&project, names, dialect, scratch)
            }
            Self::Database(url) => {
                let mut database = url.open_any(session, Access::Look)?;
                let live = scratch::read(&mut database, dialect, scratch.ignored())?;
                copy(&live, scratch, &url.to_string())
            }
        }
    }

    /// Reads the catalog where it is, if it is a database.
    ///
    /// # Errors
    ///
    /// It cannot be reached or read.
    pub(crate) fn live(
        &self,
        session: &mut Session<'_>,
        dialect: Dialect,
        history: &History,
    ) -> Result<Option<Snapshot>, Failure> {
        let Self::Database(url) = self else { return Ok(None) };
        let mut database = url.open_any(session, Access::Look)?;
        let ignored = scratch::own_tables(history);
        scratch::read(&mut database, dialect, ignored).map(Some)
    }

    /// Reads the renames that its text names.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or split into statements.
    pub(crate) fn renames(
        &self,
        session: &Session<'_>,
        dialect: Dialect,
    ) -> Result<Vec<Rename>, Failure> {
        let mut renames = Vec::new();
        for (name, text) in self.texts(session, dialect)? {
            let found = renames_in(dialect, &text);
            renames.extend(found.map_err(|error| malformed(&name, &text, &error))?);
        }
        Ok(renames)
    }

    /// Returns the texts of files; those in a folder of a dialect's name are for that dialect alone.
    fn texts(
        &self,
        session: &Session<'_>,
        dialect: Dialect,
    ) -> Result<Vec<(String, String)>, Failure> {
        let path = match self {
            Self::Files(path) => path,
            Self::Texts(_, texts) => return Ok(texts.clone()),
            Self::Revisions(_) | Self::Database(_) | Self::Models => return Ok(Vec::new()),
        };
        let mut texts = Vec::new();
        let serves = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            !name.starts_with(['.', '#']) && name.parse().is_ok_and(|of: Dialect| of == dialect)
                || !name.starts_with(['.', '#']) && name.parse::<Dialect>().is_err()
        };
        let walk = WalkDir::new(path).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(|entry| entry.depth() == 0 || serves(entry.path())) {
            let entry = entry.map_err(|error| {
                Failure::new(format!("{} cannot be read: {error}", session.shown(path)))
            })?;
            let file = entry.path();
            if file.is_file() && file.extension().is_some_and(|ending| ending == "sql") {
                let read = std::fs::read_to_string(file);
                let text = read.map_err(|error| Failure::file("read", file, &error))?;
                texts.push((session.shown(file), text));
            }
        }
        Ok(texts)
    }
}

/// A statement that waits for what others make.
struct Waiting<'t> {
    file: &'t str,
    text: &'t str,
    /// Where it stands in the text.
    span: Range<usize>,
}

impl<'t> Waiting<'t> {
    fn sql(&self) -> &'t str {
        &self.text[self.span.clone()]
    }
}

/// Executes texts of DDL; what needs something of a later file is tried again after it.
fn execute(
    scratch: &mut Scratch,
    dialect: Dialect,
    texts: &[(String, String)],
) -> Result<(), Failure> {
    let mut waiting = Vec::new();
    for (file, text) in texts {
        let split = dialect.split(text).map_err(|error| malformed(file, text, &error))?;
        for statement in &split.statements {
            waiting.push(Waiting { file, text, span: statement.span.clone() });
        }
    }
    // A server takes them as one message; what it does not take so is sent one by one.
    if dialect == Dialect::Postgres && waiting.len() > 1 {
        let all: Vec<&str> = waiting.iter().map(Waiting::sql).collect();
        if scratch.database().execute(&all.join(";\n")).is_ok() {
            waiting.clear();
        }
    }
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut first = None;
        let mut left = Vec::new();
        for statement in waiting {
            if let Err(refused) = scratch.database().execute(statement.sql()) {
                first.get_or_insert(refused.words);
                left.push(statement);
            }
        }
        waiting = left;
        if let Some((words, one)) = first.zip(waiting.first()).filter(|_| waiting.len() == before) {
            let line = Position::of(one.text, one.span.start);
            let message = format!("{}:{line}: the database refuses the statement", one.file);
            return Err(Failure::new(message).note(words));
        }
    }
    Ok(())
}

/// Applies the chain up to some revisions.
fn replay(
    project: &Project,
    names: &[String],
    dialect: Dialect,
    scratch: &mut Scratch,
) -> Result<(), Failure> {
    let (_, checked) = project.read();
    // What destroys runs here, reviewed or not; and nothing is taken back.
    let no_matter = ["destroys-data", "missing-downgrade", "empty-downgrade"];
    let migrations = match checked.set_despite(&no_matter) {
        Some(set) => Migrations::new(set, run::APPLICATION),
        None => run::migrations(&checked)?,
    };
    let served: Dialects = migrations.set().settings.dialects;
    if !served.contains(dialect) {
        return Err(Failure::usage(format!("the set serves {served}, not {dialect}")));
    }
    if let Some(revision) = migrations.set().revisions.iter().find(|one| one.is_rust()) {
        return Err(Failure::new(format!(
            "revision `{}` is written in Rust, and cannot be replayed here",
            revision.id
        ))
        .help("compare with a database that has it: --from URL"));
    }
    for name in names {
        let target: Target = name.parse().map_err(Failure::from)?;
        if target != Target::Base {
            scratch.database().run(migrations.upgrade(target))?;
        }
    }
    Ok(())
}

/// Makes in the scratch database what another has.
fn copy(live: &Snapshot, scratch: &mut Scratch, shown: &str) -> Result<(), Failure> {
    let uncopied = |reason: String| {
        Failure::new(format!("the schema of {shown} cannot be copied")).note(reason)
    };
    let empty = scratch.snapshot()?;
    let plan = revchain_schema::plan(&empty, live, &Choices::default());
    let plan = plan.map_err(|error| uncopied(error.to_string()))?;
    scratch.run(&plan).map_err(|stopped| uncopied(format!("{}, at {}", stopped.words, stopped.sql)))
}

fn malformed(file: &str, text: &str, error: &revchain_core::LexError) -> Failure {
    Failure::new(format!("{file}:{}: {error}", Position::of(text, error.start)))
}
