//! Compares files with the lock: what was sealed must still be what is there.

use std::borrow::Cow;

use super::{CheckedRevision, File, State};
use crate::checksum::{Direction, StatementHash};
use crate::dialect::Dialect;
use crate::lock::{Entry, Lock, Seal, Sealed};
use crate::map::{Ids, Places};
use crate::problem::{Change, Edit, Fact, Place, Problem, ReplacementFault};
use crate::rust::{Source, name};
use crate::set::{Downgrade, Part, Section};

/// The lines of the lock, by id.
pub(super) struct Entries<'l> {
    entries: &'l [Entry],
    places: Places<'l>,
}

impl<'l> Entries<'l> {
    pub(super) fn of(lock: &'l Lock) -> Self {
        let mut places = Places::default();
        for (place, entry) in lock.revisions.iter().enumerate() {
            places.insert(Cow::Borrowed(&entry.id), place as u32);
        }
        Self { entries: &lock.revisions, places }
    }

    pub(super) fn get(&self, id: &str) -> Option<&'l Entry> {
        self.places.get(id).map(|place| &self.entries[place as usize])
    }
}

pub(super) struct Seals<'s> {
    pub(super) lock: &'s Lock,
    pub(super) lock_path: &'s str,
    pub(super) lock_text: &'s str,
    /// Whether every file told its id.
    pub(super) all_known: bool,
}

impl Seals<'_> {
    /// Compares, and gives each revision its state; `revisions` stand in the order of `files`.
    pub(super) fn check(
        &self,
        files: &[File<'_>],
        entries: &Entries<'_>,
        revisions: &mut [CheckedRevision],
        problems: &mut Vec<Problem>,
    ) {
        for (file, checked) in files.iter().zip(revisions.iter_mut()) {
            match entries.get(&checked.revision.id) {
                Some(entry) => self.revision(entry, file, checked, problems),
                None => {
                    let (path, id) = (file.shown.clone(), checked.revision.id.to_string());
                    let fact = Fact::UnlistedRevision { path, id };
                    problems.push(file.problem(file.script.revision.range(), fact));
                }
            }
        }
        let mut ids = Ids::default();
        for checked in &*revisions {
            ids.insert(&checked.revision.id);
        }
        for entry in &self.lock.revisions {
            if self.all_known && !ids.contains(&entry.id) {
                let (id, sealed) = (entry.id.clone(), !entry.is_draft());
                let fact = Fact::RemovedRevision { id, sealed };
                problems.push(Problem { place: self.place(entry), fact });
            }
        }
    }

    fn revision(
        &self,
        entry: &Entry,
        file: &File<'_>,
        checked: &mut CheckedRevision,
        problems: &mut Vec<Problem>,
    ) {
        checked.revision.draft = entry.is_draft();
        checked.state = if entry.is_draft() { State::Draft } else { State::Sealed };
        if entry.is_draft() {
            return;
        }
        if !same_ids(&entry.parents, &checked.parents) {
            checked.state = State::Edited;
            let fact = Fact::ReparentedRevision {
                id: entry.id.clone(),
                sealed: entry.parents.clone(),
                now: checked.parents.clone(),
                path: file.shown.clone(),
            };
            let start = file.script.revises.first().unwrap_or(&file.script.revision).range();
            problems.push(file.problem(start, fact));
            return;
        }
        let replaces = &checked.revision.replaces;
        if **replaces != *entry.replaces && !replaces.is_empty() {
            let mut expected = Vec::with_capacity(replaces.len());
            for one in &**replaces {
                expected.push(one.id.to_string());
            }
            let fault = ReplacementFault::Unlisted { expected };
            let fact = Fact::UnsoundReplacement { id: entry.id.clone(), fault };
            problems.push(Problem { place: self.place(entry), fact });
        }
        let mut edited = false;
        for (part, hashes) in checked.revision.parts.to_mut().iter_mut().zip(&checked.hashes) {
            let Some(seal) = entry.seal(part.dialect) else {
                let (id, dialect) = (entry.id.clone(), part.dialect);
                let fact = Fact::MissingDialect { id, dialect, unsealed: true };
                problems.push(Problem { place: self.place(entry), fact });
                continue;
            };
            part.former_downgrades = Cow::Owned(seal.former_downgrades.clone());
            if !edited {
                edited = self.part(entry, file, part, seal, hashes, problems);
            }
        }
        if edited {
            checked.state = State::Edited;
        }
    }

    /// Compares one dialect's sections, and tells whether one was edited.
    fn part(
        &self,
        entry: &Entry,
        file: &File<'_>,
        part: &Part,
        seal: &Seal,
        hashes: &[Vec<StatementHash>; 2],
        problems: &mut Vec<Problem>,
    ) -> bool {
        let mut edited = false;
        for (direction, hashes) in
            [Direction::Upgrade, Direction::Downgrade].into_iter().zip(hashes)
        {
            let sealed = seal.sealed(direction);
            if sealed.checksum == part.checksum(direction) {
                continue;
            }
            edited = true;
            let section = match (direction, &part.downgrade) {
                (Direction::Upgrade, _) => Some(&part.upgrade),
                (Direction::Downgrade, Downgrade::Section(section)) => Some(section),
                (Direction::Downgrade, Downgrade::Irreversible(_)) => None,
            };
            let change = section.map_or(Change::Kind, |_| change(sealed, hashes));
            let seal_line = self.lock.line_of(&entry.id);
            let (range, item) = match &file.rust {
                Some(source) => changed_item(change, source, direction, part.dialect, file),
                None => (place_of(change, section, file), None),
            };
            let several = self.lock.settings.dialects.iter().count() > 1;
            let edit = Edit {
                id: entry.id.clone(),
                path: file.shown.clone(),
                direction,
                dialect: several.then_some(part.dialect),
                change,
                item,
                sealed: sealed.checksum,
                now: part.checksum(direction),
                lock_path: self.lock_path.to_owned(),
                lock_line: seal_line,
                bytes: range.clone(),
                difference: Vec::new(),
            };
            let problem = file.problem(range, Fact::EditedRevision(Box::new(edit)));
            // What both functions of a Rust file use is one edit.
            let told = |other: &Problem| {
                other.place == problem.place && matches!(other.fact, Fact::EditedRevision(_))
            };
            if file.rust.is_none() || !problems.iter().any(told) {
                problems.push(problem);
            }
        }
        edited
    }

    fn place(&self, entry: &Entry) -> Place {
        Place::line(self.lock_path, self.lock_text, self.lock.line_of(&entry.id))
    }
}

