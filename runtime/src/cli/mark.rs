//! The environment that a database is marked with: what undoes is not done there by mistake.

use clap::Args;
use revchain_core::Dialect;
use revchain_core::set::History;

use crate::cli::database::Database;
use crate::cli::failure::Failure;

/// Says that a marked database is meant.
#[derive(Args, Clone, Debug, Default)]
pub struct MarkArguments {
    /// The environment that the database is marked with, spelled out: yes, that one is meant
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
}

impl MarkArguments {
    /// Refuses to do what undoes, on a database that bears another mark than was spelled out.
    ///
    /// # Errors
    ///
    /// It bears one that was not spelled out, or none although one was.
    pub fn guard(
        &self,
        database: &mut Database,
        dialect: Dialect,
        history: &History,
        doing: &str,
    ) -> Result<(), Failure> {
        match (read(database, dialect, history)?, &self.environment) {
            (None, None) => Ok(()),
            (Some(mark), Some(environment)) if mark == *environment => Ok(()),
            (None, Some(environment)) => {
                Err(Failure::new(format!("the database is not marked `{environment}`"))
                    .note("it bears no mark: is it the one that you mean?")
                    .help("leave --environment out"))
            }
            (Some(mark), Some(environment)) => {
                Err(Failure::new(format!("the database is not marked `{environment}`"))
                    .note(format!("it is marked `{mark}`: is it the one that you mean?")))
            }
            (Some(mark), None) => {
                Err(Failure::new(format!("the database is marked `{mark}`: no {doing} by mistake"))
                    .help(format!("if that one is meant: add --environment {mark}")))
            }
        }
    }
}

/// Reads the mark; a database without the table of marks bears none.
///
/// # Errors
///
/// It cannot be read.
pub fn read(
    database: &mut Database,
    dialect: Dialect,
    history: &History,
) -> Result<Option<String>, Failure> {
    let sql = format!("SELECT environment FROM {}", table(dialect, history));
    match database.texts(&sql) {
        Ok(marks) => Ok(marks.into_iter().next()),
        Err(refused) if refused.no_table => Ok(None),
        Err(refused) => Err(Failure::new("the database's mark cannot be read").note(refused.words)),
    }
}

/// Writes the mark, or removes it.
///
/// # Errors
///
/// It cannot be written.
pub fn write(
    database: &mut Database,
    dialect: Dialect,
    history: &History,
    mark: Option<&str>,
) -> Result<(), Failure> {
    let table = table(dialect, history);
    let mut statements = vec![
        format!("CREATE TABLE IF NOT EXISTS {table} (environment VARCHAR(63) NOT NULL)"),
        format!("DELETE FROM {table}"),
    ];
    // A name has no character that would end a literal.
    statements.extend(mark.map(|mark| format!("INSERT INTO {table} VALUES ('{mark}')")));
    for statement in statements {
        database
            .execute(&statement)
            .map_err(|refused| Failure::new("the database cannot be marked").note(refused.words))?;
    }
    Ok(())
}

/// Reads the name of an environment.
///
/// # Errors
///
/// It is none.
pub fn name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if (1..=63).contains(&text.len()) && text.chars().all(allowed) {
        return Ok(text.to_owned());
    }
    Err("a name has 1 to 63 letters, digits, `_`, `-` and `.`".to_owned())
}

fn table(dialect: Dialect, history: &History) -> String {
    let name = match &*history.table {
        History::DEFAULT => "revchain_mark".to_owned(),
        table => format!("{table}_mark"),
    };
    let name = dialect.quote_identifier(&name);
    match &history.schema {
        Some(schema) => format!("{}.{name}", dialect.quote_identifier(schema)),
        None => name,
    }
}
