//! Maps from ids to places in a list.

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

/// FNV-1a: the keys are few and short, and come from the author's own files. (The standard library's hasher costs the
/// macro, which runs without optimisation, ten times as much.)
pub(crate) struct Fnv(u64);

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
