//! `new`: a revision file and its draft line in the lock.

use std::path::{Path, PathBuf};

use clap::Args;
use revchain_core::check::State;
use revchain_core::set::Revision;
use revchain_core::target::TargetError;

use crate::autogenerate::{self, Wanted};
use crate::chain::Chain;
use crate::editor;
use crate::failure::Failure;
use crate::hooks::{self, Hook};
use crate::lockfile::LockEdit;
use crate::obstacles;
use crate::project::Project;
use crate::revision_file::{NewRevision, new_id, sound_id, sound_label, version_path};
use crate::session::Session;
use crate::settings::Settings;
use crate::side::Side;
use crate::url::{DatabaseArguments, DatabaseUrl};
use crate::verbs::diff::{ChoiceArguments, ScratchArguments};

const EXAMPLES: &str = "Examples:
  cargo migrate new \"add user preferences\"
  cargo migrate revision -m \"add user preferences\"
  cargo migrate new \"create reports\" --edit
  cargo migrate new \"split names\" --rust
  cargo migrate new --autogenerate \"add full names\" --rename users.name:full_name
  cargo migrate new \"users in another shape\" --rebuild users
  cargo migrate revision --autogenerate -m \"add ages\" --backfill users.age=0
  cargo migrate new \"billing\" --head base --label billing --version-path billing
  cargo migrate new \"hotfix\" --head 3f2a --splice
  cargo migrate new \"add theme everywhere\" --replaces 3f2a

The file's path is printed on stdout. A `template.sql` in the folder is what new files are
made from, and a `template.rs` those in Rust: `${message}`, `${revision}`, `${revises}` and
`${created}` in it are filled in.

--autogenerate compares what the revisions make with the desired schema (`schema/*.sql` beside
the folder, or what `command` in migrate.toml prints), both in scratch databases, and tries the
statements there both ways before it writes them. Renames are never guessed: exit code 3 names
the flags where nobody can be asked. What destroys data wants `reviewed` in its line.";

/// Write a new revision
///
/// It revises the head, and is listed in the lock as a draft until it is applied or sealed.
#[derive(Args, Debug)]
#[command(visible_alias = "revision", after_help = EXAMPLES)]
pub(crate) struct New {
    /// What it does, in a few words
    #[arg(
        value_name = "MESSAGE",
        conflicts_with = "message_option",
        required_unless_present = "message_option"
    )]
    message: Option<String>,
    /// The same, as Alembic spells it
    #[arg(short = 'm', long = "message", value_name = "MESSAGE")]
    message_option: Option<String>,
    /// What it revises: an id, four or more characters of one, a label, `head`, `heads` or `base`
    #[arg(long, value_name = "REVISION")]
    head: Vec<String>,
    /// Let it revise a revision that others revise already, which begins a branch
    #[arg(long)]
    splice: bool,
    /// Its id, instead of one made up
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// A name for the branch that begins here
    #[arg(long, visible_alias = "branch-label", value_name = "LABEL")]
    label: Vec<String>,
    /// A revision or label that must be applied before it, besides what it revises
    #[arg(long, value_name = "REVISION")]
    depends_on: Vec<String>,
    /// The folder below that of the set where the file goes, as one for each branch; else it goes beside the one that it
    /// revises
    #[arg(long, value_name = "FOLDER")]
    version_path: Option<PathBuf>,
    /// A published revision that fails on some databases: databases that have it only record the new one, all others run
    /// the new one in its place. It begins as a copy
    #[arg(long, value_name = "REVISION", conflicts_with_all = ["head", "splice"])]
    replaces: Option<String>,
    /// Write it in Rust: functions on the connections of the application's drivers, where SQL cannot say it
    #[arg(long, conflicts_with = "replaces")]
    rust: bool,
    /// Write the statements that lead from the revisions to the desired schema, and back
    #[arg(long, conflicts_with_all = ["rust", "replaces"])]
    autogenerate: bool,
    /// Write the statements that make this table of SQLite again, to change by hand what no plan can
    #[arg(long, value_name = "TABLE", conflicts_with_all = ["rust", "replaces", "autogenerate"])]
    rebuild: Option<String>,
    #[command(flatten)]
    choices: ChoiceArguments,
    #[command(flatten)]
    scratch: ScratchArguments,
    /// Open the file in $VISUAL or $EDITOR
    #[arg(short, long)]
    edit: bool,
}

