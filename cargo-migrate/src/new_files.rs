//! Writes many new files, all or none.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::lockfile::temporary;

/// Writes new files, and the folders that they are in; where one cannot be written, those before it go away.
///
/// # Errors
///
/// There is one of the name, or the system refuses.
pub(crate) fn create_all<'t>(
    files: impl IntoIterator<Item = (PathBuf, &'t str)>,
) -> Result<(), Failure> {
    let mut written: Vec<PathBuf> = Vec::new();
    let mut done = Ok(());
    for (path, text) in files {
        done = create_unsynced(&path, text).map_err(|error| Failure::file("write", &path, &error));
        if done.is_err() {
            break;
        }
        written.push(path);
    }
    done = done.and_then(|()| sync(&written));
    if done.is_err() {
        written.iter().for_each(|path| _ = std::fs::remove_file(path));
    }
    done
}

/// Waits until the files are on the disk: several at a time, which a disk does as quickly as one.
fn sync(paths: &[PathBuf]) -> Result<(), Failure> {
    const AT_A_TIME: usize = 16;
    let sync = |path: &PathBuf| {
        let synced = File::open(path).and_then(|file| file.sync_all());
        synced.map_err(|error| Failure::file("write", path, &error))
    };
    std::thread::scope(|scope| {
        let share = paths.len().div_ceil(AT_A_TIME).max(1);
        let begun: Vec<_> = paths
            .chunks(share)
            .map(|share| scope.spawn(move || share.iter().try_for_each(sync)))
            .collect();
        begun.into_iter().try_for_each(|one| one.join().unwrap_or(Ok(())))
    })
}

fn create_unsynced(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)?;
    let mut file = temporary(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist_noclobber(path).map(|_| ()).map_err(|error| error.error)
}
