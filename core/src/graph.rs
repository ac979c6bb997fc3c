//! The graph of revisions, by place: which revise and depend on which.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Which revisions revise and depend on which, by their places in a list.
///
/// Every walk is a loop with a stack of its own: the length of a chain is no limit.
///
/// ```
/// use revchain_core::graph::Graph;
///
/// // 0 ── 1 ──┐
/// //  └── 2 ── 3
/// let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
/// assert_eq!(graph.heads(), [3]);
/// assert_eq!(graph.branch_points(), [0]);
/// assert_eq!(graph.merge_points(), [3]);
/// assert_eq!(graph.topological(), Ok(vec![0, 1, 2, 3]));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Graph {
    parents: Edges,
    dependencies: Edges,
    children: Edges,
    dependents: Edges,
}

/// Some of the revisions of a graph.
pub type Members = Vec<bool>;

impl Graph {
    /// Makes the graph in which the revision at each place revises and depends on those listed there.
    ///
    /// # Panics
    ///
    /// When a place is named that is not there.
    #[must_use]
    pub fn new(parents: Vec<Vec<u32>>, dependencies: Vec<Vec<u32>>) -> Self {
        Self::over(parents.len(), &|place| [&parents[place], &dependencies[place]])
    }

    /// Makes the graph of a set.
    ///
    /// ```
    /// use revchain_core::graph::Graph;
    ///
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// assert_eq!(Graph::of(&set).heads(), [2]);
    /// ```
    #[must_use]
    pub fn of(set: &crate::set::Set) -> Self {
        Self::of_revisions(&set.revisions)
    }

    /// Makes the graph of a set and of what its revisions replace, which needs the chain and is needed by nothing in it.
    #[must_use]
    pub fn of_all(set: &crate::set::Set) -> Self {
        Self::of_revisions(set.revisions.all())
    }

    fn of_revisions(revisions: &[crate::set::Revision]) -> Self {
        Self::over(revisions.len(), &|place| {
            [&revisions[place].parents, &revisions[place].dependencies]
        })
    }

