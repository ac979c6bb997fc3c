//! Plans over revisions that stand in the place of others: recorded where the database has those, run where it has none.

use std::collections::HashSet;

use revchain_core::Target;
use revchain_core::checksum::Direction;
use revchain_core::graph::{Graph, Members};
use revchain_core::set::Replaced;
use revchain_core::target::{self, TargetError};

use super::{Plan, Planner, Step, StepSource};
use crate::error::{ErrorKind, Named, Unknown};
use crate::ledger::State;

/// What a database has of what a revision replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Has {
    Nothing,
    Part,
    All,
}

/// A replaced revision that a person named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReplacedTarget {
    id: String,
    /// Its place, where its file is there.
    place: Option<u32>,
}

impl Planner<'_> {
    /// Tells whether the ledger has a row of a revision, in any state.
    fn has_row(&self, id: &str) -> bool {
        match self.set.place(id) {
            Some(place) => self.contents.known[place as usize].is_some(),
            None => self.contents.pruned.iter().any(|(pruned, _)| pruned == id),
        }
    }

    /// Tells whether a replaced revision is applied: by its own row, or by all that it replaces in turn.
    fn is_applied(&self, one: &Replaced) -> bool {
        let applied = |state: State| state != State::Downgrading;
        match self.set.place(&one.id) {
            Some(place) => {
                let known = self.contents.known[place as usize];
                known.is_some_and(|known| applied(known.state)) || self.has(place) == Has::All
            }
            None => {
                let rows = &self.contents.pruned;
                rows.iter().any(|(id, state)| *id == *one.id && *state == State::Applied)
            }
        }
    }

    /// Tells what the database has of what the revision at a place replaces.
    fn has(&self, place: u32) -> Has {
        let replaces = &self.set.at(place).replaces;
        if replaces.is_empty() || !replaces.iter().any(|one| self.has_row(&one.id)) {
            Has::Nothing
        } else if replaces.iter().filter(|one| one.direct).all(|one| self.is_applied(one)) {
            Has::All
        } else {
            Has::Part
        }
    }

    /// Tells whether the revision at a place is at most recorded: rows of what it replaces are there.
    pub(super) fn is_recorded(&self, place: u32) -> bool {
        self.has(place) != Has::Nothing
    }

    /// Returns which revisions of the chain are applied, themselves or by what they replace.
    ///
    /// A part of it counts: what stands below stays, and what is to be taken back is taken back.
    pub(super) fn standing(&self) -> Members {
        let mut applied = self.contents.applied();
        if !self.contents.is_current {
            for (place, applied) in (0..).zip(&mut applied) {
                *applied = *applied || self.is_recorded(place);
            }
        }
        applied
    }

    /// Lets an upgrade record what need not run, and refuses it in the middle of what is replaced.
    ///
    /// With `missing`, what stands below the steps and is not recorded yet is recorded with them: a number of steps
    /// counts revisions that run.
    pub(super) fn record_replacers(&self, plan: &mut Plan, missing: bool) -> Result<(), ErrorKind> {
        if missing && !plan.steps.is_empty() {
            let places = plan.steps.iter().filter_map(|step| step.place()).collect::<Vec<_>>();
            let below = Graph::of(self.set).ancestors(&places);
            let applied = self.contents.applied();
            let unrecorded = |place: &u32| {
                let at = *place as usize;
                below[at] && !applied[at] && !places.contains(place) && self.is_recorded(*place)
            };
            let records: Vec<Step> = (0..applied.len() as u32)
                .filter(unrecorded)
                .map(|place| Step::of(Direction::Upgrade, place))
                .collect();
            plan.steps.splice(0..0, records);
        }
        for step in &mut plan.steps {
            let (Direction::Upgrade, Some(place)) = (step.direction, step.place()) else {
                continue;
            };
            match self.has(place) {
                Has::Nothing => {}
                Has::All => *step = Step::replacing(Direction::Upgrade, place),
                Has::Part => return Err(self.partly(place)),
            }
        }
        Ok(())
    }

    fn partly(&self, place: u32) -> ErrorKind {
        let revision = self.set.at(place);
        let direct = || revision.replaces.iter().filter(|one| one.direct);
        let lacks: Vec<&Replaced> = direct().filter(|one| !self.is_applied(one)).collect();
        let has = revision.replaces.iter().filter(|one| self.has_row(&one.id));
        let has: Vec<String> = has.map(|one| one.id.to_string()).collect();
        let has_files = lacks.iter().all(|one| self.set.place(&one.id).is_some());
        let last = direct().next_back().filter(|_| has_files);
        let rows = self.rows.iter().filter(|row| has.contains(&row.revision));
        let mut applications: Vec<String> = rows.map(|row| row.application.clone()).collect();
        applications.sort_unstable();
        applications.dedup();
        ErrorKind::PartlyReplaced {
            by: Named::of(self.set, revision),
            lacks: lacks.iter().map(|one| one.id.to_string()).collect(),
            has,
            last: last.map(|one| one.id.to_string()),
            applications,
        }
    }

    /// Finds the replaced revision that a target names, where it names none of the chain.
    pub(super) fn replaced_target(
        &self,
        target: &Target,
    ) -> Result<Option<ReplacedTarget>, ErrorKind> {
        let Target::Revision(name) = target else { return Ok(None) };
        if !matches!(target::find(self.set, name), Err(TargetError::Unknown { .. })) {
            return Ok(None);
        }
        let all = self.set.revisions.all().iter();
        let ids: HashSet<&str> =
            all.flat_map(|revision| &*revision.replaces).map(|one| &*one.id).collect();
        let begins =
            |id: &&&str| id.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let mut found: Vec<&str> = ids.iter().filter(begins).copied().collect();
        if let Some(whole) = found.iter().find(|id| id.eq_ignore_ascii_case(name)) {
            found = vec![*whole];
        }
        match found[..] {
            [] => Ok(None),
            [id] if id.len() == name.len() || name.len() >= 4 => {
                Ok(Some(ReplacedTarget { id: id.to_owned(), place: self.set.place(id) }))
            }
            [_] => Err(TargetError::TooShort(name.clone()).into()),
            _ => {
                let mut ids: Vec<String> = found.iter().map(|id| (*id).to_owned()).collect();
                ids.sort_unstable();
                Err(TargetError::Ambiguous { name: name.clone(), ids }.into())
            }
        }
    }

    /// Applies replaced revisions up to one of them, so that a database in the middle comes to the end.
    pub(super) fn upgrade_replaced(&self, target: &ReplacedTarget) -> Result<Plan, ErrorKind> {
        let mut plan = Plan::default();
        let stands = |id: &str| {
            self.set.place(id).is_some_and(|place| self.contents.known[place as usize].is_some())
        };
        if self.has_row(&target.id) || self.replacers(&target.id).iter().any(|id| stands(id)) {
            return Ok(plan);
        }
        let Some(place) = target.place else {
            let standing = self.set.standing(&target.id).unwrap_or(0);
            return Err(self.partly(standing));
        };
        // What is replaced stands behind the chain, each after what it needs.
        let wanted = Graph::of_all(self.set).ancestors(&[place]);
        for place in (0..wanted.len()).filter(|place| wanted[*place]) {
            if self.contents.known[place].is_none() {
                self.part(place)?;
                plan.steps.push(Step::of(Direction::Upgrade, place as u32));
            }
        }
        self.record_replacers(&mut plan, false)?;
        Ok(plan)
    }

    /// Returns the ids of those that replace a revision, the nearest first.
    fn replacers(&self, id: &str) -> Vec<String> {
        let mut ids = Vec::new();
        let mut id = id.to_owned();
        while let Some(place) = self.set.replacer(&id) {
            id = self.set.at(place).id.to_string();
            if ids.contains(&id) {
                break;
            }
            ids.push(id.clone());
        }
        ids
    }

    /// Takes back what stands above a replaced revision, which is possible where the database has its row.
    pub(super) fn downgrade_replaced(
        &self,
        target: &ReplacedTarget,
        stored: bool,
        plan: &mut Plan,
    ) -> Result<Members, ErrorKind> {
        let standing = self.set.standing(&target.id).unwrap_or(0);
        if !self.has_row(&target.id) {
            let replaced = target.id.clone();
            return Err(if self.contents.known[standing as usize].is_some() {
                ErrorKind::Replaced { replaced, by: Named::of(self.set, self.set.at(standing)) }
            } else {
                ErrorKind::NotApplied(replaced)
            });
        }
        let above = self.above(standing, &target.id);
        let mut removed = Graph::of(self.set).descendants(&[standing]);
        removed[standing as usize] = false;
        let applied = self.standing();
        for place in (0..applied.len()).rev().filter(|place| removed[*place] && applied[*place]) {
            self.take_back(place as u32, stored, plan)?;
        }
        if !above.is_empty() {
            self.unrecord(standing, plan);
            self.take_back_replaced(standing, Some(&above), stored, plan)?;
        }
        Ok(removed)
    }

    /// Returns the rows of what a revision replaces that stand above one of them.
    fn above(&self, place: u32, id: &str) -> HashSet<String> {
        let list = &self.set.at(place).replaces;
        let rows = self.rows.iter().filter(|row| list.iter().any(|one| one.id == row.revision));
        let rows: Vec<_> = rows.filter(|row| row.revision != id).collect();
        let mut above: HashSet<String> = HashSet::new();
        loop {
            let before = above.len();
            for row in &rows {
                let is_above = |need: &String| need == id || above.contains(need);
                let mut needs = row.parents.iter().chain(&row.dependencies);
                let inner = self.replaces_of(place, &row.revision);
                if needs.any(is_above) || inner.iter().any(|inner| above.contains(*inner)) {
                    above.insert(row.revision.clone());
                }
            }
            if above.len() == before {
                return above;
            }
        }
    }

    /// Returns the ids that one of the replaced revisions replaces in turn, also where it has no file any more.
    fn replaces_of(&self, place: u32, id: &str) -> Vec<&str> {
        if let Some(own) = self.set.place(id) {
            return self.set.at(own).replaces.iter().map(|one| &*one.id).collect();
        }
        // What it replaces stands right before it; that it replaces anything, its row says.
        let row = self.rows.iter().find(|row| row.revision == id);
        if !row.is_some_and(|row| row.downgrade.starts_with("-- replaces: ")) {
            return Vec::new();
        }
        let list = &self.set.at(place).replaces;
        let Some(at) = list.iter().position(|one| one.id == id) else { return Vec::new() };
        let before = list[..at].iter().rev().take_while(|one| !one.direct);
        before.map(|one| &*one.id).collect()
    }

    /// Takes back a revision of the chain: by its own downgrade, or by those of what it replaces.
    pub(super) fn take_back(
        &self,
        place: u32,
        stored: bool,
        plan: &mut Plan,
    ) -> Result<(), ErrorKind> {
        if self.is_recorded(place) {
            self.unrecord(place, plan);
            return self.take_back_replaced(place, None, stored, plan);
        }
        self.reversible(place as usize)?;
        plan.steps.push(Step::of(Direction::Downgrade, place));
        Ok(())
    }

    /// Removes the row of a revision that was recorded, where there is one.
    pub(super) fn unrecord(&self, place: u32, plan: &mut Plan) {
        if self.contents.known[place as usize].is_some() {
            plan.steps.push(Step::replacing(Direction::Downgrade, place));
        }
    }

    /// Puts what `amend` does about a recorded revision among its steps: it is recorded anew, or, where something below
    /// it is edited, what it replaces is taken back. Tells whether it was taken back.
    pub(super) fn take_back_recorded(
        &self,
        graph: &Graph,
        place: u32,
        edited: &[u32],
        plan: &mut Plan,
    ) -> Result<bool, ErrorKind> {
        let below = graph.ancestors(&[place]);
        let taken_back = edited.iter().any(|edit| *edit != place && below[*edit as usize]);
        let mut own = Plan::default();
        self.unrecord(place, &mut own);
        if taken_back {
            self.take_back_replaced(place, None, false, &mut own)?;
        }
        let above = graph.descendants(&[place]);
        let is_above = |step: &Step| {
            let at = self.set.position(step.id(self.set));
            at.is_some_and(|at| above[at])
        };
        let at = plan.steps.iter().position(|step| !is_above(step)).unwrap_or(plan.steps.len());
        plan.steps.splice(at..at, own.steps);
        Ok(taken_back)
    }

    /// Takes back what a revision replaces and the database has, or only what is wanted of it.
    pub(super) fn take_back_replaced(
        &self,
        place: u32,
        wanted: Option<&HashSet<String>>,
        stored: bool,
        plan: &mut Plan,
    ) -> Result<(), ErrorKind> {
        let list = &self.set.at(place).replaces;
        let is_wanted = |id: &str| wanted.is_none_or(|wanted| wanted.contains(id));
        let rows = list.iter().rev().filter(|one| self.has_row(&one.id) && is_wanted(&one.id));
        let mut pruned = Vec::new();
        for one in rows {
            let inner = self.replaces_of(place, &one.id);
            let recorded = inner.iter().any(|inner| self.has_row(inner));
            match self.set.place(&one.id) {
                Some(own) if recorded => self.unrecord(own, plan),
                Some(own) => {
                    self.reversible(own as usize)?;
                    plan.steps.push(Step::of(Direction::Downgrade, own));
                }
                None if recorded => {
                    let step = self.stored_record(&one.id)?;
                    plan.steps.push(Step { replacing: true, ..step });
                }
                None if stored => {
                    self.take_back_stored(plan, &HashSet::from([&*one.id]), None)?;
                }
                None => pruned.extend(self.unknown(&one.id)),
            }
        }
        if pruned.is_empty() {
            return Ok(());
        }
        let by = Named::of(self.set, self.set.at(place));
        Err(ErrorKind::Pruned { by, rows: pruned })
    }

    /// Makes the step that removes a row of which the set has no file.
    fn stored_record(&self, id: &str) -> Result<Step, ErrorKind> {
        let row = self.rows.iter().find(|row| row.revision == id);
        let row = row.ok_or_else(|| ErrorKind::NotApplied(id.to_owned()))?;
        let mut step = self.read_stored(row)?;
        step.stamp = true;
        Ok(step)
    }

    fn unknown(&self, id: &str) -> Option<Unknown> {
        let row = self.rows.iter().find(|row| row.revision == id)?;
        Some(Unknown {
            revision: row.revision.clone(),
            message: row.message.clone(),
            application: row.application.clone(),
        })
    }

    /// Adds to a stamp that the rows of what is replaced go, or become what the stamp says.
    ///
    /// `spoken` are the revisions of which the stamp says where they are.
    pub(super) fn stamp_replaced(
        &self,
        plan: &mut Plan,
        wanted: &Members,
        spoken: &Members,
    ) -> Result<(), ErrorKind> {
        let places = (0..wanted.len() as u32).filter(|place| spoken[*place as usize]);
        let replacers = places.filter(|place| self.is_recorded(*place));
        let mut gone = Vec::new();
        for place in replacers {
            // Where a stamp says that all of it is there, the rows of a part of it would say otherwise.
            if wanted[place as usize] && self.has(place) == Has::All {
                continue;
            }
            let list = self.set.at(place).replaces.iter().rev();
            for one in list.filter(|one| self.has_row(&one.id)) {
                gone.push(match self.set.place(&one.id) {
                    Some(own) => Step { stamp: true, ..Step::of(Direction::Downgrade, own) },
                    None => self.stored_record(&one.id)?,
                });
            }
        }
        let first = plan.steps.iter().position(|step| step.direction == Direction::Upgrade);
        let at = first.unwrap_or(plan.steps.len());
        plan.steps.splice(at..at, gone);
        Ok(())
    }
}

impl Step {
    /// Returns the place of the set's revision.
    pub(crate) fn place(&self) -> Option<u32> {
        match self.source {
            StepSource::Set(place) => Some(place),
            StepSource::Stored(_) => None,
        }
    }
}
