//! A plan both ways, proved before anybody sees it.

use revchain_core::Dialect;
use revchain_core::set::History;
use revchain_schema::{
    Choices, Difference, Plan, Row, Snapshot, Survivor, plan, samples, survivors,
};

use crate::failure::Failure;
use crate::recipe::Recipe;
use crate::scratch::{Scratch, Stopped, own_tables};
use crate::session::Session;
use crate::side::Side;
use crate::url::DatabaseUrl;

/// The statements that lead from one schema to another, and back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proposal {
    pub(crate) upgrade: Plan,
    pub(crate) downgrade: Plan,
}

/// What a proposal is made of.
pub(crate) struct Question<'q> {
    pub(crate) from: &'q Side,
    pub(crate) to: &'q Side,
    pub(crate) dialect: Dialect,
    pub(crate) history: History,
    /// Where scratch databases are made.
    pub(crate) server: Option<&'q DatabaseUrl>,
    pub(crate) choices: Choices,
}

impl Question<'_> {
    /// Plans both ways, and proves it on a scratch database with rows in every table; where rows are in the way, without.
    ///
    /// # Errors
    ///
    /// A side cannot be made or read, or what was planned cannot be proved: the message names the object.
    pub(crate) fn answer(mut self, session: &mut Session<'_>) -> Result<Proposal, Failure> {
        let (from, to) = self.recipes(session)?;
        self.choices.noted.extend(to.renames(self.dialect)?);
        // Where the rest alone cannot be made or proved, all together says why.
        if let Some((from, to)) = from.without_alike(&to, self.dialect)
            && let Ok(proposal) = self.between(session, &from, &to)
        {
            return Ok(proposal);
        }
        self.between(session, &from, &to)
    }

    /// Makes both sides, and plans from one to the other.
    fn between(
        &self,
        session: &mut Session<'_>,
        from: &Recipe,
        to: &Recipe,
    ) -> Result<Proposal, Failure> {
        let [(scratch, current), (unused, desired)] = self.both(session, from, to)?;
        std::thread::scope(|scope| {
            // To drop a database takes its server longer than to plan, and two at once as long as one.
            scope.spawn(move || drop(unused));
            self.proved(session, from, scratch, &current, &desired)
        })
    }

    /// Plans both ways, and proves it where `current` was made.
    fn proved(
        &self,
        session: &mut Session<'_>,
        from: &Recipe,
        mut scratch: Scratch,
        current: &Snapshot,
        desired: &Snapshot,
    ) -> Result<Proposal, Failure> {
        let proposal = Proposal::between(current, desired, &self.choices)?;
        if proposal.holds_on_rows(&mut scratch, current, desired, &self.choices)? {
            return Ok(proposal);
        }
        let mut scratch = self.scratch(session)?;
        made(&mut scratch, from)?;
        proposal.holds(&mut scratch, current, desired)?;
        Ok(proposal)
    }

    /// Reads what there is to make.
    fn recipes(&self, session: &mut Session<'_>) -> Result<(Recipe, Recipe), Failure> {
        let ignored = own_tables(&self.history);
        let from = self.from.recipe(session, self.dialect, ignored.clone())?;
        Ok((from, self.to.recipe(session, self.dialect, ignored)?))
    }

    fn scratch(&self, session: &mut Session<'_>) -> Result<Scratch, Failure> {
        Scratch::make(session, self.dialect, &self.history, self.server)
    }

    /// Makes both sides in scratch databases at the same time, and reads them there.
    fn both(
        &self,
        session: &mut Session<'_>,
        from: &Recipe,
        to: &Recipe,
    ) -> Result<[(Scratch, Snapshot); 2], Failure> {
        let (mut before, mut after) = (self.scratch(session)?, self.scratch(session)?);
        let (current, desired) = std::thread::scope(|scope| {
            let desired = scope.spawn(|| made(&mut after, to));
            let current = made(&mut before, from);
            (current, desired.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        Ok([(before, current?), (after, desired?)])
    }

    /// Returns what differs, without a plan.
    ///
    /// # Errors
    ///
    /// A side cannot be made or read.
    pub(crate) fn differences(
        &self,
        session: &mut Session<'_>,
    ) -> Result<Vec<Difference>, Failure> {
        let (from, to) = self.recipes(session)?;
        let [(_, current), (_, desired)] = self.both(session, &from, &to)?;
        Ok(current.differences(&desired))
    }
}

impl Proposal {
    /// Plans both ways.
    ///
    /// # Errors
    ///
    /// There is no plan: the message names the object.
    pub(crate) fn between(
        current: &Snapshot,
        desired: &Snapshot,
        choices: &Choices,
    ) -> Result<Self, Failure> {
        if current.differences(desired).is_empty() {
            return Ok(Self::default());
        }
        let planned = |from: &Snapshot, to: &Snapshot, choices: &Choices| {
            plan(from, to, choices).map_err(|error| Failure::new(error.to_string()))
        };
        let upgrade = planned(current, desired, choices)?;
        let downgrade = planned(desired, current, &choices.back(&upgrade))?;
        Ok(Self { upgrade, downgrade })
    }

    /// Tells whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        self.upgrade.is_empty()
    }

    /// Proves it where `current` was made, with rows in every table; false where rows are in the way, as the plan says.
    ///
    /// # Errors
    ///
    /// It does not lead there or back, or a row is lost.
    pub(crate) fn holds_on_rows(
        &self,
        scratch: &mut Scratch,
        current: &Snapshot,
        desired: &Snapshot,
        choices: &Choices,
    ) -> Result<bool, Failure> {
        if self.is_empty() {
            return Ok(true);
        }
        fill(scratch, current, desired);
        let kept = survivors(current, desired, choices);
        let mut passed = try_on_rows(scratch, "the upgrade", &self.upgrade, &kept)?;
        if passed {
            refuse_differences("the upgrade", desired, &scratch.snapshot()?)?;
            let kept = survivors(desired, current, &choices.back(&self.upgrade));
            passed = try_on_rows(scratch, "the downgrade", &self.downgrade, &kept)?;
        }
        if passed {
            refuse_differences("the downgrade", current, &scratch.snapshot()?)?;
        }
        Ok(passed)
    }

    /// Proves it where `current` was made, without rows: where they are in the way, it has to lead there all the same.
    ///
    /// # Errors
    ///
    /// It does not lead there or back.
    pub(crate) fn holds(
        &self,
        scratch: &mut Scratch,
        current: &Snapshot,
        desired: &Snapshot,
    ) -> Result<(), Failure> {
        scratch.run(&self.upgrade).map_err(|stopped| stopped.unproved("the upgrade"))?;
        refuse_differences("the upgrade", desired, &scratch.snapshot()?)?;
        scratch.run(&self.downgrade).map_err(|stopped| stopped.unproved("the downgrade"))?;
        refuse_differences("the downgrade", current, &scratch.snapshot()?)
    }
}

/// Makes a schema in a scratch database, and reads it there.
fn made(scratch: &mut Scratch, recipe: &Recipe) -> Result<Snapshot, Failure> {
    recipe.make(scratch)?;
    let made = scratch.snapshot()?;
    if let Some(live) = recipe.wanted() {
        refuse_differences("the copy of the database", live, &made)?;
    }
    Ok(made)
}

/// Inserts rows, as far as the database takes them.
fn fill(scratch: &mut Scratch, snapshot: &Snapshot, goal: &Snapshot) {
    for mut attempts in samples(snapshot, goal) {
        let _ = attempts.find(|sql| scratch.takes(sql));
    }
}

/// Runs a plan where there are rows, and tells whether they let it; what they kept is compared.
fn try_on_rows(
    scratch: &mut Scratch,
    what: &str,
    plan: &Plan,
    kept: &[Survivor],
) -> Result<bool, Failure> {
    let read = |scratch: &mut Scratch, query: fn(&Survivor) -> &str| {
        let rows = kept.iter().map(|survivor| {
            let rows = scratch.database().rows(query(survivor));
            let mut rows = rows.map_err(|refused| {
                Failure::new(format!("{} cannot be read", survivor.what)).note(refused.words)
            })?;
            rows.sort_unstable();
            Ok(rows)
        });
        rows.collect::<Result<Vec<Vec<Row>>, Failure>>()
    };
    let before = read(scratch, |survivor| &survivor.before)?;
    let (after, ran) = match scratch.run(plan) {
        Ok(()) => (read(scratch, |survivor| &survivor.after)?, true),
        // What commits statement by statement stays half done, and is done to its end once the rows are out of the way.
        Err(stopped) if stopped.foreseen && plan.parts.iter().any(|part| !part.transaction) => {
            return Ok(false);
        }
        // The plan says that rows can be in its way: then all must be as it was.
        Err(stopped) if stopped.foreseen => (read(scratch, |survivor| &survivor.before)?, false),
        Err(stopped) => return Err(stopped.unproved(&format!("{what} of a database with rows"))),
    };
    let pairs = kept.iter().zip(before.iter().zip(&after));
    for (survivor, (before, after)) in pairs {
        if before != after {
            let first = before.iter().find(|row| !after.contains(row));
            return Err(unproved(&format!("{what} does not keep {}", survivor.what))
                .note(format!("a row was {first:?}, and is not there afterwards")));
        }
    }
    Ok(ran)
}

impl Stopped {
    fn unproved(&self, what: &str) -> Failure {
        unproved(&format!("{what} stops: {}", self.words)).note(format!("at {}", self.sql))
    }
}

/// Refuses what does not lead where it should.
fn refuse_differences(what: &str, wanted: &Snapshot, found: &Snapshot) -> Result<(), Failure> {
    let differences = wanted.differences(found);
    let Some(Difference { key, before, after }) = differences.first() else { return Ok(()) };
    let words =
        |definition: &Option<String>| definition.clone().unwrap_or_else(|| "nothing".into());
    Err(unproved(&format!("{what} leaves another {key} than it should"))
        .note(format!("wanted {}", words(before)))
        .note(format!("found {}", words(after))))
}

fn unproved(message: &str) -> Failure {
    Failure::new(format!("what was planned cannot be proved: {message}"))
        .help("nothing is written: write this change by hand: cargo migrate new MESSAGE")
}
