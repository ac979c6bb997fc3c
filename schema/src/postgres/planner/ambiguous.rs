//! What goes and what comes, and could be one thing under a new name.

use super::super::catalog::{Body, table_key};
use super::fate::Fate;
use super::rename::is_like;
use super::{Planner, spoken};
use crate::likeness::{Pairs, SAME_DEFINITION, SAME_TYPE, likeness, shared};
use crate::{Ambiguous, Key, Kind};

impl Planner<'_> {
    /// Returns the pairs that are planned as drop and create and could be renames, the likeliest first.
    pub(super) fn ambiguous(&self) -> Vec<Ambiguous> {
        let mut pairs = Pairs::new(self.choices, |one, other| one == other);
        let of = |fate: Fate| {
            self.fates.changing.iter().filter(move |(_, is)| **is == fate).map(|(key, _)| key)
        };
        let comes: Vec<&Key> = of(Fate::Create).filter(|key| can_be(key.kind)).collect();
        for old in of(Fate::Drop).filter(|key| can_be(key.kind) && !self.table_goes(key)) {
            for new in &comes {
                let same_place =
                    old.kind == new.kind && old.schema == new.schema && old.table == new.table;
                let Some(same) = self.same(old, new).filter(|_| same_place) else { continue };
                let likeness = likeness(&old.name, &new.name) + same;
                let table = old.table.as_ref().map(|_| spoken(&table_key(old)));
                let table = table.as_deref().map(|table| (table, table));
                let name = if table.is_some() { old.name.clone() } else { spoken(old) };
                pairs.push(likeness, old.kind, table, &name, &new.name);
            }
        }
        pairs.sorted()
    }

    /// Tells how much two have in common beside their names; none if they cannot be the same.
    fn same(&self, old: &Key, new: &Key) -> Option<usize> {
        let (before, after) = (self.old(old)?, self.wanted(new)?);
        match (&before.body, &after.body) {
            (Body::Column(a), Body::Column(b)) => {
                // What a parent has is asked of the parent.
                let own = [a, b].iter().all(|column| !column.generated && !column.inherited);
                let same_type = if a.base == b.base { SAME_TYPE } else { 0 };
                own.then_some(same_type + if is_like(a, b) { SAME_DEFINITION } else { 0 })
            }
            (Body::Table(_), Body::Table(_)) => {
                let names = |columns: Vec<(&Key, _)>| {
                    columns.into_iter().map(|(key, _)| key.name.clone()).collect::<Vec<_>>()
                };
                let (before, after) = (names(self.from.columns(old)), names(self.to.columns(new)));
                shared(before.into_iter(), after.into_iter())
            }
            (Body::Enum { labels: a }, Body::Enum { labels: b }) => {
                a.iter().all(|label| b.contains(label)).then_some(SAME_TYPE)
            }
            (Body::Sequence(a), Body::Sequence(b)) => {
                (a.owner.is_none() && b.owner.is_none() && a.shape == b.shape).then_some(SAME_TYPE)
            }
            (Body::Domain(a), Body::Domain(b)) => (a.base == b.base).then_some(SAME_TYPE),
            _ => None,
        }
    }
}

fn can_be(kind: Kind) -> bool {
    matches!(kind, Kind::Table | Kind::Column | Kind::Enum | Kind::Domain | Kind::Sequence)
}
