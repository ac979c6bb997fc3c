//! What lies between two places.

use super::{Overrun, Walk};
use crate::order::keep;
use crate::target::{Range, Target, TargetError};

impl Walk<'_> {
    /// Returns the revisions of a range, newest first: all that its end needs and that stands on its beginning.
    ///
    /// # Errors
    ///
    /// A side names nothing; the end does not need the beginning.
    ///
    /// ```
    /// use revchain_core::Walk;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// let walk = Walk::new(&set, vec![true, true, false]);
    /// assert_eq!(walk.range(&"c07f:".parse()?), Ok(vec![2, 1]));
    /// assert_eq!(walk.range(&":current".parse()?), Ok(vec![1, 0]));
    /// assert_eq!(walk.range(&"-1:head".parse()?), Ok(vec![2, 1]));
    /// # Ok::<(), revchain_core::target::TargetError>(())
    /// ```
    #[inline]
    pub fn range(&self, range: &Range) -> Result<Vec<u32>, TargetError> {
        let from = self.beginning(range)?;
        let mut ends = match &range.to {
            None => self.graph.effective_heads(),
            Some(Target::Current) => self.current.clone(),
            // What counts steps counts them from the beginning.
            Some(to) => Self { current: from.clone(), ..self.clone() }.ends(to, Overrun::Stops)?,
        };
        if let Some((Some(branch), _)) =
            range.from.as_ref().map(|from| self.on_branch(from)).transpose()?
        {
            keep(&mut ends, &|end| branch.holds(end));
        }
        let required = self.graph.ancestors(&ends);
        if from.iter().any(|place| !required[*place as usize]) {
            let shown = |target: &Option<Target>, otherwise: &str| {
                target.as_ref().map_or(otherwise.to_owned(), Target::to_string)
            };
            let (from, to) = (shown(&range.from, "base"), shown(&range.to, "heads"));
            return Err(TargetError::Apart { from, to });
        }
        let mut members = required;
        if !from.is_empty() {
            let above = self.graph.line_above(&from);
            members.iter_mut().zip(above).for_each(|(member, above)| *member &= above);
        }
        Ok(self.newest_first(&members))
    }

    /// Returns where a range begins; nothing for `base`.
    #[inline]
    fn beginning(&self, range: &Range) -> Result<Vec<u32>, TargetError> {
        let Some(from) = &range.from else { return Ok(Vec::new()) };
        let (branch, point) = self.on_branch(from)?;
        let Target::Down(steps) = point else {
            return if *point == Target::Current && branch.is_none() {
                Ok(self.current.clone())
            } else {
                self.named(from)
            };
        };
        // Back from where the range ends, as far as there is something.
        let ends = match &range.to {
            None => self.graph.effective_heads(),
            Some(Target::Current) => self.current.clone(),
            Some(to) => self.named(to)?,
        };
        let ends: Vec<u32> = match &branch {
            Some(branch) => ends.into_iter().filter(|end| branch.holds(*end)).collect(),
            None => ends,
        };
        let mut starts = Vec::new();
        for end in &ends {
            match self.walk_down(from, *end, *steps) {
                Ok(start) => starts.extend(start),
                Err(TargetError::TooFar { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        // From before the first revision of one line and somewhere on another there is no one way.
        if !starts.is_empty() && starts.len() < ends.len() {
            self.only_one(&ends, from)?;
        }
        Ok(starts)
    }
}
