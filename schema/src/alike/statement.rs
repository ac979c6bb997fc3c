//! What a statement is about, and what it mentions.

use std::collections::BTreeMap;

use revchain_core::{Dialect, Token, TokenKind};

use crate::Kind;
use crate::annotation::{bare, created, is_sign, last_name};

/// How much of an object has to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Made {
    /// What foreign keys need.
    Keyed,
    Whole,
}

/// How a name is mentioned, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mention {
    /// By a foreign key.
    Referred,
    /// As a name.
    Named,
    /// In a text or a body.
    Quoted,
}

/// Returns how much of its object has to be made for a statement to be executed: a foreign key of MySQL may need any index.
pub(super) fn needed_for(dialect: Dialect, tokens: &[Token<'_>]) -> Made {
    let is_index = tokens.first().is_some_and(|one| one.is_word("create"))
        && tokens.get(1).is_some_and(|one| one.is_word("index"));
    if is_index && dialect != Dialect::Mysql { Made::Whole } else { Made::Keyed }
}

/// Returns the name of what a statement is about, folded; for an index, a trigger or a policy that of its table.
pub(super) fn subject(tokens: &[Token<'_>]) -> Option<String> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word));
    let skip = |mut at: usize, words: &[&str]| {
        while words.iter().any(|word| is(at, word)) {
            at += 1;
        }
        at
    };
    let named = |at: usize| Some(last_name(tokens, at)?.to_lowercase());
    // What takes another name, and what no single transaction holds, is about more than its subject.
    if tokens.iter().any(|token| token.is_word("rename")) {
        return None;
    }
    if is(0, "create") {
        const BEGINS: [&str; 19] = [
            "or",
            "unique",
            "temp",
            "temporary",
            "unlogged",
            "materialized",
            "constraint",
            "foreign",
            "virtual",
            "recursive",
            "table",
            "index",
            "view",
            "type",
            "trigger",
            "sequence",
            "function",
            "domain",
            "policy",
        ];
        BEGINS.iter().any(|word| is(1, word)).then_some(())?;
        let (kind, at) = created(tokens)?;
        if !matches!(kind, Kind::Index | Kind::Trigger | Kind::Policy) {
            return named(at);
        }
        let on = at + tokens[at..].iter().position(|token| token.is_word("on"))?;
        return named(skip(on + 1, &["only"]));
    }
    let altered = ["table", "view", "sequence", "type", "domain", "function"];
    if is(0, "alter") && altered.iter().any(|kind| is(1, kind)) {
        return named(skip(2, &["if", "exists", "only"]));
    }
    if is(0, "comment") && is(1, "on") && is(2, "table") {
        return named(3);
    }
    if is(0, "comment") && is(1, "on") && is(2, "column") {
        // The table stands before the column's name.
        let last = tokens.iter().rposition(|token| is_sign(token, "."))?;
        return bare(tokens.get(last.checked_sub(1)?)?).map(|name| name.to_lowercase());
    }
    None
}

/// Notes which names a statement has, also in texts and bodies, folded.
pub(super) fn mention(tokens: &[Token<'_>], mentions: &mut BTreeMap<String, Mention>) {
    let mut add = |name: String, mention: Mention| {
        let known = mentions.entry(name).or_insert(mention);
        *known = mention.max(*known);
    };
    for (at, token) in tokens.iter().enumerate() {
        let whole = matches!(token.kind, TokenKind::Word | TokenKind::Identifier);
        if let Some(name) = bare(token).filter(|_| whole) {
            let before = |back: usize| at.checked_sub(back).map(|at| &tokens[at]);
            let qualified = before(1).is_some_and(|token| is_sign(token, "."));
            let word = if qualified { before(3) } else { before(1) };
            let referred = word.is_some_and(|word| word.is_word("references"));
            let mention = if referred { Mention::Referred } else { Mention::Named };
            add(name.to_lowercase(), mention);
        }
        if !matches!(token.kind, TokenKind::Word | TokenKind::Number) {
            let inner = token.text.split(|sign| !is_of_word(sign)).filter(|word| !word.is_empty());
            inner.for_each(|word| add(word.to_lowercase(), Mention::Quoted));
        }
    }
}

pub(super) fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}
