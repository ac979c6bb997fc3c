//! Makes plans: what is applied is compared with the set, and a target becomes steps.

use revchain_core::checksum::Direction;
use revchain_core::graph::Members;
use revchain_core::set::{Part, Set};
use revchain_core::walk::find;
use revchain_core::{Dialect, Target, Walk};

use super::taking_back::is_for_unknown;
use super::{Plan, Request, Step, StepSource};
use crate::adoption::{History, HistoryMisfit, Old, adopted};
use crate::error::{ErrorKind, LedgerDifference, Named};
use crate::function::Function;
use crate::ledger::{Applied, Contents, DowngradeMatch, State};

/// Makes plans for one database of one set.
pub(crate) struct Planner<'p> {
    pub(crate) set: &'p Set,
    pub(crate) dialect: Dialect,
    pub(crate) contents: &'p Contents,
    /// The rows, whole, where the request needs them.
    pub(crate) rows: &'p [Applied],
    pub(crate) ahead_allowed: bool,
    /// The functions of revisions written in Rust.
    pub(crate) functions: &'p [Function],
    /// Whose history is adopted, and what its table says, where the ledger has no row.
    pub(crate) adopt: Option<(History, &'p Old)>,
}

impl Planner<'_> {
    /// Returns the steps that answer a request.
    pub(crate) fn plan(&self, request: &Request) -> Result<Plan, ErrorKind> {
        let amended = match request {
            Request::Amend(amend) => self.amended(amend)?,
            _ => Vec::new(),
        };
        self.compare(&amended, request)?;
        let mut plan = match request {
            Request::Upgrade(target) => self.upgrade_behind(&self.adopted(false)?, target)?,
            Request::Adopt => Plan { steps: adopting(&self.adopted(true)?), ..Plan::default() },
            Request::Downgrade { target, stored } => self.downgrade(target, *stored)?,
            Request::Stamp { targets, purge: false } => self.stamp(targets)?,
            Request::Stamp { targets, purge: true } => self.purge(targets)?,
            Request::Amend(amend) => self.amend(amend)?,
            Request::Resolve { .. } | Request::EnsureLedger => Plan::default(),
        };
        match request {
            Request::Resolve { .. }
            | Request::EnsureLedger
            | Request::Stamp { purge: true, .. } => {}
            Request::Stamp { .. } => self.nothing_begun()?,
            _ => self.resume(&mut plan)?,
        }
        if plan.steps.iter().all(|step| step.stamp || step.direction == Direction::Upgrade) {
            plan.corrections = self.corrections();
        }
        Ok(plan)
    }

    /// Compares the ledger's checksums with the set's, on every run.
    pub(super) fn compare(&self, amended: &[u32], request: &Request) -> Result<(), ErrorKind> {
        let purging = matches!(request, Request::Stamp { purge: true, .. });
        if !self.contents.malformed.is_empty() && !purging {
            return Err(ErrorKind::MalformedLedger(self.contents.malformed.clone()));
        }
        if self.contents.is_current {
            return Ok(());
        }
        let mut differences = Vec::new();
        let rows = self.set.revisions.all().iter().zip(&self.contents.known);
        for (place, (revision, known)) in rows.enumerate() {
            let Some(known) = known else { continue };
            // What was begun and is not finished may be edited behind the statements that are done: `resume` looks.
            if known.state != State::Applied || amended.contains(&(place as u32)) {
                continue;
            }
            let upgrade = (!known.upgrade_matches).then_some(Direction::Upgrade);
            let other = known.downgrade == DowngradeMatch::Other;
            let downgrade = other.then_some(Direction::Downgrade);
            if let Some(direction) = upgrade.or(downgrade) {
                let row = self.rows.iter().find(|row| row.revision == revision.id);
                differences.push(LedgerDifference::of(self.set, revision, direction, row));
            }
        }
        let stamping = matches!(
            request,
            Request::Stamp { .. } | Request::Resolve { .. } | Request::EnsureLedger
        );
        if differences.is_empty() || stamping || self.spares_known(request) {
            Ok(())
        } else {
            Err(ErrorKind::Edited(differences))
        }
    }

    /// Tells whether a request takes back only what the ledger alone knows, and nothing of the set stands on that: the
    /// stored downgrades are all that counts then.
    fn spares_known(&self, request: &Request) -> bool {
        let Request::Downgrade { target, stored } = request else { return false };
        if !is_for_unknown(target, *stored) {
            return false;
        }
        let is_unknown = |id: &String| self.contents.unknown.contains(id);
        for row in self.rows {
            if !is_unknown(&row.revision) && row.needs().any(is_unknown) {
                return false;
            }
        }
        true
    }

    pub(super) fn corrections(&self) -> Vec<u32> {
        let corrected = |place: u32| {
            let known = self.contents.known[place as usize];
            known.is_some_and(|known| {
                known.state == State::Applied && known.downgrade == DowngradeMatch::Former
            })
        };
        let mut places = Vec::new();
        for place in 0..self.contents.known.len() as u32 {
            if corrected(place) {
                places.push(place);
            }
        }
        places
    }

    /// Refuses to write over what is half done.
    pub(super) fn nothing_begun(&self) -> Result<(), ErrorKind> {
        let mut begun = Vec::new();
        for (place, known) in self.contents.known.iter().enumerate() {
            if known.is_some_and(|known| known.state != State::Applied) {
                begun.push(Named::of(self.set, self.set.at(place as u32)));
            }
        }
        if begun.is_empty() { Ok(()) } else { Err(ErrorKind::HalfDone(begun)) }
    }

    /// Puts what an earlier run has begun before everything else.
    pub(super) fn resume(&self, plan: &mut Plan) -> Result<(), ErrorKind> {
        let mut begun = Vec::new();
        for (place, known) in self.contents.known.iter().enumerate() {
            let Some(direction) = known.and_then(|known| known.state.begun()) else { continue };
            let id = &*self.set.at(place as u32).id;
            let goes_on = |planned: &Step| planned.resume.is_some() && planned.id(self.set) == id;
            if plan.steps.iter().any(goes_on) {
                // A stored downgrade that goes on where it stopped.
                continue;
            }
            let mut step = Step::of(direction, place as u32);
            let row = self.rows.iter().find(|row| row.revision == id);
            step.resume = Some(row.map_or(0, Applied::done));
            self.unchanged(&step, place)?;
            plan.steps.retain(|planned| {
                (planned.direction, &planned.source) != (direction, &step.source)
            });
            begun.push(step);
        }
        begun.append(&mut plan.steps);
        plan.steps = begun;
        Ok(())
    }

    /// Refuses to go on behind statements that are done and were changed since.
    pub(super) fn unchanged(&self, step: &Step, place: usize) -> Result<(), ErrorKind> {
        let revision = self.set.at(place as u32);
        let Some(row) = self.rows.iter().find(|row| row.revision == revision.id) else {
            return Ok(());
        };
        let now = crate::engine::hashes(step, self.set, self.dialect);
        let begun = row.statements.split_ascii_whitespace();
        let done = row.done() as usize;
        for (index, hash) in begun.take(done).enumerate() {
            if now.get(index).is_none_or(|now| now.to_string() != hash) {
                let revision = Named::of(self.set, revision);
                return Err(ErrorKind::ChangedSinceBegun { revision, statement: index + 1 });
            }
        }
        Ok(())
    }

    /// Returns the places that another tool's table says are applied; none where the ledger has rows, and, unless that is
    /// `wanted`, where it had some before or there is no such table.
    fn adopted(&self, wanted: bool) -> Result<Vec<u32>, ErrorKind> {
        let Some((history, old)) = self.adopt.filter(|_| self.contents.is_empty()) else {
            return Ok(Vec::new());
        };
        if !wanted && !old.holds() {
            return Ok(Vec::new());
        }
        let places = adopted(history, self.set, old).map_err(|faults| {
            let table = history.table().to_owned();
            ErrorKind::History(Box::new(HistoryMisfit { history, table, faults }))
        })?;
        for place in &places {
            self.part(*place)?;
        }
        Ok(places)
    }

    /// Upgrades behind what is adopted.
    fn upgrade_behind(&self, adopted: &[u32], target: &Target) -> Result<Plan, ErrorKind> {
        if adopted.is_empty() {
            return self.upgrade(target);
        }
        let contents = self.contents.with_applied(adopted);
        let behind = Planner { contents: &contents, adopt: None, ..*self };
        let mut plan = behind.upgrade(target)?;
        plan.steps.splice(0..0, adopting(adopted));
        Ok(plan)
    }

    pub(super) fn upgrade(&self, target: &Target) -> Result<Plan, ErrorKind> {
        let plan = match self.replaced_target(target)? {
            Some(replaced) => self.upgrade_replaced(&replaced)?,
            None => self.upgrade_chain(target)?,
        };
        if !self.contents.unknown.is_empty() && (!plan.steps.is_empty() || !self.ahead_allowed) {
            return Err(self.ahead());
        }
        Ok(plan)
    }

    fn upgrade_chain(&self, target: &Target) -> Result<Plan, ErrorKind> {
        // A downgrade that was begun is finished first, and its revision is missing then.
        let mut applied: Members = Vec::with_capacity(self.contents.chain().len());
        for known in self.contents.chain() {
            applied.push(known.is_some_and(|known| known.state != State::Downgrading));
        }
        let mut plan = Plan::default();
        // The usual start has nothing to do: no graph is made for it.
        let nothing = match target {
            Target::Head => !applied.contains(&false) && self.set.heads.len() <= 1,
            Target::Heads => !applied.contains(&false),
            _ => false,
        };
        if !nothing {
            // Steps are counted over what runs; what is only to be recorded is no step.
            let counted = target.is_relative();
            if counted {
                let standing = self.standing();
                for (applied, stands) in applied.iter_mut().zip(standing) {
                    *applied |= stands;
                }
            }
            let walk = Walk::new(self.set, applied);
            for place in walk.upgrade(std::slice::from_ref(target))? {
                self.part(place)?;
                plan.steps.push(Step::of(Direction::Upgrade, place));
            }
            self.record_replacers(&mut plan, counted.then_some(&walk))?;
        }
        Ok(plan)
    }

    pub(super) fn stamp(&self, targets: &[Target]) -> Result<Plan, ErrorKind> {
        if !self.contents.unknown.is_empty() && !self.ahead_allowed {
            return Err(self.ahead());
        }
        let walk = Walk::new(self.set, self.standing());
        let stamped = walk.stamp(targets)?;
        let mut removed = Vec::new();
        for place in stamped.removed {
            let has_row = self.contents.known[place as usize].is_some();
            if has_row {
                removed.push(StepSource::Set(place));
            }
            removed.extend(self.replaced_rows(place));
        }
        let added = self.stamped_replacers(&walk, targets, stamped.added, &mut removed)?;
        let mut steps = Vec::with_capacity(removed.len() + added.len());
        for row in removed {
            steps.push(unstamp(row));
        }
        self.stamped(steps, added)
    }

    /// Erases every row of the set before it records.
    pub(super) fn purge(&self, targets: &[Target]) -> Result<Plan, ErrorKind> {
        let contents = self.contents;
        let applied = contents.applied();
        let walk = Walk::new(self.set, vec![false; applied.len()]);
        let mut removed = Vec::new();
        for foreign in [&contents.unknown, &contents.malformed] {
            for id in foreign {
                removed.push(unstamp(StepSource::Row(id.clone())));
            }
        }
        for place in walk.newest_first(&applied) {
            removed.push(unstamp(StepSource::Set(place)));
        }
        for replacer in (0..applied.len() as u32).rev() {
            for row in self.replaced_rows(replacer) {
                removed.push(unstamp(row));
            }
        }
        self.stamped(removed, walk.stamp(targets)?.added)
    }

    fn stamped(&self, mut steps: Vec<Step>, added: Vec<u32>) -> Result<Plan, ErrorKind> {
        for place in added {
            self.part(place)?;
            steps.push(Step { stamp: true, ..Step::of(Direction::Upgrade, place) });
        }
        Ok(Plan { steps, corrections: Vec::new() })
    }

    pub(super) fn find_all(&self, names: &[String]) -> Result<Vec<u32>, ErrorKind> {
        let mut places = Vec::with_capacity(names.len());
        for name in names {
            places.push(find(self.set, name)?);
        }
        Ok(places)
    }

    pub(super) fn part(&self, place: u32) -> Result<&Part, ErrorKind> {
        let revision = self.set.at(place);
        revision.part(self.dialect).ok_or_else(|| ErrorKind::MissingDialect {
            revision: revision.id.to_string(),
            dialect: self.dialect,
        })
    }

    pub(super) fn ahead(&self) -> ErrorKind {
        self.ahead_by(&self.contents.unknown)
    }

    /// Says which of the unknown revisions are in the way.
    pub(super) fn ahead_by(&self, unknown: &[String]) -> ErrorKind {
        let mut ahead = Vec::with_capacity(unknown.len());
        for id in unknown {
            let row = self.rows.iter().find(|row| row.revision == *id);
            ahead.push(crate::error::Unknown {
                revision: id.clone(),
                message: row.map(|row| row.message.clone()).unwrap_or_default(),
                application: row.map(|row| row.application.clone()).unwrap_or_default(),
            });
        }
        ErrorKind::Ahead(ahead)
    }
}

fn adopting(places: &[u32]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(places.len());
    for place in places {
        steps.push(Step::adopting(*place));
    }
    steps
}

fn unstamp(source: StepSource) -> Step {
    let direction = Direction::Downgrade;
    Step { direction, source, resume: None, stamp: true, replacing: false, adopted: false }
}
