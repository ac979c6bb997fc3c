//! From a folder to items: the static, what tells cargo to watch the files, and tests; or errors, and an empty static.

use std::fmt::Write as _;

use proc_macro::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use revchain_core::folder::Folder;
use revchain_core::lock;
use revchain_core::problem::{Fact, Place as ProblemPlace, Problem};
use revchain_core::set::{Heads, History, Set, Settings};
use revchain_core::{Dialect, Dialects, check, check::Checked};

use crate::input::{Declared, Input, TESTS, Wrong};
use crate::place::Place;
use crate::quote::{Quote, constants};
use crate::rust;

/// Expands what was asked for.
pub(crate) fn expand(input: &Input) -> TokenStream {
    let place = Place::find(&input.folder, input.span);
    let folder = Folder::read(&place.folder, &place.shown);
    let mut checked = check(&folder);
    if !checked.problems.is_empty() && std::env::var_os("REVCHAIN_NO_GIT").is_none() {
        revchain_core::git::add_differences(&mut checked, &folder, &place.folder);
    }
    let release = release_problems(&checked, &place);
    match checked.into_set() {
        Ok(set) => Expansion { input, place: &place, folder: &folder, set: &set }.items(&release),
        Err(problems) => {
            let mut items = empty(&input.declared);
            for problem in problems {
                items.extend(error(&problem.to_string(), input.span, &input.declared.conditions));
            }
            items
        }
    }
}

/// Says what is wrong with the input.
pub(crate) fn refuse(wrong: &Wrong) -> TokenStream {
    let conditions = wrong.declared.as_ref().map(|declared| declared.conditions.clone());
    let mut items = wrong.declared.as_ref().map_or_else(TokenStream::new, empty);
    items.extend(error(&wrong.message, wrong.span, &conditions.unwrap_or_default()));
    items
}

/// What stops a build without debug assertions alone.
fn release_problems(checked: &Checked, place: &Place) -> Vec<Problem> {
    let mut problems = checked.drafts();
    if !place.tracked {
        let fact = Fact::UntrackedFolder { folder: place.shown.clone() };
        problems.push(Problem { place: ProblemPlace::file(&place.shown), fact });
    }
    problems
}

struct Expansion<'e> {
    input: &'e Input,
    place: &'e Place,
    folder: &'e Folder,
    set: &'e Set,
}

impl Expansion<'_> {
    fn items(&self, release: &[Problem]) -> TokenStream {
        let Declared { conditions, .. } = &self.input.declared;
        let mut rest = String::new();
        self.tracking(&mut rest);
        rest.push_str(
            "const APPLICATION: &str = ::core::concat!(
                ::core::env!(\"CARGO_PKG_NAME\"), \" \", ::core::env!(\"CARGO_PKG_VERSION\")
            );
            const SOURCE: ::core::option::Option<&str> = if ::core::cfg!(debug_assertions) {",
        );
        self.place.folder.to_str().quote(&mut rest);
        rest.push_str("} else { ::core::option::Option::None };");
        rust::functions(self.set, &self.place.folder, &mut rest);
        let mut items = declare(&self.input.declared, self.set, &rest);
        for problem in release {
            let mut conditions = conditions.clone();
            conditions.extend(tokens("#[cfg(not(debug_assertions))]"));
            items.extend(error(&problem.to_string(), self.input.span, &conditions));
        }
        items.extend(conditions.clone());
        items.extend(tokens(&self.tests()));
        items
    }

    /// Every file in one array: rustc notes what it includes, and cargo looks at what rustc noted.
    ///
    /// Where a build script watches the folder, rustc need not read it a second time.
    fn tracking(&self, code: &mut String) {
        let Some(root) = self.place.folder.to_str().filter(|_| !self.place.tracked) else { return };
        let files = self.folder.files.iter().map(|file| file.path.as_str());
        let paths: Vec<&str> = files.chain(self.folder.lock.iter().map(|_| lock::FILE)).collect();
        let _ = write!(code, "const _: [&[u8]; {}] = [", paths.len());
        for path in paths {
            code.push_str("::core::include_bytes!(");
            format!("{root}/{path}").as_str().quote(code);
            code.push_str("),");
        }
        code.push_str("];");
    }

    fn tests(&self) -> String {
        let name = self.input.declared.name.to_string();
        let module = name.trim_start_matches("r#").to_lowercase();
        let mut code = format!("#[cfg(test)] mod revchain_{module} {{");
        for test in TESTS {
            if self.input.switches.without.iter().any(|without| without == test) {
                continue;
            }
            let _ = write!(code, "::revchain::__private::{test}_test! {{");
            if test == "round_trip" && !self.set.settings.dialects.contains(Dialect::Sqlite) {
                code.push_str("#[ignore = \"the set has no part for SQLite\"]");
            } else if test == "round_trip"
                && let Some(revision) = rust::not_for_rusqlite(self.set)
            {
                let id = &revision.id;
                let _ = write!(code, "#[ignore = \"revision {id} has no function for rusqlite\"]");
            }
            let _ = write!(code, "super::{name}");
            if test == "compiled_in" {
                code.push(',');
                self.place.folder.to_str().quote(&mut code);
            }
            code.push('}');
        }
        if !self.input.switches.models.is_empty() {
            code.push_str("::revchain::__private::models_match_test! {");
            if !self.set.settings.dialects.contains(Dialect::Sqlite) {
                let why = "models are compared here on SQLite, of which the set has no part: on a server \
                           `cargo migrate check` compares them, which finds it by `scratch-url` in migrate.toml";
                let _ = write!(code, "#[ignore = {why:?}]");
            }
            let _ = write!(code, "super::{name}");
            for model in &self.input.switches.models {
                let _ = write!(code, ", {model}");
            }
            code.push('}');
        }
        code.push('}');
        code
    }
}

