use proptest::prelude::{Strategy, any, prop, proptest};
use proptest::test_runner::Config;
use revchain_core::graph::{Graph, Members};

use super::{Course, Layout};

/// A name, for each place what it revises, and pairs of which the first depends on the second.
type Shape = (&'static str, &'static [&'static [u32]], &'static [(u32, u32)]);

pub const SHAPES: &[Shape] = &[
    ("nothing", &[], &[]),
    ("one", &[&[]], &[]),
    ("line", &[&[], &[0], &[1]], &[]),
    ("branch", &[&[], &[0], &[1], &[1]], &[]),
    ("three branches", &[&[], &[0], &[0], &[1], &[0]], &[]),
    ("diamond", &[&[], &[0], &[0], &[1, 2]], &[]),
    ("diamond with a long side", &[&[], &[0], &[0], &[1], &[2, 3], &[4]], &[]),
    ("octopus", &[&[], &[0], &[0], &[0], &[0], &[1, 2, 3, 4], &[5]], &[]),
    ("criss-cross", &[&[], &[0], &[0], &[1, 2], &[2, 1], &[3, 4]], &[]),
    ("several bases", &[&[], &[], &[0], &[1], &[2, 3], &[]], &[]),
    ("bases alone", &[&[], &[], &[]], &[]),
    ("dependency only", &[&[], &[], &[0], &[1]], &[(3, 0)]),
    ("dependencies", &[&[], &[], &[0], &[1], &[2], &[3]], &[(3, 0), (4, 1), (5, 0)]),
    ("merge of a branch with its base", &[&[], &[0], &[1], &[0, 2]], &[]),
    ("merge across a branch", &[&[], &[0], &[0], &[0], &[1, 3], &[2]], &[]),
    ("branches within branches", &[&[], &[0], &[1], &[1], &[0], &[2, 3], &[4, 5], &[4]], &[]),
    (
        "far lines",
        &[&[], &[0], &[0], &[0], &[1], &[2], &[3], &[4, 5, 6], &[4, 6], &[1, 2, 3], &[8, 9]],
        &[],
    ),
];

pub fn graph(parents: &[&[u32]], dependencies: &[(u32, u32)]) -> Graph {
    let mut lists = vec![Vec::new(); parents.len()];
    dependencies.iter().for_each(|(from, to)| lists[*from as usize].push(*to));
    Graph::new(parents.iter().map(|list| list.to_vec()).collect(), lists)
}

#[test]
fn every_shape_is_laid_out_soundly() {
    for (name, parents, dependencies) in SHAPES {
        let graph = graph(parents, dependencies);
        check(&graph, &vec![true; graph.len()]).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    }
}

#[test]
fn columns_are_used_again() {
    // Fifty branches of a line, each merged before the next begins.
    let mut parents: Vec<Vec<u32>> = vec![vec![]];
    for round in 0..50 {
        let before = 3 * round;
        parents.extend([vec![before], vec![before], vec![before + 1, before + 2]]);
    }
    let graph = Graph::new(parents, vec![Vec::new(); 151]);
    assert_eq!(Layout::of(&graph, &vec![true; 151]).columns, 2);
    // A base with two hundred heads.
    let star = (0..201).map(|place| if place == 0 { vec![] } else { vec![0] }).collect();
    let graph = Graph::new(star, vec![Vec::new(); 201]);
    assert_eq!(Layout::of(&graph, &vec![true; 201]).columns, 2);
}

#[test]
fn branches_are_not_mixed_and_the_newest_head_is_first() {
    let graph = graph(&[&[], &[0], &[0], &[1], &[2]], &[]);
    let places = |graph: &Graph| -> Vec<u32> {
        Layout::of(graph, &vec![true; graph.len()]).rows.iter().map(|row| row.place).collect()
    };
    assert_eq!(places(&graph), [4, 2, 3, 1, 0]);
}

#[test]
fn ten_thousand_revisions_need_no_recursion() {
    let line = (0..10_000u32).map(|place| place.checked_sub(1).into_iter().collect()).collect();
    let graph = Graph::new(line, vec![Vec::new(); 10_000]);
    let layout = Layout::of(&graph, &vec![true; 10_000]);
    assert_eq!((layout.rows.len(), layout.columns), (10_000, 1));
}

/// Graphs whose revisions revise and depend on any that come before, and some of their members.
pub fn graphs() -> impl Strategy<Value = (Graph, Members)> {
    let revision = (prop::collection::vec(any::<u32>(), 0..4), any::<u32>(), 0..8u32, 0..4u32);
    prop::collection::vec(revision, 0..40).prop_map(|revisions| {
        let (mut parents, mut dependencies, mut members) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (picks, dependency, near, member)) in revisions.into_iter().enumerate() {
            let place = place as u32;
            // Near ones make long branches, far ones make knots.
            let pick = |number: u32| match near {
                0 => number % place,
                near => place - 1 - number % near.min(place),
            };
            let mut own: Vec<u32> = picks.into_iter().filter(|_| place > 0).map(pick).collect();
            own.sort_unstable();
            own.dedup();
            let depends = place > 0 && dependency % 5 == 0 && !own.contains(&(dependency % place));
            dependencies.push(if depends { vec![dependency % place] } else { Vec::new() });
            parents.push(own);
            members.push(member > 0);
        }
        (Graph::new(parents, dependencies), members)
    })
}

