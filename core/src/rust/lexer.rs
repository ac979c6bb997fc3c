//! Reads Rust as tokens, by rules of our own: a checksum must not depend on how a compiler's library writes them.

use crate::dialect::{Token, TokenKind};

/// Why a text is not Rust, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RustLexError {
    /// The first byte of what is wrong.
    pub start: usize,
    /// What is not closed.
    pub kind: RustLexErrorKind,
}

/// What is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RustLexErrorKind {
    /// A string.
    UnterminatedString,
    /// A character, or a byte.
    UnterminatedCharacter,
    /// A comment with a beginning and an end.
    UnterminatedComment,
    /// A bracket, or one that closes none.
    Unbalanced,
}

/// Reads the tokens of a file: words, lifetimes, literals, and each other sign by itself.
///
/// Comments and white space are none, documentation included. A number is the letters and digits that stand together, so
/// `1.5` is three tokens; a sign of several characters, as `->`, is as many tokens. So whatever a formatter does to white
/// space, the tokens stay.
///
/// # Errors
///
/// A literal, comment or bracket that is not closed.
///
/// ```
/// use revchain_core::rust::tokens;
///
/// let texts = |text| tokens(text).unwrap().iter().map(|token| token.text.to_owned()).collect::<Vec<_>>();
/// assert_eq!(texts("fn f<'a>() { /* a /* comment */ */ g('a', r#\"\"#) } // end")[..4], ["fn", "f", "<", "'a"]);
/// assert_eq!(texts("/// words\nx -> y"), texts("x->y"));
/// assert!(tokens("\"open").is_err());
/// ```
pub fn tokens(text: &str) -> Result<Vec<Token<'_>>, RustLexError> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, tokens: Vec::new() };
    while lexer.at < lexer.bytes.len() {
        lexer.step()?;
    }
    balance(&lexer.tokens)?;
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    tokens: Vec<Token<'t>>,
}

