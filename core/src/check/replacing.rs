//! Checks of what revisions replace: each must fit into the place of what it stands for.

use super::File;
use super::seals::Entries;
use crate::graph::Graph;
use crate::lock::Entry;
use crate::order::keep;
use crate::problem::{Fact, Named, Problem, ReplacementFault};
use crate::script::Replaces;
use crate::set::Replaced;

/// Places of files, by the place of a file.
pub(super) type Edges = Vec<Vec<u32>>;

/// Who replaces whom, by place of the files.
#[derive(Debug, Default)]
pub(super) struct Replacing {
    /// For each file the one that replaces it; empty where nothing is replaced.
    owner: Vec<Option<u32>>,
    /// For each file what it replaces, also in turn, in order.
    pub(super) lists: Vec<Vec<Replaced>>,
}

impl Replacing {
    /// Tells whether a file is in the chain, and not replaced.
    pub(super) fn stands(&self, file: u32) -> bool {
        self.owner_of(file).is_none()
    }

    /// Tells whether one of two files replaces the other, directly or in turn.
    pub(super) fn are_one(&self, left: u32, right: u32) -> bool {
        self.owners(left).any(|owner| owner == right)
            || self.owners(right).any(|owner| owner == left)
    }

    fn owner_of(&self, file: u32) -> Option<u32> {
        self.owner.get(file as usize).copied().flatten()
    }

    fn owners(&self, file: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(self.owner_of(file), |owner| self.owner_of(*owner))
    }

    /// Returns what stands for a file in the chain.
    pub(super) fn top(&self, file: u32) -> u32 {
        self.owners(file).last().unwrap_or(file)
    }

    /// Returns what stands for `target` where `file` stands: beside it one of its own range, else what replaces that.
    fn beside(&self, file: u32, target: u32) -> u32 {
        let mut stand = target;
        while let Some(owner) = self.owner_of(stand) {
            if self.owners(file).any(|own| own == owner) {
                break;
            }
            stand = owner;
        }
        stand
    }

    /// Moves edges to what stands for their targets.
    pub(super) fn moved(&self, edges: &Edges) -> Edges {
        let mut moved = Vec::with_capacity(edges.len());
        for (file, targets) in edges.iter().enumerate() {
            let mut stands = Vec::with_capacity(targets.len());
            for target in targets {
                let stand = self.beside(file as u32, *target);
                if !stands.contains(&stand) {
                    stands.push(stand);
                }
            }
            moved.push(stands);
        }
        moved
    }
}

/// The chain as its files write it down.
pub(super) struct Written<'w, 't> {
    pub(super) files: &'w [File<'t>],
    pub(super) parents: &'w Edges,
    pub(super) dependencies: &'w Edges,
    /// What the lock says.
    pub(super) entries: Option<&'w Entries<'w>>,
    /// Finds a file by its revision's id.
    pub(super) find: &'w dyn Fn(&str) -> Option<u32>,
    pub(super) meant: &'w dyn Fn(&str) -> Option<String>,
    pub(super) all_known: bool,
}

impl Written<'_, '_> {
    /// Finds out who replaces whom.
    ///
    /// # Errors
    ///
    /// A circle of the chain.
    pub(super) fn replacing(&self, problems: &mut Vec<Problem>) -> Result<Replacing, Vec<u32>> {
        let (mut replacing, mut left) = (Replacing::default(), Vec::new());
        for (place, file) in self.files.iter().enumerate() {
            replacing.owner.push(None);
            replacing.lists.push(Vec::new());
            if file.script.replaces.is_some() {
                left.push(place as u32);
            }
        }
        while !left.is_empty() {
            let inner =
                |place: u32| left.iter().any(|other| *other != place && self.names(place, *other));
            let Some(index) = left.iter().position(|place| !inner(*place)) else {
                problems.push(self.problem(left[0], ReplacementFault::Itself));
                break;
            };
            let place = left.remove(index);
            let Some(written) = self.files[place as usize].script.replaces else { continue };
            if let Err(fact) = self.replace(place, &written, &mut replacing)? {
                problems.push(self.files[place as usize].problem(written.whole.range(), fact));
            }
        }
        Ok(replacing)
    }

    /// Tells whether one replacer replaces another, as far as can be told before anything is replaced.
    fn names(&self, place: u32, other: u32) -> bool {
        let id = self.files[other as usize].script.revision.text;
        let ends = |replaces: Replaces<'_>| replaces.first.text == id || replaces.last.text == id;
        let listed = |entry: &Entry| entry.replaces.iter().any(|one| one.id == id);
        let file = &self.files[place as usize];
        file.script.replaces.is_some_and(ends) || self.entry(place).is_some_and(listed)
    }

    fn entry(&self, place: u32) -> Option<&Entry> {
        self.entries?.get(self.files[place as usize].script.revision.text)
    }

    fn id(&self, place: u32) -> String {
        self.files[place as usize].script.revision.text.to_owned()
    }

    fn named(&self, place: u32) -> Named {
        Named { id: self.id(place), path: self.files[place as usize].shown.clone() }
    }

    fn problem(&self, place: u32, fault: ReplacementFault) -> Problem {
        let file = &self.files[place as usize];
        let range = file.script.replaces.map_or(0..0, |replaces| replaces.whole.range());
        file.problem(range, Fact::UnsoundReplacement { id: self.id(place), fault })
    }

