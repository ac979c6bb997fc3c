//! The order of steps: each after all that it must come after, otherwise by phase and name.

use std::collections::{BTreeMap, BTreeSet};

use super::Action;
use crate::Key;
use crate::order::behind;

/// Orders `actions` so that each comes after those that have a key which `needs` says for one of its own.
///
/// Where needs go round in a circle, the first by phase and name goes first.
pub(super) fn sort(mut actions: Vec<Action>, needs: &dyn Fn(&Key) -> Vec<Key>) -> Vec<Action> {
    // Stable: what has the same phase and name stays in the order in which it came.
    actions.sort_by(|a, b| (a.phase, a.keys.first()).cmp(&(b.phase, b.keys.first())));
    let mut makers: BTreeMap<&Key, Vec<usize>> = BTreeMap::new();
    for (index, action) in actions.iter().enumerate() {
        for key in &action.keys {
            makers.entry(key).or_default().push(index);
        }
    }
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); actions.len()];
    for (index, action) in actions.iter().enumerate() {
        let needed = action.keys.iter().flat_map(needs).chain(action.after.iter().cloned());
        for key in needed {
            before[index]
                .extend(makers.get(&key).into_iter().flatten().filter(|other| **other != index));
        }
    }
    let mut actions: Vec<_> = actions.into_iter().map(Some).collect();
    behind(&before).into_iter().filter_map(|index| actions[index].take()).collect()
}
