//! Plans that take revisions back: by the set's downgrades, or by those that the database stored.

use std::collections::{HashMap, HashSet};

use revchain_core::check::stored::StoredDowngrade;
use revchain_core::checksum::Direction;
use revchain_core::graph::{Graph, Members};
use revchain_core::set::Downgrade;
use revchain_core::target::{self, TargetError};
use revchain_core::{Checksum, Target};

use super::{Amend, Plan, Planner, Step, StepSource, StoredStep};
use crate::error::{ErrorKind, Named};
use crate::ledger::{Applied, State};

impl Planner<'_> {
    pub(super) fn downgrade(&self, target: &Target, stored: bool) -> Result<Plan, ErrorKind> {
        let graph = Graph::of(self.set);
        let applied = self.standing();
        if !self.contents.unknown.is_empty() && !stored {
            return Err(self.ahead());
        }
        let mut plan = Plan::default();
        if stored {
            let unknown: HashSet<&str> = self.contents.unknown.iter().map(String::as_str).collect();
            self.take_back_stored(&mut plan, &unknown, None)?;
        }
        if let Some(replaced) = self.replaced_target(target)? {
            self.downgrade_replaced(&replaced, stored, &mut plan)?;
            return Ok(plan);
        }
        let removed: Members = match target {
            Target::Base => vec![true; applied.len()],
            Target::Head | Target::Heads => vec![false; applied.len()],
            Target::Revision(name) => {
                let place = target::find(self.set, name)?;
                if !applied[place as usize] {
                    let id = self.set.revisions[place as usize].id.to_string();
                    return Err(ErrorKind::NotApplied(id));
                }
                let mut above = graph.descendants(&[place]);
                above[place as usize] = false;
                above
            }
            Target::Down(steps) => self.walk_down(&graph, &applied, *steps)?,
            Target::Up(_) => return Err(TargetError::WrongWay(target.clone()).into()),
        };
        for place in (0..applied.len()).rev().filter(|place| removed[*place] && applied[*place]) {
            self.take_back(place as u32, stored, &mut plan)?;
        }
        Ok(plan)
    }

    /// Takes the last revisions of one line; several applied heads are refused, as one of them would be a guess.
    pub(super) fn walk_down(
        &self,
        graph: &Graph,
        applied: &Members,
        steps: u32,
    ) -> Result<Members, ErrorKind> {
        let target = Target::Down(steps);
        let mut left = applied.clone();
        let mut removed = vec![false; applied.len()];
        for available in 0..steps {
            let place = match graph.heads_among(&left)[..] {
                [place] => place,
                [] => return Err(TargetError::TooFar { target, available }.into()),
                ref heads => {
                    let ids = self.ids(heads);
                    return Err(TargetError::SeveralWays { target, ids }.into());
                }
            };
            left[place as usize] = false;
            removed[place as usize] = true;
        }
        Ok(removed)
    }

    /// Takes edited revisions and what stands on them back, and applies the files as they are now.
    pub(super) fn amend(&self, amend: &Amend) -> Result<Plan, ErrorKind> {
        let graph = Graph::of(self.set);
        let applied = self.standing();
        let edited = self.find_all(&amend.revisions)?;
        let above = graph.descendants(&edited);
        let mut plan = Plan::default();
        let removed: Vec<usize> =
            (0..applied.len()).filter(|place| above[*place] && applied[*place]).collect();
        let (recorded, ran): (Vec<usize>, Vec<usize>) =
            removed.iter().partition(|place| self.is_recorded(**place as u32));
        if amend.from_file {
            for place in ran.iter().rev() {
                self.reversible(*place)?;
                plan.steps.push(Step::of(Direction::Downgrade, *place as u32));
            }
        } else {
            let ids: HashSet<&str> = ran.iter().map(|at| &*self.set.revisions[*at].id).collect();
            self.take_back_stored(&mut plan, &ids, Some(&amend.sealed))?;
        }
        let mut recorded_again = Vec::new();
        for place in recorded.into_iter().rev() {
            if !self.take_back_recorded(&graph, place as u32, &edited, &mut plan)? {
                recorded_again.push(place);
            }
        }
        for place in removed {
            self.part(place)?;
            plan.steps.push(if recorded_again.contains(&place) {
                Step::replacing(Direction::Upgrade, place as u32)
            } else {
                Step::of(Direction::Upgrade, place as u32)
            });
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
            let mut step = self.read_stored(row)?;
            let StepSource::Stored(stored) = &step.source else { continue };
            let downgrade = &stored.downgrade;
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
            step.resume = match row.state {
                State::Applied => None,
                // Its checksum was compared above, so nothing of it has changed.
                State::Downgrading => Some(row.done()),
                State::Upgrading => return Err(ErrorKind::HalfDone(vec![Named::stored(row)])),
            };
            plan.steps.push(step);
        }
        Ok(())
    }

    /// Reads the downgrade that a row stored.
    pub(super) fn read_stored(&self, row: &Applied) -> Result<Step, ErrorKind> {
        let Applied { revision, parents, dependencies, downgrade, .. } = row;
        let read = StoredDowngrade::read(revision, parents, dependencies, downgrade, self.dialect);
        let row = Box::new(row.clone());
        match read {
            Err(problems) => Err(ErrorKind::StoredMalformed { row, problems }),
            Ok(downgrade) => {
                let source = StepSource::Stored(Box::new(StoredStep { row: *row, downgrade }));
                let direction = Direction::Downgrade;
                Ok(Step { direction, source, resume: None, stamp: false, replacing: false })
            }
        }
    }

    pub(super) fn reversible(&self, place: usize) -> Result<(), ErrorKind> {
        match &self.part(place)?.downgrade {
            Downgrade::Section(_) => Ok(()),
            Downgrade::Irreversible(reason) => {
                let revision = self.set.at(place as u32);
                Err(ErrorKind::Irreversible {
                    revision: revision.id.to_string(),
                    path: format!("{}/{}", self.set.folder, revision.path),
                    reason: reason.to_string(),
                })
            }
        }
    }
}
