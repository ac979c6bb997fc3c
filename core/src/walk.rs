//! Which revisions a target names on a database, and in which order they are applied or taken back.
//!
//! What is applied is a set, and heads are derived from it. So a revision that was put in behind the head of a database is
//! found, a merge may depend on what it revises anyway, and each is taken once.

mod downgrade;
mod names;
mod order;
mod range;
mod stamp;
mod upgrade;

use crate::graph::{Graph, Members};
use crate::order::keep;
use crate::set::Set;
use crate::target::{Target, TargetError};
use names::Branch;
pub use names::{find, find_replaced};
use order::{in_order_of_files, newest_first};
pub use stamp::Stamped;

/// A set, and which of its revisions a database has.
///
/// ```
/// use revchain_core::{Target, Walk};
///
/// # let folder = std::path::Path::new("../examples/quickstart/migrations");
/// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
/// # let set = revchain_core::check(&folder).into_set().unwrap();
/// let walk = Walk::new(&set, vec![true, false, false]);
/// assert_eq!(walk.current(), [0]);
/// assert_eq!(walk.upgrade(&[Target::Head]), Ok(vec![1, 2]));
/// assert_eq!(walk.downgrade(&Target::Base), Ok(vec![0]));
/// ```
#[derive(Clone, Debug)]
pub struct Walk<'w> {
    set: &'w Set,
    graph: Graph,
    applied: Members,
    current: Vec<u32>,
}

impl<'w> Walk<'w> {
    /// Takes a set and whether each of its revisions is applied.
    ///
    /// # Panics
    ///
    /// When `applied` has not one place for each revision.
    #[must_use]
    pub fn new(set: &'w Set, applied: Members) -> Self {
        assert_eq!(applied.len(), set.revisions.len(), "a place for each revision");
        let graph = Graph::of(set);
        let current = in_order_of_files(set, &graph.heads_among(&applied));
        Self { set, graph, applied, current }
    }

    /// Returns the graph of the set.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Returns the applied revisions that no other applied one revises or depends on, in the order of the files.
    ///
    /// ```
    /// use revchain_core::Walk;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// assert_eq!(Walk::new(&set, vec![true, true, false]).current(), [1]);
    /// ```
    #[must_use]
    pub fn current(&self) -> &[u32] {
        &self.current
    }

    /// Returns the places of members, each after all that it revises or depends on: the order in which they are applied.
    ///
    /// ```
    /// use revchain_core::Walk;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let walk = Walk::new(&set, vec![false; 3]);
    /// assert_eq!(walk.oldest_first(&vec![false, true, true]), [1, 2]);
    /// ```
    #[must_use]
    pub fn oldest_first(&self, members: &Members) -> Vec<u32> {
        let mut order = self.newest_first(members);
        order.reverse();
        order
    }

    /// Returns the places of members, each before all that it revises or depends on: the order in which they are taken
    /// back.
    ///
    /// It is Alembic's order ("RevisionMap.iterate_revisions"), which keeps to one line for as long as it can.
    #[must_use]
    pub fn newest_first(&self, members: &Members) -> Vec<u32> {
        newest_first(self.set, &self.graph, members)
    }

    /// Returns the one revision of several, or none where there is none.
    fn only_one(&self, places: &[u32], target: &Target) -> Result<Option<u32>, TargetError> {
        match places {
            [] => Ok(None),
            [place] => Ok(Some(*place)),
            several => {
                Err(TargetError::SeveralWays { target: target.clone(), ids: self.ids(several) })
            }
        }
    }

    /// Returns the revision from which steps down are counted.
    fn start_of(
        &self,
        from: &Target,
        branch: Option<&Branch<'_>>,
        target: &Target,
    ) -> Result<u32, TargetError> {
        let place = match branch {
            Some(branch) => self.one(&from.clone().on(branch.name))?,
            None => self.one(from)?,
        };
        place.ok_or_else(|| TargetError::TooFar { target: target.clone(), available: 0 })
    }

    /// Follows the one way up.
    fn walk_up(
        &self,
        target: &Target,
        start: Option<u32>,
        steps: u32,
        branch: Option<&Branch<'_>>,
        overrun: Overrun,
    ) -> Result<Option<u32>, TargetError> {
        let mut here = start;
        for available in 0..steps {
            let mut next = match here {
                None => self.graph.bases(),
                Some(place) => self.graph.children(place).to_vec(),
            };
            keep(&mut next, &|place| branch.is_none_or(|branch| branch.holds(place)));
            match (self.only_one(&next, target)?, overrun) {
                (Some(next), _) => here = Some(next),
                (None, Overrun::Stops) => break,
                (None, Overrun::Refused) => {
                    return Err(TargetError::TooFar { target: target.clone(), available });
                }
            }
        }
        Ok(here)
    }

    /// Follows the one way down; none is before the first revision.
    fn walk_down(
        &self,
        target: &Target,
        start: u32,
        steps: u32,
    ) -> Result<Option<u32>, TargetError> {
        let mut here = Some(start);
        for available in 0..steps {
            let Some(place) = here else {
                return Err(TargetError::TooFar { target: target.clone(), available });
            };
            here = self.only_one(self.graph.parents(place), target)?;
        }
        Ok(here)
    }

    /// Refuses revisions of which one needs another.
    ///
    /// # Errors
    ///
    /// [`TargetError::OneLine`].
    ///
    /// ```
    /// use revchain_core::Walk;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let walk = Walk::new(&set, vec![false; 3]);
    /// assert!(walk.refuse_one_line(&[2]).is_ok());
    /// assert!(walk.refuse_one_line(&[0, 2]).is_err());
    /// ```
    pub fn refuse_one_line(&self, ends: &[u32]) -> Result<(), TargetError> {
        let graph = &self.graph;
        let mut below = Vec::new();
        for end in ends {
            below.extend_from_slice(graph.parents(*end));
            below.extend_from_slice(graph.dependencies(*end));
        }
        let below = graph.ancestors(&below);
        for needed in ends {
            if below[*needed as usize] {
                let mut above = needed;
                for end in ends {
                    if end != needed && graph.ancestors(&[*end])[*needed as usize] {
                        above = end;
                        break;
                    }
                }
                return Err(TargetError::OneLine {
                    below: self.id(*needed),
                    above: self.id(*above),
                });
            }
        }
        Ok(())
    }
}

/// What becomes of more steps up than there are.
#[derive(Clone, Copy)]
enum Overrun {
    Refused,
    Stops,
}
