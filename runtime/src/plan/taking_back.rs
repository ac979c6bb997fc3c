//! Plans that take revisions back: by the set's downgrades, or by those that the database stored.

use revchain_core::check::stored::StoredDowngrade;
use revchain_core::checksum::Direction;
use revchain_core::graph::Members;
use revchain_core::map::Ids;
use revchain_core::set::Downgrade;
use revchain_core::{Target, Walk};

use super::{Amend, Plan, Planner, Step, StepSource, StoredStep};
use crate::error::{ErrorKind, Named};
use crate::function;
use crate::ledger::{Applied, State};

impl Planner<'_> {
    pub(super) fn downgrade(&self, target: &Target, stored: bool) -> Result<Plan, ErrorKind> {
        if !self.contents.unknown.is_empty() && !stored {
            return Err(self.ahead());
        }
        let mut plan = Plan::default();
        if stored {
            let mut unknown = Ids::default();
            for id in &self.contents.unknown {
                unknown.insert(id);
            }
            self.take_back_stored(&mut plan, &unknown, None)?;
        }
        if let Some(replaced) = self.replaced_target(target)? {
            self.downgrade_replaced(&replaced, stored, &mut plan)?;
            return Ok(plan);
        }
        let applied = self.standing();
        if !is_for_unknown(target, stored) {
            for place in Walk::new(self.set, applied).downgrade(target)? {
                self.take_back(place, stored, &mut plan)?;
            }
        }
        Ok(plan)
    }

    /// Returns the places of the revisions to amend; those that only the ledger knows have none, and no file's downgrade.
    pub(super) fn amended(&self, amend: &Amend) -> Result<Vec<u32>, ErrorKind> {
        let mut left = amend.revisions.clone();
        left.retain(|id| amend.from_file || !self.contents.unknown.contains(id));
        self.find_all(&left)
    }

    /// Takes edited revisions and what stands on them back, and applies the files as they are now, with what they need
    /// since; a revision that the set has no more is taken back alone.
    pub(super) fn amend(&self, amend: &Amend) -> Result<Plan, ErrorKind> {
        let applied = self.standing();
        let walk = Walk::new(self.set, applied.clone());
        let edited = self.amended(amend)?;
        let above = walk.graph().descendants(&edited);
        let mut removed: Members = above.clone();
        for (removed, applied) in removed.iter_mut().zip(&applied) {
            *removed &= applied;
        }
        let removed = walk.newest_first(&removed);
        let mut plan = Plan::default();
        let (mut recorded, mut ran) = (Vec::new(), Vec::new());
        // What is run backwards, and that with what only its record goes of.
        let (mut ids, mut going) = (Ids::default(), Ids::default());
        for place in &removed {
            if self.is_recorded(*place) {
                recorded.push(*place);
            } else {
                ran.push(*place);
                ids.insert(&self.set.at(*place).id);
            }
            going.insert(&self.set.at(*place).id);
        }
        for id in &self.contents.unknown {
            if amend.revisions.contains(id) {
                ids.insert(id);
                going.insert(id);
            }
        }
        let left_standing = self.unknown_on(&going);
        if !left_standing.is_empty() {
            return Err(self.ahead_by(&left_standing));
        }
        if amend.from_file {
            for place in &ran {
                self.reversible(*place)?;
                plan.steps.push(Step::of(Direction::Downgrade, *place));
            }
        } else {
            self.take_back_stored(&mut plan, &ids, Some(amend))?;
        }
        let mut recorded_again = Vec::new();
        for place in recorded {
            if !self.take_back_recorded(walk.graph(), place, &edited, &mut plan)? {
                recorded_again.push(place);
            }
        }
        let mut wanted = walk.graph().ancestors(&removed);
        for (place, wanted) in wanted.iter_mut().enumerate() {
            let stays = applied[place] && !above[place];
            *wanted &= !stays;
        }
        for place in walk.oldest_first(&wanted) {
            self.part(place)?;
            plan.steps.push(if recorded_again.contains(&place) {
                Step::replacing(Direction::Upgrade, place)
            } else {
                Step::of(Direction::Upgrade, place)
            });
        }
        Ok(plan)
    }

    /// Returns the unknown revisions that stay, and stand on one that goes.
    fn unknown_on(&self, going: &Ids) -> Vec<String> {
        let mut standing = Vec::new();
        for id in &self.contents.unknown {
            let Some(row) = self.rows.iter().find(|row| row.revision == *id) else { continue };
            let mut stands = false;
            for need in row.needs() {
                stands |= going.contains(need);
            }
            if stands && !going.contains(id) {
                standing.push(id.clone());
            }
        }
        standing
    }

    /// Adds the stored downgrades of rows, in reverse of dependencies and sequence.
    ///
    /// With `amend`, a stored downgrade must have the hash of the lock; always that of its own row.
    pub(super) fn take_back_stored(
        &self,
        plan: &mut Plan,
        ids: &Ids,
        amend: Option<&Amend>,
    ) -> Result<(), ErrorKind> {
        let mut left: Vec<&Applied> = Vec::new();
        for row in self.rows {
            if ids.contains(&row.revision) {
                left.push(row);
            }
        }
        while !left.is_empty() {
            // Rows that need one another in a circle cannot come from us; the sequence decides then.
            let row = left.remove(newest_free(&left).unwrap_or(left.len() - 1));
            if row.downgrade == function::STORED {
                plan.steps.push(self.take_back_function(row, amend)?);
                continue;
            }
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
            let may_run =
                amend.is_none_or(|amend| amend.lets_run(&row.revision, downgrade.checksum));
            if !is(&row.downgrade_checksum) || !may_run {
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
                replacing: false,
                adopted: false,
            });
        }
        Ok(())
    }

    /// Takes a revision written in Rust back, where this binary has the function that the database knows it by.
    ///
    /// That is the set's own; or, where the set is a part of another, one that came with it.
    fn take_back_function(&self, row: &Applied, amend: Option<&Amend>) -> Result<Step, ErrorKind> {
        let not_here = || ErrorKind::StoredRust(Box::new(row.clone()));
        if row.state != State::Applied {
            return Err(ErrorKind::HalfDone(vec![Named::stored(row)]));
        }
        if let Some(place) = self.set.place(&row.revision) {
            let checksum = self.part(place)?.downgrade_checksum;
            let may_run = amend.is_none_or(|amend| amend.lets_run(&row.revision, checksum));
            let same = checksum.is_written(&row.downgrade_checksum) && may_run;
            let is_rust = self.set.at(place).is_rust();
            return if same && is_rust {
                Ok(Step::of(Direction::Downgrade, place))
            } else {
                Err(not_here())
            };
        }
        let has = self.functions.iter().any(|function| function.revision == row.revision);
        let checksum = row.downgrade_checksum.parse().ok().filter(|_| has).ok_or_else(not_here)?;
        let downgrade = StoredDowngrade { text: String::new(), section: None, checksum };
        Ok(Step {
            direction: Direction::Downgrade,
            source: StepSource::Stored(Box::new(StoredStep { row: row.clone(), downgrade })),
            resume: None,
            stamp: false,
            replacing: false,
            adopted: false,
        })
    }

    pub(super) fn reversible(&self, place: u32) -> Result<(), ErrorKind> {
        match &self.part(place)?.downgrade {
            Downgrade::Section(_) => Ok(()),
            Downgrade::Irreversible(reason) => {
                let revision = self.set.at(place);
                Err(ErrorKind::Irreversible {
                    revision: revision.id.to_string(),
                    path: format!("{}/{}", self.set.folder, revision.path),
                    reason: reason.to_string(),
                })
            }
        }
    }
}

/// Tells whether only what the ledger alone knows is to go: the heads are where that ends.
pub(super) fn is_for_unknown(target: &Target, stored: bool) -> bool {
    stored && matches!(target, Target::Head | Target::Heads)
}

/// Returns the newest row that no other needs.
fn newest_free(rows: &[&Applied]) -> Option<usize> {
    let mut needed = Ids::default();
    for row in rows {
        for id in row.needs() {
            needed.insert(id);
        }
    }
    let mut newest: Option<usize> = None;
    for (index, row) in rows.iter().enumerate() {
        let is_older = newest.is_some_and(|newest| rows[newest].sequence > row.sequence);
        if !is_older && !needed.contains(&row.revision) {
            newest = Some(index);
        }
    }
    newest
}