impl New {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        // What cannot be done afterwards stops it before a file is written.
        Settings::read(&project)?;
        if self.edit {
            editor::command(session)?;
        }
        if self.autogenerate {
            return self.autogenerate(session, &project);
        }
        if !self.choices.is_empty() {
            return Err(Failure::usage(
                "what is renamed, dropped or filled is said of statements that are generated",
            )
            .help("add --autogenerate"));
        }
        let edit = LockEdit::begin(session, &project)?;
        let chain = Chain::of(edit.checked.clone())?;
        let mut revision = self.revision(&chain, session)?;
        if let Some(table) = &self.rebuild {
            let settings = &edit.lock.settings;
            let sections = autogenerate::rebuild(session, &revision.parents, settings, table)?;
            revision.sections = Some(sections);
        }
        self.write(session, &project, &chain, edit, revision)
    }

    /// Writes a revision, opens it where that was asked for, and runs the hook.
    fn write(
        &self,
        session: &mut Session<'_>,
        project: &Project,
        chain: &Chain,
        edit: LockEdit<'_>,
        mut revision: NewRevision,
    ) -> Result<(), Failure> {
        if let Some(path) = &self.version_path {
            revision.folder = version_path(session, project, path)?;
        }
        let path = revision.write(session, project, chain, edit)?;
        let file = project.path.join(&path);
        if self.edit {
            editor::open(session, &file)?;
        }
        let url = at_hand(session, project)?;
        let shown = session.shown(&file);
        hooks::run(session, project, Hook::AfterNew, url.as_ref(), Some(&shown))
    }

    /// Writes what leads to the desired schema: one file, or several where a plan needs several transactions.
    fn autogenerate(&self, session: &mut Session<'_>, project: &Project) -> Result<(), Failure> {
        let edit = LockEdit::begin(session, project)?;
        let chain = Chain::of(edit.checked.clone())?;
        let first = self.revision(&chain, session)?;
        let settings = edit.lock.settings.clone();
        drop(edit);
        let servers = self.scratch.servers(session, Some(project))?;
        let wanted = Wanted {
            from: Side::Revisions(first.parents.clone()),
            dialects: settings.dialects,
            history: settings.history,
            servers: &servers,
            choices: self.choices.read()?,
        };
        let proposals = wanted.propose(session)?;
        if autogenerate::is_empty(&proposals) {
            if session.output.is_json() {
                session.output.json(&serde_json::Value::Null);
            }
            session.output.say("nothing to do: the revisions make what is desired");
            return Ok(());
        }
        let mut last: Option<String> = None;
        let sections = autogenerate::sections(&proposals);
        let count = sections.len();
        for (index, section) in sections.into_iter().enumerate() {
            let edit = LockEdit::begin(session, project)?;
            let chain = Chain::of(edit.checked.clone())?;
            let mut revision = first.clone();
            if let Some(last) = last {
                revision.id = new_id(revision.created, |name| chain.knows(name));
                revision.parents = vec![last];
                revision.labels.clear();
                revision.depends_on.clear();
            }
            if count > 1 {
                revision.message = format!("{} ({} of {count})", revision.message, index + 1);
            }
            revision.sections = Some(section);
            last = Some(revision.id.clone());
            self.write(session, project, &chain, edit, revision)?;
        }
        let url = at_hand(session, project)?;
        obstacles::warn(session, &proposals, url.as_ref());
        let destroyed = proposals.iter().flat_map(|(_, one)| one.upgrade.statements());
        let mut destroyed: Vec<&String> = destroyed.flat_map(|one| &one.destroys).collect();
        destroyed.sort_unstable();
        destroyed.dedup();
        for what in destroyed {
            session.output.warn(
                format!("this destroys `{what}`"),
                &["when you have looked at it, end its `-- migrate:destroys` line with `reviewed`"],
            );
        }
        Ok(())
    }

    fn revision(&self, chain: &Chain, session: &Session<'_>) -> Result<NewRevision, Failure> {
        let message = self.message.as_ref().or(self.message_option.as_ref());
        let message = message.map(|message| message.trim()).unwrap_or_default();
        if message.is_empty() {
            return Err(Failure::usage("the message is empty")
                .help("say what the revision does: cargo migrate new \"add user preferences\""));
        }
        let taken = |name: &str| chain.knows(name);
        let now = crate::clock::now(session);
        let id = match &self.rev_id {
            Some(id) => sound_id(id, taken)?,
            None => new_id(now, taken),
        };
        for label in &self.label {
            sound_label(label, taken)?;
        }
        let depends_on = self.depends_on.iter().map(|name| {
            let place = chain.find(name)?;
            let is_label = chain.revision(place).labels.iter().any(|label| label == name);
            Ok(if is_label { name.clone() } else { chain.id(place).to_owned() })
        });
        let mut revision = NewRevision {
            id,
            message: message.to_owned(),
            parents: Vec::new(),
            depends_on: depends_on.collect::<Result<_, Failure>>()?,
            labels: self.label.clone(),
            replaces: None,
            origin: None,
            sections: None,
            rust: self.rust,
            created: now,
            folder: PathBuf::new(),
        };
        match &self.replaces {
            Some(replaced) => replace(&mut revision, chain, replaced)?,
            None => {
                revision.parents = self.parents(chain)?;
                if let [parent] = &revision.parents[..] {
                    revision.folder = folder_of(chain.revision(chain.find(parent)?));
                }
            }
        }
        Ok(revision)
    }

    fn parents(&self, chain: &Chain) -> Result<Vec<String>, Failure> {
        if self.head.is_empty() {
            return match chain.graph.heads()[..] {
                [] => Ok(Vec::new()),
                [head] => Ok(chain.ids(&[head])),
                ref heads => Err(Failure::from(TargetError::SeveralHeads(chain.ids(heads)))
                    .help(format!("or go on from one: --head {}", chain.id(heads[0])))),
            };
        }
        if self.head.iter().any(|name| name == "base") {
            return if self.head.len() == 1 {
                Ok(Vec::new())
            } else {
                Err(Failure::usage("`base` cannot stand beside other parents"))
            };
        }
        let parents = chain.find_all(&self.head)?;
        let inner = parents.iter().find(|place| !chain.graph.children(**place).is_empty());
        match inner {
            Some(place) if !self.splice => {
                Err(Failure::usage(format!("revision `{}` is not a head", chain.id(*place)))
                    .help("to begin a branch there add --splice"))
            }
            _ => Ok(chain.ids(&parents)),
        }
    }
}

