//! What a person names when they say where a database should go.

use std::fmt;
use std::str::FromStr;

use crate::set::{Revision, Set};

/// Where to go: `head`, `heads`, `base`, an id, a prefix of an id, `+N` or `-N`.
///
/// ```
/// use revchain_core::Target;
///
/// assert_eq!("head".parse(), Ok(Target::Head));
/// assert_eq!("+2".parse(), Ok(Target::Up(2)));
/// assert_eq!("3f2a".parse(), Ok(Target::Revision("3f2a".to_owned())));
/// assert!("+1junk".parse::<Target>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The one head.
    Head,
    /// Every head.
    Heads,
    /// Before the first revision.
    Base,
    /// A revision, by its id or a prefix of at least four characters.
    Revision(String),
    /// So many revisions further.
    Up(u32),
    /// So many revisions back.
    Down(u32),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Heads => f.write_str("heads"),
            Self::Base => f.write_str("base"),
            Self::Revision(id) => f.write_str(id),
            Self::Up(steps) => write!(f, "+{steps}"),
            Self::Down(steps) => write!(f, "-{steps}"),
        }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let malformed = || TargetError::Malformed(text.to_owned());
        let steps = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|steps| plain && *steps > 0).ok_or_else(malformed)
        };
        match (text, text.strip_prefix('+'), text.strip_prefix('-')) {
            ("head", ..) => Ok(Self::Head),
            ("heads", ..) => Ok(Self::Heads),
            ("base", ..) => Ok(Self::Base),
            (_, Some(digits), _) => steps(digits).map(Self::Up),
            (_, _, Some(digits)) => steps(digits).map(Self::Down),
            (id, ..) if crate::lock::is_revision_id(id) => Ok(Self::Revision(id.to_owned())),
            _ => Err(malformed()),
        }
    }
}

/// Why a target names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// It is none of the forms of a target.
    Malformed(String),
    /// No revision has this id.
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
        /// The ids.
        ids: Vec<String>,
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
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(text) => write!(f, "`{text}` is not a target"),
            Self::Unknown { name, .. } => write!(f, "no revision is named `{name}`"),
            Self::TooShort(name) => write!(f, "`{name}` is too short to name a revision"),
            Self::Ambiguous { name, ids } => {
                write!(f, "`{name}` could be {}", listed(ids))
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
        }
    }
}

impl std::error::Error for TargetError {}

impl TargetError {
    /// Returns what to type instead.
    ///
    /// ```
    /// use revchain_core::target::find;
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
                "targets are `head`, `heads`, `base`, a revision's id, `+N` and `-N`".to_owned()
            }
            Self::Unknown { meant: Some(meant), .. } => format!("did you mean `{meant}`?"),
            Self::Unknown { meant: None, .. } => {
                "see what is there: cargo migrate history".to_owned()
            }
            Self::TooShort(_) => "give at least four characters of the id".to_owned(),
            Self::Ambiguous { .. } => "give more characters of the id".to_owned(),
            Self::SeveralHeads(_) => {
                "name one of them, or say `heads` for all; to join them: cargo migrate merge, or rebase"
                    .to_owned()
            }
            Self::NoRevision => "write one: cargo migrate new \"<what it does>\"".to_owned(),
            Self::SeveralWays { .. } => "name the revision where it should end".to_owned(),
            Self::TooFar { target: Target::Up(_), .. } => "for all of them say `head`".to_owned(),
            Self::TooFar { .. } => "for all of them say `base`".to_owned(),
            Self::WrongWay(Target::Up(_)) => "use `upgrade`, or `-N`".to_owned(),
            Self::WrongWay(_) => "use `downgrade`, or name a revision further on".to_owned(),
        }
    }
}

/// The shortest prefix that names a revision.
const PREFIX: usize = 4;

/// Finds the revision that a full id or a prefix of at least four characters names.
///
/// # Errors
///
/// [`TargetError::Unknown`], [`TargetError::TooShort`] or [`TargetError::Ambiguous`].
///
/// ```
/// use revchain_core::target::find;
///
/// # let folder = std::path::Path::new("../examples/quickstart/migrations");
/// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
/// # let set = revchain_core::check(&folder).into_set().unwrap();
/// assert_eq!(find(&set, "c07f"), Ok(1));
/// assert_eq!(find(&set, "head").unwrap_err().to_string(), "no revision is named `head`");
/// ```
pub fn find(set: &Set, name: &str) -> Result<u32, TargetError> {
    if let Some(place) = set.position(name) {
        return Ok(place as u32);
    }
    let begins = |revision: &Revision| {
        revision.id.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let found: Vec<u32> = (0..set.revisions.len() as u32)
        .filter(|place| begins(&set.revisions[*place as usize]))
        .collect();
    let id = |place: &u32| set.revisions[*place as usize].id.to_string();
    match found[..] {
        [] => {
            let ids = set.revisions.iter().map(|revision| &*revision.id);
            let meant = crate::text::did_you_mean(name, ids).map(str::to_owned);
            Err(TargetError::Unknown { name: name.to_owned(), meant })
        }
        _ if name.len() < PREFIX => Err(TargetError::TooShort(name.to_owned())),
        [place] => Ok(place),
        _ => {
            let ids = found.iter().map(id).collect();
            Err(TargetError::Ambiguous { name: name.to_owned(), ids })
        }
    }
}

fn listed(ids: &[String]) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    quoted.join(", ")
}