/// The static with an empty set, so that whoever uses it gets no error beside those that are told.
fn empty(declared: &Declared) -> TokenStream {
    let settings = Settings {
        name: "none".into(),
        dialects: Dialects::NONE,
        heads: Heads::One,
        history: History::default(),
    };
    let set = Set::new(settings, "".into(), Vec::new());
    let none = "const APPLICATION: &str = \"\"; const SOURCE: ::core::option::Option<&str> = ::core::option::Option::None; \
        const FUNCTIONS: &[::revchain::__private::Function] = &[];";
    declare(declared, &set, none)
}

/// The static with a set; `rest` holds the constants `APPLICATION`, `SOURCE` and `FUNCTIONS`.
fn declare(declared: &Declared, set: &Set, rest: &str) -> TokenStream {
    let Declared { attributes, visibility, name, .. } = declared;
    let mut code = String::new();
    constants(set, &mut code);
    code.extend([rest, "::revchain::Migrations::compiled("]);
    set.quote(&mut code);
    code.push_str(", APPLICATION, SOURCE, FUNCTIONS)");
    let mut item = attributes.clone();
    item.extend(visibility.clone());
    item.extend([
        TokenTree::Ident(Ident::new("static", Span::call_site())),
        TokenTree::Ident(name.clone()),
    ]);
    item.extend(tokens(": ::revchain::Migrations ="));
    item.extend([
        TokenTree::Group(Group::new(Delimiter::Brace, tokens(&code))),
        Punct::new(';', Spacing::Alone).into(),
    ]);
    item
}

/// Writes an error at `span`; rustc indents the lines after the first.
fn error(message: &str, span: Span, conditions: &TokenStream) -> TokenStream {
    let mut code = String::from("::core::compile_error!(");
    message.quote(&mut code);
    code.push_str(");");
    let mut item = conditions.clone();
    item.extend(tokens(&code).into_iter().map(|token| at(token, span)));
    item
}

fn at(token: TokenTree, span: Span) -> TokenTree {
    let mut token = match token {
        TokenTree::Group(group) => {
            let inner = group.stream().into_iter().map(|token| at(token, span)).collect();
            Group::new(group.delimiter(), inner).into()
        }
        token => token,
    };
    token.set_span(span);
    token
}

/// Reads code that this crate wrote.
fn tokens(code: &str) -> TokenStream {
    code.parse().expect("the macro writes Rust")
}
