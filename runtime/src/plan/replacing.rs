//! Plans over revisions that stand in the place of others: recorded where the database has those, run where it has none.

use revchain_core::checksum::Direction;
use revchain_core::graph::{Graph, Members};
use revchain_core::map::Ids;
use revchain_core::set::Replaced;
use revchain_core::target::TargetError;
use revchain_core::walk::{find, find_replaced};
use revchain_core::{Target, Walk};

use super::{Plan, Planner, Step, StepSource};
use crate::error::{ErrorKind, Named, PartlyReplaced, Unknown};
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
    /// Where steps were `counted`, what stands below them and is not recorded yet is recorded with them.
    pub(super) fn record_replacers(
        &self,
        plan: &mut Plan,
        counted: Option<&Walk<'_>>,
    ) -> Result<(), ErrorKind> {
        if let Some(walk) = counted.filter(|_| !plan.steps.is_empty()) {
            let mut places = Vec::with_capacity(plan.steps.len());
            for step in &plan.steps {
                places.extend(step.place());
            }
            let mut below = walk.graph().ancestors(&places);
            let applied = self.contents.applied();
            for (place, below) in (0..).zip(&mut below) {
                *below &= !applied[place as usize] && !places.contains(&place);
            }
            let mut steps = Vec::new();
            for place in walk.oldest_first(&below) {
                steps.push(Step::of(Direction::Upgrade, place));
            }
            steps.append(&mut plan.steps);
            plan.steps = steps;
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
        let (mut lacks, mut has, mut last) = (Vec::new(), Vec::new(), None);
        let mut has_files = true;
        for one in &*revision.replaces {
            if self.has_row(&one.id) {
                has.push(one.id.to_string());
            }
            if one.direct {
                last = Some(one.id.to_string());
            }
            if one.direct && !self.is_applied(one) {
                let file = self.set.place(&one.id);
                // Where it lacks a replacer, it may be in the middle of what that one replaces: that comes first.
                if let Some(inner) = file
                    && self.has(inner) == Has::Part
                {
                    return self.partly(inner);
                }
                has_files &= file.is_some();
                lacks.push(one.id.to_string());
            }
        }
        let mut applications: Vec<String> = Vec::new();
        for row in self.rows {
            if has.contains(&row.revision)
                && let Err(at) = applications.binary_search(&row.application)
            {
                applications.insert(at, row.application.clone());
            }
        }
        ErrorKind::PartlyReplaced(Box::new(PartlyReplaced {
            by: Named::of(self.set, revision),
            lacks,
            has,
            last: last.filter(|_| has_files),
            applications,
        }))
    }

    /// Finds the replaced revision that a target names, where it names none of the chain.
    pub(super) fn replaced_target(
        &self,
        target: &Target,
    ) -> Result<Option<ReplacedTarget>, ErrorKind> {
        let Target::Revision(name) = target else { return Ok(None) };
        if !matches!(find(self.set, name), Err(TargetError::Unknown { .. })) {
            return Ok(None);
        }
        let id = find_replaced(self.set, name)?;
        Ok(id.map(|id| ReplacedTarget { place: self.set.place(&id), id }))
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
                self.part(place as u32)?;
                plan.steps.push(Step::of(Direction::Upgrade, place as u32));
            }
        }
        self.record_replacers(&mut plan, None)?;
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
    ) -> Result<(), ErrorKind> {
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
        let applied = self.standing();
        let walk = Walk::new(self.set, applied.clone());
        let mut members = walk.graph().descendants(&[standing]);
        members[standing as usize] = false;
        for (member, applied) in members.iter_mut().zip(&applied) {
            *member &= applied;
        }
        for place in walk.newest_first(&members) {
            self.take_back(place, stored, plan)?;
        }
        if !above.is_empty() {
            self.unrecord(standing, plan);
            self.take_back_replaced(standing, Some(&above), stored, plan)?;
        }
        Ok(())
    }

    /// Returns the rows of what a revision replaces that stand above one of them.
    fn above(&self, place: u32, id: &str) -> Ids {
        let list = &self.set.at(place).replaces;
        let mut above = Ids::default();
        loop {
            let before = above.len();
            for row in self.rows {
                if row.revision == id || !list.iter().any(|one| one.id == row.revision) {
                    continue;
                }
                let mut is_above = false;
                for need in row.needs() {
                    is_above |= need == id || above.contains(need);
                }
                for inner in self.replaces_of(place, &row.revision) {
                    is_above |= above.contains(inner);
                }
                if is_above {
                    above.insert(&row.revision);
                }
            }
            if above.len() == before {
                return above;
            }
        }
    }

    /// Returns the ids that one of the replaced revisions replaces in turn, also where it has no file any more.
    fn replaces_of(&self, place: u32, id: &str) -> Vec<&str> {
        let mut ids = Vec::new();
        if let Some(own) = self.set.place(id) {
            for one in &*self.set.at(own).replaces {
                ids.push(&*one.id);
            }
            return ids;
        }
        // What it replaces stands right before it; that it replaces anything, its row says.
        let row = self.rows.iter().find(|row| row.revision == id);
        if !row.is_some_and(|row| row.downgrade.starts_with("-- replaces: ")) {
            return ids;
        }
        for one in &*self.set.at(place).replaces {
            if one.id == id {
                return ids;
            }
            if one.direct { ids.clear() } else { ids.push(&one.id) }
        }
        Vec::new()
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
        self.reversible(place)?;
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
        let mut above = plan.steps.split_off(at);
        plan.steps.append(&mut own.steps);
        plan.steps.append(&mut above);
        Ok(taken_back)
    }

    /// Takes back what a revision replaces and the database has, or only what is wanted of it.
    pub(super) fn take_back_replaced(
        &self,
        place: u32,
        wanted: Option<&Ids>,
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
                    self.reversible(own)?;
                    plan.steps.push(Step::of(Direction::Downgrade, own));
                }
                None if recorded => {
                    plan.steps.push(Step::erasing(&one.id));
                }
                None if stored => {
                    let mut ids = Ids::default();
                    ids.insert(&one.id);
                    self.take_back_stored(plan, &ids, None)?;
                }
                None => {
                    if let Some(unknown) = self.unknown(&one.id) {
                        pruned.push(unknown);
                    }
                }
            }
        }
        if pruned.is_empty() {
            return Ok(());
        }
        let by = Named::of(self.set, self.set.at(place));
        Err(ErrorKind::Pruned { by, rows: pruned })
    }

    fn unknown(&self, id: &str) -> Option<Unknown> {
        let row = self.rows.iter().find(|row| row.revision == id)?;
        Some(Unknown {
            revision: row.revision.clone(),
            message: row.message.clone(),
            application: row.application.clone(),
        })
    }

    /// Returns the rows of what a revision replaces, the last first.
    pub(super) fn replaced_rows(&self, place: u32) -> Vec<StepSource> {
        let mut rows = Vec::new();
        for one in self.set.at(place).replaces.iter().rev() {
            if self.has_row(&one.id) {
                rows.push(match self.set.place(&one.id) {
                    Some(own) => StepSource::Set(own),
                    None => StepSource::Row(one.id.to_string()),
                });
            }
        }
        rows
    }

    /// Returns what a stamp adds: also the replacers that it speaks of and that have no row of their own yet. Where it says
    /// that all of what one replaces is there, the rows of a part of that would say otherwise: they are removed.
    pub(super) fn stamped_replacers(
        &self,
        walk: &Walk<'_>,
        targets: &[Target],
        mut added: Vec<u32>,
        removed: &mut Vec<StepSource>,
    ) -> Result<Vec<u32>, ErrorKind> {
        let mut ends = Vec::new();
        for target in targets {
            ends.extend(walk.named(target)?);
        }
        let said = walk.graph().ancestors(&ends);
        for place in (0..said.len() as u32).filter(|place| said[*place as usize]) {
            match self.has(place) {
                Has::Nothing => continue,
                Has::Part => removed.extend(self.replaced_rows(place)),
                Has::All => {}
            }
            if self.contents.known[place as usize].is_none() {
                added.push(place);
            }
        }
        let mut members = vec![false; said.len()];
        added.iter().for_each(|place| members[*place as usize] = true);
        Ok(walk.oldest_first(&members))
    }
}

impl Step {
    /// Makes a step that removes the row of a revision that was recorded and has no file any more.
    fn erasing(id: &str) -> Self {
        let (direction, source) = (Direction::Downgrade, StepSource::Row(id.to_owned()));
        let adopted = false;
        Self { direction, source, resume: None, stamp: true, replacing: true, adopted }
    }

    /// Returns the place of the set's revision.
    pub(crate) fn place(&self) -> Option<u32> {
        match self.source {
            StepSource::Set(place) => Some(place),
            StepSource::Stored(_) | StepSource::Row(_) => None,
        }
    }
}
