//! What a statement means for the transaction and the connection it runs in.

use super::{Dialect, Split, Token, TokenKind, mysql_facts, postgres, rebuild, sqlite};

/// A statement begins or ends a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionControl {
    pub(super) words: &'static str,
    pub(super) effect: TransactionEffect,
}

/// What a [`TransactionControl`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransactionEffect {
    /// A transaction begins.
    Opens,
    /// The open transaction ends.
    Closes,
}

impl TransactionControl {
    pub(super) const fn opens(words: &'static str) -> Self {
        Self { words, effect: TransactionEffect::Opens }
    }

    pub(super) const fn closes(words: &'static str) -> Self {
        Self { words, effect: TransactionEffect::Closes }
    }

    /// Returns the words that make the statement one, as an error should name them.
    #[must_use]
    pub const fn words(self) -> &'static str {
        self.words
    }

    /// Tells whether a transaction begins or ends.
    #[must_use]
    pub const fn effect(self) -> TransactionEffect {
        self.effect
    }
}

/// A SQLite statement that deletes the rows of child tables in silence, inside a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsafeRebuild {
    /// The index of the statement: the `DROP TABLE`, or the `PRAGMA`.
    pub statement: usize,
    /// What it does.
    pub kind: UnsafeRebuildKind,
}

/// Why an [`UnsafeRebuild`] is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnsafeRebuildKind {
    /// `PRAGMA foreign_keys = …`, which does nothing inside a transaction.
    ForeignKeysPragma,
    /// A table is dropped and another takes its name.
    Rebuild {
        /// The table's name in lower case, without quotes and without the schema `main`.
        table: String,
    },
}

