//! The cursor that every dialect's lexer moves, and the loop that collects tokens.

use super::{Dialect, LexError, LexErrorKind, Token, TokenKind, mysql, postgres, sqlite};

/// Reads `text` until its end or the first error; what was read before the error stays.
pub(super) fn lex(dialect: Dialect, text: &str) -> (Vec<Token<'_>>, Option<LexError>) {
    let mut cursor = Cursor::new(text);
    let mut tokens = Vec::new();
    loop {
        match next(dialect, &mut cursor, tokens.last()) {
            Ok(Some(token)) => tokens.push(token),
            Ok(None) => return (tokens, None),
            Err(error) => return (tokens, Some(error)),
        }
    }
}

/// Reads one token behind white space and comments; none at the end.
pub(super) fn next<'t>(
    dialect: Dialect,
    cursor: &mut Cursor<'t>,
    previous: Option<&Token<'t>>,
) -> Result<Option<Token<'t>>, LexError> {
    match dialect {
        Dialect::Sqlite => sqlite::skip(cursor),
        Dialect::Postgres => postgres::skip(cursor),
        Dialect::Mysql => mysql::skip(cursor),
    }?;
    let start = cursor.at;
    if cursor.is_at_end() {
        return Ok(None);
    }
    let kind = match dialect {
        Dialect::Sqlite => sqlite::token(cursor),
        Dialect::Postgres => postgres::token(cursor),
        Dialect::Mysql => mysql::token(cursor, previous),
    };
    let kind = kind.map_err(|kind| LexError { kind, start })?;
    Ok(Some(Token { kind, text: &cursor.text[start..cursor.at], start }))
}

/// A place in a text. Bytes at and above 0x80 belong to names in every dialect, so a token
/// always ends between characters.
///
/// What is called for each byte is always inlined: the macro runs without optimisation, where nothing else is.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    /// PostgreSQL: whether a backslash escapes in the string read last.
    pub(super) escapes: bool,
    /// PostgreSQL: up to where each `+` and `-` is known to be a token of its own.
    pub(super) signs_until: usize,
}

impl<'t> Cursor<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self::at(text, 0)
    }

    pub(super) const fn at(text: &'t str, at: usize) -> Self {
        Self { text, at, escapes: false, signs_until: 0 }
    }

    #[inline(always)]
    pub(super) const fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Returns the byte `ahead` of the cursor, 0 behind the end: a text holds no NUL.
    #[inline(always)]
    pub(super) fn peek(&self, ahead: usize) -> u8 {
        let (bytes, at) = (self.text.as_bytes(), self.at + ahead);
        if at < bytes.len() { bytes[at] } else { 0 }
    }

    pub(super) fn looks_at(&self, bytes: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(bytes.as_bytes())
    }

    #[inline(always)]
    pub(super) fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        // The macro runs this without optimisation, where an iterator costs five times as much.
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() && wanted(bytes[self.at]) {
            self.at += 1;
        }
    }

    /// Moves behind all bytes of a kind.
    #[inline(always)]
    pub(super) fn skip_all(&mut self, kind: &Bytes) {
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() && kind[bytes[self.at] as usize] {
            self.at += 1;
        }
    }

    /// Moves behind the next `*/`, beginning two bytes ahead. False when there is none.
    pub(super) fn skip_block_comment(&mut self) -> bool {
        let rest = &self.text.as_bytes()[self.at + 2..];
        let end = rest.windows(2).position(|pair| pair == b"*/");
        self.at = end.map_or(self.text.len(), |end| self.at + 2 + end + 2);
        end.is_some()
    }

    /// Reads `length` bytes as a token.
    #[inline(always)]
    pub(super) const fn take(&mut self, length: usize, kind: TokenKind) -> TokenKind {
        self.at += length;
        kind
    }

    /// Reads a `kind` that begins `prefix` bytes ahead with a quote and ends with the same one; a
    /// doubled quote stands for itself, and so does one behind a backslash if `escapes`.
    pub(super) fn quoted(
        &mut self,
        prefix: usize,
        escapes: bool,
        kind: TokenKind,
    ) -> Result<TokenKind, LexErrorKind> {
        let quote = self.peek(prefix);
        self.at += prefix + 1;
        loop {
            self.skip_while(|byte| byte != quote && !(escapes && byte == b'\\'));
            match self.peek(0) {
                0 if kind == TokenKind::String => return Err(LexErrorKind::UnterminatedString),
                0 => return Err(LexErrorKind::UnterminatedIdentifier),
                b'\\' => self.at = self.text.len().min(self.at + 2),
                _ if self.peek(1) == quote => self.at += 2,
                _ => return Ok(self.take(1, kind)),
            }
        }
    }
}

/// Which bytes are of a kind.
pub(super) type Bytes = [bool; 256];

/// Makes [`Bytes`] of a `const fn`, which a lexer would call for each byte.
macro_rules! bytes {
    ($is_one:path) => {{
        let (mut bytes, mut byte) = ([false; 256], 0);
        while byte < 256 {
            bytes[byte] = $is_one(byte as u8);
            byte += 1;
        }
        bytes
    }};
}
pub(super) use bytes;

/// The error of a block comment that begins at `start`.
pub(super) const fn unterminated_comment(start: usize) -> LexError {
    LexError { kind: LexErrorKind::UnterminatedComment, start }
}
