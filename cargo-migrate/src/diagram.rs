//! Tables and foreign keys, written as SVG and as Mermaid.
//!
//! The tables stand in columns: each to the right of those that it refers to. Colours follow the reader's choice of light or
//! dark; the width of text is estimated.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use revchain_schema::TableShape;

/// The height of a line of text.
const LINE: usize = 20;
/// The width of a character.
const CHARACTER: usize = 8;
/// What is left free around a table.
const GAP: usize = 40;

const STYLE: &str = "<style>\
text{font:13px ui-monospace,monospace;fill:#1f2328}.box{fill:#f6f8fa;stroke:#59636e}.head{font-weight:bold}\
.type{fill:#59636e}.edge{fill:none;stroke:#0969da;stroke-width:1.5}\
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.box{fill:#151b23;stroke:#9198a1}.type{fill:#9198a1}.edge{stroke:#4493f8}}\
</style>";

/// Writes a diagram for Mermaid.
pub(crate) fn mermaid(tables: &[TableShape]) -> String {
    let mut text = String::from("erDiagram\n");
    for table in tables {
        let _ = writeln!(text, "    {} {{", quoted(&table.name));
        for column in &table.columns {
            let kind = word(&column.kind);
            let name = word(&column.name);
            let key = if column.key { " PK" } else { "" };
            let comma = if column.key { "," } else { "" };
            let refers = table.references.iter().any(|(columns, _)| {
                columns.iter().any(|one| one.eq_ignore_ascii_case(&column.name))
            });
            let foreign = if refers { format!("{comma} FK") } else { String::new() };
            let _ = writeln!(text, "        {kind} {name}{key}{foreign}");
        }
        let _ = writeln!(text, "    }}");
    }
    for table in tables {
        for (columns, parent) in &table.references {
            let (child, parent) = (quoted(&table.name), quoted(parent));
            let _ =
                writeln!(text, "    {parent} ||--o{{ {child} : {}", quoted(&columns.join(", ")));
        }
    }
    text
}

/// Writes text that stands between double quotes: whatever could end it as an entity code.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('#', "#35;").replace('"', "#quot;"))
}

/// Writes a name or a type as Mermaid takes it: letters, digits and few signs.
fn word(text: &str) -> String {
    let plain =
        |sign: char| if sign.is_alphanumeric() || "_-()[]".contains(sign) { sign } else { '_' };
    let word: String = text.chars().map(plain).collect();
    let starts = word.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
    if starts { word } else { format!("_{word}") }
}

/// A table's place, in pixels.
#[derive(Clone, Copy)]
struct Spot {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

/// Writes a picture.
pub(crate) fn svg(tables: &[TableShape]) -> String {
    let spots = places(tables);
    let width = spots.iter().map(|spot| spot.x + spot.width).max().unwrap_or_default() + GAP / 2;
    let height = spots.iter().map(|spot| spot.y + spot.height).max().unwrap_or_default() + GAP / 2;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>Tables</title>\n{STYLE}\n"
    );
    let index: BTreeMap<&str, usize> =
        tables.iter().enumerate().map(|(at, table)| (&*table.name, at)).collect();
    for (table, spot) in tables.iter().zip(&spots) {
        for (columns, parent) in &table.references {
            let Some(parent) = index.get(&**parent).map(|at| spots[*at]) else { continue };
            let row = table.columns.iter().position(|one| {
                columns.first().is_some_and(|column| column.eq_ignore_ascii_case(&one.name))
            });
            let y = spot.y + LINE * (row.map_or(0, |row| row + 1)) + LINE / 2;
            let (from, to) = (spot.x, parent.x + parent.width);
            let end = parent.y + LINE / 2;
            let bend = GAP / 2;
            let _ = writeln!(
                text,
                "<path class=\"edge\" d=\"M{from} {y}C{} {y} {} {end} {to} {end}\"/>",
                from.saturating_sub(bend),
                to + bend
            );
        }
    }
    for (table, spot) in tables.iter().zip(&spots) {
        let Spot { x, y, width, height } = *spot;
        let _ = writeln!(
            text,
            "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\"/>\n\
             <text class=\"head\" x=\"{}\" y=\"{}\">{}</text>",
            x + 8,
            y + 15,
            escaped(&table.name)
        );
        for (row, column) in table.columns.iter().enumerate() {
            let y = y + LINE * (row + 1) + 15;
            let key = if column.key { "\u{1f511} " } else { "" };
            let null = if column.nullable { "?" } else { "" };
            let _ = writeln!(
                text,
                "<text x=\"{}\" y=\"{y}\">{key}{} <tspan class=\"type\">{}{null}</tspan></text>",
                x + 8,
                escaped(&column.name),
                escaped(&column.kind)
            );
        }
    }
    text.push_str("</svg>\n");
    text
}

