//! Renames that a text of SQL names: `-- @renamed from=old`.

use std::ops::Range;

use revchain_core::{Dialect, LexError, Split, Token, TokenKind};

use crate::{Kind, Rename};

const MARK: &str = "@renamed from=";

/// Reads the renames that the comments of a text name.
///
/// A comment belongs to what stands before it on its line, else to what follows: a table, a column, a named constraint, an
/// index, a view, a type; a value of an enum is a [`Rename`] of the kind [`Kind::Enum`] whose table is the type.
///
/// # Errors
///
/// The text cannot be split into statements.
///
/// ```
/// use revchain_core::Dialect;
/// use revchain_schema::{Kind, renames_in};
///
/// let text = "CREATE TABLE users ( -- @renamed from=people
///     id INTEGER PRIMARY KEY,
///     name TEXT, -- @renamed from=\"full name\"
///     -- @renamed from=mail
///     email TEXT
/// )";
/// let renames = renames_in(Dialect::Sqlite, text)?;
/// let found: Vec<_> = renames.iter().map(|one| (one.kind, &*one.old, &*one.new)).collect();
/// assert_eq!(
///     found,
///     [
///         (Kind::Table, "people", "users"),
///         (Kind::Column, "full name", "name"),
///         (Kind::Column, "mail", "email"),
///     ]
/// );
/// # Ok::<(), revchain_core::LexError>(())
/// ```
pub fn renames_in(dialect: Dialect, text: &str) -> Result<Vec<Rename>, LexError> {
    if !text.contains(MARK) {
        return Ok(Vec::new());
    }
    let split = dialect.split(text)?;
    let mut renames = Vec::new();
    for after in 0..=split.tokens.len() {
        let start = after.checked_sub(1).map_or(0, |before| split.tokens[before].end());
        let end = split.tokens.get(after).map_or(text.len(), |token| token.start);
        let mut from = start;
        while let Some(at) = text[from..end].find(MARK).map(|at| from + at) {
            from = at + MARK.len();
            let alone = text[start..at].contains('\n') || after == 0;
            if let Some(old) = old_name(&text[from..end])
                && let Some(named) = named(&split, after, alone)
            {
                renames.push(Rename { kind: named.kind, table: named.table, old, new: named.name });
            }
        }
    }
    Ok(renames)
}

