//! Writes a lock again from what can be read of it: both sides of a merge conflict, or damaged lines.

use std::collections::HashMap;

use revchain_core::check;
use revchain_core::check::{Checked, CheckedRevision};
use revchain_core::folder::Folder;
use revchain_core::lock::{Entry, Lock, Seal};
use revchain_core::set::{Heads, Settings};

use crate::failure::Failure;
use crate::published::Published;

/// A lock that was written again, and what was decided on the way.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) lock: Lock,
    /// The files, checked with the settled settings and no seals.
    pub(crate) checked: Checked,
    /// What a person should know of the decisions.
    pub(crate) notes: Vec<String>,
}

/// Settles the text of a lock.
///
/// # Errors
///
/// The settings of the set cannot be read from it.
pub(crate) fn settle(folder: &Folder, published: &Published) -> Result<Settled, Failure> {
    let text = folder.lock.as_deref().unwrap_or_default();
    let mut notes = Vec::new();
    let sides: Vec<Lock> = match Lock::sides(text) {
        Some((upper, lower)) => {
            vec![read(&upper, folder, &mut notes)?, read(&lower, folder, &mut notes)?]
        }
        None => vec![read(text, folder, &mut notes)?],
    };
    let theirs = match published {
        Published::Lock { lock: Some(lock), .. } => Some(lock),
        Published::Lock { lock: None, .. } | Published::Everything { .. } => None,
    };
    let settings = settings(&sides, theirs);
    let bare = Folder { lock: Some(Lock::new(settings.clone()).render()), ..folder.clone() };
    let checked = check(&bare);
    let mut lock = Lock::new(settings);
    let mut at: HashMap<String, usize> = HashMap::new();
    for entry in sides.into_iter().flat_map(|side| side.revisions) {
        match at.get(&entry.id) {
            None => {
                at.insert(entry.id.clone(), lock.revisions.len());
                lock.revisions.push(entry);
            }
            Some(index) => {
                let choice =
                    Choice { file: checked.revision(&entry.id), theirs, notes: &mut notes };
                let chosen = choice.between(&lock.revisions[*index], &entry);
                lock.revisions[*index] = chosen;
            }
        }
    }
    if Lock::sides(text).is_some() {
        drop_drafts_without_file(&mut lock, &checked, &mut notes);
    }
    list_parents(&mut lock, &checked, &mut notes);
    Ok(Settled { lock, checked, notes })
}

/// Removes the lines of revisions that have no file.
///
/// # Errors
///
/// One has a file, is revised by another, or is published and nothing forces.
pub(crate) fn forget(
    lock: &mut Lock,
    names: &[String],
    force: bool,
    checked: &Checked,
    published: &Published,
) -> Result<(), Failure> {
    for name in names {
        let begins = |entry: &&Entry| name.len() >= 4 && entry.id.starts_with(&**name);
        let mut found = lock.revisions.iter().filter(begins);
        let single = found.next().filter(|_| found.next().is_none());
        let Some(entry) = lock.entry(name).or(single) else {
            return Err(Failure::usage(format!("the lock has no single revision `{name}`"))
                .help("see what it lists: cargo migrate check"));
        };
        let id = entry.id.clone();
        if checked.revision(&id).is_some() {
            return Err(Failure::new(format!("revision `{id}` has a file"))
                .help("remove the file first, or keep the revision"));
        }
        if !entry.is_draft() && published.has(&id) && !force {
            return Err(Failure::new(format!("revision `{id}` is published"))
                .note(published.reason())
                .help(format!("restore its file: git log --diff-filter=D --name-only -- '*{id}*'"))
                .help(format!(
                    "or forget it all the same: cargo migrate lock --forget {id} --force"
                )));
        }
        let forgotten = |id: &str| names.iter().any(|name| id.starts_with(&**name));
        let child = lock
            .revisions
            .iter()
            .find(|other| other.parents.contains(&id) && !forgotten(&other.id));
        if let Some(child) = child {
            return Err(Failure::new(format!("revision `{}` revises `{id}`", child.id))
                .help(format!(
                    "forget both: cargo migrate lock --forget {id} --forget {}",
                    child.id
                ))
                .help("or let it revise another"));
        }
        lock.revisions.retain(|entry| entry.id != id);
    }
    Ok(())
}

