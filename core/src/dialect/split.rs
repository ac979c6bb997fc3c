//! Statements: which `;` ends one.

use std::ops::Range;

use super::{Dialect, LexError, LexErrorKind, Token, TokenKind, lexer, mysql, postgres, sqlite};

/// One statement of a [`Split`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The bytes from the first token to the end of the last, without the `;`.
    pub span: Range<usize>,
    /// The indexes of its tokens, the `;` included if there is one.
    pub tokens: Range<usize>,
}

/// A text split into tokens and statements.
///
/// A `;` with nothing before it makes no statement, but stays among the tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split<'t> {
    /// All tokens, in order.
    pub tokens: Vec<Token<'t>>,
    /// All statements, in order.
    pub statements: Vec<Statement>,
}

impl<'t> Split<'t> {
    /// Returns the tokens of the statement `index`; none if there is no such statement.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// let split = Dialect::Sqlite.split("SELECT 1; SELECT 'two'")?;
    /// let texts: Vec<&str> = split.tokens_of(1).iter().map(|token| token.text).collect();
    /// assert_eq!(texts, ["SELECT", "'two'"]);
    /// # Ok::<(), revchain_core::LexError>(())
    /// ```
    #[must_use]
    pub fn tokens_of(&self, index: usize) -> &[Token<'t>] {
        self.statements.get(index).map_or(&[], |statement| &self.tokens[statement.tokens.clone()])
    }
}

impl Dialect {
    /// Splits `text` as the database itself would.
    ///
    /// A `;` inside a string, a comment, a trigger's or a routine's body ends nothing. The
    /// database's default settings are assumed: `standard_conforming_strings` on; neither
    /// `ANSI_QUOTES`, `NO_BACKSLASH_ESCAPES` nor `ORACLE` in `sql_mode`.
    ///
    /// # Errors
    ///
    /// The first [`LexError`] in the text.
    ///
    /// ```
    /// use revchain_core::{Dialect, LexErrorKind};
    ///
    /// let text = "CREATE TABLE t (a); -- ; \nINSERT INTO t VALUES (';')";
    /// let split = Dialect::Sqlite.split(text)?;
    /// let statements: Vec<_> = split.statements.iter().map(|s| &text[s.span.clone()]).collect();
    /// assert_eq!(statements, ["CREATE TABLE t (a)", "INSERT INTO t VALUES (';')"]);
    ///
    /// // Block comments nest in PostgreSQL and nowhere else.
    /// let text = "/* a /* b */ DROP TABLE n; -- */";
    /// assert_eq!(Dialect::Sqlite.split(text)?.statements.len(), 1);
    /// assert_eq!(Dialect::Postgres.split(text)?.statements.len(), 0);
    ///
    /// let error = Dialect::Postgres.split("COPY t FROM stdin;\n1\n\\.\n").unwrap_err();
    /// assert_eq!(error.kind, LexErrorKind::CopyFromStdin);
    /// # Ok::<(), revchain_core::LexError>(())
    /// ```
    pub fn split(self, text: &str) -> Result<Split<'_>, LexError> {
        if let Some(start) = text.find('\0') {
            return Err(LexError { kind: LexErrorKind::NulByte, start });
        }
        let (tokens, lex_error) = lexer::lex(self, text);
        match (self.statements(&tokens), lex_error) {
            // A body that goes on behind the lexer's error may well end there.
            (Err(error), Some(_)) if error.kind != LexErrorKind::UnterminatedBody => Err(error),
            (_, Some(error)) | (Err(error), None) => Err(error),
            (Ok(statements), None) => Ok(Split { tokens, statements }),
        }
    }

    fn statements(self, tokens: &[Token<'_>]) -> Result<Vec<Statement>, LexError> {
        let mut statements = Vec::new();
        let mut first = 0;
        while let Some(token) = tokens.get(first) {
            if token.kind == TokenKind::Semicolon {
                first += 1;
                continue;
            }
            // `end` is the index of the `;`, or the number of tokens.
            let end = match self {
                Self::Sqlite => sqlite::statement_end(tokens, first),
                Self::Postgres => postgres::statement_end(tokens, first),
                Self::Mysql => mysql::statement_end(tokens, first),
            }?;
            let span = token.start..tokens[end - 1].end();
            let next = tokens.len().min(end + 1);
            statements.push(Statement { span, tokens: first..next });
            first = next;
        }
        Ok(statements)
    }
}
