//! How PostgreSQL reads SQL (`scan.l`), and how `psql` finds a statement's end (`psqlscan.l`).

use super::facts::{TransactionControl, Words, is_to_savepoint};
use super::lexer::{Cursor, unterminated_comment};
use super::{ConcurrentIndex, LexError, LexErrorKind, Token, TokenKind};

const fn is_space(byte: u8) -> bool {
    // The vertical tab is white space since PostgreSQL 16, and an error before.
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

const fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

const fn is_tag(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit()
}

const fn is_name(byte: u8) -> bool {
    is_tag(byte) || byte == b'$'
}

/// Skips white space and comments, which nest.
pub(super) fn skip(cursor: &mut Cursor<'_>) -> Result<(), LexError> {
    let mut continues = false;
    loop {
        match cursor.peek(0) {
            byte if is_space(byte) => {
                continues |= matches!(byte, b'\n' | b'\r');
                cursor.at += 1;
            }
            b'-' if cursor.peek(1) == b'-' => {
                cursor.skip_while(|byte| !matches!(byte, b'\n' | b'\r'));
            }
            b'/' if cursor.peek(1) == b'*' => {
                // Only white space and `--` comments may stand between the parts of a string.
                cursor.escapes = false;
                skip_comment(cursor)?;
            }
            // A string that goes on after a line break goes on by the rules of its first part.
            next => {
                cursor.escapes &= continues && next == b'\'';
                return Ok(());
            }
        }
    }
}

fn skip_comment(cursor: &mut Cursor<'_>) -> Result<(), LexError> {
    let start = cursor.at;
    let mut depth = 0_usize;
    loop {
        cursor.skip_while(|byte| !matches!(byte, b'/' | b'*'));
        match (cursor.peek(0), cursor.peek(1)) {
            (0, _) => return Err(unterminated_comment(start)),
            (b'/', b'*') => {
                depth += 1;
                cursor.at += 2;
            }
            (b'*', b'/') => {
                depth -= 1;
                cursor.at += 2;
                if depth == 0 {
                    return Ok(());
                }
            }
            _ => cursor.at += 1,
        }
    }
}

/// Reads one token.
pub(super) fn token(cursor: &mut Cursor<'_>) -> Result<TokenKind, LexErrorKind> {
    let escapes = std::mem::replace(&mut cursor.escapes, false);
    match (cursor.peek(0), cursor.peek(1)) {
        (b'\'', _) => string(cursor, 0, escapes),
        (b'e' | b'E', b'\'') => string(cursor, 1, true),
        (b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'') => string(cursor, 1, false),
        (b'u' | b'U', b'&') if cursor.peek(2) == b'\'' => string(cursor, 2, false),
        (b'u' | b'U', b'&') if cursor.peek(2) == b'"' => {
            cursor.quoted(2, false, TokenKind::Identifier)
        }
        (b'"', _) => cursor.quoted(0, false, TokenKind::Identifier),
        (b'$', _) => dollar(cursor),
        (b';', _) => Ok(cursor.take(1, TokenKind::Semicolon)),
        (b'\\', _) => Err(LexErrorKind::ClientCommand),
        (b'0'..=b'9', _) | (b'.', b'0'..=b'9') => Ok(number(cursor)),
        (byte, _) if is_name_start(byte) => {
            cursor.skip_while(is_name);
            Ok(TokenKind::Word)
        }
        _ => Ok(operator(cursor)),
    }
}

fn string(
    cursor: &mut Cursor<'_>,
    prefix: usize,
    escapes: bool,
) -> Result<TokenKind, LexErrorKind> {
    cursor.escapes = escapes;
    cursor.quoted(prefix, escapes, TokenKind::String)
}

/// `$1`, `$$…$$`, `$tag$…$tag$`, or a stray `$`.
fn dollar(cursor: &mut Cursor<'_>) -> Result<TokenKind, LexErrorKind> {
    let start = cursor.at;
    cursor.at += 1;
    if cursor.peek(0).is_ascii_digit() {
        cursor.skip_while(is_tag);
        return Ok(TokenKind::Parameter);
    }
    cursor.skip_while(is_tag);
    if cursor.peek(0) != b'$' {
        cursor.at = start;
        return Ok(cursor.take(1, TokenKind::Operator));
    }
    cursor.at += 1;
    let tag = &cursor.text[start..cursor.at];
    match cursor.text[cursor.at..].find(tag) {
        Some(length) => Ok(cursor.take(length + tag.len(), TokenKind::String)),
        None => Err(LexErrorKind::UnterminatedDollarQuote),
    }
}

/// A number, and the name that follows without a space: an error since PostgreSQL 15.
fn number(cursor: &mut Cursor<'_>) -> TokenKind {
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    cursor.skip_while(is_digit);
    if cursor.peek(0) == b'.' && cursor.peek(1) != b'.' {
        cursor.at += 1;
        cursor.skip_while(is_digit);
    }
    let signed = usize::from(matches!(cursor.peek(1), b'+' | b'-'));
    if matches!(cursor.peek(0), b'e' | b'E') && cursor.peek(1 + signed).is_ascii_digit() {
        cursor.at += 1 + signed;
    }
    cursor.skip_while(is_tag);
    TokenKind::Number
}

fn operator(cursor: &mut Cursor<'_>) -> TokenKind {
    for sign in ["::", ":=", ".."] {
        if cursor.looks_at(sign) {
            return cursor.take(2, TokenKind::Operator);
        }
    }
    if cursor.at >= cursor.signs_until {
        let run = operator_run(&cursor.text.as_bytes()[cursor.at..]);
        let length = operator_length(run).max(1);
        cursor.signs_until = cursor.at + run.len();
        return cursor.take(length, TokenKind::Operator);
    }
    cursor.take(1, TokenKind::Operator)
}

/// The longest run of operator characters, up to a comment.
///
/// PostgreSQL refuses an operator of 64 characters, so no more than those need be looked at.
fn operator_run(bytes: &[u8]) -> &[u8] {
    let bytes = &bytes[..bytes.len().min(64)];
    let mut end = 0;
    while end < bytes.len() && b"~!@#^&|`?+-*/%<>=".contains(&bytes[end]) {
        if matches!(bytes[end..], [b'-', b'-', ..] | [b'/', b'*', ..]) {
            break;
        }
        end += 1;
    }
    &bytes[..end]
}

/// A `+` or `-` ends an operator of several characters only if it holds one that no operator of
/// the SQL standard has. What is left of the run behind the operator are single signs then.
fn operator_length(run: &[u8]) -> usize {
    if run.iter().any(|byte| b"~!@#^&|`?%".contains(byte)) {
        return run.len();
    }
    run.iter().rposition(|byte| !b"+-".contains(byte)).map_or(1, |last| last + 1)
}

/// Returns the index of the `;` that ends the statement which begins with the token `first`.
///
/// No `;` inside parentheses does (`CREATE RULE … DO (a; b)`), nor one inside the body of an
/// SQL-standard routine (`BEGIN ATOMIC … END`).
pub(super) fn statement_end(tokens: &[Token<'_>], first: usize) -> Result<usize, LexError> {
    let creates = tokens[first].is_word("create");
    let copies = tokens[first].is_word("copy");
    let mut parentheses = 0_usize;
    let mut body = Body::default();
    for (index, token) in tokens.iter().enumerate().skip(first) {
        let previous = &tokens[first.max(index.saturating_sub(1))];
        if token.is_sign("(") {
            parentheses += 1;
        } else if token.is_sign(")") {
            parentheses = parentheses.saturating_sub(1);
        } else if creates {
            body.push(previous, token);
        } else if copies && previous.is_word("from") && token.is_any(&["stdin", "stdout"]) {
            // Beside `FROM` the grammar takes the one for the other.
            return Err(LexError { kind: LexErrorKind::CopyFromStdin, start: tokens[first].start });
        }
        if token.kind == TokenKind::Semicolon && parentheses == 0 && body.openings.is_empty() {
            return Ok(index);
        }
    }
    match body.openings.first() {
        Some(opening) => {
            Err(LexError { kind: LexErrorKind::UnterminatedBody, start: opening.start })
        }
        None => Ok(tokens.len()),
    }
}

/// The `BEGIN ATOMIC` and `CASE` that await their `END`.
///
/// `psql` takes any word `END`; the server knows it for a label after `AS` or a dot.
#[derive(Default)]
struct Body {
    openings: Vec<Opening>,
}

struct Opening {
    start: usize,
    is_case: bool,
}

impl Body {
    fn push(&mut self, previous: &Token<'_>, token: &Token<'_>) {
        if previous.is_sign(".") || previous.is_word("as") {
            return;
        }
        if previous.is_word("begin") && token.is_word("atomic") {
            self.openings.push(Opening { start: previous.start, is_case: false });
        } else if token.is_word("case") && !self.openings.is_empty() {
            self.openings.push(Opening { start: token.start, is_case: true });
        } else if token.is_word("end") {
            let begins = previous.kind == TokenKind::Semicolon || previous.is_word("atomic");
            if self.openings.last().is_some_and(|opening| opening.is_case || begins) {
                self.openings.pop();
            }
        }
    }
}

/// As [`Dialect::transaction_control`](super::Dialect::transaction_control).
pub(super) fn transaction_control(tokens: &[Token<'_>]) -> Option<TransactionControl> {
    let mut words = Words::new(tokens);
    if words.take(&["begin"]) {
        Some(TransactionControl::opens("BEGIN"))
    } else if words.take(&["start", "transaction"]) {
        Some(TransactionControl::opens("START TRANSACTION"))
    } else if words.take(&["commit"]) && !words.take(&["prepared"]) {
        Some(TransactionControl::closes("COMMIT"))
    } else if words.take(&["end"]) {
        Some(TransactionControl::closes("END"))
    } else if words.take(&["abort"]) {
        Some(TransactionControl::closes("ABORT"))
    } else if words.take(&["prepare", "transaction"]) {
        Some(TransactionControl::closes("PREPARE TRANSACTION"))
    } else if words.take(&["rollback"]) && !words.take(&["prepared"]) && !is_to_savepoint(words) {
        Some(TransactionControl::closes("ROLLBACK"))
    } else {
        None
    }
}

/// As [`Dialect::sets_up_connection`](super::Dialect::sets_up_connection).
pub(super) fn sets_up_connection(tokens: &[Token<'_>]) -> bool {
    let mut words = Words::new(tokens);
    if words.take(&["set"]) {
        // These end with their transaction.
        return !words.take_any(&["local", "transaction", "constraints"]);
    }
    words.take_any(&["reset"]) || words.contains("set_config")
}

/// As [`Dialect::concurrent_index`](super::Dialect::concurrent_index).
pub(super) fn concurrent_index(tokens: &[Token<'_>]) -> Option<ConcurrentIndex> {
    let mut words = Words::new(tokens);
    if words.take(&["drop", "index", "concurrently"]) {
        words.take(&["if", "exists"]);
        let (schema, name) = qualified_name(&mut words)?;
        let name = schema + name;
        return Some(ConcurrentIndex { creates: false, name });
    }
    let creates = words.take(&["create", "index", "concurrently"])
        || words.take(&["create", "unique", "index", "concurrently"]);
    if !creates {
        return None;
    }
    words.take(&["if", "not", "exists"]);
    // Without a name the server chooses one.
    if words.take(&["on"]) {
        return None;
    }
    let index = words.pop()?.text;
    words.take(&["on"]);
    words.take(&["only"]);
    // An index stands in the schema of its table.
    let (schema, _) = qualified_name(&mut words)?;
    Some(ConcurrentIndex { creates: true, name: schema + index })
}

/// Reads a name, which may have a schema, as it is written: what stands before its last part, and that.
fn qualified_name<'t>(words: &mut Words<'_, 't>) -> Option<(String, &'t str)> {
    let (mut schema, mut name) = (String::new(), words.pop()?.text);
    while words.take_sign(".") {
        schema = schema + name + ".";
        name = words.pop()?.text;
    }
    Some((schema, name))
}

/// As [`Dialect::needs_no_transaction`](super::Dialect::needs_no_transaction).
///
/// The statements for which PostgreSQL 15 says "cannot run inside a transaction block", as far
/// as the statement alone decides it.
pub(super) fn needs_no_transaction(tokens: &[Token<'_>]) -> Option<&'static str> {
    const ALWAYS: [(&[&str], &str); 13] = [
        (&["create", "index", "concurrently"], "CREATE INDEX CONCURRENTLY"),
        (&["create", "unique", "index", "concurrently"], "CREATE INDEX CONCURRENTLY"),
        (&["drop", "index", "concurrently"], "DROP INDEX CONCURRENTLY"),
        (&["vacuum"], "VACUUM"),
        (&["create", "database"], "CREATE DATABASE"),
        (&["drop", "database"], "DROP DATABASE"),
        (&["create", "tablespace"], "CREATE TABLESPACE"),
        (&["drop", "tablespace"], "DROP TABLESPACE"),
        (&["alter", "system"], "ALTER SYSTEM"),
        (&["drop", "subscription"], "DROP SUBSCRIPTION"),
        (&["discard", "all"], "DISCARD ALL"),
        (&["commit", "prepared"], "COMMIT PREPARED"),
        (&["rollback", "prepared"], "ROLLBACK PREPARED"),
    ];
    let words = Words::new(tokens);
    let always = ALWAYS.iter().find(|(start, _)| {
        let mut words = words;
        words.take(start)
    });
    always.map(|(_, name)| *name).or_else(|| sometimes_needs_none(words))
}

fn sometimes_needs_none(mut words: Words<'_, '_>) -> Option<&'static str> {
    if words.take(&["reindex"]) {
        return reindex(words);
    }
    if words.take(&["cluster"]) {
        words.take(&["verbose"]);
        option_list(&mut words);
        return words.is_at_end().then_some("CLUSTER");
    }
    if words.take(&["create", "subscription"]) {
        let is_off = is_off(words.rest(), "create_slot") || is_off(words.rest(), "connect");
        return (!is_off).then_some("CREATE SUBSCRIPTION");
    }
    if words.take(&["alter", "subscription"]) {
        let refreshes = words.contains("publication") && !is_off(words.rest(), "refresh");
        return refreshes.then_some("ALTER SUBSCRIPTION … PUBLICATION");
    }
    if words.take(&["alter", "database"]) {
        let moves = follows(words.rest(), "set", "tablespace");
        return moves.then_some("ALTER DATABASE … SET TABLESPACE");
    }
    let detaches = words.take(&["alter", "table"])
        && follows(words.rest(), "detach", "partition")
        && words.contains("concurrently");
    detaches.then_some("ALTER TABLE … DETACH PARTITION … CONCURRENTLY")
}

fn reindex(mut words: Words<'_, '_>) -> Option<&'static str> {
    let options = option_list(&mut words);
    if words.take(&["database"]) {
        return Some("REINDEX DATABASE");
    }
    if words.take(&["system"]) {
        return Some("REINDEX SYSTEM");
    }
    if words.take(&["schema"]) {
        return Some("REINDEX SCHEMA");
    }
    let is_option = options.iter().any(|token| token.is_word("concurrently"))
        && !is_off(options, "concurrently");
    words.pop();
    (is_option || words.take(&["concurrently"])).then_some("REINDEX CONCURRENTLY")
}

/// Skips a list in parentheses and returns its tokens.
fn option_list<'a, 't>(words: &mut Words<'a, 't>) -> &'a [Token<'t>] {
    let tokens = words.rest();
    if !words.take_sign("(") {
        return &[];
    }
    while words.pop().is_some_and(|token| !token.is_sign(")")) {}
    &tokens[..tokens.len() - words.rest().len()]
}

/// Tells whether the option `name` is switched off: `name = false`, `name off`.
fn is_off(tokens: &[Token<'_>], name: &str) -> bool {
    let Some(at) = tokens.iter().position(|token| token.is_word(name)) else {
        return false;
    };
    let mut words = Words::new(&tokens[at + 1..]);
    words.take_sign("=");
    words.pop().is_some_and(|value| {
        let text = value.text.trim_matches('\'');
        ["false", "off", "0"].iter().any(|off| text.eq_ignore_ascii_case(off))
    })
}

/// Tells whether the words `first` and `second` stand side by side.
fn follows(tokens: &[Token<'_>], first: &str, second: &str) -> bool {
    tokens.windows(2).any(|pair| pair[0].is_word(first) && pair[1].is_word(second))
}
