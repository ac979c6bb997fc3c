//! Values of a header, and words of a marker.

use super::{Replaces, Value};
use crate::lock::is_revision_id;

pub(super) fn trimmed(text: &str, start: usize) -> Value<'_> {
    // Most words have one space before them and none behind, which is told by bytes: to trim a text of any script costs
    // much where nothing is optimised.
    let (text, start) = match text.as_bytes().first() {
        Some(b' ') => (&text[1..], start + 1),
        _ => (text, start),
    };
    let is_graphic = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    if is_graphic(text.as_bytes().first()) && is_graphic(text.as_bytes().last()) {
        return Value { text, start };
    }
    let lead = text.len() - text.trim_start().len();
    Value { text: text.trim(), start: start + lead }
}

/// Splits at commas.
pub(super) fn list(value: Value<'_>) -> Vec<Value<'_>> {
    let mut start = value.start;
    let mut values = Vec::new();
    for piece in value.text.split(',') {
        let one = trimmed(piece, start);
        if !one.text.is_empty() {
            values.push(one);
        }
        start += piece.len() + 1;
    }
    values
}

/// Reads `X` or `A..B`.
pub(super) fn replaces(whole: Value<'_>) -> Option<Replaces<'_>> {
    let (first, last) = match whole.text.split_once("..") {
        Some((first, last)) => {
            (trimmed(first, whole.start), trimmed(last, whole.start + first.len() + 2))
        }
        None => (whole, whole),
    };
    let sound = is_revision_id(first.text) && is_revision_id(last.text);
    sound.then_some(Replaces { whole, first, last })
}

/// Splits at white space.
pub(super) fn words_of(value: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    let base = value.text.as_ptr() as usize;
    value
        .text
        .split_ascii_whitespace()
        .map(move |word| Value { text: word, start: value.start + (word.as_ptr() as usize - base) })
}

/// Tells whether text is a time in UTC or with an offset, as RFC 3339 writes it.
pub(super) fn is_time(text: &str) -> bool {
    const PATTERN: &str = "dddd-dd-ddTdd:dd:dd";
    let Some((head, zone)) = text.split_at_checked(PATTERN.len()) else { return false };
    let zone = zone
        .strip_prefix('.')
        .map_or(zone, |rest| rest.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    let offset = zone.strip_prefix(['+', '-']).unwrap_or_default();
    fits(head, PATTERN) && (zone == "Z" || fits(offset, "dd:dd"))
}

/// Tells whether text is the pattern with a digit for each `d`.
fn fits(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let mut at = 0;
    while at < text.len() && at < pattern.len() {
        let fits = match pattern[at] {
            b'd' => text[at].is_ascii_digit(),
            sign => text[at] == sign,
        };
        if !fits {
            return false;
        }
        at += 1;
    }
    text.len() == pattern.len()
}