/// Reads the name behind the mark.
fn old_name(text: &str) -> Option<String> {
    let quote = text.chars().next()?;
    if let Some(close) = match quote {
        '"' | '`' | '\'' => Some(quote),
        '[' => Some(']'),
        _ => None,
    } {
        let end = text[1..].find(close)?;
        return Some(text[1..=end].to_owned());
    }
    let ends = |sign: char| sign.is_whitespace() || sign == ',' || sign == '*';
    let name = text.split(ends).next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// What a comment is about.
struct Named {
    kind: Kind,
    table: Option<String>,
    name: String,
}

/// Finds what a comment before the token `after` is about; `alone` tells whether nothing stands before it on its line.
fn named(split: &Split<'_>, after: usize, alone: bool) -> Option<Named> {
    let begins = |tokens: &Range<usize>| if alone { tokens.start } else { tokens.start + 1 };
    let statement = split.statements.iter().find(|one| {
        begins(&one.tokens) <= after
            && after < one.tokens.end.max(one.tokens.start + 1) + usize::from(!alone)
    })?;
    let tokens = &split.tokens[statement.tokens.clone()];
    let after = after - statement.tokens.start;
    let (kind, name_at) = created(tokens)?;
    let name = last_name(tokens, name_at)?;
    let whole = |kind| Some(Named { kind, table: None, name: name.clone() });
    let open = tokens.iter().position(|token| is_sign(token, "("));
    let (Some(open), true) = (open, matches!(kind, Kind::Table | Kind::Enum)) else {
        return whole(kind);
    };
    let elements = elements(tokens, open);
    let element = elements.iter().find(|element| {
        if alone {
            after <= element.end && element.start <= after && after < element.end
        } else {
            element.start < after && after <= element.end + 1
        }
    });
    let Some(element) = element.filter(|element| !element.is_empty()) else { return whole(kind) };
    // An enum is renamed by a comment that stands before its first value, too.
    if kind == Kind::Enum && after <= open + 1 {
        return whole(kind);
    }
    let part = &tokens[element.clone()];
    let first = part.first()?;
    if first.is_word("constraint") {
        return Some(Named {
            kind: Kind::Constraint,
            table: Some(name),
            name: bare(part.get(1)?)?,
        });
    }
    let unnamed = ["primary", "unique", "check", "foreign", "exclude", "like"];
    if kind == Kind::Table && unnamed.iter().any(|word| first.is_word(word)) {
        return None;
    }
    let kind = if kind == Kind::Enum { Kind::Enum } else { Kind::Column };
    Some(Named { kind, table: Some(name), name: bare(first)? })
}

/// Returns what a statement makes, and where its name begins.
pub(crate) fn created(tokens: &[Token<'_>]) -> Option<(Kind, usize)> {
    const KINDS: [(&str, Kind); 9] = [
        ("table", Kind::Table),
        ("index", Kind::Index),
        ("view", Kind::View),
        ("type", Kind::Enum),
        ("trigger", Kind::Trigger),
        ("sequence", Kind::Sequence),
        ("function", Kind::Function),
        ("domain", Kind::Domain),
        ("policy", Kind::Policy),
    ];
    tokens.first()?.is_word("create").then_some(())?;
    let found = tokens.iter().take(6).enumerate().find_map(|(at, token)| {
        let kind = KINDS.iter().find(|(word, _)| token.is_word(word))?;
        Some((at, kind.1))
    });
    let (mut at, mut kind) = found?;
    if kind == Kind::View && tokens[..at].iter().any(|token| token.is_word("materialized")) {
        kind = Kind::MaterializedView;
    }
    at += 1;
    let skipped = ["if", "not", "exists", "concurrently"];
    while skipped.iter().any(|word| tokens.get(at).is_some_and(|token| token.is_word(word))) {
        at += 1;
    }
    Some((kind, at))
}

/// Returns the last part of a dotted name.
pub(crate) fn last_name(tokens: &[Token<'_>], mut at: usize) -> Option<String> {
    while tokens.get(at + 1).is_some_and(|token| is_sign(token, ".")) {
        at += 2;
    }
    bare(tokens.get(at)?)
}

/// Returns where the elements between parentheses stand.
pub(crate) fn elements(tokens: &[Token<'_>], open: usize) -> Vec<Range<usize>> {
    let (mut elements, mut first, mut depth) = (Vec::new(), open + 1, 0);
    for (at, token) in tokens.iter().enumerate().skip(open) {
        depth += i32::from(is_sign(token, "(")) - i32::from(is_sign(token, ")"));
        if depth == 0 || depth == 1 && is_sign(token, ",") {
            elements.push(first..at);
            first = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    elements
}

pub(crate) fn is_sign(token: &Token<'_>, sign: &str) -> bool {
    token.kind == TokenKind::Operator && token.text == sign
}

/// Returns what a token names, without its quotes.
pub(crate) fn bare(token: &Token<'_>) -> Option<String> {
    if token.kind == TokenKind::Word {
        return Some(token.text.to_owned());
    }
    let inner = token.text.get(1..token.text.len().checked_sub(1)?)?;
    let quote = token.text.get(..1)?;
    match (token.kind, quote) {
        (TokenKind::Identifier, "[") => Some(inner.to_owned()),
        (TokenKind::Identifier | TokenKind::String, "\"" | "`" | "'") => {
            Some(inner.replace(&quote.repeat(2), quote))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialect: Dialect, text: &str) -> Vec<String> {
        let renames = renames_in(dialect, text).expect("a text that splits");
        let words = renames.into_iter().map(|one| {
            let table = one.table.map(|table| format!("{table}.")).unwrap_or_default();
            format!("{} {table}{} -> {}", one.kind.name(), one.old, one.new)
        });
        words.collect()
    }

    #[test]
    fn a_comment_is_about_what_it_stands_behind_or_else_before() {
        let cases: [(&str, &[&str]); 14] = [
            ("CREATE TABLE b ( -- @renamed from=a\n x int)", &["table a -> b"]),
            ("CREATE TABLE \"B\" /* @renamed from=\"a a\" */ (x int)", &["table a a -> B"]),
            ("-- @renamed from=a\nCREATE TABLE b (x int)", &["table a -> b"]),
            ("CREATE TABLE b (x int -- @renamed from=y\n)", &["column b.y -> x"]),
            ("CREATE TABLE b (x int, -- @renamed from=y\n z int)", &["column b.y -> x"]),
            ("CREATE TABLE b (x int, /* @renamed from=y */\n z int)", &["column b.y -> x"]),
            ("CREATE TABLE b (x int,\n -- @renamed from=y\n z int)", &["column b.y -> z"]),
            ("CREATE TABLE b (\n -- @renamed from=y\n z int)", &["column b.y -> z"]),
            (
                "CREATE TABLE b (x int, CONSTRAINT c UNIQUE (x) -- @renamed from=d\n)",
                &["constraint b.d -> c"],
            ),
            ("CREATE INDEX i /* @renamed from=j */ ON t (x)", &["index j -> i"]),
            ("CREATE TYPE s.t AS ENUM ( /* @renamed from=u */ 'a', 'b')", &["enum u -> t"]),
            (
                "CREATE TYPE t AS ENUM ('a', -- @renamed from=z\n 'b' /* @renamed from=y */)",
                &["enum t.z -> a", "enum t.y -> b"],
            ),
            ("CREATE TYPE /* @renamed from=u */ t AS ENUM ('a')", &["enum u -> t"]),
            ("SELECT 1 -- @renamed from=a", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(read(Dialect::Postgres, text), expected, "{text}");
        }
    }
}
