//! What stands between the parentheses: `pub static MIGRATIONS = "migrations", without(round_trip)`.

use std::iter::Peekable;

use proc_macro::token_stream::IntoIter;
use proc_macro::{Delimiter, Ident, Literal, Span, TokenStream, TokenTree};

/// The tests that the macro emits, by the names under which they can be left out.
pub(crate) const TESTS: [&str; 2] = ["compiled_in", "round_trip"];

/// What the macro was asked for.
pub(crate) struct Input {
    pub(crate) declared: Declared,
    /// The folder as it is written, and where.
    pub(crate) folder: String,
    pub(crate) span: Span,
    pub(crate) switches: Switches,
}

/// What stands behind the folder.
#[derive(Default)]
pub(crate) struct Switches {
    /// The emitted tests that are left out.
    pub(crate) without: Vec<String>,
    /// The structs with `#[derive(Table)]` that the revisions have to make, as paths.
    pub(crate) models: Vec<String>,
}

/// The static, without its value.
pub(crate) struct Declared {
    /// Attributes and documentation.
    pub(crate) attributes: TokenStream,
    /// The `#[cfg]`s among them, which hold for all that is emitted.
    pub(crate) conditions: TokenStream,
    pub(crate) visibility: TokenStream,
    pub(crate) name: Ident,
}

/// Input that the macro does not understand.
pub(crate) struct Wrong {
    /// The static, where it could be read so far.
    pub(crate) declared: Option<Declared>,
    pub(crate) span: Span,
    pub(crate) message: String,
}

type Tokens = Peekable<IntoIter>;

impl Input {
    /// Reads the tokens.
    pub(crate) fn parse(input: TokenStream) -> Result<Self, Wrong> {
        let mut tokens = input.into_iter().peekable();
        let declared = Declared::parse(&mut tokens).map_err(|(span, message)| Wrong {
            declared: None,
            span,
            message,
        })?;
        match value(&mut tokens) {
            Ok((folder, span, switches)) => Ok(Self { declared, folder, span, switches }),
            Err((span, message)) => Err(Wrong { declared: Some(declared), span, message }),
        }
    }
}

/// A fault and where it is.
type Fault = (Span, String);

impl Declared {
    fn parse(tokens: &mut Tokens) -> Result<Self, Fault> {
        let mut attributes = TokenStream::new();
        let mut conditions = TokenStream::new();
        while is_punct(tokens.peek(), '#') {
            let attribute: TokenStream = tokens.by_ref().take(2).collect();
            if is_condition(&attribute) {
                conditions.extend(attribute.clone());
            }
            attributes.extend(attribute);
        }
        let mut visibility = TokenStream::new();
        if is_word(tokens.peek(), "pub") {
            visibility.extend(tokens.next());
            let is_group = matches!(tokens.peek(), Some(TokenTree::Group(_)));
            visibility.extend(tokens.next_if(|_| is_group));
        }
        match tokens.next() {
            Some(TokenTree::Ident(word)) if word.to_string() == "static" => {}
            other => return Err(fault(other, "`static` is missing here")),
        }
        match tokens.next() {
            Some(TokenTree::Ident(word)) if word.to_string() == "mut" => {
                Err(fault(Some(word.into()), "a set does not change: write it without `mut`"))
            }
            Some(TokenTree::Ident(name)) => Ok(Self { attributes, conditions, visibility, name }),
            other => Err(fault(other, "the name of the static is missing here")),
        }
    }
}

