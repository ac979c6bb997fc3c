//! `--schema`: the same set in many schemas of one PostgreSQL database, each with a ledger of its own.

use clap::Args;
use revchain_core::{Dialect, Set};
use serde_json::{Value, json};

use crate::cli::database::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, What};
use crate::cli::output::counted;
use crate::cli::session::Session;
use crate::cli::url::DatabaseUrl;

/// In which schemas a verb works.
#[derive(Args, Clone, Debug, Default)]
pub struct SchemaArguments {
    /// PostgreSQL: work in this schema, which has a ledger of its own; repeatable, and `tenant_*` names many
    ///
    /// `search_path` is that schema alone: a name that no schema qualifies is one in there. `*` stands for any characters,
    /// `?` for one. The schemas are taken one after the other; one that fails does not keep the others from their turn.
    #[arg(long = "schema", value_name = "NAME")]
    named: Vec<String>,
}

/// Where the line stands that says which schema comes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// Among the data, which is of that schema.
    Data,
    /// Beside it.
    Talk,
}

/// What all schemas share that PostgreSQL keeps for itself.
const SCHEMAS: &str = "SELECT nspname FROM pg_catalog.pg_namespace \
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY nspname COLLATE \"C\"";

impl SchemaArguments {
    /// Tells whether schemas are named.
    pub const fn are_named(&self) -> bool {
        !self.named.is_empty()
    }

    /// Refuses what does not go together with schemas.
    ///
    /// # Errors
    ///
    /// Schemas are named, and so is the other option.
    pub fn refuse_beside(&self, given: bool, option: &str, help: &str) -> Result<(), Failure> {
        if !given || !self.are_named() {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "the argument `--schema <NAME>` cannot be used with `{option}`"
        ))
        .help(help))
    }

    /// Refuses schemas where none can be: of another database than PostgreSQL, or beside one ledger for all.
    ///
    /// # Errors
    ///
    /// Schemas are named, and cannot be.
    pub fn check(&self, url: &DatabaseUrl, set: &Set) -> Result<(), Failure> {
        if self.are_named() { refuse(url, set) } else { Ok(()) }
    }

    /// Does what a verb does: once, or in each of the schemas that are named.
    ///
    /// # Errors
    ///
    /// The verb's own; with schemas, that it failed in some, and which: each error is told where it came.
    pub fn each(
        &self,
        session: &mut Session<'_>,
        url: &DatabaseUrl,
        set: &Set,
        heading: Heading,
        mut verb: impl FnMut(&mut Session<'_>, &DatabaseUrl) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if !self.are_named() {
            return verb(session, url);
        }
        let schemas = self.find(session, url, set)?;
        let mut ends = Ends { values: Vec::new(), done: Vec::new(), failed: Vec::new() };
        let mut left = schemas.iter();
        for schema in left.by_ref() {
            session.output.plan(heading == Heading::Data, format_args!("schema {schema}:"));
            session.output.collect();
            let ended = verb(session, &url.in_schema(schema));
            let values = session.output.collected();
            let goes_on = ended.as_ref().err().is_none_or(|failure| !is_unreachable(failure));
            ends.add(session, schema, values, ended);
            if !goes_on {
                break;
            }
        }
        let untried: Vec<&str> = left.map(String::as_str).collect();
        ends.tell(session, schemas.len(), &untried)
    }

    /// Returns a URL for each schema, or the one alone where none is named.
    ///
    /// # Errors
    ///
    /// They cannot be found.
    pub fn urls(
        &self,
        session: &mut Session<'_>,
        url: &DatabaseUrl,
        set: &Set,
    ) -> Result<Vec<DatabaseUrl>, Failure> {
        if !self.are_named() {
            return Ok(vec![url.clone()]);
        }
        let schemas = self.find(session, url, set)?;
        Ok(schemas.iter().map(|schema| url.in_schema(schema)).collect())
    }

    /// Finds the schemas: each once, in the order in which they are named, and those of a pattern by name.
    fn find(
        &self,
        session: &mut Session<'_>,
        url: &DatabaseUrl,
        set: &Set,
    ) -> Result<Vec<String>, Failure> {
        refuse(url, set)?;
        let mut database = url.open(session, set, Access::Look)?;
        let all = database.texts(SCHEMAS).map_err(|refused| {
            Failure::new("the database's schemas cannot be listed").note(refused.words)
        })?;
        let mut found: Vec<String> = Vec::new();
        for name in &self.named {
            let is_pattern = name.contains(['*', '?']);
            let named: Vec<&String> = all.iter().filter(|one| matches(name, one)).collect();
            if named.is_empty() {
                return Err(missing(name, is_pattern, &all, url));
            }
            for schema in named {
                if !found.contains(schema) {
                    found.push(schema.clone());
                }
            }
        }
        Ok(found)
    }
}