    /// Puts a revision into the place of what it replaces, or says why it does not fit there.
    fn replace(
        &self,
        place: u32,
        written: &Replaces<'_>,
        replacing: &mut Replacing,
    ) -> Result<Result<(), Fact>, Vec<u32>> {
        let (first, last) = ((self.find)(written.first.text), (self.find)(written.last.text));
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(self.pruned(place, written, first.is_some(), replacing));
        };
        let fault = |fault| Ok(Err(Fact::UnsoundReplacement { id: self.id(place), fault }));
        for end in [first, last] {
            if end == place {
                return fault(ReplacementFault::Itself);
            }
            if let Some(other) = replacing.owner_of(end) {
                let (replaced, other) = (self.id(end), self.named(other));
                return fault(ReplacementFault::Twice { replaced, other });
            }
        }
        // The chain as it stands now: what is replaced already needs nothing in it.
        let now = |edges: &Edges| {
            let mut edges = replacing.moved(edges);
            for (file, edges) in edges.iter_mut().enumerate() {
                if !replacing.stands(file as u32) {
                    edges.clear();
                }
            }
            edges
        };
        let graph = Graph::new(now(self.parents), now(self.dependencies));
        let order = graph.topological()?;
        let below = graph.line_below(&[last]);
        let mut inside = vec![false; self.files.len()];
        inside[first as usize] = first == last || below[first as usize];
        for member in &order {
            if below[*member as usize] {
                let above = graph.parents(*member).iter().any(|parent| inside[*parent as usize]);
                inside[*member as usize] |= above;
            }
        }
        let mut members = order.clone();
        keep(&mut members, &|member| inside[member as usize]);
        if members.is_empty() {
            let (first, last) = (self.id(first), self.id(last));
            return fault(ReplacementFault::NotARange { first, last });
        }
        if let Err(unfit) = self.fits(place, last, &members, &inside, &graph) {
            return fault(unfit);
        }
        for member in members {
            replacing.owner[member as usize] = Some(place);
            let inner = replacing.lists[member as usize].clone();
            let list = &mut replacing.lists[place as usize];
            for one in inner {
                list.push(Replaced { direct: false, ..one });
            }
            list.push(Replaced::direct(&self.id(member)));
        }
        Ok(Ok(()))
    }

    /// Checks that a revision fits into the place of `members`, of which `last` is the last.
    fn fits(
        &self,
        place: u32,
        last: u32,
        members: &[u32],
        inside: &[bool],
        graph: &Graph,
    ) -> Result<(), ReplacementFault> {
        let is_inside = |place: &u32| inside[*place as usize];
        if is_inside(&place) || graph.parents(place).iter().any(is_inside) {
            return Err(ReplacementFault::Itself);
        }
        let draft = |member: &&u32| self.entry(**member).is_some_and(Entry::is_draft);
        if let Some(member) = members.iter().find(draft) {
            return Err(ReplacementFault::Draft { replaced: self.id(*member) });
        }
        let mut expected = vec![false; graph.len()];
        for member in members {
            for child in graph.children(*member) {
                if *member != last && !is_inside(child) {
                    let (replaced, child) = (self.id(*member), self.named(*child));
                    return Err(ReplacementFault::Middle { replaced, child });
                }
            }
            for parent in graph.parents(*member) {
                expected[*parent as usize] |= !is_inside(parent);
            }
        }
        let mut parents = vec![false; graph.len()];
        for parent in graph.parents(place) {
            parents[*parent as usize] = true;
        }
        if parents != expected {
            let mut ids = Vec::new();
            for place in graph.places(&|place| expected[place as usize]) {
                ids.push(self.id(place));
            }
            return Err(ReplacementFault::Parents { expected: ids });
        }
        let outside =
            |member: &u32| graph.dependencies(*member).iter().find(|need| !is_inside(need));
        if members.iter().any(|member| outside(member).is_some()) {
            let needed = graph.ancestors(&[place]);
            for member in members {
                let needs = graph.dependencies(*member).iter().filter(|need| !is_inside(need));
                if let Some(need) = needs.into_iter().find(|need| !needed[**need as usize]) {
                    let (replaced, dependency) = (self.id(*member), self.id(*need));
                    return Err(ReplacementFault::Dependency { replaced, dependency });
                }
            }
        }
        Ok(())
    }

    /// Takes what the lock remembers of revisions whose files were dropped.
    fn pruned(
        &self,
        place: u32,
        written: &Replaces<'_>,
        has_first: bool,
        replacing: &mut Replacing,
    ) -> Result<(), Fact> {
        let list = self.entry(place).map(|entry| &*entry.replaces).unwrap_or_default();
        let mut direct = list.iter().filter(|one| one.direct);
        let ends = (direct.next(), direct.next_back());
        let remembered = match ends {
            (Some(first), None) => first.id == written.first.text && first.id == written.last.text,
            (Some(first), Some(last)) => {
                first.id == written.first.text && last.id == written.last.text
            }
            (None, _) => false,
        };
        let gone = |one: &Replaced| (self.find)(&one.id).is_none();
        if remembered && list.iter().filter(|one| one.direct).all(gone) || !self.all_known {
            replacing.lists[place as usize] = list.to_vec();
            return Ok(());
        }
        let missing = if has_first { written.last } else { written.first };
        let (id, replaced) = (self.id(place), missing.text.to_owned());
        Err(Fact::UnknownReplaced { id, replaced, meant: (self.meant)(missing.text) })
    }
}
