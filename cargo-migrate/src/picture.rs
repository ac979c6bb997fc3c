//! A picture of the graph: its revisions and all that is shown of them. `svg`, `mermaid` and `dot` write it down.

pub(crate) mod dot;
pub(crate) mod mermaid;
pub(crate) mod svg;

use std::collections::{HashMap, HashSet};

use revchain::Status;
use revchain_core::check::State;
use revchain_core::graph::Graph;
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::database_status::Stage;
use crate::layout::Layout;

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) name: String,
    /// By place in the graph: the revisions of the set, and behind them those that only the database knows.
    pub(crate) nodes: Vec<Node>,
    pub(crate) graph: Graph,
    pub(crate) layout: Layout,
}

/// A revision as it is drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) id: String,
    /// As much of the id as names it, eight characters at least.
    pub(crate) short: String,
    pub(crate) message: String,
    pub(crate) labels: Vec<String>,
    /// What is marked beside it, but for what is drawn.
    pub(crate) marks: Vec<&'static str>,
    pub(crate) is_draft: bool,
    /// Whether the file is not the one that was sealed.
    pub(crate) is_edited: bool,
    /// How far it is in the database, when one was asked.
    pub(crate) stage: Option<Stage>,
    /// Whether the database stands here: no other applied revision revises it.
    pub(crate) is_current: bool,
    json: Value,
}

/// How a revision looks: the most urgent of what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// No database was asked.
    Plain,
    Applied,
    Pending,
    Draft,
    HalfDone,
    Edited,
    Unknown,
}

/// The longest message that is shown whole, in characters.
const LONGEST: usize = 64;
/// The shortest beginning of an id that is shown.
const SHORTEST: usize = 8;

impl Picture {
    /// Takes all revisions of a chain, and those that a database has besides.
    pub(crate) fn of(chain: &Chain, name: String, status: Option<&Status>) -> Self {
        let count = chain.len();
        let mut nodes: Vec<Node> = (0..count).map(|place| node(chain, place)).collect();
        let places = 0..count;
        let mut parents: Vec<Vec<u32>> =
            places.clone().map(|place| chain.graph.parents(place).to_vec()).collect();
        let mut dependencies: Vec<Vec<u32>> =
            places.map(|place| chain.graph.dependencies(place).to_vec()).collect();
        let unknown = status.map(unknown).unwrap_or_default();
        let unknown_at: HashMap<&str, u32> =
            unknown.iter().map(|row| &*row.revision).zip(count..).collect();
        let place_of =
            |id: &String| chain.set.standing(id).or_else(|| unknown_at.get(&**id).copied());
        for row in &unknown {
            parents.push(row.parents.iter().filter_map(place_of).collect());
            dependencies.push(row.dependencies.iter().filter_map(place_of).collect());
            let is_current = status.is_some_and(|status| status.heads.contains(&row.revision));
            nodes.push(unknown_node(row, is_current));
        }
        let graph = Graph::new(parents, dependencies);
        let layout = Layout::of(&graph, &vec![true; graph.len()]);
        shorten(&mut nodes);
        Self { name, nodes, graph, layout }
    }

    /// Returns a revision by its place in the graph.
    pub(crate) fn node(&self, place: u32) -> &Node {
        &self.nodes[place as usize]
    }

    /// Returns all pairs of which the first is applied before the second: what is revised, and what is depended on.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (&Node, &Node, Kind)> {
        (0..self.graph.len() as u32).flat_map(move |place| {
            let from = move |kind| move |below: &u32| (self.node(*below), self.node(place), kind);
            let revised = self.graph.parents(place).iter().map(from(Kind::Revises));
            revised.chain(self.graph.dependencies(place).iter().map(from(Kind::DependsOn)))
        })
    }

    /// Returns nodes and edges as `--json` shows them.
    pub(crate) fn json(&self) -> Value {
        let node = |node: &Node| node.json.clone();
        let edge = |(below, above, kind): (&Node, &Node, Kind)| {
            let kind = match kind {
                Kind::Revises => "revises",
                Kind::DependsOn => "depends_on",
            };
            json!({"from": above.id, "to": below.id, "kind": kind})
        };
        json!({
            "nodes": self.nodes.iter().map(node).collect::<Vec<_>>(),
            "edges": self.edges().map(edge).collect::<Vec<_>>(),
        })
    }
}