/// Reads one side, line by line where it is not as it was written.
fn read(text: &str, folder: &Folder, notes: &mut Vec<String>) -> Result<Lock, Failure> {
    if let Ok(lock) = Lock::read(text) {
        return Ok(lock);
    }
    let word = |key: &str, default: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(key));
        format!("{key}{}\n", value.map_or(default, str::trim))
    };
    let mut header = Lock::new(Settings {
        name: "main".into(),
        dialects: revchain_core::Dialects::of(&[revchain_core::Dialect::Sqlite]),
        heads: Heads::One,
        history: revchain_core::set::History::default(),
    })
    .render();
    // The two lines above the settings never change within a version.
    let title: usize = header.lines().take(2).map(|line| line.len() + 1).sum();
    header.truncate(title);
    for (key, default) in
        [("set ", ""), ("dialects ", ""), ("heads ", "one"), ("history ", "revchain_revisions")]
    {
        header.push_str(&word(key, default));
    }
    header.push_str("\nhead base\n");
    let mut salvaged = Lock::read(&header).map_err(|_| {
        Failure::new("the lock's settings cannot be read")
            .help(format!("restore it: git restore {}", folder.lock_path()))
            .help(format!("or begin again: rm {}; cargo migrate init", folder.lock_path()))
    })?;
    let mut groups: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.starts_with("revision "), groups.last_mut()) {
            (true, _) => groups.push(format!("{}\n", line.trim_end())),
            (false, Some(group)) if line.starts_with("  ") => {
                group.push_str(&format!("{}\n", line.trim_end()));
            }
            _ => {}
        }
    }
    for group in groups {
        match Lock::read(&format!("{header}\n{group}")) {
            Ok(mut lock) => salvaged.revisions.append(&mut lock.revisions),
            Err(_) => {
                let line = group.lines().next().unwrap_or_default();
                notes.push(format!("a revision's lines could not be read: `{line}`"));
            }
        }
    }
    Ok(salvaged)
}

/// Chooses the settings: the published ones where they are one side's, every dialect, and several heads if one side allows.
fn settings(sides: &[Lock], theirs: Option<&Lock>) -> Settings {
    let of_theirs =
        sides.iter().find(|side| theirs.is_some_and(|lock| lock.settings == side.settings));
    // Who differs from what is published has changed the setting.
    let changed =
        sides.iter().find(|side| theirs.is_some_and(|lock| lock.settings != side.settings));
    let mut settings = changed.or(of_theirs).unwrap_or(&sides[0]).settings.clone();
    settings.dialects = sides.iter().flat_map(|side| side.settings.dialects.iter()).collect();
    if sides.iter().any(|side| side.settings.heads == Heads::Many) {
        settings.heads = Heads::Many;
    }
    settings
}

/// What decides between two entries of one revision.
struct Choice<'c> {
    file: Option<&'c CheckedRevision>,
    theirs: Option<&'c Lock>,
    notes: &'c mut Vec<String>,
}

impl Choice<'_> {
    fn between(self, upper: &Entry, lower: &Entry) -> Entry {
        if upper == lower {
            return upper.clone();
        }
        if let Some(joined) = joined(upper, lower) {
            return joined;
        }
        let both = [upper, lower];
        let theirs = self.theirs.and_then(|lock| lock.entry(&upper.id));
        let published = theirs.filter(|entry| !entry.is_draft());
        let sealed = both.iter().filter(|entry| !entry.is_draft());
        let fits = sealed.clone().find(|entry| self.fits(entry));
        let found = fits.or_else(|| both.iter().find(|entry| published == Some(**entry)));
        if let Some(entry) = found {
            return (*entry).clone();
        }
        let draft = both.iter().find(|entry| entry.is_draft() && self.has_its_parents(entry));
        let chosen = *draft
            .or_else(|| both.iter().find(|entry| self.has_its_parents(entry)))
            .unwrap_or(&upper);
        self.notes.push(match draft {
            Some(_) => format!("revision `{}` is sealed on one side with other checksums than its file has: a draft now", upper.id),
            None => format!("revision `{}` is sealed differently on both sides, and its file is like neither", upper.id),
        });
        chosen.clone()
    }

    /// Tells whether an entry is what the file says.
    fn fits(&self, entry: &Entry) -> bool {
        let Some(file) = self.file else { return false };
        let seals = file.seals();
        let same = |seal: &Seal| {
            let now = seals.iter().find(|now| now.dialect == seal.dialect);
            now.is_some_and(|now| {
                now.upgrade.checksum == seal.upgrade.checksum
                    && now.downgrade.checksum == seal.downgrade.checksum
            })
        };
        self.has_its_parents(entry) && entry.seals.iter().all(same)
    }

    fn has_its_parents(&self, entry: &Entry) -> bool {
        let sorted = |ids: &[String]| {
            let mut ids = ids.to_vec();
            ids.sort_unstable();
            ids
        };
        self.file.is_none_or(|file| sorted(&file.parents) == sorted(&entry.parents))
    }
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

/// Forgets drafts whose file the other side took away.
fn drop_drafts_without_file(lock: &mut Lock, checked: &Checked, notes: &mut Vec<String>) {
    lock.revisions.retain(|entry| {
        let keep = !entry.is_draft() || checked.revision(&entry.id).is_some();
        if !keep {
            notes.push(format!("draft `{}` has no file and is forgotten", entry.id));
        }
        keep
    });
}

/// Lists as drafts the files that a listed revision revises and that no side lists.
fn list_parents(lock: &mut Lock, checked: &Checked, notes: &mut Vec<String>) {
    let mut next = 0;
    while let Some(entry) = lock.revisions.get(next) {
        let missing = |id: &&String| lock.entry(id).is_none();
        let parents: Vec<String> = entry.parents.iter().filter(missing).cloned().collect();
        for one in parents.iter().filter_map(|parent| checked.revision(parent)) {
            let (id, parents) = (one.revision.id.to_string(), one.parents.clone());
            notes.push(format!("revision `{id}` was not listed, and is a draft now"));
            lock.revisions.push(Entry::draft(id, parents));
        }
        next += 1;
    }
}
