//! An order in which each comes after what it needs.

use std::collections::BTreeSet;

/// Orders the places `0..before.len()` so that each comes behind those that `before` holds for it; where several could be
/// next the first is, and where they go round in a circle the first of those that are left is.
pub(crate) fn behind(before: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); before.len()];
    for (place, before) in before.iter().enumerate() {
        before.iter().for_each(|other| after[*other].push(place));
    }
    let mut open: Vec<usize> = before.iter().map(BTreeSet::len).collect();
    let mut left: BTreeSet<usize> = (0..before.len()).collect();
    let mut ready: BTreeSet<usize> = left.iter().copied().filter(|at| open[*at] == 0).collect();
    let mut order = Vec::with_capacity(before.len());
    while let Some(next) = ready.pop_first().or_else(|| left.first().copied()) {
        left.remove(&next);
        order.push(next);
        for other in &after[next] {
            open[*other] -= 1;
            if open[*other] == 0 && left.contains(other) {
                ready.insert(*other);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::behind;

    #[test]
    fn each_comes_behind_what_it_needs_and_a_circle_is_begun_at_its_first() {
        let cases: [(&[&[usize]], &[usize]); 4] = [
            (&[&[], &[], &[]], &[0, 1, 2]),
            (&[&[2], &[], &[1]], &[1, 2, 0]),
            (&[&[1], &[0], &[]], &[2, 0, 1]),
            (&[&[], &[2], &[1], &[2]], &[0, 1, 2, 3]),
        ];
        for (before, order) in cases {
            let before: Vec<BTreeSet<usize>> =
                before.iter().map(|one| one.iter().copied().collect()).collect();
            assert_eq!(behind(&before), order, "{before:?}");
        }
    }
}
