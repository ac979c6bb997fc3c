//! Any text is a lock that renders itself, or is refused; its sides can be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use revchain_core::lock::Lock;

fuzz_target!(|text: &str| {
    if let Ok(lock) = Lock::parse(text) {
        assert_eq!(lock.render(), text);
    }
    if let Some((ours, theirs)) = Lock::sides(text) {
        let _ = (Lock::parse(&ours), Lock::parse(&theirs));
    }
});
