//! The verbs, a file each: what it takes, its help, and a function that does it.

mod add;
mod branches;
mod check;
mod edit;
mod heads;
mod history;
mod init;
mod lock;
mod merge;
mod new;
mod seal;
mod set;
mod show;

use clap::Subcommand;

use crate::failure::Failure;
use crate::session::Session;

/// A verb and its own arguments.
#[derive(Debug, Subcommand)]
#[command(disable_help_flag = false)]
pub(crate) enum Verb {
    Init(init::Init),
    New(new::New),
    Merge(merge::Merge),
    Edit(edit::Edit),
    Add(add::Add),
    Check(check::Check),
    History(history::History),
    Heads(heads::Heads),
    Branches(branches::Branches),
    Show(show::Show),
    Seal(seal::Seal),
    Lock(lock::Lock),
    Set(set::Set),
}

impl Verb {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        match self {
            Self::Init(verb) => verb.run(session),
            Self::New(verb) => verb.run(session),
            Self::Merge(verb) => verb.run(session),
            Self::Edit(verb) => verb.run(session),
            Self::Add(verb) => verb.run(session),
            Self::Check(verb) => verb.run(session),
            Self::History(verb) => verb.run(session),
            Self::Heads(verb) => verb.run(session),
            Self::Branches(verb) => verb.run(session),
            Self::Show(verb) => verb.run(session),
            Self::Seal(verb) => verb.run(session),
            Self::Lock(verb) => verb.run(session),
            Self::Set(verb) => verb.run(session),
        }
    }
}
