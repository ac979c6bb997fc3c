//! Where a database is.

use revchain_core::Dialect;
use revchain_core::map::Ids;
use revchain_core::set::{Replacers, Set};

use super::Migrations;
use crate::engine::{Engine, Goal, Outcome};
use crate::error::{Named, Unknown};
use crate::ledger::{Applied, Contents, State};
use crate::options::Options;

/// A look at where a database is.
#[must_use = "nothing happens before it is run"]
pub struct Current<'r> {
    pub(super) migrations: &'r Migrations,
}

impl Current<'_> {
    #[inline]
    pub(super) fn engine(&self, dialect: Dialect) -> Engine<'_> {
        let Migrations { set, application, .. } = self.migrations;
        Engine::new(set, dialect, application.clone(), Goal::Look, Options::default())
    }
}

/// Where a database is.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::Target;
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
/// MIGRATIONS.downgrade(Target::Down(1)).run(&mut connection)?;
/// let status = MIGRATIONS.current().run(&mut connection)?;
/// assert_eq!(status.applied.len(), 2);
/// assert_eq!(status.heads, ["c07f3d218e6b"]);
/// assert!(status.unknown.is_empty() && status.half_done.is_empty() && status.edited.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Whether there is a ledger.
    pub exists: bool,
    /// The rows of the ledger, in the order of application.
    pub applied: Vec<Applied>,
    /// The applied revisions that no other applied one revises.
    pub heads: Vec<String>,
    /// Those of the heads that no applied revision depends on either.
    pub effective_heads: Vec<String>,
    /// Revisions of the set that are not applied, in order.
    pub pending: Vec<Named>,
    /// Revisions that only the database knows.
    pub unknown: Vec<Unknown>,
    /// Revisions that were begun and not finished.
    pub half_done: Vec<Named>,
    /// Revisions that the database applied in another form.
    pub edited: Vec<Named>,
}

impl Status {
    #[inline]
    pub(super) fn of(set: &Set, outcome: Outcome) -> Self {
        let Outcome { contents, rows, .. } = outcome;
        let (heads, effective_heads) = heads(set, &rows);
        let edited = those(set, &contents, |known| {
            known.state == State::Applied
                && (!known.upgrade_matches
                    || known.downgrade == crate::ledger::DowngradeMatch::Other)
        });
        let mut unknown = Vec::new();
        for row in &rows {
            if contents.unknown.contains(&row.revision) {
                unknown.push(Unknown {
                    revision: row.revision.clone(),
                    message: row.message.clone(),
                    application: row.application.clone(),
                });
            }
        }
        Self {
            exists: contents.exists,
            heads,
            effective_heads,
            pending: pending(set, &contents),
            unknown,
            half_done: half_done(set, &contents),
            edited,
            applied: rows,
        }
    }
}

/// Returns the applied revisions that no other applied one revises, and those of them that none depends on; a replacer
/// takes the place of what it replaces.
#[inline]
fn heads(set: &Set, rows: &[Applied]) -> (Vec<String>, Vec<String>) {
    let stand = Stand::of(set, rows);
    let (mut revised, mut needed) = (Ids::default(), Ids::default());
    for row in rows {
        let own = stand.of_id(&row.revision);
        for (ids, below) in [(&row.parents, &mut revised), (&row.dependencies, &mut needed)] {
            for id in ids {
                let id = stand.of_id(id);
                if id != own {
                    below.insert(id);
                }
            }
        }
    }
    let (mut heads, mut effective) = (Vec::new(), Vec::new());
    for row in rows {
        let id = row.revision.as_str();
        if stand.of_id(id) == id && !revised.contains(id) {
            heads.push(id.to_owned());
            if !needed.contains(id) {
                effective.push(id.to_owned());
            }
        }
    }
    (heads, effective)
}

/// Which row stands for which.
struct Stand<'s> {
    set: &'s Set,
    replacers: Replacers<'s>,
    ids: Ids,
}

impl<'s> Stand<'s> {
    #[inline]
    fn of(set: &'s Set, rows: &'s [Applied]) -> Self {
        let mut ids = Ids::default();
        for row in rows {
            ids.insert(&row.revision);
        }
        Self { set, replacers: set.replacers(), ids }
    }

    /// Returns the last row that replaces a revision, or the revision itself.
    #[inline]
    fn of_id<'i>(&self, id: &'i str) -> &'i str
    where
        's: 'i,
    {
        let mut stand = id;
        let mut here = id;
        while let Some(place) = self.replacers.get(here) {
            here = &self.set.at(place).id;
            if self.ids.contains(here) {
                stand = here;
            }
        }
        stand
    }
}

#[inline]
fn pending(set: &Set, contents: &Contents) -> Vec<Named> {
    let mut pending = Vec::new();
    for (revision, known) in set.revisions.iter().zip(contents.chain()) {
        if known.is_none() {
            pending.push(Named::of(set, revision));
        }
    }
    pending
}

#[inline]
pub(super) fn half_done(set: &Set, contents: &Contents) -> Vec<Named> {
    those(set, contents, |known| known.state != State::Applied)
}

/// Returns the revisions of which the ledger says something.
#[inline]
fn those(set: &Set, contents: &Contents, wanted: fn(crate::ledger::Known) -> bool) -> Vec<Named> {
    let mut those = Vec::new();
    for (revision, known) in set.revisions.all().iter().zip(&contents.known) {
        if known.is_some_and(wanted) {
            those.push(Named::of(set, revision));
        }
    }
    those
}
