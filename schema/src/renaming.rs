//! Renames that statements do themselves: `ALTER TABLE … RENAME …`.

use revchain_core::{Dialect, LexError, Token};

use crate::annotation::{bare, is_sign};
use crate::{Kind, Rename};

/// Reads which tables and columns the statements of a text rename.
///
/// A way back that is found by comparing schemas alone takes a rename for a drop and a new one: these keep the rows.
///
/// # Errors
///
/// The text cannot be split into statements.
///
/// ```
/// use revchain_core::Dialect;
/// use revchain_schema::{Kind, renames_by};
///
/// let text = "ALTER TABLE people RENAME TO users; ALTER TABLE users RENAME COLUMN \"full name\" TO name";
/// let renames = renames_by(Dialect::Sqlite, text)?;
/// let found: Vec<_> = renames.iter().map(|one| (one.kind, &*one.old, &*one.new)).collect();
/// assert_eq!(found, [(Kind::Table, "people", "users"), (Kind::Column, "full name", "name")]);
/// assert_eq!(renames[1].table.as_deref(), Some("users"));
/// # Ok::<(), revchain_core::LexError>(())
/// ```
pub fn renames_by(dialect: Dialect, text: &str) -> Result<Vec<Rename>, LexError> {
    let split = dialect.split(text)?;
    let mut renames: Vec<Rename> = Vec::new();
    for index in 0..split.statements.len() {
        let Some(rename) = rename(dialect, split.tokens_of(index)) else { continue };
        if rename.kind == Kind::Table {
            // A column is one of the table as it is called when all is done.
            let of_it = renames.iter_mut().filter(|one| one.table.as_ref() == Some(&rename.old));
            of_it.for_each(|one| one.table = Some(rename.new.clone()));
        }
        // What stepped aside, while others changed places, is renamed once.
        let before = renames.iter_mut().find(|one| {
            (one.kind, &one.table, &one.new) == (rename.kind, &rename.table, &rename.old)
        });
        match before {
            Some(before) => before.new = rename.new,
            None => renames.push(rename),
        }
    }
    renames.retain(|one| one.old != one.new);
    Ok(renames)
}

/// Reads `ALTER TABLE [IF EXISTS] [ONLY] name RENAME [COLUMN name | name] TO name`, and MySQL's `RENAME TABLE name TO name`
/// and `CHANGE [COLUMN] name name …`.
fn rename(dialect: Dialect, tokens: &[Token<'_>]) -> Option<Rename> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word));
    let name = |at: usize| {
        let token = tokens.get(at)?;
        let name = bare(token)?;
        let folded = dialect == Dialect::Postgres && name == token.text;
        Some(if folded { name.to_lowercase() } else { name })
    };
    let table_at = |mut at: usize| {
        let first = at;
        while tokens.get(at + 1).is_some_and(|token| is_sign(token, ".")) {
            at += 2;
        }
        // A schema that the search path does not name is part of the name.
        let schema =
            name(first).filter(|schema| first < at && !["public", "main"].contains(&&**schema));
        let table = name(at)?;
        Some((schema.map_or(table.clone(), |schema| format!("{schema}.{table}")), at + 1))
    };
    let of_table = |old: String, at: usize| {
        let new = name(at)?;
        let schema = old.rsplit_once('.').map(|(schema, _)| format!("{schema}.{new}"));
        Some(Rename { kind: Kind::Table, table: None, old, new: schema.unwrap_or(new) })
    };
    if is(0, "rename") && is(1, "table") {
        let (old, at) = table_at(2)?;
        return is(at, "to").then(|| of_table(old, at + 1))?;
    }
    (is(0, "alter") && is(1, "table")).then_some(())?;
    let mut at = 2;
    while ["if", "exists", "only"].iter().any(|word| is(at, word)) {
        at += 1;
    }
    let (table, at) = table_at(at)?;
    let of_column = |old: String, new: String| {
        Some(Rename { kind: Kind::Column, table: Some(table.clone()), old, new })
    };
    if dialect == Dialect::Mysql && is(at, "change") {
        let at = at + 1 + usize::from(is(at + 1, "column"));
        let (old, new) = (name(at)?, name(at + 1)?);
        return (old != new).then(|| of_column(old, new))?;
    }
    is(at, "rename").then_some(())?;
    if is(at + 1, "to") {
        return of_table(table.clone(), at + 2);
    }
    // `RENAME CONSTRAINT a TO b` has a word more than `RENAME a TO b`.
    let at = at + 1 + usize::from(is(at + 1, "column") && !is(at + 2, "to"));
    is(at + 1, "to").then(|| of_column(name(at)?, name(at + 2)?))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read_and_nothing_else() {
        let cases: [(Dialect, &str, Option<&str>); 13] = [
            (Dialect::Sqlite, "ALTER TABLE a RENAME TO b", Some("a -> b")),
            (Dialect::Sqlite, "alter table main.a rename to \"b b\"", Some("a -> b b")),
            (Dialect::Sqlite, "ALTER TABLE a RENAME x TO y", Some("a.x -> y")),
            (Dialect::Sqlite, "ALTER TABLE [a a] RENAME COLUMN x TO y", Some("a a.x -> y")),
            (Dialect::Sqlite, "ALTER TABLE a RENAME column TO y", Some("a.column -> y")),
            (Dialect::Postgres, "ALTER TABLE IF EXISTS ONLY A RENAME X TO \"Y\"", Some("a.x -> Y")),
            (Dialect::Postgres, "ALTER TABLE s.a RENAME TO b", Some("s.a -> s.b")),
            (Dialect::Postgres, "ALTER TABLE a RENAME CONSTRAINT x TO y", None),
            (Dialect::Postgres, "ALTER TABLE a ADD COLUMN rename text", None),
            (Dialect::Postgres, "ALTER INDEX a RENAME TO b", None),
            (Dialect::Mysql, "RENAME TABLE `a` TO `b`", Some("a -> b")),
            (Dialect::Mysql, "ALTER TABLE a CHANGE COLUMN x y int", Some("a.x -> y")),
            (Dialect::Mysql, "ALTER TABLE a CHANGE x x bigint", None),
        ];
        for (dialect, text, expected) in cases {
            let renames = renames_by(dialect, text).expect("a text that splits");
            let found = renames.first().map(|one| {
                let table = one.table.as_ref().map(|table| format!("{table}.")).unwrap_or_default();
                format!("{table}{} -> {}", one.old, one.new)
            });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn names_that_change_places_are_renamed_once() {
        let text = "ALTER TABLE a RENAME x TO z; ALTER TABLE a RENAME y TO x; ALTER TABLE a RENAME z TO y; \
                    ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; ALTER TABLE c RENAME TO b; \
                    ALTER TABLE d RENAME TO e; ALTER TABLE e RENAME TO d";
        let renames = renames_by(Dialect::Sqlite, text).expect("a text that splits");
        let found: Vec<String> =
            renames.iter().map(|one| format!("{:?} {} {}", one.table, one.old, one.new)).collect();
        assert_eq!(found, ["Some(\"b\") x y", "Some(\"b\") y x", "None a b", "None b a"]);
    }

    #[test]
    fn a_column_is_one_of_the_table_as_it_is_called_at_the_end() {
        let text = "ALTER TABLE a RENAME x TO y; ALTER TABLE a RENAME TO b";
        let renames = renames_by(Dialect::Sqlite, text).expect("a text that splits");
        assert_eq!(renames[0].table.as_deref(), Some("b"));
    }
}
