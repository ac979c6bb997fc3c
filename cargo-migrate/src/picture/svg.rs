//! A picture as SVG: a row of the same height for each revision, lanes at the left, text at the right of all lanes.
//!
//! Its colours follow the reader's choice of light or dark, its fonts are the system's, and it has no script. The width of
//! text is estimated, and generously: what a reader's font needs is not known here.

mod lanes;
mod style;

use std::fmt::Write as _;

use super::{Look, Node, Picture};
use crate::database_status::Stage;
use crate::layout::Row;
use lanes::Lanes;
use style::STYLE;

/// The height of a row.
const ROW: u32 = 24;
/// The width of a lane.
const LANE: u32 = 16;
/// The width of a lane of dependencies.
const DEPENDENCY: u32 = 10;
/// What is left free at each side.
const MARGIN: u32 = 16;
/// The width of a character of an id, at 12 pixels.
const ID_CHARACTER: u32 = 8;

/// Where things are, in pixels.
struct Frame {
    /// The middle of the first lane.
    lanes: u32,
    /// Where ids begin.
    ids: u32,
    /// Where messages begin.
    messages: u32,
}

impl Frame {
    fn of(picture: &Picture) -> Self {
        let layout = &picture.layout;
        let lanes = MARGIN + layout.dependency_columns * DEPENDENCY + 2;
        let ids = lanes + layout.columns.max(1) * LANE + 2;
        let longest = picture.nodes.iter().map(|node| node.short.len()).max().unwrap_or_default();
        Self { lanes, ids, messages: ids + longest as u32 * ID_CHARACTER + 8 }
    }

    fn x(&self, column: u32) -> u32 {
        self.lanes + column * LANE
    }

    /// Returns the middle of a column of dependencies, which are counted from the lanes outwards.
    fn dependency(&self, column: u32) -> u32 {
        self.lanes - (column + 1) * DEPENDENCY - 2
    }
}

/// Returns the middle of a row.
fn y(row: usize) -> u32 {
    MARGIN / 2 + ROW / 2 + row as u32 * ROW
}

/// Writes a picture as a document of its own.
pub(crate) fn write(picture: &Picture) -> String {
    let frame = Frame::of(picture);
    let rows = &picture.layout.rows;
    let right = rows.iter().map(|row| text_width(picture.node(row.place))).max();
    let width = frame.messages + right.unwrap_or_default() + MARGIN;
    let height = y(rows.len()) - ROW / 2 + MARGIN / 2;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n<style>\n{STYLE}</style>\n\
         <rect class=\"back\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n",
        escaped(&format!("Revisions of {}", picture.name))
    );
    for (index, row) in rows.iter().enumerate() {
        if picture.node(row.place).is_current {
            let (top, width) = (y(index) - ROW / 2, width - 8);
            let _ = writeln!(
                svg,
                "<rect class=\"band\" x=\"4\" y=\"{top}\" width=\"{width}\" height=\"{ROW}\" rx=\"4\"/>"
            );
        }
    }
    svg.push_str(&Lanes::of(picture, &frame).write());
    for (index, row) in rows.iter().enumerate() {
        write_row(&mut svg, picture, &frame, index, row);
    }
    svg.push_str("</svg>\n");
    svg
}

/// Writes a revision: its node, its text, and as a tooltip all that is known of it.
fn write_row(svg: &mut String, picture: &Picture, frame: &Frame, index: usize, row: &Row) {
    let node = picture.node(row.place);
    let (x, y) = (frame.x(row.column), y(index));
    let _ = write!(svg, "<g><title>{}</title>", escaped(&tooltip(picture, row.place)));
    let colour = lanes::colour(row.column);
    if node.is_current {
        let _ = write!(svg, "<circle class=\"here\" cx=\"{x}\" cy=\"{y}\" r=\"9\"/>");
    }
    write_shape(svg, node, colour, x, y);
    let baseline = y + 4;
    let _ = write!(
        svg,
        "<text class=\"id\" x=\"{}\" y=\"{baseline}\">{}</text><text x=\"{}\" y=\"{baseline}\">{}",
        frame.ids,
        escaped(&node.short),
        frame.messages,
        escaped(&node.cut())
    );
    for (class, word) in tags(node) {
        let _ = write!(svg, "<tspan class=\"{class}\" dx=\"4\"> {}</tspan>", escaped(&word));
    }
    svg.push_str("</text></g>\n");
}

