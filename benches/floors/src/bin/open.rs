//! The floor of a start with nothing to do: reads the ids and checksums of the ledger, in order,
//! and compares them with those compiled in.

#[path = "../../data/sealed.rs"]
#[rustfmt::skip] // `benches/run` writes it
mod data;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: open DATABASE")?;
    let connection = rusqlite::Connection::open(path)?;
    let mut statement = connection.prepare(data::SELECT)?;
    let mut rows = statement.query([])?;
    for sealed in data::SEALED {
        let row = rows.next()?.ok_or("the ledger lacks a revision")?;
        for (column, value) in sealed.iter().enumerate() {
            if row.get_ref(column)?.as_bytes()? != *value {
                return Err("the ledger differs".into());
            }
        }
    }
    match rows.next()? {
        Some(_) => Err("the ledger has a revision more".into()),
        None => Ok(()),
    }
}
