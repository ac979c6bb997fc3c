//! How SQLite reads SQL (`tokenize.c`, `complete.c`).

use super::facts::{TransactionControl, Words, is_to_savepoint};
use super::lexer::{Bytes, Cursor, bytes, unterminated_comment};
use super::{LexError, LexErrorKind, Token, TokenKind};

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0c | b'\r')
}

const fn is_name(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | 0x80..)
}

static SPACES: Bytes = bytes!(is_space);
static NAMES: Bytes = bytes!(is_name);

/// Skips white space and comments. A byte-order mark is white space wherever a token may begin.
pub(super) fn skip(cursor: &mut Cursor<'_>) -> Result<(), LexError> {
    loop {
        match cursor.peek(0) {
            byte if SPACES[byte as usize] => cursor.skip_all(&SPACES),
            b'-' if cursor.peek(1) == b'-' => cursor.skip_while(|byte| byte != b'\n'),
            b'/' if cursor.peek(1) == b'*' => {
                let start = cursor.at;
                if !cursor.skip_block_comment() {
                    return Err(unterminated_comment(start));
                }
            }
            0xef if cursor.looks_at("\u{feff}") => cursor.at += 3,
            _ => return Ok(()),
        }
    }
}

/// Reads one token.
pub(super) fn token(cursor: &mut Cursor<'_>) -> Result<TokenKind, LexErrorKind> {
    match (cursor.peek(0), cursor.peek(1)) {
        (b'\'', _) => cursor.quoted(0, false, TokenKind::String),
        (b'"' | b'`', _) => cursor.quoted(0, false, TokenKind::Identifier),
        (b'[', _) => bracketed(cursor),
        (b'x' | b'X', b'\'') => blob(cursor),
        (b';', _) => Ok(cursor.take(1, TokenKind::Semicolon)),
        (b'?', _) => {
            cursor.at += 1;
            cursor.skip_while(|byte| byte.is_ascii_digit());
            Ok(TokenKind::Parameter)
        }
        (b'$' | b'@' | b':' | b'#', _) => Ok(variable(cursor)),
        (b'0'..=b'9', _) | (b'.', b'0'..=b'9') => Ok(number(cursor)),
        (byte, _) if NAMES[byte as usize] => {
            cursor.skip_all(&NAMES);
            Ok(TokenKind::Word)
        }
        _ => Ok(operator(cursor)),
    }
}

fn bracketed(cursor: &mut Cursor<'_>) -> Result<TokenKind, LexErrorKind> {
    cursor.skip_while(|byte| byte != b']');
    if cursor.is_at_end() {
        return Err(LexErrorKind::UnterminatedIdentifier);
    }
    Ok(cursor.take(1, TokenKind::Identifier))
}

fn blob(cursor: &mut Cursor<'_>) -> Result<TokenKind, LexErrorKind> {
    cursor.at += 2;
    cursor.skip_while(|byte| byte != b'\'');
    if cursor.is_at_end() {
        return Err(LexErrorKind::UnterminatedString);
    }
    Ok(cursor.take(1, TokenKind::String))
}

/// `:a`, `@a`, `$a`, with the `::` and `(…)` that Tcl's names may have.
fn variable(cursor: &mut Cursor<'_>) -> TokenKind {
    cursor.at += 1;
    let first = cursor.at;
    loop {
        cursor.skip_all(&NAMES);
        if cursor.looks_at("::") {
            cursor.at += 2;
            continue;
        }
        let named = cursor.text.as_bytes()[first..cursor.at].iter().any(|byte| *byte != b':');
        if named && cursor.peek(0) == b'(' {
            cursor.skip_while(|byte| byte != b')' && !is_space(byte));
            cursor.at += usize::from(cursor.peek(0) == b')');
        }
        return if named { TokenKind::Parameter } else { TokenKind::Operator };
    }
}

fn number(cursor: &mut Cursor<'_>) -> TokenKind {
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    if cursor.peek(0) == b'0'
        && matches!(cursor.peek(1), b'x' | b'X')
        && cursor.peek(2).is_ascii_hexdigit()
    {
        cursor.at += 2;
    } else {
        cursor.skip_while(is_digit);
        if cursor.peek(0) == b'.' {
            cursor.at += 1;
            cursor.skip_while(is_digit);
        }
        let signed = usize::from(matches!(cursor.peek(1), b'+' | b'-'));
        if matches!(cursor.peek(0), b'e' | b'E') && cursor.peek(1 + signed).is_ascii_digit() {
            cursor.at += 1 + signed;
        }
    }
    // SQLite refuses a name that follows without a space, but reads it as part of the number.
    cursor.skip_all(&NAMES);
    TokenKind::Number
}

fn operator(cursor: &mut Cursor<'_>) -> TokenKind {
    // Most are brackets and commas, told by their first byte.
    if matches!(cursor.peek(0), b'(' | b')' | b',' | b'.' | b'*' | b'+') {
        return cursor.take(1, TokenKind::Operator);
    }
    const LONG: [&str; 10] = ["->>", "->", "||", "<=", "<>", "<<", ">=", ">>", "==", "!="];
    let length = LONG.iter().find(|sign| cursor.looks_at(sign)).map_or(1, |sign| sign.len());
    cursor.take(length, TokenKind::Operator)
}

