//! Finds the models in a folder of sources, without compiling anything.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::token::Brace;
use syn::{Attribute, DeriveInput, Ident, ItemStruct, Token, Visibility, braced};
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
        let models = models_in(&text).map_err(|error| at(&error))?;
        found.extend(models.into_iter().map(|model| Found { path: path.to_owned(), model }));
    }
    Ok(found)
}

/// Reads the structs with `#[derive(Table)]` of a source, also those in its modules.
fn models_in(text: &str) -> Result<Vec<Model>, syn::Error> {
    // A first line for the shell is no attribute (The Rust Reference, "Input format").
    let is_shebang =
        text.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('['));
    let first = if is_shebang { text.find('\n').unwrap_or(text.len()) } else { 0 };
    let mut models = Vec::new();
    Parser::parse_str(|input: ParseStream<'_>| read_items(input, &mut models), &text[first..])?;
    Ok(models)
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
#[derive(other::Table)] struct Other { id: i64 }
impl Size<3> { const ZERO: Self = Self { of: 0 }; }
#[derive(Table)] struct Last { id: i64 }";
        let names = |text: &str| {
            let models = models_in(text).map_err(|error| error.span().start().line);
            models.map(|models| models.into_iter().map(|model| model.ident).collect::<Vec<_>>())
        };
        let expected = ["First", "Second", "Third", "Fourth", "Last"].map(str::to_owned).to_vec();
        assert_eq!(names(text), Ok(expected));
        // What cannot be read is told by its line.
        assert_eq!(names("#!/bin/sh\n\n#[derive(Table)] struct A { id i64 }"), Err(3));
        assert_eq!(names("#[derive(Table)] struct A;"), Err(1));
    }
}
