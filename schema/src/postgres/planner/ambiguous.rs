//! What goes and what comes, and could be one thing under a new name.

use super::super::catalog::Body;
use super::fate::Fate;
use super::{Planner, spoken};
use crate::{Ambiguous, Key, Kind, Rename};

impl Planner<'_> {
    /// Returns the pairs that are planned as drop and create and could be renames.
    pub(super) fn ambiguous(&self) -> Vec<Ambiguous> {
        let mut pairs = Vec::new();
        let of = |fate: Fate| {
            self.fates.changing.iter().filter(move |(_, is)| **is == fate).map(|(key, _)| key)
        };
        let comes: Vec<&Key> = of(Fate::Create).filter(|key| can_be(key.kind)).collect();
        for old in of(Fate::Drop).filter(|key| can_be(key.kind)) {
            if self.table_goes(old) || self.choices.drops.iter().any(|said| *said == spoken(old)) {
                continue;
            }
            for new in &comes {
                let same_place =
                    old.kind == new.kind && old.schema == new.schema && old.table == new.table;
                if same_place && self.could_be(old, new) {
                    pairs.push(pair(old, new));
                }
            }
        }
        pairs
    }

    fn could_be(&self, old: &Key, new: &Key) -> bool {
        let (Some(before), Some(after)) = (self.old(old), self.wanted(new)) else { return false };
        match (&before.body, &after.body) {
            (Body::Column(a), Body::Column(b)) => a.base == b.base && a.generated == b.generated,
            (Body::Enum { labels: a }, Body::Enum { labels: b }) => {
                a.iter().all(|label| b.contains(label))
            }
            (Body::Table(_), Body::Table(_)) => {
                let before = self.from.columns(old);
                let after = self.to.columns(new);
                let kept = before.iter().filter(|(key, column)| {
                    after
                        .iter()
                        .any(|(other, like)| other.name == key.name && like.base == column.base)
                });
                !before.is_empty() && kept.count() * 2 >= before.len().max(after.len())
            }
            (Body::Sequence(a), Body::Sequence(b)) => {
                a.owner.is_none() && b.owner.is_none() && a.shape == b.shape
            }
            (Body::Domain(a), Body::Domain(b)) => a.base == b.base,
            _ => false,
        }
    }
}

fn can_be(kind: Kind) -> bool {
    matches!(kind, Kind::Table | Kind::Column | Kind::Enum | Kind::Domain | Kind::Sequence)
}

fn pair(old: &Key, new: &Key) -> Ambiguous {
    let table = old.table.as_ref().map(|_| {
        let spoken = spoken(new);
        spoken.rsplit_once('.').map_or_else(String::new, |(table, _)| table.to_owned())
    });
    Ambiguous {
        rename: Rename { kind: old.kind, table, old: old.name.clone(), new: new.name.clone() },
        gone: spoken(old),
        path: spoken(old),
    }
}
