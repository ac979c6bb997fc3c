//! The colours of a picture, light and dark.
//!
//! Each rule stands twice, and no variable is used: what converts SVG to other formats often knows none. A test computes that
//! the contrast of all text is 4.5 to 1 at least.

/// The style sheet.
pub(super) const STYLE: &str = "\
text{font:13px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif;fill:#1f2328}
.id{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;fill:#59636e}
.label,.current{font-weight:600}
.line,.depends,.out{fill:none;stroke-width:2}
.depends{stroke-width:1.5;stroke-dasharray:4 3}
.out{stroke-dasharray:2 2}
.node,.here{stroke-width:2}
.back{fill:#ffffff}
.band{fill:#ddf4ff}
.faint{fill:#59636e}
.label{fill:#6639ba}
.current{fill:#0550ae}
.notice{fill:#835a00}
.alarm{fill:#cf222e}
.depends,.out{stroke:#59636e}
.l0{stroke:#0969da;fill:#0969da}
.l1{stroke:#1a7f37;fill:#1a7f37}
.l2{stroke:#8250df;fill:#8250df}
.l3{stroke:#bc4c00;fill:#bc4c00}
.l4{stroke:#bf3989;fill:#bf3989}
.l5{stroke:#1b7c83;fill:#1b7c83}
.line{fill:none}
.hollow{fill:#ffffff}
.here{fill:#ffffff;stroke:#0550ae}
.half-done,.edited{stroke:#cf222e}
.half,.edited{fill:#cf222e}
.unknown{stroke:#835a00}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}
.back{fill:#0d1117}
.band{fill:#132339}
.id,.faint{fill:#9198a1}
.label{fill:#b392f0}
.current{fill:#79c0ff}
.notice{fill:#d29922}
.alarm{fill:#ff7b72}
.depends,.out{stroke:#9198a1}
.l0{stroke:#58a6ff;fill:#58a6ff}
.l1{stroke:#3fb950;fill:#3fb950}
.l2{stroke:#b392f0;fill:#b392f0}
.l3{stroke:#f0883e;fill:#f0883e}
.l4{stroke:#f778ba;fill:#f778ba}
.l5{stroke:#39c5cf;fill:#39c5cf}
.line{fill:none}
.hollow{fill:#0d1117}
.here{fill:#0d1117;stroke:#79c0ff}
.half-done,.edited{stroke:#ff7b72}
.half,.edited{fill:#ff7b72}
.unknown{stroke:#d29922}
}
";

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::STYLE;

    /// The value of a property for each class or element.
    fn values(sheet: &str, property: &str) -> HashMap<String, String> {
        let mut values = HashMap::new();
        for (selectors, rules) in sheet.lines().filter_map(|line| line.split_once('{')) {
            let rules = rules.trim_end_matches('}').split(';');
            for value in rules.filter_map(|rule| rule.strip_prefix(property)?.strip_prefix(':')) {
                for selector in selectors.split(',') {
                    values.insert(selector.trim_start_matches('.').to_owned(), value.to_owned());
                }
            }
        }
        values
    }

    /// The relative luminance of a colour (WCAG 2.2, "relative luminance").
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let byte = u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour is `#rrggbb`");
            let value = f64::from(byte) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn everything_can_be_read_in_light_and_dark() {
        let (light, dark) = STYLE.split_once("@media (prefers-color-scheme:dark){\n").unwrap();
        for sheet in [light, dark] {
            let (fills, strokes) = (values(sheet, "fill"), values(sheet, "stroke"));
            for ground in [&fills["back"], &fills["band"]] {
                for class in ["text", "id", "faint", "label", "current", "notice", "alarm"] {
                    let found = contrast(&fills[class], ground);
                    assert!(found >= 4.5, "{class} on {ground}: {found}");
                }
                let lanes = ["l0", "l1", "l2", "l3", "l4", "l5"];
                for class in lanes.iter().chain(&["depends", "out", "here", "half-done", "unknown"])
                {
                    let found = contrast(&strokes[*class], ground);
                    assert!(found >= 4.0, "{class} on {ground}: {found}");
                }
            }
        }
    }
}
