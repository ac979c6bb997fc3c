//! Writes the lock of a generated folder: `seal FOLDER [postgres]`.
//!
//! `cargo migrate` does the same and more; the benchmark needs nothing but the lock.

use std::error::Error;
use std::fs;
use std::path::Path;

use revchain_core::check;
use revchain_core::dialect::{Dialect, Dialects};
use revchain_core::folder::Folder;
use revchain_core::lock::{self, Entry, Lock};
use revchain_core::set::{Heads, History, Settings};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: seal FOLDER [postgres]")?;
    let folder = Path::new(&folder);
    let mut dialects = Dialects::NONE;
    let other = std::env::args_os().nth(2).is_some_and(|word| word == "postgres");
    dialects.insert(if other { Dialect::Postgres } else { Dialect::Sqlite });
    let mut lock = Lock::new(Settings {
        name: "bench".into(),
        dialects,
        heads: Heads::One,
        history: History::default(),
    });
    let file = folder.join(lock::FILE);
    // What a part is depends on the lock's dialects, so the first check sees a lock without revisions.
    fs::write(&file, lock.render())?;
    let shown = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let checked = check(&Folder::read(folder, &shown));
    lock.revisions = checked
        .revisions
        .iter()
        .map(|checked| Entry {
            id: checked.revision.id.to_string(),
            parents: checked.parents.clone(),
            replaces: checked.revision.replaces.to_vec(),
            seals: checked.seals(),
        })
        .collect();
    lock.heads = lock.computed_heads();
    fs::write(&file, lock.render())?;
    let problems = check(&Folder::read(folder, &shown)).problems;
    match problems.first() {
        Some(problem) => Err(format!("{} problems, the first: {problem:?}", problems.len()).into()),
        None => Ok(()),
    }
}
