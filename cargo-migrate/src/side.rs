//! One side of a comparison: where its schema comes from.

use std::path::{Path, PathBuf};

use revchain::{Migrations, Target};
use revchain_core::check::Checked;
use revchain_core::{Dialect, Dialects};
use walkdir::WalkDir;

use crate::database::Access;
use crate::desired;
use crate::failure::Failure;
use crate::project::Project;
use crate::recipe::Recipe;
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

    /// Makes the schema in an empty database.
    ///
    /// # Errors
    ///
    /// As [`Self::recipe`] and [`Recipe::make`].
    pub(crate) fn load(
        &self,
        session: &mut Session<'_>,
        dialect: Dialect,
        scratch: &mut Scratch,
    ) -> Result<(), Failure> {
        self.recipe(session, dialect, scratch.ignored())?.make(scratch)
    }

    /// Reads what there is to make; tables named in `ignored` are not the schema's.
    ///
    /// # Errors
    ///
    /// Its text, its revisions or its database cannot be read.
    pub(crate) fn recipe(
        &self,
        session: &mut Session<'_>,
        dialect: Dialect,
        ignored: Vec<String>,
    ) -> Result<Recipe, Failure> {
        Ok(match self {
            Self::Files(_) | Self::Texts(..) => Recipe::Texts(self.texts(session, dialect)?),
            Self::Models => {
                let project = Project::find(session)?;
                let side = desired::required(session, &project, dialect)?;
                return side.recipe(session, dialect, ignored);
            }
            Self::Revisions(names) => {
                let targets: Result<Vec<Target>, _> =
                    names.iter().map(|name| name.parse().map_err(Failure::from)).collect();
                let migrations = replayable(&Project::find(session)?, dialect)?;
                Recipe::Chain(Box::new(migrations), targets?)
            }
            Self::Database(url) => {
                let mut database = url.open_any(session, Access::Look)?;
                let live = scratch::read(&mut database, dialect, ignored)?;
                Recipe::Copy(live, url.to_string())
            }
        })
    }

    /// Returns the texts of files; those in a folder of a dialect's name are for that dialect alone.
    ///
    /// # Errors
    ///
    /// One of them cannot be read.
    pub(crate) fn texts(
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

/// Returns the set of a project, if all of its chain can be applied to a scratch database.
fn replayable(project: &Project, dialect: Dialect) -> Result<Migrations, Failure> {
    let migrations = to_replay(&project.read().1, dialect)?;
    match migrations.set().revisions.iter().find(|one| one.is_rust()) {
        Some(revision) => {
            Err(in_rust(&revision.id).help("compare with a database that has it: --from URL"))
        }
        None => Ok(migrations),
    }
}

/// Says that a revision stops a replay.
pub(crate) fn in_rust(id: &str) -> Failure {
    Failure::new(format!("revision `{id}` is written in Rust, and cannot be replayed here"))
}

/// Returns a set, as its chain is applied to a scratch database.
///
/// # Errors
///
/// It has problems, or does not serve the dialect.
pub(crate) fn to_replay(checked: &Checked, dialect: Dialect) -> Result<Migrations, Failure> {
    // What destroys runs here, reviewed or not; and nothing is taken back.
    let no_matter = ["destroys-data", "missing-downgrade", "empty-downgrade"];
    let migrations = match checked.set_despite(&no_matter) {
        Some(set) => Migrations::new(set, run::APPLICATION),
        None => run::migrations(checked)?,
    };
    let served: Dialects = migrations.set().settings.dialects;
    if !served.contains(dialect) {
        return Err(Failure::usage(format!("the set serves {served}, not {dialect}")));
    }
    Ok(migrations)
}
