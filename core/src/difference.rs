//! The lines in which two texts differ.

use std::fmt;

/// Texts longer than this are compared by their ends alone.
const LINES: usize = 2_000;
/// So many lines are shown at the most.
const SHOWN: usize = 24;

/// A line that only one of two texts has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'t> {
    /// Only the old text has it.
    Removed(&'t str),
    /// Only the new text has it.
    Added {
        /// Its index in the new text, from 0.
        index: usize,
        /// The line.
        text: &'t str,
    },
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed(text) => write!(f, "- {text}"),
            Self::Added { text, .. } => write!(f, "+ {text}"),
        }
    }
}

/// Returns the lines that are only in `old` and only in `new`, in order.
///
/// ```
/// use revchain_core::difference::{Line, difference};
///
/// let lines = difference("a\nb\nc", "a\nx\nc");
/// assert_eq!(lines, [Line::Removed("b"), Line::Added { index: 1, text: "x" }]);
/// assert!(difference("a", "a").is_empty());
/// ```
#[must_use]
pub fn difference<'t>(old: &'t str, new: &'t str) -> Vec<Line<'t>> {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let (mut old, mut new, mut head) = (&old[..], &new[..], 0);
    while let ([a, old_rest @ ..], [b, new_rest @ ..]) = (old, new)
        && a == b
    {
        (old, new, head) = (old_rest, new_rest, head + 1);
    }
    while let ([old_rest @ .., a], [new_rest @ .., b]) = (old, new)
        && a == b
    {
        (old, new) = (old_rest, new_rest);
    }
    if old.len() <= LINES && new.len() <= LINES {
        return longest_common(old, new, head);
    }
    let mut lines = Vec::with_capacity(old.len() + new.len());
    for text in old {
        lines.push(Line::Removed(text));
    }
    for (at, text) in new.iter().enumerate() {
        lines.push(Line::Added { index: head + at, text });
    }
    lines
}

/// Returns the lines as they are shown, at most 24 and a word on the rest.
///
/// ```
/// use revchain_core::difference::{difference, shown};
///
/// assert_eq!(shown(&difference("a\nb", "a\nc")), ["- b", "+ c"]);
/// ```
#[must_use]
pub fn shown(lines: &[Line<'_>]) -> Vec<String> {
    let mut shown = Vec::new();
    for line in &lines[..lines.len().min(SHOWN)] {
        shown.push(line.to_string());
    }
    if lines.len() > SHOWN {
        shown.push(format!("… and {} lines more", lines.len() - SHOWN));
    }
    shown
}

/// Walks the table of longest common subsequences, and returns what is in only one of the two.
fn longest_common<'t>(old: &[&'t str], new: &[&'t str], head: usize) -> Vec<Line<'t>> {
    let width = new.len() + 1;
    let mut common = vec![0_u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        let ends = j == new.len();
        if i < old.len() && !ends && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if i < old.len()
            && (ends || common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            lines.push(Line::Removed(old[i]));
            i += 1;
        } else {
            lines.push(Line::Added { index: head + j, text: new[j] });
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_both_texts_is_what_they_share() {
        let cases = [
            ("", "", ""),
            ("a", "", "- a"),
            ("", "a", "+ a"),
            ("a\nb\nc", "b\nc\nd", "- a|+ d"),
            ("a\nb", "b\na", "- a|+ a"),
            ("x\na\ny", "x\nb\nc\ny", "- a|+ b|+ c"),
        ];
        for (old, new, expected) in cases {
            assert_eq!(shown(&difference(old, new)).join("|"), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn long_differences_are_cut() {
        let new = "x\n".repeat(30);
        assert_eq!(shown(&difference("", &new)).len(), SHOWN + 1);
    }
}
