//! The plan: which steps take a database from what is applied to a target.

use std::collections::{HashMap, HashSet};

use revchain_core::check::stored::StoredDowngrade;
use revchain_core::checksum::Direction;
use revchain_core::graph::{Graph, Members};
use revchain_core::set::{Downgrade, Options, Part, Revision, Section, Set};
use revchain_core::target::{self, TargetError};
use revchain_core::{Checksum, Dialect, Target};

use crate::error::{ErrorKind, LedgerDifference, Named};
use crate::ledger::{Applied, Contents, DowngradeMatch, Known, State};

/// Ordered steps, and what else the ledger needs.
///
/// What is executed, what a dry run shows and what `--sql` writes are this same plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Places of revisions whose stored downgrade was corrected since.
    pub corrections: Vec<u32>,
}

/// One revision, one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whether the revision is applied or taken back.
    pub direction: Direction,
    /// Where the statements come from.
    pub source: Source,
    /// The number of statements that an earlier run has done, where this run resumes it.
    pub resume: Option<u32>,
    /// Whether the ledger alone changes, as `stamp` does.
    pub stamp: bool,
}

/// Where the statements of a step come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The set's revision at this place.
    Set(u32),
    /// The downgrade that the database stored, of a revision that the set has otherwise or not at all.
    Stored(Box<StoredStep>),
}

/// A downgrade that a database stored, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredStep {
    /// The ledger's row.
    pub row: Applied,
    /// The downgrade, as core read it.
    pub downgrade: StoredDowngrade,
}

impl Plan {
    /// Tells whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.corrections.is_empty()
    }
}

impl Step {
    pub(crate) fn of(direction: Direction, place: u32) -> Self {
        Self { direction, source: Source::Set(place), resume: None, stamp: false }
    }

    /// Returns the id of the step's revision.
    #[must_use]
    pub fn id<'p>(&'p self, set: &'p Set) -> &'p str {
        match &self.source {
            Source::Set(place) => &set.revisions[*place as usize].id,
            Source::Stored(stored) => &stored.row.revision,
        }
    }

    /// Returns the message of the step's revision.
    #[must_use]
    pub fn message<'p>(&'p self, set: &'p Set) -> &'p str {
        match &self.source {
            Source::Set(place) => &set.revisions[*place as usize].message,
            Source::Stored(stored) => &stored.row.message,
        }
    }

    /// Returns the revision of the set, where the step is one of the set's.
    #[must_use]
    pub fn revision<'s>(&self, set: &'s Set) -> Option<&'s Revision> {
        match &self.source {
            Source::Set(place) => Some(&set.revisions[*place as usize]),
            Source::Stored(_) => None,
        }
    }

    /// Returns the text and the section that the step runs; none for `stamp`.
    #[must_use]
    pub fn section<'p>(&'p self, set: &'p Set, dialect: Dialect) -> Option<(&'p str, &'p Section)> {
        if self.stamp {
            return None;
        }
        match &self.source {
            Source::Stored(stored) => {
                Some((&stored.downgrade.text, stored.downgrade.section.as_ref()?))
            }
            Source::Set(place) => {
                let revision = &set.revisions[*place as usize];
                let part = revision.part(dialect)?;
                let section = match (self.direction, &part.downgrade) {
                    (Direction::Upgrade, _) => &part.upgrade,
                    (Direction::Downgrade, Downgrade::Section(section)) => section,
                    (Direction::Downgrade, Downgrade::Irreversible(_)) => return None,
                };
                Some((&revision.text, section))
            }
        }
    }

    /// Returns the statements of the step, in order.
    #[must_use]
    pub fn statements<'p>(&'p self, set: &'p Set, dialect: Dialect) -> Vec<&'p str> {
        let section = self.section(set, dialect);
        let all = |(text, section): (&'p str, &'p Section)| {
            section.statements.iter().map(|span| span.of(text)).collect()
        };
        section.map(all).unwrap_or_default()
    }

    /// Returns the options of the step's section.
    #[must_use]
    pub fn options(&self, set: &Set, dialect: Dialect) -> Options {
        self.section(set, dialect).map_or(Options::DEFAULT, |(_, section)| section.options)
    }
}

/// What is asked of a database.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Upgrade(Target),
    Downgrade { target: Target, stored: bool },
    Stamp(Target),
    Amend(Amend),
    Resolve { revision: String, applied: bool },
}

