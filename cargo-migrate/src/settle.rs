//! Writes a lock again from what can be read of it: both sides of a merge conflict, or damaged lines.

mod choice;

use std::collections::{HashMap, HashSet};

use revchain_core::check;
use revchain_core::check::Checked;
use revchain_core::folder::Folder;
use revchain_core::lock::{Entry, Lock};
use revchain_core::set::{Heads, Settings};

use crate::failure::Failure;
use crate::published::Published;
use choice::{Choice, Files, Side};

/// A lock that was written again, and what was decided on the way.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) lock: Lock,
    /// The sides as they were read.
    pub(crate) sides: Vec<Lock>,
    /// The files, checked with the settled settings and no seals.
    pub(crate) checked: Checked,
    /// What a person should know of the decisions.
    pub(crate) notes: Vec<String>,
}

/// Settles a lock: the two sides of a conflict, or the one text that there is.
///
/// A revision that is sealed, and of which the file says the same in another place, is sealed there: in a conflict, or
/// where `may_move` says so of what is not published.
///
/// # Errors
///
/// The settings of the set cannot be read from it.
pub(crate) fn settle(
    folder: &Folder,
    sides: &[String],
    published: &Published,
    may_move: bool,
) -> Result<Settled, Failure> {
    let mut notes = Vec::new();
    let sides: Vec<Lock> =
        sides.iter().map(|side| read(side, folder, &mut notes)).collect::<Result<_, _>>()?;
    let theirs = match published {
        Published::Lock { lock: Some(lock), .. } => Some(lock),
        Published::Lock { lock: None, .. } | Published::Everything { .. } => None,
    };
    let settings = settings(&sides, theirs);
    let bare = Folder { lock: Some(Lock::new(settings.clone()).render()), ..folder.clone() };
    let checked = check(&bare);
    let files: Files<'_> = checked.revisions.iter().map(|one| (&*one.revision.id, one)).collect();
    let views: Vec<Side> = sides.iter().map(|side| Side::of(side, &bare, &files)).collect();
    let mut entries: HashMap<&str, Vec<&Entry>> = HashMap::new();
    for entry in sides.iter().flat_map(|side| &side.revisions) {
        entries.entry(&entry.id).or_default().push(entry);
    }
    let mut choice = Choice { files: &files, theirs, published, may_move, notes: &mut notes };
    let mut lock = Lock::new(settings);
    for entry in sides.iter().flat_map(|side| &side.revisions) {
        if let Some(entries) = entries.remove(&*entry.id) {
            lock.revisions.push(choice.of(&entries, &views));
        }
    }
    // A file that cannot be read tells no id, and may be any that is missing.
    let all_known = checked.revisions.len() == folder.files.len();
    if views.len() > 1 && all_known {
        drop_gone(&mut lock, &sides, &files, published, &mut notes);
    }
    list_parents(&mut lock, &files, &mut notes);
    Ok(Settled { lock, sides, checked, notes })
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
        let children = lock
            .revisions
            .iter_mut()
            .filter(|other| other.parents.contains(&id) && !forgotten(&other.id));
        for child in children {
            let is_bound = !child.is_draft() && published.has(&child.id) && !force;
            let file = checked.revision(&child.id).filter(|file| !file.parents.contains(&id));
            if let Some(file) = file.filter(|_| !is_bound) {
                // Its seal is that of another place: nobody sealed it where it stands now.
                child.parents.clone_from(&file.parents);
                child.seals.clear();
                continue;
            }
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

/// Forgets what one side took away with its file: drafts, what is replaced, and seals that only the other side has and
/// nobody else.
fn drop_gone(
    lock: &mut Lock,
    sides: &[Lock],
    files: &Files<'_>,
    published: &Published,
    notes: &mut Vec<String>,
) {
    let revised: Vec<String> = lock.revisions.iter().flat_map(|one| one.parents.clone()).collect();
    let replaced = lock.revisions.iter().flat_map(|one| &one.replaces);
    let replaced: HashSet<String> = replaced.map(|one| one.id.to_string()).collect();
    lock.revisions.retain(|entry| {
        let id = &entry.id;
        let taken_away = || {
            let on_one_side = sides.iter().filter(|side| side.entry(id).is_some()).count() == 1;
            let is_unused = !published.has(id) && !revised.contains(id);
            on_one_side && (is_unused || replaced.contains(id))
        };
        let keep = files.contains_key(&**id) || !(entry.is_draft() || taken_away());
        if !keep {
            let what = if entry.is_draft() { "draft" } else { "revision" };
            notes.push(format!("{what} `{id}` has no file and is forgotten"));
        }
        keep
    });
}

/// Lists as drafts the files that a listed revision revises and that no side lists.
fn list_parents(lock: &mut Lock, files: &Files<'_>, notes: &mut Vec<String>) {
    let mut listed: HashSet<String> = lock.revisions.iter().map(|one| one.id.clone()).collect();
    let mut next = 0;
    while let Some(entry) = lock.revisions.get(next) {
        let missing = |id: &String| listed.insert(id.clone()).then(|| files.get(&**id)).flatten();
        let parents: Vec<_> = entry.parents.iter().filter_map(missing).collect();
        for one in parents {
            let (id, parents) = (one.revision.id.to_string(), one.parents.clone());
            notes.push(format!("revision `{id}` was not listed, and is a draft now"));
            lock.revisions.push(Entry::draft(id, parents));
        }
        next += 1;
    }
}
