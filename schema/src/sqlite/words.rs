//! SQL as pieces that stay the same whatever its white space, its comments, its quotes and the case of its names.

use std::collections::BTreeSet;
use std::fmt;

use revchain_core::{Dialect, Token, TokenKind};

/// A place among tokens.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a, 't> {
    tokens: &'a [Token<'t>],
    at: usize,
}

impl<'a, 't> Cursor<'a, 't> {
    pub(super) const fn new(tokens: &'a [Token<'t>]) -> Self {
        Self { tokens, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<&'a Token<'t>> {
        self.tokens.get(self.at)
    }

    pub(super) fn pop(&mut self) -> Option<&'a Token<'t>> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// Returns the token before the cursor.
    pub(super) fn last(&self) -> Option<&'a Token<'t>> {
        self.tokens.get(self.at.checked_sub(1)?)
    }

    /// Returns all tokens from the cursor on.
    pub(super) fn rest(&self) -> &'a [Token<'t>] {
        &self.tokens[self.at..]
    }

    pub(super) fn is_at(&self, words: &[&str]) -> bool {
        let mut tokens = self.rest().iter();
        words.iter().all(|word| tokens.next().is_some_and(|token| token.is_word(word)))
    }

    /// Moves behind `words` if they come next.
    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        let found = self.is_at(words);
        self.at += if found { words.len() } else { 0 };
        found
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.peek().is_some_and(|token| is_sign(token, sign));
        self.at += usize::from(found);
        found
    }

    /// Takes a name, quoted or not.
    pub(super) fn name(&mut self) -> Option<String> {
        let name = name(self.peek()?)?;
        self.at += 1;
        Some(name)
    }

    /// Takes `( … )`, and returns what is between.
    pub(super) fn parenthesised(&mut self) -> Option<&'a [Token<'t>]> {
        if !self.take_sign("(") {
            return None;
        }
        let first = self.at;
        let mut depth = 1;
        while depth > 0 {
            let token = self.pop()?;
            depth += i32::from(is_sign(token, "(")) - i32::from(is_sign(token, ")"));
        }
        Some(&self.tokens[first..self.at - 1])
    }
}

pub(super) fn is_sign(token: &Token<'_>, sign: &str) -> bool {
    token.kind == TokenKind::Operator && token.text == sign
}

/// Splits at the commas that stand in no parentheses.
pub(super) fn elements<'a, 't>(tokens: &'a [Token<'t>]) -> Vec<&'a [Token<'t>]> {
    let (mut elements, mut first, mut depth) = (Vec::new(), 0, 0);
    for (at, token) in tokens.iter().enumerate() {
        depth += i32::from(is_sign(token, "(")) - i32::from(is_sign(token, ")"));
        if depth == 0 && is_sign(token, ",") {
            elements.push(&tokens[first..at]);
            first = at + 1;
        }
    }
    elements.push(&tokens[first..]);
    elements
}

/// Returns the name that a token stands for, without its quotes; SQLite takes a string for a name, too.
pub(super) fn name(token: &Token<'_>) -> Option<String> {
    let inner = || token.text.get(1..token.text.len().saturating_sub(1));
    match (token.kind, token.text.as_bytes().first()?) {
        (TokenKind::Word, _) => Some(token.text.to_owned()),
        (TokenKind::Identifier, b'[') => inner().map(str::to_owned),
        (TokenKind::Identifier | TokenKind::String, quote @ (b'"' | b'`' | b'\'')) => {
            let quote = char::from(*quote).to_string();
            Some(inner()?.replace(&quote.repeat(2), &quote))
        }
        _ => None,
    }
}

/// Returns a name as SQLite compares it.
pub(super) fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

pub(super) fn quoted(name: &str) -> String {
    Dialect::Sqlite.quote_identifier(name)
}

/// Quotes a name where it has to be.
pub(super) fn written(name: &str) -> String {
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.as_bytes()[0].is_ascii_digit();
    if plain { name.to_owned() } else { quoted(name) }
}

/// A piece of an [`Expression`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    /// A name or a keyword, folded.
    Name(String),
    /// Anything else, as it stands.
    Text(String),
}

/// SQL without white space and comments, its names folded and without quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Expression(Vec<Piece>);

impl Expression {
    /// Reads tokens; `is_name` tells whether something in double quotes is a name, for SQLite takes it for a string if
    /// nothing is called so (SQLite, "Double-quoted String Literals Are Accepted").
    pub(super) fn of(tokens: &[Token<'_>], is_name: impl Fn(&str) -> bool) -> Self {
        let piece = |token: &Token<'_>| match (token.kind, name(token)) {
            (TokenKind::Word, Some(name)) => Piece::Name(folded(&name)),
            (TokenKind::Identifier, Some(name)) => {
                if !token.text.starts_with('"') || is_name(&folded(&name)) {
                    Piece::Name(folded(&name))
                } else {
                    Piece::Text(Dialect::Sqlite.quote_literal(&name))
                }
            }
            (TokenKind::Number, _) => Piece::Text(folded(token.text)),
            _ => Piece::Text(token.text.to_owned()),
        };
        Self(tokens.iter().map(piece).collect())
    }

    /// Returns the expression without the table's own name before its columns.
    pub(super) fn unqualified(self, table: &str) -> Self {
        let mut pieces: Vec<Piece> = Vec::with_capacity(self.0.len());
        let mut all = self.0.into_iter().peekable();
        while let Some(piece) = all.next() {
            let dot = Piece::Text(".".to_owned());
            if matches!(&piece, Piece::Name(name) if name == table) && all.peek() == Some(&dot) {
                all.next();
            } else {
                pieces.push(piece);
            }
        }
        Self(pieces)
    }

    /// Returns the expression without `ASC`, which says nothing.
    pub(super) fn without_asc(mut self) -> Self {
        let asc = Piece::Name("asc".to_owned());
        let ends = |piece: Option<&Piece>| {
            piece.is_none_or(
                |piece| matches!(piece, Piece::Text(text) if text == "," || text == ")"),
            )
        };
        let kept: Vec<bool> = (0..self.0.len())
            .map(|at| at == 0 || self.0[at] != asc || !ends(self.0.get(at + 1)))
            .collect();
        let mut kept = kept.into_iter();
        self.0.retain(|_| kept.next().unwrap_or(true));
        self
    }

    /// Returns all names in it, keywords among them.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Name(name) => Some(&**name),
            Piece::Text(_) => None,
        })
    }

    /// Returns the strings and numbers in it.
    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(text) => text
                .starts_with(|first: char| first == '\'' || first.is_ascii_digit())
                .then_some(&**text),
            Piece::Name(_) => None,
        })
    }

    pub(super) fn mentions(&self, name: &str) -> bool {
        self.names().any(|one| one == name)
    }

    pub(super) fn mentions_any(&self, names: &BTreeSet<String>) -> bool {
        self.names().any(|one| names.contains(one))
    }

    /// Puts a new name in the place of an old one, as SQLite's `RENAME` does.
    pub(super) fn rename(&mut self, new: &impl Fn(&str) -> Option<String>) {
        for piece in &mut self.0 {
            if let Piece::Name(name) = piece
                && let Some(new) = new(name)
            {
                *name = new;
            }
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, piece) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            match piece {
                Piece::Name(name) => f.write_str(&written(name))?,
                Piece::Text(text) => f.write_str(text)?,
            }
        }
        Ok(())
    }
}
