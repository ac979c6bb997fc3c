//! The lines that an application needs, for the databases of its set.

use std::path::Path;

use revchain_core::{Dialect, Dialects};

use super::relative;
use crate::project::{Project, manifest};

/// Returns what an application lacks, by file.
pub(crate) fn lines_to_paste(
    package: &Path,
    project: &Project,
    dialects: Dialects,
) -> Vec<(&'static str, String)> {
    let manifest = manifest(package);
    let has =
        |name: &str| manifest.get("dependencies").is_some_and(|table| table.get(name).is_some());
    let is_server = dialects.contains(Dialect::Postgres) || dialects.contains(Dialect::Mysql);
    let over_sqlx = is_server || has("sqlx") && !has("rusqlite");
    let mut paste = Vec::new();
    let lines = if over_sqlx { with_sqlx(dialects) } else { with_rusqlite() };
    let lacking = lines.into_iter().filter(|(name, _)| !has(name)).map(|(_, line)| line);
    let lacking: Vec<String> = lacking.collect();
    if !lacking.is_empty() {
        paste.push(("Cargo.toml, below [dependencies]", lacking.join("\n")));
    }
    let source = |name: &str| std::fs::read_to_string(package.join(name)).unwrap_or_default();
    let uses =
        ["src/main.rs", "src/lib.rs"].iter().any(|name| source(name).contains("migrations!("));
    if !uses {
        let folder = relative(package, &project.path);
        let main = if over_sqlx { main_with_sqlx(dialects) } else { MAIN_WITH_RUSQLITE.to_owned() };
        let lines =
            format!("revchain::migrations!(pub static MIGRATIONS = \"{folder}\");\n\n{main}");
        paste.push(("src/main.rs", lines));
    }
    paste
}

const MAIN_WITH_RUSQLITE: &str = "\
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = rusqlite::Connection::open(\"app.db\")?;
    MIGRATIONS.upgrade(revchain::Target::Head).run(&mut connection)?;
    Ok(())
}";

fn with_rusqlite() -> Vec<(&'static str, String)> {
    vec![
        ("revchain", revchain(&["rusqlite"])),
        ("rusqlite", "rusqlite = { version = \"0.41\", features = [\"bundled\"] }".to_owned()),
    ]
}

fn revchain(features: &[&str]) -> String {
    let (version, features) = (env!("CARGO_PKG_VERSION"), features.join("\", \""));
    format!("revchain = {{ version = \"{version}\", features = [\"{features}\"] }}")
}

/// The application's own choice are runtime and TLS; these are what most take.
fn with_sqlx(dialects: Dialects) -> Vec<(&'static str, String)> {
    let ours = dialects.iter().map(|dialect| match dialect {
        Dialect::Sqlite => "sqlx-sqlite",
        Dialect::Postgres => "sqlx-postgres",
        Dialect::Mysql => "sqlx-mysql",
    });
    let theirs = dialects.iter().map(|dialect| match dialect {
        Dialect::Sqlite => "sqlite-bundled",
        Dialect::Postgres => "postgres",
        Dialect::Mysql => "mysql",
    });
    let mut theirs: Vec<&str> = theirs.chain(["runtime-tokio"]).collect();
    if dialects.contains(Dialect::Postgres) || dialects.contains(Dialect::Mysql) {
        theirs.push("tls-rustls-ring-webpki");
    }
    let sqlx = format!(
        "sqlx = {{ version = \"0.9\", default-features = false, features = [\"{}\"] }}",
        theirs.join("\", \"")
    );
    let tokio = "tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }";
    vec![
        ("revchain", revchain(&ours.collect::<Vec<_>>())),
        ("sqlx", sqlx),
        ("tokio", tokio.to_owned()),
    ]
}

/// With several databases the pool is that of the server, which production has.
fn main_with_sqlx(dialects: Dialects) -> String {
    let pool = if dialects.contains(Dialect::Postgres) {
        "PgPool"
    } else if dialects.contains(Dialect::Mysql) {
        "MySqlPool"
    } else {
        "SqlitePool"
    };
    format!(
        "#[tokio::main]\n\
         async fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    \
             let pool = sqlx::{pool}::connect(&std::env::var(\"DATABASE_URL\")?).await?;\n    \
             MIGRATIONS.upgrade(revchain::Target::Head).run_async(&pool).await?;\n    \
             Ok(())\n\
         }}"
    )
}
