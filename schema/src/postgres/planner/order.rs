//! The order of steps: each after all that it must come after, otherwise by phase and name.

use std::collections::{BTreeMap, BTreeSet};

use super::Action;
use crate::Key;

/// Orders `actions` so that each comes after those that have a key which `needs` says for one of its own.
///
/// Where needs go round in a circle, the first by phase and name goes first.
pub(super) fn sort(actions: Vec<Action>, needs: &dyn Fn(&Key) -> Vec<Key>) -> Vec<Action> {
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
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); actions.len()];
    for (index, before) in before.iter().enumerate() {
        before.iter().for_each(|other| after[*other].push(index));
    }
    let rank = |index: usize| (actions[index].phase, actions[index].keys.first(), index);
    let mut waiting: BTreeSet<_> = (0..actions.len()).map(rank).collect();
    let mut open: Vec<usize> = before.iter().map(BTreeSet::len).collect();
    let mut ready: BTreeSet<_> =
        (0..actions.len()).filter(|index| open[*index] == 0).map(rank).collect();
    let mut order = Vec::new();
    while let Some(next) = ready.pop_first().or_else(|| waiting.first().copied()) {
        waiting.remove(&next);
        ready.remove(&next);
        order.push(next.2);
        for other in &after[next.2] {
            open[*other] = open[*other].saturating_sub(1);
            if open[*other] == 0 && waiting.contains(&rank(*other)) {
                ready.insert(rank(*other));
            }
        }
    }
    let mut actions: Vec<_> = actions.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| actions[index].take()).collect()
}
