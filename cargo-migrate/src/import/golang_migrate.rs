//! The layout of golang-migrate: `VERSION_title.up.sql` and `VERSION_title.down.sql` in one folder.

use super::layout::{OldFile, Order, Piece, Side, leading_digits, words};
use super::{Body, Transaction, Way};
use crate::failure::Failure;

pub(super) fn piece(file: &OldFile) -> Result<Option<Piece>, Failure> {
    let (digits, rest) = leading_digits(file.name());
    let Some(rest) = rest.strip_prefix('_').filter(|_| !digits.is_empty()) else {
        return Ok(None);
    };
    let up = rest.strip_suffix(".up.sql");
    let Some(title) = up.or_else(|| rest.strip_suffix(".down.sql")) else { return Ok(None) };
    let number: u64 = digits.parse().map_err(|_| file.refuse("has a version that is too large"))?;
    // The file is sent as it is: what begins and commits in it is its own.
    let way = Way { sql: file.text()?, transaction: Transaction::Own };
    let side = if up.is_some() {
        let (up, checksum) = (Body::Sql(way), "-".to_owned());
        Side::Up { up, down: None, checksum, hand: Vec::new() }
    } else {
        Side::Down(way)
    };
    let (order, version) = (Order::number(vec![number]), number.to_string());
    Ok(Some(Piece { order, version, message: words(title), side }))
}
