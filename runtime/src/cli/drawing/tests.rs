use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::Config;

use crate::cli::layout::Layout;
use crate::cli::layout::tests::{SHAPES, graph, graphs};

use super::draw;

fn drawn(layout: &Layout, coloured: bool, text: impl Fn(u32) -> String) -> String {
    let mut lines = Vec::new();
    draw(layout, coloured, text, |line| lines.push(line.to_owned()));
    lines.join("\n")
}

#[test]
fn every_shape_is_drawn_as_git_would() {
    let pictures = SHAPES.iter().map(|(name, parents, dependencies)| {
        let graph = graph(parents, dependencies);
        let layout = Layout::of(&graph, &vec![true; graph.len()]);
        format!("-- {name}\n{}\n", drawn(&layout, false, |place| place.to_string()))
    });
    insta::assert_snapshot!(pictures.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_line_that_leads_out_of_what_is_drawn_ends_in_a_tilde() {
    // 0 ── 1 ── 3 ── 4, and 2, which 3 merges.
    let graph = graph(&[&[], &[0], &[0], &[1, 2], &[3]], &[]);
    let part = |members: [bool; 5]| {
        drawn(&Layout::of(&graph, &members.to_vec()), false, |place| place.to_string())
    };
    let parts = [
        part([false, true, false, true, true]),
        part([false, false, true, true, false]),
        part([false, false, false, true, false]),
        part([true, true, false, false, false]),
    ];
    insta::assert_snapshot!(parts.join("\n--\n"));
}

#[test]
fn longer_texts_stand_beside_the_lines_that_go_on() {
    let graph = graph(&[&[], &[0], &[0], &[1, 2]], &[]);
    let layout = Layout::of(&graph, &vec![true; 4]);
    let text = |place: u32| format!("Rev: {place}\nParent: x\n\n    message\n\n");
    insta::assert_snapshot!(drawn(&layout, false, text));
}

#[test]
fn each_column_has_its_colour() {
    let graph = graph(&[&[], &[0], &[0]], &[]);
    let layout = Layout::of(&graph, &vec![true; 3]);
    let text = drawn(&layout, true, |place| place.to_string()).replace('\u{1b}', "^");
    insta::assert_snapshot!(text);
}

proptest! {
    #![proptest_config(Config { cases: 256, failure_persistence: None, ..Config::default() })]

    #[test]
    fn each_revision_is_drawn_once_in_its_column((graph, some) in graphs()) {
        let layout = Layout::of(&graph, &some);
        let text = drawn(&layout, false, |place| format!("#{place}"));
        let node = |line: &str| Some((line.find('*')?, line.split_once('#')?.1.to_owned()));
        let found: Vec<(usize, String)> = text.lines().filter_map(node).collect();
        let rows = layout.rows.iter();
        let expected: Vec<(usize, String)> =
            rows.map(|row| (2 * row.column as usize, row.place.to_string())).collect();
        prop_assert_eq!(found, expected);
        prop_assert!(text.lines().all(|line| !line.is_empty() && line.trim_end() == line));
    }
}
