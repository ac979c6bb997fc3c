//! How MySQL and MariaDB read SQL (`sql_lex.cc`), with the default `sql_mode`.

use super::lexer::{Cursor, next, unterminated_comment};
use super::{Dialect, LexError, LexErrorKind, Token, TokenKind, mysql_body};

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// Skips white space and comments, but no directive.
pub(super) fn skip(cursor: &mut Cursor<'_>) -> Result<(), LexError> {
    loop {
        match cursor.peek(0) {
            byte if is_space(byte) => cursor.skip_while(is_space),
            b'#' => cursor.skip_while(|byte| byte != b'\n'),
            // 0 is the end of the text, where a comment may begin as well.
            b'-' if cursor.peek(1) == b'-'
                && (cursor.peek(2) == b' ' || cursor.peek(2).is_ascii_control()) =>
            {
                cursor.skip_while(|byte| byte != b'\n');
            }
            b'/' if cursor.peek(1) == b'*' && directive_prefix(cursor) == 0 => {
                let start = cursor.at;
                if !cursor.skip_block_comment() {
                    return Err(unterminated_comment(start));
                }
            }
            _ => return Ok(()),
        }
    }
}

/// Returns the length of the `/*!`, `/*M!` or `/*+` at the cursor, 0 if there is none.
fn directive_prefix(cursor: &Cursor<'_>) -> usize {
    ["/*!", "/*M!", "/*+"]
        .iter()
        .find(|prefix| cursor.looks_at(prefix))
        .map_or(0, |prefix| prefix.len())
}

/// Reads one token.
pub(super) fn token(
    cursor: &mut Cursor<'_>,
    previous: Option<&Token<'_>>,
) -> Result<TokenKind, LexErrorKind> {
    if is_after_qualifier(cursor, previous) {
        // `t.1e5` names a column.
        cursor.skip_while(is_name);
        return Ok(TokenKind::Word);
    }
    match (cursor.peek(0), cursor.peek(1)) {
        (b'/', b'*') => directive(cursor),
        (b'\'' | b'"', _) => cursor.quoted(0, true, TokenKind::String),
        (b'n' | b'N', b'\'') => cursor.quoted(1, true, TokenKind::String),
        (b'x' | b'X' | b'b' | b'B', b'\'') => cursor.quoted(1, false, TokenKind::String),
        (b'`', _) => cursor.quoted(0, false, TokenKind::Identifier),
        (b';', _) => Ok(cursor.take(1, TokenKind::Semicolon)),
        (b'?', _) => Ok(cursor.take(1, TokenKind::Parameter)),
        (b'@', _) => Ok(variable(cursor)),
        (b'\\', b'N') => Ok(cursor.take(2, TokenKind::Word)),
        (b'\\', _) => Err(LexErrorKind::ClientCommand),
        (b'.', b'0'..=b'9') if !is_qualifier(cursor, previous) => Ok(number(cursor)),
        (b'0'..=b'9', _) => Ok(number(cursor)),
        (byte, _) if is_name(byte) => {
            cursor.skip_while(is_name);
            Ok(TokenKind::Word)
        }
        _ => Ok(operator(cursor)),
    }
}

/// Tells whether the `.` at the cursor stands directly behind a word and before another.
fn is_qualifier(cursor: &Cursor<'_>, previous: Option<&Token<'_>>) -> bool {
    is_name(cursor.peek(1))
        && previous.is_some_and(|token| {
            token.end() == cursor.at
                && (token.kind == TokenKind::Word
                    || token.kind == TokenKind::Parameter && token.text.starts_with("@@"))
        })
}

/// Tells whether the cursor stands directly behind a `.` that [`is_qualifier`] found.
fn is_after_qualifier(cursor: &Cursor<'_>, previous: Option<&Token<'_>>) -> bool {
    let Some(dot) = previous.filter(|token| token.is_sign(".") && token.end() == cursor.at) else {
        return false;
    };
    let before = dot.start.checked_sub(1).map(|at| cursor.text.as_bytes()[at]);
    before.is_some_and(is_name) && is_name(cursor.peek(0))
}

