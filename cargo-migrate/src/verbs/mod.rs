//! The verbs, a file each: what it takes, its help, and a function that does it.

mod add;
mod amend;
mod baseline;
mod branches;
mod check;
pub(crate) mod derive_downgrade;
mod diagram;
pub(crate) mod diff;
mod drift;
mod edit;
mod export;
mod graph;
mod import;
mod init;
mod lock;
mod merge;
mod new;
mod rebase;
mod reset;
mod schema;
mod seal;
mod set;
mod squash;
mod status;

use clap::Subcommand;
use revchain::cli::verbs::{
    adopt_history, current, downgrade, ensure_version, heads, history, mark, plan, resolve, show,
    stamp, upgrade, verify,
};

use crate::failure::Failure;
use crate::scene::FolderScene;
use crate::session::Session;

/// A verb and its own arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Init(init::Init),
    New(new::New),
    Baseline(baseline::Baseline),
    Import(import::Import),
    Export(export::Export),
    Merge(merge::Merge),
    Rebase(rebase::Rebase),
    Squash(squash::Squash),
    Edit(edit::Edit),
    Add(add::Add),
    DeriveDowngrade(derive_downgrade::DeriveDowngrade),
    Upgrade(upgrade::Upgrade),
    Downgrade(downgrade::Downgrade),
    Amend(amend::Amend),
    Reset(reset::Reset),
    Stamp(stamp::Stamp),
    AdoptHistory(adopt_history::AdoptHistory),
    EnsureVersion(ensure_version::EnsureVersion),
    Plan(plan::Plan),
    Current(current::Current),
    Verify(verify::Verify),
    Mark(mark::Mark),
    Resolve(resolve::Resolve),
    Status(status::Status),
    Check(check::Check),
    History(history::History),
    Diff(diff::Diff),
    Drift(drift::Drift),
    Schema(schema::Schema),
    Diagram(diagram::Diagram),
    Graph(graph::Graph),
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
            Self::Baseline(verb) => verb.run(session),
            Self::Import(verb) => verb.run(session),
            Self::Export(verb) => verb.run(session),
            Self::Merge(verb) => verb.run(session),
            Self::Rebase(verb) => verb.run(session),
            Self::Squash(verb) => verb.run(session),
            Self::Edit(verb) => verb.run(session),
            Self::Add(verb) => verb.run(session),
            Self::DeriveDowngrade(verb) => verb.run(session),
            Self::Upgrade(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::Downgrade(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::Amend(verb) => verb.run(session),
            Self::Reset(verb) => verb.run(session),
            Self::Stamp(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::AdoptHistory(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::EnsureVersion(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::Plan(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::Current(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::Verify(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::Mark(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::Resolve(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::Status(verb) => verb.run(session),
            Self::Check(verb) => verb.run(session),
            Self::History(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::Diff(verb) => verb.run(session),
            Self::Drift(verb) => verb.run(session),
            Self::Schema(verb) => verb.run(session),
            Self::Diagram(verb) => verb.run(session),
            Self::Graph(verb) => verb.run(session),
            Self::Heads(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::Branches(verb) => verb.run(session),
            Self::Show(verb) => verb.run(session, &mut FolderScene::find(session)?),
            Self::Seal(verb) => verb.run(session),
            Self::Lock(verb) => verb.run(session),
            Self::Set(verb) => verb.run(session),
        }
    }
}
