//! Maps from ids to places in a list, and sets of ids: one table that each application compiles.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Places by id: one map for all that is looked up by id, because each other one would be compiled too.
pub(crate) type Places<K> = HashMap<K, u32, BuildHasherDefault<Fnv>>;

/// Returns the place of each id; of the last, where an id stands twice.
pub(crate) fn places<'i>(ids: impl Iterator<Item = &'i str>) -> Places<&'i str> {
    let mut places = Places::default();
    for (id, place) in ids.zip(0..) {
        places.insert(id, place);
    }
    places
}

/// A set of texts.
#[derive(Debug, Default)]
pub struct Ids(Places<String>);

impl Ids {
    /// Adds a text.
    pub fn insert(&mut self, id: &str) {
        self.0.insert(id.to_owned(), 0);
    }

    /// Tells whether a text was added.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// FNV-1a: the keys are few and short, and come from the author's own files. (The standard library's hasher costs the
/// macro, which runs without optimisation, ten times as much.)
#[derive(Debug)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        let (mut hash, mut at) = (self.0, 0);
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
