//! Finds the models in a folder of sources, without compiling anything.

use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::{Attribute, DeriveInput, Item, Token};
use walkdir::WalkDir;

use crate::Model;

/// A model and where it stands.
#[derive(Clone, Debug)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// The model.
    pub model: Model,
}

/// A file from which the models cannot be read.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1, if it is about one.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

/// Reads all structs with `#[derive(Table)]` in the `.rs` files below a folder, in the order of the files' names.
///
/// # Errors
///
/// A file cannot be read, is no Rust, or a struct says what no table can.
pub fn models_below(folder: &Path) -> Result<Vec<Found>, Unreadable> {
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| Unreadable {
            path: folder.to_owned(),
            line: None,
            reason: error.to_string(),
        })?;
        let path = entry.path();
        if !entry.file_type().is_file() || path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let unreadable = |line, reason| Unreadable { path: path.to_owned(), line, reason };
        let text =
            std::fs::read_to_string(path).map_err(|error| unreadable(None, error.to_string()))?;
        // Most files have none: parsing is what costs.
        if !(text.contains("Table") && text.contains("revchain") && text.contains("derive")) {
            continue;
        }
        let at =
            |error: &syn::Error| unreadable(Some(error.span().start().line), error.to_string());
        let file = syn::parse_file(&text).map_err(|error| at(&error))?;
        let mut models = Vec::new();
        read_items(file.items, &mut models).map_err(|error| at(&error))?;
        found.extend(models.into_iter().map(|model| Found { path: path.to_owned(), model }));
    }
    Ok(found)
}

fn read_items(items: Vec<Item>, models: &mut Vec<Model>) -> Result<(), syn::Error> {
    for item in items {
        match item {
            Item::Struct(item) if derives_table(&item.attrs) && !is_test(&item.attrs) => {
                models.push(Model::read(&DeriveInput::from(item))?);
            }
            Item::Mod(item) if !is_test(&item.attrs) => {
                if let Some((_, items)) = item.content {
                    read_items(items, models)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn derives_table(attributes: &[Attribute]) -> bool {
    let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    derives.into_iter().any(|attribute| {
        let parse = Punctuated::<syn::Path, Token![,]>::parse_terminated;
        attribute.parse_args_with(parse).is_ok_and(|paths| {
            let is_table = |path: &syn::Path| {
                let mut parts = path.segments.iter().rev();
                parts.next().is_some_and(|last| last.ident == "Table")
                    && parts.next().is_none_or(|before| before.ident == "revchain")
            };
            paths.iter().any(is_table)
        })
    })
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}
