//! A picture for Graphviz.

use std::fmt::Write as _;

use super::{Kind, Look, Node, Picture};

/// Writes a picture as a graph in the language of `dot`.
pub(crate) fn write(picture: &Picture) -> String {
    let mut text = String::from(
        "// An arrow leads to what comes after; a dashed one from a dependency.\n\
         digraph revisions {\n    rankdir=BT;\n    node [shape=box, style=\"rounded,filled\", \
         fontname=\"Helvetica\", fontsize=11, fontcolor=\"#1f2328\", fillcolor=\"#ffffff\", \
         color=\"#59636e\"];\n    edge [color=\"#59636e\", arrowsize=0.7];\n",
    );
    for row in &picture.layout.rows {
        let node = picture.node(row.place);
        let label = format!("{}\\n{}", quoted(&node.heading()), quoted(&node.cut()));
        let tooltip = quoted(&format!("{} {}", node.id, node.message));
        // Revisions of one group stand below one another.
        let _ = writeln!(
            text,
            "    \"{}\" [label=\"{label}\", tooltip=\"{tooltip}\", group=\"{}\"{}];",
            node.id,
            row.column,
            style(node)
        );
    }
    for (below, above, kind) in picture.edges() {
        let style = match kind {
            Kind::Revises => "",
            Kind::DependsOn => " [style=dashed, constraint=false]",
        };
        let _ = writeln!(text, "    \"{}\" -> \"{}\"{style};", below.id, above.id);
    }
    text.push_str("}\n");
    text
}

fn style(node: &Node) -> String {
    let mut style = match node.look() {
        Look::Plain | Look::Pending => String::new(),
        Look::Applied => ", fillcolor=\"#dafbe1\", color=\"#1a7f37\"".to_owned(),
        Look::Draft => ", style=\"rounded,filled,dashed\", color=\"#9a6700\"".to_owned(),
        Look::HalfDone | Look::Edited => ", fillcolor=\"#ffebe9\", color=\"#d1242f\"".to_owned(),
        Look::Unknown => {
            ", style=\"filled,dashed\", fillcolor=\"#fff8c5\", color=\"#9a6700\"".to_owned()
        }
    };
    if node.is_current {
        style.push_str(", penwidth=3");
    }
    style
}

/// Writes text that stands between double quotes (Graphviz, "The DOT Language").
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
