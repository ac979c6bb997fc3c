use revchain_core::graph::Graph;
use serde_json::Value;

use super::{Node, Picture, dot, mermaid, shorten, svg};
use crate::database_status::Stage;
use crate::layout::Layout;

/// Makes a picture of as many revisions with branches, merges, dependencies and all states: the older three quarters are
/// applied.
pub(crate) fn generated(count: u32) -> Picture {
    let mut random = 0x9e37_79b9_u32;
    let mut next = move |below: u32| {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        random % below
    };
    let (mut parents, mut dependencies) = (Vec::<Vec<u32>>::new(), Vec::<Vec<u32>>::new());
    let mut heads: Vec<u32> = Vec::new();
    let mut nodes = Vec::new();
    for place in 0..count {
        let mut own = Vec::new();
        match next(12) {
            _ if place == 0 => {}
            // A branch from one of the last.
            0..3 if heads.len() < 6 => own.push(place - 1 - next(place.min(8))),
            // A merge of two or three.
            3..5 if heads.len() > 1 => {
                let merged = 2 + next(2).min(heads.len() as u32 - 2);
                for _ in 0..merged {
                    own.push(heads.swap_remove(next(heads.len() as u32) as usize));
                }
            }
            _ => own.push(heads[next(heads.len() as u32) as usize]),
        }
        own.sort_unstable();
        heads.retain(|head| !own.contains(head));
        heads.push(place);
        let depends = place > 4 && next(10) == 0;
        let far = (0..place).rev().find(|other| !own.contains(other) && next(4) == 0);
        dependencies.push(far.into_iter().filter(|_| depends).collect());
        parents.push(own);
        nodes.push(node(place, next(u32::MAX), place < count * 3 / 4));
    }
    let graph = Graph::new(parents, dependencies);
    let applied: Vec<bool> = (0..count).map(|place| place < count * 3 / 4).collect();
    for place in graph.heads_among(&applied) {
        nodes[place as usize].is_current = true;
    }
    for place in graph.heads() {
        nodes[place as usize].marks.insert(0, "head");
    }
    shorten(&mut nodes);
    let layout = Layout::of(&graph, &vec![true; graph.len()]);
    Picture { name: "generated".to_owned(), nodes, graph, layout }
}

const MESSAGES: [&str; 8] = [
    "create users",
    "add a note to places",
    "write addresses in lower case",
    "merge preferences and titles, and give each trip a place where it begins and one where it ends",
    "index trips",
    "WIDE LETTERS: MWMWMWMW \"quoted\" <tag> & more",
    "forget the name of a trip",
    "旅程の場所を番号で並べる",
];

fn node(place: u32, random: u32, applied: bool) -> Node {
    let stage = match (applied, random % 40) {
        (true, 0) => Stage::Edited,
        (true, 1) => Stage::Unknown,
        (false, 2) => Stage::HalfDone,
        (true, _) => Stage::Applied,
        (false, _) => Stage::Pending,
    };
    let is_draft = !applied && random.is_multiple_of(3);
    Node {
        id: format!("{:08x}{place:04x}", random ^ place.wrapping_mul(0x9e37_79b9)),
        message: MESSAGES[(random >> 8) as usize % MESSAGES.len()].to_owned(),
        labels: if random.is_multiple_of(17) { vec!["payments".to_owned()] } else { Vec::new() },
        marks: is_draft.then_some("draft").into_iter().chain(stage.mark()).collect(),
        is_draft,
        stage: Some(stage),
        json: Value::Null,
        ..Node::default()
    }
}

/// To look at: `REVCHAIN_PICTURES=FOLDER cargo test -p cargo-migrate pictures`.
#[test]
fn pictures_of_any_size_are_written() {
    for count in [0, 1, 5, 13, 60, 500] {
        let picture = generated(count);
        let texts = [
            ("svg", svg::write(&picture)),
            ("mmd", mermaid::write(&picture)),
            ("dot", dot::write(&picture)),
        ];
        for (ending, text) in texts {
            let named = picture.nodes.iter().filter(|node| text.contains(&node.short)).count();
            assert_eq!(named, count as usize, "{ending}");
            if let Some(folder) = std::env::var_os("REVCHAIN_PICTURES") {
                let path = std::path::Path::new(&folder).join(format!("{count}.{ending}"));
                std::fs::write(path, text).expect("the folder is there");
            }
        }
    }
}
