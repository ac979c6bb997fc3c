//! Checks of the chain: ids, labels, parents, dependencies, heads and bases.

use std::borrow::Cow;

use super::replacing::{Edges, Replacing, Written};
use super::seals::Entries;
use super::{CheckedRevision, File};
use crate::graph::{Graph, Members};
use crate::lock::is_revision_id;
use crate::map::Places;
use crate::order::{arrange, keep};
use crate::problem::{Fact, Named, Problem};
use crate::script::Value;
use crate::set::{Heads, Replaced, Settings};
use crate::target::is_name;
use crate::text::did_you_mean;

/// Words that a target, a header or the lock gives a meaning.
pub const RESERVED: [&str; 5] = ["base", "head", "heads", "current", "draft"];

/// A sound chain: where each file goes, and what it revises, depends on and replaces, by place of the files.
pub(super) struct Order {
    /// The chain, and behind it what is replaced.
    order: Vec<u32>,
    /// How many are of the chain.
    pub(super) standing: usize,
    graph: Graph,
    replaces: Vec<Vec<Replaced>>,
}

impl Order {
    /// Tells revisions, given in the order of the files, what they replace.
    pub(super) fn tell(&self, revisions: &mut [CheckedRevision]) {
        for (checked, list) in revisions.iter_mut().zip(&self.replaces) {
            checked.revision.replaces = Cow::Owned(list.clone());
        }
    }

    /// Puts revisions, given in the order of the files, into the order of the chain.
    pub(super) fn arrange(self, revisions: &mut [CheckedRevision]) {
        let mut place_of = vec![0; self.order.len()];
        for (place, file) in self.order.iter().enumerate() {
            place_of[*file as usize] = place as u32;
        }
        let places = |files: &[u32]| {
            let mut places = files.to_vec();
            for place in &mut places {
                *place = place_of[*place as usize];
            }
            Cow::Owned(places)
        };
        arrange(&self.order, &mut |left, right| revisions.swap(left, right));
        for (checked, file) in revisions.iter_mut().zip(&self.order) {
            checked.revision.parents = places(self.graph.parents(*file));
            checked.revision.dependencies = places(self.graph.dependencies(*file));
        }
    }
}

