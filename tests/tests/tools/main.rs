//! The tools themselves, as their registries have them: a history that one has brought half the way is adopted, only the
//! other half runs, and what comes of it is what the tool makes.
//!
//! `REVCHAIN_TOOLS` names a folder with `sqlx`, `diesel`, `refinery` and `dbmate`, as `bash .ci/run tools` makes it; without
//! it they are looked for on `PATH`. What they wrote once stands in `tests/histories`, and is adopted without them;
//! `REVCHAIN_BLESS=1` writes it again.

mod by_programs;
mod by_records;
mod coming;
mod tool;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;
