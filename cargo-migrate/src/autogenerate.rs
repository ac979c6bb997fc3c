//! Makes the sections of a revision from what the models ask for.

use revchain_core::set::{History, Settings};
use revchain_core::{Dialect, Dialects};
use revchain_schema::{Ambiguous, Choices, Difference, Part};

use crate::desired;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project::Project;
use crate::proposal::{Proposal, Question};
use crate::scratch::{Scratch, Servers};
use crate::session::Session;
use crate::side::Side;
use crate::unused;
use crate::verbs::diff::{options, statement_text};

/// What a revision is made from.
pub(crate) struct Wanted<'w> {
    /// What it revises.
    pub(crate) from: Side,
    pub(crate) dialects: Dialects,
    pub(crate) history: History,
    /// Where scratch databases are made.
    pub(crate) servers: &'w Servers,
    pub(crate) choices: Choices,
}

/// What each dialect needs.
pub(crate) type Proposals = Vec<(Dialect, Proposal)>;

impl Wanted<'_> {
    /// Plans for each dialect, and asks at the terminal what is a rename.
    ///
    /// # Errors
    ///
    /// Something could be a rename and nobody is there to ask; or what [`Question::answer`] says.
    pub(crate) fn propose(mut self, session: &mut Session<'_>) -> Result<Proposals, Failure> {
        loop {
            let mut proposals = Vec::new();
            for dialect in self.dialects.iter() {
                let question = Question {
                    from: &self.from,
                    to: &Side::Models,
                    dialect,
                    history: self.history.clone(),
                    servers: self.servers,
                    choices: self.choices.clone(),
                    revises: true,
                };
                proposals.push((dialect, question.answer(session)?));
            }
            unused::refuse(&self.choices, proposals.iter().map(|(_, one)| one))?;
            let open = proposals.iter().find(|(_, one)| !one.upgrade.ambiguous.is_empty());
            let Some((_, open)) = open else { return Ok(proposals) };
            if !session.terminals.stdin || session.output.is_json() {
                return Err(undecided(&open.upgrade.ambiguous));
            }
            ask(session, &open.upgrade.ambiguous, &mut self.choices);
        }
    }
}

/// Says what could be a rename, with the flags that decide.
fn undecided(ambiguous: &[Ambiguous]) -> Failure {
    let mut failure = Failure::with_exit(
        Exit::Problems,
        "what is a rename is for you to say: nothing is guessed",
    );
    let mut told: Vec<&str> = Vec::new();
    for first in ambiguous {
        if told.contains(&first.gone()) {
            continue;
        }
        told.push(first.gone());
        let of_it = || ambiguous.iter().filter(|one| one.gone() == first.gone());
        let names: Vec<String> = of_it().map(|one| format!("`{}`", one.rename.new)).collect();
        let old = path(first.rename.table.as_deref(), &first.rename.old);
        failure = failure
            .note(format!("`{old}` goes and {} comes", names.join(" or ")))
            .help(format!("it is the same under a new name: {}", first.rename_flag()));
        for other in of_it().skip(1) {
            failure = failure.help(format!("or: {}", other.rename_flag()));
        }
        let drop = first.drop_flag();
        failure = failure.help(format!("or it is dropped with all that is in it: {drop}"));
    }
    failure
}

/// Asks for each pair, the likeliest first; what is no rename is dropped.
fn ask(session: &mut Session<'_>, ambiguous: &[Ambiguous], choices: &mut Choices) {
    let mut decided: Vec<&Ambiguous> = Vec::new();
    for (at, one) in ambiguous.iter().enumerate() {
        let open = |one: &Ambiguous| !decided.iter().any(|other| one.excludes(other));
        if !open(one) {
            continue;
        }
        let last =
            !ambiguous[at + 1..].iter().any(|other| other.gone() == one.gone() && open(other));
        let old = path(one.rename.table.as_deref(), &one.rename.old);
        session.output.say(format_args!(
            "Is the {} `{old}` called `{}` from now on?{} [y/N]",
            one.rename.kind.name(),
            one.rename.new,
            if last { " If not, it is dropped." } else { "" }
        ));
        if session.is_answered_yes() {
            decided.push(one);
        }
    }
    for one in ambiguous {
        if !decided.iter().any(|other| other.gone() == one.gone()) {
            choices.drops.push(one.gone().to_owned());
        }
    }
    choices.renames.extend(decided.into_iter().map(|one| one.rename.clone()));
}

/// Tells whether nothing differs in any dialect.
pub(crate) fn is_empty(proposals: &Proposals) -> bool {
    proposals.iter().all(|(_, proposal)| proposal.is_empty())
}

