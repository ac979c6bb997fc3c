//! What stands below the header of a new revision in Rust: the functions that the application's drivers call.

use std::path::Path;

use revchain_core::rust::Driver;
use revchain_core::{Dialect, Dialects};

use crate::project::manifest;

/// Writes the functions for the set in a folder, as the manifest above it says which drivers there are.
pub(crate) fn rust_body(folder: &Path, dialects: Dialects) -> String {
    let package = folder.ancestors().find(|above| above.join("Cargo.toml").is_file());
    let drivers = drivers(package, dialects);
    let names_drivers = drivers.len() > 1;
    let mut text = String::new();
    if let [Driver::Rusqlite] = drivers[..] {
        text.push_str("\nuse rusqlite::{Connection, Result};\n");
        for direction in ["upgrade", "downgrade"] {
            text.push_str(&format!(
                "\npub fn {direction}(_connection: &Connection) -> Result<()> {{\n    Ok(())\n}}\n"
            ));
        }
        return text;
    }
    for driver in drivers {
        for direction in ["upgrade", "downgrade"] {
            let suffix = if names_drivers { format!("_{}", driver.name()) } else { String::new() };
            let (begin, result) = if driver.is_async() {
                ("pub async fn", "sqlx::Result<()>")
            } else {
                ("pub fn", "rusqlite::Result<()>")
            };
            let head = format!("{begin} {direction}{suffix}");
            let parameter = format!("_connection: {}", driver.parameter());
            text.push_str(&format!("\n{head}({parameter}) -> {result} {{\n    Ok(())\n}}\n"));
        }
    }
    text
}

/// Writes the functions of an upgrade that is still to be written: each fails with a reason.
pub(crate) fn placeholder(folder: &Path, dialects: Dialects, reason: &str) -> String {
    let package = folder.ancestors().find(|above| above.join("Cargo.toml").is_file());
    let drivers = drivers(package, dialects);
    let mut text = String::new();
    for driver in &drivers {
        let suffix = if drivers.len() > 1 { format!("_{}", driver.name()) } else { String::new() };
        let begin = if driver.is_async() { "pub async fn" } else { "pub fn" };
        let parameter = driver.parameter();
        text.push_str(&format!(
            "\n{begin} upgrade{suffix}(\n    _connection: {parameter},\n) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {{\n    \
             Err({reason:?}.into())\n}}\n"
        ));
    }
    text
}

/// Returns the drivers by the features of revchain, else by the dependencies.
fn drivers(package: Option<&Path>, dialects: Dialects) -> Vec<Driver> {
    let manifest = package.map(manifest).unwrap_or_default();
    let dependency = |name: &str| manifest.get("dependencies").and_then(|table| table.get(name));
    let features = dependency("revchain").and_then(|own| own.get("features"));
    let features = features.and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let has = |feature: &str| features.iter().any(|one| one.as_str() == Some(feature));
    let mut drivers = Vec::new();
    for dialect in dialects.iter() {
        match dialect {
            Dialect::Sqlite => {
                let over_sqlx = dependency("sqlx").is_some() && dependency("rusqlite").is_none();
                let sqlx = has("sqlx-sqlite") || over_sqlx && !has("rusqlite");
                if has("rusqlite") || !sqlx {
                    drivers.push(Driver::Rusqlite);
                }
                if sqlx {
                    drivers.push(Driver::SqlxSqlite);
                }
            }
            Dialect::Postgres => drivers.push(Driver::Postgres),
            Dialect::Mysql => drivers.push(Driver::Mysql),
        }
    }
    drivers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_are_those_of_the_applications_drivers() {
        let sqlite = &[Dialect::Sqlite][..];
        let both = &[Dialect::Sqlite, Dialect::Postgres][..];
        let cases = [
            ("", sqlite, "upgrade rusqlite"),
            (
                "revchain = { path = \"x\", features = [\"sqlx-sqlite\"] }",
                sqlite,
                "upgrade sqlx_sqlite",
            ),
            (
                "revchain = { version = \"0.1\", features = [\"sqlx-sqlite\", \"rusqlite\"] }",
                sqlite,
                "upgrade_rusqlite rusqlite upgrade_sqlx_sqlite sqlx_sqlite",
            ),
            ("sqlx = \"0.9\"", sqlite, "upgrade sqlx_sqlite"),
            ("sqlx = \"0.9\"", both, "upgrade_sqlx_sqlite sqlx_sqlite upgrade_postgres postgres"),
            ("", &[Dialect::Postgres], "upgrade postgres"),
            ("", &[Dialect::Mysql], "upgrade mysql"),
        ];
        for (dependencies, dialects, expected) in cases {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let text = format!("[package]\nname = \"shop\"\n[dependencies]\n{dependencies}\n");
            std::fs::write(folder.path().join("Cargo.toml"), text).expect("it is written");
            let body = rust_body(folder.path(), Dialects::of(dialects));
            let (source, faults) = revchain_core::rust::Source::read(&body);
            assert!(faults.is_empty(), "{body}: {faults:?}");
            let upgrades = source.functions.iter().step_by(2);
            let found: Vec<String> =
                upgrades.map(|one| format!("{} {}", one.name, one.driver.name())).collect();
            assert_eq!(found.join(" "), expected, "{dependencies}");
            assert_eq!(source.functions.len(), 2 * found.len(), "{dependencies}");
        }
    }
}