/// Writes a node: a circle, a diamond for a draft, a square for what the set does not know; filled where it is applied.
fn write_shape(svg: &mut String, node: &Node, colour: &str, x: u32, y: u32) {
    let look = node.look();
    let name = look.name();
    let _ = match look {
        Look::Draft => {
            let hollow = if node.stage == Some(Stage::Applied) { "" } else { "hollow " };
            let top = y - 6;
            write!(svg, "<path class=\"node {hollow}{colour}\" d=\"M{x} {top}l6 6-6 6-6-6z\"/>")
        }
        Look::Unknown => {
            let (x, y) = (x - 5, y - 5);
            write!(svg, "<path class=\"node hollow {name}\" d=\"M{x} {y}h10v10h-10z\"/>")
        }
        Look::HalfDone => {
            let top = y - 4;
            let circle =
                format!("<circle class=\"node hollow {name}\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>");
            write!(svg, "{circle}<path class=\"half\" d=\"M{x} {top}a4 4 0 0 0 0 8z\"/>")
        }
        Look::Edited => {
            write!(svg, "<circle class=\"node {name}\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>")
        }
        Look::Pending => {
            write!(svg, "<circle class=\"node hollow {colour}\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>")
        }
        Look::Plain | Look::Applied => {
            write!(svg, "<circle class=\"node {colour}\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>")
        }
    };
}

/// Returns what stands behind the message, each with its class.
fn tags(node: &Node) -> Vec<(&'static str, String)> {
    let mut tags: Vec<(&str, String)> =
        node.labels.iter().map(|label| ("label", format!("[{label}]"))).collect();
    tags.extend(node.is_current.then(|| ("current", "current".to_owned())));
    tags.extend(node.marks.iter().map(|mark| {
        let class = match *mark {
            "head" | "effective head" | "pending" => "faint",
            "draft" | "unlisted" | "unknown" => "notice",
            _ => "alarm",
        };
        (class, (*mark).to_owned())
    }));
    tags
}

fn tooltip(picture: &Picture, place: u32) -> String {
    let node = picture.node(place);
    let mut text = format!("{} {}", node.id, node.message);
    let lists = [
        ("revises", picture.graph.parents(place)),
        ("depends on", picture.graph.dependencies(place)),
    ];
    for (word, places) in lists.into_iter().filter(|(_, places)| !places.is_empty()) {
        let ids: Vec<&str> = places.iter().map(|place| &*picture.node(*place).id).collect();
        let _ = write!(text, "\n{word} {}", ids.join(", "));
    }
    text
}

/// Estimates how wide the text of a revision is.
fn text_width(node: &Node) -> u32 {
    let tags: f32 = tags(node).iter().map(|(_, word)| 8.0 + estimated(word)).sum();
    (estimated(&node.cut()) + tags).ceil() as u32
}

/// Estimates the width of a text of 13 pixels in a wide system font.
fn estimated(text: &str) -> f32 {
    let character = |c: char| match c {
        ' ' | '.' | ',' | '\'' | 'i' | 'j' | 'l' | '|' | '!' | ':' | ';' => 4.5,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 12.5,
        c if c.is_ascii_uppercase() => 9.5,
        // Chinese, Japanese and Korean characters and pictograms are as wide as they are high.
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{ffef}' | '\u{1f000}'.. => 14.0,
        _ => 7.8,
    };
    text.chars().map(character).sum()
}

/// Writes text for an element or an attribute; control characters have no place in XML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
