//! Makes locks by sealing what a folder holds, as the command does.

use std::path::Path;

use revchain_core::check;
use revchain_core::folder::Folder;
use revchain_core::lock::{Entry, FILE, Lock};
use revchain_core::set::{Heads, History, Settings};
use revchain_core::{Dialect, Dialects};

/// Returns the settings of a set that serves `dialects`.
#[must_use]
pub fn settings(dialects: &[Dialect]) -> Settings {
    Settings {
        name: "main".into(),
        dialects: Dialects::of(dialects),
        heads: Heads::One,
        history: History::default(),
    }
}

/// Returns the lock of a folder with every revision sealed but the `drafts`.
///
/// A folder that does not pass the checks is sealed all the same: the revisions that can be read, in their order.
#[must_use]
pub fn seal(folder: &Path, settings: Settings, drafts: &[&str]) -> Lock {
    let mut read = Folder::read(folder, "migrations");
    read.lock = Some(Lock::new(settings.clone()).render());
    let checked = check(&read);
    let entry = |revision: &check::CheckedRevision| {
        let id = revision.revision.id.to_string();
        let draft = drafts.contains(&id.as_str());
        let seals = if draft { Vec::new() } else { revision.seals() };
        Entry {
            id,
            parents: revision.parents.clone(),
            replaces: revision.revision.replaces.to_vec(),
            seals,
        }
    };
    let mut lock = Lock::new(settings);
    lock.revisions = checked.revisions.iter().map(entry).collect();
    lock.heads = lock.computed_heads();
    lock
}

/// Writes the lock of a folder with every revision sealed.
///
/// # Errors
///
/// What the system says.
pub fn write(folder: &Path, settings: Settings, drafts: &[&str]) -> std::io::Result<()> {
    std::fs::write(folder.join(FILE), seal(folder, settings, drafts).render())
}