/// Finds the database; one that cannot be named is no matter here.
fn at_hand(session: &Session<'_>, project: &Project) -> Result<Option<DatabaseUrl>, Failure> {
    let variable = Settings::read(project)?.database_url_variable;
    let arguments = DatabaseArguments::default();
    Ok(DatabaseUrl::find_any(session, &arguments, &variable).ok().flatten())
}

/// Lets a new revision stand in the place of another, and begin as a copy of it.
fn replace(revision: &mut NewRevision, chain: &Chain, name: &str) -> Result<(), Failure> {
    if name.contains("..") {
        return Err(Failure::usage("`new --replaces` replaces one revision")
            .help(format!("for a range: cargo migrate squash {}", name.replace("..", ":"))));
    }
    let place = chain.find(name)?;
    let (id, replaced) = (chain.id(place), chain.checked(place));
    match replaced.state {
        State::Draft | State::Unlisted => {
            return Err(Failure::usage(format!("revision `{id}` is a draft"))
                .help(format!("no database needs the draft: edit it: cargo migrate edit {id}")));
        }
        State::Sealed | State::Edited => {}
    }
    let Revision { text, labels, .. } = &replaced.revision;
    revision.rust = replaced.revision.is_rust();
    let sections = if revision.rust {
        below_header(text)
    } else {
        text.find("\n-- migrate:").map_or(String::new(), |start| text[start + 1..].to_owned())
    };
    revision.sections = Some(format!("{}\n", sections.trim_end()));
    revision.replaces = Some(id.to_owned());
    revision.parents.clone_from(&replaced.parents);
    let mut depends_on = replaced.dependencies.clone();
    depends_on
        .extend(revision.depends_on.drain(..).filter(|one| !replaced.dependencies.contains(one)));
    revision.depends_on = depends_on;
    revision.labels.splice(0..0, labels.iter().map(ToString::to_string));
    revision.folder = folder_of(&replaced.revision);
    Ok(())
}

/// Returns what stands below the header of a Rust file; of the header what stands for its downgrade.
fn below_header(text: &str) -> String {
    let is_comment = |line: &&str| line.trim().is_empty() || line.starts_with("//");
    let header: usize = text.split_inclusive('\n').take_while(is_comment).map(str::len).sum();
    let (header, below) = text.split_at(header);
    let irreversible = header.lines().find(|line| line.starts_with("//! irreversible:"));
    match irreversible {
        Some(line) => format!("{line}\n\n{below}"),
        None => below.to_owned(),
    }
}

/// Returns the folder of a revision's file, below that of the set.
fn folder_of(revision: &Revision) -> PathBuf {
    Path::new(&*revision.path).parent().map(Path::to_owned).unwrap_or_default()
}
