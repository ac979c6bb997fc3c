//! Why a target names nothing, or nothing that can be done.

use std::fmt;

use super::Target;
use crate::text::joined;

/// Why a target names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// It is none of the forms of a target.
    Malformed(String),
    /// It is no range.
    NoRange(String),
    /// No revision has this id or label.
    Unknown {
        /// What was named.
        name: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// Fewer than four characters of an id.
    TooShort(String),
    /// Several ids begin so.
    Ambiguous {
        /// What was named.
        name: String,
        /// The ids and labels.
        ids: Vec<String>,
    },
    /// A revision that lies neither below nor above the branch it was named on.
    NotOnBranch {
        /// The revision.
        id: String,
        /// The label or revision that names the branch.
        branch: String,
    },
    /// `head` where there are several.
    SeveralHeads(Vec<String>),
    /// `head` or `+N` in an empty set.
    NoRevision,
    /// A number of steps where several revisions could be the next.
    SeveralWays {
        /// The target.
        target: Target,
        /// The revisions that could be next, or are applied side by side.
        ids: Vec<String>,
    },
    /// Fewer revisions lie there than were asked for.
    TooFar {
        /// The target.
        target: Target,
        /// How many lie there.
        available: u32,
    },
    /// A target that lies the other way, as `+1` for a downgrade.
    WrongWay(Target),
    /// `current`, where a place to go to is wanted.
    Here,
    /// Two targets of which one needs the other.
    OneLine {
        /// The one that is needed.
        below: String,
        /// The one that needs it.
        above: String,
    },
    /// A downgrade to a revision that is not applied.
    NotApplied(String),
    /// A downgrade to a revision on which nothing stands, but others depend.
    OnlyNeeded {
        /// The revision.
        id: String,
        /// What depends on it.
        by: Vec<String>,
    },
    /// So many steps back would take revisions of another branch with them.
    OtherBranch {
        /// The target.
        target: Target,
        /// Where it leads; none for before the first revision.
        end: Option<String>,
        /// What else would be taken back.
        ids: Vec<String>,
    },
    /// A target that counts steps, where a place is wanted.
    Relative(Target),
    /// A range whose end is not above its beginning.
    Apart {
        /// The beginning.
        from: String,
        /// The end.
        to: String,
    },
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(text) => write!(f, "`{text}` is not a target"),
            Self::NoRange(text) => write!(f, "`{text}` is not a range"),
            Self::Unknown { name, .. } => write!(f, "no revision is named `{name}`"),
            Self::TooShort(name) => write!(f, "`{name}` is too short to name a revision"),
            Self::Ambiguous { name, ids } => {
                write!(f, "`{name}` could be {}", listed(ids))
            }
            Self::NotOnBranch { id, branch } => {
                write!(f, "revision `{id}` is not on the branch `{branch}`")
            }
            Self::SeveralHeads(ids) => write!(f, "the set has several heads: {}", listed(ids)),
            Self::NoRevision => f.write_str("the set has no revision"),
            Self::SeveralWays { target, ids } => {
                write!(f, "`{target}` could go several ways: {}", listed(ids))
            }
            Self::TooFar { target, available } => {
                let revisions = if *available == 1 { "revision lies" } else { "revisions lie" };
                write!(f, "`{target}` is too far: {available} {revisions} there")
            }
            Self::WrongWay(target) => write!(f, "`{target}` lies the other way"),
            Self::Here => f.write_str("`current` is where the database is already"),
            Self::OneLine { below, above } => write!(f, "`{above}` needs `{below}` already"),
            Self::NotApplied(id) => write!(f, "revision `{id}` is not applied"),
            Self::OnlyNeeded { id, by } => {
                write!(f, "nothing above `{id}` is applied but what needs it: {}", listed(by))
            }
            Self::OtherBranch { target, ids, .. } => {
                write!(f, "`{target}` would also take back {}", listed(ids))
            }
            Self::Relative(target) => write!(f, "`{target}` counts steps, and a place is wanted"),
            Self::Apart { from, to } => write!(f, "`{to}` does not stand on `{from}`"),
        }
    }
}

impl std::error::Error for TargetError {}

impl TargetError {
    /// Returns what to type instead.
    ///
    /// ```
    /// use revchain_core::walk::find;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let error = find(&set, "c0").unwrap_err();
    /// assert_eq!(error.help(), "give at least four characters of the id");
    /// ```
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Malformed(_) => {
                "targets are `head`, `heads`, `base`, a revision's id or label, `+N`, `-N`, `3f2a+N`, \
                 `head-N`, and each of them on a branch: `label@head`"
                    .to_owned()
            }
            Self::Unknown { meant: Some(meant), .. } => format!("did you mean `{meant}`?"),
            Self::Unknown { meant: None, .. } => {
                "see what is there: cargo migrate history".to_owned()
            }
            Self::NoRange(_) => {
                "write `A:B`, `A:` or `:B`, as in `history -r 3f2a:head`".to_owned()
            }
            Self::NotOnBranch { id, .. } => format!("name it without a branch: `{id}`"),
            Self::TooShort(_) => "give at least four characters of the id".to_owned(),
            Self::Ambiguous { .. } => "give more characters of the id".to_owned(),
            Self::SeveralHeads(_) => {
                "name one of them, or say `heads` for all; to join them: cargo migrate merge, or \
                 rebase"
                    .to_owned()
            }
            Self::NoRevision => "write one: cargo migrate new \"<what it does>\"".to_owned(),
            Self::SeveralWays { .. } => "name the revision where it should end".to_owned(),
            Self::TooFar { target, .. } => {
                let end = if target.is_upward() { "head" } else { "base" };
                format!("for all of them say `{end}`")
            }
            Self::WrongWay(target) if target.is_upward() => "use `upgrade`, or `-N`".to_owned(),
            Self::WrongWay(_) => "use `downgrade`, or name a revision further on".to_owned(),
            Self::Here => "name where it should go".to_owned(),
            Self::OneLine { above, .. } => format!("`{above}` alone says both"),
            Self::NotApplied(_) => "see what is applied: cargo migrate current --verbose".to_owned(),
            Self::OnlyNeeded { by, .. } => {
                let first = by.first().map_or("", String::as_str);
                format!("to take that back: cargo migrate downgrade {first}-1")
            }
            Self::OtherBranch { end: Some(end), .. } => {
                format!("to take back all that stands on it: cargo migrate downgrade {end}")
            }
            Self::OtherBranch { end: None, .. } => {
                "to take back everything: cargo migrate downgrade base".to_owned()
            }
            Self::Relative(_) => "name the revision: cargo migrate history".to_owned(),
            Self::Apart { .. } => "see the branches: cargo migrate history --graph".to_owned(),
        }
    }
}

fn listed(ids: &[String]) -> String {
    format!("`{}`", joined(ids, "`, `"))
}
