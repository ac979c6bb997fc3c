//! A statement and its values: bound when it is executed, written out in a script.

use std::borrow::Cow;

use revchain_core::Dialect;

/// One statement to execute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sql<'s> {
    /// The text, with `?` for each value when there are values.
    pub(crate) text: Cow<'s, str>,
    /// The values, in order.
    pub(crate) values: Vec<Value<'s>>,
}

/// A value of a statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'s> {
    /// Nothing known.
    Null,
    /// A number.
    Integer(i64),
    /// A text.
    Text(Cow<'s, str>),
}

impl<'s> Sql<'s> {
    /// Makes a statement without values.
    pub(crate) fn plain(text: impl Into<Cow<'s, str>>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// Makes a statement whose `?` are values.
    pub(crate) fn with(text: impl Into<Cow<'s, str>>, values: Vec<Value<'s>>) -> Self {
        Self { text: text.into(), values }
    }

    /// Writes the statement with its values as literals, for a script.
    ///
    /// Only the ledger's own statements have values, and none of them has a `?` in a literal.
    #[inline]
    pub(crate) fn written_out(&self, dialect: Dialect) -> String {
        let mut values = self.values.iter();
        let mut pieces = self.text.split('?');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            match values.next() {
                Some(Value::Null) => text.push_str("NULL"),
                Some(Value::Integer(number)) => text.push_str(&number.to_string()),
                Some(Value::Text(value)) => text.push_str(&dialect.quote_literal(value)),
                None => text.push('?'),
            }
            text.push_str(piece);
        }
        text
    }
}

impl<'s> From<&'s str> for Value<'s> {
    fn from(text: &'s str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// A row that a driver reads: only what the engine needs of it.
pub(crate) trait Row {
    /// Returns the text in a column, or nothing for NULL.
    fn text(&self, column: usize) -> Option<Cow<'_, str>>;
    /// Tells whether a column is this text, without looking whether it is text at all.
    fn is(&self, column: usize, text: &str) -> bool {
        self.text(column).is_some_and(|written| written == text)
    }
    /// Returns the number in a column, or nothing for NULL.
    fn integer(&self, column: usize) -> Option<i64>;
}
