//! How names and strings are quoted.

use super::Dialect;

impl Dialect {
    /// Quotes a name, so that it is taken as it stands. It must not hold a NUL.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// assert_eq!(Dialect::Postgres.quote_identifier(r#"a"b"#), r#""a""b""#);
    /// assert_eq!(Dialect::Mysql.quote_identifier("a`b"), "`a``b`");
    /// ```
    #[must_use]
    pub fn quote_identifier(self, name: &str) -> String {
        match self {
            Self::Sqlite | Self::Postgres => format!("\"{}\"", name.replace("\"", "\"\"")),
            Self::Mysql => format!("`{}`", name.replace("`", "``")),
        }
    }

    /// Quotes a string, so that it stands for `text`. It must not hold a NUL.
    ///
    /// PostgreSQL: with a backslash in it the string is an `E''`, which does not hang on
    /// `standard_conforming_strings`. MySQL: `NO_BACKSLASH_ESCAPES` is taken to be off.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// assert_eq!(Dialect::Sqlite.quote_literal(r"it's \"), r"'it''s \'");
    /// assert_eq!(Dialect::Postgres.quote_literal(r"it's \"), r"E'it''s \\'");
    /// assert_eq!(Dialect::Mysql.quote_literal(r"it's \"), r"'it''s \\'");
    /// ```
    #[must_use]
    pub fn quote_literal(self, text: &str) -> String {
        let doubled = text.replace("'", "''");
        let escaped = || doubled.replace("\\", r"\\");
        match self {
            Self::Postgres if text.contains('\\') => format!("E'{}'", escaped()),
            Self::Mysql => format!("'{}'", escaped()),
            Self::Sqlite | Self::Postgres => format!("'{doubled}'"),
        }
    }
}
