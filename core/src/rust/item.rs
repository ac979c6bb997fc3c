//! Items: what stands side by side in a file.

use std::ops::Range;

use crate::dialect::{Token, TokenKind};

/// An item: a function, a `use`, a type; its attributes are a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    let mut words = behind_attributes(item).iter().skip_while(|token| {
        // Of `pub(crate)` and `pub(in path)` nothing begins an item.
        matches!(token.text, "pub" | "(" | ")" | "crate" | "super" | "self" | "in")
    });
    match words.next().map(|token| token.text) {
        Some("use" | "static" | "type" | "let") => true,
        // `const fn` is a function, and `const` alone a value.
        Some("const") => !matches!(
            words.next().map(|token| token.text),
            Some("fn" | "unsafe" | "async" | "extern")
        ),
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

/// Returns what an item is called: `fn upgrade`, `use`, `struct Row`.
pub(crate) fn name(item: &[Token<'_>]) -> String {
    const KINDS: [&str; 9] =
        ["fn", "struct", "enum", "union", "trait", "type", "static", "mod", "const"];
    let item = behind_attributes(item);
    let mut words = item.iter().take_while(|token| {
        token.kind == TokenKind::Word || matches!(sign(token), "(" | ")" | "!" | "#")
    });
    let first = words.clone().find(|token| !matches!(token.text, "pub" | "(" | ")" | "crate"));
    let kind = words.by_ref().find(|token| KINDS.contains(&token.text));
    match (kind, first) {
        // Of `const fn f` the word that counts is the second.
        (Some(kind), _) => {
            let is_word = |token: &&Token<'_>| token.kind == TokenKind::Word;
            let behind: Vec<&str> = words.filter(is_word).map(|token| token.text).collect();
            match behind.iter().position(|word| *word == "fn") {
                Some(at) => format!("fn {}", behind.get(at + 1).unwrap_or(&"")),
                None => format!("{} {}", kind.text, behind.first().unwrap_or(&"")),
            }
        }
        (None, Some(first)) => first.text.to_owned(),
        (None, None) => String::new(),
    }
}
