//! Whether a plan leads there and back, and what rows say to it.

use revchain_schema::{Choices, Difference, Plan, Row, Snapshot, Survivor, samples, survivors};

use super::Proposal;
use crate::failure::Failure;
use crate::scratch::{Scratch, Stopped};

impl Proposal {
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
        let queries: Vec<String> = kept.iter().map(|survivor| query(survivor).to_owned()).collect();
        let mut rows = match scratch.database().answers(&queries) {
            Ok(rows) => rows,
            // One by one they say which it is.
            Err(_) => {
                kept.iter().map(|one| rows_of(scratch, one, query)).collect::<Result<_, _>>()?
            }
        };
        rows.iter_mut().for_each(|rows| rows.sort_unstable());
        Ok::<Vec<Vec<Row>>, Failure>(rows)
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

fn rows_of(
    scratch: &mut Scratch,
    survivor: &Survivor,
    query: fn(&Survivor) -> &str,
) -> Result<Vec<Row>, Failure> {
    scratch.database().rows(query(survivor)).map_err(|refused| {
        Failure::new(format!("{} cannot be read", survivor.what)).note(refused.words)
    })
}

impl Stopped {
    fn unproved(&self, what: &str) -> Failure {
        unproved(&format!("{what} stops: {}", self.words)).note(format!("at {}", self.sql))
    }
}

/// Refuses what does not lead where it should.
pub(super) fn refuse_differences(
    what: &str,
    wanted: &Snapshot,
    found: &Snapshot,
) -> Result<(), Failure> {
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
