//! The command inside an application.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::Migrations;
use crate::cli::arguments::{Asked, Colour, Globals, parse};
use crate::cli::call::{self, Call};
use crate::cli::failure::Failure;
use crate::cli::scene::{Compiled, Scene};
use crate::cli::session::Session;
use crate::cli::verbs::{
    adopt_history, amend, current, downgrade, ensure_version, heads, history, mark, plan, resolve,
    show, stamp, upgrade, verify,
};

/// Runs the command with the words of the process's command line: the whole `main` of a binary.
///
/// ```no_run
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # use std::process::ExitCode;
/// fn main() -> ExitCode {
///     revchain::cli::main(&MIGRATIONS)
/// }
/// ```
///
/// The binary needs nothing beside itself: a container starts with `app-migrate upgrade head --wait 60s && app`. Its verbs
/// are `upgrade`, `downgrade`, `stamp`, `adopt-history`, `current`, `history`, `heads`, `show`, `plan`, `verify`, `mark`, `resolve` and
/// `ensure-version`, with the options, the output (`--json`) and the exit codes of `cargo migrate`: 0 done, 1 failed, 2
/// usage, 4 the database is not what the set expects, 5 try again. The database is named by `--database-url`, else by
/// `DATABASE_URL` in the environment or in `.env`; which ones are served, the features say: `rusqlite` or `sqlx-sqlite`,
/// `sqlx-postgres`.
#[must_use]
pub fn main(migrations: &Migrations) -> ExitCode {
    run(migrations, std::env::args_os().skip(1))
}

/// Runs the command with these words, the verb first: below a subcommand of the application's own.
///
/// What it prints goes to the process's streams. It starts a runtime of its own for servers: call it before the
/// application's begins, or from a thread in which none runs (`tokio::task::spawn_blocking`).
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// use std::process::ExitCode;
///
/// let ended = revchain::cli::run(&MIGRATIONS, ["upgrade", "--database-url", "sqlite::memory:"]);
/// assert_eq!(ended, ExitCode::SUCCESS);
///
/// // The set has no such revision: wrong usage.
/// let ended = revchain::cli::run(&MIGRATIONS, ["upgrade", "beef", "--database-url", "sqlite::memory:"]);
/// assert_eq!(ended, ExitCode::from(2));
/// ```
#[must_use]
pub fn run<W: Into<OsString>>(
    migrations: &Migrations,
    words: impl IntoIterator<Item = W>,
) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
    let program = program(&words, &std::env::args_os().collect::<Vec<_>>());
    let arguments = std::iter::once(OsString::from(&program)).chain(words).collect();
    ExitCode::from(call::of_process(arguments, |call| run_call(migrations, call)))
}

/// Runs a call whose first word is how the program is called.
#[doc(hidden)]
#[must_use]
pub fn run_call(migrations: &Migrations, call: Call<'_>) -> u8 {
    let words = call.arguments.clone();
    let program = words.first().map_or_else(String::new, |word| word.to_string_lossy().into());
    call::run(call, &program, |session| match parse::<Arguments>(&words)? {
        Asked::Verb(arguments) => {
            let Arguments { common: Common { json, color }, verb } = *arguments;
            session.globals = Globals { json, color, ..Globals::default() };
            session.output.set(session.colours(), json);
            verb.run(session, &mut Compiled(migrations))
        }
        asked => call::tell(session, asked),
    })
}

/// Returns how a person calls the program: its file's name, and what of the process's words stands before ours.
fn program(words: &[OsString], process: &[OsString]) -> String {
    let name = process.first().map(|path| Path::new(path).file_stem().unwrap_or(path));
    let before = process.strip_suffix(words).and_then(|before| before.get(1..));
    let before = before.unwrap_or_default().iter().map(OsString::as_os_str);
    let words: Vec<&OsStr> = name.into_iter().chain(before).collect();
    words.join(OsStr::new(" ")).to_string_lossy().into_owned()
}

const TEMPLATE: &str = "{about}\n\n{usage-heading} {usage}{after-help}\n\nOptions:\n{options}";

const VERBS: &str = "\
Database:
  upgrade     Apply revisions (alias: up)
  downgrade   Take revisions back (alias: down)
  plan        Show what a run would do on this database
  stamp       Record revisions as applied without running them
  adopt-history  Record what another tool has applied, as its table says
  ensure-version  Make the ledger, where it is missing
  current     Show what is applied
  verify      Tell by the exit code whether the database is where this set wants it
  mark        Mark the database with its environment, so that nothing is undone there by mistake
  resolve     Say how a statement ended when the database cannot tell

Look:
  history     List revisions, newest first, or draw them (--graph)
  heads       List the heads
  show        Show all that is known of revisions

`cargo migrate help VERB` tells all of a verb, with examples.
Exit codes: 0 done, 1 failed, 2 usage, 4 the database is not what the set expects, 5 try again
(run lock, unreachable).
";

/// Apply and take back the revisions that are compiled in, and look at them.
#[derive(Debug, Parser)]
#[command(
    name = "cargo migrate",
    bin_name = "cargo migrate",
    help_template = TEMPLATE,
    after_help = VERBS,
    term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = false
)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Verb,
}

/// What every verb takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every verb")]
struct Common {
    /// Print data as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Colour,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Upgrade(upgrade::Upgrade),
    Downgrade(downgrade::Downgrade),
    Plan(plan::Plan),
    Stamp(stamp::Stamp),
    AdoptHistory(adopt_history::AdoptHistory),
    EnsureVersion(ensure_version::EnsureVersion),
    Current(current::Current),
    Verify(verify::Verify),
    Mark(mark::Mark),
    Resolve(resolve::Resolve),
    History(history::History),
    Heads(heads::Heads),
    Show(show::Show),
    /// Its place is the command, which seals what it did.
    #[command(hide = true)]
    Amend(amend::Amend),
}

impl Verb {
    fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        match self {
            Self::Upgrade(verb) => verb.run(session, scene),
            Self::Downgrade(verb) => verb.run(session, scene),
            Self::Plan(verb) => verb.run(session, scene),
            Self::Stamp(verb) => verb.run(session, scene),
            Self::AdoptHistory(verb) => verb.run(session, scene),
            Self::EnsureVersion(verb) => verb.run(session, scene),
            Self::Current(verb) => verb.run(session, scene),
            Self::Verify(verb) => verb.run(session, scene),
            Self::Mark(verb) => verb.run(session, scene),
            Self::Resolve(verb) => verb.run(session, scene),
            Self::History(verb) => verb.run(session, scene),
            Self::Heads(verb) => verb.run(session, scene),
            Self::Show(verb) => verb.run(session, scene),
            Self::Amend(verb) => verb.run(session, scene),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::verbs::NAMES;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_verb_is_listed_and_named() {
        for verb in Arguments::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
            assert!(VERBS.contains(&format!("\n  {} ", verb.get_name())), "{}", verb.get_name());
            for name in verb.get_visible_aliases().chain([verb.get_name()]) {
                assert!(NAMES.contains(&name), "{name}");
            }
        }
    }

    #[test]
    fn the_program_is_called_as_it_was_called() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        let cases = [
            ("upgrade head", "/usr/bin/shop-migrate upgrade head", "shop-migrate"),
            ("upgrade head", "target/debug/shop migrate upgrade head", "shop migrate"),
            ("current", "shop serve", "shop"),
        ];
        for (ours, process, expected) in cases {
            assert_eq!(program(&words(ours), &words(process)), expected);
        }
    }
}
