//! What a downgrade takes back.

use super::names::Branch;
use super::{Overrun, Walk};
use crate::graph::Members;
use crate::order::keep;
use crate::target::{Target, TargetError};

impl Walk<'_> {
    /// Returns what a downgrade to `target` takes back, in order: all that is applied and stands on what lies above it.
    ///
    /// What the target names stays, and so does what only depends on it.
    ///
    /// # Errors
    ///
    /// The target names nothing or several revisions, is not applied, or leads through a fork; so many steps back on one
    /// branch would take another with them.
    ///
    /// ```
    /// use revchain_core::{Target, Walk};
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let walk = Walk::new(&set, vec![true, true, false]);
    /// assert_eq!(walk.downgrade(&"5b1e".parse()?), Ok(vec![1]));
    /// assert_eq!(walk.downgrade(&Target::Down(2)), Ok(vec![1, 0]));
    /// assert_eq!(walk.downgrade(&Target::Head).unwrap_err().to_string(), "revision `81d4be06f93a` is not applied");
    /// # Ok::<(), revchain_core::target::TargetError>(())
    /// ```
    pub fn downgrade(&self, target: &Target) -> Result<Vec<u32>, TargetError> {
        let (branch, point) = self.on_branch(target)?;
        let Destination { start, end } = self.destination(target, point, branch.as_ref())?;
        let mut roots = match end {
            None => self.graph.bases(),
            Some(end) => self.graph.children(end).to_vec(),
        };
        let counted = branch.is_some() || !matches!(point, Target::Down(_));
        let way = branch.as_ref().map(|branch| branch.place).or(if counted { None } else { start });
        if let (Some(way), true) = (way, roots.len() > 1) {
            let below = self.graph.line_below(&[way]);
            let ways = self.ids(&roots);
            keep(&mut roots, &|root| below[root as usize]);
            if roots.is_empty() {
                return Err(TargetError::SeveralWays { target: target.clone(), ids: ways });
            }
        }
        let mut members = self.graph.descendants(&roots);
        for (place, member) in members.iter_mut().enumerate() {
            *member &= self.applied[place];
        }
        match end {
            Some(end) if !members.contains(&true) => self.refuse_nothing(end)?,
            _ => {}
        }
        if let (Some(start), true) = (start, counted) {
            self.refuse_other_branch(target, start, end, &members)?;
        }
        Ok(self.newest_first(&members))
    }

    /// Returns where a downgrade to a target ends, and where its steps are counted from.
    fn destination(
        &self,
        target: &Target,
        point: &Target,
        branch: Option<&Branch<'_>>,
    ) -> Result<Destination, TargetError> {
        let from = |start| move |end| Destination { start: Some(start), end };
        match point {
            Target::Up(_) => Err(TargetError::WrongWay(target.clone())),
            Target::Base => Ok(Destination { start: None, end: None }),
            Target::Down(steps) => {
                let start = match branch {
                    Some(branch) => self.head_on(branch, target)?,
                    None => self.only_one(&self.current, target)?,
                };
                let too_far = || TargetError::TooFar { target: target.clone(), available: 0 };
                let start = start.ok_or_else(too_far)?;
                self.walk_down(target, start, *steps).map(from(start))
            }
            Target::Steps { from: place, steps } if *steps > 0 => {
                let (place, steps) = (self.one(place)?, steps.unsigned_abs());
                let end = self.walk_up(target, place, steps, branch, Overrun::Refused)?;
                Ok(Destination { start: None, end })
            }
            Target::Steps { from: place, steps } => {
                let start = self.start_of(place, branch, target)?;
                self.walk_down(target, start, steps.unsigned_abs()).map(from(start))
            }
            point => match self.one(point)? {
                Some(end) => Ok(Destination { start: None, end: Some(end) }),
                None => Err(TargetError::NoRevision),
            },
        }
    }

    /// Returns the head of the database on a branch, from which steps down are counted.
    fn head_on(&self, branch: &Branch<'_>, target: &Target) -> Result<Option<u32>, TargetError> {
        let mut heads = self.current.clone();
        keep(&mut heads, &|place| branch.holds(place));
        if !heads.is_empty() {
            return self.only_one(&heads, target);
        }
        // Another branch may depend on this one's head, which is then none of the whole.
        let is_applied = |place: &u32| self.applied[*place as usize];
        let is_end = |place| !self.graph.children(place).iter().any(is_applied);
        let ends =
            self.graph.places(&|place| is_applied(&place) && is_end(place) && branch.holds(place));
        self.only_one(&ends, target)
    }

    /// Refuses a downgrade that takes nothing back, unless the database is where it ends.
    fn refuse_nothing(&self, end: u32) -> Result<(), TargetError> {
        if self.current.contains(&end) {
            return Ok(());
        }
        let id = self.id(end);
        if !self.applied[end as usize] {
            return Err(TargetError::NotApplied(id));
        }
        let mut by = self.graph.children(end).to_vec();
        by.extend_from_slice(self.graph.dependents(end));
        keep(&mut by, &|place| self.applied[place as usize]);
        Err(TargetError::OnlyNeeded { id, by: self.ids(&by) })
    }

    /// Refuses steps back that take what is not on the line they were counted on.
    fn refuse_other_branch(
        &self,
        target: &Target,
        start: u32,
        end: Option<u32>,
        members: &Members,
    ) -> Result<(), TargetError> {
        let line = self.line(start);
        let others = self.graph.places(&|place| members[place as usize] && !line[place as usize]);
        if others.is_empty() {
            return Ok(());
        }
        let (target, end) = (target.clone(), end.map(|end| self.id(end)));
        Err(TargetError::OtherBranch { target, end, ids: self.ids(&others) })
    }
}

/// Where a downgrade ends.
struct Destination {
    /// The revision from which steps back were counted.
    start: Option<u32>,
    /// The last revision that stays; none when all go.
    end: Option<u32>,
}