impl Dialect {
    /// Tells whether the statement begins or ends a transaction.
    ///
    /// Savepoints do neither, and what `EXPLAIN` shows is not executed.
    ///
    /// ```
    /// use revchain_core::{Dialect, TransactionEffect};
    ///
    /// let control = |text| {
    ///     let split = Dialect::Postgres.split(text).unwrap();
    ///     Dialect::Postgres.transaction_control(split.tokens_of(0))
    /// };
    /// let begin = control("start transaction read only;").unwrap();
    /// assert_eq!(begin.words(), "START TRANSACTION");
    /// assert_eq!(begin.effect(), TransactionEffect::Opens);
    /// assert_eq!(control("ROLLBACK TO before_it"), None);
    /// ```
    #[must_use]
    pub fn transaction_control(self, tokens: &[Token<'_>]) -> Option<TransactionControl> {
        match self {
            Self::Sqlite => sqlite::transaction_control(tokens),
            Self::Postgres => postgres::transaction_control(tokens),
            Self::Mysql => mysql_facts::transaction_control(tokens),
        }
    }

    /// Returns the words of a statement that is refused, or does nothing, inside a transaction.
    ///
    /// `PRAGMA foreign_keys` is left to [`unsafe_rebuilds`](Self::unsafe_rebuilds). MySQL has no
    /// such statement: there, DDL ends the transaction.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// let split = Dialect::Postgres.split("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)")?;
    /// let words = Dialect::Postgres.needs_no_transaction(split.tokens_of(0));
    /// assert_eq!(words, Some("CREATE INDEX CONCURRENTLY"));
    /// # Ok::<(), revchain_core::LexError>(())
    /// ```
    #[must_use]
    pub fn needs_no_transaction(self, tokens: &[Token<'_>]) -> Option<&'static str> {
        match self {
            Self::Sqlite => sqlite::needs_no_transaction(tokens),
            Self::Postgres => postgres::needs_no_transaction(tokens),
            Self::Mysql => None,
        }
    }

    /// Returns the statements of a section that rebuild a SQLite table, or want to switch
    /// foreign keys; other dialects have none.
    ///
    /// A rebuild is a table that is dropped, under its own name or one it was renamed to, while
    /// in the same section its name is given up and taken again, by `CREATE TABLE` or by a
    /// rename. Children refer to a table by its name, so dropping it deletes their rows by
    /// cascade. Safe, and not reported:
    ///
    /// * a table dropped for good: the author means its rows;
    /// * a table that the section itself created under a name that was free before;
    /// * temporary and virtual tables, which cannot be referenced;
    /// * `CREATE TABLE IF NOT EXISTS t` before the drop: the name was not given up.
    ///
    /// ```
    /// use revchain_core::{Dialect, UnsafeRebuildKind};
    ///
    /// let split = Dialect::Sqlite.split(
    ///     "CREATE TABLE new (a); INSERT INTO new SELECT a FROM t;
    ///      DROP TABLE t; ALTER TABLE new RENAME TO t;",
    /// )?;
    /// let found = Dialect::Sqlite.unsafe_rebuilds(&split);
    /// assert_eq!(found[0].statement, 2);
    /// assert_eq!(found[0].kind, UnsafeRebuildKind::Rebuild { table: "t".into() });
    /// # Ok::<(), revchain_core::LexError>(())
    /// ```
    #[must_use]
    pub fn unsafe_rebuilds(self, split: &Split<'_>) -> Vec<UnsafeRebuild> {
        match self {
            Self::Sqlite => rebuild::unsafe_rebuilds(split),
            Self::Postgres | Self::Mysql => Vec::new(),
        }
    }

    /// Tells whether the statement changes the state of its connection, so that a run which is
    /// resumed on another one has to execute it again: SQLite's `PRAGMA`, `ATTACH`, `DETACH`,
    /// PostgreSQL's `SET` and `set_config`, MySQL's `SET`, `USE` and `PREPARE`.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// let split = Dialect::Sqlite.split("ATTACH 'old.db' AS old; DROP TABLE t")?;
    /// assert!(Dialect::Sqlite.sets_up_connection(split.tokens_of(0)));
    /// assert!(!Dialect::Sqlite.sets_up_connection(split.tokens_of(1)));
    ///
    /// let split = Dialect::Postgres.split("SET search_path = shop; UPDATE t SET n = 1")?;
    /// assert!(Dialect::Postgres.sets_up_connection(split.tokens_of(0)));
    /// assert!(!Dialect::Postgres.sets_up_connection(split.tokens_of(1)));
    /// # Ok::<(), revchain_core::LexError>(())
    /// ```
    #[must_use]
    pub fn sets_up_connection(self, tokens: &[Token<'_>]) -> bool {
        let begins = |words| tokens.first().is_some_and(|token| token.is_any(words));
        match self {
            Self::Sqlite => begins(&["pragma", "attach", "detach"]),
            Self::Postgres => postgres::sets_up_connection(tokens),
            Self::Mysql => mysql_facts::sets_up_connection(tokens),
        }
    }

    /// Tells whether the statement ends the open transaction by itself, and cannot be rolled back: DDL does on MySQL. So
    /// does what may hold such a statement, as `CALL`.
    ///
    /// A section with one of these is journaled: its statements and its ledger row cannot commit together.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// let split = Dialect::Mysql.split("CREATE TABLE t (n int); INSERT INTO t VALUES (1)")?;
    /// assert!(Dialect::Mysql.commits_by_itself(split.tokens_of(0)));
    /// assert!(!Dialect::Mysql.commits_by_itself(split.tokens_of(1)));
    /// assert!(!Dialect::Postgres.commits_by_itself(split.tokens_of(0)));
    /// # Ok::<(), revchain_core::LexError>(())
    /// ```
    #[must_use]
    pub fn commits_by_itself(self, tokens: &[Token<'_>]) -> bool {
        self == Self::Mysql && mysql_facts::commits_by_itself(tokens)
    }

    /// Returns the settings of its session that a `SET` of MySQL names, in lower case.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// let split = Dialect::Mysql.split("SET @a = 1, SESSION sql_mode = '', GLOBAL max_connections = 9")?;
    /// assert_eq!(Dialect::Mysql.session_settings(split.tokens_of(0)), ["sql_mode"]);
    /// # Ok::<(), revchain_core::LexError>(())
    /// ```
    #[must_use]
    pub fn session_settings(self, tokens: &[Token<'_>]) -> Vec<String> {
        if self == Self::Mysql { mysql_facts::session_settings(tokens) } else { Vec::new() }
    }

    /// Tells whether the statement may change settings of its session that outlive it, also where
    /// nobody can see it: a `DO` block or a procedure can.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// let split = Dialect::Postgres.split("DO $$ … $$; CREATE TABLE t (n int)")?;
    /// assert!(Dialect::Postgres.may_change_session(split.tokens_of(0)));
    /// assert!(!Dialect::Postgres.may_change_session(split.tokens_of(1)));
    /// # Ok::<(), revchain_core::LexError>(())
    /// ```
    #[must_use]
    pub fn may_change_session(self, tokens: &[Token<'_>]) -> bool {
        let calls = || tokens.first().is_some_and(|token| token.is_any(&["do", "call", "select"]));
        match self {
            Self::Sqlite => self.sets_up_connection(tokens),
            Self::Postgres => self.sets_up_connection(tokens) || calls(),
            Self::Mysql => mysql_facts::may_change_session(tokens),
        }
    }

    /// Returns what a statement does that makes or drops an index while others write, and may leave
    /// it half made; PostgreSQL alone has such.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// let split = Dialect::Postgres.split("CREATE INDEX CONCURRENTLY i ON shop.t (a)")?;
    /// let index = Dialect::Postgres.concurrent_index(split.tokens_of(0)).unwrap();
    /// assert!(index.creates);
    /// assert_eq!(index.name, "shop.i");
    /// # Ok::<(), revchain_core::LexError>(())
    /// ```
    #[must_use]
    pub fn concurrent_index(self, tokens: &[Token<'_>]) -> Option<ConcurrentIndex> {
        (self == Self::Postgres).then(|| postgres::concurrent_index(tokens)).flatten()
    }

    /// Tells whether a database's code for an error says that another session is in the way: the
    /// same may succeed when it is tried again.
    ///
    /// ```
    /// use revchain_core::Dialect;
    ///
    /// assert!(Dialect::Postgres.is_busy("55P03"), "lock_not_available");
    /// assert!(!Dialect::Postgres.is_busy("42P01"), "undefined_table");
    /// ```
    #[must_use]
    #[inline]
    pub fn is_busy(self, code: &str) -> bool {
        match self {
            // SQLite, "Result and Error Codes": the first byte is the primary code.
            Self::Sqlite => code.parse().is_ok_and(|code: i32| matches!(code & 0xff, 5 | 6)),
            // PostgreSQL, appendix A: lock_not_available, deadlock_detected, serialization_failure.
            Self::Postgres => matches!(code, "55P03" | "40P01" | "40001"),
            // ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK.
            Self::Mysql => matches!(code, "1205" | "1213"),
        }
    }
}

/// An index that is made or dropped while others write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcurrentIndex {
    /// Whether it is made.
    pub creates: bool,
    /// Its name as SQL, with its schema where the statement says which.
    pub name: String,
}

/// Reads the words of a statement one after another.
#[derive(Clone, Copy)]
pub(super) struct Words<'a, 't> {
    tokens: &'a [Token<'t>],
}

impl<'a, 't> Words<'a, 't> {
    pub(super) const fn new(tokens: &'a [Token<'t>]) -> Self {
        Self { tokens }
    }

    pub(super) fn pop(&mut self) -> Option<&'a Token<'t>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// Skips all `words` if they come next, in this order.
    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        let mut at = 0;
        while at < words.len() {
            if at == self.tokens.len() || !self.tokens[at].is_word(words[at]) {
                return false;
            }
            at += 1;
        }
        self.tokens = &self.tokens[at..];
        true
    }

    /// Skips one of `words` if it comes next.
    pub(super) fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(&[word]))
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.tokens.first().is_some_and(|token| token.is_sign(sign));
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    /// Skips one of the variables `names` if it comes next.
    pub(super) fn take_parameter(&mut self, names: &[&str]) -> bool {
        let found = self.tokens.first().is_some_and(|token| {
            token.kind == TokenKind::Parameter
                && names.iter().any(|name| token.text.eq_ignore_ascii_case(name))
        });
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    pub(super) fn contains(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| token.is_word(word))
    }

    /// Tells whether the statement ends here.
    pub(super) fn is_at_end(&self) -> bool {
        self.tokens.iter().all(|token| token.kind == TokenKind::Semicolon)
    }

    pub(super) const fn rest(&self) -> &'a [Token<'t>] {
        self.tokens
    }
}

/// Tells whether a `ROLLBACK` goes back to a savepoint only; the words stand behind `ROLLBACK`.
pub(super) fn is_to_savepoint(mut words: Words<'_, '_>) -> bool {
    words.take_any(&["work", "transaction"]);
    words.take(&["to"])
}
