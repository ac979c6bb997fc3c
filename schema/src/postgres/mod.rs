//! PostgreSQL: its catalog, and how one becomes another.

use std::collections::BTreeMap;

use crate::{Choices, Key, Plan, Row, Unplannable, Unreadable};

/// Returns the queries that read the catalog.
pub(crate) fn queries() -> Vec<String> {
    Vec::new()
}

/// The catalog of a PostgreSQL database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {}

impl Catalog {
    pub(crate) fn read(_answers: &[Vec<Row>], _ignored: &[String]) -> Result<Self, Unreadable> {
        Ok(Self {})
    }

    pub(crate) fn definitions(&self) -> BTreeMap<Key, String> {
        BTreeMap::new()
    }
}

pub(crate) fn plan(
    _from: &Catalog,
    _to: &Catalog,
    _choices: &Choices,
) -> Result<Plan, Unplannable> {
    Ok(Plan::default())
}
