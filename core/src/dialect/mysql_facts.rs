//! What the statements of MySQL and MariaDB mean for a transaction and for the connection.

use std::borrow::Cow;

use super::facts::{TransactionControl, Words, is_to_savepoint};
use super::mysql::inside;
use super::{Token, TokenKind};

/// Returns the tokens with those in a `/*! */` in its place.
fn executed<'a, 't>(tokens: &'a [Token<'t>]) -> Cow<'a, [Token<'t>]> {
    if !tokens.iter().any(|token| token.kind == TokenKind::Directive) {
        return Cow::Borrowed(tokens);
    }
    let mut executed = Vec::with_capacity(tokens.len());
    for token in tokens {
        if token.kind == TokenKind::Directive {
            executed.append(&mut inside(token));
        } else {
            executed.push(*token);
        }
    }
    Cow::Owned(executed)
}

/// As [`Dialect::transaction_control`](super::Dialect::transaction_control).
///
/// What stands in a `/*! */` counts: one server or another executes it.
pub(super) fn transaction_control(tokens: &[Token<'_>]) -> Option<TransactionControl> {
    let tokens = executed(tokens);
    let mut words = Words::new(&tokens);
    if words.take(&["begin"]) {
        // MariaDB's `BEGIN NOT ATOMIC` is a block.
        (!words.take(&["not"])).then_some(TransactionControl::opens("BEGIN"))
    } else if words.take(&["start", "transaction"]) {
        Some(TransactionControl::opens("START TRANSACTION"))
    } else if words.take(&["commit"]) {
        Some(TransactionControl::closes("COMMIT"))
    } else if words.take(&["rollback"]) {
        (!is_to_savepoint(words)).then_some(TransactionControl::closes("ROLLBACK"))
    } else if words.take(&["xa"]) {
        xa(words)
    } else if words.take(&["set"]) {
        sets_autocommit(words)
    } else if words.take_any(&["lock", "unlock"]) {
        // The open transaction ends, and nothing but the named tables can be written until `UNLOCK TABLES`.
        words.take_any(&["table", "tables"]).then_some(TransactionControl::closes("LOCK TABLES"))
    } else {
        None
    }
}

fn xa(mut words: Words<'_, '_>) -> Option<TransactionControl> {
    match words.pop()?.text.to_ascii_lowercase().as_str() {
        "start" | "begin" => Some(TransactionControl::opens("XA START")),
        "end" => Some(TransactionControl::closes("XA END")),
        "prepare" => Some(TransactionControl::closes("XA PREPARE")),
        "commit" => Some(TransactionControl::closes("XA COMMIT")),
        "rollback" => Some(TransactionControl::closes("XA ROLLBACK")),
        _ => None,
    }
}

/// `SET [SESSION] autocommit = …` as any of the assignments; the words stand behind `SET`.
///
/// Off, each statement opens a transaction; on, the open one is committed.
fn sets_autocommit(mut words: Words<'_, '_>) -> Option<TransactionControl> {
    loop {
        if words.take_any(&["session", "local"]) || words.take_parameter(&["@@session", "@@local"])
        {
            words.take_sign(".");
        }
        let is_autocommit = words.take(&["autocommit"]) || words.take_parameter(&["@@autocommit"]);
        if is_autocommit && (words.take_sign("=") || words.take_sign(":=")) {
            let value = words.pop()?.text.to_ascii_lowercase();
            let is_off = ["0", "off", "false"].contains(&value.trim_matches(['\'', '"']));
            return Some(match is_off {
                true => TransactionControl::opens("SET autocommit"),
                false => TransactionControl::closes("SET autocommit"),
            });
        }
        while !words.pop()?.is_sign(",") {}
    }
}

/// The first words of statements that take part in the transaction, or leave it as it is.
const TRANSACTIONAL: [&str; 26] = [
    "select",
    "insert",
    "update",
    "delete",
    "replace",
    "with",
    "values",
    "table",
    "load",
    "do",
    "set",
    "use",
    "show",
    "explain",
    "describe",
    "desc",
    "help",
    "handler",
    "prepare",
    "deallocate",
    "savepoint",
    "release",
    "rollback",
    "signal",
    "get",
    "kill",
];

/// As [`Dialect::commits_by_itself`](super::Dialect::commits_by_itself).
///
/// Whatever is not known to leave the transaction open counts (MySQL manual, "Statements That Cause an Implicit Commit").
pub(super) fn commits_by_itself(tokens: &[Token<'_>]) -> bool {
    if transaction_control(tokens).is_some() {
        return false;
    }
    let tokens = executed(tokens);
    let mut words = Words::new(&tokens);
    while words.take_sign("(") {}
    if words.is_at_end() {
        return false;
    }
    if words.take_any(&["create", "drop"]) {
        words.take(&["or", "replace"]);
        return !words.take(&["temporary"]);
    }
    if words.take(&["set"]) {
        // MariaDB's `SET STATEMENT … FOR` is followed by any statement.
        return words.take_any(&["password", "statement"]) || words.take(&["default", "role"]);
    }
    let mut load = words;
    load.take(&["load", "index"]) || !words.take_any(&TRANSACTIONAL)
}

/// As [`Dialect::sets_up_connection`](super::Dialect::sets_up_connection).
pub(super) fn sets_up_connection(tokens: &[Token<'_>]) -> bool {
    let tokens = executed(tokens);
    let mut words = Words::new(&tokens);
    words.take_any(&["use", "prepare"])
        || words.take(&["set"])
            && !words.take_any(&["password", "statement"])
            && !words.take(&["default", "role"])
}

/// As [`Dialect::may_change_session`](super::Dialect::may_change_session).
pub(super) fn may_change_session(tokens: &[Token<'_>]) -> bool {
    let tokens = executed(tokens);
    let calls = ["call", "execute", "do", "select", "begin"];
    sets_up_connection(&tokens) || Words::new(&tokens).take_any(&calls)
}

/// As [`Dialect::session_settings`](super::Dialect::session_settings).
pub(super) fn session_settings(tokens: &[Token<'_>]) -> Vec<String> {
    let tokens = executed(tokens);
    let mut words = Words::new(&tokens);
    let mut names = Vec::new();
    if !words.take(&["set"]) {
        return names;
    }
    loop {
        let of_all = words.take_any(&["global", "persist", "persist_only"])
            || words.take_parameter(&["@@global", "@@persist", "@@persist_only"]);
        if words.take_any(&["session", "local"]) || words.take_parameter(&["@@session", "@@local"])
        {
            words.take_sign(".");
        }
        let Some(name) = words.pop() else { return names };
        let text = name.text.trim_start_matches("@@").trim_matches('`').to_ascii_lowercase();
        let is_name = !name.text.starts_with("@@") && name.text.starts_with('@');
        if !of_all && !is_name && (words.take_sign("=") || words.take_sign(":=")) {
            names.push(text);
        }
        loop {
            match words.pop() {
                Some(token) if token.is_sign(",") => break,
                Some(_) => {}
                None => return names,
            }
        }
    }
}
