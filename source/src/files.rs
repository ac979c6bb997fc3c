//! Finds the models in a folder of sources, without compiling anything.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::token::Brace;
use syn::{Attribute, DeriveInput, Ident, ItemStruct, Meta, Token, Visibility, braced};
use walkdir::WalkDir;

use crate::Model;

/// A model and where it stands.
#[derive(Clone, Debug)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// The line of the struct's name, from 1.
    pub line: usize,
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

/// Reads all structs with `#[derive(Table)]` in the `.rs` files below a folder, in the order of the files' names; those that
/// are compiled for tests alone are none of the application's.
///
/// # Errors
///
/// A file cannot be read, is no Rust, or a struct says what no table can.
pub fn models_below(folder: &Path) -> Result<Vec<Found>, Unreadable> {
    let mut found = Vec::new();
    let mut test_modules = TestModules::default();
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
        let models = models_in(&text).map_err(|error| at(&error))?;
        if models.is_empty() || test_modules.have(folder, path) {
            continue;
        }
        found.extend(models.into_iter().map(|model| {
            let line = model.span.start().line;
            Found { path: path.to_owned(), line, model }
        }));
    }
    Ok(found)
}

/// Modules that are compiled for tests alone, by the file that declares them.
#[derive(Default)]
struct TestModules(HashMap<PathBuf, Vec<String>>);

impl TestModules {
    /// Tells whether a file below a folder is such a module, or is inside one.
    fn have(&mut self, folder: &Path, path: &Path) -> bool {
        let (Some(mut place), Some(mut name)) = (path.parent(), path.file_stem()) else {
            return false;
        };
        if name == "mod" {
            (place, name) = (place.parent().unwrap_or(place), place.file_name().unwrap_or(name));
        }
        let module = name.to_string_lossy();
        let is_root = place == folder;
        if !place.starts_with(folder) || is_root && matches!(&*module, "lib" | "main") {
            return false;
        }
        let parents: &[PathBuf] = if is_root {
            &["lib.rs", "main.rs", "mod.rs"].map(|name| place.join(name))
        } else {
            &[place.join("mod.rs"), place.with_extension("rs")]
        };
        parents.iter().filter(|parent| parent.is_file() && *parent != path).any(|parent| {
            self.declared(parent).iter().any(|name| *name == module) || self.have(folder, parent)
        })
    }

    fn declared(&mut self, parent: &Path) -> &[String] {
        let read = || {
            let text = std::fs::read_to_string(parent).unwrap_or_default();
            // Most files declare none: parsing is what costs.
            if text.contains("test") { declared_for_tests(&text) } else { Vec::new() }
        };
        self.0.entry(parent.to_owned()).or_insert_with(read)
    }
}

/// Returns the names of `#[cfg(test)] mod name;` among the items of a source.
fn declared_for_tests(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let read = |input: ParseStream<'_>| {
        Attribute::parse_inner(input)?;
        while !input.is_empty() {
            let attributes = Attribute::parse_outer(input)?;
            input.parse::<Visibility>()?;
            if input.peek(Token![mod]) && input.peek3(Token![;]) {
                input.parse::<Token![mod]>()?;
                let name = input.parse::<Ident>()?.to_string();
                names.extend(is_test(&attributes).then_some(name));
            }
            skip(input)?;
        }
        Ok(())
    };
    // A file that is no Rust is told where its own tables are read.
    let _ = Parser::parse_str(read, without_shebang(text));
    names
}

/// Reads the structs with `#[derive(Table)]` of a source, also those in its modules.
fn models_in(text: &str) -> Result<Vec<Model>, syn::Error> {
    let mut models = Vec::new();
    let read = |input: ParseStream<'_>| read_items(input, &mut models);
    Parser::parse_str(read, without_shebang(text))?;
    Ok(models)
}

/// Leaves out a first line for the shell, which is no attribute (The Rust Reference, "Input format").
fn without_shebang(text: &str) -> &str {
    let is_shebang =
        text.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('['));
    if is_shebang { &text[text.find('\n').unwrap_or(text.len())..] } else { text }
}

