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
    /// `standard_conforming_strings`. MySQL: with a backslash in it the string is
    /// written in hexadecimal, which does not hang on `NO_BACKSLASH_ESCAPES`.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// assert_eq!(Dialect::Sqlite.quote_literal(r"it's \"), r"'it''s \'");
    /// assert_eq!(Dialect::Postgres.quote_literal(r"it's \"), r"E'it''s \\'");
    /// assert_eq!(Dialect::Mysql.quote_literal(r"it's \"), "_utf8mb4 X'69742773205C'");
    /// assert_eq!(Dialect::Mysql.quote_literal("it's"), "'it''s'");
    /// ```
    #[must_use]
    pub fn quote_literal(self, text: &str) -> String {
        let doubled = text.replace("'", "''");
        let escaped = || doubled.replace("\\", r"\\");
        let has_backslash = text.as_bytes().contains(&b'\\');
        match self {
            Self::Postgres if has_backslash => format!("E'{}'", escaped()),
            Self::Mysql if has_backslash => {
                let mut digits = String::with_capacity(text.len() * 2);
                for byte in text.as_bytes() {
                    digits.push_str(&format!("{byte:02X}"));
                }
                format!("_utf8mb4 X'{digits}'")
            }
            Self::Sqlite | Self::Postgres | Self::Mysql => format!("'{doubled}'"),
        }
    }
}