    /// Makes the graph of so many revisions, of which each has parents and dependencies.
    fn over<'n>(count: usize, needs: &dyn Fn(usize) -> [&'n [u32]; 2]) -> Self {
        let (mut parents, mut dependencies) = (Edges::default(), Edges::default());
        for place in 0..count {
            let [revised, depended_on] = needs(place);
            parents.push(revised);
            dependencies.push(depended_on);
        }
        let (children, dependents) = (parents.reversed(), dependencies.reversed());
        Self { parents, dependencies, children, dependents }
    }

    /// Returns the number of revisions.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 0 ── 1 ──┐
    /// //  └── 2 ── 3
    /// # let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
    /// assert_eq!(graph.len(), 4);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.parents.ends.len()
    }

    /// Tells whether there is no revision.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what the revision at `place` revises.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 0 ── 1 ──┐
    /// //  └── 2 ── 3
    /// # let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
    /// assert_eq!(graph.parents(3), [1, 2]);
    /// ```
    #[must_use]
    pub fn parents(&self, place: u32) -> &[u32] {
        self.parents.of(place)
    }

    /// Returns what the revision at `place` depends on besides.
    #[must_use]
    pub fn dependencies(&self, place: u32) -> &[u32] {
        self.dependencies.of(place)
    }

    /// Returns the revisions that revise the one at `place`.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 0 ── 1 ──┐
    /// //  └── 2 ── 3
    /// # let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
    /// assert_eq!(graph.children(0), [1, 2]);
    /// ```
    #[must_use]
    pub fn children(&self, place: u32) -> &[u32] {
        self.children.of(place)
    }

    /// Returns the revisions that depend on the one at `place`.
    #[must_use]
    pub fn dependents(&self, place: u32) -> &[u32] {
        self.dependents.of(place)
    }

    /// Returns the revisions that no other revises.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 0 ── 1 ──┐
    /// //  └── 2 ── 3
    /// # let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
    /// assert_eq!(graph.heads(), [3]);
    /// ```
    #[must_use]
    pub fn heads(&self) -> Vec<u32> {
        self.places(&|place| self.children(place).is_empty())
    }

    /// Returns the revisions that no other revises or depends on.
    ///
    /// ```
    /// use revchain_core::graph::Graph;
    ///
    /// // 1 depends on 0 and revises nothing.
    /// let graph = Graph::new(vec![vec![], vec![]], vec![vec![], vec![0]]);
    /// assert_eq!(graph.heads(), [0, 1]);
    /// assert_eq!(graph.effective_heads(), [1]);
    /// ```
    #[must_use]
    pub fn effective_heads(&self) -> Vec<u32> {
        let needed = |place| !self.children(place).is_empty() || !self.dependents(place).is_empty();
        self.places(&|place| !needed(place))
    }

    /// Returns the revisions that revise none.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 0 ── 1 ──┐
    /// //  └── 2 ── 3
    /// # let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
    /// assert_eq!(graph.bases(), [0]);
    /// ```
    #[must_use]
    pub fn bases(&self) -> Vec<u32> {
        self.places(&|place| self.parents(place).is_empty())
    }

    /// Returns the revisions that several others revise.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 0 ── 1 ──┐
    /// //  └── 2 ── 3
    /// # let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
    /// assert_eq!(graph.branch_points(), [0]);
    /// ```
    #[must_use]
    #[inline]
    pub fn branch_points(&self) -> Vec<u32> {
        self.places(&|place| self.children(place).len() > 1)
    }

    /// Returns the revisions that revise several others.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 0 ── 1 ──┐
    /// //  └── 2 ── 3
    /// # let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
    /// assert_eq!(graph.merge_points(), [3]);
    /// ```
    #[must_use]
    #[inline]
    pub fn merge_points(&self) -> Vec<u32> {
        self.places(&|place| self.parents(place).len() > 1)
    }

    /// Returns the members that no other member revises or depends on, at whatever distance: the heads of an applied set.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 0 ── 1 ──┐
    /// //  └── 2 ── 3
    /// # let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
    /// assert_eq!(graph.heads_among(&[true, true, true, false]), [1, 2]);
    /// // One that was put in behind what is applied is no head of it.
    /// assert_eq!(graph.heads_among(&[true, false, false, true]), [3]);
    /// ```
    #[must_use]
    pub fn heads_among(&self, members: &[bool]) -> Vec<u32> {
        let mut needed = Vec::new();
        for place in self.places(&|place| members[place as usize]) {
            needed.extend_from_slice(self.parents(place));
            needed.extend_from_slice(self.dependencies(place));
        }
        let below = self.ancestors(&needed);
        self.places(&|place| members[place as usize] && !below[place as usize])
    }

    /// Returns `from` and all that they revise or depend on.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 0 ── 1 ──┐
    /// //  └── 2 ── 3
    /// # let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
    /// assert_eq!(graph.ancestors(&[1]), [true, true, false, false]);
    /// ```
    #[must_use]
    pub fn ancestors(&self, from: &[u32]) -> Members {
        self.reach(from, &|place| [self.parents(place), self.dependencies(place)])
    }

    /// Returns `from` and all that they revise, dependencies left out.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 1 depends on 0 and revises nothing.
    /// let graph = Graph::new(vec![vec![], vec![]], vec![vec![], vec![0]]);
    /// assert_eq!(graph.line_below(&[1]), [false, true]);
    /// assert_eq!(graph.ancestors(&[1]), [true, true]);
    /// ```
    #[must_use]
    pub fn line_below(&self, from: &[u32]) -> Members {
        self.reach(from, &|place| [self.parents(place), &[]])
    }

    /// Returns `from` and all that revise them, dependents left out.
    ///
    /// ```
    /// use revchain_core::graph::Graph;
    ///
    /// // 1 depends on 0 and revises nothing.
    /// let graph = Graph::new(vec![vec![], vec![]], vec![vec![], vec![0]]);
    /// assert_eq!(graph.line_above(&[0]), [true, false]);
    /// assert_eq!(graph.descendants(&[0]), [true, true]);
    /// ```
    #[must_use]
    pub fn line_above(&self, from: &[u32]) -> Members {
        self.reach(from, &|place| [self.children(place), &[]])
    }

    /// Returns `from` and all that revise or depend on them.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 0 ── 1 ──┐
    /// //  └── 2 ── 3
    /// # let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
    /// assert_eq!(graph.descendants(&[1]), [false, true, false, true]);
    /// ```
    #[must_use]
    pub fn descendants(&self, from: &[u32]) -> Members {
        self.reach(from, &|place| [self.children(place), self.dependents(place)])
    }

    /// Returns all places so that each comes after what it revises and depends on; among equals the lower place first.
    ///
    /// # Errors
    ///
    /// A circle: each revises or depends on the next, the last on the first.
    ///
    /// ```
    /// # use revchain_core::graph::Graph;
    /// // 0 ── 1 ──┐
    /// //  └── 2 ── 3
    /// # let graph = Graph::new(vec![vec![], vec![0], vec![0], vec![1, 2]], vec![vec![]; 4]);
    /// assert_eq!(graph.topological(), Ok(vec![0, 1, 2, 3]));
    ///
    /// let circle = Graph::new(vec![vec![1], vec![0]], vec![vec![]; 2]);
    /// assert_eq!(circle.topological(), Err(vec![0, 1]));
    /// ```
    pub fn topological(&self) -> Result<Vec<u32>, Vec<u32>> {
        let needs = |place: u32| self.parents(place).len() + self.dependencies(place).len();
        let mut waiting = Vec::with_capacity(self.len());
        for place in 0..self.len() as u32 {
            waiting.push(needs(place));
        }
        let mut ready = BinaryHeap::new();
        for place in self.places(&|place| needs(place) == 0) {
            ready.push(Reverse(place));
        }
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse(place)) = ready.pop() {
            order.push(place);
            for next in self.children(place).iter().chain(self.dependents(place)) {
                waiting[*next as usize] -= 1;
                if waiting[*next as usize] == 0 {
                    ready.push(Reverse(*next));
                }
            }
        }
        if order.len() == self.len() { Ok(order) } else { Err(self.circle(&waiting)) }
    }

    /// Walks from one that waits to one that it waits for, until a place comes again.
    fn circle(&self, waiting: &[usize]) -> Vec<u32> {
        let waits = |place: &u32| waiting[*place as usize] > 0;
        let Some(mut place) = self.places(&|place| waits(&place)).first().copied() else {
            return Vec::new();
        };
        let mut step_of = vec![u32::MAX; self.len()];
        let mut path: Vec<u32> = Vec::new();
        while step_of[place as usize] == u32::MAX {
            step_of[place as usize] = path.len() as u32;
            path.push(place);
            let mut next = None;
            for need in self.parents(place).iter().chain(self.dependencies(place)) {
                next = next.or(waits(need).then_some(*need));
            }
            let Some(next) = next else { return path };
            place = next;
        }
        path[step_of[place as usize] as usize..].to_vec()
    }

    pub(crate) fn places(&self, wanted: &dyn Fn(u32) -> bool) -> Vec<u32> {
        let mut places = Vec::new();
        for place in 0..self.len() as u32 {
            if wanted(place) {
                places.push(place);
            }
        }
        places
    }

    fn reach<'g>(&'g self, from: &[u32], next: &dyn Fn(u32) -> [&'g [u32]; 2]) -> Members {
        let mut reached = vec![false; self.len()];
        let mut stack = from.to_vec();
        while let Some(place) = stack.pop() {
            if !std::mem::replace(&mut reached[place as usize], true) {
                let [some, others] = next(place);
                stack.extend_from_slice(some);
                stack.extend_from_slice(others);
            }
        }
        reached
    }
}

