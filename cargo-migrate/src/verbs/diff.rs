//! `diff`: the statements that lead from one schema to another, and back.

use clap::Args;
use revchain_core::{Dialect, Dialects};
use revchain_schema::{Ambiguous, Choices, Kind, Part, Plan, Rename, Statement};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::project::Project;
use crate::proposal::{Proposal, Question};
use crate::scratch::{Servers, history};
use crate::session::Session;
use crate::settings::Settings;
use crate::side::Side;
use crate::unused;
use crate::url::DatabaseUrl;

const EXAMPLES: &str = "Examples:
  cargo migrate diff --from schema-before.sql --to schema.sql --dialect sqlite
  cargo migrate diff --from head --to schema/
  cargo migrate diff --from sqlite:app.db --to schema.sql --json
  cargo migrate diff --from base --to 3f2a --rename users.name:full_name

A side is a `.sql` file, a folder of them, a revision of the set, `models` (what the project
wants), or a database's URL. Nothing is written to it: both are made in scratch databases, and
what is printed was tried there both ways, without rows and with some.";

/// Print the statements that lead from one schema to another, and back
///
/// Something that goes and something that comes are never taken for a rename by themselves: they are planned as drop and
/// create, and the flags that say what they are are printed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Diff {
    /// What is there: a file, a folder, a revision, `models`, a URL
    #[arg(long, value_name = "SIDE")]
    from: String,
    /// What is wanted: a file, a folder, a revision, `models`, a URL
    #[arg(long, value_name = "SIDE")]
    to: String,
    /// The dialect; else that of the database or the only one of the set
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Dialect>,
    #[command(flatten)]
    choices: ChoiceArguments,
    #[command(flatten)]
    scratch: ScratchArguments,
}

/// What a person decides about a plan.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ChoiceArguments {
    /// A rename that keeps what is there: `users.name:full_name`, or `people:users` for a table
    #[arg(long, value_name = "OLD:NEW")]
    rename: Vec<String>,
    /// Something that goes, whatever could be its new name: `users.name`
    #[arg(long, value_name = "NAME")]
    drop: Vec<String>,
    /// A value for rows that are there, as SQL: `users.age=0`
    #[arg(long, value_name = "COLUMN=VALUE")]
    backfill: Vec<String>,
    /// PostgreSQL: build indexes of tables that are there concurrently, in parts of their own
    #[arg(long)]
    concurrently: bool,
    /// PostgreSQL: let constraints come in without holding up who reads and writes: NOT VALID, then VALIDATE
    #[arg(long)]
    online: bool,
}

/// Where scratch databases are made.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ScratchArguments {
    /// The server where scratch databases are made and dropped, repeatable; SQLite needs none
    #[arg(long, value_name = "URL")]
    scratch_url: Vec<String>,
}

impl Diff {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let [from, to] = [&self.from, &self.to].map(|word| Side::typed(session, word));
        let (from, to) = (from?, to?);
        let project = Project::find(session).ok();
        let dialect = self.dialect(project.as_ref(), [&from, &to])?;
        let lock = project.as_ref().and_then(|project| project.read().1.lock);
        let history = lock.map_or_else(|| history(None), |lock| lock.settings.history);
        let databases = [&from, &to].into_iter().filter_map(|side| match side {
            Side::Database(url) => Some(url.clone()),
            _ => None,
        });
        let servers = self.scratch.servers(session, project.as_ref())?;
        let servers = databases.fold(servers, Servers::or);
        let choices = self.choices.read()?;
        let asked = choices.clone();
        // What stands between two schemas of others names all in full.
        let is_own = |side: &Side| matches!(side, Side::Revisions(_) | Side::Models);
        let question = Question {
            from: &from,
            to: &to,
            dialect,
            history,
            servers: &servers,
            choices,
            revises: is_own(&from) || is_own(&to),
        };
        let proposal = question.answer(session)?;
        unused::refuse(&asked, std::iter::once(&proposal))?;
        if session.output.is_json() {
            session.output.json(&json(&proposal));
        } else {
            session.output.text(&text(&proposal));
        }
        if proposal.is_empty() {
            let (from, to) = (from.shown(session), to.shown(session));
            session.output.say(format_args!("nothing differs between {from} and {to}"));
        }
        for one in &proposal.upgrade.ambiguous {
            session.output.warn(
                format!("`{}` could be `{}` under a new name", old_path(one), one.rename.new),
                &[&one.rename_flag(), &one.drop_flag()],
            );
        }
        Ok(())
    }

    fn dialect(&self, project: Option<&Project>, sides: [&Side; 2]) -> Result<Dialect, Failure> {
        let spoken = sides.map(Side::dialect);
        if let [Some(one), Some(other)] = spoken
            && one != other
        {
            let message = format!("one database speaks {one}, the other {other}");
            return Err(Failure::usage(message).help("compare databases of one dialect"));
        }
        let of_database = spoken.into_iter().flatten().next();
        if let Some(dialect) = self.dialect.or(of_database) {
            return match of_database.filter(|other| *other != dialect) {
                None => Ok(dialect),
                Some(other) => {
                    Err(Failure::usage(format!("the database speaks {other}, not {dialect}")))
                }
            };
        }
        let lock = project.and_then(|project| project.read().1.lock);
        let dialects = lock.map_or(Dialects::NONE, |lock| lock.settings.dialects);
        let mut dialects = dialects.iter();
        match (dialects.next(), dialects.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(Failure::usage("which dialect the schemas are written in is not said")
                .help("say it: --dialect sqlite, postgres or mysql")),
        }
    }
}

