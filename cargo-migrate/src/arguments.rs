//! The command line: what every verb takes, and how a wrong one is answered.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory as _, Parser, ValueEnum};

use crate::failure::Failure;
use crate::verbs::Verb;

const TEMPLATE: &str = "{about}\n\n{usage-heading} {usage}{after-help}\n\nOptions:\n{options}";

const VERBS: &str = "\
Begin:
  init        Make the migrations folder, its lock and the build script
  new         Write a new revision (alias: revision)
  merge       Join heads with a new revision
  rebase      Put your unpublished revisions on another head
  squash      Put one revision in the place of a range; drop what is replaced (--prune)
  edit        Open a revision in the editor
  add         List revision files that were written by hand

Database:
  upgrade     Apply revisions (alias: up)
  downgrade   Take revisions back (alias: down)
  amend       Apply edited revisions again and seal them: one command an edit
  plan        Show what a run would do on this database
  stamp       Record revisions as applied without running them
  ensure-version  Make the ledger, where it is missing
  current     Show what is applied
  resolve     Say how a statement ended when the database cannot tell

Look:
  status      Show database, drafts, problems and the next command on one screen
  check       Report all problems, as the compiler does
  history     List revisions, newest first, or draw them (--graph)
  graph       Draw the revisions as SVG, Mermaid or Graphviz
  heads       List the heads
  branches    List the branch points
  show        Show all that is known of revisions

Lock:
  seal        Seal drafts, or a corrected downgrade
  lock        Write the lock again; settle a merge conflict in it
  set         Change a setting of the set: dialects, heads, history, name

`cargo migrate help VERB` tells all of a verb, with examples.
Exit codes: 0 done, 1 failed, 2 usage, 3 the set has problems, 4 the database is not what the
set expects, 5 try again (run lock, unreachable).
";

/// Write, check, apply and take back the revisions of a database.
#[derive(Debug, Parser)]
#[command(
    name = "cargo migrate",
    bin_name = "cargo migrate",
    version,
    help_template = TEMPLATE,
    after_help = VERBS,
    term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = false
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every verb takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every verb")]
pub(crate) struct Globals {
    /// The migrations folder; else the nearest `revisions.lock` at or above the current folder, or the only one below
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// The set's name, where there are several
    #[arg(short, long, global = true, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Never write the lock; the default when `CI` is set (`--locked=false` undoes that)
    #[arg(
        long,
        global = true,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) locked: Option<bool>,
    /// Print data as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Colour,
}

/// When to paint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What a command line asks for.
pub(crate) enum Asked {
    /// A verb.
    Verb(Box<Arguments>),
    /// Help or the version, as text.
    Text(String),
    /// Nothing: help is shown, and the call fails.
    Nothing(String),
}

/// Reads a command line; `cargo migrate …` passes `migrate` as its first word.
///
/// # Errors
///
/// What is wrong with it, with what was probably meant.
pub(crate) fn parse(mut arguments: Vec<OsString>) -> Result<Asked, Failure> {
    if arguments.get(1).is_some_and(|word| word == "migrate") {
        arguments.remove(1);
    }
    match Arguments::try_parse_from(&arguments) {
        Ok(arguments) => Ok(Asked::Verb(Box::new(arguments))),
        Err(error) => {
            let text = || error.render().to_string();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Asked::Text(text())),
                ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Ok(Asked::Nothing(text())),
                _ => Err(wrong(&error, &arguments)),
            }
        }
    }
}

fn wrong(error: &clap::Error, words: &[OsString]) -> Failure {
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
    let command = Arguments::command();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_page_of_verbs_names_every_verb_and_alias() {
        for verb in Arguments::command().get_subcommands() {
            let line = VERBS.lines().find(|line| line.trim_start().starts_with(verb.get_name()));
            let line = line.unwrap_or_else(|| panic!("`{}` is not listed", verb.get_name()));
            for alias in verb.get_visible_aliases() {
                assert!(line.contains(alias), "{alias} is not listed");
            }
        }
    }

    #[test]
    fn every_verb_has_examples() {
        for verb in Arguments::command().get_subcommands() {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Examples:\n"), "`{}` has none", verb.get_name());
            assert!(help.lines().all(|line| line.len() <= 100), "a line of `{}`", verb.get_name());
        }
    }
}