/// Why one revision comes after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Revises,
    DependsOn,
}

impl Node {
    /// Returns how the revision looks.
    pub(crate) fn look(&self) -> Look {
        match self.stage {
            Some(Stage::Unknown) => Look::Unknown,
            Some(Stage::HalfDone) => Look::HalfDone,
            Some(Stage::Edited) => Look::Edited,
            _ if self.is_edited => Look::Edited,
            _ if self.is_draft => Look::Draft,
            Some(Stage::Applied) => Look::Applied,
            Some(Stage::Pending) => Look::Pending,
            None => Look::Plain,
        }
    }

    /// Returns the line above the message: `3f2a9c1b [label] (current) (head)`.
    pub(crate) fn heading(&self) -> String {
        let labels = self.labels.iter().map(|label| format!(" [{label}]"));
        let current = self.is_current.then_some("current");
        let marks = current.iter().chain(&self.marks).map(|mark| format!(" ({mark})"));
        std::iter::once(self.short.clone()).chain(labels).chain(marks).collect()
    }

    /// Returns the message, cut where it is too long.
    pub(crate) fn cut(&self) -> String {
        if self.message.chars().count() <= LONGEST {
            return self.message.clone();
        }
        let start: String = self.message.chars().take(LONGEST - 1).collect();
        format!("{}…", start.trim_end())
    }
}

impl Look {
    /// Returns the name of the look's class.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Draft => "draft",
            Self::HalfDone => "half-done",
            Self::Edited => "edited",
            Self::Unknown => "unknown",
        }
    }
}

fn node(chain: &Chain, place: u32) -> Node {
    let (revision, checked) = (chain.revision(place), chain.checked(place));
    let standing = chain.standing.as_ref();
    let is_drawn = |mark: &&str| ["branchpoint", "mergepoint", "current"].contains(mark);
    Node {
        id: revision.id.to_string(),
        message: revision.message.to_string(),
        labels: revision.labels.iter().map(ToString::to_string).collect(),
        marks: chain.marks(place).into_iter().filter(|mark| !is_drawn(mark)).collect(),
        is_draft: matches!(checked.state, State::Draft | State::Unlisted),
        is_edited: checked.state == State::Edited,
        stage: standing.map(|standing| standing.stage(place)),
        is_current: standing.is_some_and(|standing| standing.is_current(place)),
        json: chain.json(place),
        ..Node::default()
    }
}

fn unknown(status: &Status) -> Vec<&revchain::Applied> {
    let unknown: HashSet<&str> = status.unknown.iter().map(|one| &*one.revision).collect();
    status.applied.iter().filter(|row| unknown.contains(&*row.revision)).collect()
}

fn unknown_node(row: &revchain::Applied, is_current: bool) -> Node {
    let stage = Stage::Unknown;
    let json = json!({
        "revision": row.revision,
        "revises": row.parents,
        "depends_on": row.dependencies,
        "labels": [],
        "message": row.message,
        "created": null,
        "path": null,
        "state": null,
        "head": null,
        "database": stage.name(),
        "current": is_current,
    });
    let (id, message) = (row.revision.clone(), row.message.clone());
    let marks = stage.mark().into_iter().collect();
    Node { id, message, marks, stage: Some(stage), is_current, json, ..Node::default() }
}

/// Cuts each id where it is told apart from all others, which are compared without case.
fn shorten(nodes: &mut [Node]) {
    let ids: Vec<String> = nodes.iter().map(|node| node.id.to_ascii_lowercase()).collect();
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_unstable_by(|a, b| ids[*a].cmp(&ids[*b]));
    let mut lengths = vec![SHORTEST; ids.len()];
    for pair in order.windows(2) {
        let (a, b) = (&ids[pair[0]], &ids[pair[1]]);
        let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
        pair.iter().for_each(|at| lengths[*at] = lengths[*at].max(common + 1));
    }
    for (node, length) in nodes.iter_mut().zip(lengths) {
        node.short = node.id.chars().take(length).collect();
    }
}

#[cfg(test)]
pub(crate) mod tests;
