//! Chooses between what the sides of a conflict say of one revision.

use std::collections::HashMap;

use revchain_core::check;
use revchain_core::check::{Checked, CheckedRevision};
use revchain_core::folder::Folder;
use revchain_core::lock::{Entry, Lock, Seal};

use crate::published::Published;
use crate::revision_file::with_parents;

/// The files that could be read, by id.
pub(super) type Files<'f> = HashMap<&'f str, &'f CheckedRevision>;

/// A side of a conflict.
pub(super) struct Side {
    /// The files with the parents that this side has sealed, where those are others than the files say.
    as_sealed: Option<Checked>,
}

impl Side {
    /// Takes a side; `bare` are the files with no seals, `files` what they say.
    pub(super) fn of(lock: &Lock, bare: &Folder, files: &Files<'_>) -> Self {
        let mut folder = bare.clone();
        let mut differs = false;
        for entry in lock.revisions.iter().filter(|entry| !entry.is_draft()) {
            let Some(file) = files.get(&*entry.id) else { continue };
            if same_ids(&file.parents, &entry.parents) {
                continue;
            }
            let source = folder.files.iter_mut().find(|source| source.path == file.revision.path);
            if let Some((source, text)) = source.and_then(|source| {
                with_parents(&source.text, &entry.parents).map(|text| (source, text))
            }) {
                source.text = text;
                differs = true;
            }
        }
        Self { as_sealed: differs.then(|| check(&folder)) }
    }

    /// Tells whether an entry of this side seals what the file says, its parents aside.
    fn fits_elsewhere(&self, entry: &Entry) -> bool {
        let file = self.as_sealed.as_ref().and_then(|checked| checked.revision(&entry.id));
        file.is_some_and(|file| fits(file, entry))
    }
}

/// What decides between the entries of one revision.
pub(super) struct Choice<'c> {
    pub(super) files: &'c Files<'c>,
    pub(super) theirs: Option<&'c Lock>,
    pub(super) published: &'c Published,
    /// Whether what one text alone says may be sealed in another place.
    pub(super) may_move: bool,
    pub(super) notes: &'c mut Vec<String>,
}

impl Choice<'_> {
    /// Returns the lines that a revision should have, of those that the sides have; there is one at least.
    pub(super) fn of(&mut self, entries: &[&Entry], sides: &[Side]) -> Entry {
        let id = &*entries[0].id;
        let file = self.files.get(id).copied();
        if let Some(sealed) = self.sealed(entries, file) {
            return sealed;
        }
        // Sealed in one place and moved to another, as a rebase does: the seal belongs to the text, and is written anew.
        let is_theirs =
            self.theirs.and_then(|lock| lock.entry(id)).is_some_and(|one| !one.is_draft());
        let may_move = sides.len() > 1 || self.may_move && !self.published.has(id);
        if may_move
            && !is_theirs
            && let Some(file) = file
            && let Some(moved) =
                entries.iter().find(|entry| sides.iter().any(|side| side.fits_elsewhere(entry)))
        {
            let mut seals = file.seals();
            seals.retain(|seal| moved.seal(seal.dialect).is_some());
            let draft = Entry::draft(id, file.parents.clone());
            return Entry { replaces: moved.replaces.clone(), seals, ..draft };
        }
        self.unsealed(entries, file)
    }

    /// Finds the seal that is right as it stands.
    fn sealed(&self, entries: &[&Entry], file: Option<&CheckedRevision>) -> Option<Entry> {
        if let [upper, lower] = entries
            && let Some(joined) = joined(upper, lower)
            && file.is_none_or(|file| same_ids(&file.parents, &joined.parents))
        {
            return Some(joined);
        }
        let sealed = || entries.iter().filter(|entry| !entry.is_draft());
        let fitting = file.and_then(|file| sealed().find(|entry| fits(file, entry)));
        let published = || {
            let theirs = self.theirs?.entry(&entries.first()?.id)?;
            sealed().find(|entry| **entry == theirs)
        };
        fitting.or_else(published).copied().cloned()
    }

    /// Returns the lines of a revision whose file is like no seal.
    fn unsealed(&mut self, entries: &[&Entry], file: Option<&CheckedRevision>) -> Entry {
        let first = entries[0];
        let id = &first.id;
        let draft = |file: &CheckedRevision| Entry::draft(id.clone(), file.parents.clone());
        let is_draft = entries.iter().any(|entry| entry.is_draft());
        let same = entries.iter().all(|entry| *entry == first);
        match file {
            // The lock has a draft's parents for its order alone: they are the file's.
            Some(file) if is_draft && same => draft(file),
            _ if same => first.clone(),
            Some(file) if is_draft => {
                self.notes.push(format!(
                    "revision `{id}` is sealed on one side with other checksums than its file has: a draft now"
                ));
                draft(file)
            }
            Some(file) if !self.published.has(id) => {
                self.notes.push(format!(
                    "revision `{id}` is sealed differently on both sides, and its file is like neither: a draft now"
                ));
                draft(file)
            }
            _ => {
                self.notes.push(format!(
                    "revision `{id}` is sealed differently on both sides, and its file is like neither"
                ));
                let with_its_parents = |entry: &&Entry| {
                    file.is_none_or(|file| same_ids(&file.parents, &entry.parents))
                };
                entries.iter().copied().find(with_its_parents).unwrap_or(first).clone()
            }
        }
    }
}

/// Tells whether an entry is what the file says.
fn fits(file: &CheckedRevision, entry: &Entry) -> bool {
    let seals = file.seals();
    let same = |seal: &Seal| {
        let now = seals.iter().find(|now| now.dialect == seal.dialect);
        now.is_some_and(|now| {
            now.upgrade.checksum == seal.upgrade.checksum
                && now.downgrade.checksum == seal.downgrade.checksum
        })
    };
    !entry.is_draft() && same_ids(&file.parents, &entry.parents) && entry.seals.iter().all(same)
}

pub(super) fn same_ids(left: &[String], right: &[String]) -> bool {
    let sorted = |ids: &[String]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    };
    sorted(left) == sorted(right)
}

/// Joins two sealed entries that do not contradict: a dialect more on one side, or a corrected downgrade.
fn joined(upper: &Entry, lower: &Entry) -> Option<Entry> {
    if upper.parents != lower.parents || upper.is_draft() || lower.is_draft() {
        return None;
    }
    let mut joined = upper.clone();
    for seal in &lower.seals {
        let Some(mine) = joined.seals.iter_mut().find(|mine| mine.dialect == seal.dialect) else {
            joined.seals.push(seal.clone());
            continue;
        };
        if mine.upgrade != seal.upgrade {
            return None;
        }
        if seal.former_downgrades.contains(&mine.downgrade.checksum) {
            *mine = seal.clone();
        } else if mine.downgrade != seal.downgrade
            && !mine.former_downgrades.contains(&seal.downgrade.checksum)
        {
            return None;
        }
    }
    joined.seals.sort_by_key(|seal| seal.dialect);
    Some(joined)
}