/// Reads what follows the name.
fn value(tokens: &mut Tokens) -> Result<(String, Span, Switches), Fault> {
    match tokens.next() {
        Some(TokenTree::Punct(sign)) if sign.as_char() == '=' => {}
        Some(TokenTree::Punct(sign)) if sign.as_char() == ':' => {
            return Err(fault(
                Some(sign.into()),
                "the type is `revchain::Migrations`: leave it out",
            ));
        }
        other => return Err(fault(other, "`=` and the folder are missing here")),
    }
    let (folder, span) = match tokens.next() {
        Some(token) => folder(&token).ok_or_else(|| fault(Some(token), NO_FOLDER))?,
        None => return Err(fault(None, NO_FOLDER)),
    };
    let mut switches = Switches::default();
    while tokens.next_if(|token| is_punct(Some(token), ',')).is_some() {
        let Some(token) = tokens.next() else { break };
        let models = is_word(Some(&token), "models");
        if !models && !is_word(Some(&token), "without") {
            return Err(fault(Some(token), "the only switches are `without(…)` and `models(…)`"));
        }
        match tokens.next() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                if models {
                    switches.models.extend(paths(group.stream()));
                } else {
                    names(group.stream(), &mut switches.without)?;
                }
            }
            other => return Err(fault(other, "`(` and the names of tests are missing here")),
        }
    }
    match tokens.next_if(|token| is_punct(Some(token), ';')).and_then(|_| tokens.next()) {
        None => {}
        other => return Err(fault(other, "nothing follows here")),
    }
    match tokens.next() {
        None => Ok((folder, span, switches)),
        other => {
            Err(fault(other, "nothing follows the folder but `, without(…)` and `, models(…)`"))
        }
    }
}

const NO_FOLDER: &str = "the folder is missing here, as a string like \"migrations\"";

/// Reads names separated by commas.
fn names(tokens: TokenStream, without: &mut Vec<String>) -> Result<(), Fault> {
    for token in tokens {
        match &token {
            TokenTree::Ident(name) if TESTS.contains(&name.to_string().as_str()) => {
                without.push(name.to_string());
            }
            TokenTree::Punct(sign) if sign.as_char() == ',' => {}
            _ => {
                let message = format!("no emitted test has this name: there are {}", tests());
                return Err(fault(Some(token), &message));
            }
        }
    }
    Ok(())
}

/// Reads paths of types separated by commas, as they are called from a module below.
fn paths(tokens: TokenStream) -> Vec<String> {
    let text = tokens.to_string();
    let paths = text.split(',').map(|path| path.replace(' ', "")).filter(|path| !path.is_empty());
    let below = |path: String| {
        let whole = path.starts_with("::") || path.starts_with("crate::");
        if whole { path } else { format!("super::{path}") }
    };
    paths.map(below).collect()
}

fn tests() -> String {
    TESTS.map(|test| format!("`{test}`")).join(" and ")
}

/// Reads a string literal, also one that a macro by example passed on.
fn folder(token: &TokenTree) -> Option<(String, Span)> {
    match token {
        TokenTree::Literal(literal) => Some((text(literal)?, literal.span())),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let mut inner = group.stream().into_iter();
            folder(&inner.next()?).filter(|_| inner.next().is_none())
        }
        _ => None,
    }
}

/// Returns the value of a string literal; escapes other than of `\` and `"` have no place in a folder's name.
fn text(literal: &Literal) -> Option<String> {
    let written = literal.to_string();
    if let Some(raw) = written.strip_prefix('r') {
        return Some(raw.trim_matches('#').strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        text.push(match char {
            '\\' => chars.next().filter(|escaped| ['\\', '"'].contains(escaped))?,
            char => char,
        });
    }
    Some(text)
}

/// Tells whether an attribute is `#[cfg(…)]`.
fn is_condition(attribute: &TokenStream) -> bool {
    attribute.clone().into_iter().nth(1).is_some_and(|group| match group {
        TokenTree::Group(group) => is_word(group.stream().into_iter().next().as_ref(), "cfg"),
        _ => false,
    })
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident.to_string() == word)
}

/// Says what is wrong and what is right.
fn fault(token: Option<TokenTree>, message: &str) -> Fault {
    let span = token.map_or_else(Span::call_site, |token| token.span());
    let form = "the form is: migrations!(pub static MIGRATIONS = \"migrations\");";
    (span, format!("{message}\n{form}"))
}