/// Returns the sections of each revision: of one, unless a dialect's plan needs several transactions.
pub(crate) fn sections(proposals: &Proposals) -> Vec<String> {
    let parts =
        |(_, one): &(Dialect, Proposal)| one.upgrade.parts.len().max(one.downgrade.parts.len());
    let count = proposals.iter().map(parts).max().unwrap_or_default();
    let several = proposals.len() > 1;
    let section = |index: usize| {
        let mut text = String::new();
        for (dialect, proposal) in proposals {
            let name = if several { format!(" {dialect}") } else { String::new() };
            // What was done last is taken back first.
            let (up, down) = (
                proposal.upgrade.parts.get(index),
                proposal.downgrade.parts.get(count - 1 - index),
            );
            let break_before = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{break_before}-- migrate:upgrade{name}"));
            push(&mut text, up, true);
            text.push_str(&format!("\n-- migrate:downgrade{name}"));
            match down {
                None if up.is_some() => {
                    text.push_str("\n-- nothing is left to take back\nSELECT 1;\n");
                }
                down => push(&mut text, down, false),
            }
        }
        text
    };
    (0..count).map(section).collect()
}

fn push(text: &mut String, part: Option<&Part>, upgrades: bool) {
    text.push_str(&part.map(options).unwrap_or_default());
    text.push('\n');
    for statement in part.into_iter().flat_map(|part| &part.statements) {
        let mut statement = statement.clone();
        // A downgrade takes back what its upgrade made: what goes with it is said where it is run.
        if !upgrades {
            statement.destroys.clear();
        }
        text.push_str(&statement_text(&statement));
    }
}

/// Returns what the models ask for and the revisions do not make, for each dialect that can be tried without a live database.
///
/// # Errors
///
/// A side cannot be made.
pub(crate) fn pending(
    session: &mut Session<'_>,
    project: &Project,
    servers: &Servers,
) -> Result<Vec<(Dialect, Vec<Difference>)>, Failure> {
    let checked = project.read().1;
    let Some(lock) = checked.lock else { return Ok(Vec::new()) };
    // What is written in Rust runs in the application alone.
    if checked.revisions.iter().any(|one| one.revision.is_rust()) {
        return Ok(Vec::new());
    }
    let mut pending = Vec::new();
    for dialect in lock.settings.dialects.iter() {
        let Some(to) = desired::find(session, project, dialect)? else { continue };
        if !servers.serve(dialect) {
            session.output.warn(
                format!("what is desired of {dialect} is not compared with the revisions"),
                &["name a server for scratch databases: --scratch-url URL, or scratch-url = \"…\" in migrate.toml"],
            );
            continue;
        }
        let question = Question {
            from: &Side::Revisions(vec!["heads".to_owned()]),
            to: &to,
            dialect,
            history: lock.settings.history.clone(),
            servers,
            choices: Choices::default(),
            revises: false,
        };
        pending.push((dialect, question.differences(session)?));
    }
    Ok(pending)
}

/// Returns the sections that make a table of SQLite again, with the place to edit marked; other dialects have empty ones.
///
/// # Errors
///
/// There is no such table at these revisions, or the set does not serve SQLite.
pub(crate) fn rebuild(
    session: &mut Session<'_>,
    parents: &[String],
    settings: &Settings,
    table: &str,
) -> Result<String, Failure> {
    if !settings.dialects.contains(Dialect::Sqlite) {
        return Err(Failure::usage("only a table of SQLite has to be made again to be changed")
            .help("write ALTER TABLE into a revision: cargo migrate new MESSAGE"));
    }
    let mut scratch =
        Scratch::make(session, Dialect::Sqlite, &settings.history, &Servers::default())?;
    Side::Revisions(parents.to_vec()).load(session, Dialect::Sqlite, &mut scratch)?;
    let part = revchain_schema::rebuild(&scratch.snapshot()?, table).ok_or_else(|| {
        Failure::usage(format!("there is no table `{table}` to make again"))
            .help("see the tables: cargo migrate schema")
    })?;
    let several = settings.dialects.iter().nth(1).is_some();
    let mut text = String::new();
    for dialect in settings.dialects.iter() {
        let name = if several { format!(" {dialect}") } else { String::new() };
        for direction in ["upgrade", "downgrade"] {
            let break_before = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{break_before}-- migrate:{direction}{name}"));
            let part = Some(&part).filter(|_| dialect == Dialect::Sqlite);
            text.push_str(&part.map(options).unwrap_or_default());
            text.push('\n');
            for statement in part.into_iter().flat_map(|part| &part.statements) {
                if statement.sql.starts_with("CREATE TABLE") {
                    text.push_str("-- EDIT: the new shape of the table\n");
                } else if statement.sql.starts_with("INSERT ")
                    && !statement.sql.starts_with("INSERT INTO sqlite_sequence")
                {
                    text.push_str("-- EDIT: what each column is filled with\n");
                }
                text.push_str(&statement_text(statement));
            }
        }
    }
    Ok(text)
}

pub(crate) fn path(table: Option<&str>, name: &str) -> String {
    table.map_or_else(|| name.to_owned(), |table| format!("{table}.{name}"))
}
