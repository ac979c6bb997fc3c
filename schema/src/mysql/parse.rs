//! Reads what `SHOW CREATE TABLE` and `SHOW CREATE VIEW` say.

use std::ops::Range;

use revchain_core::{Dialect, Token, TokenKind};

use super::folded;
use super::table::{Check, Column, ForeignKey, Generated, Index, Part, Table};
use crate::annotation::{bare, elements, is_sign};

/// Reads a table; `collation` names that of a column.
pub(super) fn table(
    name: &str,
    sql: &str,
    collation: impl Fn(&str) -> Option<String>,
) -> Option<Table> {
    let split = Dialect::Mysql.split(sql).ok()?;
    let tokens = &split.tokens;
    let open = tokens.iter().position(|token| is_sign(token, "("))?;
    let elements = elements(tokens, open);
    let close = elements.last()?.end;
    let mut table = Table {
        name: name.to_owned(),
        columns: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        others: Vec::new(),
        options: Vec::new(),
        tail: String::new(),
    };
    for element in elements {
        let element = Text { sql, tokens: &tokens[element] };
        let first = element.tokens.first()?;
        if matches!(first.kind, TokenKind::Identifier | TokenKind::String) {
            table.columns.push(column(element, &collation)?);
        } else if first.is_word("constraint") {
            constraint(element, &mut table)?;
        } else if element.tokens.iter().take(2).any(|token| token.is_word("key")) {
            table.indexes.push(index(element)?);
        } else {
            table.others.push(element.all().to_owned());
        }
    }
    let end = Text { sql, tokens: &tokens[close + 1..] };
    (table.options, table.tail) = options(end);
    Some(table)
}

/// Tokens, and the text that they are part of.
#[derive(Clone, Copy)]
struct Text<'a, 't> {
    sql: &'t str,
    tokens: &'a [Token<'t>],
}

impl<'t> Text<'_, 't> {
    fn is(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| {
            self.tokens.get(at + offset).is_some_and(|token| token.is_word(word))
        })
    }

    fn sign(&self, at: usize, sign: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| is_sign(token, sign))
    }

    /// Returns the text from the token `from` up to the token `to`.
    fn slice(&self, range: Range<usize>) -> &'t str {
        match self.tokens.get(range).unwrap_or_default() {
            [first, .., last] => &self.sql[first.start..last.end()],
            [only] => &self.sql[only.start..only.end()],
            [] => "",
        }
    }

    fn all(&self) -> &'t str {
        self.slice(0..self.tokens.len())
    }

    /// Returns the index of the `)` for the `(` at `open`.
    fn close(&self, open: usize) -> Option<usize> {
        let mut depth = 0;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            depth += i32::from(is_sign(token, "(")) - i32::from(is_sign(token, ")"));
            if depth == 0 {
                return Some(at);
            }
        }
        None
    }

    /// Returns the names between the parentheses at `open`, and where they end.
    fn names(&self, open: usize) -> Option<(Vec<String>, usize)> {
        let close = self.close(open)?;
        let names = elements(self.tokens, open).into_iter();
        let names = names.map(|one| bare(self.tokens.get(one.start)?));
        Some((names.collect::<Option<_>>()?, close))
    }
}

fn column(text: Text<'_, '_>, collation: impl Fn(&str) -> Option<String>) -> Option<Column> {
    let name = bare(text.tokens.first()?)?;
    let base = text.tokens.get(1)?.text.to_lowercase();
    let mut at = 2;
    let mut kind = base.clone();
    if text.sign(at, "(") {
        let close = text.close(at)?;
        let arguments = text.slice(at..close + 1);
        let zerofill = (close..close + 4).any(|at| text.is(at, &["zerofill"]));
        // How wide a whole number is shown says nothing of it, but that drivers take the first of these for a truth value.
        let shown =
            (base.ends_with("int") && !zerofill && !(base == "tinyint" && arguments == "(1)"))
                || base == "year";
        if !shown {
            kind.push_str(arguments);
        }
        at = close + 1;
    }
    while let Some(word) = ["unsigned", "zerofill", "signed", "precision"]
        .into_iter()
        .find(|word| text.is(at, &[word]))
    {
        kind.push_str(&format!(" {word}"));
        at += 1;
    }
    let start = at;
    if text.is(at, &["character", "set"]) {
        at += 3;
    }
    if text.is(at, &["collate"]) {
        at += 2;
    }
    let collation = collation(&name);
    let mut column = Column {
        charset: text.slice(start..at).to_owned(),
        rest: text.slice(at..text.tokens.len()).to_owned(),
        name,
        kind,
        collation,
        not_null: false,
        auto_increment: false,
        default: None,
        generated: None,
        check: None,
        notes_updates: false,
    };
    while at < text.tokens.len() {
        if text.is(at, &["not", "null"]) {
            column.not_null = true;
            at += 2;
        } else if text.is(at, &["on", "update"]) {
            column.notes_updates = true;
            at += 2;
        } else if text.is(at, &["auto_increment"]) {
            column.auto_increment = true;
            at += 1;
        } else if text.is(at, &["as"]) && text.sign(at + 1, "(") {
            at = text.close(at + 1)? + 1;
            column.generated = Some(if text.is(at, &["virtual"]) {
                Generated::Virtual
            } else {
                Generated::Stored
            });
        } else if text.is(at, &["check"]) && text.sign(at + 1, "(") {
            let close = text.close(at + 1)?;
            column.check = Some(text.slice(at + 1..close + 1).to_owned());
            at = close + 1;
        } else if text.is(at, &["default"]) {
            let end = value_end(text, at + 1)?;
            let value = text.slice(at + 1..end);
            column.default =
                Some(value.to_owned()).filter(|value| !value.eq_ignore_ascii_case("null"));
            at = end;
        } else if text.sign(at, "(") {
            at = text.close(at)? + 1;
        } else {
            at += 1;
        }
    }
    Some(column)
}

