//! What `#[derive(Table)]` expands to.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use revchain_core::Dialect;
use syn::{DeriveInput, Error};

use crate::{Column, Model, standard};

/// Expands `#[derive(Table)]`: the table's DDL as constants, and an assertion for each field that its type is the one which a
/// reader of the source takes it for.
#[must_use]
pub fn derive(input: TokenStream) -> TokenStream {
    let expanded = syn::parse2(input).and_then(|input: DeriveInput| {
        let model = Model::read(&input)?;
        let mut code = tokens(&table(&model)?, input.ident.span())?;
        for column in &model.columns {
            code.extend(tokens(&assertion(&model, column), column.span)?);
        }
        Ok(code)
    });
    expanded.unwrap_or_else(|error| error.to_compile_error())
}

/// Reads code as tokens that all stand at one place of the source.
fn tokens(code: &str, span: Span) -> Result<TokenStream, Error> {
    let code: TokenStream =
        code.parse().map_err(|_| Error::new(span, "the table cannot be written as Rust"))?;
    Ok(at(code, span))
}

fn at(code: TokenStream, span: Span) -> TokenStream {
    let moved = code.into_iter().map(|mut tree| {
        if let TokenTree::Group(group) = &tree {
            tree = Group::new(group.delimiter(), at(group.stream(), span)).into();
        }
        tree.set_span(span.resolved_at(Span::call_site()));
        tree
    });
    moved.collect()
}

fn table(model: &Model) -> Result<String, Error> {
    let mut texts = String::new();
    let mut first = None;
    for dialect in Dialect::ALL {
        match model.ddl(dialect) {
            Ok(text) => texts.push_str(&format!("(::revchain::Dialect::{dialect:?}, {text:?}),")),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    // A dialect in which a type is not known is the set's matter; the command says so where the set serves it.
    if texts.is_empty()
        && let Some(error) = first
    {
        return Err(error);
    }
    Ok(format!(
        "#[automatically_derived] impl ::revchain::Table for {} {{
            const TABLE: &'static str = {:?};
            const TABLE_DDL: &'static [(::revchain::Dialect, &'static str)] = &[{texts}];
        }}",
        model.ident, model.name
    ))
}

/// Asserts that the compiler finds the type that a field's name was taken for, where a dialect's type comes from it.
fn assertion(model: &Model, column: &Column) -> String {
    let (table, field) = (&model.ident, &column.ident);
    let by_name = Dialect::ALL.iter().any(|dialect| column.written(*dialect).is_none());
    let check = match standard(&column.rust_type).filter(|_| by_name) {
        Some(path) if column.nullable => {
            format!("::revchain::__private::read_as::<::core::option::Option<{path}>, _>")
        }
        Some(path) => format!("::revchain::__private::read_as::<{path}, _>"),
        // It is a column's, so it is in use.
        None => "let _ = ".to_owned(),
    };
    format!("const _: fn(&{table}) = |table| {{ {check}(&table.{field}); }};")
}
