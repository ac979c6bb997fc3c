//! The order in which revisions are taken.

use crate::folder::name_of;
use crate::graph::{Graph, Members};
use crate::order::order_of;
use crate::set::Set;

/// Returns the members, each before all that it revises or depends on: newest first.
///
/// It is the order of Alembic ("RevisionMap.iterate_revisions"), which keeps to one line for as long as it can: from the
/// first head in the order of the files down to a revision that another head needs too; there it goes on with the first of
/// those heads. What a merge revises besides its first parent waits behind the heads that are there.
///
/// Revisions between two members count, so that a member is never before one that needs it through others.
pub(super) fn newest_first(set: &Set, graph: &Graph, members: &Members) -> Vec<u32> {
    let mut walk = Order::new(set, graph, members);
    let mut order = Vec::new();
    let mut at = 0;
    while let Some(place) = walk.heads.get(at).copied() {
        if walk.waiting[place as usize] > 0 {
            at = walk.first_that_needs(place);
            continue;
        }
        if members[place as usize] {
            order.push(place);
        }
        walk.left[place as usize] = false;
        needs(graph, place).for_each(|need| walk.waiting[need as usize] -= 1);
        let mut next = walk.next(place).into_iter();
        walk.slot_of[place as usize] = NONE;
        match next.next() {
            Some(first) => {
                walk.heads[at] = first;
                walk.slot_of[first as usize] = walk.slots[at];
                next.for_each(|need| walk.begin(need));
            }
            None => {
                walk.heads.remove(at);
                walk.slots.remove(at);
                at = at.saturating_sub(1);
            }
        }
    }
    order
}

struct Order<'o> {
    graph: &'o Graph,
    /// Where the walk is on each line.
    heads: Vec<u32>,
    /// Numbers of the lines, which rise with their order.
    slots: Vec<u32>,
    /// The line on which the walk is at a revision; [`NONE`] for all others.
    slot_of: Vec<u32>,
    /// The revisions that are not taken yet.
    left: Members,
    /// How many of those that are left need a revision directly.
    waiting: Vec<u32>,
    /// When a revision was last seen by a search, and how many searches there were.
    seen: Vec<u32>,
    searches: u32,
}

impl<'o> Order<'o> {
    fn new(set: &Set, graph: &'o Graph, members: &Members) -> Self {
        let places = graph.places(&|place| members[place as usize]);
        let (above, mut left) = (graph.descendants(&places), graph.ancestors(&places));
        let mut waiting = vec![0; graph.len()];
        for place in 0..graph.len() {
            left[place] &= above[place];
            if left[place] {
                for need in needs(graph, place as u32) {
                    waiting[need as usize] += 1;
                }
            }
        }
        let heads = graph.places(&|place| members[place as usize] && waiting[place as usize] == 0);
        let heads = in_order_of_files(set, &heads);
        let mut order = Self {
            graph,
            heads: Vec::new(),
            slots: Vec::new(),
            slot_of: vec![NONE; graph.len()],
            left,
            waiting,
            seen: vec![0; graph.len()],
            searches: 0,
        };
        for head in heads {
            order.begin(head);
        }
        order
    }

    /// Begins a line, behind all others.
    fn begin(&mut self, head: u32) {
        let slot = self.slots.last().map_or(0, |slot| slot + 1);
        self.slots.push(slot);
        self.heads.push(head);
        self.slot_of[head as usize] = slot;
    }

    /// Returns what comes after a revision on its line, and what it needs besides.
    fn next(&mut self, place: u32) -> Vec<u32> {
        let mut next = Vec::new();
        for need in self.graph.parents(place).iter().chain(self.graph.dependencies(place)) {
            let (left, is_head) = (self.left[*need as usize], self.slot_of[*need as usize] != NONE);
            if left && !is_head && !next.contains(need) && !self.comes_later(place, *need) {
                next.push(*need);
            }
        }
        next
    }

    /// Tells whether a dependency of a revision is one of a revision below it too.
    fn comes_later(&self, place: u32, need: u32) -> bool {
        if self.graph.parents(place).contains(&need) {
            return false;
        }
        let others = self.graph.dependents(need);
        others.len() > 1 && {
            let below = self.graph.line_below(self.graph.parents(place));
            others.iter().any(|other| below[*other as usize])
        }
    }

    /// Returns the first of the heads that need a revision.
    fn first_that_needs(&mut self, place: u32) -> usize {
        self.searches += 1;
        match self.search_up(place) {
            Some(first) => first,
            None => {
                self.searches += 1;
                self.search_down(place)
            }
        }
    }

    /// Looks at all that need the revision, unless they are many.
    fn search_up(&mut self, place: u32) -> Option<usize> {
        let mut seen = vec![place];
        let mut next = 0;
        while let Some(at) = seen.get(next).copied() {
            next += 1;
            for above in self.graph.children(at).iter().chain(self.graph.dependents(at)) {
                let mark = &mut self.seen[*above as usize];
                if self.left[*above as usize] && *mark != self.searches {
                    *mark = self.searches;
                    seen.push(*above);
                }
            }
            if seen.len() > MANY {
                return None;
            }
        }
        let mut first = NONE;
        for place in &seen[1..] {
            first = first.min(self.slot_of[*place as usize]);
        }
        self.slots.binary_search(&first).ok()
    }

    /// Follows the heads down, one after another, until one leads to the revision: the first of many soon does.
    fn search_down(&mut self, place: u32) -> usize {
        let mut stack = Vec::new();
        for (index, head) in self.heads.iter().enumerate() {
            stack.push(*head);
            while let Some(at) = stack.pop() {
                for need in needs(self.graph, at) {
                    if need == place {
                        return index;
                    }
                    // Places are in the order of the chain: below the revision nothing leads to it.
                    let mark = &mut self.seen[need as usize];
                    if need > place && self.left[need as usize] && *mark != self.searches {
                        *mark = self.searches;
                        stack.push(need);
                    }
                }
            }
        }
        0
    }
}

/// No line.
const NONE: u32 = u32::MAX;
/// How many revisions are looked at before it is tried the other way round.
const MANY: usize = 100;

fn needs(graph: &Graph, place: u32) -> impl Iterator<Item = u32> {
    graph.parents(place).iter().chain(graph.dependencies(place)).copied()
}

/// Returns places in the order of their files.
pub(super) fn in_order_of_files(set: &Set, places: &[u32]) -> Vec<u32> {
    let mut keys = Vec::with_capacity(places.len());
    for place in places {
        let path = &*set.revisions[*place as usize].path;
        keys.push(format!("{}\0{path}", name_of(path)));
    }
    let mut sorted = Vec::with_capacity(places.len());
    for at in order_of(&keys) {
        sorted.push(places[at as usize]);
    }
    sorted
}
