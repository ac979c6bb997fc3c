//! Items: what stands side by side in a file.

use std::ops::Range;

use crate::dialect::{Token, TokenKind};

/// An item: a function, a `use`, a type; its attributes are a part of it.
pub(crate) struct Item {
    /// Its tokens, by their places among those of the file.
    pub(crate) tokens: Range<usize>,
    /// Its bytes.
    pub(crate) span: Range<usize>,
}

/// Splits a file, whose brackets fit, into its items.
pub(super) fn split(tokens: &[Token<'_>]) -> Vec<Item> {
    let mut items = Vec::new();
    let (mut first, mut depth) = (0, 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        match sign(token) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let item = &tokens[first..=at];
        let is_end = depth == 0
            && match sign(token) {
                ";" => true,
                "}" => !ends_with_semicolon(item),
                "]" => sign(&item[0]) == "#" && item.len() > 1 && sign(&item[1]) == "!",
                _ => false,
            };
        if is_end || at + 1 == tokens.len() {
            items.push(Item { tokens: first..at + 1, span: tokens[first].start..token.end() });
            first = at + 1;
        }
    }
    items
}

/// Tells whether an item's braces do not end it: those of a `use`, or of a value.
fn ends_with_semicolon(item: &[Token<'_>]) -> bool {
    let item = behind_attributes(item);
    let mut at = 0;
    // Of `pub(crate)` and `pub(in path)` nothing begins an item.
    while matches!(text(item, at), "pub" | "(" | ")" | "crate" | "super" | "self" | "in") {
        at += 1;
    }
    match text(item, at) {
        "use" | "static" | "type" | "let" => true,
        // `const fn` is a function, and `const` alone a value.
        "const" => !matches!(text(item, at + 1), "fn" | "unsafe" | "async" | "extern"),
        _ => false,
    }
}

/// Returns what stands behind the attributes of an item.
pub(super) fn behind_attributes<'i, 't>(item: &'i [Token<'t>]) -> &'i [Token<'t>] {
    let mut rest = item;
    while let [hash, open, ..] = rest
        && sign(hash) == "#"
        && sign(open) == "["
    {
        rest = &rest[1 + group(&rest[1..])..];
    }
    rest
}

/// Returns how many tokens a bracketed group has that `tokens` begin with.
pub(super) fn group(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match sign(token) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// Returns the text of a sign, and nothing for a word or literal.
pub(super) fn sign<'t>(token: &Token<'t>) -> &'t str {
    if token.kind == TokenKind::Operator { token.text } else { "" }
}

/// Returns the text of a token; nothing behind the last.
pub(super) fn text<'t>(tokens: &[Token<'t>], at: usize) -> &'t str {
    match tokens.get(at) {
        Some(token) => token.text,
        None => "",
    }
}

/// Returns what an item is called: `fn upgrade`, `use`, `struct Row`.
pub(crate) fn name(item: &[Token<'_>]) -> String {
    let item = behind_attributes(item);
    let mut at = 0;
    let mut first = "";
    while at < item.len()
        && (item[at].kind == TokenKind::Word || matches!(item[at].text, "(" | ")"))
    {
        let word = item[at].text;
        match word {
            "fn" | "struct" | "enum" | "union" | "trait" | "type" | "static" | "mod" => {
                return format!("{word} {}", text(item, at + 1));
            }
            "const" if !matches!(text(item, at + 1), "fn" | "unsafe" | "async" | "extern") => {
                return format!("{word} {}", text(item, at + 1));
            }
            "pub" | "(" | ")" | "crate" => {}
            _ if first.is_empty() => first = word,
            _ => {}
        }
        at += 1;
    }
    first.to_owned()
}
