//! A plan both ways, proved before anybody sees it.

use revchain_core::Dialect;
use revchain_core::set::History;
use revchain_schema::{
    Choices, Difference, Plan, Row, Snapshot, Survivor, plan, samples, survivors,
};

use crate::failure::Failure;
use crate::scratch::{Scratch, Stopped};
use crate::session::Session;
use crate::side::Side;
use crate::url::DatabaseUrl;

/// The statements that lead from one schema to another, and back.
#[derive(Clone, Debug)]
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
        let from = self.from.resolved(session, self.dialect)?;
        let to = self.to.resolved(session, self.dialect)?;
        self.choices.renames.extend(to.renames(session, self.dialect)?);
        let (mut scratch, current) = self.made(session, &from)?;
        let (_, desired) = self.made(session, &to)?;
        let planned = |from: &Snapshot, to: &Snapshot, choices: &Choices| {
            plan(from, to, choices).map_err(|error| Failure::new(error.to_string()))
        };
        let back = self.choices.reversed();
        let proposal = Proposal {
            upgrade: planned(&current, &desired, &self.choices)?,
            downgrade: planned(&desired, &current, &back)?,
        };
        if proposal.upgrade.is_empty() && proposal.downgrade.is_empty() {
            refuse_differences("the plan", &current, &desired)?;
            return Ok(proposal);
        }
        fill(&mut scratch, &current, &desired);
        let kept = survivors(&current, &desired, &self.choices);
        let mut passed = try_on_rows(&mut scratch, "the upgrade", &proposal.upgrade, &kept)?;
        if passed {
            refuse_differences("the upgrade", &desired, &scratch.snapshot()?)?;
            let kept = survivors(&desired, &current, &back);
            passed = try_on_rows(&mut scratch, "the downgrade", &proposal.downgrade, &kept)?;
        }
        if passed {
            refuse_differences("the downgrade", &current, &scratch.snapshot()?)?;
            return Ok(proposal);
        }
        // Rows were in the way, as the plan says: it has to lead there where none are.
        let (mut scratch, _) = self.made(session, &from)?;
        scratch.run(&proposal.upgrade).map_err(|stopped| stopped.unproved("the upgrade"))?;
        refuse_differences("the upgrade", &desired, &scratch.snapshot()?)?;
        scratch.run(&proposal.downgrade).map_err(|stopped| stopped.unproved("the downgrade"))?;
        refuse_differences("the downgrade", &current, &scratch.snapshot()?)?;
        Ok(proposal)
    }

    /// Makes a side in a scratch database, and reads it there.
    fn made(&self, session: &mut Session<'_>, side: &Side) -> Result<(Scratch, Snapshot), Failure> {
        let mut scratch = Scratch::make(session, self.dialect, &self.history, self.server)?;
        side.load(session, self.dialect, &mut scratch)?;
        let made = scratch.snapshot()?;
        if let Some(live) = side.live(session, self.dialect, &self.history)? {
            refuse_differences("the copy of the database", &live, &made)?;
        }
        Ok((scratch, made))
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
        let from = self.from.resolved(session, self.dialect)?;
        let to = self.to.resolved(session, self.dialect)?;
        let (_, current) = self.made(session, &from)?;
        let (_, desired) = self.made(session, &to)?;
        Ok(current.differences(&desired))
    }
}

impl Proposal {
    /// Tells whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        self.upgrade.is_empty()
    }
}

/// Inserts rows, as far as the database takes them.
fn fill(scratch: &mut Scratch, snapshot: &Snapshot, goal: &Snapshot) {
    for mut attempts in samples(snapshot, goal) {
        let _ = attempts.find(|sql| scratch.database().execute(sql).is_ok());
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
