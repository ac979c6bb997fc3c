//! Maps and sets whose keys are ids.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A map by id.
pub(crate) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Fnv>>;
/// A set of ids.
pub(crate) type Ids<K> = HashSet<K, BuildHasherDefault<Fnv>>;

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
