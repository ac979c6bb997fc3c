//! Reads `CREATE TABLE` as SQLite keeps it (SQLite, "CREATE TABLE"; the grammar is that of its `parse.y`).

use std::collections::BTreeSet;

use revchain_core::{Dialect, Token, TokenKind};

use super::table::{Column, Constraint, Default, Generated, Member, Placed, Table};
use super::words::{Cursor, Expression, elements, folded, is_sign, name, quoted};

/// The words that begin a constraint and so end a column's type.
const CONSTRAINTS: [&str; 11] = [
    "constraint",
    "primary",
    "not",
    "null",
    "unique",
    "check",
    "default",
    "collate",
    "references",
    "as",
    "deferrable",
];

/// Reads a table; none if the text is not what SQLite would keep.
pub(super) fn table(sql: &str) -> Option<Table> {
    let split = Dialect::Sqlite.split(sql).ok()?;
    let mut cursor = Cursor::new(split.tokens_of(0));
    cursor.take(&["create"]).then_some(())?;
    let is_virtual = cursor.take(&["virtual"]);
    cursor.take(&["table"]).then_some(())?;
    let name = cursor.name()?;
    let name_token = cursor.last()?;
    let mut table = Table {
        sql: sql.to_owned(),
        name_at: name_token.start..name_token.end(),
        qualifiers: Vec::new(),
        module: None,
        columns: Vec::new(),
        constraints: Vec::new(),
        strict: false,
        without_rowid: false,
        name,
    };
    if is_virtual {
        // What a module makes of its arguments only the module knows: they count as they stand.
        table.module = Some(Expression::of(cursor.rest(), |_| false));
        return Some(table);
    }
    let body = cursor.parenthesised()?;
    for option in elements(cursor.rest()) {
        match option {
            [] => {}
            [without, rowid] if without.is_word("without") && rowid.is_word("rowid") => {
                table.without_rowid = true;
            }
            [strict] if strict.is_word("strict") => table.strict = true,
            _ => return None,
        }
    }
    let parts = elements(body);
    let columns = parts.iter().take_while(|part| !begins_constraint(part)).count();
    let names =
        parts[..columns].iter().filter_map(|part| self::name(part.first()?)).map(|n| folded(&n));
    let reader = Reader { key: table.key(), names: names.collect() };
    table.qualifiers = reader.qualifiers(body);
    for part in &parts[..columns] {
        reader.column(&mut table, sql, &mut Cursor::new(part))?;
    }
    for part in &parts[columns..] {
        let mut cursor = Cursor::new(part);
        // The comma between constraints may be missing.
        while cursor.peek().is_some() {
            let constraint = reader.constraint(&mut cursor)?;
            table
                .constraints
                .extend(constraint.map(|constraint| Placed { constraint, inline: None }));
        }
    }
    table.make_explicit();
    Some(table)
}