/// Finds a place for each table.
fn places(tables: &[TableShape]) -> Vec<Spot> {
    let index: BTreeMap<&str, usize> =
        tables.iter().enumerate().map(|(at, table)| (&*table.name, at)).collect();
    let mut depths = vec![0; tables.len()];
    // A cycle ends after as many rounds as there are tables.
    for _ in 0..tables.len() {
        let before = depths.clone();
        for (at, table) in tables.iter().enumerate() {
            let parents = table.references.iter().filter_map(|(_, parent)| index.get(&**parent));
            let deepest = parents.filter(|parent| **parent != at).map(|parent| depths[*parent] + 1);
            depths[at] = deepest.max().unwrap_or_default().max(depths[at]).min(tables.len() - 1);
        }
        if depths == before {
            break;
        }
    }
    let size = |table: &TableShape| {
        let lines =
            table.columns.iter().map(|one| one.name.chars().count() + one.kind.chars().count() + 5);
        let longest = lines.chain([table.name.chars().count()]).max().unwrap_or_default();
        (longest * CHARACTER + 16, (table.columns.len() + 1) * LINE + 4)
    };
    let mut spots = vec![Spot { x: 0, y: 0, width: 0, height: 0 }; tables.len()];
    let mut x = GAP / 2;
    for depth in 0..=depths.iter().max().copied().unwrap_or_default() {
        let (mut y, mut widest) = (GAP / 2, 0);
        for (at, table) in tables.iter().enumerate().filter(|(at, _)| depths[*at] == depth) {
            let (width, height) = size(table);
            spots[at] = Spot { x, y, width, height };
            y += height + GAP / 2;
            widest = widest.max(width);
        }
        x += if widest > 0 { widest + 2 * GAP } else { 0 };
    }
    spots
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use revchain_schema::ColumnShape;

    use super::*;

    fn tables() -> Vec<TableShape> {
        let column = |name: &str, kind: &str, key| ColumnShape {
            name: name.to_owned(),
            kind: kind.to_owned(),
            key,
            nullable: !key,
        };
        vec![
            TableShape {
                name: "pets & co".to_owned(),
                columns: vec![column("owner", "int", true), column("a<b", "", false)],
                references: vec![
                    (vec!["owner".to_owned()], "users".to_owned()),
                    (vec!["a<b".to_owned()], "pets & co".to_owned()),
                ],
            },
            TableShape {
                name: "users".to_owned(),
                columns: vec![column("id", "integer", true)],
                references: vec![(vec!["id".to_owned()], "gone".to_owned())],
            },
        ]
    }

    #[test]
    fn a_picture_is_well_formed_and_has_each_table_and_reference() {
        let text = svg(&tables());
        let document = roxmltree::Document::parse(&text).expect("it is XML");
        let count =
            |name: &str| document.descendants().filter(|one| one.has_tag_name(name)).count();
        assert_eq!((count("rect"), count("path")), (2, 2));
        assert!(text.contains("pets &amp; co"));
    }

    #[test]
    fn a_diagram_for_mermaid_names_keys() {
        let text = mermaid(&tables());
        assert!(text.contains("int owner PK, FK\n"), "{text}");
        assert!(text.contains("\"users\" ||--o{ \"pets & co\" : \"owner\"\n"), "{text}");
    }
}