proptest! {
    #![proptest_config(Config { cases: 512, failure_persistence: None, ..Config::default() })]

    #[test]
    fn each_edge_is_drawn_once_and_no_line_meets_another_revision((graph, some) in graphs()) {
        check(&graph, &vec![true; graph.len()]).unwrap();
        check(&graph, &some).unwrap();
    }
}

/// Follows all lines from row to row.
fn check(graph: &Graph, members: &Members) -> Result<(), String> {
    let layout = Layout::of(graph, members);
    let wanted = members.iter().filter(|member| **member).count();
    expect(layout.rows.len() == wanted, "a revision is missing, or there twice")?;
    let mut row_of = vec![None; graph.len()];
    // The revision to which the line in each column leads.
    let mut lines: Vec<Option<u32>> = vec![None; layout.columns as usize];
    for (index, row) in layout.rows.iter().enumerate() {
        let place = row.place;
        expect(row_of[place as usize].replace(index).is_none(), "a revision has two rows")?;
        let above = graph.children(place).iter().chain(graph.dependents(place));
        let mut above = above.filter(|one| members[**one as usize]);
        expect(above.all(|one| row_of[*one as usize].is_some()), "a revision is above its child")?;
        let column = row.column as usize;
        expect(lines[column].is_none_or(|to| to == place), "a line runs through a revision")?;
        lines[column] = None;
        expect(!lines.contains(&Some(place)), "a line does not come to its revision")?;
        let drawn: Vec<u32> = row.lines.iter().map(|line| line.parent).collect();
        expect(drawn == graph.parents(place), "an edge is not drawn exactly once")?;
        if let Some(other) = row.takes {
            expect(row.lines.len() == 1, "a merge takes a line in")?;
            let taken = lines[other as usize].take();
            expect(taken == Some(row.lines[0].parent), "a line is taken to another revision")?;
            expect(other > row.column, "a line is taken from the left")?;
        }
        let mut ends = Vec::new();
        for line in &row.lines {
            let there = &mut lines[line.column as usize];
            match line.course {
                Course::Joins => {
                    expect(*there == Some(line.parent), "a line joins a strange one")?;
                }
                course => {
                    expect(there.is_none(), "two lines share a column")?;
                    *there = Some(line.parent);
                    let out = course == Course::LeadsOut;
                    expect(out != members[line.parent as usize], "a line ends wrongly")?;
                    ends.extend(out.then_some(line.column));
                }
            }
        }
        ends.into_iter().for_each(|column| lines[column as usize] = None);
    }
    expect(lines.iter().all(Option::is_none), "a line leads nowhere")?;
    check_dependencies(graph, members, &layout)
}

fn check_dependencies(graph: &Graph, members: &Members, layout: &Layout) -> Result<(), String> {
    let place = |row: &u32| layout.rows[*row as usize].place;
    let mut drawn = Vec::new();
    for (index, line) in layout.dependencies.iter().enumerate() {
        expect(line.column < layout.dependency_columns, "a dependency has no column")?;
        drawn.extend(line.dependents.iter().map(|row| (place(row), place(&line.row))));
        for other in &layout.dependencies[..index] {
            let apart = other.row < line.dependents[0] || line.row < other.dependents[0];
            expect(apart || other.column != line.column, "two dependencies share a column")?;
        }
    }
    drawn.sort_unstable();
    let mut wanted: Vec<(u32, u32)> = Vec::new();
    for from in (0..graph.len() as u32).filter(|place| members[*place as usize]) {
        let to = graph.dependencies(from).iter().filter(|to| members[**to as usize]);
        wanted.extend(to.map(|to| (from, *to)));
    }
    wanted.sort_unstable();
    expect(drawn == wanted, "a dependency is not drawn exactly once")
}

fn expect(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}