/// Finds where a default ends: before the next clause of its column.
fn value_end(text: Text<'_, '_>, mut at: usize) -> Option<usize> {
    let clauses = ["on", "auto_increment", "comment", "check", "invisible", "without"];
    while at < text.tokens.len() && !clauses.iter().any(|word| text.is(at, &[word])) {
        if text.tokens[at].kind == TokenKind::Directive {
            break;
        }
        at = if text.sign(at, "(") { text.close(at)? + 1 } else { at + 1 };
    }
    Some(at)
}

fn index(text: Text<'_, '_>) -> Option<Index> {
    let key = text.tokens.iter().position(|token| token.is_word("key"))?;
    let kind = text.slice(0..key + 1).to_uppercase();
    let is_primary = kind == "PRIMARY KEY";
    let name = if is_primary { "PRIMARY".to_owned() } else { bare(text.tokens.get(key + 1)?)? };
    let open = text.tokens.iter().position(|token| is_sign(token, "("))?;
    let close = text.close(open)?;
    let part = |range: Range<usize>| {
        let first = text.tokens.get(range.start)?;
        let column = (!is_sign(first, "(")).then(|| bare(first)).flatten();
        let behind = if column.is_some() { range.start + 1 } else { range.start };
        let rest = text.slice(behind..range.end);
        let space = if rest.is_empty() || rest.starts_with('(') { "" } else { " " };
        Some(Part { column, text: format!("{space}{rest}") })
    };
    let parts = elements(text.tokens, open).into_iter().map(part).collect::<Option<_>>()?;
    let tail = text.slice(close + 1..text.tokens.len()).to_owned();
    Some(Index { name, kind, parts, tail })
}

fn constraint(text: Text<'_, '_>, table: &mut Table) -> Option<()> {
    let name = bare(text.tokens.get(1)?)?;
    let end = text.tokens.len();
    if text.is(2, &["check"]) {
        table.checks.push(Check { name, text: text.slice(2..end).to_owned() });
        return Some(());
    }
    text.is(2, &["foreign", "key"]).then_some(())?;
    let (columns, close) = text.names(4)?;
    text.is(close + 1, &["references"]).then_some(())?;
    let mut at = close + 2;
    let mut parent = bare(text.tokens.get(at)?)?;
    let mut database = None;
    if text.sign(at + 1, ".") {
        database = Some(parent);
        parent = bare(text.tokens.get(at + 2)?)?;
        at += 2;
    }
    let (parents, close) = text.names(at + 1)?;
    let actions = text.slice(close + 1..end).to_owned();
    table.foreign_keys.push(ForeignKey {
        name,
        columns,
        database,
        table: parent,
        parents,
        actions,
    });
    Some(())
}

/// Reads `ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 …`, and what follows.
fn options(text: Text<'_, '_>) -> (Vec<(String, String)>, String) {
    let mut options = Vec::new();
    let mut at = 0;
    while let Some(equals) = (at..at + 3).find(|at| text.sign(*at, "=")) {
        let name = text.slice(at..equals).to_owned();
        // Several tables of a MERGE stand in parentheses.
        let end =
            if text.sign(equals + 1, "(") { text.close(equals + 1) } else { Some(equals + 1) };
        let end = end.unwrap_or(equals + 1) + 1;
        let value = text.slice(equals + 1..end).to_owned();
        // Where counting has arrived is a matter of rows.
        if folded(&name) != "auto_increment" {
            options.push((name, value));
        }
        at = end;
    }
    (options, text.slice(at..text.tokens.len()).to_owned())
}

/// Leaves out a database's own name before its tables, views and sequences, which `is_name` tells.
pub(super) fn unqualified(
    sql: &str,
    database: &str,
    is_name: impl Fn(&str) -> bool,
) -> Option<String> {
    let split = Dialect::Mysql.split(sql).ok()?;
    let text = Text { sql, tokens: &split.tokens };
    let mut short = String::new();
    let (mut from, mut at) = (0, 0);
    while let Some(token) = text.tokens.get(at) {
        let is_own = token.kind == TokenKind::Identifier
            && !text.sign(at.saturating_sub(1), ".")
            && text.sign(at + 1, ".")
            && bare(token).as_deref() == Some(database);
        let is_table = text.tokens.get(at + 2).and_then(bare).is_some_and(|name| is_name(&name));
        if is_own && (text.sign(at + 3, ".") || is_table) {
            short.push_str(&sql[from..token.start]);
            at += 2;
            from = text.tokens.get(at)?.start;
        }
        at += 1;
    }
    short.push_str(&sql[from..]);
    Some(short)
}

/// Reads a view: what stands before its name, without who made it, and what stands behind.
pub(super) fn view(sql: &str) -> Option<(String, String)> {
    let split = Dialect::Mysql.split(sql).ok()?;
    let text = Text { sql, tokens: &split.tokens };
    let view = text.tokens.iter().position(|token| token.is_word("view"))?;
    let mut options = String::new();
    for (at, token) in text.tokens[..view].iter().enumerate() {
        // `UNDEFINED` and `DEFINER` are what a view has that says nothing of it.
        if token.is_word("algorithm") && !text.is(at + 2, &["undefined"]) {
            options.push_str(&format!("ALGORITHM={} ", text.slice(at + 2..at + 3)));
        }
        if token.is_word("security") && text.is(at + 1, &["invoker"]) {
            options.push_str("SQL SECURITY INVOKER ");
        }
    }
    let behind = if text.sign(view + 2, ".") { view + 4 } else { view + 2 };
    Some((options, sql[text.tokens.get(behind)?.start..].trim_end().to_owned()))
}
