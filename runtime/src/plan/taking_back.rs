//! Plans that take revisions back: by the set's downgrades, or by those that the database stored.

use std::collections::{HashMap, HashSet};

use revchain_core::check::stored::StoredDowngrade;
use revchain_core::checksum::Direction;
use revchain_core::set::Downgrade;
use revchain_core::{Checksum, Target, Walk};

use super::{Amend, Plan, Planner, Step, StepSource, StoredStep};
use crate::error::{ErrorKind, Named};
use crate::ledger::{Applied, State};

impl Planner<'_> {
    pub(super) fn downgrade(&self, target: &Target, stored: bool) -> Result<Plan, ErrorKind> {
        if !self.contents.unknown.is_empty() && !stored {
            return Err(self.ahead());
        }
        let mut plan = Plan::default();
        if stored {
            let unknown: HashSet<&str> = self.contents.unknown.iter().map(String::as_str).collect();
            self.take_back_stored(&mut plan, &unknown, None)?;
        }
        let applied = self.contents.applied();
        // Where only the unknown is to go, the heads are where it ends.
        let nothing_more = stored && matches!(target, Target::Head | Target::Heads);
        if !nothing_more {
            for place in Walk::new(self.set, applied).downgrade(target)? {
                self.reversible(place)?;
                plan.steps.push(Step::of(Direction::Downgrade, place));
            }
        }
        Ok(plan)
    }

    /// Takes edited revisions and what stands on them back, and applies the files as they are now.
    pub(super) fn amend(&self, amend: &Amend) -> Result<Plan, ErrorKind> {
        let applied = self.contents.applied();
        let walk = Walk::new(self.set, applied.clone());
        let mut members = walk.graph().descendants(&self.find_all(&amend.revisions)?);
        members.iter_mut().zip(applied).for_each(|(member, applied)| *member &= applied);
        let removed = walk.oldest_first(&members);
        let mut plan = Plan::default();
        let ids: HashSet<&str> =
            removed.iter().map(|place| &*self.set.revisions[*place as usize].id).collect();
        if amend.from_file {
            for place in removed.iter().rev() {
                self.reversible(*place)?;
                plan.steps.push(Step::of(Direction::Downgrade, *place));
            }
        } else {
            self.take_back_stored(&mut plan, &ids, Some(&amend.sealed))?;
        }
        for place in removed {
            self.part(place)?;
            plan.steps.push(Step::of(Direction::Upgrade, place));
        }
        Ok(plan)
    }

    /// Adds the stored downgrades of rows, in reverse of dependencies and sequence.
    ///
    /// With `sealed`, a stored downgrade must have the hash of the lock; always that of its own row.
    pub(super) fn take_back_stored(
        &self,
        plan: &mut Plan,
        ids: &HashSet<&str>,
        sealed: Option<&HashMap<String, Checksum>>,
    ) -> Result<(), ErrorKind> {
        let mut left: Vec<&Applied> =
            self.rows.iter().filter(|row| ids.contains(row.revision.as_str())).collect();
        while !left.is_empty() {
            let needed = |row: &Applied| {
                let needs = |other: &&Applied| {
                    other.parents.contains(&row.revision)
                        || other.dependencies.contains(&row.revision)
                };
                left.iter().any(needs)
            };
            let free = left.iter().enumerate().filter(|(_, row)| !needed(row));
            let last = free.max_by_key(|(_, row)| row.sequence).map(|(index, _)| index);
            // Rows that need one another in a circle cannot come from us; the sequence decides then.
            let row = left.remove(last.unwrap_or(left.len() - 1));
            let downgrade = StoredDowngrade::read(
                &row.revision,
                &row.parents,
                &row.dependencies,
                &row.downgrade,
                self.dialect,
            )
            .map_err(|problems| ErrorKind::StoredMalformed {
                row: Box::new(row.clone()),
                problems,
            })?;
            let is = |checksum: &str| downgrade.checksum.is_written(checksum);
            let in_lock = sealed.is_none_or(|sealed| {
                sealed.get(&row.revision).is_none_or(|checksum| *checksum == downgrade.checksum)
            });
            if !is(&row.downgrade_checksum) || !in_lock {
                return Err(ErrorKind::StoredAltered(Box::new(row.clone())));
            }
            if downgrade.section.is_none() {
                return Err(ErrorKind::StoredIrreversible(Box::new(row.clone())));
            }
            let resume = match row.state {
                State::Applied => None,
                // Its checksum was compared above, so nothing of it has changed.
                State::Downgrading => Some(row.done()),
                State::Upgrading => return Err(ErrorKind::HalfDone(vec![Named::stored(row)])),
            };
            plan.steps.push(Step {
                direction: Direction::Downgrade,
                source: StepSource::Stored(Box::new(StoredStep { row: row.clone(), downgrade })),
                resume,
                stamp: false,
            });
        }
        Ok(())
    }

    pub(super) fn reversible(&self, place: u32) -> Result<(), ErrorKind> {
        match &self.part(place)?.downgrade {
            Downgrade::Section(_) => Ok(()),
            Downgrade::Irreversible(reason) => {
                let revision = &self.set.revisions[place as usize];
                Err(ErrorKind::Irreversible {
                    revision: revision.id.to_string(),
                    path: format!("{}/{}", self.set.folder, revision.path),
                    reason: reason.to_string(),
                })
            }
        }
    }
}
