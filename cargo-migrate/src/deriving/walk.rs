//! The chain, applied step by step to one scratch database: what the schema is before a revision and after it, and whether a
//! plan that leads back holds there.

use std::rc::Rc;

use revchain::{Migrations, Target};
use revchain_core::Dialect;
use revchain_core::graph::Members;
use revchain_schema::{Choices, Snapshot};

use crate::chain::Chain;
use crate::failure::Failure;
use crate::proposal::Proposal;
use crate::scratch::{Scratch, Servers};
use crate::session::Session;
use crate::side::{in_rust, to_replay};

/// A scratch database with a part of the chain.
pub(super) struct Walk<'w> {
    pub(super) dialect: Dialect,
    chain: &'w Chain,
    servers: &'w Servers,
    migrations: Migrations,
    scratch: Scratch,
    /// Which revisions it has.
    applied: Members,
    /// Its schema, once it was read.
    snapshot: Option<Rc<Snapshot>>,
    /// Another database, in which plans are tried where that cannot be done here, and what it has.
    trials: Option<(Scratch, Members)>,
}

impl<'w> Walk<'w> {
    /// Begins where nothing is applied.
    ///
    /// # Errors
    ///
    /// No scratch database can be made, or the chain cannot be applied to one.
    pub(super) fn begin(
        session: &mut Session<'_>,
        chain: &'w Chain,
        dialect: Dialect,
        servers: &'w Servers,
    ) -> Result<Self, Failure> {
        let migrations = to_replay(&chain.checked, dialect)?;
        let scratch = Scratch::make(session, dialect, &chain.set.settings.history, servers)?;
        let applied = vec![false; chain.len() as usize];
        let (snapshot, trials) = (None, None);
        Ok(Self { dialect, chain, servers, migrations, scratch, applied, snapshot, trials })
    }

    /// Plans the way from a revision back to what it needs, and proves it.
    ///
    /// # Errors
    ///
    /// A revision is written in Rust, or cannot be applied; there is no way back, or it does not hold.
    pub(super) fn way_back(
        &mut self,
        session: &mut Session<'_>,
        place: u32,
        choices: &Choices,
    ) -> Result<Proposal, Failure> {
        let revision = self.chain.revision(place);
        let needs: Vec<u32> =
            revision.parents.iter().chain(&*revision.dependencies).copied().collect();
        let before = self.at(session, &needs)?;
        let after = self.at(session, &[place])?;
        let proposal = Proposal::between(&after, &before, choices)?;
        if proposal.is_empty() {
            return Ok(proposal);
        }
        // A name without its schema can be another object's.
        if let Some(short) = proposal.unqualified(self.scratch.home(), [&after, &before])
            && self.prove(session, place, &short, [&after, &before], choices).is_ok()
        {
            return Ok(short);
        }
        self.prove(session, place, &proposal, [&after, &before], choices)?;
        Ok(proposal)
    }

    /// Proves a plan where a revision is the last that is applied: with rows, and without where these are in the way.
    fn prove(
        &mut self,
        session: &mut Session<'_>,
        place: u32,
        proposal: &Proposal,
        [after, before]: [&Snapshot; 2],
        choices: &Choices,
    ) -> Result<(), Failure> {
        let on_rows =
            |scratch: &mut Scratch| proposal.holds_on_rows(scratch, after, before, choices);
        if !self.proved(session, place, (proposal, after), on_rows)? {
            // Where they were in the way, they may still be there.
            self.trials = None;
            let without = |scratch: &mut Scratch| proposal.holds(scratch, after, before);
            self.proved(session, place, (proposal, after), without)?;
        }
        Ok(())
    }

    /// Goes to where these revisions are applied and all that they need, and nothing else: in a new database, where others
    /// are. Returns the schema.
    fn at(&mut self, session: &mut Session<'_>, places: &[u32]) -> Result<Rc<Snapshot>, Failure> {
        let wanted = self.chain.graph.ancestors(places);
        let in_rust_at =
            |place: &u32| wanted[*place as usize] && self.chain.revision(*place).is_rust();
        if let Some(place) = self.chain.places().into_iter().find(in_rust_at) {
            return Err(in_rust(self.chain.id(place)));
        }
        if self.applied.iter().zip(&wanted).any(|(applied, wanted)| *applied && !wanted) {
            self.scratch = self.empty(session)?;
            self.applied = vec![false; wanted.len()];
            self.snapshot = None;
        }
        if self.applied != wanted {
            self.snapshot = None;
            apply(&mut self.scratch, &self.migrations, self.chain, places)?;
            self.applied = wanted;
        }
        if self.snapshot.is_none() {
            self.snapshot = Some(Rc::new(self.scratch.snapshot()?));
        }
        self.snapshot.clone().ok_or_else(|| Failure::new("the catalog cannot be read"))
    }

    /// Lets a proof be made where a revision is the last that is applied: here, and if that cannot be or does not do, in
    /// another database.
    fn proved<T>(
        &mut self,
        session: &mut Session<'_>,
        place: u32,
        (proposal, after): (&Proposal, &Snapshot),
        prove: impl Fn(&mut Scratch) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let plans = [&proposal.upgrade, &proposal.downgrade];
        if let Some(Ok(proved)) = self.scratch.try_out(session, plans, &prove) {
            return Ok(proved);
        }
        let wanted = self.chain.graph.ancestors(&[place]);
        if let Some(mut scratch) = self.further(place, &wanted, after)
            && let Ok(proved) = prove(&mut scratch)
        {
            self.trials = Some((scratch, wanted));
            return Ok(proved);
        }
        let mut scratch = self.empty(session)?;
        apply(&mut scratch, &self.migrations, self.chain, &[place])?;
        let proved = prove(&mut scratch)?;
        self.trials = Some((scratch, wanted));
        Ok(proved)
    }

    /// Takes the database of earlier trials, brought along to a revision. A plan that held has left the schema that it found;
    /// but rows of a trial may be in the way, or the schema may come out as another.
    fn further(&mut self, place: u32, wanted: &Members, after: &Snapshot) -> Option<Scratch> {
        let (mut scratch, has) = self.trials.take()?;
        if has.iter().zip(wanted).any(|(has, wanted)| *has && !wanted) {
            return None;
        }
        apply(&mut scratch, &self.migrations, self.chain, &[place]).ok()?;
        let found = scratch.snapshot().ok()?;
        after.differences(&found).is_empty().then_some(scratch)
    }

    fn empty(&self, session: &mut Session<'_>) -> Result<Scratch, Failure> {
        Scratch::make(session, self.dialect, &self.chain.set.settings.history, self.servers)
    }
}

/// Applies revisions, and what they need.
fn apply(
    scratch: &mut Scratch,
    migrations: &Migrations,
    chain: &Chain,
    places: &[u32],
) -> Result<(), Failure> {
    for place in places {
        let target = Target::Revision(chain.id(*place).to_owned());
        scratch.migrate(migrations.upgrade(target))?;
    }
    Ok(())
}