/// Reads items; of those that are no tables only the attributes are looked at, and where they end.
fn read_items(input: ParseStream<'_>, models: &mut Vec<Model>) -> Result<(), syn::Error> {
    Attribute::parse_inner(input)?;
    while !input.is_empty() {
        let item = input.fork();
        let attributes = Attribute::parse_outer(input)?;
        input.parse::<Visibility>()?;
        if input.peek(Token![struct]) && derives_table(&attributes) && !is_test(&attributes) {
            models.push(Model::read(&DeriveInput::from(item.parse::<ItemStruct>()?))?);
        } else if input.peek(Token![mod]) && input.peek3(Brace) && !is_test(&attributes) {
            input.parse::<Token![mod]>()?;
            input.parse::<Ident>()?;
            let items;
            braced!(items in input);
            read_items(&items, models)?;
            continue;
        }
        skip(input)?;
    }
    Ok(())
}

/// Moves behind the next `;` or `{ … }`: there an item ends, or something that no attribute stands before.
fn skip(input: ParseStream<'_>) -> Result<(), syn::Error> {
    input.step(|cursor| {
        let mut rest = *cursor;
        while let Some((tree, next)) = rest.token_tree() {
            rest = next;
            match tree {
                TokenTree::Punct(punct) if punct.as_char() == ';' => break,
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
                _ => {}
            }
        }
        Ok(((), rest))
    })
}

fn derives_table(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| is_derive(&attribute.meta))
}

/// Tells whether an attribute derives `Table`, also where a feature has to be on for that.
fn is_derive(meta: &Meta) -> bool {
    let Meta::List(list) = meta else { return false };
    if list.path.is_ident("cfg_attr") {
        let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        return parts.is_ok_and(|parts| parts.iter().skip(1).any(is_derive));
    }
    let is_table = |path: &syn::Path| {
        let mut parts = path.segments.iter().rev();
        parts.next().is_some_and(|last| last.ident == "Table")
            && parts.next().is_none_or(|before| before.ident == "revchain")
    };
    let paths = Punctuated::<syn::Path, Token![,]>::parse_terminated;
    list.path.is_ident("derive")
        && list.parse_args_with(paths).is_ok_and(|paths| paths.iter().any(is_table))
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<Meta>().is_ok_and(|meta| wants_test(&meta))
    })
}

/// Tells whether a condition holds in tests alone: `test`, or `all(test, …)`.
fn wants_test(meta: &Meta) -> bool {
    match meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            parts.is_ok_and(|parts| parts.iter().any(wants_test))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::models_in;

    #[test]
    fn tables_are_found_among_all_that_a_file_can_hold() {
        let text = "#!/usr/bin/env run-cargo-script
#![allow(dead_code)]
//! What is here.
#[derive(Table)] struct First { id: i64 }
const SIZE: Size<{ 3 }> = Size { of: 3 };
use std::{fmt, io};
/// A function.
#[derive(Table)] pub(crate) struct Second { id: i64, #[column(skip)] size: Size<{ 3 }> }
#[derive(Clone)] struct None { id: i64 }
struct Tuple(#[allow(unused)] u8);
fn run() -> Size<{ 3 }> where u8: Copy { #[derive(Table)] struct Inside { id: i64 } todo() }
macro_rules! table { () => { #[derive(Table)] struct Made { id: i64 } } }
pub mod inner { //! Its own.
    #[derive(Debug, revchain::Table)] pub struct Third<> { pub id: i64 }
    mod elsewhere; mod deeper { #[derive(Table)] struct Fourth { id: i64 } }
}
#[cfg(test)] mod tests { #[derive(Table)] struct Tested { id: i64 } }
#[cfg(test)] #[derive(Table)] struct Probe { id: i64 }
#[cfg(all(unix, test))] mod more { #[derive(Table)] struct More { id: i64 } }
#[cfg(not(test))] #[derive(Table)] struct Real { id: i64 }
#[cfg_attr(feature = \"server\", derive(Debug, revchain::Table))] struct Shared { id: i64 }
#[derive(other::Table)] struct Other { id: i64 }
impl Size<3> { const ZERO: Self = Self { of: 0 }; }
#[derive(Table)] struct Last { id: i64 }";
        let names = |text: &str| {
            let models = models_in(text).map_err(|error| error.span().start().line);
            models.map(|models| models.into_iter().map(|model| model.ident).collect::<Vec<_>>())
        };
        let expected = ["First", "Second", "Third", "Fourth", "Real", "Shared", "Last"];
        let expected = expected.map(str::to_owned).to_vec();
        assert_eq!(names(text), Ok(expected));
        // What cannot be read is told by its line.
        assert_eq!(names("#!/bin/sh\n\n#[derive(Table)] struct A { id i64 }"), Err(3));
        assert_eq!(names("#[derive(Table)] struct A;"), Err(1));
    }
}