/// Returns the index of the `;` that ends the statement which begins with the token `first`.
///
/// As `sqlite3_complete` does: what begins with `[EXPLAIN …] CREATE [TEMP] TRIGGER` ends with
/// `; END ;`.
pub(super) fn statement_end(tokens: &[Token<'_>], first: usize) -> Result<usize, LexError> {
    if tokens[first].is_sign(".") {
        return Err(LexError { kind: LexErrorKind::ClientCommand, start: tokens[first].start });
    }
    let is_end = |token: &Token<'_>| token.kind == TokenKind::Semicolon;
    let Some(trigger) = trigger_word(tokens, first) else {
        let length = tokens[first..].iter().position(is_end);
        return Ok(length.map_or(tokens.len(), |length| first + length));
    };
    let body = tokens[trigger..].windows(2);
    let end = body.enumerate().find(|(index, pair)| {
        let after = tokens.get(trigger + index + 2);
        is_end(&pair[0]) && pair[1].is_word("end") && after.is_none_or(is_end)
    });
    match end {
        Some((index, _)) => Ok(trigger + index + 2),
        None => Err(LexError { kind: LexErrorKind::UnterminatedBody, start: tokens[first].start }),
    }
}

/// Returns the index of `TRIGGER` if the statement at `first` creates one.
fn trigger_word(tokens: &[Token<'_>], first: usize) -> Option<usize> {
    let mut at = first;
    if tokens[at].is_word("explain") {
        at += 1;
        // `EXPLAIN QUERY PLAN`
        while !tokens.get(at)?.is_word("create") {
            if tokens[at].kind == TokenKind::Semicolon || tokens[at].is_word("explain") {
                return None;
            }
            at += 1;
        }
    }
    if !tokens.get(at)?.is_word("create") {
        return None;
    }
    at += 1;
    while tokens.get(at)?.is_any(&["temp", "temporary"]) {
        at += 1;
    }
    tokens[at].is_word("trigger").then_some(at)
}

/// As [`Dialect::transaction_control`](super::Dialect::transaction_control).
pub(super) fn transaction_control(tokens: &[Token<'_>]) -> Option<TransactionControl> {
    let mut words = Words::new(tokens);
    if words.take(&["begin"]) {
        Some(TransactionControl::opens("BEGIN"))
    } else if words.take(&["commit"]) {
        Some(TransactionControl::closes("COMMIT"))
    } else if words.take(&["end"]) {
        Some(TransactionControl::closes("END"))
    } else if words.take(&["rollback"]) && !is_to_savepoint(words) {
        Some(TransactionControl::closes("ROLLBACK"))
    } else {
        None
    }
}

/// As [`Dialect::needs_no_transaction`](super::Dialect::needs_no_transaction).
///
/// Tried on SQLite 3.40, behind `BEGIN IMMEDIATE`. `ATTACH` works there, `DETACH` finds the
/// database locked; some pragmas are refused, others do nothing without a word.
pub(super) fn needs_no_transaction(tokens: &[Token<'_>]) -> Option<&'static str> {
    const WITH_VALUE: [(&str, &str); 4] = [
        ("journal_mode", "PRAGMA journal_mode"),
        ("synchronous", "PRAGMA synchronous"),
        ("page_size", "PRAGMA page_size"),
        ("auto_vacuum", "PRAGMA auto_vacuum"),
    ];
    let mut words = Words::new(tokens);
    if words.take(&["vacuum"]) {
        return Some("VACUUM");
    }
    if words.take(&["detach"]) {
        return Some("DETACH");
    }
    let pragma = Pragma::read(tokens)?;
    if pragma.name == "wal_checkpoint" {
        return Some("PRAGMA wal_checkpoint");
    }
    let found = WITH_VALUE.iter().find(|(name, _)| pragma.has_value && pragma.name == *name);
    found.map(|(_, words)| *words)
}

/// A `PRAGMA` statement.
pub(super) struct Pragma {
    /// The name in lower case, without a schema and without quotes.
    pub(super) name: String,
    pub(super) has_value: bool,
}

impl Pragma {
    pub(super) fn read(tokens: &[Token<'_>]) -> Option<Self> {
        let mut words = Words::new(tokens);
        if !words.take(&["pragma"]) {
            return None;
        }
        let mut token = words.pop()?;
        if words.take_sign(".") {
            token = words.pop()?;
        }
        Some(Self { name: name(token)?, has_value: words.take_sign("=") || words.take_sign("(") })
    }
}

/// Returns the name that a token stands for, in lower case and without quotes.
///
/// SQLite takes a string for a name, too.
pub(super) fn name(token: &Token<'_>) -> Option<String> {
    let inner = token.text.get(1..token.text.len().saturating_sub(1));
    let name = match (token.kind, token.text.as_bytes()[0]) {
        (TokenKind::Word, _) => token.text.to_owned(),
        (TokenKind::Identifier, b'[') => inner?.to_owned(),
        (TokenKind::Identifier | TokenKind::String, quote @ (b'"' | b'`' | b'\'')) => {
            let quote = char::from(quote);
            inner?.replace(&*format!("{quote}{quote}"), &quote.to_string())
        }
        _ => return None,
    };
    Some(name.to_ascii_lowercase())
}
