//! What an upgrade applies.

use super::names::Branch;
use super::{Overrun, Walk};
use crate::graph::Members;
use crate::order::keep;
use crate::target::{Target, TargetError};

impl Walk<'_> {
    /// Returns what an upgrade to `targets` applies, in order: all that they need and the database lacks.
    ///
    /// # Errors
    ///
    /// A target names nothing, or nothing that lies above; two targets of which one needs the other.
    ///
    /// ```
    /// use revchain_core::{Target, Walk};
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let walk = Walk::new(&set, vec![true, false, false]);
    /// assert_eq!(walk.upgrade(&["+1".parse()?]), Ok(vec![1]));
    /// assert!(walk.upgrade(&["+3".parse()?]).is_err());
    /// # Ok::<(), revchain_core::target::TargetError>(())
    /// ```
    pub fn upgrade(&self, targets: &[Target]) -> Result<Vec<u32>, TargetError> {
        let mut ends = Vec::new();
        for target in targets {
            ends.extend(self.ends(target, Overrun::Refused)?);
        }
        self.refuse_one_line(&ends)?;
        let mut members = self.graph.ancestors(&ends);
        for (place, member) in members.iter_mut().enumerate() {
            *member &= !self.applied[place];
        }
        Ok(self.oldest_first(&members))
    }

    /// Returns where an upgrade to a target ends.
    pub(super) fn ends(&self, target: &Target, overrun: Overrun) -> Result<Vec<u32>, TargetError> {
        let (branch, point) = self.on_branch(target)?;
        match point {
            Target::Down(_) => Err(TargetError::WrongWay(target.clone())),
            Target::Up(steps) => {
                let start = match &branch {
                    Some(branch) => self.tip_on(branch, target)?,
                    None => self.only_one(&self.current, target)?,
                };
                let end = self.walk_up(target, start, *steps, branch.as_ref(), overrun)?;
                Ok(end.into_iter().collect())
            }
            Target::Steps { from, steps } if *steps > 0 => {
                let (start, steps) = (self.one(from)?, steps.unsigned_abs());
                let end = self.walk_up(target, start, steps, branch.as_ref(), overrun)?;
                Ok(end.into_iter().collect())
            }
            Target::Steps { from, steps } => {
                let start = self.start_of(from, branch.as_ref(), target)?;
                Ok(self.walk_down(target, start, steps.unsigned_abs())?.into_iter().collect())
            }
            _ => self.named(target),
        }
    }

    /// Returns where the database is on a branch, from which steps up are counted; none before its first revision.
    fn tip_on(&self, branch: &Branch<'_>, target: &Target) -> Result<Option<u32>, TargetError> {
        let mut heads = self.current.clone();
        keep(&mut heads, &|place| branch.holds(place));
        if !heads.is_empty() {
            return self.only_one(&heads, target);
        }
        let mut active: Members = self.applied.clone();
        for (place, active) in active.iter_mut().enumerate() {
            *active &= branch.holds(place as u32);
        }
        self.only_one(&self.graph.heads_among(&active), target)
    }
}
