//! What a stamp records.

use super::Walk;
use crate::order::keep;
use crate::target::{Target, TargetError};

/// What a stamp changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// What is recorded as not applied any more, newest first.
    pub removed: Vec<u32>,
    /// What is recorded as applied, oldest first.
    pub added: Vec<u32>,
}

impl Walk<'_> {
    /// Returns what has to be recorded so that the database is at `targets`.
    ///
    /// Heads of the database that are on a line with a target give way to it; other branches stay.
    ///
    /// # Errors
    ///
    /// A target names nothing, counts steps, or needs another target.
    ///
    /// ```
    /// use revchain_core::Walk;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let stamped = Walk::new(&set, vec![false; 3]).stamp(&["c07f".parse()?])?;
    /// assert_eq!((stamped.removed, stamped.added), (vec![], vec![0, 1]));
    /// # Ok::<(), revchain_core::target::TargetError>(())
    /// ```
    pub fn stamp(&self, targets: &[Target]) -> Result<Stamped, TargetError> {
        let mut kept = self.current.clone();
        let mut ends = Vec::new();
        for target in targets {
            let places = self.named(target)?;
            let (branch, point) = self.on_branch(target)?;
            let mut lines = places.clone();
            match (branch, point) {
                (None, Target::Base) => lines.clone_from(&self.current),
                (Some(branch), _) => lines.push(branch.place),
                (None, _) => {}
            }
            let (above, below) = (self.graph.descendants(&lines), self.graph.ancestors(&lines));
            keep(&mut kept, &|row| !above[row as usize] && !below[row as usize]);
            ends.extend(places);
        }
        self.refuse_one_line(&ends)?;
        ends.extend(kept);
        let wanted = self.graph.ancestors(&ends);
        let (mut removed, mut added) = (self.applied.clone(), wanted);
        for (removed, added) in removed.iter_mut().zip(&mut added) {
            (*removed, *added) = (*removed && !*added, *added && !*removed);
        }
        Ok(Stamped { removed: self.newest_first(&removed), added: self.oldest_first(&added) })
    }
}
