//! Asks git for the text that was sealed. Only the macro and the command call this, and only after an edit was found.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::check::Checked;
use crate::checksum::Checksum;
use crate::dialect::{Dialect, Dialects};
use crate::difference::{Line, difference, shown};
use crate::folder::Folder;
use crate::problem::{Edit, Fact, Place};
use crate::text::{lines as lines_of, normalise};

/// How long git may take for one answer.
const PATIENCE: Duration = Duration::from_millis(300);
/// Where the sealed text is looked for: the index, what is checked out, and the remote's main branch.
const PLACES: [&str; 4] = ["", "HEAD", "origin/HEAD", "origin/main"];

/// Adds to every `edited-revision` how the file differs from the sealed text, where git has it.
///
/// A text counts as the sealed one only when its checksum is the sealed checksum.
pub fn add_differences(checked: &mut Checked, folder: &Folder, root: &Path) {
    let Some(lock) = &checked.lock else { return };
    let dialects = lock.settings.dialects;
    for problem in &mut checked.problems {
        let Fact::EditedRevision(edit) = &mut problem.fact else { continue };
        let inner = edit.path.strip_prefix(&format!("{}/", folder.shown)).unwrap_or(&edit.path);
        let Some(file) = folder.files.iter().find(|file| file.path == inner) else { continue };
        let sealed = PLACES.iter().find_map(|place| {
            let text = blob(root, &format!("{place}:./{inner}"))?;
            (sealed_checksum(&text, edit, dialects)? == edit.sealed).then_some(text)
        });
        if let Some(sealed) = sealed {
            let lines = difference(&sealed, &file.text);
            edit.difference = shown(&lines);
            if let Some(place) = first_change(&lines, edit, &file.text) {
                problem.place = place;
            }
        }
    }
}

/// Returns the first line of the changed statement that the sealed text does not have.
fn first_change(lines: &[Line<'_>], edit: &Edit, text: &str) -> Option<Place> {
    let mut starts = Vec::new();
    for (start, _) in lines_of(text) {
        starts.push(start);
    }
    for line in lines {
        let Line::Added { index, text: content } = line else { continue };
        let Some(start) = starts.get(*index) else { continue };
        let start = start + content.len() - content.trim_start().len();
        let end = start + content.trim().len();
        if start < edit.bytes.end && end > edit.bytes.start {
            return Some(Place::span(&edit.path, text, start.max(edit.bytes.start), end));
        }
    }
    None
}

/// Returns the checksum of a text in the direction and dialect of an edit.
fn sealed_checksum(text: &str, edit: &Edit, dialects: Dialects) -> Option<Checksum> {
    let dialect: Dialect = edit.dialect.or_else(|| dialects.iter().next())?;
    let checked = crate::check::revision(&edit.path, text, dialect)?;
    Some(checked.revision.part(dialect)?.checksum(edit.direction))
}

/// Returns a file's text as git has it at `object`, relative to `root`.
#[must_use]
pub fn blob(root: &Path, object: &str) -> Option<String> {
    let bytes = ask(root, &["cat-file", "blob", object])?;
    normalise(bytes).ok()
}

/// Runs a read-only git command in `root`, and returns what it printed if it ended well and within 300 ms.
#[must_use]
pub fn ask(root: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    ask_within(root, arguments, PATIENCE)
}

/// Runs a read-only git command in `root`, and returns what it printed if it ended well and within `patience`.
#[must_use]
pub fn ask_within(root: &Path, arguments: &[&str], patience: Duration) -> Option<Vec<u8>> {
    let mut git = Command::new("git")
        .args(["--no-optional-locks", "-c", "core.fsmonitor=false"])
        .args(arguments)
        // Inside a hook these name the repository relative to another folder than `root` (githooks(5)).
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut output = git.stdout.take()?;
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut output, &mut bytes).map(|_| bytes)
    });
    let ended_well = in_time(&mut git, patience);
    if !ended_well {
        return None;
    }
    reader.join().ok()?.ok()
}

fn in_time(git: &mut Child, patience: Duration) -> bool {
    let begun = Instant::now();
    loop {
        match git.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if begun.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(2));
            }
            _ => {
                let _ = git.kill();
                let _ = git.wait();
                return false;
            }
        }
    }
}
