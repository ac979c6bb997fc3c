//! Flags that decide nothing: what they name is not what their author thinks, and they are refused.

use revchain_schema::{Choices, Kind, Plan, Rename, Snapshot};

use crate::autogenerate::path;
use crate::failure::Failure;
use crate::proposal::Proposal;

/// What was decided and decides nothing in one dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unused {
    /// Columns that values are for and that will not be there.
    unfilled: Vec<String>,
    /// What is to be dropped and is not there, or stays.
    undropped: Vec<String>,
}

impl Unused {
    /// Finds what decides nothing between two catalogs.
    pub(crate) fn of(
        choices: &Choices,
        [current, desired]: [&Snapshot; 2],
        upgrade: &Plan,
    ) -> Self {
        let mut unused = Self::default();
        let named: Vec<&String> = choices.backfills.iter().map(|(path, _)| path).collect();
        if !named.is_empty() {
            let tables = desired.tables().into_iter();
            let columns = tables.flat_map(|table| {
                let name = table.name;
                table.columns.into_iter().map(move |column| format!("{name}.{}", column.name))
            });
            unused.unfilled = without(named, &columns.collect::<Vec<_>>());
        }
        if !choices.drops.is_empty() {
            let gone = gone(current, desired, upgrade);
            unused.undropped = without(choices.drops.iter().collect(), &gone);
        }
        unused
    }
}

/// Returns the names that are not among those that are known.
fn without(names: Vec<&String>, known: &[String]) -> Vec<String> {
    let is_known = |name: &&String| {
        let short = name.strip_prefix("public.").unwrap_or(name);
        known.iter().any(|one| one.eq_ignore_ascii_case(short))
    };
    names.into_iter().filter(|name| !is_known(name)).cloned().collect()
}

/// Returns the names of what goes; of what is in a renamed table by both of the table's names.
fn gone(current: &Snapshot, desired: &Snapshot, upgrade: &Plan) -> Vec<String> {
    let wanted = desired.definitions();
    let mut names = Vec::new();
    for key in current.definitions().into_keys().filter(|key| !wanted.contains_key(key)) {
        let table = |table: &str| {
            let parts = [key.schema.as_deref().filter(|schema| *schema != "public"), Some(table)];
            parts.into_iter().flatten().collect::<Vec<_>>().join(".")
        };
        match &key.table {
            None => names.push(table(&key.name)),
            Some(before) => {
                let of_it = |rename: &&Rename| {
                    rename.kind == Kind::Table && rename.old.eq_ignore_ascii_case(&table(before))
                };
                let after = upgrade.renames.iter().find(of_it).map(|rename| rename.new.clone());
                let tables = [Some(table(before)), after].into_iter().flatten();
                names.extend(tables.map(|table| path(Some(&table), &key.name)));
            }
        }
    }
    names
}

/// Refuses renames that were asked for and rename nothing, values for a column that no dialect will have, and drops of what goes
/// in none.
///
/// # Errors
///
/// There is one.
pub(crate) fn refuse<'p>(
    choices: &Choices,
    proposals: impl Iterator<Item = &'p Proposal> + Clone,
) -> Result<(), Failure> {
    let unfilled = |path: &&String| proposals.clone().all(|one| one.unused.unfilled.contains(path));
    if let Some(path) = choices.backfills.iter().map(|(path, _)| path).find(unfilled) {
        let message = format!("there will be no column `{path}` to fill");
        return Err(Failure::usage(message)
            .help("names are those of the table afterwards: --backfill users.age=0"));
    }
    let undropped =
        |path: &&String| proposals.clone().all(|one| one.unused.undropped.contains(path));
    if let Some(path) = choices.drops.iter().find(undropped) {
        return Err(Failure::usage(format!("`{path}` is nothing that goes"))
            .note("either it is not there now, or it is wanted")
            .help("names are those of what is there now: --drop users.name"));
    }
    let used: Vec<&Rename> = proposals.flat_map(|one| &one.upgrade.renames).collect();
    let Some(unused) = choices.renames.iter().find(|one| !used.contains(one)) else {
        return Ok(());
    };
    let old = path(unused.table.as_deref(), &unused.old);
    Err(Failure::usage(format!("`{old}` cannot become `{}`", unused.new))
        .note("either the first is not there now, or it stays, or the second is not wanted or is there already")
        .help("names are those of the table afterwards: --rename users.name:full_name"))
}
