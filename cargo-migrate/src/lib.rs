//! The library behind `cargo migrate`: a call is a value, and every verb a function of it.
//!
//! ```text
//! Call ─▶ arguments ─▶ Session ─▶ verb ─▶ Output, Exit
//!                                  │
//!            project, lockfile, database (what verbs share)
//! ```
//!
//! Nothing here reads the process's environment, current folder or streams: [`Call`] brings them, so that tests run
//! calls side by side in one process.

mod along;
mod arguments;
mod chain;
mod database;
mod database_status;
mod drawing;
mod duration;
mod editor;
mod exit;
mod failure;
mod git;
mod layout;
mod lockfile;
mod moves;
mod output;
mod picture;
mod project;
mod proof;
mod published;
mod relocation;
mod revision_file;
mod run;
mod rust_body;
mod scaffold;
mod screen;
mod script;
mod sealing;
mod session;
mod settings;
mod settle;
mod squash;
mod url;
mod verbs;
mod vouched;
mod words;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::SystemTime;

pub use exit::Exit;
pub use session::Terminals;

use arguments::{Asked, Globals};
use output::Output;
use session::Session;

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

/// Runs a call, and returns the process's exit code.
///
/// ```
/// use cargo_migrate::{Call, Terminals};
///
/// let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
/// let code = cargo_migrate::run(Call {
///     arguments: ["cargo-migrate", "migrate", "upgrad"].map(Into::into).to_vec(),
///     environment: Default::default(),
///     folder: std::env::temp_dir(),
///     terminals: Terminals::default(),
///     clock: std::time::SystemTime::now,
///     stdin: &mut std::io::empty(),
///     stdout: &mut stdout,
///     stderr: &mut stderr,
/// });
/// assert_eq!(code, 2);
/// assert!(String::from_utf8_lossy(&stderr).contains("did you mean `upgrade`?"));
/// ```
#[must_use]
pub fn run(call: Call<'_>) -> u8 {
    let Call { arguments, environment, folder, terminals, clock, stdin, stdout, stderr } = call;
    let output = Output::new(stdout, stderr);
    let globals = Globals::default();
    let mut session = Session { environment, folder, terminals, clock, stdin, output, globals };
    let wants_json = arguments.iter().any(|word| word == "--json");
    session.output.set(session.colours(), wants_json);
    let result = match arguments::parse(arguments) {
        Ok(Asked::Verb(arguments)) => {
            session.globals = arguments.globals;
            session.output.set(session.colours(), session.globals.json);
            arguments.verb.run(&mut session)
        }
        Ok(Asked::Text(text)) => {
            session.output.text(&text);
            Ok(())
        }
        Ok(Asked::Nothing(text)) => {
            session.output.say(text);
            Err(failure::Failure::said(Exit::Usage))
        }
        Err(failure) => Err(failure),
    };
    let exit = match result {
        Ok(()) => Exit::Done,
        Err(failure) => {
            session.output.failure(&failure);
            failure.exit
        }
    };
    let written = session.output.finish();
    if written || exit != Exit::Done { exit.code() } else { Exit::Failed.code() }
}
