//! The layout of Flyway: `V1.2__name.sql`, `U1.2__name.sql` to undo it, `R__name.sql` to repeat, in any folder below.

use super::layout::{OldFile, Order, Piece, Side, words};
use super::{Body, Transaction, Way};
use crate::failure::Failure;

pub(super) fn piece(file: &OldFile) -> Result<Option<Piece>, Failure> {
    let name = file.name();
    let Some(stem) = name.strip_suffix(".sql") else { return Ok(None) };
    let Some((prefix, description)) = stem.split_once("__") else { return Ok(None) };
    let message = words(description);
    if prefix == "R" {
        let hand = vec![
            "Flyway ran it again whenever it changed: from now on that is a new revision"
                .to_owned(),
        ];
        let order = Order { last: true, name: message.clone(), ..Order::default() };
        // Its rows have no version, but the file's name.
        let version = name.replace(char::is_whitespace, "_");
        return Ok(Some(Piece { order, version, message, side: up(file, hand)? }));
    }
    let Some(numbers) = prefix.strip_prefix(['V', 'U']).and_then(numbers) else { return Ok(None) };
    let version = prefix[1..].replace('_', ".");
    let side = if prefix.starts_with('V') {
        up(file, Vec::new())?
    } else {
        Side::Down(Way { sql: file.text()?, transaction: transaction(file)? })
    };
    Ok(Some(Piece { order: Order::number(numbers), version, message, side }))
}

fn up(file: &OldFile, mut hand: Vec<String>) -> Result<Side, Failure> {
    let sql = file.text()?;
    for (index, line) in sql.lines().enumerate() {
        if line.contains("${") {
            hand.push(format!("line {}: Flyway filled in what stands in `${{…}}`", index + 1));
        }
    }
    let (checksum, transaction) = (checksum(&sql).to_string(), transaction(file)?);
    Ok(Side::Up { up: Body::Sql(Way { sql, transaction }), down: None, checksum, hand })
}

/// Flyway finds statements by itself that no transaction can hold; a file beside says it too.
fn transaction(file: &OldFile) -> Result<Transaction, Failure> {
    let settings = file.beside(&format!("{}.conf", file.name()))?.unwrap_or_default();
    let says_so = |line: &str| {
        line.split_once('=').is_some_and(|(key, value)| {
            key.trim() == "executeInTransaction" && value.trim() == "false"
        })
    };
    Ok(if settings.lines().any(says_so) { Transaction::Off } else { Transaction::AsNeeded })
}

/// Returns the numbers of a version, which `.` and `_` part; zeros at the end do not count.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    for number in version.split(['.', '_']) {
        numbers.push(number.parse().ok()?);
    }
    while numbers.len() > 1 && numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}

/// Returns what `flyway_schema_history` keeps: CRC-32 of the lines without their ends and without a byte-order mark, as a
/// signed number.
fn checksum(text: &str) -> i32 {
    let mut hasher = crc32fast::Hasher::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for line in text.split(['\n', '\r']) {
        hasher.update(line.as_bytes());
    }
    hasher.finalize().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_characters_without_the_ends_of_lines() {
        // The check value of CRC-32 is that of the digits 1 to 9.
        let expected = 0xCBF4_3926_u32.cast_signed();
        for text in ["123456789", "\u{feff}123\n456\n789\n", "1234\r\n5678\r9"] {
            assert_eq!(checksum(text), expected, "{text:?}");
        }
        assert_eq!(checksum(""), 0);
    }

    #[test]
    fn versions_are_numbers_between_dots() {
        assert_eq!(numbers("1.2"), numbers("1_2.0"));
        assert!(numbers("1.10") > numbers("1.9"));
        assert_eq!(numbers("0"), Some(vec![0]));
        assert_eq!(numbers("1."), None);
    }
}
