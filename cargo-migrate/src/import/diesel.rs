//! The layout of diesel: a folder `VERSION_name` with `up.sql`, `down.sql` and sometimes `metadata.toml`.

use super::layout::{OldFile, Order, Piece, Side, words};
use super::{Body, Transaction, Way};
use crate::failure::Failure;

pub(super) fn piece(file: &OldFile) -> Result<Option<Piece>, Failure> {
    let Some((folder, name)) = file.shown.split_once('/') else { return Ok(None) };
    let is_up = name == "up.sql";
    if !is_up && name != "down.sql" {
        return Ok(None);
    }
    // As diesel_migrations has it: what stands before the first `_`, without hyphens.
    let (version, title) = folder.split_once('_').unwrap_or((folder, ""));
    let version = version.replace('-', "");
    let transaction = match file.beside("metadata.toml")? {
        Some(metadata) if !runs_in_transaction(file, &metadata)? => Transaction::Off,
        _ => Transaction::On,
    };
    let way = Way { sql: file.text()?, transaction };
    let side = if is_up {
        let (up, checksum) = (Body::Sql(way), "-".to_owned());
        Side::Up { up, down: None, checksum, hand: Vec::new() }
    } else {
        Side::Down(way)
    };
    Ok(Some(Piece { order: Order::name(&version), version, message: words(title), side }))
}

fn runs_in_transaction(file: &OldFile, metadata: &str) -> Result<bool, Failure> {
    let metadata: toml::Table = metadata
        .parse()
        .map_err(|_| file.refuse("stands beside a metadata.toml that cannot be read"))?;
    let value = metadata.get("run_in_transaction").and_then(toml::Value::as_bool);
    Ok(value.unwrap_or(true))
}
