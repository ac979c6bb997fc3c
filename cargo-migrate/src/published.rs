//! What others may have: the seals in the lock of the remote's main branch.

use std::path::Path;

use revchain_core::Problem;
use revchain_core::check::Checked;
use revchain_core::lock::{self, Entry, Lock};
use revchain_core::problem::{Fact, Place, Reseal};

use crate::chain::Chain;
use crate::failure::Failure;
use crate::git::{self, ask as git};
use crate::project::Project;
use crate::session::Session;
use crate::settings::Settings;

/// Where the remote's main branch is looked for when no setting names it.
const BRANCHES: [&str; 2] = ["origin/HEAD", "origin/main"];

/// What is published of a set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Published {
    /// Without git or a remote nobody can tell: every seal counts.
    Everything {
        /// Why nobody can tell.
        reason: String,
    },
    /// The lock of the branch, or none when the branch has no lock yet.
    Lock {
        /// The branch.
        branch: String,
        /// Its lock.
        lock: Option<Lock>,
    },
}

impl Published {
    /// Asks git.
    ///
    /// # Errors
    ///
    /// The settings name a branch that git does not know, or cannot be read.
    pub(crate) fn of(session: &Session<'_>, project: &Project) -> Result<Self, Failure> {
        let settings = Settings::read(project)?;
        let everything = |reason: &str| Ok(Self::Everything { reason: reason.to_owned() });
        if !git::is_allowed(session) {
            return everything("`REVCHAIN_NO_GIT` is set");
        }
        let root = &project.path;
        if git(root, &["rev-parse", "--git-dir"]).is_none() {
            return everything("the folder is in no git repository");
        }
        if let Some(branch) = settings.published_branch {
            let at = Self::at(root, &branch);
            return at.ok_or_else(|| {
                Failure::new(format!("git knows no branch `{branch}`"))
                    .note(format!("{}/migrate.toml names it as `published-branch`", project.shown))
                    .help("fetch it: git fetch")
            });
        }
        if let Some(published) = BRANCHES.iter().find_map(|branch| Self::at(root, branch)) {
            return Ok(published);
        }
        let text = |arguments| git(root, arguments).unwrap_or_default();
        if text(&["remote"]).is_empty() {
            return everything("the repository has no remote");
        }
        if text(&["for-each-ref", "--count=1", "refs/remotes"]).is_empty() {
            // Nothing was ever fetched from the remote or pushed to it.
            return Ok(Self::Lock { branch: BRANCHES[1].to_owned(), lock: None });
        }
        everything(
            "there is neither `origin/HEAD` nor `origin/main`; name the branch as `published-branch` in migrate.toml",
        )
    }

    /// Reads the lock of a commit, if git knows the commit.
    pub(crate) fn at(root: &Path, reference: &str) -> Option<Self> {
        let commit = format!("{reference}^{{commit}}");
        git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        let text = git(root, &["cat-file", "blob", &format!("{reference}:./{}", lock::FILE)]);
        let branch = reference.to_owned();
        match text.as_deref().map(Lock::parse).transpose() {
            Ok(lock) => Some(Self::Lock { branch, lock }),
            Err(_) => {
                Some(Self::Everything { reason: format!("the lock of `{branch}` cannot be read") })
            }
        }
    }

    /// Tells whether a revision's seal is published.
    pub(crate) fn has(&self, id: &str) -> bool {
        match self {
            Self::Everything { .. } => true,
            Self::Lock { lock, .. } => {
                lock.as_ref().and_then(|lock| lock.entry(id)).is_some_and(|entry| !entry.is_draft())
            }
        }
    }

    /// Tells whether others have a revision, sealed or not.
    pub(crate) fn lists(&self, id: &str) -> bool {
        match self {
            Self::Everything { .. } => false,
            Self::Lock { lock, .. } => lock.as_ref().is_some_and(|lock| lock.entry(id).is_some()),
        }
    }

    /// Returns the branch and a revision that it has and a chain has not.
    pub(crate) fn beyond(&self, chain: &Chain) -> Option<(&str, &str)> {
        let Self::Lock { branch, lock: Some(lock) } = self else { return None };
        let unknown = |id: &&String| chain.set.position(id).is_none();
        Some((branch, lock.heads.iter().find(unknown)?))
    }

    /// Returns how it is known, for people.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Everything { reason } => {
                format!("every seal counts as published, as {reason}")
            }
            Self::Lock { branch, .. } => format!("its seal is in the lock of `{branch}`"),
        }
    }
}

/// Compares the lock with that of another commit, and returns what was published there and is not so any more.
///
/// # Errors
///
/// Git does not know the commit, or its lock cannot be read.
pub(crate) fn resealed(
    project: &Project,
    checked: &Checked,
    reference: &str,
) -> Result<Vec<Problem>, Failure> {
    let then = match Published::at(&project.path, reference) {
        Some(Published::Lock { lock: Some(lock), .. }) => lock,
        Some(Published::Lock { lock: None, .. }) => return Ok(Vec::new()),
        Some(Published::Everything { reason }) => {
            return Err(Failure::new(format!("nothing can be compared, as {reason}")));
        }
        None => {
            return Err(Failure::new(format!("git knows no commit `{reference}`"))
                .help("fetch it: git fetch origin")
                .help(format!("or see what git says: git rev-parse --verify {reference}")));
        }
    };
    // A lock that cannot be read is a problem of its own, and reported as that.
    let Some(now) = &checked.lock else { return Ok(Vec::new()) };
    let text = std::fs::read_to_string(project.lock_path()).unwrap_or_default();
    let path = format!("{}/{}", project.shown, lock::FILE);
    let problem = |entry: &Entry| {
        let change = change(entry, now)?;
        let place = match now.entry(&entry.id) {
            Some(_) => Place::line(&path, &text, now.line_of(&entry.id)),
            None => Place::file(&path),
        };
        let (id, against) = (entry.id.clone(), reference.to_owned());
        Some(Problem { place, fact: Fact::ResealedRevision { id, against, change } })
    };
    Ok(then.revisions.iter().filter(|entry| !entry.is_draft()).filter_map(problem).collect())
}

/// Tells how a published seal changed; a corrected downgrade that remembers the former one has not.
fn change(then: &Entry, now: &Lock) -> Option<Reseal> {
    let Some(entry) = now.entry(&then.id) else {
        // What a squash replaced may be dropped: the lock still knows it.
        let mut replaced = now.revisions.iter().flat_map(|entry| &entry.replaces);
        return (!replaced.any(|one| one.id == then.id)).then_some(Reseal::Gone);
    };
    if entry.is_draft() {
        return Some(Reseal::Draft);
    }
    let sorted = |entry: &Entry| {
        let mut parents = entry.parents.clone();
        parents.sort_unstable();
        parents
    };
    if sorted(entry) != sorted(then) {
        return Some(Reseal::Parents);
    }
    then.seals.iter().find_map(|old| {
        let Some(new) = entry.seal(old.dialect) else { return Some(Reseal::Gone) };
        let downgrade = old.downgrade.checksum;
        let corrected = new.former_downgrades.contains(&downgrade);
        if new.upgrade.checksum != old.upgrade.checksum {
            Some(Reseal::Upgrade)
        } else if new.downgrade.checksum != downgrade && !corrected {
            Some(Reseal::Downgrade)
        } else {
            None
        }
    })
}
