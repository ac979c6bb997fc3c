//! What a person names when they say where a database should go.

mod error;

use std::fmt;
use std::str::FromStr;

pub use error::TargetError;

/// Where to go: `head`, an id, a label, so many steps, or a mixture of these.
///
/// | written | what it names |
/// |---|---|
/// | `head`, `heads`, `base`, `current` | the one head, every head, before the first revision, where the database is |
/// | `3f2a9c1b7d04`, `3f2a`, `billing` | a revision by its id, by four or more characters of it, or by its label |
/// | `+2`, `-1` | so many revisions from where the database is |
/// | `3f2a+2`, `head-1`, `base+1` | so many revisions from another place |
/// | `billing@head`, `billing@-1`, `3f2a@head` | the same on one branch: what lies below or above its label or revision |
///
/// (Alembic's forms: "Relative Migration Identifiers", "Working with Branches".)
///
/// ```
/// use revchain_core::Target;
///
/// assert_eq!("head".parse(), Ok(Target::Head));
/// assert_eq!("+2".parse(), Ok(Target::Up(2)));
/// assert_eq!("3f2a".parse(), Ok(Target::Revision("3f2a".to_owned())));
///
/// let steps = Target::Steps { from: Box::new(Target::Head), steps: -1 };
/// assert_eq!("billing@head-1".parse(), Ok(steps.clone().on("billing")));
/// assert_eq!(steps.on("billing").to_string(), "billing@head-1");
///
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
    /// Where the database is.
    Current,
    /// A revision, by its id, a prefix of at least four characters, or its label.
    Revision(String),
    /// So many revisions further than the database is.
    Up(u32),
    /// So many revisions back from where the database is.
    Down(u32),
    /// So many revisions from a place; downwards when negative, never 0.
    Steps {
        /// `head`, `heads`, `base` or a revision.
        from: Box<Self>,
        /// How many.
        steps: i32,
    },
    /// A target on one branch.
    Branch {
        /// The label or the revision that names the branch.
        branch: String,
        /// Any target but another branch.
        target: Box<Self>,
    },
}

impl Target {
    /// Returns this target on a branch.
    ///
    /// ```
    /// use revchain_core::Target;
    ///
    /// assert_eq!(Target::Head.on("billing"), "billing@head".parse().unwrap());
    /// ```
    #[must_use]
    pub fn on(self, branch: impl Into<String>) -> Self {
        Self::Branch { branch: branch.into(), target: Box::new(self) }
    }

    /// Returns the branch that is named, if any, and the target on it.
    ///
    /// ```
    /// use revchain_core::Target;
    ///
    /// let target: Target = "billing@+1".parse().unwrap();
    /// assert_eq!(target.branch(), (Some("billing"), &Target::Up(1)));
    /// assert_eq!(Target::Base.branch(), (None, &Target::Base));
    /// ```
    #[must_use]
    pub fn branch(&self) -> (Option<&str>, &Self) {
        match self {
            Self::Branch { branch, target } => (Some(branch), target),
            target => (None, target),
        }
    }

    /// Returns the ids and labels in it.
    ///
    /// ```
    /// use revchain_core::Target;
    ///
    /// let target: Target = "billing@3f2a+1".parse().unwrap();
    /// assert_eq!(target.names(), ["billing", "3f2a"]);
    /// assert!(Target::Head.names().is_empty());
    /// ```
    #[must_use]
    #[inline]
    pub fn names(&self) -> Vec<&str> {
        let (branch, point) = self.branch();
        let place = match point {
            Self::Steps { from, .. } => from,
            point => point,
        };
        let name = match place {
            Self::Revision(name) => Some(&**name),
            _ => None,
        };
        branch.into_iter().chain(name).collect()
    }

    /// Tells whether the target counts from where the database is.
    ///
    /// ```
    /// use revchain_core::Target;
    ///
    /// let is_relative = |text: &str| text.parse::<Target>().unwrap().is_relative();
    /// assert!(is_relative("+1") && is_relative("billing@-2"));
    /// assert!(!is_relative("head-1"));
    /// ```
    #[must_use]
    pub fn is_relative(&self) -> bool {
        matches!(self.branch().1, Self::Up(_) | Self::Down(_))
    }
}

impl Target {
    /// Tells whether the target lies above what it counts from.
    pub(crate) fn is_upward(&self) -> bool {
        match self.branch().1 {
            Self::Up(_) => true,
            Self::Steps { steps, .. } => *steps > 0,
            _ => false,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Heads => f.write_str("heads"),
            Self::Base => f.write_str("base"),
            Self::Current => f.write_str("current"),
            Self::Revision(name) => f.write_str(name),
            Self::Up(steps) => write!(f, "+{steps}"),
            Self::Down(steps) => write!(f, "-{steps}"),
            Self::Steps { from, steps } => write!(f, "{from}{steps:+}"),
            Self::Branch { branch, target } => write!(f, "{branch}@{target}"),
        }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    #[inline]
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let read = match text.split_once('@') {
            None => point(text),
            // Alembic reads a branch without a name as none.
            Some(("", target)) => point(target),
            Some((branch, target)) if is_name(branch) => {
                point(target).map(|target| target.on(branch))
            }
            _ => None,
        };
        read.ok_or_else(|| TargetError::Malformed(text.to_owned()))
    }
}

