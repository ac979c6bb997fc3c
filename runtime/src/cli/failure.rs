//! Why a verb stopped: what happened, what explains it, and the command that helps.

use std::io;
use std::path::Path;

use revchain_core::Problem;
use revchain_core::target::TargetError;
use serde_json::{Value, json};

use crate::cli::exit::Exit;

/// Why a verb stopped.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub what: What,
}

/// What there is to say of a failure.
#[derive(Debug)]
pub enum What {
    /// A phrase, facts that explain it, and what helps.
    Words { message: String, notes: Vec<String>, helps: Vec<String> },
    /// Problems of the set, as the compiler prints them.
    Problems(Vec<Problem>),
    /// What the library says of a run that stopped.
    Run(Box<crate::Error>),
    /// All was said already.
    Said,
}

impl Failure {
    /// Says what happened, as one lowercase phrase.
    pub fn new(message: impl Into<String>) -> Self {
        Self::with_exit(Exit::Failed, message)
    }

    /// Says what is wrong with the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::with_exit(Exit::Usage, message)
    }

    /// Says what happened, and how the process ends.
    pub fn with_exit(exit: Exit, message: impl Into<String>) -> Self {
        let (notes, helps) = (Vec::new(), Vec::new());
        Self { exit, what: What::Words { message: message.into(), notes, helps } }
    }

    /// Ends with the problems of a set.
    pub fn problems(problems: Vec<Problem>) -> Self {
        Self { exit: Exit::Problems, what: What::Problems(problems) }
    }

    /// Ends so, with nothing left to say.
    pub const fn said(exit: Exit) -> Self {
        Self { exit, what: What::Said }
    }

    /// Says what could not be done with a file, in the system's words.
    pub fn file(doing: &str, path: &Path, error: &io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "no such file or folder".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        let failure = Self::new(format!("cannot {doing} {}: {reason}", path.display()));
        match error.kind() {
            io::ErrorKind::PermissionDenied => {
                failure.help(format!("see who may: ls -ld {}", path.display()))
            }
            _ => failure,
        }
    }

    /// Adds a fact that explains it.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        if let What::Words { notes, .. } = &mut self.what {
            notes.push(note.into());
        }
        self
    }

    /// Adds what helps: one imperative line, with the command where there is one.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if let What::Words { helps, .. } = &mut self.what {
            helps.push(help.into());
        }
        self
    }

    /// Returns what happened, as one phrase.
    pub fn message(&self) -> String {
        match &self.what {
            What::Said => String::new(),
            What::Words { message, .. } => message.clone(),
            What::Run(error) => error.to_string(),
            What::Problems(problems) => crate::cli::output::counted(problems.len(), "problem"),
        }
    }

    /// Returns the first line of help.
    pub fn first_help(&self) -> Option<String> {
        match &self.what {
            What::Words { helps, .. } => helps.first().cloned(),
            What::Problems(_) | What::Run(_) | What::Said => None,
        }
    }

    /// Returns the failure as `--json` shows it.
    pub fn json(&self) -> Option<Value> {
        match &self.what {
            What::Said => None,
            What::Words { message, notes, helps } => {
                Some(json!({"error": {"message": message, "notes": notes, "helps": helps}}))
            }
            What::Problems(problems) => {
                let problems: Vec<Value> = problems.iter().map(problem).collect();
                Some(json!({ "problems": problems }))
            }
            What::Run(error) => {
                let applied: Vec<Value> = error.applied().iter().map(done).collect();
                let (code, message) = (error.code(), error.to_string());
                let report = error.report();
                Some(
                    json!({"error": {"code": code, "message": message, "report": report}, "done": applied}),
                )
            }
        }
    }
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        Self::with_exit(exit_of(&error), error.to_string()).help(error.help())
    }
}

/// A name that is none is wrong usage; a place that cannot be reached from here is a failure.
fn exit_of(error: &TargetError) -> Exit {
    match error {
        TargetError::Malformed(_)
        | TargetError::NoRange(_)
        | TargetError::Here
        | TargetError::Relative(_)
        | TargetError::NotOnBranch { .. }
        | TargetError::OneLine { .. }
        | TargetError::Apart { .. }
        | TargetError::Unknown { .. }
        | TargetError::TooShort(_)
        | TargetError::Ambiguous { .. }
        | TargetError::WrongWay(_) => Exit::Usage,
        TargetError::SeveralHeads(_)
        | TargetError::NoRevision
        | TargetError::SeveralWays { .. }
        | TargetError::NotApplied(_)
        | TargetError::OnlyNeeded { .. }
        | TargetError::OtherBranch { .. }
        | TargetError::TooFar { .. } => Exit::Failed,
    }
}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        let exit = match (error.kind(), error.exit_code()) {
            (crate::ErrorKind::Target(target), _) => exit_of(target),
            (_, 4) => Exit::Unexpected,
            (_, 5) => Exit::TryAgain,
            _ => Exit::Failed,
        };
        Self { exit, what: What::Run(Box::new(error)) }
    }
}

/// Returns a revision that was done as `--json` shows it.
pub fn done(done: &crate::Done) -> Value {
    json!({
        "revision": done.revision,
        "message": done.message,
        "direction": done.direction.name(),
        "duration_ms": done.duration.as_secs_f64() * 1000.0,
        "stamped": done.stamped,
        "replacing": done.replacing,
        "adopted": done.adopted,
        "resumed": done.resumed,
    })
}

/// Returns a problem as `--json` shows it.
pub fn problem(problem: &Problem) -> Value {
    let position = problem.place.position;
    json!({
        "code": problem.code(),
        "message": problem.message(),
        "path": problem.place.path,
        "line": position.map(|position| position.line),
        "column": position.map(|position| position.column),
        "label": problem.label(),
        "notes": problem.notes(),
        "helps": problem.helps(),
    })
}
