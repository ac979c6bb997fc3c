//! Numbers that nobody chose, and that come again where `REVCHAIN_SEED` gives the seed.

use std::io::{self, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of moments; equal for equal seeds (Marsaglia, "Xorshift RNGs").
#[derive(Debug)]
pub struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    /// Takes the seed that is asked for, or another each time, and tells it on stderr.
    ///
    /// # Errors
    ///
    /// When `REVCHAIN_SEED` is no number, or the clock stands before 1970.
    pub fn new() -> io::Result<Self> {
        let seed = match std::env::var("REVCHAIN_SEED") {
            Ok(seed) => seed.parse().map_err(io::Error::other)?,
            Err(_) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
                now.as_nanos() as u64 | 1
            }
        };
        writeln!(io::stderr(), "REVCHAIN_SEED={seed}")?;
        Ok(Self { seed, state: seed })
    }

    /// Returns the seed.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns a number from 0 on that is below `bound`.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % if bound == 0 { 1 } else { bound }
    }
}