/// Reads a target without a branch.
#[inline]
fn point(text: &str) -> Option<Target> {
    let split = text.find(['+', '-']).unwrap_or(text.len());
    let (place, steps) = text.split_at(split);
    let steps = if steps.is_empty() { None } else { Some(number(steps)?) };
    match (place, steps) {
        ("", steps) => {
            let steps = steps?;
            let count = steps.unsigned_abs();
            Some(if steps > 0 { Target::Up(count) } else { Target::Down(count) })
        }
        ("current", Some(_)) => None,
        (name, steps) => {
            let from = match name {
                "head" => Target::Head,
                "heads" => Target::Heads,
                "base" => Target::Base,
                "current" => Target::Current,
                name if is_name(name) => Target::Revision(name.to_owned()),
                _ => return None,
            };
            Some(match steps {
                Some(steps) => Target::Steps { from: Box::new(from), steps },
                None => from,
            })
        }
    }
}

/// Reads `+2` or `-2`, all of the text, and not 0.
#[inline]
fn number(text: &str) -> Option<i32> {
    let digits = text.get(1..).filter(|digits| !digits.is_empty())?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|steps| plain && *steps != 0)
}

/// Tells whether text can be a label or an id: at most 32 letters, digits, `_` and, after the first, `.`.
///
/// ```
/// use revchain_core::target::is_name;
///
/// assert!(is_name("billing") && is_name("naïve") && is_name("v2.1"));
/// assert!(!is_name("a-b") && !is_name("") && !is_name(".a"));
/// ```
#[must_use]
pub fn is_name(text: &str) -> bool {
    let allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.');
    !text.starts_with('.') && (1..=32).contains(&text.chars().count()) && text.chars().all(allowed)
}

/// The revisions between two places: `A:B`, `A:`, `:B`, `-3:current`.
///
/// ```
/// use revchain_core::Target;
/// use revchain_core::target::Range;
///
/// let range: Range = "3f2a:".parse().unwrap();
/// assert_eq!(range.from, Some(Target::Revision("3f2a".to_owned())));
/// assert_eq!(range.to, None);
/// assert!("3f2a".parse::<Range>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Where it begins, `base` when left out.
    pub from: Option<Target>,
    /// Where it ends, every head when left out.
    pub to: Option<Target>,
}

impl Range {
    /// Tells whether a side is where the database is.
    ///
    /// ```
    /// use revchain_core::target::Range;
    ///
    /// assert!("-3:current".parse::<Range>().unwrap().names_current());
    /// assert!(!"3f2a:head".parse::<Range>().unwrap().names_current());
    /// ```
    #[must_use]
    #[inline]
    pub fn names_current(&self) -> bool {
        [&self.from, &self.to].into_iter().flatten().any(|side| *side == Target::Current)
    }
}

impl FromStr for Range {
    type Err = TargetError;

    #[inline]
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let side = |text: &str| (!text.is_empty()).then(|| text.parse()).transpose();
        match text.split_once(':') {
            Some((from, to)) if !to.contains(':') => Ok(Self { from: side(from)?, to: side(to)? }),
            _ => Err(TargetError::NoRange(text.to_owned())),
        }
    }
}

impl fmt::Display for Range {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |target: &Option<Target>| target.as_ref().map(Target::to_string);
        let [from, to] = [&self.from, &self.to].map(side).map(Option::unwrap_or_default);
        write!(f, "{from}:{to}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_written_again() {
        for text in [
            "head",
            "heads",
            "base",
            "current",
            "3f2a",
            "billing",
            "+1",
            "-12",
            "3f2a+1",
            "head-1",
            "heads-2",
            "base+3",
            "billing@head",
            "billing@heads",
            "billing@base",
            "billing@3f2a",
            "3f2a@head",
            "billing@+2",
            "billing@-2",
            "billing@3f2a+1",
            "billing@head-1",
            "naïve@+1",
            "feat.a",
        ] {
            let target: Target = text.parse().expect(text);
            assert_eq!(target.to_string(), text);
        }
        for text in ["3f2a:head", ":", "-3:current", "a@b:c@d"] {
            let range: Range = text.parse().expect(text);
            assert_eq!(range.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for text in [
            "",
            "+",
            "-",
            "+0",
            "-0",
            "+1junk",
            "+-1",
            "a@",
            "@",
            "a@b@c",
            "head+1x",
            "a b",
            " head",
            "current-1",
            "head@",
            "a@+",
            "3f2a--1",
            "99999999999+1x",
            "+99999999999",
            "a/b",
        ] {
            assert_eq!(text.parse::<Target>(), Err(TargetError::Malformed(text.to_owned())));
        }
        for text in ["", "head", "a:b:c"] {
            assert_eq!(text.parse::<Range>(), Err(TargetError::NoRange(text.to_owned())));
        }
    }
}
