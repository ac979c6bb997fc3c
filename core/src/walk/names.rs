//! From what a person typed to revisions of a set.

use super::Walk;
use crate::order::keep;
use crate::order::sorted;
use crate::set::Set;
use crate::target::{Target, TargetError};
use crate::text::did_you_mean;

/// The shortest beginning of an id or label that names it.
const PREFIX: usize = 4;

/// Finds the revision that an id, a label, or at least four characters of one of them name.
///
/// # Errors
///
/// [`TargetError::Unknown`], [`TargetError::TooShort`] or [`TargetError::Ambiguous`].
///
/// ```
/// use revchain_core::walk::find;
///
/// # let folder = std::path::Path::new("../examples/quickstart/migrations");
/// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
/// # let set = revchain_core::check(&folder).into_set().unwrap();
/// assert_eq!(find(&set, "c07f"), Ok(1));
/// assert_eq!(find(&set, "head").unwrap_err().to_string(), "no revision is named `head`");
/// ```
pub fn find(set: &Set, name: &str) -> Result<u32, TargetError> {
    find_among(set, name, &|_| true)
}

/// Finds a replaced revision by its id, or by at least four characters of it; also one that has no file any more.
///
/// # Errors
///
/// [`TargetError::TooShort`] or [`TargetError::Ambiguous`].
///
/// ```
/// use revchain_core::walk::find_replaced;
///
/// # let folder = std::path::Path::new("../examples/quickstart/migrations");
/// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
/// # let set = revchain_core::check(&folder).into_set().unwrap();
/// assert_eq!(find_replaced(&set, "c07f"), Ok(None));
/// ```
pub fn find_replaced(set: &Set, name: &str) -> Result<Option<String>, TargetError> {
    let replacers = set.replacers();
    if replacers.get(name).is_some() {
        return Ok(Some(name.to_owned()));
    }
    let mut found = Vec::new();
    for id in replacers.ids() {
        if id.starts_with(name) {
            found.push(id.to_owned());
        }
    }
    if found.len() < 2 {
        let found = found.pop();
        return match found {
            Some(_) if name.len() < PREFIX => Err(TargetError::TooShort(name.to_owned())),
            _ => Ok(found),
        };
    }
    if name.len() < PREFIX {
        return Err(TargetError::TooShort(name.to_owned()));
    }
    Err(TargetError::Ambiguous { name: name.to_owned(), ids: sorted(found) })
}

/// Finds a revision by its full id or label, or by the beginning of one among those that are `wanted`.
fn find_among(set: &Set, name: &str, wanted: &dyn Fn(u32) -> bool) -> Result<u32, TargetError> {
    let position = set.position(name);
    if let Some(place) = position.filter(|place| set.revisions[*place].id == name) {
        return Ok(place as u32);
    }
    let mut found = Vec::new();
    for (place, revision) in set.revisions.iter().enumerate() {
        let mut begins = revision.id.starts_with(name);
        for label in &*revision.labels {
            if label == name {
                return Ok(place as u32);
            }
            begins |= label.starts_with(name);
        }
        if begins && !name.is_empty() && wanted(place as u32) {
            found.push(place as u32);
        }
    }
    match found[..] {
        [] => {
            let other_case = position.map(|place| &*set.revisions[place].id);
            let meant = other_case.or_else(|| did_you_mean(name, &known(set))).map(str::to_owned);
            Err(TargetError::Unknown { name: name.to_owned(), meant })
        }
        _ if name.len() < PREFIX => Err(TargetError::TooShort(name.to_owned())),
        [place] => Ok(place),
        _ => {
            let mut ids = Vec::new();
            for place in found {
                ids.push(set.revisions[place as usize].id.to_string());
            }
            Err(TargetError::Ambiguous { name: name.to_owned(), ids })
        }
    }
}

