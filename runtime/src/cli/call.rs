//! A call is a value: its words, and all that it may see of the world.
//!
//! Nothing in the command reads the process's environment, current folder or streams but for what a database's own library
//! does: a [`Call`] brings them, so that tests run calls side by side in one process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, IsTerminal as _, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use anstream::AutoStream;

use crate::cli::arguments::{Asked, Globals};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::session::Session;

/// Which of the three streams are terminals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminals {
    /// Somebody can answer.
    pub stdin: bool,
    /// Somebody reads the data.
    pub stdout: bool,
    /// Somebody reads the talk.
    pub stderr: bool,
    /// The streams are the process's own, so that a program which the call starts can have them too.
    pub inherited: bool,
}

/// One call of the command and all that it may see.
pub struct Call<'c> {
    /// The words of the command line, the program's name first.
    pub arguments: Vec<OsString>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// The current folder, absolute.
    pub folder: PathBuf,
    /// Which streams are terminals.
    pub terminals: Terminals,
    /// Tells the time.
    pub clock: fn() -> SystemTime,
    /// Answers to questions.
    pub stdin: &'c mut dyn BufRead,
    /// Data.
    pub stdout: &'c mut (dyn Write + Send),
    /// Talk.
    pub stderr: &'c mut (dyn Write + Send),
}

/// Makes a call with what the process has, and returns the exit code.
pub fn of_process(arguments: Vec<OsString>, run: impl FnOnce(Call<'_>) -> u8) -> u8 {
    let (mut stdin, mut stdout, mut stderr) = (
        std::io::stdin().lock(),
        AutoStream::always(std::io::stdout()),
        AutoStream::always(std::io::stderr()),
    );
    let text = |variable: OsString| variable.into_string().ok();
    run(Call {
        arguments,
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
            .collect(),
        folder: std::env::current_dir().unwrap_or_else(|_| ".".into()),
        terminals: Terminals {
            stdin: std::io::stdin().is_terminal(),
            stdout: std::io::stdout().is_terminal(),
            stderr: std::io::stderr().is_terminal(),
            inherited: true,
        },
        clock: SystemTime::now,
        stdin: &mut stdin,
        stdout: &mut stdout,
        stderr: &mut stderr,
    })
}

/// Returns the words of a call without the one by which another program calls it: `cargo migrate` passes `migrate`.
#[must_use]
pub fn words(arguments: &[OsString], name: &str) -> Vec<OsString> {
    let mut words = arguments.to_vec();
    if words.get(1).is_some_and(|word| word == name) {
        words.remove(1);
    }
    words
}

/// Runs a call, says why it stopped, and returns the exit code.
pub fn run(
    call: Call<'_>,
    program: &str,
    verb: impl FnOnce(&mut Session<'_>) -> Result<(), Failure>,
) -> u8 {
    let Call { arguments, environment, folder, terminals, clock, stdin, stdout, stderr } = call;
    let output = Output::new(stdout, stderr, program);
    let globals = Globals::default();
    let mut session = Session { environment, folder, terminals, clock, stdin, output, globals };
    let wants_json = arguments.iter().any(|word| word == "--json");
    session.output.set(session.colours(), wants_json);
    let exit = match verb(&mut session) {
        Ok(()) => Exit::Done,
        Err(failure) => {
            session.output.failure(&failure);
            failure.exit
        }
    };
    let written = session.output.finish();
    if written || exit != Exit::Done { exit.code() } else { Exit::Failed.code() }
}

/// Answers a command line that asks for no verb.
///
/// # Errors
///
/// It asks for nothing at all.
pub fn tell<A>(session: &mut Session<'_>, asked: Asked<A>) -> Result<(), Failure> {
    match asked {
        Asked::Verb(_) => Ok(()),
        Asked::Text(text) => {
            session.output.help(&text);
            Ok(())
        }
        Asked::Nothing(text) => {
            session.output.say(text);
            Err(Failure::said(Exit::Usage))
        }
    }
}
