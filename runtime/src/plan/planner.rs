//! Makes plans: what is applied is compared with the set, and a target becomes steps.

use revchain_core::checksum::Direction;
use revchain_core::graph::{Graph, Members};
use revchain_core::set::{Part, Set};
use revchain_core::target::{self, TargetError};
use revchain_core::{Dialect, Target};

use super::{Plan, Request, Step};
use crate::error::{ErrorKind, LedgerDifference, Named};
use crate::ledger::{Applied, Contents, DowngradeMatch, Known, State};

/// Makes plans for one database of one set.
pub(crate) struct Planner<'p> {
    pub(crate) set: &'p Set,
    pub(crate) dialect: Dialect,
    pub(crate) contents: &'p Contents,
    /// The rows, whole, where the request needs them.
    pub(crate) rows: &'p [Applied],
    pub(crate) ahead_allowed: bool,
}

impl Planner<'_> {
    /// Returns the steps that answer a request.
    pub(crate) fn plan(&self, request: &Request) -> Result<Plan, ErrorKind> {
        let amended = match request {
            Request::Amend(amend) => self.find_all(&amend.revisions)?,
            _ => Vec::new(),
        };
        self.compare(&amended, request)?;
        let mut plan = match request {
            Request::Upgrade(target) => self.upgrade(target)?,
            Request::Downgrade { target, stored } => self.downgrade(target, *stored)?,
            Request::Stamp(target) => self.stamp(target)?,
            Request::Amend(amend) => self.amend(amend)?,
            Request::Resolve { .. } => Plan::default(),
        };
        match request {
            Request::Resolve { .. } => {}
            Request::Stamp(_) => self.nothing_begun()?,
            _ => self.resume(&mut plan)?,
        }
        if plan.steps.iter().all(|step| step.stamp || step.direction == Direction::Upgrade) {
            plan.corrections = self.corrections();
        }
        Ok(plan)
    }

    /// Compares the ledger's checksums with the set's, on every run.
    pub(super) fn compare(&self, amended: &[u32], request: &Request) -> Result<(), ErrorKind> {
        if !self.contents.malformed.is_empty() {
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
                differences.push(LedgerDifference::of(self.set, revision, direction));
            }
        }
        let stamping = matches!(request, Request::Stamp(_) | Request::Resolve { .. });
        if differences.is_empty() || stamping {
            Ok(())
        } else {
            Err(ErrorKind::Edited(differences))
        }
    }

    pub(super) fn corrections(&self) -> Vec<u32> {
        let corrected = |place: &u32| {
            let known = self.contents.known[*place as usize];
            known.is_some_and(|known| {
                known.state == State::Applied && known.downgrade == DowngradeMatch::Former
            })
        };
        (0..self.contents.known.len() as u32).filter(corrected).collect()
    }

    /// Refuses to write over what is half done.
    pub(super) fn nothing_begun(&self) -> Result<(), ErrorKind> {
        let places = self.set.revisions.all().iter().zip(&self.contents.known);
        let begun: Vec<Named> = places
            .filter(|(_, known)| known.is_some_and(|known| known.state != State::Applied))
            .map(|(revision, _)| Named::of(self.set, revision))
            .collect();
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
        plan.steps.splice(0..0, begun);
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
        let stays =
            |known: &Option<Known>| known.is_some_and(|known| known.state != State::Downgrading);
        let applied: Members = self.contents.chain().iter().map(stays).collect();
        let graph = || Graph::of(self.set);
        let wanted: Members = match target {
            Target::Base => vec![false; applied.len()],
            Target::Heads => vec![true; applied.len()],
            Target::Head => {
                // The usual start: one head, everything applied. No graph is made for it.
                if applied.iter().all(|applied| *applied) {
                    applied.clone()
                } else {
                    let graph = graph();
                    graph.ancestors(&[self.one_head(&graph)?])
                }
            }
            Target::Revision(name) => graph().ancestors(&[target::find(self.set, name)?]),
            Target::Up(steps) => {
                let graph = graph();
                graph.ancestors(&[self.walk_up(&graph, &self.standing(), *steps)?])
            }
            Target::Down(_) => return Err(TargetError::WrongWay(target.clone()).into()),
        };
        let mut plan = Plan::default();
        for place in 0..applied.len() {
            if wanted[place] && !applied[place] {
                self.part(place)?;
                plan.steps.push(Step::of(Direction::Upgrade, place as u32));
            }
        }
        self.record_replacers(&mut plan, matches!(target, Target::Up(_)))?;
        Ok(plan)
    }

    pub(super) fn one_head(&self, graph: &Graph) -> Result<u32, ErrorKind> {
        match graph.heads()[..] {
            [] => Err(TargetError::NoRevision.into()),
            [head] => Ok(head),
            ref heads => Err(TargetError::SeveralHeads(self.ids(heads)).into()),
        }
    }

    /// Follows the one way up, merges included; what a merge needs besides is applied with it.
    pub(super) fn walk_up(
        &self,
        graph: &Graph,
        applied: &Members,
        steps: u32,
    ) -> Result<u32, ErrorKind> {
        let target = Target::Up(steps);
        let several = |places: &[u32]| TargetError::SeveralWays {
            target: target.clone(),
            ids: self.ids(places),
        };
        let heads = graph.heads_among(applied);
        let mut here = match heads[..] {
            [] => None,
            [head] => Some(head),
            ref heads => return Err(several(heads).into()),
        };
        for available in 0..steps {
            let next = match here {
                None => graph.bases(),
                Some(place) => graph.children(place).to_vec(),
            };
            here = match next[..] {
                [next] => Some(next),
                [] => return Err(TargetError::TooFar { target, available }.into()),
                ref ways => return Err(several(ways).into()),
            };
        }
        here.ok_or_else(|| TargetError::NoRevision.into())
    }

    pub(super) fn stamp(&self, target: &Target) -> Result<Plan, ErrorKind> {
        let graph = Graph::of(self.set);
        let applied = self.contents.applied();
        let mut spoken = vec![true; applied.len()];
        let wanted: Members = match target {
            Target::Base => vec![false; applied.len()],
            Target::Heads => vec![true; applied.len()],
            Target::Head => graph.ancestors(&[self.one_head(&graph)?]),
            Target::Revision(name) => {
                let place = target::find(self.set, name)?;
                let (below, above) = (graph.ancestors(&[place]), graph.descendants(&[place]));
                spoken = (0..applied.len()).map(|at| below[at] || above[at]).collect();
                (0..applied.len()).map(|at| below[at] || (applied[at] && !above[at])).collect()
            }
            Target::Up(_) | Target::Down(_) => {
                return Err(ErrorKind::RelativeStamp(target.clone()));
            }
        };
        let stamp =
            |direction, place: usize| Step { stamp: true, ..Step::of(direction, place as u32) };
        let places = || 0..applied.len();
        let gone = places().rev().filter(|place| applied[*place] && !wanted[*place]);
        let mut steps: Vec<Step> = gone.map(|place| stamp(Direction::Downgrade, place)).collect();
        for place in places().filter(|place| wanted[*place] && !applied[*place]) {
            self.part(place)?;
            steps.push(stamp(Direction::Upgrade, place));
        }
        let mut plan = Plan { steps, corrections: Vec::new() };
        self.stamp_replaced(&mut plan, &wanted, &spoken)?;
        Ok(plan)
    }

    pub(super) fn find_all(&self, names: &[String]) -> Result<Vec<u32>, ErrorKind> {
        let places = names.iter().map(|name| target::find(self.set, name));
        Ok(places.collect::<Result<_, _>>()?)
    }

    pub(super) fn part(&self, place: usize) -> Result<&Part, ErrorKind> {
        let revision = self.set.at(place as u32);
        revision.part(self.dialect).ok_or_else(|| ErrorKind::MissingDialect {
            revision: revision.id.to_string(),
            dialect: self.dialect,
        })
    }

    pub(super) fn ahead(&self) -> ErrorKind {
        let details = |id: &String| {
            let row = self.rows.iter().find(|row| row.revision == *id);
            crate::error::Unknown {
                revision: id.clone(),
                message: row.map(|row| row.message.clone()).unwrap_or_default(),
                application: row.map(|row| row.application.clone()).unwrap_or_default(),
            }
        };
        ErrorKind::Ahead(self.contents.unknown.iter().map(details).collect())
    }

    pub(super) fn ids(&self, places: &[u32]) -> Vec<String> {
        places.iter().map(|place| self.set.revisions[*place as usize].id.to_string()).collect()
    }
}
