use revchain_core::graph::Graph;
use roxmltree::{Document, Node as Element};

use super::write;
use crate::layout::Layout;
use crate::picture::Picture;
use crate::picture::tests::generated;

/// Returns how far to the right a path comes; of curves, the points that they are drawn by.
fn right_end(path: &str) -> i32 {
    let (mut x, mut right) = (0, 0);
    let commands = path.split_inclusive(|c: char| c.is_ascii_alphabetic());
    let mut command = ' ';
    for piece in commands {
        let numbers = piece.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let numbers = numbers.replace('-', " -");
        let numbers: Vec<i32> =
            numbers.split_whitespace().map(|number| number.parse().expect("a number")).collect();
        let xs = numbers.iter().step_by(2).map(|dx| x + dx).collect::<Vec<i32>>();
        x = match (command, &numbers[..]) {
            ('M', [to, _]) | ('H', [to]) => *to,
            ('h', [by]) => x + by,
            ('q' | 'c' | 'l', _) => {
                right = right.max(xs.iter().copied().max().unwrap_or(x));
                xs.last().copied().unwrap_or(x)
            }
            ('V' | 'v' | 'z' | 'a' | ' ', _) => x,
            other => panic!("a strange command: {other:?}"),
        };
        right = right.max(x);
        command = piece.chars().last().unwrap_or(' ');
    }
    right
}

fn number(element: &Element<'_, '_>, name: &str) -> i32 {
    element.attribute(name).and_then(|value| value.parse().ok()).expect("it is a number")
}

#[test]
fn no_text_is_where_lines_or_other_texts_are() {
    for count in [1, 5, 13, 60, 500] {
        let svg = write(&generated(count));
        let document = Document::parse(&svg).expect("it is XML");
        let all = || document.descendants();
        let named = |name: &'static str| all().filter(move |node| node.has_tag_name(name));
        let lines = named("path").map(|path| right_end(path.attribute("d").expect("it has one")));
        let nodes = named("circle").map(|node| number(&node, "cx") + number(&node, "r"));
        let right = lines.chain(nodes).max().expect("there are nodes");
        let mut rows = Vec::new();
        for text in named("text") {
            assert!(number(&text, "x") > right, "{count}: text begins left of {right}");
            rows.push((number(&text, "y"), number(&text, "x")));
        }
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), 2 * count as usize, "an id and a message in each row");
        let heights = rows.windows(2).map(|pair| pair[1].0 - pair[0].0);
        assert!(heights.into_iter().all(|height| height == 0 || height == 24));
    }
}

#[test]
fn a_line_that_leads_out_ends_before_the_next_row() {
    let mut picture = generated(3);
    picture.graph = Graph::new(vec![vec![], vec![0], vec![0, 1]], vec![vec![]; 3]);
    let out = |picture: &Picture| {
        let svg = write(picture);
        svg.lines().find(|line| line.starts_with("<path class=\"out\"")).map(str::to_owned)
    };
    for (members, expected) in [
        ([true, true, true], None),
        ([false, true, false], Some("M18 20v12")),
        ([false, false, true], Some("M18 20v12M18 20q0 12 8 12")),
        ([false, true, true], Some("M18 20v12M34 44v12")),
    ] {
        picture.layout = Layout::of(&picture.graph, &members.to_vec());
        let expected = expected.map(|path| format!("<path class=\"out\" d=\"{path}\"/>"));
        assert_eq!(out(&picture), expected, "{members:?}");
    }
}

#[test]
fn long_messages_are_cut_and_whole_in_the_tooltip() {
    let svg = write(&generated(60));
    let whole = "and give each trip a place where it begins and one where it ends";
    let titles = svg
        .split("<title>")
        .skip(1)
        .filter(|rest| rest.split("</title>").next().is_some_and(|title| title.contains(whole)));
    let cut =
        svg.matches("a place where…</text>").count() + svg.matches("a place where…<tspan").count();
    assert!(cut > 0);
    assert_eq!(titles.count(), cut);
    assert!(svg.contains("MWMWMWMW &quot;quoted&quot; &lt;tag&gt; &amp; more"));
}

#[test]
fn a_picture_is_small_and_always_the_same() {
    let svg = write(&generated(500));
    assert!(svg.len() < 500 * 350, "{} bytes", svg.len());
    assert_eq!(svg, write(&generated(500)));
    assert!(!svg.contains("<script") && !svg.contains("http://www.w3.org/1999"));
}

#[test]
fn what_cannot_stand_in_xml_is_replaced() {
    let mut picture = generated(1);
    picture.nodes[0].message = "a\u{1b}[31m <b> \u{0} 'c' & \"d\"".to_owned();
    let svg = write(&picture);
    let document = Document::parse(&svg).expect("it is XML");
    let text = document.descendants().filter(|node| node.has_tag_name("text")).nth(1);
    let text = text.and_then(|text| text.text()).expect("it has a message");
    assert_eq!(text, "a\u{fffd}[31m <b> \u{fffd} 'c' & \"d\"");
}
