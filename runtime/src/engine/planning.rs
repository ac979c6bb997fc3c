//! When the engine plans, and when it plans again because others were at work.

use std::time::Duration;

use revchain_core::Target;
use revchain_core::checksum::Direction;

use super::program::Operation;
use super::{Engine, Goal};
use crate::error::ErrorKind;
use crate::plan::{Plan, Planner, Request, StepSource};

impl Engine<'_> {
    /// Plans, and turns the plan into a program.
    pub(super) fn consider(&mut self) {
        let request = match &self.goal {
            Goal::Look => return,
            Goal::Plan(request) | Goal::Run(request) => request.clone(),
        };
        match self.planner().plan(&request) {
            Err(error) => self.stop(error),
            Ok(plan) => {
                self.plan = plan;
                (self.recorded, self.settled) = (0, 0);
                if let Goal::Run(request) = &self.goal {
                    match (request, self.resolvable()) {
                        (Request::Resolve { revision, .. }, None) => {
                            let revision = revision.clone();
                            self.stop(ErrorKind::NotHalfDone(revision));
                        }
                        _ => self.compile_plan(),
                    }
                }
            }
        }
    }

    /// Plans again under the lock; where others have done something since, the run begins anew with what is left.
    pub(super) fn confirm(&mut self) {
        let Goal::Run(request) = self.goal.clone() else { return };
        if matches!(request, Request::Resolve { .. }) {
            if self.resolvable().is_none() {
                self.consider();
            }
            return;
        }
        let fresh =
            if is_relative(&request) { self.still_to_do() } else { self.planner().plan(&request) };
        match fresh {
            Err(error) => self.stop(error),
            Ok(fresh)
                if fresh.steps[..] == self.plan.steps[self.recorded..]
                    && fresh.corrections == self.plan.corrections => {}
            Ok(fresh) => {
                self.plan = fresh;
                (self.recorded, self.settled) = (0, 0);
                self.version = None;
                self.compile_plan();
                self.prepend(&[Operation::Rollback, Operation::RestorePragmas]);
            }
        }
    }

    /// Puts the plan's program in place, if all of it can be done here.
    fn compile_plan(&mut self) {
        match self.check_functions() {
            Ok(()) => self.program = self.compile(),
            Err(error) => self.stop(error),
        }
    }

    /// Plans what is left, after a rollback under the run lock.
    pub(super) fn replan(&mut self) {
        let Goal::Run(request) = self.goal.clone() else { return };
        self.recorded = self.settled;
        let fresh =
            if is_relative(&request) { self.still_to_do() } else { self.planner().plan(&request) };
        match fresh {
            Err(error) => self.stop(error),
            Ok(fresh) => {
                self.plan = fresh;
                (self.recorded, self.settled) = (0, 0);
                self.compile_plan();
            }
        }
    }

    /// What a number of steps meant when it was said does not move while others work.
    pub(super) fn still_to_do(&self) -> Result<Plan, ErrorKind> {
        let mut applied: Vec<bool> = self.contents.known.iter().map(Option::is_some).collect();
        let mut steps = Vec::new();
        for step in &self.plan.steps[self.recorded..] {
            let upgrade = step.direction == Direction::Upgrade;
            let place = match &step.source {
                StepSource::Set(place) => Some(*place as usize),
                StepSource::Stored(stored) => {
                    if !self.rows.contains(&stored.row) {
                        continue;
                    }
                    self.set.place(&stored.row.revision).map(|place| place as usize)
                }
                StepSource::Row(_) => None,
            };
            if let Some(place) = place {
                if step.resume.is_none() && applied[place] == upgrade {
                    continue;
                }
                let revision = self.set.at(place as u32);
                let mut needs = revision.parents.iter().chain(&*revision.dependencies);
                if upgrade && !needs.all(|need| applied[*need as usize]) {
                    let (waited, doing) = (Duration::ZERO, "and the revisions below are gone");
                    return Err(ErrorKind::Busy { waited, doing, source: None });
                }
                applied[place] = upgrade;
            }
            steps.push(step.clone());
        }
        Ok(Plan { steps, corrections: self.plan.corrections.clone() })
    }

    pub(super) fn planner(&self) -> Planner<'_> {
        Planner {
            set: self.set,
            dialect: self.dialect,
            contents: &self.contents,
            rows: &self.rows,
            ahead_allowed: self.options.ahead_allowed,
            functions: self.functions.all,
            adopt: self.options.adopt.map(|history| (history, &self.old)),
        }
    }
}

/// Tells whether a request counts from where the database is.
fn is_relative(request: &Request) -> bool {
    let target = match request {
        Request::Upgrade(target) | Request::Downgrade { target, .. } => Some(target),
        Request::Amend(_) => return true,
        Request::Stamp { .. }
        | Request::Resolve { .. }
        | Request::Adopt
        | Request::EnsureLedger => None,
    };
    target.is_some_and(Target::is_relative)
}
