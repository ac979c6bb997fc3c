//! `baseline`: an existing database becomes a first revision.

use std::path::PathBuf;

use clap::Args;
use revchain::Target;
use revchain_core::Dialect;
use revchain_schema::Choices;

use crate::autogenerate::{self, Proposals};
use crate::chain::Chain;
use crate::database::Access;
use crate::failure::Failure;
use crate::lockfile::LockEdit;
use crate::project::Project;
use crate::proposal::Question;
use crate::revision_file::{NewRevision, new_id, sound_id};
use crate::run::{self, RunArguments};
use crate::sealing;
use crate::session::Session;
use crate::side::Side;
use crate::url::{DatabaseArguments, DatabaseUrl};
use crate::verbs::diff::ScratchArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate baseline
  cargo migrate baseline \"as it was in production\" --database-url sqlite:app.db

The set must have no revision yet. Other databases of the same shape: cargo migrate stamp head.
A database of another migration tool keeps that tool's tables in the revision: take them out.";

/// Make an existing database the first revision: what recreates it is written, sealed, and recorded as applied
///
/// The statements are tried in a scratch database: they make exactly what is there; what is not compared is named (docs/autogenerate.md).
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Baseline {
    /// What it is, in a few words
    #[arg(value_name = "MESSAGE", default_value = "baseline")]
    message: String,
    /// Its id, instead of one made up
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    run: RunArguments,
    #[command(flatten)]
    scratch: ScratchArguments,
}

impl Baseline {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let edit = LockEdit::begin(session, &project)?;
        let settings = edit.lock.settings.clone();
        if let Some(entry) = edit.lock.revisions.first() {
            return Err(Failure::usage(format!(
                "the set has revisions already, as `{}`",
                entry.id
            ))
            .help("the database has what they make? record it: cargo migrate stamp head")
            .help("what it has besides: cargo migrate drift"));
        }
        let url = project.database_url(session, &self.database)?;
        let dialect = url.dialect();
        if settings.dialects.iter().ne([dialect]) {
            return Err(Failure::usage(format!(
                "the set serves {}, and {url} is {dialect}",
                settings.dialects
            ))
            .help(format!(
                "let it serve that alone at first: cargo migrate set dialects {dialect}"
            )));
        }
        let chain = Chain::of(edit.checked.clone())?;
        let now = crate::clock::now(session);
        let taken = |name: &str| chain.knows(name);
        let mut revision = NewRevision {
            id: match &self.rev_id {
                Some(id) => sound_id(id, taken)?,
                None => new_id(now, taken),
            },
            message: self.message.clone(),
            parents: Vec::new(),
            depends_on: Vec::new(),
            labels: Vec::new(),
            replaces: None,
            origin: None,
            sections: None,
            rust: false,
            created: now,
            folder: PathBuf::new(),
        };
        drop(edit);
        let servers = self.scratch.servers(session, Some(&project))?.or(url.clone());
        let question = Question {
            from: &Side::Revisions(Vec::new()),
            to: &Side::Database(url.clone()),
            dialect,
            history: settings.history.clone(),
            servers: &servers,
            choices: Choices::default(),
            revises: true,
        };
        let proposals: Proposals = vec![(dialect, question.answer(session)?)];
        if autogenerate::is_empty(&proposals) {
            return Err(Failure::new(format!("nothing is in {url}"))
                .help("write the first revision: cargo migrate new \"create users\""));
        }
        tell_pragmas(session, &url)?;
        let count = autogenerate::sections(&proposals).len();
        for (index, section) in autogenerate::sections(&proposals).into_iter().enumerate() {
            let edit = LockEdit::begin(session, &project)?;
            let chain = Chain::of(edit.checked.clone())?;
            if index > 0 {
                revision.parents = vec![revision.id.clone()];
                revision.id = new_id(now, |name| chain.knows(name));
            }
            if count > 1 {
                revision.message = format!("{} ({} of {count})", self.message, index + 1);
            }
            revision.sections = Some(section);
            revision.write(session, &project, &chain, edit)?;
        }
        let mut edit = LockEdit::begin(session, &project)?;
        let chain = Chain::of(edit.checked.clone())?;
        let sealed = sealing::drafts(&chain, &[], &mut edit)?;
        edit.finish()?;
        let migrations = run::migrations(&project.read().1)?;
        let mut database = url.open(session, migrations.set(), Access::WriteExisting)?;
        let stamp = self.run.apply(migrations.stamp([Target::Heads]));
        let report = run::run(session, stamp, &mut database)?;
        run::report(&mut session.output, &report, &sealed);
        Ok(())
    }
}

/// Tells the settings that a file of SQLite has for its application: no catalog has them.
fn tell_pragmas(session: &mut Session<'_>, url: &DatabaseUrl) -> Result<(), Failure> {
    if url.dialect() != Dialect::Sqlite {
        return Ok(());
    }
    let mut database = url.open_any(session, Access::Look)?;
    for pragma in ["application_id", "user_version"] {
        let rows = database.rows(&format!("PRAGMA {pragma}"));
        let rows =
            rows.map_err(|refused| Failure::new(format!("PRAGMA {pragma}: {}", refused.words)))?;
        let value = rows.into_iter().flatten().flatten().next();
        if let Some(value) = value.filter(|value| value != "0") {
            let message = format!("left out: PRAGMA {pragma} = {value}");
            session.output.warn(
                message,
                &["where it is wanted: write it into a revision: cargo migrate new MESSAGE"],
            );
        }
    }
    Ok(())
}
