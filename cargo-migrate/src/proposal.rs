//! A plan both ways, proved before anybody sees it.

use revchain_core::set::History;
use revchain_core::{Dialect, Dialects};
use revchain_schema::{
    Choices, Difference, Plan, Row, Snapshot, Survivor, TableShape, plan, samples, survivors,
};

use crate::desired;
use crate::failure::Failure;
use crate::project::Project;
use crate::recipe::Recipe;
use crate::scratch::{Scratch, Servers, Stopped, own_tables};
use crate::session::Session;
use crate::side::Side;
use crate::unused::Unused;

/// The statements that lead from one schema to another, and back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proposal {
    pub(crate) upgrade: Plan,
    pub(crate) downgrade: Plan,
    /// The tables that are there.
    pub(crate) tables: Vec<TableShape>,
    /// What was decided and decides nothing.
    pub(crate) unused: Unused,
}

/// What a proposal is made of.
pub(crate) struct Question<'q> {
    pub(crate) from: &'q Side,
    pub(crate) to: &'q Side,
    pub(crate) dialect: Dialect,
    pub(crate) history: History,
    /// Where scratch databases are made.
    pub(crate) servers: &'q Servers,
    pub(crate) choices: Choices,
    /// Whether a revision is made of it, which names the objects of its own schema without that.
    pub(crate) revises: bool,
}