/// What `amend` takes back and applies again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Amend {
    /// The ids that were edited.
    pub(crate) revisions: Vec<String>,
    /// The sealed checksums of their downgrades; a stored one must have it to run.
    pub(crate) sealed: HashMap<String, Checksum>,
    /// Ids whose rows are to be taken back by the file's downgrade, not the stored one.
    pub(crate) from_file: bool,
}

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
    fn compare(&self, amended: &[u32], request: &Request) -> Result<(), ErrorKind> {
        if !self.contents.malformed.is_empty() {
            return Err(ErrorKind::MalformedLedger(self.contents.malformed.clone()));
        }
        let mut differences = Vec::new();
        let rows = self.set.revisions.iter().zip(&self.contents.known);
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

    fn corrections(&self) -> Vec<u32> {
        let corrected = |place: &u32| {
            let known = self.contents.known[*place as usize];
            known.is_some_and(|known| {
                known.state == State::Applied && known.downgrade == DowngradeMatch::Former
            })
        };
        (0..self.set.revisions.len() as u32).filter(corrected).collect()
    }

    /// Refuses to write over what is half done.
    fn nothing_begun(&self) -> Result<(), ErrorKind> {
        let places = self.set.revisions.iter().zip(&self.contents.known);
        let begun: Vec<Named> = places
            .filter(|(_, known)| known.is_some_and(|known| known.state != State::Applied))
            .map(|(revision, _)| Named::of(self.set, revision))
            .collect();
        if begun.is_empty() { Ok(()) } else { Err(ErrorKind::HalfDone(begun)) }
    }

    /// Puts what an earlier run has begun before everything else.
    fn resume(&self, plan: &mut Plan) -> Result<(), ErrorKind> {
        let mut begun = Vec::new();
        for (place, known) in self.contents.known.iter().enumerate() {
            let Some((known, direction)) =
                known.and_then(|known| Some((known, known.state.begun()?)))
            else {
                continue;
            };
            let id = &*self.set.revisions[place].id;
            let goes_on = |planned: &Step| planned.resume.is_some() && planned.id(self.set) == id;
            if plan.steps.iter().any(goes_on) {
                // A stored downgrade that goes on where it stopped.
                continue;
            }
            let mut step = Step::of(direction, place as u32);
            step.resume = Some(known.statements_done);
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
    fn unchanged(&self, step: &Step, place: usize) -> Result<(), ErrorKind> {
        let revision = &self.set.revisions[place];
        let Some(row) = self.rows.iter().find(|row| row.revision == revision.id) else {
            return Ok(());
        };
        let now = crate::engine::hashes(step, self.set, self.dialect);
        let begun = row.statements.split_ascii_whitespace();
        let done = usize::try_from(row.statements_done).unwrap_or(0);
        for (index, hash) in begun.take(done).enumerate() {
            if now.get(index).is_none_or(|now| now.to_string() != hash) {
                let revision = Named::of(self.set, revision);
                return Err(ErrorKind::ChangedSinceBegun { revision, statement: index + 1 });
            }
        }
        Ok(())
    }

    fn upgrade(&self, target: &Target) -> Result<Plan, ErrorKind> {
        // A downgrade that was begun is finished first, and its revision is missing then.
        let stays =
            |known: &Option<Known>| known.is_some_and(|known| known.state != State::Downgrading);
        let applied: Members = self.contents.known.iter().map(stays).collect();
        let pending = |plan: &Plan| !plan.steps.is_empty();
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
                graph.ancestors(&[self.walk_up(&graph, &applied, *steps)?])
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
        if !self.contents.unknown.is_empty() && (pending(&plan) || !self.ahead_allowed) {
            return Err(self.ahead());
        }
        Ok(plan)
    }

    fn one_head(&self, graph: &Graph) -> Result<u32, ErrorKind> {
        match graph.heads()[..] {
            [] => Err(TargetError::NoRevision.into()),
            [head] => Ok(head),
            ref heads => Err(TargetError::SeveralHeads(self.ids(heads)).into()),
        }
    }

    /// Follows the one way up, merges included; what a merge needs besides is applied with it.
    fn walk_up(&self, graph: &Graph, applied: &Members, steps: u32) -> Result<u32, ErrorKind> {
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

    fn downgrade(&self, target: &Target, stored: bool) -> Result<Plan, ErrorKind> {
        let graph = Graph::of(self.set);
        let applied = self.contents.applied();
        if !self.contents.unknown.is_empty() && !stored {
            return Err(self.ahead());
        }
        let mut plan = Plan::default();
        if stored {
            let unknown: HashSet<&str> = self.contents.unknown.iter().map(String::as_str).collect();
            self.take_back_stored(&mut plan, &unknown, None)?;
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
            self.reversible(place)?;
            plan.steps.push(Step::of(Direction::Downgrade, place as u32));
        }
        Ok(plan)
    }

    /// Takes the last revisions of one line; several applied heads are refused, as one of them would be a guess.
    fn walk_down(
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

    fn stamp(&self, target: &Target) -> Result<Plan, ErrorKind> {
        let graph = Graph::of(self.set);
        let applied = self.contents.applied();
        let wanted: Members = match target {
            Target::Base => vec![false; applied.len()],
            Target::Heads => vec![true; applied.len()],
            Target::Head => graph.ancestors(&[self.one_head(&graph)?]),
            Target::Revision(name) => {
                let place = target::find(self.set, name)?;
                let (below, above) = (graph.ancestors(&[place]), graph.descendants(&[place]));
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
        Ok(Plan { steps, corrections: Vec::new() })
    }

    /// Takes edited revisions and what stands on them back, and applies the files as they are now.
    fn amend(&self, amend: &Amend) -> Result<Plan, ErrorKind> {
        let graph = Graph::of(self.set);
        let applied = self.contents.applied();
        let edited = self.find_all(&amend.revisions)?;
        let above = graph.descendants(&edited);
        let mut plan = Plan::default();
        let removed: Vec<usize> =
            (0..applied.len()).filter(|place| above[*place] && applied[*place]).collect();
        let ids: HashSet<&str> =
            removed.iter().map(|place| &*self.set.revisions[*place].id).collect();
        if amend.from_file {
            for place in removed.iter().rev() {
                self.reversible(*place)?;
                plan.steps.push(Step::of(Direction::Downgrade, *place as u32));
            }
        } else {
            self.take_back_stored(&mut plan, &ids, Some(&amend.sealed))?;
        }
        for place in removed {
            self.part(place)?;
            plan.steps.push(Step::of(Direction::Upgrade, place as u32));
        }
        Ok(plan)
    }

    /// Adds the stored downgrades of rows, in reverse of dependencies and sequence.
    ///
    /// With `sealed`, a stored downgrade must have the hash of the lock; always that of its own row.
    fn take_back_stored(
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
                State::Downgrading => Some(u32::try_from(row.statements_done).unwrap_or(0)),
                State::Upgrading => return Err(ErrorKind::HalfDone(vec![Named::stored(row)])),
            };
            plan.steps.push(Step {
                direction: Direction::Downgrade,
                source: Source::Stored(Box::new(StoredStep { row: row.clone(), downgrade })),
                resume,
                stamp: false,
            });
        }
        Ok(())
    }

    fn find_all(&self, names: &[String]) -> Result<Vec<u32>, ErrorKind> {
        let places = names.iter().map(|name| target::find(self.set, name));
        Ok(places.collect::<Result<_, _>>()?)
    }

    fn part(&self, place: usize) -> Result<&Part, ErrorKind> {
        let revision = &self.set.revisions[place];
        revision.part(self.dialect).ok_or_else(|| ErrorKind::MissingDialect {
            revision: revision.id.to_string(),
            dialect: self.dialect,
        })
    }

    fn reversible(&self, place: usize) -> Result<(), ErrorKind> {
        match &self.part(place)?.downgrade {
            Downgrade::Section(_) => Ok(()),
            Downgrade::Irreversible(reason) => {
                let revision = &self.set.revisions[place];
                Err(ErrorKind::Irreversible {
                    revision: revision.id.to_string(),
                    path: format!("{}/{}", self.set.folder, revision.path),
                    reason: reason.to_string(),
                })
            }
        }
    }

    fn ahead(&self) -> ErrorKind {
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

    fn ids(&self, places: &[u32]) -> Vec<String> {
        places.iter().map(|place| self.set.revisions[*place as usize].id.to_string()).collect()
    }
}