/// For each place those that it leads to: one list for all, in which those of a place stand together.
#[derive(Clone, Debug, Default)]
struct Edges {
    to: Vec<u32>,
    /// Where the list of each place ends in `to`; it begins where that of the place before ends.
    ends: Vec<u32>,
}

impl Edges {
    /// Adds the next place.
    fn push(&mut self, to: &[u32]) {
        self.to.extend_from_slice(to);
        self.ends.push(self.to.len() as u32);
    }

    fn of(&self, place: u32) -> &[u32] {
        &self.to[self.start(place)..self.ends[place as usize] as usize]
    }

    fn start(&self, place: u32) -> usize {
        if place == 0 { 0 } else { self.ends[place as usize - 1] as usize }
    }

    /// Turns all edges round; the lists are in the order of the places.
    fn reversed(&self) -> Self {
        let mut ends = vec![0; self.ends.len()];
        for to in &self.to {
            ends[*to as usize] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            // Where the list begins; each edge that is put into it moves that on, to its end at last.
            sum += std::mem::replace(end, sum);
        }
        let mut reversed = vec![0; self.to.len()];
        for from in 0..self.ends.len() as u32 {
            for to in self.of(from) {
                let next = &mut ends[*to as usize];
                reversed[*next as usize] = from;
                *next += 1;
            }
        }
        Self { to: reversed, ends }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(length: u32) -> Graph {
        let parents = (0..length).map(|place| place.checked_sub(1).into_iter().collect()).collect();
        Graph::new(parents, vec![Vec::new(); length as usize])
    }

    #[test]
    fn a_line_of_ten_thousand_is_walked_without_recursion() {
        let graph = line(10_000);
        assert_eq!(graph.topological().map(|order| order.len()), Ok(10_000));
        assert!(graph.ancestors(&[9_999]).iter().all(|reached| *reached));
        assert_eq!((graph.heads(), graph.bases()), (vec![9_999], vec![0]));
    }

    #[test]
    fn a_circle_is_named_without_what_leads_to_it() {
        // 0 ← 1 ⇄ 2, and 3 hangs on the circle.
        let parents = vec![vec![], vec![0, 2], vec![1], vec![2]];
        let circle = Graph::new(parents, vec![vec![]; 4]).topological().unwrap_err();
        assert_eq!(circle, [1, 2]);
    }

    #[test]
    fn dependencies_order_but_do_not_make_a_head() {
        let graph = Graph::new(vec![vec![], vec![]], vec![vec![1], vec![]]);
        assert_eq!(graph.topological(), Ok(vec![1, 0]));
        assert_eq!(graph.heads(), [0, 1]);
    }
}