/// Refuses what has no schemas, or one ledger for all of them.
fn refuse(url: &DatabaseUrl, set: &Set) -> Result<(), Failure> {
    match url.dialect() {
        Dialect::Postgres => {}
        Dialect::Mysql => {
            return Err(Failure::usage(
                "`--schema` is PostgreSQL's, and a schema of MySQL is a database",
            )
            .help(
                "name each database by a URL of its own: --database-url mysql://user@host/tenant_a",
            ));
        }
        Dialect::Sqlite => {
            return Err(Failure::usage(
                "`--schema` is PostgreSQL's, and a SQLite file has no schemas",
            )
            .help("name each file by a URL of its own: --database-url sqlite:tenant_a.db"));
        }
    }
    let history = &set.settings.history;
    if history.schema.is_some() {
        return Err(Failure::usage(format!(
            "the set has one ledger, `{history}`, and each schema wants its own"
        ))
        .help(format!("let it stand in the schema: cargo migrate set history {}", history.table)));
    }
    if url.is_pooled() {
        return Err(Failure::usage("`--schema` needs a session, and `pooler=transaction` keeps none")
            .note("behind a pooler in transaction mode, `search_path` may be another one's at each transaction")
            .help("connect to the server itself, or to a pool in session mode"));
    }
    Ok(())
}

fn missing(name: &str, is_pattern: bool, all: &[String], url: &DatabaseUrl) -> Failure {
    let message = if is_pattern {
        format!("no schema of {url} is named like `{name}`")
    } else {
        format!("{url} has no schema `{name}`")
    };
    let failure = Failure::new(message);
    let failure = match all.len() {
        0 => failure.note("it has none that this role sees"),
        count @ 1..=10 => {
            failure.note(format!("it has {}: {}", counted(count, "schema"), all.join(", ")))
        }
        count => failure.note(format!("it has {count} others")),
    };
    if is_pattern {
        return failure.help("`*` stands for any characters, `?` for one; quote it for the shell");
    }
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    match revchain_core::text::did_you_mean(name, &all) {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None => {
            let quoted = Dialect::Postgres.quote_identifier(name);
            failure.help(format!("make it: psql -c 'CREATE SCHEMA {quoted}'"))
        }
    }
}

/// Tells whether a name is meant: `*` stands for any characters, `?` for one.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut of) = (0, 0);
    // Where the last star stood, and what of the name stands for it so far.
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[of] => (at, of) = (at + 1, of + 1),
            _ => match &mut star {
                Some((stood, until)) => {
                    *until += 1;
                    (at, of) = (*stood + 1, *until);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// Tells whether the others would fail as this one did.
fn is_unreachable(failure: &Failure) -> bool {
    match &failure.what {
        What::Run(error) => error.code() == "unreachable",
        _ => failure.exit == Exit::TryAgain,
    }
}

/// How it ended in each schema.
struct Ends {
    values: Vec<Value>,
    done: Vec<String>,
    failed: Vec<(String, Exit)>,
}

impl Ends {
    fn add(
        &mut self,
        session: &mut Session<'_>,
        schema: &str,
        values: Vec<Value>,
        ended: Result<(), Failure>,
    ) {
        let exit = ended.as_ref().err().map_or(Exit::Done, |failure| failure.exit);
        let mut value = json!({"schema": schema, "exit_code": exit.code()});
        if let Some(result) = values.into_iter().next_back() {
            value["result"] = result;
        }
        match ended {
            Ok(()) => self.done.push(schema.to_owned()),
            Err(failure) => {
                self.failed.push((schema.to_owned(), exit));
                match failure.json() {
                    Some(Value::Object(said)) if session.output.is_json() => {
                        said.into_iter().for_each(|(key, said)| value[&key] = said);
                    }
                    _ => session.output.failure(&failure),
                }
            }
        }
        self.values.push(value);
    }

    /// Tells of the end: with `--json` the one value, else which failed.
    fn tell(self, session: &mut Session<'_>, all: usize, untried: &[&str]) -> Result<(), Failure> {
        if session.output.is_json() {
            session.output.json_told(&json!({"schemas": self.values, "not_tried": untried}));
        }
        // What no waiting mends stands before what the next try may bring.
        let hard = self.failed.iter().find(|(_, exit)| *exit != Exit::TryAgain);
        let Some((_, exit)) = hard.or(self.failed.first()) else { return Ok(()) };
        if session.output.is_json() {
            return Err(Failure::said(*exit));
        }
        let names: Vec<&str> = self.failed.iter().map(|(name, _)| name.as_str()).collect();
        let message =
            format!("{} of {} failed: {}", names.len(), counted(all, "schema"), names.join(", "));
        let mut failure = Failure::with_exit(*exit, message);
        if !self.done.is_empty() {
            failure = failure.note(format!("done: {}", self.done.join(", ")));
        }
        if !untried.is_empty() {
            failure = failure.note(format!("not tried: {}", untried.join(", ")));
        }
        Err(failure.help("the error of each stands above; run it again when it is mended: what is done stays done"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_what_a_shell_would_take() {
        let cases = [
            ("tenant_a", "tenant_a", true),
            ("tenant_a", "tenant_b", false),
            ("tenant_*", "tenant_", true),
            ("tenant_*", "tenantx", false),
            ("*", "", true),
            ("*_live", "shop_live_live", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("t?", "ts", true),
            ("t?", "t", false),
            ("t%", "tx", false),
            ("ключ*", "ключи", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
