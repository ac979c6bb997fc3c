//! Tokens, and what can be wrong with a text before any of it is a statement.

use std::fmt;

/// A piece of SQL that is neither white space nor a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    /// What it is.
    pub kind: TokenKind,
    /// The text as it stands, quotes included.
    pub text: &'t str,
    /// Where it begins, in bytes from the start of the text.
    pub start: usize,
}

impl Token<'_> {
    /// Returns the offset of the first byte after the token.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Tells whether this is the unquoted word `word`, whatever its case.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// let split = Dialect::Sqlite.split(r#"DROP "drop""#)?;
    /// assert!(split.tokens[0].is_word("drop"));
    /// assert!(!split.tokens[1].is_word("drop"));
    /// # Ok::<(), revchain_core::LexError>(())
    /// ```
    #[must_use]
    pub fn is_word(&self, word: &str) -> bool {
        self.text.len() == word.len()
            && self.kind == TokenKind::Word
            && self.text.eq_ignore_ascii_case(word)
    }

    /// Tells whether this is one of the unquoted `words`, whatever its case.
    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }

    /// Tells whether this is the operator or punctuation `sign`.
    pub(super) fn is_sign(&self, sign: &str) -> bool {
        self.kind == TokenKind::Operator && self.text == sign
    }
}

/// What a [`Token`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A keyword or a name without quotes.
    Word,
    /// A quoted name.
    Identifier,
    /// A string, blob or bit literal, its prefix included.
    String,
    /// A number.
    Number,
    /// An operator, a parenthesis, a comma, a dot; also a character that no rule knows.
    Operator,
    /// The `;`, also one inside a body.
    Semicolon,
    /// A placeholder or variable: `?1`, `:a`, `$1`, `@a`, `@@a`.
    Parameter,
    /// A comment of MySQL or MariaDB that is executed or read: `/*! */`, `/*M! */`, `/*+ */`.
    Directive,
}

/// A text cannot be split into statements.
///
/// ```
/// use revchain_core::{Dialect, LexErrorKind};
///
/// let error = Dialect::Postgres.split("SELECT 'a").unwrap_err();
/// assert_eq!((error.kind, error.start), (LexErrorKind::UnterminatedString, 7));
/// assert_eq!(error.to_string(), "string without its closing quote");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LexError {
    /// What is wrong.
    pub kind: LexErrorKind,
    /// Where the bad thing begins, in bytes from the start of the text.
    pub start: usize,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LexErrorKind {
    /// A string, blob or bit literal is not closed.
    UnterminatedString,
    /// A quoted name is not closed.
    UnterminatedIdentifier,
    /// A comment is not closed. (SQLite itself takes the end of the text for the end of the comment.)
    UnterminatedComment,
    /// A dollar-quoted string is not closed.
    UnterminatedDollarQuote,
    /// A trigger's or routine's body is not closed.
    UnterminatedBody,
    /// A `/*! */` or `/*M! */` comment that ends at different places for a server which executes
    /// it and for one which skips it.
    AmbiguousDirective,
    /// `COPY … FROM stdin`: what follows is not SQL.
    CopyFromStdin,
    /// A command of `psql`, `sqlite3` or `mysql` that never reaches a server.
    ClientCommand,
    /// `DELIMITER`, a command of `mysql` that never reaches a server.
    Delimiter,
    /// A NUL byte, which no database accepts.
    NulByte,
}

impl fmt::Display for LexErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnterminatedString => "string without its closing quote",
            Self::UnterminatedIdentifier => "quoted name without its closing quote",
            Self::UnterminatedComment => "comment without its closing `*/`",
            Self::UnterminatedDollarQuote => "dollar-quoted string without its closing tag",
            Self::UnterminatedBody => "body without its closing `END`",
            Self::AmbiguousDirective => "comment that servers end at different places",
            Self::CopyFromStdin => "`COPY … FROM stdin` reads data from a client",
            Self::ClientCommand => "command of a client, not of the database",
            Self::Delimiter => "`DELIMITER` is a command of the client `mysql`",
            Self::NulByte => "NUL byte",
        })
    }
}

impl fmt::Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for LexError {}
