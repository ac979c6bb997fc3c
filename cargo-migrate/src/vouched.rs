//! Which downgrades that a database stored may run: those that a lock has sealed.

use std::collections::HashMap;

use revchain::{Applied, Status};
use revchain_core::check::stored::StoredDowngrade;
use revchain_core::lock::{Lock, Seal};
use revchain_core::{Checksum, Dialect};

/// Returns the checksums that stored downgrades must have to run.
///
/// A row may have a seal of any of the locks, also a downgrade that was corrected since. A revision that was moved has
/// another checksum, as that covers what it revises: then the stored text, hashed with the parents of the lock, must be
/// what the lock sealed.
pub(crate) fn vouched(
    locks: &[&Lock],
    status: &Status,
    dialect: Dialect,
) -> HashMap<String, Checksum> {
    let of_row = |row: &Applied| {
        let entries = || locks.iter().filter_map(|lock| lock.entry(&row.revision));
        let seals = || entries().filter_map(|entry| Some((entry, entry.seal(dialect)?)));
        let (_, first) = seals().next()?;
        let as_it_is = seals().find_map(|(_, seal)| {
            known(seal).find(|checksum| checksum.is_written(&row.downgrade_checksum))
        });
        let moved = || {
            let elsewhere = |(entry, seal): (&revchain_core::lock::Entry, &Seal)| {
                let checksum = stored(row, &entry.parents, dialect)?;
                known(seal).find(|known| *known == checksum)
            };
            seals().find_map(elsewhere)?;
            stored(row, &row.parents, dialect)
        };
        let checksum = as_it_is.or_else(moved).unwrap_or(first.downgrade.checksum);
        Some((row.revision.clone(), checksum))
    };
    status.applied.iter().filter_map(of_row).collect()
}

/// Returns the checksums of a seal's downgrade, the former ones included.
fn known(seal: &Seal) -> impl Iterator<Item = Checksum> {
    std::iter::once(seal.downgrade.checksum).chain(seal.former_downgrades.iter().copied())
}

/// Returns the checksum that a row's downgrade has where the revision revises `parents`.
fn stored(row: &Applied, parents: &[String], dialect: Dialect) -> Option<Checksum> {
    let read =
        StoredDowngrade::read(&row.revision, parents, &row.dependencies, &row.downgrade, dialect);
    read.ok().map(|downgrade| downgrade.checksum)
}
