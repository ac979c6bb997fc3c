//! Real migration histories, as `REVCHAIN_SHARED` has them.

use std::io::Write as _;
use std::path::PathBuf;

/// Returns the folder of all, or says on stderr that what wants them is skipped.
///
/// # Panics
///
/// When stderr is gone.
#[must_use]
pub fn all() -> Option<PathBuf> {
    let shared = std::env::var_os("REVCHAIN_SHARED").map(PathBuf::from);
    let real = shared.map(|path| path.join("real")).filter(|real| real.is_dir());
    if real.is_none() {
        let note = "skipped: REVCHAIN_SHARED names no folder with real histories\n";
        std::io::stderr().write_all(note.as_bytes()).expect("stderr is there");
    }
    real
}

/// Returns one of them.
#[must_use]
pub fn real(name: &str) -> Option<PathBuf> {
    all().map(|real| real.join(name))
}
