//! The driver for `sqlx::PgConnection`, plain, of a pool, or acquired from one.

use std::borrow::Cow;

use revchain_core::{Dialect, rust};
use sqlx_core::Error;
use sqlx_core::executor::Executor;
use sqlx_core::raw_sql::raw_sql;
use sqlx_core::row::Row as _;
use sqlx_core::sql_str::AssertSqlSafe;
use sqlx_postgres::{PgConnection, PgDatabaseError, PgErrorPosition, PgRow, Postgres};

use super::asynchronous::{Connect, Performed, Prepared};
use super::server::{Answers, Message, Server, perform_on};
use crate::function::{Call, Called};
use crate::sql::{Row, Sql};

impl Connect for &mut PgConnection {
    const DIALECT: Dialect = Dialect::Postgres;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        perform_on::<Postgres>(self, run).await
    }
}

impl Server for Postgres {
    const DIALECT: Dialect = Dialect::Postgres;
    const CALLS: rust::Driver = rust::Driver::Postgres;
    const CANNOT_PUT_BACK: &'static str = "a run does not copy a PostgreSQL database";
    const COPIED_BY: &'static str = "pg_dump";

    /// One message of the simple protocol holds them all.
    fn messages(statements: &[Sql<'_>]) -> Vec<Message> {
        let mut message = Message { text: String::new(), starts: Vec::new(), answers_once: true };
        for sql in statements {
            message.starts.push(message.text.len());
            if sql.values.is_empty() {
                message.text.push_str(&sql.text);
            } else {
                message.text.push_str(&sql.written_out(Dialect::Postgres));
            }
            message.text.push_str(";\n");
        }
        vec![message]
    }

    fn send(connection: &mut PgConnection, text: String) -> Answers<'_, Self> {
        connection.fetch_many(raw_sql(AssertSqlSafe(text)))
    }

    fn call(call: Call, connection: &mut PgConnection) -> Option<Called<'_>> {
        match call {
            Call::Postgres(function) => Some(function(connection)),
            _ => None,
        }
    }

    fn code(error: &Error) -> Option<String> {
        said(error).map(|error| error.code().to_owned())
    }

    fn words(error: &Error) -> Option<String> {
        let error = said(error)?;
        let mut words = error.message().to_owned();
        for more in [error.detail(), error.hint()].into_iter().flatten() {
            words = format!("{words}; {more}");
        }
        Some(words)
    }

    fn place(error: &Error, message: &Message) -> Option<usize> {
        match said(error)?.position() {
            Some(PgErrorPosition::Original(position)) => byte_at(&message.text, position),
            _ => None,
        }
    }
}

fn said(error: &Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

/// Returns the byte at a position, which counts characters from 1.
fn byte_at(text: &str, position: usize) -> Option<usize> {
    let (byte, _) = text.char_indices().nth(position.checked_sub(1)?)?;
    Some(byte)
}

impl Row for PgRow {
    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        self.try_get_unchecked::<Option<&str>, _>(column).ok().flatten().map(Cow::Borrowed)
    }

    fn integer(&self, column: usize) -> Option<i64> {
        self.text(column)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_in_characters_is_a_statement_and_an_offset_in_bytes() {
        let statements = [Sql::plain("SELECT 'ü'"), Sql::plain("SELECT 'ß', ölig")];
        let messages = Postgres::messages(&statements);
        let [message] = &messages[..] else { panic!("they travel together") };
        let place = |position| message.statement_at(byte_at(&message.text, position)?);
        let position = message.text.chars().position(|c| c == 'ö').expect("it is there") + 1;
        assert_eq!(place(position), Some((1, "SELECT 'ß', ".len())));
        assert_eq!(place(1), Some((0, 0)));
        assert_eq!(place(0), None);
        assert_eq!(place(1000), None);
    }
}