impl ChoiceArguments {
    /// Tells whether nothing is decided.
    pub(crate) const fn is_empty(&self) -> bool {
        let lists = self.rename.is_empty() && self.drop.is_empty() && self.backfill.is_empty();
        lists && !self.concurrently && !self.online
    }

    /// Reads the choices.
    ///
    /// # Errors
    ///
    /// One of them has another form.
    pub(crate) fn read(&self) -> Result<Choices, Failure> {
        let mut choices = Choices {
            drops: self.drop.clone(),
            concurrently: self.concurrently,
            online: self.online,
            ..Choices::default()
        };
        for text in &self.rename {
            choices.renames.push(rename(text)?);
        }
        for text in &self.backfill {
            let pair = text.split_once('=').filter(|(name, _)| name.contains('.'));
            let (name, value) = pair.ok_or_else(|| {
                Failure::usage(format!("`--backfill {text}` names no column and value"))
                    .help("write it as --backfill users.age=0")
            })?;
            choices.backfills.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        Ok(choices)
    }
}

impl ScratchArguments {
    /// Finds the servers: those of the flag, of `scratch-url` in the settings, and the project's database.
    ///
    /// # Errors
    ///
    /// A URL cannot be used.
    pub(crate) fn servers(
        &self,
        session: &Session<'_>,
        project: Option<&Project>,
    ) -> Result<Servers, Failure> {
        let Servers(mut servers) = self.named(project)?;
        let settings = project.map(Settings::read).transpose()?.unwrap_or_default();
        let arguments = crate::url::DatabaseArguments::default();
        let found = DatabaseUrl::find_any(session, &arguments, &settings.database_url_variable);
        servers.extend(found.ok().flatten());
        Ok(Servers(servers))
    }

