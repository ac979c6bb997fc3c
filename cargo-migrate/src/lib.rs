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
mod autogenerate;
mod clock;
mod deriving;
mod desired;
mod diagram;
mod editor;
mod emptying;
mod export;
mod git;
mod hooks;
mod import;
mod lockfile;
mod moves;
mod new_files;
mod obstacles;
mod picture;
mod project;
mod proof;
mod proposal;
mod published;
mod recipe;
mod rehearsal;
mod relocation;
mod revision_file;
mod run;
mod runner;
mod rust_body;
mod scaffold;
mod scene;
mod scratch;
mod screen;
mod sealing;
mod settings;
mod settle;
mod side;
mod squash;
mod unused;
mod verbs;
mod vouched;
mod words;

use revchain::cli::{
    arguments as lines, call, chain, database, database_status, exit, failure, layout, output,
    session, url,
};

pub use revchain::cli::call::{Call, Terminals};
pub use revchain::cli::exit::Exit;

use arguments::Arguments;

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
    let words = call::words(&call.arguments, "migrate");
    call::run(call, "cargo migrate", |session| match lines::parse(&words)? {
        lines::Asked::Verb(arguments) => {
            let Arguments { globals, verb } = *arguments;
            session.globals = globals;
            session.output.set(session.colours(), session.globals.json);
            verb.run(session).or_else(|failure| runner::instead(session, &words, failure))
        }
        asked => call::tell(session, asked),
    })
}
