//! Maps from ids to places in a list, and sets of ids: one table that each application compiles.

use std::borrow::Cow;

/// Places by id: one map for all that is looked up by id, because each other one would be compiled too.
///
/// A hash table with open addressing. (That of the standard library would be ten times as much to compile.)
#[derive(Debug, Default)]
pub(crate) struct Places<'i> {
    entries: Vec<(Cow<'i, str>, u32)>,
    /// For each hash the index of an entry and one, or none; more than half of them are free.
    slots: Vec<u32>,
}

impl<'i> Places<'i> {
    /// Returns the place of an id.
    pub(crate) fn get(&self, id: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        match self.slots[self.slot(id)] {
            FREE => None,
            entry => Some(self.entries[entry as usize - 1].1),
        }
    }

    /// Tells whether an id has a place.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    /// Gives an id a place, and returns the one that it had.
    pub(crate) fn insert(&mut self, id: Cow<'i, str>, place: u32) -> Option<u32> {
        if self.entries.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot(&id);
        match self.slots[slot] {
            FREE => {
                self.entries.push((id, place));
                self.slots[slot] = self.entries.len() as u32;
                None
            }
            entry => Some(std::mem::replace(&mut self.entries[entry as usize - 1].1, place)),
        }
    }

    /// Gives an id a place if it has none, and returns the one that it has.
    pub(crate) fn insert_first(&mut self, id: Cow<'i, str>, place: u32) -> u32 {
        self.get(&id).unwrap_or_else(|| {
            self.insert(id, place);
            place
        })
    }

    /// Returns the ids and their places, in the order in which the ids were inserted.
    pub(crate) fn entries(&self) -> &[(Cow<'i, str>, u32)] {
        &self.entries
    }

    /// Moves every place.
    pub(crate) fn moved(&mut self, to: &dyn Fn(u32) -> u32) {
        for (_, place) in &mut self.entries {
            *place = to(*place);
        }
    }

    /// Returns the slot of an id: the one that it has, or the free one where it belongs.
    fn slot(&self, id: &str) -> usize {
        let last = self.slots.len() - 1;
        let mut slot = hash(id) as usize & last;
        loop {
            match self.slots[slot] {
                FREE => return slot,
                entry if self.entries[entry as usize - 1].0 == id => return slot,
                _ => slot = (slot + 1) & last,
            }
        }
    }

    /// Doubles the slots, whose number is a power of two.
    fn grow(&mut self) {
        let count = (self.slots.len() * 2).max(16);
        self.slots.clear();
        self.slots.resize(count, FREE);
        for entry in 0..self.entries.len() {
            let slot = self.slot(&self.entries[entry].0);
            self.slots[slot] = entry as u32 + 1;
        }
    }
}

const FREE: u32 = 0;

/// FNV-1a: the keys are few and short, and come from the author's own files. (The standard library's hasher costs the
/// macro, which runs without optimisation, ten times as much.)
fn hash(id: &str) -> u64 {
    let (mut hash, mut at) = (0xcbf2_9ce4_8422_2325, 0);
    let bytes = id.as_bytes();
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// A set of texts.
#[derive(Debug, Default)]
pub struct Ids(Places<'static>);

impl Ids {
    /// Adds a text.
    pub fn insert(&mut self, id: &str) {
        self.0.insert(Cow::Owned(id.to_owned()), 0);
    }

    /// Tells whether a text was added.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.0.contains(id)
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Tells whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn an_id_has_the_place_that_it_was_given_last() {
        let (mut places, mut expected) = (Places::default(), HashMap::new());
        for place in 0..1_000 {
            let id = format!("{:x}", place % 700);
            assert_eq!(places.insert(id.clone().into(), place), expected.insert(id, place));
        }
        for (id, place) in &expected {
            assert_eq!(places.get(id), Some(*place));
        }
        assert_eq!((places.get("z"), places.entries().len()), (None, expected.len()));
    }

    #[test]
    fn the_first_place_of_an_id_stays() {
        let mut places = Places::default();
        assert!(!places.contains("a"));
        assert_eq!(places.insert_first("a".into(), 3), 3);
        assert_eq!(places.insert_first("a".into(), 4), 3);
        places.moved(&|place| place + 1);
        assert_eq!(places.get("a"), Some(4));
    }
}
