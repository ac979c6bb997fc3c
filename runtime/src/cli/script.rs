//! Targets as people type them, and `--sql`: a run as a script, without a database.

use crate::{Dialect, Migrations, Run, Set, Target};
use clap::Args;
use revchain_core::walk::{find, find_replaced};
use serde_json::json;

use crate::cli::chain::instead_of_replaced;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::words;

/// What helps whoever wants a script for one schema.
pub const IN_A_SCHEMA: &str = "a script names no schema: let the client do so: PGOPTIONS='-c search_path=tenant_a' psql -f upgrade.sql";

/// Whether to write a script instead.
#[derive(Args, Clone, Debug, Default)]
pub struct ScriptArguments {
    /// Write the SQL to stdout and touch no database; the target may be a range `FROM:TO`
    #[arg(long)]
    pub sql: bool,
    /// For --sql: whose SQL to write, where the set serves several
    #[arg(long, value_name = "DIALECT", requires = "sql")]
    dialect: Option<String>,
}

impl ScriptArguments {
    /// Returns the dialect of the script.
    ///
    /// # Errors
    ///
    /// The set serves several and none is named, or one that it does not serve.
    pub fn dialect(&self, migrations: &Migrations) -> Result<Dialect, Failure> {
        let served = migrations.set().settings.dialects;
        if let Some(name) = &self.dialect {
            let named = words::dialects(std::slice::from_ref(name))?;
            let dialect = named.iter().find(|dialect| served.contains(*dialect));
            return dialect.ok_or_else(|| {
                Failure::usage(format!("the set does not serve {named}"))
                    .help(format!("it serves {served}"))
            });
        }
        let mut dialects = served.iter();
        match (dialects.next(), dialects.next()) {
            (Some(dialect), None) => Ok(dialect),
            _ => Err(Failure::usage(format!("the set serves several dialects: {served}"))
                .help("name one: --dialect DIALECT")),
        }
    }
}

/// Reads a target.
///
/// # Errors
///
/// It is none.
pub fn target(text: &str) -> Result<Target, Failure> {
    if text.contains(['/', '?', '=']) {
        return Err(
            Failure::usage("a URL is not a target").help("name the database with --database-url")
        );
    }
    if text.contains(':') {
        return Err(Failure::usage(format!("the range `{text}` is for scripts"))
            .help(format!("write a script: cargo migrate upgrade {text} --sql, or downgrade"))
            .help("or name where to go"));
    }
    Ok(text.parse::<Target>()?)
}

/// Reads a target of a set, so that a wrong name is known before a database is touched.
///
/// # Errors
///
/// It is none, or names no revision of the set.
pub fn target_in(set: &Set, text: &str) -> Result<Target, Failure> {
    let target = target(text)?;
    for name in target.names() {
        find(set, name).map_err(|error| instead_of_replaced(set, &target, error))?;
    }
    Ok(target)
}

/// Reads a target that may also be a replaced revision, for a database in the middle of what is replaced.
///
/// # Errors
///
/// As [`target_in`].
pub fn target_or_replaced(set: &Set, text: &str) -> Result<Target, Failure> {
    let target = target(text)?;
    let is_replaced = match &target {
        Target::Revision(name) => find(set, name).is_err() && find_replaced(set, name)?.is_some(),
        _ => false,
    };
    if is_replaced { Ok(target) } else { target_in(set, text) }
}

/// Writes a run as a script to stdout.
///
/// # Errors
///
/// The range names nothing, or the script cannot be written.
pub fn print<'m>(
    session: &mut Session<'_>,
    range: &str,
    dialect: Dialect,
    run: impl FnOnce(Target) -> Run<'m>,
) -> Result<(), Failure> {
    let (from, to) = match range.split_once(':') {
        Some(_) if range.contains('/') => (None, target(range)?),
        Some((from, to)) => {
            (Some(target(from)?), target(if to.is_empty() { "heads" } else { to })?)
        }
        None => (None, target(range)?),
    };
    let mut run = run(to);
    if let Some(from) = from {
        run = run.from(from);
    }
    let script = run.sql(dialect)?;
    show(session, dialect, &script);
    Ok(())
}

/// Prints a script.
pub fn show(session: &mut Session<'_>, dialect: Dialect, script: &str) {
    if session.output.is_json() {
        session.output.json(&json!({"dialect": dialect.name(), "sql": script}));
    } else {
        session.output.text(script);
    }
}