/// `@name`, `@@name`; an `@` before a quote or a space stands alone.
fn variable(cursor: &mut Cursor<'_>) -> TokenKind {
    let start = cursor.at;
    cursor.at += 1;
    if cursor.peek(0) == b'@' {
        cursor.at += 1;
        cursor.skip_while(is_name);
    } else {
        cursor.skip_while(|byte| is_name(byte) || byte == b'.');
    }
    if cursor.at == start + 1 { TokenKind::Operator } else { TokenKind::Parameter }
}

/// A number, or a name that begins with digits.
fn number(cursor: &mut Cursor<'_>) -> TokenKind {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let start = cursor.at;
    cursor.skip_while(is_digit);
    let signed = usize::from(matches!(cursor.peek(1), b'+' | b'-'));
    let has_exponent =
        matches!(cursor.peek(0), b'e' | b'E') && cursor.peek(1 + signed).is_ascii_digit();
    if has_exponent {
        cursor.at += 1 + signed;
        cursor.skip_while(is_digit);
        return TokenKind::Number;
    }
    if is_name(cursor.peek(0)) {
        cursor.skip_while(is_name);
        return if is_radix_number(&cursor.text[start..cursor.at]) {
            TokenKind::Number
        } else {
            TokenKind::Word
        };
    }
    // `1..10` counts in a `FOR`.
    if cursor.peek(0) == b'.' && (cursor.peek(1) != b'.' || cursor.at == start) {
        cursor.at += 1;
        cursor.skip_while(is_digit);
        let signed = usize::from(matches!(cursor.peek(1), b'+' | b'-'));
        if matches!(cursor.peek(0), b'e' | b'E') && cursor.peek(1 + signed).is_ascii_digit() {
            cursor.at += 1 + signed;
            cursor.skip_while(is_digit);
        }
    }
    TokenKind::Number
}

/// `0x1F`, `0b01`; both letters are small.
fn is_radix_number(text: &str) -> bool {
    let is_all = |digits: &str, wanted: fn(&u8) -> bool| {
        !digits.is_empty() && digits.as_bytes().iter().all(wanted)
    };
    text.strip_prefix("0x").is_some_and(|digits| is_all(digits, u8::is_ascii_hexdigit))
        || text
            .strip_prefix("0b")
            .is_some_and(|digits| is_all(digits, |b| matches!(b, b'0' | b'1')))
}

fn operator(cursor: &mut Cursor<'_>) -> TokenKind {
    const LONG: [&str; 13] =
        ["<=>", "->>", "->", ":=", "<=", "<>", "<<", ">=", ">>", "!=", "&&", "||", ".."];
    let length = LONG.iter().find(|sign| cursor.looks_at(sign)).map_or(1, |sign| sign.len());
    cursor.take(length, TokenKind::Operator)
}

/// `/*! … */`, `/*M! … */` and `/*+ … */`.
///
/// A server that executes the comment reads tokens until a `*/`, so strings and comments in it
/// may hold another; one that skips it reads characters. Which it does depends on product and
/// version, so both have to find the same end.
fn directive(cursor: &mut Cursor<'_>) -> Result<TokenKind, LexErrorKind> {
    let start = cursor.at;
    if cursor.looks_at("/*+") {
        return match cursor.skip_block_comment() {
            true => Ok(TokenKind::Directive),
            false => Err(LexErrorKind::UnterminatedComment),
        };
    }
    let is_mariadb = cursor.looks_at("/*M!");
    cursor.at += directive_prefix(cursor);
    let has_version = (0..5).all(|ahead| cursor.peek(ahead).is_ascii_digit());
    let executed = executed_end(cursor);
    // MySQL takes `/*M!` for a plain comment.
    let readings = [(is_mariadb, flat_end as fn(&mut _) -> _), (has_version, skipped_end)];
    for (_, end) in readings.iter().filter(|(applies, _)| *applies) {
        match (executed, end(&mut Cursor::at(cursor.text, start))) {
            (Ok(executed), Some(end)) if executed == end => {}
            (Err(kind), None) => return Err(kind),
            _ => return Err(LexErrorKind::AmbiguousDirective),
        }
    }
    executed.map(|_| TokenKind::Directive)
}