fn begins_constraint(part: &[Token<'_>]) -> bool {
    let words = ["constraint", "primary", "unique", "check", "foreign"];
    part.first().is_some_and(|token| words.iter().any(|word| token.is_word(word)))
}

/// Reads the parts of one table.
struct Reader {
    key: String,
    names: BTreeSet<String>,
}

impl Reader {
    fn expression(&self, tokens: &[Token<'_>]) -> Expression {
        let is_name = |name: &str| self.names.contains(name) || name == self.key;
        Expression::of(tokens, is_name).unqualified(&self.key)
    }

    /// Returns where the table's own name stands before a dot.
    fn qualifiers(&self, tokens: &[Token<'_>]) -> Vec<std::ops::Range<usize>> {
        let pairs = tokens.windows(2).filter(|pair| {
            is_sign(&pair[1], ".")
                && pair[0].kind != TokenKind::String
                && name(&pair[0]).is_some_and(|name| folded(&name) == self.key)
        });
        pairs.map(|pair| pair[0].start..pair[1].end()).collect()
    }

    /// Reads a column's definition, and what constraints stand in it.
    fn column(&self, table: &mut Table, sql: &str, cursor: &mut Cursor<'_, '_>) -> Option<()> {
        let first = cursor.peek()?.start;
        let end = cursor.rest().last()?.end();
        let mut column = Column {
            name: cursor.name()?,
            kind: kind(cursor)?,
            not_null: None,
            default: None,
            collation: None,
            generated: None,
            text: sql[first..end].to_owned(),
        };
        let key = folded(&column.name);
        let only = |order: &str| vec![Member { column: key.clone(), order: order.to_owned() }];
        let mut add = |constraint| {
            table.constraints.push(Placed { constraint, inline: Some(key.clone()) });
        };
        while cursor.peek().is_some() {
            if cursor.take(&["constraint"]) {
                cursor.name()?;
            } else if cursor.take(&["default"]) {
                column.default = Some(self.default(cursor)?);
            } else if cursor.take(&["not", "null"]) {
                column.not_null = Some(conflict(cursor)?.unwrap_or_else(|| "abort".to_owned()));
            } else if cursor.take(&["null"]) {
                conflict(cursor)?;
            } else if cursor.take(&["primary", "key"]) {
                let descends = cursor.take(&["desc"]);
                if !descends {
                    cursor.take(&["asc"]);
                }
                let conflict = conflict(cursor)?;
                add(Constraint::PrimaryKey {
                    members: only(""),
                    conflict,
                    autoincrement: cursor.take(&["autoincrement"]),
                    descending_column: descends,
                });
            } else if cursor.take(&["unique"]) {
                let conflict = conflict(cursor)?;
                add(Constraint::Unique { members: only(""), conflict });
            } else if cursor.take(&["check"]) {
                add(self.check(cursor)?);
            } else if cursor.take(&["references"]) {
                add(self.references(vec![key.clone()], cursor)?);
            } else if cursor.take(&["collate"]) {
                let collation = Some(folded(&cursor.name()?));
                column.collation = collation.filter(|collation| collation != "binary");
            } else if cursor.take(&["generated", "always", "as"]) || cursor.take(&["as"]) {
                let value = self.expression(cursor.parenthesised()?);
                let stored = cursor.take(&["stored"]);
                if !stored {
                    cursor.take(&["virtual"]);
                }
                column.generated = Some(Generated { value, stored });
            } else {
                return None;
            }
        }
        table.columns.push(column);
        Some(())
    }

    /// Reads one constraint of the table; none behind a name that names nothing.
    #[expect(clippy::option_option, reason = "the outer one is a text that cannot be read")]
    fn constraint(&self, cursor: &mut Cursor<'_, '_>) -> Option<Option<Constraint>> {
        if cursor.take(&["constraint"]) {
            cursor.name()?;
        }
        Some(Some(if cursor.take(&["primary", "key"]) {
            let mut tokens = cursor.parenthesised()?;
            let autoincrement =
                tokens.split_last().filter(|(last, _)| last.is_word("autoincrement"));
            if let Some((_, rest)) = autoincrement {
                tokens = rest;
            }
            Constraint::PrimaryKey {
                members: self.members(tokens)?,
                autoincrement: autoincrement.is_some(),
                conflict: conflict(cursor)?,
                descending_column: false,
            }
        } else if cursor.take(&["unique"]) {
            let members = self.members(cursor.parenthesised()?)?;
            Constraint::Unique { members, conflict: conflict(cursor)? }
        } else if cursor.take(&["check"]) {
            self.check(cursor)?
        } else if cursor.take(&["foreign", "key"]) {
            let columns = names(cursor.parenthesised()?)?;
            cursor.take(&["references"]).then_some(())?;
            self.references(columns, cursor)?
        } else {
            return if cursor.peek().is_none() { Some(None) } else { None };
        }))
    }

    fn check(&self, cursor: &mut Cursor<'_, '_>) -> Option<Constraint> {
        let value = self.expression(cursor.parenthesised()?);
        // SQLite reads a conflict clause here and does not heed it.
        conflict(cursor)?;
        Some(Constraint::Check { value })
    }

    fn members(&self, tokens: &[Token<'_>]) -> Option<Vec<Member>> {
        let member = |tokens: &[Token<'_>]| {
            let (first, rest) = tokens.split_first()?;
            let order = self.expression(rest).without_asc().to_string();
            let order = if order == "asc" { String::new() } else { order };
            Some(Member { column: folded(&name(first)?), order })
        };
        elements(tokens).into_iter().map(member).collect()
    }

    fn references(&self, columns: Vec<String>, cursor: &mut Cursor<'_, '_>) -> Option<Constraint> {
        let table = folded(&cursor.name()?);
        let parents = match cursor.parenthesised() {
            Some(tokens) => names(tokens)?,
            None => Vec::new(),
        };
        let (mut on_delete, mut on_update, mut deferred) = (None, None, false);
        loop {
            if cursor.take(&["on", "delete"]) {
                on_delete = action(cursor)?;
            } else if cursor.take(&["on", "update"]) {
                on_update = action(cursor)?;
            } else if cursor.take(&["on", "insert"]) {
                action(cursor)?;
            } else if cursor.take(&["match"]) {
                // "SQLite parses MATCH clauses, but does not enforce them."
                cursor.name()?;
            } else if cursor.is_at(&["not", "deferrable"]) || cursor.is_at(&["deferrable"]) {
                let not = cursor.take(&["not"]);
                cursor.take(&["deferrable"]);
                let initially = cursor.take(&["initially"]);
                deferred = initially && cursor.take(&["deferred"]) && !not;
                if initially {
                    cursor.take(&["immediate"]);
                }
            } else {
                break;
            }
        }
        Some(Constraint::ForeignKey { columns, table, parents, on_delete, on_update, deferred })
    }

    fn default(&self, cursor: &mut Cursor<'_, '_>) -> Option<Default> {
        if let Some(mut inner) = cursor.parenthesised() {
            while let [open, between @ .., close] = inner
                && is_sign(open, "(")
                && is_sign(close, ")")
                && Cursor::new(inner).parenthesised().is_some_and(|all| all.len() == between.len())
            {
                inner = between;
            }
            let constant = is_literal(inner);
            return Some(self.default_of(inner, constant));
        }
        let from = cursor.rest();
        let signed = cursor.take_sign("-") || cursor.take_sign("+");
        let token = cursor.pop()?;
        let tokens = &from[..1 + usize::from(signed)];
        if signed || token.kind != TokenKind::Identifier && token.kind != TokenKind::Word {
            return Some(self.default_of(tokens, true));
        }
        let mut default = self.default_of(tokens, !is_moment(token));
        let known = ["true", "false", "null", "current_timestamp", "current_date", "current_time"];
        if !known.iter().any(|word| token.is_word(word)) {
            // A bare word is a string.
            default.sql = Dialect::Sqlite.quote_literal(&name(token)?);
            default.value = Expression::of(
                &[Token { kind: TokenKind::String, text: &default.sql, start: 0 }],
                |_| false,
            );
        }
        Some(default)
    }

    fn default_of(&self, tokens: &[Token<'_>], constant: bool) -> Default {
        let value = Expression::of(tokens, |_| false);
        let null = matches!(tokens, [token] if token.is_word("null"));
        Default { sql: format!("({value})"), value, constant, null }
    }
}

/// Tells whether a text is one literal, and not NULL.
pub(super) fn is_literal_text(text: &str) -> bool {
    Dialect::Sqlite.split(text).is_ok_and(|split| {
        is_literal(&split.tokens) && !split.tokens.iter().any(|token| token.is_word("null"))
    })
}

/// Tells whether tokens are one literal, with its sign.
fn is_literal(tokens: &[Token<'_>]) -> bool {
    let tokens = match tokens {
        [sign, rest @ ..] if is_sign(sign, "-") || is_sign(sign, "+") => rest,
        _ => tokens,
    };
    let words = ["null", "true", "false"];
    match tokens {
        [token] => {
            matches!(token.kind, TokenKind::Number | TokenKind::String)
                || words.iter().any(|word| token.is_word(word))
        }
        _ => false,
    }
}

fn is_moment(token: &Token<'_>) -> bool {
    ["current_timestamp", "current_date", "current_time"].iter().any(|word| token.is_word(word))
}

/// Reads a column's type.
fn kind(cursor: &mut Cursor<'_, '_>) -> Option<String> {
    let mut words = Vec::new();
    while let Some(token) = cursor.peek() {
        let ends = CONSTRAINTS.iter().any(|word| token.is_word(word))
            || cursor.is_at(&["generated", "always"]);
        if ends || token.kind == TokenKind::Operator {
            break;
        }
        words.push(folded(&cursor.name()?));
    }
    let mut kind = words.join(" ");
    if let Some(size) = cursor.parenthesised() {
        let size: Vec<String> = size.iter().map(|token| folded(token.text)).collect();
        kind.push_str(&format!("({})", size.concat()));
    }
    Some(kind)
}

/// Reads `ON CONFLICT …`: none without it, or where it says what is so anyhow.
#[expect(clippy::option_option, reason = "the outer one is a text that cannot be read")]
fn conflict(cursor: &mut Cursor<'_, '_>) -> Option<Option<String>> {
    if !cursor.take(&["on", "conflict"]) {
        return Some(None);
    }
    let word = folded(&cursor.name()?);
    Some(Some(word).filter(|word| word != "abort"))
}

/// Reads what a foreign key does: none where it does nothing.
#[expect(clippy::option_option, reason = "the outer one is a text that cannot be read")]
fn action(cursor: &mut Cursor<'_, '_>) -> Option<Option<String>> {
    for words in [&["set", "null"][..], &["set", "default"], &["cascade"], &["restrict"]] {
        if cursor.take(words) {
            return Some(Some(words.join(" ")));
        }
    }
    cursor.take(&["no", "action"]).then_some(None)
}

fn names(tokens: &[Token<'_>]) -> Option<Vec<String>> {
    elements(tokens).into_iter().map(|tokens| Some(folded(&name(tokens.first()?)?))).collect()
}

/// Returns a name as a statement writes it.
pub(super) fn column_list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}