/// Checks the chain and returns its order, when it is sound.
pub(super) fn check(
    files: &[File<'_>],
    settings: &Settings,
    entries: Option<&Entries<'_>>,
    all_known: bool,
    problems: &mut Vec<Problem>,
) -> Option<Order> {
    let before = problems.len();
    let mut ids = Vec::with_capacity(files.len());
    for file in files {
        ids.push(file.script.revision.text.to_ascii_lowercase());
    }
    let mut chain = Chain {
        files,
        entries,
        all_known,
        ids: Places::default(),
        pruned: Places::default(),
        labels: Places::default(),
        shared: Vec::new(),
        problems,
    };
    chain.names(&ids);
    chain.remember_pruned();
    let (parents, dependencies) = chain.edges();
    let replacing = match chain.replacing(&parents, &dependencies) {
        Ok(replacing) => replacing,
        Err(circle) => return chain.circle(&circle),
    };
    chain.labels_apart(&replacing);
    let (parents, dependencies) = (replacing.moved(&parents), replacing.moved(&dependencies));
    let graph = Graph::new(parents, dependencies);
    let sorted = match graph.topological() {
        Ok(sorted) => sorted,
        Err(circle) => return chain.circle(&circle),
    };
    // What is replaced goes behind the chain: nothing of the chain needs it.
    let (mut order, mut replaced) = (Vec::with_capacity(sorted.len()), Vec::new());
    for place in sorted {
        if replacing.stands(place) { order.push(place) } else { replaced.push(place) }
    }
    let standing = order.len();
    order.append(&mut replaced);
    let sound = chain.problems.len() == before;
    if all_known && sound && settings.heads == Heads::One {
        chain.ends(&graph, &replacing);
    }
    let replaces = replacing.lists;
    sound.then_some(Order { order, standing, graph, replaces })
}

struct Chain<'c, 't> {
    files: &'c [File<'t>],
    entries: Option<&'c Entries<'c>>,
    all_known: bool,
    /// Ids in lower case.
    ids: Places<'c>,
    /// Ids of revisions whose files were dropped, and who replaces them.
    pruned: Places<'c>,
    labels: Places<'t>,
    /// Labels that stand twice, each with the two files.
    shared: Vec<(Value<'t>, u32, u32)>,
    problems: &'c mut Vec<Problem>,
}

impl<'c, 't> Chain<'c, 't> {
    fn names(&mut self, ids: &'c [String]) {
        for (place, file) in self.files.iter().enumerate() {
            let id = file.script.revision;
            self.name(file, id, is_revision_id);
            let other = self.ids.insert_first(Cow::Borrowed(&ids[place]), place as u32);
            if other != place as u32 {
                let fact =
                    Fact::DuplicateRevision { id: id.text.to_owned(), other: self.named(other) };
                self.problems.push(file.problem(id.range(), fact));
            }
        }
        for (place, file) in self.files.iter().enumerate() {
            for label in &file.script.labels {
                self.name(file, *label, is_name);
                if let Some(other) = self.ids.get(&label.text.to_ascii_lowercase()) {
                    self.duplicate_label(*label, place as u32, other);
                } else if let Some(other) = self.labels.insert(label.text.into(), place as u32) {
                    self.shared.push((*label, place as u32, other));
                    // A replacer may have the label of what it replaces, whose id is the one that counts.
                    if self.files[other as usize].script.replaces.is_none() {
                        self.labels.insert(label.text.into(), other);
                    }
                }
            }
        }
    }

    fn duplicate_label(&mut self, label: Value<'t>, place: u32, other: u32) {
        let fact = Fact::DuplicateLabel { label: label.text.to_owned(), other: self.named(other) };
        self.problems.push(self.files[place as usize].problem(label.range(), fact));
    }

    /// Refuses a label on two revisions of which none replaces the other.
    fn labels_apart(&mut self, replacing: &Replacing) {
        for (label, place, other) in std::mem::take(&mut self.shared) {
            if !replacing.are_one(place, other) {
                self.duplicate_label(label, place, other);
            }
        }
    }

    /// Takes the ids of what was replaced and has no file any more from the lock.
    fn remember_pruned(&mut self) {
        let files = self.files;
        for direct in [true, false] {
            for (place, file) in files.iter().enumerate() {
                let entries = self.entries.filter(|_| file.script.replaces.is_some());
                let entry = entries.and_then(|entries| entries.get(file.script.revision.text));
                for one in entry.iter().flat_map(|entry| &entry.replaces) {
                    if one.direct == direct && self.file(&one.id).is_none() {
                        self.pruned.insert_first(Cow::Borrowed(&one.id), place as u32);
                    }
                }
            }
        }
    }

    fn replacing(&mut self, parents: &Edges, dependencies: &Edges) -> Result<Replacing, Vec<u32>> {
        let mut problems = Vec::new();
        let (find, meant) = (|id: &str| self.file(id), |id: &str| self.meant(id));
        let written = Written {
            files: self.files,
            parents,
            dependencies,
            entries: self.entries,
            find: &find,
            meant: &meant,
            all_known: self.all_known,
        };
        let replacing = written.replacing(&mut problems);
        self.problems.append(&mut problems);
        replacing
    }

    fn circle(&mut self, circle: &[u32]) -> Option<Order> {
        let file = &self.files[circle[0] as usize];
        let mut ids = Vec::with_capacity(circle.len());
        for place in circle {
            ids.push(self.named(*place).id);
        }
        self.problems.push(file.problem(file.script.revision.range(), Fact::Cycle { ids }));
        None
    }

    fn name(&mut self, file: &File<'t>, name: Value<'t>, is_sound: fn(&str) -> bool) {
        let text = name.text.to_owned();
        if RESERVED.contains(&name.text.to_ascii_lowercase().as_str()) {
            self.problems.push(file.problem(name.range(), Fact::ReservedName { name: text }));
        } else if !is_sound(name.text) {
            self.problems.push(file.problem(name.range(), Fact::InvalidId { name: text }));
        }
    }

    fn edges(&mut self) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
        let files = self.files;
        let (mut parents, mut dependencies) = (Vec::new(), Vec::new());
        for file in files {
            parents.push(self.parents(file));
        }
        for file in files {
            dependencies.push(self.dependencies(file));
        }
        (parents, dependencies)
    }

    fn parents(&mut self, file: &File<'t>) -> Vec<u32> {
        let script = &file.script;
        let id = || script.revision.text.to_owned();
        let mut parents = Vec::new();
        for parent in &script.revises {
            let named = || parent.text.to_owned();
            let found = self.place(parent.text);
            let fact = match found {
                _ if parent.text == script.revision.text => Fact::SelfReference { id: id() },
                Some(place) if parents.contains(&place) => {
                    Fact::RedundantDependency { id: id(), dependency: named() }
                }
                Some(place) => {
                    parents.push(place);
                    continue;
                }
                None if !self.all_known => continue,
                None => Fact::UnknownParent {
                    id: id(),
                    parent: named(),
                    meant: self.meant(parent.text),
                },
            };
            self.problems.push(file.problem(parent.range(), fact));
        }
        parents
    }

    fn dependencies(&mut self, file: &File<'t>) -> Vec<u32> {
        let script = &file.script;
        let id = || script.revision.text.to_owned();
        let mut dependencies = Vec::new();
        for dependency in &script.depends_on {
            let named = || dependency.text.to_owned();
            let by_label = || self.labels.get(dependency.text);
            let found = self.place(dependency.text).or_else(by_label);
            let itself = found.is_some_and(|place| {
                self.files[place as usize].script.revision.start == script.revision.start
                    && self.files[place as usize].path == file.path
            });
            let is_parent = |place: u32| {
                let other = self.files[place as usize].script.revision.text;
                script.revises.iter().any(|parent| parent.text == other)
            };
            let fact = match found {
                _ if itself => Fact::SelfReference { id: id() },
                Some(place) if dependencies.contains(&place) || is_parent(place) => {
                    Fact::RedundantDependency { id: id(), dependency: named() }
                }
                Some(place) => {
                    dependencies.push(place);
                    continue;
                }
                None if !self.all_known => continue,
                None => {
                    let meant = self.meant(dependency.text);
                    Fact::UnknownDependency { id: id(), dependency: named(), meant }
                }
            };
            self.problems.push(file.problem(dependency.range(), fact));
        }
        dependencies
    }

    /// Finds a file by its revision's id, or by that of one that it replaces and that has no file any more.
    fn place(&self, id: &str) -> Option<u32> {
        self.file(id).or_else(|| self.pruned.get(id))
    }

    /// Finds a file by its revision's id, written as it is there.
    fn file(&self, id: &str) -> Option<u32> {
        let place = self.ids.get(&id.to_ascii_lowercase());
        place.filter(|place| self.files[*place as usize].script.revision.text == id)
    }

    fn meant(&self, id: &str) -> Option<String> {
        let mut ids = Vec::with_capacity(self.files.len());
        for file in self.files {
            ids.push(file.script.revision.text);
        }
        did_you_mean(id, &ids).map(str::to_owned)
    }

    /// Refuses a second head or base that no label tells apart.
    fn ends(&mut self, graph: &Graph, replacing: &Replacing) {
        let standing = |mut places: Vec<u32>| {
            keep(&mut places, &|place| replacing.stands(place));
            places
        };
        self.labels.moved(&|place| replacing.top(place));
        let heads = standing(graph.heads());
        if heads.len() > 1 && !self.told_apart(&heads, &|head| graph.line_below(&[head])) {
            let fact = Fact::MultipleHeads { heads: self.all_named(&heads) };
            self.end_problem(&heads, fact);
        }
        let bases = standing(graph.bases());
        let only = |base| {
            let mut members = vec![false; graph.len()];
            members[base as usize] = true;
            members
        };
        if bases.len() > 1 && !self.told_apart(&bases, &only) {
            let fact = Fact::MultipleBases { bases: self.all_named(&bases) };
            self.end_problem(&bases, fact);
        }
    }

    /// Tells whether all ends but one have a label on their line that no other end has.
    fn told_apart(&self, ends: &[u32], line: &dyn Fn(u32) -> Members) -> bool {
        let mut lines = Vec::with_capacity(ends.len());
        for end in ends {
            lines.push(line(*end));
        }
        let mut has_own_label = vec![false; ends.len()];
        for (place, file) in self.files.iter().enumerate() {
            if file.script.labels.is_empty() {
                continue;
            }
            let (mut count, mut last) = (0, 0);
            for (index, line) in lines.iter().enumerate() {
                if line[place] {
                    (count, last) = (count + 1, index);
                }
            }
            has_own_label[last] |= count == 1;
        }
        let mut without = 0;
        for has in has_own_label {
            without += usize::from(!has);
        }
        without <= 1
    }

    /// The newest end is where somebody is working: the problem is shown there.
    fn end_problem(&mut self, ends: &[u32], fact: Fact) {
        let mut newest = 0;
        for place in ends {
            newest = newest.max(*place);
        }
        let file = &self.files[newest as usize];
        let range = file.script.revises.first().unwrap_or(&file.script.revision).range();
        self.problems.push(file.problem(range, fact));
    }

    fn all_named(&self, places: &[u32]) -> Vec<Named> {
        let mut named = Vec::with_capacity(places.len());
        for place in places {
            named.push(self.named(*place));
        }
        named
    }

    fn named(&self, place: u32) -> Named {
        let file = &self.files[place as usize];
        Named { id: file.script.revision.text.to_owned(), path: file.shown.clone() }
    }
}
