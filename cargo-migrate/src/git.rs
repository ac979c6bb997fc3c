//! What git knows of the set: texts of other commits, both sides of a conflict, and what it is in the middle of.

use std::path::{Path, PathBuf};
use std::time::Duration;

use revchain_core::git::ask_within;
use revchain_core::lock::{self, Lock};
use revchain_core::text::normalise;

use crate::project::Project;
use crate::session::Session;

/// How long git may take: people wait for the answer, and a wrong one would cost them more.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a read-only git command in a folder, and returns what it printed if it ended well.
pub(crate) fn ask(root: &Path, arguments: &[&str]) -> Option<String> {
    normalise(ask_within(root, arguments, PATIENCE)?).ok()
}

/// Tells whether git may be asked.
pub(crate) fn is_allowed(session: &Session<'_>) -> bool {
    session.variable("REVCHAIN_NO_GIT").is_none()
}

/// Returns both sides of a lock that git could not merge, whole; none where there is no conflict left.
///
/// Git's index has them, whatever the style of the markers, and also where the file was deleted or is one of the sides.
/// A file that is neither of them and reads as a lock was settled already, and only waits for `git add`. Markers alone
/// are read where the index knows of no conflict.
pub(crate) fn sides(
    session: &Session<'_>,
    project: &Project,
    text: Option<&str>,
) -> Option<Vec<String>> {
    let staged: Vec<String> = if is_allowed(session) {
        let stage = |stage| format!(":{stage}:./{}", lock::FILE);
        let side = |number: &u8| ask(&project.path, &["cat-file", "blob", &stage(*number)]);
        // The stages of an unmerged path: 2 is "ours", 3 is "theirs" (gitrevisions(7)).
        [2, 3].iter().filter_map(side).collect()
    } else {
        Vec::new()
    };
    let is_settled =
        |text: &str| Lock::parse(text).is_ok() && !staged.iter().any(|side| side == text);
    if !staged.is_empty() && !text.is_some_and(is_settled) {
        return Some(staged);
    }
    text.and_then(Lock::sides).map(|(upper, lower)| vec![upper, lower])
}

/// Returns the folders of the locks that git could not merge, in the repository of a folder: the file itself may be gone.
pub(crate) fn unmerged(session: &Session<'_>, folder: &Path) -> Vec<PathBuf> {
    if !is_allowed(session) {
        return Vec::new();
    }
    let every = format!(":(top,glob)**/{}", lock::FILE);
    let listed = ask(folder, &["ls-files", "--unmerged", "-z", "--", &every]).unwrap_or_default();
    let path = |line: &str| Some(folder.join(line.split_once('\t')?.1).parent()?.to_owned());
    let mut folders: Vec<PathBuf> = listed.split('\0').filter_map(path).collect();
    folders.dedup();
    folders
}

/// What git is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A rebase.
    Rebase {
        /// Whether commits are left that touch the folder.
        more: bool,
    },
    Merge,
    CherryPick,
    Revert,
}

impl Operation {
    /// Asks where git keeps its state, and looks there.
    pub(crate) fn of(session: &Session<'_>, project: &Project) -> Option<Self> {
        let state = state(session, project)?;
        let number = |path: &str| -> Option<u32> {
            std::fs::read_to_string(state.join(path)).ok()?.trim().parse().ok()
        };
        // The two ways in which git rebases, and where each counts its commits.
        let rebases = [("rebase-merge", "msgnum", "end"), ("rebase-apply", "next", "last")];
        for (inner, now, last) in rebases {
            if state.join(inner).is_dir() {
                let [now, last] = [now, last].map(|file| number(&format!("{inner}/{file}")));
                let more = now < last && are_left(&project.path, &state.join(inner));
                return Some(Self::Rebase { more });
            }
        }
        let heads = [
            ("MERGE_HEAD", Self::Merge),
            ("CHERRY_PICK_HEAD", Self::CherryPick),
            ("REVERT_HEAD", Self::Revert),
        ];
        heads.into_iter().find(|(head, _)| state.join(head).is_file()).map(|(_, one)| one)
    }

    /// Returns the command that goes on once all is added.
    pub(crate) const fn next(self) -> &'static str {
        match self {
            Self::Rebase { .. } => "git rebase --continue",
            Self::Merge => "git commit",
            Self::CherryPick => "git cherry-pick --continue",
            Self::Revert => "git revert --continue",
        }
    }
}

/// Returns the folder in which git keeps what it is in the middle of.
fn state(session: &Session<'_>, project: &Project) -> Option<PathBuf> {
    if !is_allowed(session) {
        return None;
    }
    let folder = ask(&project.path, &["rev-parse", "--absolute-git-dir"])?;
    Some(PathBuf::from(folder.trim_end_matches('\n')))
}

/// Returns the lock of a branch that git is rebasing as it was before.
pub(crate) fn lock_before_rebase(session: &Session<'_>, project: &Project) -> Option<Lock> {
    let state = state(session, project)?;
    let head = ["rebase-merge", "rebase-apply"]
        .iter()
        .find_map(|inner| std::fs::read_to_string(state.join(inner).join("orig-head")).ok())?;
    let text =
        ask(&project.path, &["cat-file", "blob", &format!("{}:./{}", head.trim(), lock::FILE)])?;
    Lock::parse(&text).ok()
}

/// Tells whether commits of a rebased branch that come after the one where git stopped touch a folder.
fn are_left(folder: &Path, state: &Path) -> bool {
    let head = std::fs::read_to_string(state.join("orig-head")).unwrap_or_default();
    let range = format!("REBASE_HEAD..{}", head.trim());
    let left = ask(folder, &["rev-list", "--count", &range, "--", "."]);
    left.is_none_or(|count| count.trim() != "0")
}

/// Says how git goes on after a conflict was settled.
pub(crate) fn say_next(session: &mut Session<'_>, project: &Project) {
    let add = format!("git add {}", project.shown);
    match Operation::of(session, project) {
        Some(operation) => session.output.say(format_args!("next: {add}; {}", operation.next())),
        None => session.output.say(format_args!("next: {add}")),
    }
}
