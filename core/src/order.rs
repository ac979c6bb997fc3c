//! What is done with lists at many places: each application compiles it once, and not for each type and closure.

/// Returns the places of keys in the order of the keys; equal keys keep theirs.
pub(crate) fn order_of(keys: Vec<String>) -> Vec<u32> {
    let mut placed: Vec<(String, u32)> = Vec::with_capacity(keys.len());
    for key in keys {
        placed.push((key, placed.len() as u32));
    }
    placed.sort_unstable();
    let mut order = Vec::with_capacity(placed.len());
    for (_, place) in placed {
        order.push(place);
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
pub fn sorted(texts: Vec<String>) -> Vec<String> {
    let order = order_of(texts.clone());
    arranged(texts, &order)
}

/// Puts values into an order of their places.
pub(crate) fn arranged<T>(values: Vec<T>, order: &[u32]) -> Vec<T> {
    let mut unplaced = Vec::with_capacity(values.len());
    for value in values {
        unplaced.push(Some(value));
    }
    let mut arranged = Vec::with_capacity(order.len());
    for place in order {
        if let Some(value) = unplaced[*place as usize].take() {
            arranged.push(value);
        }
    }
    arranged
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
        let order = order_of(keys.map(str::to_owned).to_vec());
        assert_eq!(order, [1, 3, 0, 2]);
        assert_eq!(arranged(vec![0, 1, 2, 3], &order), order);
    }
}