/// The end of a directive for a server that executes it. The cursor stands behind the `!`.
fn executed_end(cursor: &mut Cursor<'_>) -> Result<usize, LexErrorKind> {
    // What the version is made of is no token of the directive.
    for _ in 0..6 {
        cursor.at += usize::from(cursor.peek(0).is_ascii_digit());
    }
    let mut previous = None;
    loop {
        skip(cursor).map_err(|error| error.kind)?;
        if cursor.looks_at("*/") {
            cursor.at += 2;
            return Ok(cursor.at);
        }
        // In one directive another is an error to MariaDB, and something else to each MySQL.
        if cursor.looks_at("/*!") || cursor.looks_at("/*M!") {
            return Err(LexErrorKind::AmbiguousDirective);
        }
        // No deeper than this: of the directives only a hint may stand in another.
        match next(Dialect::Mysql, cursor, previous.as_ref()) {
            Ok(Some(token)) => previous = Some(token),
            Ok(None) => return Err(LexErrorKind::UnterminatedComment),
            Err(error) => return Err(error.kind),
        }
    }
}

/// The end of a directive for a server that takes it for a plain comment.
fn flat_end(cursor: &mut Cursor<'_>) -> Option<usize> {
    cursor.skip_block_comment().then_some(cursor.at)
}

/// The end of a directive for a server that skips it: plain comments in it nest once.
fn skipped_end(cursor: &mut Cursor<'_>) -> Option<usize> {
    cursor.at += 2;
    loop {
        cursor.skip_while(|byte| !matches!(byte, b'*' | b'/'));
        match (cursor.peek(0), cursor.peek(1)) {
            (0, _) => return None,
            (b'/', b'*') => {
                if !cursor.skip_block_comment() {
                    return None;
                }
            }
            (b'*', b'/') => {
                cursor.at += 2;
                return Some(cursor.at);
            }
            _ => cursor.at += 1,
        }
    }
}

/// Returns the tokens inside a directive that is executed.
pub(super) fn inside<'t>(directive: &Token<'t>) -> Vec<Token<'t>> {
    let text = directive.text.strip_prefix("/*").and_then(|text| text.strip_suffix("*/"));
    let code = text.and_then(|text| text.strip_prefix('!').or_else(|| text.strip_prefix("M!")));
    let code = code.unwrap_or_default().trim_start_matches(|c: char| c.is_ascii_digit());
    super::lexer::lex(Dialect::Mysql, code).0
}

/// Returns the index of the `;` that ends the statement which begins with the token `first`.
pub(super) fn statement_end(tokens: &[Token<'_>], first: usize) -> Result<usize, LexError> {
    let start = tokens[first].start;
    if tokens[first].is_word("delimiter") {
        return Err(LexError { kind: LexErrorKind::Delimiter, start });
    }
    if tokens[first].is_word("source") {
        return Err(LexError { kind: LexErrorKind::ClientCommand, start });
    }
    let mut body = mysql_body::Body::default();
    for (index, token) in tokens.iter().enumerate().skip(first) {
        if token.kind == TokenKind::Directive {
            inside(token).iter().for_each(|token| body.push(token));
            continue;
        }
        body.push(token);
        if token.kind == TokenKind::Semicolon && body.is_closed() {
            return Ok(index);
        }
    }
    if body.is_closed() {
        return Ok(tokens.len());
    }
    Err(LexError { kind: LexErrorKind::UnterminatedBody, start })
}
