//! The driver for `sqlx::MySqlConnection`, plain, of a pool, or acquired from one: MySQL and MariaDB.

use std::borrow::Cow;

use revchain_core::{Dialect, rust};
use sqlx_core::Error;
use sqlx_core::connection::Connection as _;
use sqlx_core::executor::Executor;
use sqlx_core::raw_sql::raw_sql;
use sqlx_core::row::Row as _;
use sqlx_core::sql_str::AssertSqlSafe;
use sqlx_mysql::{MySql, MySqlConnection, MySqlDatabaseError, MySqlRow};

use super::asynchronous::{Connect, Performed, Prepared};
use super::server::{Answers, Message, Server, perform_on};
use crate::function::{Call, Called};
use crate::sql::{Row, Sql};

impl Connect for &mut MySqlConnection {
    const DIALECT: Dialect = Dialect::Mysql;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        perform_on::<MySql>(self, run).await
    }
}

/// The server takes no message above `max_allowed_packet`, which may be as small as a megabyte.
const LARGEST: usize = 512 * 1024;

impl Server for MySql {
    const DIALECT: Dialect = Dialect::Mysql;
    const CALLS: rust::Driver = rust::Driver::Mysql;
    const CANNOT_PUT_BACK: &'static str = "a run does not copy a MySQL database";
    const COPIED_BY: &'static str = "mysqldump or mariadb-dump";

    /// As few messages as can be, so that each answer tells which statement it belongs to.
    fn messages(statements: &[Sql<'_>]) -> Vec<Message> {
        let mut messages: Vec<Message> = Vec::new();
        let mut is_closed = true;
        for sql in statements {
            let text: Cow<'_, str> = match sql.values.is_empty() {
                true => Cow::Borrowed(&sql.text),
                false => Cow::Owned(sql.written_out(Dialect::Mysql)),
            };
            let is_alone = answers_several_times(&sql.text);
            match messages.last_mut() {
                Some(last) if !is_closed && !is_alone && last.text.len() + text.len() < LARGEST => {
                    last.text.push_str(";\n");
                    last.starts.push(last.text.len());
                    last.text.push_str(&text);
                    last.answers_once = true;
                }
                // What is alone in a message has done nothing when it fails, however often it has answered.
                _ => messages.push(Message {
                    text: text.into_owned(),
                    starts: vec![0],
                    answers_once: false,
                }),
            }
            is_closed = is_alone;
        }
        messages
    }

    fn send(connection: &mut MySqlConnection, text: String) -> Answers<'_, Self> {
        connection.fetch_many(raw_sql(AssertSqlSafe(text)))
    }

    fn call(call: Call, connection: &mut MySqlConnection) -> Option<Called<'_>> {
        match call {
            Call::Mysql(function) => Some(function(connection)),
            _ => None,
        }
    }

    fn code(error: &Error) -> Option<String> {
        said(error).map(|error| error.number().to_string())
    }

    fn words(error: &Error) -> Option<String> {
        said(error).map(|error| error.message().to_owned())
    }

    /// It may still say that a statement was refused.
    async fn settle(connection: &mut MySqlConnection) -> Result<(), Error> {
        while let Err(error) = connection.flush().await {
            if error.as_database_error().is_none() {
                return Err(error);
            }
        }
        Ok(())
    }
}

fn said(error: &Error) -> Option<&MySqlDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

/// Tells whether a statement may have more answers than one, as a procedure that selects.
fn answers_several_times(text: &str) -> bool {
    let Ok(split) = Dialect::Mysql.split(text) else { return true };
    let one = ["alter", "create", "drop", "rename", "truncate", "grant", "revoke"];
    let first = split.tokens.first();
    let answers_once = first.is_some_and(|token| one.iter().any(|word| token.is_word(word)));
    Dialect::Mysql.commits_by_itself(&split.tokens) && !answers_once
}

impl Row for MySqlRow {
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
    fn what_may_answer_several_times_or_is_large_travels_alone() {
        let large = format!("INSERT INTO t VALUES ('{}')", "x".repeat(LARGEST));
        let texts = ["BEGIN", "SELECT 1", "CALL p()", "COMMIT", "ALTER TABLE t ADD n int", &large];
        let statements: Vec<_> = texts.into_iter().map(Sql::plain).collect();
        let counts: Vec<_> =
            MySql::messages(&statements).iter().map(|message| message.starts.len()).collect();
        assert_eq!(counts, [2, 1, 2, 1]);
        assert!(MySql::messages(&[]).is_empty());
    }
}