/// Finds the first statement that is not what was sealed.
fn change(sealed: &Sealed, now: &[StatementHash]) -> Change {
    let sealed = &sealed.statements;
    let mut same = 0;
    while same < sealed.len() && same < now.len() && sealed[same] == now[same] {
        same += 1;
    }
    match (sealed.len(), now.len()) {
        (old, new) if old == same && new == same => Change::Header,
        (old, new) if old < new && sealed[same..] == now[same + new - old..] => {
            Change::Added(same + 1)
        }
        (old, new) if old > new && sealed[same + old - new..] == now[same..] => {
            Change::Removed(same + 1)
        }
        (old, _) if old == same => Change::Added(same + 1),
        (_, new) if new == same => Change::Removed(same + 1),
        _ => Change::Statement(same + 1),
    }
}

fn place_of(change: Change, section: Option<&Section>, file: &File<'_>) -> std::ops::Range<usize> {
    let statement = |number: usize| {
        let span = section?.statements.get(number - 1)?;
        Some(span.start as usize..span.end as usize)
    };
    let found = match change {
        Change::Statement(number) | Change::Added(number) => statement(number),
        Change::Removed(_) | Change::Header | Change::Kind => None,
    };
    let marker = || {
        let start = section.filter(|section| section.span.end > 0)?.span.start as usize;
        let end =
            file.script.text[start..].find('\n').map_or(file.script.text.len(), |at| start + at);
        Some(start..end)
    };
    found.or_else(marker).unwrap_or_else(|| file.script.revision.range())
}

/// Finds the item of a Rust file that changed, and what it is called.
fn changed_item(
    change: Change,
    source: &Source<'_>,
    direction: Direction,
    dialect: Dialect,
    file: &File<'_>,
) -> (std::ops::Range<usize>, Option<String>) {
    if let Change::Statement(number) | Change::Added(number) = change
        && let Some(item) = source.items(direction, dialect).get(number - 1)
    {
        return (item.span.clone(), Some(name(source.tokens_of(item))));
    }
    match source.functions_of(direction, dialect).first() {
        Some(function) => (function.signature.clone(), None),
        None => (file.script.revision.range(), None),
    }
}

/// Tells whether two lists name the same revisions, in any order.
fn same_ids(left: &[String], right: &[String]) -> bool {
    let holds = |ids: &[String], id: &str| ids.iter().any(|other| other.eq_ignore_ascii_case(id));
    left.len() == right.len()
        && left.iter().all(|id| holds(right, id))
        && right.iter().all(|id| holds(left, id))
}
