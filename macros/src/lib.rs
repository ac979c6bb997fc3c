//! The macro of revchain: it checks a folder of migrations while the application compiles, and compiles it in.
//!
//! ```text
//! input ─▶ place ─▶ core's folder, check ─▶ expand ─▶ quote, rust
//! ```
//!
//! Applications use it through the crate `revchain`, where it is documented. It needs nothing but core, so that it costs
//! a build no parser of Rust: its own grammar is one line. Only with the feature `models` it reads structs, by way of source.

mod expand;
mod input;
mod place;
mod quote;
mod rust;

use proc_macro::TokenStream;

#[expect(missing_docs, reason = "documented where it is re-exported, in the crate `revchain`")]
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    match input::Input::parse(input) {
        Ok(input) => expand::expand(&input),
        Err(wrong) => expand::refuse(&wrong),
    }
}

#[cfg(feature = "models")]
#[expect(missing_docs, reason = "documented where it is re-exported, in the crate `revchain`")]
#[proc_macro_derive(Table, attributes(table, column))]
pub fn table(input: TokenStream) -> TokenStream {
    revchain_source::derive(input.into()).into()
}
