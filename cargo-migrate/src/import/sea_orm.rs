//! The layout of sea-orm: a crate whose `Migrator` lists modules such as `m20220101_000001_create_table`, a program each.

use std::path::{Path, PathBuf};

use revchain_core::dialect::{Token, TokenKind};
use revchain_core::rust::tokens;

use super::layout::{self, OldFile, words};
use super::{Body, Migration, Tool};
use crate::failure::Failure;

/// Where the list of modules stands, from the folder on.
const LISTS: [&str; 4] = ["src/lib.rs", "lib.rs", "src/mod.rs", "mod.rs"];

/// Reads the modules in the order in which the `Migrator` lists them.
///
/// # Errors
///
/// There is no such list, a module has no file, or a file cannot be read.
pub(super) fn read(folder: &Path) -> Result<layout::Old, Failure> {
    let Some(list) = LISTS.iter().map(|name| folder.join(name)).find(|path| path.is_file()) else {
        return Err(layout::nothing(Tool::SeaOrm, folder));
    };
    let listed = listed(&text(&list)?);
    if listed.is_empty() {
        return Err(Failure::new(format!("{} lists no migrations", list.display()))
            .note("looked for: Box::new(m20220101_000001_create_table::Migration)")
            .help("name the folder of the crate that has the Migrator"));
    }
    let sources = list.parent().unwrap_or(folder);
    let files = layout::files(sources, layout::DEEP)?;
    let (mut migrations, mut skipped): (Vec<Migration>, _) = (Vec::new(), Vec::new());
    for module in &listed {
        let Some(file) = files.iter().find(|file| is_of(file, module)) else {
            return Err(Failure::new(format!(
                "{} lists {module}, and there is no {module}.rs",
                list.display()
            ))
            .help("restore the file, or take the module out of the list"));
        };
        let version = name(&file.text()?).unwrap_or_else(|| module.clone());
        if let Some(other) = migrations.iter().find(|one| one.version == version) {
            return Err(layout::collision(&version, &other.file, &file.shown));
        }
        migrations.push(Migration {
            message: message(module),
            version,
            up: Body::Program,
            down: None,
            checksum: "-".to_owned(),
            file: file.shown.clone(),
            hand: Vec::new(),
            no_way_back: Some("its way back was a program too".to_owned()),
            node: None,
        });
    }
    let runs = |file: &&OldFile| listed.iter().any(|module| is_of(file, module));
    let looks_like_one = |file: &&OldFile| is_module(file.name().trim_end_matches(".rs"));
    let behind = files.iter().filter(looks_like_one).filter(|file| !runs(file));
    skipped.extend(behind.map(|file| file.shown.clone()));
    Ok(layout::Old { migrations, skipped })
}

fn text(path: &PathBuf) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))
}

/// Returns the modules whose `Migration` is named below `fn migrations`.
fn listed(text: &str) -> Vec<String> {
    let tokens = tokens(text).unwrap_or_default();
    let texts: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let begin = texts.windows(2).position(|pair| pair == ["fn", "migrations"]);
    let below = begin.map_or(&[][..], |begin| &texts[begin..]);
    let one = |window: &[&str]| match window {
        [module, ":", ":", "Migration"] => Some((*module).to_owned()),
        _ => None,
    };
    below.windows(4).filter_map(one).collect()
}

/// Returns the name that a migration gives itself; without one it is its file's.
fn name(text: &str) -> Option<String> {
    let tokens = tokens(text).unwrap_or_default();
    let begin =
        tokens.windows(2).position(|pair| pair[0].text == "fn" && pair[1].text == "name")?;
    let body = tokens[begin..].iter().take_while(|token| token.text != "}");
    let literal = |token: &&Token<'_>| token.kind == TokenKind::String;
    let literal = body.into_iter().find(literal)?;
    Some(literal.text.trim_matches('"').to_owned())
}

fn is_of(file: &OldFile, module: &str) -> bool {
    let file = &file.shown;
    let stem = file.strip_suffix("/mod.rs").or_else(|| file.strip_suffix(".rs"));
    stem.is_some_and(|stem| stem.rsplit('/').next() == Some(module))
}

/// Tells whether a name is `m20220101_000001_create_table`.
fn is_module(name: &str) -> bool {
    let Some(rest) = name.strip_prefix('m') else { return false };
    rest.split('_').count() > 2 && super::revision::date(name).is_some()
}

/// Returns the words behind the date.
fn message(module: &str) -> String {
    if is_module(module) {
        return words(module.splitn(3, '_').nth(2).unwrap_or(module));
    }
    words(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_list() {
        let text = "mod m1_a; mod m2_b;\nimpl MigratorTrait for Migrator {\n fn migrations() -> Vec<Box<dyn \
                    MigrationTrait>> {\n vec![Box::new(m2_b::Migration), /* Box::new(m3::Migration), */ \
                    Box::new(crate::m1_a::Migration)]\n }\n}\n";
        assert_eq!(listed(text), ["m2_b", "m1_a"]);
        assert!(listed("fn other() { m1::Migration }").is_empty());
    }

    #[test]
    fn a_migration_can_have_a_name_of_its_own() {
        let own = "impl MigrationName for Migration { fn name(&self) -> &str { \"first\" } }";
        assert_eq!(name(own).as_deref(), Some("first"));
        assert_eq!(name("fn name(&self) -> &str { NAME } fn up() { \"x\" }"), None);
        assert_eq!(message("m20220101_000001_create_table"), "create table");
        assert_eq!(message("m_first"), "m first");
    }
}
