//! The layout of refinery: `V1__name.sql` or `U1__name.sql`, or a module in Rust, in any folder below.

use std::hash::{Hash as _, Hasher as _};

use siphasher::sip::SipHasher13;

use super::layout::{OldFile, Order, Piece, Side, leading_digits, words};
use super::{Body, Transaction, Way};
use crate::failure::Failure;

const NO_TRANSACTION: &str = "refinery:noTransaction";

pub(super) fn piece(file: &OldFile) -> Result<Option<Piece>, Failure> {
    let Some((stem, ending)) = file.name().rsplit_once('.') else { return Ok(None) };
    let Some(rest) = stem.strip_prefix(['V', 'U']) else { return Ok(None) };
    let (digits, rest) = leading_digits(rest);
    let is_word = |name: &&str| {
        !name.is_empty() && name.chars().all(|c: char| c.is_alphanumeric() || c == '_')
    };
    let Some(name) = rest.strip_prefix("__").filter(is_word) else { return Ok(None) };
    if digits.is_empty() || !["sql", "rs"].contains(&ending) {
        return Ok(None);
    }
    let version: i64 =
        digits.parse().map_err(|_| file.refuse("has a version that is too large"))?;
    let (up, checksum) = if ending == "rs" {
        // Its checksum is that of the SQL that the program writes.
        (Body::Program, "-".to_owned())
    } else {
        let sql = file.text()?;
        let checksum = checksum(name, version, &sql);
        let transaction =
            if sql.lines().any(is_no_transaction) { Transaction::Off } else { Transaction::On };
        (Body::Sql(Way { sql, transaction }), checksum)
    };
    let side = Side::Up { up, down: None, checksum, hand: Vec::new() };
    let order = Order::number(vec![version.unsigned_abs()]);
    Ok(Some(Piece { order, version: version.to_string(), message: words(name), side }))
}

/// Two or more hyphens, one white space at most, and the word.
fn is_no_transaction(line: &str) -> bool {
    let Some(comment) = line.strip_prefix("--") else { return false };
    let said = comment.trim_start_matches('-');
    said.strip_prefix([' ', '\t']).unwrap_or(said) == NO_TRANSACTION
}

/// Returns what `refinery_schema_history` keeps: SipHash-1-3 of name, version and text. A version has 32 bits, or 64 where
/// refinery is built with `int8-versions`: both are named where both are possible.
fn checksum(name: &str, version: i64, sql: &str) -> String {
    let hash = |write: &dyn Fn(&mut SipHasher13)| {
        let mut hasher = SipHasher13::new();
        name.hash(&mut hasher);
        write(&mut hasher);
        sql.hash(&mut hasher);
        hasher.finish().to_string()
    };
    let wide = hash(&|hasher| version.hash(hasher));
    match i32::try_from(version) {
        Ok(version) => format!("{},{wide}", hash(&|hasher| version.hash(hasher))),
        Err(_) => wide,
    }
}

#[cfg(test)]
mod tests {
    use std::hash::DefaultHasher;

    use super::*;

    #[test]
    fn checksums_are_those_that_refinery_had_from_the_standard_library() {
        let mut hasher = DefaultHasher::new();
        ("initial", 1_i32, "CREATE TABLE t (a);").hash(&mut hasher);
        let narrow = hasher.finish().to_string();
        let found = checksum("initial", 1, "CREATE TABLE t (a);");
        assert_eq!(found.split(',').next(), Some(&*narrow));
        assert!(!checksum("initial", 20_240_101_000_000, "").contains(','));
    }
}
