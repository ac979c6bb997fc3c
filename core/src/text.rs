//! Text as every other part sees it: line feeds only, no byte-order mark, positions from 1.

use std::num::NonZeroU32;

/// Brings the bytes of a file into the form that is checked, hashed and executed.
///
/// A byte-order mark is dropped and `\r\n` becomes `\n`, so that a checkout with other line endings is the same text.
///
/// # Errors
///
/// The offset of the first byte that is not UTF-8.
///
/// ```
/// use revchain_core::text::normalise;
///
/// assert_eq!(normalise(b"\xef\xbb\xbfSELECT\r\n1".to_vec()), Ok("SELECT\n1".to_owned()));
/// assert_eq!(normalise(b"caf\xe9".to_vec()), Err(3));
/// ```
pub fn normalise(bytes: Vec<u8>) -> Result<String, usize> {
    let text = String::from_utf8(bytes).map_err(|error| error.utf8_error().valid_up_to())?;
    let body = text.strip_prefix('\u{feff}').unwrap_or(&text);
    // A search for one byte is quick, also in the macro, which runs without optimisation.
    if body.len() == text.len() && !body.as_bytes().contains(&b'\r') {
        return Ok(text);
    }
    Ok(body.replace("\r\n", "\n"))
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: NonZeroU32,
    /// The column in characters, from 1.
    pub column: NonZeroU32,
}

impl Position {
    /// The start of a text.
    pub const START: Self = Self { line: NonZeroU32::MIN, column: NonZeroU32::MIN };

    /// Returns the place of the byte at `offset`; an offset beyond the end is the end.
    ///
    /// ```
    /// use revchain_core::text::Position;
    ///
    /// assert_eq!(Position::of("one\ntwo", 5).to_string(), "2:2");
    /// ```
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        let before = &text.as_bytes()[..offset.min(text.len())];
        let (mut line, mut column) = (0, 0);
        for byte in before {
            // A byte that is not a continuation byte begins a character (RFC 3629).
            match byte {
                b'\n' => (line, column) = (line + 1, 0),
                0x80..0xc0 => {}
                _ => column += 1,
            }
        }
        Self { line: one_based(line), column: one_based(column) }
    }

    /// Returns the start of a line.
    #[must_use]
    pub fn line(line: NonZeroU32) -> Self {
        Self { line, column: NonZeroU32::MIN }
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Returns the start of the character that the byte at `offset` belongs to.
pub(crate) fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Turns a count from 0 into a number from 1.
pub(crate) fn one_based(index: usize) -> NonZeroU32 {
    let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MAX)
}

/// Iterates over the lines of a text with the offset at which each begins, without their line feeds.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    Lines { text, at: 0 }
}

struct Lines<'t> {
    text: &'t str,
    /// Where the next line begins.
    at: usize,
}

impl<'t> Iterator for Lines<'t> {
    type Item = (usize, &'t str);

    fn next(&mut self) -> Option<(usize, &'t str)> {
        let (start, rest) = (self.at, &self.text[self.at..]);
        if rest.is_empty() {
            return None;
        }
        let length = rest.find('\n').unwrap_or(rest.len());
        self.at = self.text.len().min(start + length + 1);
        Some((start, &rest[..length]))
    }
}

/// Returns texts as one, with a separator between them.
///
/// (The standard library's `join` is compiled for each type of text.)
///
/// ```
/// use revchain_core::text::joined;
///
/// assert_eq!(joined(&["a".to_owned(), "b".to_owned()], ", "), "a, b");
/// ```
#[must_use]
pub fn joined(texts: &[String], separator: &str) -> String {
    let mut joined = String::new();
    for (at, text) in texts.iter().enumerate() {
        joined.push_str(if at == 0 { "" } else { separator });
        joined.push_str(text);
    }
    joined
}

/// Tells whether a text has another in it.
///
/// (That of the standard library is compiled in each crate, with a second way to search.)
///
/// ```
/// use revchain_core::text::holds;
///
/// assert!(holds("database or disk is full", "disk"));
/// assert!(!holds("database is locked", "disk"));
/// ```
#[must_use]
pub fn holds(text: &str, other: &str) -> bool {
    text.split_once(other).is_some()
}

/// Returns the name among `known` that `word` was probably meant to be.
///
/// ```
/// use revchain_core::text::did_you_mean;
///
/// assert_eq!(did_you_mean("revise", &["revision", "revises"]), Some("revises"));
/// assert_eq!(did_you_mean("zzz", &["revision", "revises"]), None);
/// ```
#[must_use]
pub fn did_you_mean<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let (mut nearest, mut limit) = (None, word.chars().count().div_ceil(3) + 1);
    for name in known {
        let distance = distance(word, name);
        if distance < limit {
            (nearest, limit) = (Some(*name), distance);
        }
    }
    nearest
}

/// The Levenshtein distance, in characters.
fn distance(left: &str, right: &str) -> usize {
    // For each beginning of `right`, how far what was read of `left` is from it.
    let mut row = vec![0];
    for _ in right.chars() {
        row.push(row.len() as u32);
    }
    for from in left.chars() {
        let mut diagonal = row[0];
        row[0] += 1;
        let mut at = 0;
        for to in right.chars() {
            at += 1;
            let above = row[at];
            row[at] = (diagonal + u32::from(from != to)).min(above + 1).min(row[at - 1] + 1);
            diagonal = above;
        }
    }
    row[row.len() - 1] as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let cases = [("", 0, "1:1"), ("a\nb", 1, "1:2"), ("a\nb", 2, "2:1"), ("é=1", 2, "1:2")];
        for (text, offset, expected) in cases {
            assert_eq!(Position::of(text, offset).to_string(), expected, "{text:?} at {offset}");
        }
    }

    #[test]
    fn lines_know_where_they_begin() {
        assert_eq!(lines("a\n\nb").collect::<Vec<_>>(), [(0, "a"), (2, ""), (3, "b")]);
    }

    #[test]
    fn a_lone_carriage_return_stays() {
        assert_eq!(normalise(b"a\rb\r\n".to_vec()), Ok("a\rb\n".to_owned()));
    }
}
