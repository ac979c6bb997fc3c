//! What is done with lists at many places: each application compiles it once, and not for each type and closure.

/// Returns the places of keys in the order of the keys; equal keys keep theirs.
///
/// Merges runs, each time of twice the length. (The standard library's sort would be ten times as much to compile.)
pub(crate) fn order_of(keys: &[String]) -> Vec<u32> {
    let mut order = Vec::with_capacity(keys.len());
    let mut is_sorted = true;
    for place in 0..keys.len() {
        is_sorted &= place == 0 || keys[place - 1] <= keys[place];
        order.push(place as u32);
    }
    let mut length = if is_sorted { keys.len() } else { 1 };
    while length < keys.len() {
        let mut merged = Vec::with_capacity(keys.len());
        while merged.len() < keys.len() {
            let middle = keys.len().min(merged.len() + length);
            let end = keys.len().min(middle + length);
            let (mut left, mut right) = (merged.len(), middle);
            while left < middle || right < end {
                let is_left = right == end
                    || left < middle && keys[order[left] as usize] <= keys[order[right] as usize];
                let next = if is_left { &mut left } else { &mut right };
                merged.push(order[*next]);
                *next += 1;
            }
        }
        order = merged;
        length *= 2;
    }
    order
}

/// Keeps the places that are wanted.
pub(crate) fn keep(places: &mut Vec<u32>, wanted: &dyn Fn(u32) -> bool) {
    let mut kept = 0;
    for at in 0..places.len() {
        let place = places[at];
        if wanted(place) {
            places[kept] = place;
            kept += 1;
        }
    }
    places.truncate(kept);
}

/// Sorts texts.
#[must_use]
pub fn sorted(mut texts: Vec<String>) -> Vec<String> {
    arrange(&order_of(&texts), &mut |left, right| texts.swap(left, right));
    texts
}

/// Puts values into an order of their places, by telling which two to swap.
pub(crate) fn arrange(order: &[u32], swap: &mut dyn FnMut(usize, usize)) {
    let mut order = order.to_vec();
    for start in 0..order.len() {
        // Each value of a circle goes where it belongs; the first one travels along, to the end.
        let mut at = start;
        while order[at] as usize != start {
            let from = order[at] as usize;
            swap(at, from);
            order[at] = at as u32;
            at = from;
        }
        order[at] = at as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_stays_in_its_order() {
        let mut places = vec![3, 1, 4, 1, 5];
        keep(&mut places, &|place| place != 1);
        assert_eq!(places, [3, 4, 5]);
    }

    #[test]
    fn equal_keys_keep_their_order() {
        let keys = ["b", "a", "b", "a"];
        let order = order_of(&keys.map(str::to_owned));
        assert_eq!(order, [1, 3, 0, 2]);
        let mut places = [0, 1, 2, 3];
        arrange(&order, &mut |left, right| places.swap(left, right));
        assert_eq!(places, *order);
    }

    #[test]
    fn any_number_of_keys_is_sorted() {
        for count in 0..40_usize {
            let mut keys = Vec::new();
            for at in 0..count {
                keys.push(format!("{:02}", at * 29 % 31));
            }
            let mut expected = keys.clone();
            expected.sort();
            assert_eq!(sorted(keys), expected);
        }
    }
}
