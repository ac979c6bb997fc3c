//! Command lines: what every verb takes, and how a wrong one is answered.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, ValueEnum};

use crate::cli::failure::Failure;

/// What every verb takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every verb")]
pub struct Globals {
    /// The migrations folder; else the nearest `revisions.lock` at or above the current folder, or the only one below
    #[arg(long, global = true, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// The set's name, where there are several
    #[arg(short, long, global = true, value_name = "NAME")]
    pub name: Option<String>,
    /// Never write the lock; the default when `CI` is set (`--locked=false` undoes that)
    #[arg(
        long,
        global = true,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub locked: Option<bool>,
    /// Print data as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
}

/// When to paint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What a command line asks for.
pub enum Asked<A> {
    /// A verb.
    Verb(Box<A>),
    /// Help or the version, as text.
    Text(String),
    /// Nothing: help is shown, and the call fails.
    Nothing(String),
}

/// Reads a command line, the program's name first.
///
/// # Errors
///
/// What is wrong with it, with what was probably meant.
pub fn parse<A: Parser>(arguments: &[OsString]) -> Result<Asked<A>, Failure> {
    match A::try_parse_from(arguments) {
        Ok(arguments) => Ok(Asked::Verb(Box::new(arguments))),
        Err(error) => {
            let text = || error.render().to_string();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Asked::Text(text())),
                ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Ok(Asked::Nothing(text())),
                _ => Err(wrong::<A>(&error, arguments)),
            }
        }
    }
}

fn wrong<A: Parser>(error: &clap::Error, words: &[OsString]) -> Failure {
    let first = |kind: ContextKind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        // Of several suggestions the last is the nearest.
        ContextValue::Strings(texts) => texts.last().cloned(),
        _ => None,
    };
    let message = match (error.kind(), first(ContextKind::InvalidSubcommand)) {
        (ErrorKind::InvalidSubcommand, Some(word)) => format!("there is no verb `{word}`"),
        _ => clap_message(error),
    };
    let mut failure = Failure::usage(message);
    let meant = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
        ContextKind::SuggestedCommand,
    ];
    let meant = meant.into_iter().find_map(first);
    if let Some(meant) = meant.as_deref().unwrap_or_default().split_whitespace().next() {
        failure = failure.help(format!("did you mean `{meant}`?"));
    }
    let command = A::command();
    let verb = words.iter().find_map(|word| command.find_subcommand(word));
    failure.help(match verb {
        Some(verb) => format!("see how it is used: cargo migrate help {}", verb.get_name()),
        None => "see all verbs: cargo migrate help".to_owned(),
    })
}

/// Takes clap's own phrase, without its prefix, tips and usage.
fn clap_message(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let paragraph = text.split("\n\n").next().unwrap_or(text);
    let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
    lines.join(" ").replace('\'', "`")
}
