//! `init`: the folder, its lock, and what cargo and git must know of it.

use std::path::{Path, PathBuf};

use clap::Args;
use revchain_core::lock::{self, Lock};
use revchain_core::set::{History, Settings};
use revchain_core::{Dialect, Dialects};
use serde_json::json;

use crate::failure::Failure;
use crate::lockfile::{self, Held};
use crate::project::{Project, manifest, package_at};
use crate::runner;
use crate::scaffold::{self, BuildScript};
use crate::session::Session;
use crate::words;

const EXAMPLES: &str = "Examples:
  cargo migrate init
  cargo migrate init --dialect postgres --dialect sqlite
  cargo migrate init --dir db/revisions --name billing
  cargo migrate init --runner

Running it again changes nothing. Outside a cargo package the folder alone is made.";

/// Make the migrations folder, its lock and the build script
///
/// The set's name (--name) is the package's by default; the dialect is sqlite. The lines to paste into the application,
/// with the features that its databases want, are printed on stdout.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Init {
    /// A database that every revision must serve: sqlite, postgres, mysql; may be repeated
    #[arg(long, value_name = "DIALECT", value_delimiter = ',')]
    dialect: Vec<String>,
    /// How many heads the set may have: one, many
    #[arg(long, value_name = "RULE", default_value = "one")]
    heads: String,
    /// The ledger's table: [schema.]table
    #[arg(long, value_name = "TABLE")]
    history: Option<String>,
    /// Write the binary that has the functions of revisions in Rust, too: `cargo migrate` runs it where one is wanted
    #[arg(long)]
    runner: bool,
}

impl Init {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let package = package_at(&session.folder);
        let folder = self.folder(session, package.as_deref());
        let project = Project::at(session, folder);
        let settings = self.settings(session, package.as_deref())?;
        let mut made = Vec::new();
        let has_lock = project.lock_path().symlink_metadata().is_ok();
        if !has_lock {
            self.write_lock(session, &project, settings)?;
            made.push(format!("{}/{}", project.shown, lock::FILE));
        } else if let Some(lock) = project.read().1.lock {
            self.same(&lock.settings, &settings, session)?;
        }
        let attributes = project.path.join(".gitattributes");
        if scaffold::add_attributes(&attributes)? {
            made.push(format!("{}/.gitattributes", project.shown));
        }
        let script = match &package {
            Some(package) => Some(scaffold::write_build_script(package, &project.path)?),
            None => None,
        };
        if let Some(BuildScript::Written(path)) = &script {
            made.push(session.shown(path));
        }
        if self.runner {
            let Some(package) = &package else {
                return Err(Failure::usage("there is no package here that could have a binary")
                    .help("run it in the package that compiles the set in"));
            };
            if let Some(path) = runner::write(package, &project.path)? {
                made.push(session.shown(&path));
            }
            if !runner::has_feature(package) {
                session.output.warn(
                    "the binary needs revchain's feature `cli`",
                    &["add it: cargo add revchain --features cli"],
                );
            }
        }
        report(session, &project, &made, package.as_deref(), script.as_ref());
        Ok(())
    }

    /// The folder of `--dir`, or of a lock here, else `migrations` in the package or the current folder.
    fn folder(&self, session: &Session<'_>, package: Option<&Path>) -> PathBuf {
        match &session.globals.dir {
            Some(folder) => session.folder.join(folder).components().collect(),
            None if session.folder.join(lock::FILE).is_file() => session.folder.clone(),
            None => package.unwrap_or(&session.folder).join("migrations"),
        }
    }

    fn settings(&self, session: &Session<'_>, package: Option<&Path>) -> Result<Settings, Failure> {
        let name = match &session.globals.name {
            Some(name) => words::set_name(name)?,
            None => scaffold::default_name(package.unwrap_or(&session.folder)),
        };
        let dialects = if self.dialect.is_empty() {
            Dialects::of(&[Dialect::Sqlite])
        } else {
            words::dialects(&self.dialect)?
        };
        let history = self.history.as_deref().map_or(Ok(History::default()), words::history)?;
        Ok(Settings { name: name.into(), dialects, heads: words::heads(&self.heads)?, history })
    }

    fn write_lock(
        &self,
        session: &mut Session<'_>,
        project: &Project,
        settings: Settings,
    ) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::file("make", &project.path, &error);
        if let Some(locked) = session.locked() {
            return Err(Failure::new(format!("this would write a lock, and {}", locked.reason()))
                .help("allow it here: --locked=false"));
        }
        std::fs::create_dir_all(&project.path).map_err(failed)?;
        let _held = Held::new(session, project)?;
        match lockfile::create(&project.lock_path(), &Lock::new(settings).render()) {
            // Another `init` was faster.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            other => other.map_err(failed),
        }
    }

    /// Refuses flags that say other than the lock does.
    fn same(
        &self,
        lock: &Settings,
        asked: &Settings,
        session: &Session<'_>,
    ) -> Result<(), Failure> {
        let differs = |flag: &str, is: String, set: String| {
            Err(Failure::usage(format!("the set is there already, with {flag} `{is}`"))
                .help(format!("change it: cargo migrate set {flag} {set}")))
        };
        if session.globals.name.is_some() && lock.name != asked.name {
            return differs("name", lock.name.to_string(), asked.name.to_string());
        }
        if !self.dialect.is_empty() && lock.dialects != asked.dialects {
            return differs("dialects", lock.dialects.to_string(), asked.dialects.to_string());
        }
        if self.heads != "one" && lock.heads != asked.heads {
            return differs("heads", "one".to_owned(), "many".to_owned());
        }
        if self.history.is_some() && lock.history != asked.history {
            return differs("history", lock.history.to_string(), asked.history.to_string());
        }
        Ok(())
    }
}

fn report(
    session: &mut Session<'_>,
    project: &Project,
    made: &[String],
    package: Option<&Path>,
    script: Option<&BuildScript>,
) {
    let lock = project.read().1.lock;
    let dialects = lock.map_or(Dialects::of(&[Dialect::Sqlite]), |lock| lock.settings.dialects);
    let paste = package.map(|package| scaffold::lines_to_paste(package, project, dialects));
    let paste = paste.unwrap_or_default();
    if session.output.is_json() {
        return session.output.json(&json!({
            "folder": project.shown,
            "set": project.name(),
            "made": made,
            "paste": paste.iter().map(|(file, lines)| json!({"file": file, "lines": lines})).collect::<Vec<_>>(),
        }));
    }
    made.iter().for_each(|path| session.output.done("made:", path));
    if made.is_empty() {
        session.output.say(format_args!("nothing to make: {} is there already", project.shown));
    }
    if let Some(script) = script {
        script.tell(session);
    }
    if package.is_none() && manifest(&session.folder).contains_key("workspace") {
        session.output.warn(
            "this is a workspace without a package: no build script was written",
            &["run it in the package that compiles the set in: cargo migrate init --dir <folder>"],
        );
    }
    for (file, lines) in paste {
        session.output.say(format_args!("\npaste into {file}:\n"));
        session.output.data(lines);
    }
    session.output.say("\nnext: cargo migrate new \"<what it does>\"");
}
