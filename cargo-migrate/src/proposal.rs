//! A plan both ways, proved before anybody sees it.

mod proof;

use revchain_core::set::History;
use revchain_core::{Dialect, Dialects};
use revchain_schema::{Choices, Difference, Plan, Snapshot, TableShape, plan};

use crate::desired;
use crate::failure::Failure;
use crate::project::Project;
use crate::recipe::Recipe;
use crate::scratch::{Scratch, Servers, at_once, own_tables};
use crate::session::Session;
use crate::side::Side;
use crate::unused::Unused;

use proof::refuse_differences;

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
        let on_rows = |scratch: &mut Scratch| {
            proposal.holds_on_rows(scratch, current, desired, &self.choices)
        };
        let plans = [&proposal.upgrade, &proposal.downgrade];
        // Where a server has to make it anew, rows in the way cost more than the proof.
        let tried = match self.dialect {
            Dialect::Postgres => scratch.try_out(session, plans, on_rows),
            Dialect::Sqlite | Dialect::Mysql => None,
        };
        match tried {
            Some(Ok(true)) => return Ok(()),
            Some(Ok(false)) => return proposal.holds(&mut scratch, current, desired),
            // One transaction for all is not what will be.
            Some(Err(_)) | None => {}
        }
        if on_rows(&mut scratch)? {
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
        let [mut before, mut after] =
            Scratch::make_two(session, self.dialect, &self.history, self.servers)?;
        let (current, desired) = at_once(|| made(&mut before, from), || made(&mut after, to));
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