impl Lexer<'_> {
    /// Reads what begins here: a token, a comment or white space.
    fn step(&mut self) -> Result<(), RustLexError> {
        let start = self.at;
        match self.bytes[start] {
            b'/' if self.peek(1) == Some(b'/') => {
                self.at = self.text[start..].find('\n').map_or(self.text.len(), |end| start + end);
            }
            b'/' if self.peek(1) == Some(b'*') => self.comment()?,
            b'"' => self.string(start)?,
            b'\'' => self.quote(start)?,
            byte if is_word(byte) => self.word()?,
            byte if byte.is_ascii_whitespace() => self.at += 1,
            _ => {
                self.at += 1;
                self.push(start, TokenKind::Operator);
            }
        }
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn push(&mut self, start: usize, kind: TokenKind) {
        self.tokens.push(Token { kind, text: &self.text[start..self.at], start });
    }

    fn comment(&mut self) -> Result<(), RustLexError> {
        let start = self.at;
        let mut depth = 0;
        while self.at < self.bytes.len() {
            match (self.bytes[self.at], self.peek(1)) {
                (b'/', Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => self.at += 1,
            }
        }
        Err(RustLexError { start, kind: RustLexErrorKind::UnterminatedComment })
    }

    /// Reads a word, a number, or a literal that begins with letters.
    fn word(&mut self) -> Result<(), RustLexError> {
        let start = self.at;
        while self.peek(0).is_some_and(is_word) {
            self.at += 1;
        }
        match (&self.text[start..self.at], self.peek(0)) {
            ("b" | "c", Some(b'"')) => self.string(start),
            ("b", Some(b'\'')) => self.quote(start),
            ("r" | "br" | "cr", Some(b'"')) => self.raw_string(start, 0),
            ("r" | "br" | "cr", Some(b'#')) => self.raw(start),
            _ => {
                self.push(start, TokenKind::Word);
                Ok(())
            }
        }
    }

    /// Reads what follows `r#`: a raw string, or a name that is a keyword elsewhere.
    fn raw(&mut self, start: usize) -> Result<(), RustLexError> {
        let signs = self.bytes[self.at..].iter().take_while(|byte| **byte == b'#').count();
        let behind = self.peek(signs);
        if behind == Some(b'"') {
            self.at += signs;
            return self.raw_string(start, signs);
        }
        if signs == 1 && self.at == start + 1 && behind.is_some_and(is_word) {
            self.at += 1;
            while self.peek(0).is_some_and(is_word) {
                self.at += 1;
            }
        }
        self.push(start, TokenKind::Word);
        Ok(())
    }

    /// Reads a string from its quote on.
    fn string(&mut self, start: usize) -> Result<(), RustLexError> {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'"' => {
                    self.push(start, TokenKind::String);
                    return Ok(());
                }
                // The character behind it may be of several bytes; none of them is a quote.
                b'\\' => self.at += 1,
                _ => {}
            }
        }
        Err(RustLexError { start, kind: RustLexErrorKind::UnterminatedString })
    }

    /// Reads a raw string from its quote on.
    fn raw_string(&mut self, start: usize, signs: usize) -> Result<(), RustLexError> {
        let end = format!("\"{}", "#".repeat(signs));
        let body = self.at + 1;
        let Some(length) = self.text[body..].find(&end) else {
            return Err(RustLexError { start, kind: RustLexErrorKind::UnterminatedString });
        };
        self.at = body + length + end.len();
        self.push(start, TokenKind::String);
        Ok(())
    }

    /// Reads a character or a lifetime from its quote on.
    fn quote(&mut self, start: usize) -> Result<(), RustLexError> {
        let fault = RustLexError { start, kind: RustLexErrorKind::UnterminatedCharacter };
        let inner = self.at + 1;
        let mut chars = self.text[inner..].chars();
        let first = chars.next().ok_or(fault)?;
        if first == '\\' {
            let escaped = chars.next().ok_or(fault)?;
            let behind = inner + 1 + escaped.len_utf8();
            let rest = &self.text[behind..];
            // `\u{…}` and `\x..` are all that is longer than one character.
            let end = rest.find(['\'', '\n']).filter(|end| rest.as_bytes()[*end] == b'\'');
            self.at = behind + end.ok_or(fault)? + 1;
            self.push(start, TokenKind::String);
        } else if first != '\'' && chars.next() == Some('\'') {
            self.at = inner + first.len_utf8() + 1;
            self.push(start, TokenKind::String);
        } else if is_word_char(first) && start + 1 == inner {
            self.at = inner;
            while self.peek(0).is_some_and(is_word) {
                self.at += 1;
            }
            if self.peek(0) == Some(b'#') && &self.text[inner..self.at] == "r" {
                self.at += 1;
                while self.peek(0).is_some_and(is_word) {
                    self.at += 1;
                }
            }
            self.push(start, TokenKind::Word);
        } else {
            return Err(fault);
        }
        Ok(())
    }
}

/// Every character beyond ASCII counts as a letter: rustc refuses those that are none.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn is_word_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_' || !char.is_ascii()
}

/// Refuses brackets that do not fit.
fn balance(tokens: &[Token<'_>]) -> Result<(), RustLexError> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    for token in tokens.iter().filter(|token| token.kind == TokenKind::Operator) {
        let fault = |start| RustLexError { start, kind: RustLexErrorKind::Unbalanced };
        match token.text {
            "(" => open.push((")", token.start)),
            "[" => open.push(("]", token.start)),
            "{" => open.push(("}", token.start)),
            ")" | "]" | "}" => match open.pop() {
                Some((close, _)) if close == token.text => {}
                Some((_, start)) => return Err(fault(start)),
                None => return Err(fault(token.start)),
            },
            _ => {}
        }
    }
    let unclosed = open.pop().map(|(_, start)| start);
    unclosed.map_or(Ok(()), |start| Err(RustLexError { start, kind: RustLexErrorKind::Unbalanced }))
}