impl Question<'_> {
    /// Plans both ways, and proves it on a scratch database with rows in every table; where rows are in the way, without.
    ///
    /// # Errors
    ///
    /// A side cannot be made or read, or what was planned cannot be proved: the message names the object.
    pub(crate) fn answer(mut self, session: &mut Session<'_>) -> Result<Proposal, Failure> {
        let (from, to) = self.recipes(session)?;
        let renames = to.renames(self.dialect);
        self.choices.noted.extend(renames.map_err(|failure| self.of_files(session, failure))?);
        // What a flag names is looked for in all; where the rest alone cannot be made or proved, all together says why.
        if self.choices.renames.is_empty()
            && self.choices.backfills.is_empty()
            && let Some((from, to)) = from.without_alike(&to, self.dialect)
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
        let proposal = std::thread::scope(|scope| {
            // To drop a database takes its server longer than to plan, and two at once as long as one.
            scope.spawn(move || drop(unused));
            self.proved(session, from, scratch, &current, &desired)
        })?;
        self.tell_unseen(session, [from, to], [&current, &desired]);
        Ok(proposal)
    }

    /// Plans both ways, and proves it where `current` was made.
    fn proved(
        &self,
        session: &mut Session<'_>,
        from: &Recipe,
        scratch: Scratch,
        current: &Snapshot,
        desired: &Snapshot,
    ) -> Result<Proposal, Failure> {
        let mut proposal = Proposal::between(current, desired, &self.choices)?;
        proposal.tables = current.tables();
        proposal.unused = Unused::of(&self.choices, [current, desired], &proposal.upgrade);
        let Some(short) =
            proposal.unqualified(scratch.home().filter(|_| self.revises), [current, desired])
        else {
            self.prove(session, from, scratch, &proposal, [current, desired])?;
            return Ok(proposal);
        };
        let Err(why) = self.prove(session, from, scratch, &short, [current, desired]) else {
            return Ok(short);
        };
        // A name without its schema can be another object's.
        let mut scratch = self.scratch(session)?;
        made(&mut scratch, from)?;
        let home = scratch.home().unwrap_or_default().to_owned();
        self.prove(session, from, scratch, &proposal, [current, desired])?;
        let message =
            format!("the statements are for the schema `{home}` alone: {}", why.message());
        session.output.warn(
            message,
            &["for any schema: name its objects without it in the file, where that is possible"],
        );
        Ok(proposal)
    }

    /// Runs both plans where `from` was made, and compares what they leave.
    fn prove(
        &self,
        session: &mut Session<'_>,
        from: &Recipe,
        mut scratch: Scratch,
        proposal: &Proposal,
        [current, desired]: [&Snapshot; 2],
    ) -> Result<(), Failure> {
        if proposal.holds_on_rows(&mut scratch, current, desired, &self.choices)? {
            return Ok(());
        }
        let mut scratch = self.scratch(session)?;
        made(&mut scratch, from)?;
        proposal.holds(&mut scratch, current, desired)
    }

    /// Reads what there is to make.
    fn recipes(&self, session: &mut Session<'_>) -> Result<(Recipe, Recipe), Failure> {
        let ignored = own_tables(&self.history);
        let from = self.from.recipe(session, self.dialect, ignored.clone())?;
        Ok((from, self.to.recipe(session, self.dialect, ignored)?))
    }

    /// Tells what one side alone has and no plan makes: nothing is left out in silence.
    fn tell_unseen(&self, session: &mut Session<'_>, recipes: [&Recipe; 2], made: [&Snapshot; 2]) {
        // What is copied is what can be: the database itself knows what it has.
        let sides = [0, 1].map(|side| recipes[side].wanted().unwrap_or(made[side]));
        for (side, (own, other)) in
            [(self.from, (sides[0], sides[1])), (self.to, (sides[1], sides[0]))]
        {
            let known = other.unseen();
            let mut alone = own.unseen();
            alone.retain(|name| !known.contains(name));
            if !alone.is_empty() {
                let shown = side.shown(session);
                session.output.warn(format!("what is not compared is in {shown} alone"), &[]);
                for name in alone {
                    session.output.say(format_args!("  = note: {name}"));
                }
                let help = "write it by hand, where it is wanted: cargo migrate new MESSAGE";
                session.output.say(format_args!("  = help: {help}"));
            }
        }
        let own = sides[1].own();
        let is_base = *self.from == Side::Revisions(Vec::new());
        if is_base && matches!(self.to, Side::Database(_)) && !own.is_empty() {
            let message = format!("no revision makes: {}", own.join(", "));
            session.output.warn(message, &["what is made belongs to whoever runs the revision"]);
        }
    }

    fn scratch(&self, session: &mut Session<'_>) -> Result<Scratch, Failure> {
        Scratch::make(session, self.dialect, &self.history, self.servers)
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
        let desired = desired.map_err(|failure| self.of_files(session, failure))?;
        Ok([(before, current?), (after, desired)])
    }

    /// Adds to a failure where the files of one dialect stand, if the set serves several and some of these were read.
    fn of_files(&self, session: &mut Session<'_>, failure: Failure) -> Failure {
        let Ok(project) = Project::find(session) else { return failure };
        let dialects = project.read().1.lock.map_or(Dialects::NONE, |lock| lock.settings.dialects);
        let Some(of_project) = dialects.iter().find(|one| *one != self.dialect) else {
            return failure;
        };
        let path = match self.to {
            Side::Models => desired::folder(session, &project, self.dialect),
            Side::Files(path) => Some(path.clone()),
            _ => None,
        };
        let Some(path) = path.filter(|path| path.is_dir()) else { return failure };
        let (folder, dialect) = (session.shown(&path), self.dialect);
        failure
            .note(format!("files in {folder} serve every dialect of the set: {dialects}"))
            .help(format!("what differs stands in {folder}/{dialect} and {folder}/{of_project}"))
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
        let [current, desired] = match to.wanted() {
            // A database is what it is: only what is planned has to be made from it.
            Some(live) => [made(&mut self.scratch(session)?, &from)?, live.clone()],
            None => self.both(session, &from, &to)?.map(|(_, snapshot)| snapshot),
        };
        self.tell_unseen(session, [&from, &to], [&current, &desired]);
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
        Ok(Self { upgrade, downgrade, ..Self::default() })
    }

    /// Leaves the schema of names that no schema qualifies to `search_path`; none where there is none, or nothing to leave.
    pub(crate) fn unqualified(&self, home: Option<&str>, sides: [&Snapshot; 2]) -> Option<Self> {
        let mut short = self.clone();
        short.upgrade.unqualify(home?, sides);
        short.downgrade.unqualify(home?, sides);
        (short != *self).then_some(short)
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
