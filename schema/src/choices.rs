//! What a person decided, because no catalog can tell it.

use crate::{Kind, Plan};

/// What a person decided about a plan: nothing of it is ever guessed.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// What is a rename, once: from `--rename` or a question that was answered.
    pub renames: Vec<Rename>,
    /// What is called otherwise than before: from `-- @renamed from=…` or `was = "…"`, which stay when it is done.
    pub noted: Vec<Rename>,
    /// What is dropped although something new could be its rename: `users.name`.
    pub drops: Vec<String>,
    /// Whether this is a way back: what has the former name of something else came with the upgrade, and goes.
    pub back: bool,
    /// Values for rows that are there, as SQL: `users.age` and `0`.
    pub backfills: Vec<(String, String)>,
    /// PostgreSQL: indexes of tables that exist are built concurrently, in parts of their own.
    pub concurrently: bool,
    /// PostgreSQL: constraints on tables that exist are added NOT VALID, then validated.
    pub online: bool,
}

impl Choices {
    /// Returns what holds in the other direction: each of its [`renames`](Self::renames) goes back.
    ///
    /// ```
    /// use revchain_schema::{Choices, Kind, Rename};
    ///
    /// let rename = |kind, table: Option<&str>, old: &str, new: &str| Rename {
    ///     kind,
    ///     table: table.map(Into::into),
    ///     old: old.into(),
    ///     new: new.into(),
    /// };
    /// let choices = Choices {
    ///     renames: vec![
    ///         rename(Kind::Table, None, "people", "users"),
    ///         rename(Kind::Column, Some("users"), "name", "full_name"),
    ///     ],
    ///     ..Choices::default()
    /// };
    /// assert_eq!(
    ///     choices.reversed().renames,
    ///     [
    ///         rename(Kind::Table, None, "users", "people"),
    ///         rename(Kind::Column, Some("people"), "full_name", "name"),
    ///     ]
    /// );
    /// ```
    #[must_use]
    pub fn reversed(&self) -> Self {
        let before = |table: &String| {
            let is = |rename: &&Rename| rename.kind == Kind::Table && rename.new == *table;
            self.renames.iter().find(is).map_or(table, |rename| &rename.old).clone()
        };
        let reversed = |rename: &Rename| rename.reversed(rename.table.as_ref().map(before));
        Self {
            renames: self.renames.iter().map(reversed).collect(),
            noted: Vec::new(),
            back: true,
            drops: Vec::new(),
            backfills: self.backfills.clone(),
            concurrently: self.concurrently,
            online: self.online,
        }
    }

    /// Returns what holds for the downgrade of a plan: the renames that it used go back, and no other.
    #[must_use]
    pub fn back(&self, upgrade: &Plan) -> Self {
        Self { renames: upgrade.renames.clone(), ..self.clone() }.reversed()
    }

    /// Returns the value that rows take for a column, as SQL.
    pub(crate) fn backfill(&self, table: &str, column: &str) -> Option<&str> {
        let path = format!("{table}.{column}");
        let found = self.backfills.iter().find(|(name, _)| name.eq_ignore_ascii_case(&path));
        found.map(|(_, value)| &**value)
    }
}

/// A thing that keeps its rows under another name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rename {
    /// A table, column, index, constraint, view, enum and so on.
    pub kind: Kind,
    /// The table that it is part of, as it is called afterwards; none for what stands alone.
    pub table: Option<String>,
    /// Its name before.
    pub old: String,
    /// Its name afterwards.
    pub new: String,
}

impl Rename {
    /// Returns the same rename in the other direction, for the downgrade; `table` is what the table is called before.
    #[must_use]
    pub fn reversed(&self, table: Option<String>) -> Self {
        Self { kind: self.kind, table, old: self.new.clone(), new: self.old.clone() }
    }
}
