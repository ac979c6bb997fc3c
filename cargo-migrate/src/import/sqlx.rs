//! The layout of sqlx: `VERSION_NAME.sql`, or `VERSION_NAME.up.sql` and `VERSION_NAME.down.sql`, in one folder.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest as _, Sha384};

use super::{Migration, Way};
use crate::failure::Failure;

/// What sqlx takes for a migration that wants no transaction, where a file begins with it.
const NO_TRANSACTION: &str = "-- no-transaction";

/// Reads the folder as sqlx does: folders in it and files of other names are no migrations.
///
/// # Errors
///
/// Two files have one version, a way back has no way there, a version is no number, or a file cannot be read.
pub(super) fn read(folder: &Path) -> Result<Vec<Migration>, Failure> {
    let mut found: BTreeMap<i64, Migration> = BTreeMap::new();
    let mut downs: BTreeMap<i64, (String, String)> = BTreeMap::new();
    for name in names(folder)? {
        let Some((version, rest)) = name.split_once('_') else { continue };
        if !rest.ends_with(".sql") {
            continue;
        }
        let number: i64 = version.parse().map_err(|_| {
            Failure::new(format!("{name} begins with no number, which sqlx refuses"))
                .help("rename it, or move it out of the folder")
        })?;
        let path = folder.join(&name);
        let text =
            std::fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, &error))?;
        if rest.ends_with(".down.sql") {
            if let Some((_, other)) = downs.insert(number, (text, name.clone())) {
                return Err(collision(number, &other, &name));
            }
            continue;
        }
        let suffix = if rest.ends_with(".up.sql") { ".up.sql" } else { ".sql" };
        let migration = Migration {
            version: number.to_string(),
            message: rest.trim_end_matches(suffix).replace('_', " "),
            down: None,
            checksum: checksum(&text),
            up: way(text),
            file: name.clone(),
        };
        if let Some(other) = found.insert(number, migration) {
            return Err(collision(number, &other.file, &name));
        }
    }
    for (number, (text, name)) in downs {
        let Some(migration) = found.get_mut(&number) else {
            return Err(Failure::new(format!("{name} takes back what no file makes"))
                .help(format!("restore the file of version {number}, or remove {name}")));
        };
        migration.down = Some(way(text));
    }
    Ok(found.into_values().collect())
}

fn way(sql: String) -> Way {
    Way { transaction: !sql.starts_with(NO_TRANSACTION), sql }
}

/// Returns the names of the files, in order.
fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let failed = |error: std::io::Error| Failure::file("read", folder, &error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn collision(version: i64, one: &str, other: &str) -> Failure {
    Failure::new(format!("{one} and {other} are both version {version}"))
        .help("keep the one that databases ran, and give the other a version of its own")
}

/// Returns what `_sqlx_migrations` keeps of the text: SHA-384, in hexadecimal digits.
fn checksum(text: &str) -> String {
    Sha384::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
