//! Sorting by text: the one sort that each application compiles, as each type that is sorted costs it one more.

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
    fn equal_keys_keep_their_order() {
        let keys = ["b", "a", "b", "a"];
        let order = order_of(keys.map(str::to_owned).to_vec());
        assert_eq!(order, [1, 3, 0, 2]);
        assert_eq!(arranged(vec![0, 1, 2, 3], &order), order);
    }
}
