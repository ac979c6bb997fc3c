//! The same history in the layout of each tool.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Revision;

/// Writes a migrations folder as revchain reads it and returns the files, in order.
///
/// The lock is not written: whoever needs one seals the returned files, with `cargo migrate add`
/// and `cargo migrate seal` or through `revchain-core`.
///
/// # Errors
///
/// Whatever the file system answers.
pub fn write_revchain(dir: &Path, revisions: &[Revision]) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(dir)?;
    let mut files = Vec::with_capacity(revisions.len());
    for revision in revisions {
        let Revision { id, parent, message, created, upgrade, downgrade } = revision;
        let digits = digits(created);
        let name = format!("{}_{}_{id}_{}.sql", &digits[..8], &digits[8..12], slug(message));
        let revises = parent.as_deref().unwrap_or("base");
        let text = format!(
            "-- {message}\n--\n-- revision: {id}\n-- revises: {revises}\n-- created: {created}\n\n\
             -- migrate:upgrade\n{upgrade}\n-- migrate:downgrade\n{downgrade}"
        );
        let file = dir.join(name);
        fs::write(&file, text)?;
        files.push(file);
    }
    Ok(files)
}

/// Writes `{version}_{name}.up.sql` and `.down.sql`, sqlx's reversible migrations.
///
/// # Errors
///
/// Whatever the file system answers.
pub fn write_sqlx(dir: &Path, revisions: &[Revision]) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for revision in revisions {
        let name = format!("{}_{}", digits(&revision.created), slug(&revision.message));
        fs::write(dir.join(format!("{name}.up.sql")), &revision.upgrade)?;
        fs::write(dir.join(format!("{name}.down.sql")), &revision.downgrade)?;
    }
    Ok(())
}

/// Writes `V{number}__{name}.sql`, as refinery reads them; it has no downgrades.
///
/// # Errors
///
/// Whatever the file system answers.
pub fn write_refinery(dir: &Path, revisions: &[Revision]) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for (index, revision) in revisions.iter().enumerate() {
        let name = format!("V{}__{}.sql", index + 1, slug(&revision.message));
        fs::write(dir.join(name), &revision.upgrade)?;
    }
    Ok(())
}

/// Writes a folder with `up.sql` and `down.sql` for each revision, as diesel reads them.
///
/// # Errors
///
/// Whatever the file system answers.
pub fn write_diesel(dir: &Path, revisions: &[Revision]) -> io::Result<()> {
    for revision in revisions {
        let date = &revision.created[..10];
        let time = &digits(&revision.created)[8..];
        let folder = dir.join(format!("{date}-{time}_{}", slug(&revision.message)));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("up.sql"), &revision.upgrade)?;
        fs::write(folder.join("down.sql"), &revision.downgrade)?;
    }
    Ok(())
}

/// Writes numbered `.up.sql` and `.down.sql` files and `list.rs`, an array expression of
/// `(upgrade, downgrade)` texts for `include!`.
///
/// # Errors
///
/// Whatever the file system answers.
pub fn write_rusqlite_migration(dir: &Path, revisions: &[Revision]) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let mut list = String::from("[\n");
    for (index, revision) in revisions.iter().enumerate() {
        let name = format!("{:05}_{}", index + 1, slug(&revision.message));
        fs::write(dir.join(format!("{name}.up.sql")), &revision.upgrade)?;
        fs::write(dir.join(format!("{name}.down.sql")), &revision.downgrade)?;
        list +=
            &format!("    (include_str!(\"{name}.up.sql\"), include_str!(\"{name}.down.sql\")),\n");
    }
    fs::write(dir.join("list.rs"), list + "]\n")
}

fn digits(created: &str) -> String {
    created.chars().filter(char::is_ascii_digit).collect()
}

fn slug(message: &str) -> String {
    message.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}
