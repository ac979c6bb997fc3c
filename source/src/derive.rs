//! What `#[derive(Table)]` expands to.

use proc_macro2::TokenStream;
use revchain_core::Dialect;
use syn::{DeriveInput, Error};

use crate::{Model, standard};

/// Expands `#[derive(Table)]`: the table's DDL as constants, and an assertion for each field that its type is the one which a
/// reader of the source takes it for.
#[must_use]
pub fn derive(input: TokenStream) -> TokenStream {
    let expanded = syn::parse2(input).and_then(|input: DeriveInput| {
        let model = Model::read(&input)?;
        let code = code(&model)?;
        code.parse()
            .map_err(|_| Error::new(input.ident.span(), "the table cannot be written as Rust"))
    });
    expanded.unwrap_or_else(|error| error.to_compile_error())
}

fn code(model: &Model) -> Result<String, Error> {
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
    let name = &model.ident;
    let mut code = format!(
        "#[automatically_derived] impl ::revchain::Table for {name} {{
            const TABLE: &'static str = {:?};
            const TABLE_DDL: &'static [(::revchain::Dialect, &'static str)] = &[{texts}];
        }}",
        model.name
    );
    for column in model.columns.iter().filter(|column| column.types.is_empty()) {
        if let Some(path) = standard(&column.rust_type) {
            let kind = if column.nullable {
                format!("::core::option::Option<{path}>")
            } else {
                path.to_owned()
            };
            code.push_str(&format!(
                "const _: fn(&{name}) = |table| {{ let _: &{kind} = &table.{}; }};",
                column.ident
            ));
        }
    }
    Ok(code)
}