/// Returns all that a person may have meant.
fn known(set: &Set) -> Vec<&str> {
    let mut known = Vec::new();
    for revision in &*set.revisions {
        for label in &*revision.labels {
            known.push(&**label);
        }
        known.push(&revision.id);
    }
    known
}

/// A branch: what lies below or above the revision that names it.
pub(super) struct Branch<'t> {
    pub(super) name: &'t str,
    pub(super) place: u32,
    line: Vec<bool>,
}

impl Branch<'_> {
    /// Tells whether a revision is on the branch.
    pub(super) fn holds(&self, place: u32) -> bool {
        self.line[place as usize]
    }
}

impl Walk<'_> {
    /// Returns the revisions that a target names wherever the database is; none for `base`.
    ///
    /// # Errors
    ///
    /// It names none, or is `current`, or counts steps ([`TargetError::Relative`]).
    ///
    /// ```
    /// use revchain_core::{Target, Walk};
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let walk = Walk::new(&set, vec![false; 3]);
    /// assert_eq!(walk.named(&Target::Head), Ok(vec![2]));
    /// assert_eq!(walk.named(&"c07f@5b1e".parse()?), Ok(vec![0]));
    /// # Ok::<(), revchain_core::target::TargetError>(())
    /// ```
    pub fn named(&self, target: &Target) -> Result<Vec<u32>, TargetError> {
        let (branch, point) = self.on_branch(target)?;
        let on = |mut places: Vec<u32>| {
            keep(&mut places, &|place| branch.as_ref().is_none_or(|branch| branch.holds(place)));
            places
        };
        match point {
            Target::Base => Ok(Vec::new()),
            Target::Current => Err(TargetError::Here),
            Target::Heads if branch.is_none() => Ok(self.graph.effective_heads()),
            Target::Heads => Ok(on(self.graph.heads())),
            Target::Head => {
                let heads = on(self.graph.heads());
                if heads.len() > 1 {
                    Err(TargetError::SeveralHeads(self.ids(&heads)))
                } else {
                    Ok(heads)
                }
            }
            Target::Revision(name) => {
                let wanted = |place| branch.as_ref().is_none_or(|branch| branch.holds(place));
                let place = find_among(self.set, name, &wanted)?;
                match &branch {
                    Some(branch) if !branch.holds(place) => {
                        let (id, branch) = (self.id(place), branch.name.to_owned());
                        Err(TargetError::NotOnBranch { id, branch })
                    }
                    _ => Ok(vec![place]),
                }
            }
            _ => Err(TargetError::Relative(target.clone())),
        }
    }

    /// Returns the one revision that a target names, or none for `base`.
    pub(super) fn one(&self, target: &Target) -> Result<Option<u32>, TargetError> {
        match self.named(target)?[..] {
            [] => Ok(None),
            [place] => Ok(Some(place)),
            ref places => Err(TargetError::SeveralHeads(self.ids(places))),
        }
    }

    /// Finds the branch that a target names, and returns the target on it.
    pub(super) fn on_branch<'t>(
        &self,
        target: &'t Target,
    ) -> Result<(Option<Branch<'t>>, &'t Target), TargetError> {
        let (name, point) = target.branch();
        let branch = |name| {
            let place = find(self.set, name)?;
            Ok(Branch { name, place, line: self.line(place) })
        };
        Ok((name.map(branch).transpose()?, point))
    }

    /// Returns what lies below and above a revision, dependencies left out.
    pub(super) fn line(&self, place: u32) -> Vec<bool> {
        let mut line = self.graph.line_above(&[place]);
        let below = self.graph.line_below(&[place]);
        for (at, is_on) in line.iter_mut().enumerate() {
            *is_on |= below[at];
        }
        line
    }

    pub(super) fn id(&self, place: u32) -> String {
        self.set.revisions[place as usize].id.to_string()
    }

    pub(super) fn ids(&self, places: &[u32]) -> Vec<String> {
        let mut ids = Vec::with_capacity(places.len());
        for place in places {
            ids.push(self.id(*place));
        }
        ids
    }
}
