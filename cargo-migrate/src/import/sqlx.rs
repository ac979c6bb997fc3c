//! The layout of sqlx: `VERSION_NAME.sql`, or `VERSION_NAME.up.sql` and `VERSION_NAME.down.sql`, in one folder.

use sha2::{Digest as _, Sha384};

use super::layout::{OldFile, Order, Piece, Side, words};
use super::{Body, Transaction, Way};
use crate::failure::Failure;

/// What sqlx takes for a migration that wants no transaction, where a file begins with it.
const NO_TRANSACTION: &str = "-- no-transaction";

pub(super) fn piece(file: &OldFile) -> Result<Option<Piece>, Failure> {
    let Some((version, rest)) = file.name().split_once('_') else { return Ok(None) };
    if !rest.ends_with(".sql") {
        return Ok(None);
    }
    let number: u64 =
        version.parse().map_err(|_| file.refuse("begins with no number, which sqlx refuses"))?;
    let text = file.text()?;
    let transaction =
        if text.starts_with(NO_TRANSACTION) { Transaction::Off } else { Transaction::On };
    let ending = [".up.sql", ".down.sql", ".sql"].into_iter().find(|ending| rest.ends_with(ending));
    let message = words(rest.trim_end_matches(ending.unwrap_or_default()));
    let checksum = checksum(&text);
    let way = Way { sql: text, transaction };
    let side = if ending == Some(".down.sql") {
        Side::Down(way)
    } else {
        Side::Up { up: Body::Sql(way), down: None, checksum, hand: Vec::new() }
    };
    let order = Order::number(vec![number]);
    Ok(Some(Piece { order, version: number.to_string(), message, side }))
}

/// Returns what `_sqlx_migrations` keeps of the text: SHA-384, in hexadecimal digits.
pub(crate) fn checksum(text: &str) -> String {
    Sha384::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
