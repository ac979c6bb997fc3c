//! A picture for Mermaid. (Its `gitGraph` knows no octopus merge and no second base; a flowchart does.)

use std::fmt::Write as _;

use super::{Kind, Look, Picture};

/// The looks, each a class of the flowchart. Text has a contrast of more than 4.5 to 1 on them, in any theme.
const CLASSES: [(Look, &str); 7] = [
    (Look::Plain, "fill:#f6f8fa,stroke:#59636e,color:#1f2328"),
    (Look::Applied, "fill:#dafbe1,stroke:#1a7f37,color:#1f2328"),
    (Look::Pending, "fill:#ffffff,stroke:#59636e,color:#1f2328"),
    (Look::Draft, "fill:#ffffff,stroke:#9a6700,color:#1f2328,stroke-dasharray:4 3"),
    (Look::HalfDone, "fill:#ffebe9,stroke:#d1242f,color:#1f2328"),
    (Look::Edited, "fill:#ffebe9,stroke:#d1242f,color:#1f2328"),
    (Look::Unknown, "fill:#fff8c5,stroke:#9a6700,color:#1f2328,stroke-dasharray:4 3"),
];

/// Writes a picture as a flowchart.
pub(crate) fn write(picture: &Picture) -> String {
    let mut text = String::from(
        "%% An arrow leads to what comes after; a dashed one from a dependency.\nflowchart BT\n",
    );
    let nodes = picture.layout.rows.iter().map(|row| picture.node(row.place));
    for node in nodes.clone() {
        let (label, message) = (escaped(&node.heading()), escaped(&node.cut()));
        let class = node.look().name();
        let _ = writeln!(text, "    r_{}[\"{label}<br/>{message}\"]:::{class}", node.id);
    }
    for (below, above, kind) in picture.edges() {
        let arrow = match kind {
            Kind::Revises => "-->",
            Kind::DependsOn => "-.->",
        };
        let _ = writeln!(text, "    r_{} {arrow} r_{}", below.id, above.id);
    }
    for (look, style) in CLASSES {
        if nodes.clone().any(|node| node.look() == look) {
            let _ = writeln!(text, "    classDef {} {style}", look.name());
        }
    }
    let current: Vec<String> =
        nodes.filter(|node| node.is_current).map(|node| format!("r_{}", node.id)).collect();
    if !current.is_empty() {
        let _ = writeln!(text, "    classDef current stroke-width:4px");
        let _ = writeln!(text, "    class {} current", current.join(","));
    }
    text
}

/// Writes text that stands between double quotes: whatever could mean something to Mermaid as an entity code (its
/// documentation, "Flowcharts", "Entity codes to escape characters").
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || " ,.:-_()/'…".contains(c) {
            escaped.push(c);
        } else {
            let _ = write!(escaped, "#{};", u32::from(c));
        }
    }
    escaped
}