    /// Finds the servers that are named for that alone: those of the flag, and of `scratch-url` in the settings.
    ///
    /// # Errors
    ///
    /// A URL cannot be used.
    pub(crate) fn named(&self, project: Option<&Project>) -> Result<Servers, Failure> {
        let typed = |url: &String| DatabaseUrl::typed(url, "--scratch-url");
        let mut servers: Vec<_> = self.scratch_url.iter().map(typed).collect::<Result<_, _>>()?;
        let settings = project.map(Settings::read).transpose()?.unwrap_or_default();
        servers.extend(settings.scratch_servers()?.0);
        Ok(Servers(servers))
    }
}

/// Reads `users.name:full_name`, or `people:users` for a table.
fn rename(text: &str) -> Result<Rename, Failure> {
    let wrong = || {
        Failure::usage(format!("`--rename {text}` names no rename"))
            .help("write it as --rename users.name:full_name, or --rename people:users for a table")
    };
    let (old, new) = text.split_once(':').ok_or_else(wrong)?;
    let (table, old) = match old.rsplit_once('.') {
        Some((table, column)) => (Some(table.to_owned()), column),
        None => (None, old),
    };
    // The new name may be written in full, too.
    let new = new.rsplit_once('.').filter(|_| table.is_some()).map_or(new, |(_, new)| new);
    if old.is_empty() || new.is_empty() {
        return Err(wrong());
    }
    let kind = if table.is_some() { Kind::Column } else { Kind::Table };
    Ok(Rename { kind, table, old: old.to_owned(), new: new.to_owned() })
}

fn old_path(ambiguous: &Ambiguous) -> String {
    let Rename { table, old, .. } = &ambiguous.rename;
    table.as_ref().map_or_else(|| old.clone(), |table| format!("{table}.{old}"))
}

/// Returns a proposal as JSON.
pub(crate) fn json(proposal: &Proposal) -> Value {
    let renames: Vec<Value> = proposal.upgrade.renames.iter().map(rename_json).collect();
    let ambiguous: Vec<Value> = proposal.upgrade.ambiguous.iter().map(ambiguous_json).collect();
    json!({
        "upgrade": plan_json(&proposal.upgrade),
        "downgrade": plan_json(&proposal.downgrade),
        "renames": renames,
        "ambiguous": ambiguous,
    })
}

fn plan_json(plan: &Plan) -> Value {
    let part = |part: &Part| {
        let statements: Vec<Value> = part.statements.iter().map(statement_json).collect();
        json!({
            "transaction": part.transaction,
            "foreign_keys_off": part.foreign_keys_off,
            "statements": statements,
        })
    };
    json!({ "parts": plan.parts.iter().map(part).collect::<Vec<_>>() })
}

fn statement_json(statement: &Statement) -> Value {
    let hazards: Vec<&str> = statement.hazards.iter().map(|hazard| hazard.name()).collect();
    let mut value = json!({ "sql": statement.sql, "hazards": hazards });
    if !statement.destroys.is_empty() {
        value["destroys"] = json!(statement.destroys);
    }
    if !statement.refused_by_rows.is_empty() {
        let all = statement.refused_by_rows.iter();
        let (reasons, counts): (Vec<&str>, Vec<&str>) =
            all.map(|one| (&*one.reason, &*one.count)).unzip();
        let sum = counts.iter().map(|count| format!("({count})")).collect::<Vec<_>>().join(" + ");
        let count = match counts[..] {
            [only] => only.to_owned(),
            _ if counts.contains(&"") => String::new(),
            _ => format!("SELECT {sum}"),
        };
        value["refused_by_rows"] = json!({ "reason": reasons.join("; "), "count": count });
    }
    value
}

fn rename_json(rename: &Rename) -> Value {
    json!({
        "kind": rename.kind.name(),
        "table": rename.table,
        "old": rename.old,
        "new": rename.new,
    })
}

fn ambiguous_json(ambiguous: &Ambiguous) -> Value {
    let mut value = rename_json(&ambiguous.rename);
    value["rename"] = json!(ambiguous.rename_flag());
    value["drop"] = json!(ambiguous.drop_flag());
    value
}

/// Returns a proposal as the sections of a revision.
fn text(proposal: &Proposal) -> String {
    let mut text = String::new();
    for (name, plan) in [("upgrade", &proposal.upgrade), ("downgrade", &proposal.downgrade)] {
        for part in &plan.parts {
            let separator = if text.is_empty() { "" } else { "\n" };
            let options = options(part);
            text.push_str(&format!("{separator}-- migrate:{name}{options}\n"));
            for statement in &part.statements {
                text.push_str(&statement_text(statement));
            }
        }
    }
    text
}

/// Returns what stands behind the marker of a section.
pub(crate) fn options(part: &Part) -> String {
    let transaction = if part.transaction { "" } else { " transaction=off" };
    let foreign_keys = if part.foreign_keys_off { " foreign-keys=off" } else { "" };
    format!("{transaction}{foreign_keys}")
}

/// Returns a statement as a revision has it: what it destroys and what can refuse it stand above it.
pub(crate) fn statement_text(statement: &Statement) -> String {
    let mut text = String::new();
    for refusal in &statement.refused_by_rows {
        text.push_str(&format!("-- rows can refuse this: {}\n", refusal.reason.replace('\n', " ")));
    }
    for what in &statement.destroys {
        text.push_str(&format!("-- migrate:destroys {what}\n"));
    }
    text.push_str(&format!("{};\n", statement.sql));
    text
}
