//! Values for rows that have none, before a column must have one.

use revchain_core::{Dialect, Token, TokenKind};

use super::alter::{Change, Clauses};
use super::table::{Column, Index, Table, names};
use super::{columns, folded, quoted};
use crate::annotation::{bare, is_sign};
use crate::{Refusal, Statement};

/// A column that takes a value where it has none.
struct Fill<'c> {
    column: &'c Column,
    /// What the column is called before.
    name: String,
    value: String,
}

/// Returns the statements that give rows their values, and leaves `old` as they leave the table.
pub(super) fn statements(change: &Change<'_>, old: &mut Table) -> Vec<Statement> {
    let mut first = Clauses::default();
    let mut fills = Vec::new();
    for column in change.new.columns.iter().filter(|column| column.generated.is_none()) {
        let Some(value) = value(change, column) else { continue };
        let before = old.column(&column.name).cloned();
        match before.filter(|before| !columns::is_remade(before, column)) {
            None => {
                // It comes without a condition, takes its values, and becomes what it is to be.
                if change.choices.backfill(&change.new.name, &column.name).is_none() {
                    continue;
                }
                drop_computed(old, &column.name, &mut first);
                let bare = column.nullable();
                first.say(format!("ADD COLUMN {}", bare.text()));
                fills.push(Fill { column, name: column.name.clone(), value });
                old.columns.push(bare);
            }
            Some(before) if !before.not_null && column.not_null => {
                let name = change.renames.column_before(&change.new.name, &column.name);
                let is_retyped = before.kind != column.kind;
                make_way(change, old, &column.name, is_retyped, &mut first);
                // A value of the new type need not be one of the old, a condition that goes may refuse it, and what is
                // computed takes none.
                let refuses = before.check.is_some() && before.check != column.check;
                if is_retyped || before.generated.is_some() || refuses {
                    let bare = column.nullable();
                    let named = Column { name: name.clone(), ..bare.clone() };
                    first.say(format!("MODIFY COLUMN {}", named.text()));
                    columns::retype(change, &before, &bare, &mut first);
                    let same = |one: &&mut Column| **one == before;
                    old.columns.iter_mut().filter(same).for_each(|one| one.clone_from(&bare));
                }
                fills.push(Fill { column, name, value });
            }
            Some(_) => {}
        }
    }
    let updates: Vec<Statement> = fills.iter().map(|fill| fill.statement(change, old)).collect();
    first.statement(&change.new.name).into_iter().chain(updates).collect()
}

/// Returns the value that rows take where a column has none, by the names that are there before; none if nobody named one.
pub(super) fn value(change: &Change<'_>, column: &Column) -> Option<String> {
    let table = &change.new.name;
    if let Some(value) = change.choices.backfill(table, &column.name) {
        return Some(value.to_owned());
    }
    let default = column.default.as_deref()?;
    let tokens = Dialect::Mysql.split(default).ok()?.tokens;
    let (mut value, mut at) = (String::new(), 0);
    for (place, token) in tokens.iter().enumerate() {
        let is_function = tokens.get(place + 1).is_some_and(|next| is_sign(next, "("));
        let name = bare(token).filter(|_| token.kind == TokenKind::Identifier && !is_function);
        if let Some(name) = name {
            // What comes with it has no value yet.
            change.old.column(&name)?;
            value.push_str(&default[at..token.start]);
            value.push_str(&quoted(&change.renames.column_before(table, &name)));
            at = token.end();
        }
    }
    value.push_str(&default[at..]);
    Some(value)
}

/// Tells whether a value names a column of the table, by the names that are there before.
pub(super) fn names_column(change: &Change<'_>, value: &str) -> bool {
    let columns = change.old.columns.iter();
    let columns: Vec<String> = columns
        .map(|column| folded(&change.renames.column_before(&change.new.name, &column.name)))
        .collect();
    let named = |token: &Token<'_>| {
        let can = matches!(token.kind, TokenKind::Word | TokenKind::Identifier);
        can && bare(token).is_some_and(|name| columns.contains(&folded(&name)))
    };
    Dialect::Mysql.split(value).is_ok_and(|split| split.tokens.iter().any(named))
}

impl Fill<'_> {
    /// Returns the statement, and what can refuse the same value in many rows.
    fn statement(&self, change: &Change<'_>, old: &Table) -> Statement {
        let (table, name) = (&change.new.name, quoted(&self.name));
        let mut sets = vec![format!("{name} = {}", self.value)];
        // What notes when its row was changed has nothing to note.
        for column in old.columns.iter().filter(|one| one.notes_updates) {
            let noting = quoted(&change.renames.column_before(table, &column.name));
            if noting != name {
                sets.push(format!("{noting} = {noting}"));
            }
        }
        let mut reasons = Vec::new();
        let is_unique = |index: &&Index| {
            index.is_unique() && index.columns().contains(&folded(&self.column.name))
        };
        reasons.extend(
            old.indexes
                .iter()
                .filter(is_unique)
                .map(|index| format!("`{table}` must be unique: {}", index.columns().join(", "))),
        );
        let own = old.column(&self.column.name).and_then(|column| column.check.clone());
        let others = old.checks.iter().filter(|check| names(&check.text, &self.name));
        let conditions = others.map(|check| check.text.clone()).chain(own);
        reasons.extend(conditions.map(|text| format!("`{table}` has the condition {text}")));
        let refusal = |reason| Refusal { reason, count: String::new() };
        Statement {
            sql: format!("UPDATE {} SET {} WHERE {name} IS NULL", quoted(table), sets.join(", ")),
            refused_by_rows: reasons.into_iter().map(refusal).collect(),
            ..Statement::default()
        }
    }
}

/// Drops what would refuse a value and goes anyway: conditions, that a column is unique, indexes that cannot have its new type.
fn make_way(
    change: &Change<'_>,
    old: &mut Table,
    column: &str,
    is_retyped: bool,
    clauses: &mut Clauses,
) {
    let name_before = |column: &str| change.renames.column_before(&change.new.name, column);
    old.checks.retain(|check| {
        let same = change.new.check(&check.name).is_some_and(|new| new.text == check.text);
        let stays = same || !names(&check.text, &name_before(column));
        if !stays {
            clauses.say(format!("DROP CONSTRAINT {}", quoted(&check.name)));
        }
        stays
    });
    old.indexes.retain_mut(|index| {
        let new = change.new.index(&index.name);
        let same = new.is_some_and(|new| new.definition() == index.definition());
        let goes = !same && index.columns().contains(&folded(column));
        if !goes || !is_retyped && !index.is_unique() {
            return true;
        }
        clauses.say(format!("DROP INDEX {}", quoted(&index.name)));
        if is_retyped {
            return false;
        }
        // A foreign key may need it as long as it is there.
        "KEY".clone_into(&mut index.kind);
        let mut named = index.clone();
        for column in named.parts.iter_mut().filter_map(|part| part.column.as_mut()) {
            *column = name_before(column);
        }
        clauses.say(format!("ADD {}", named.text()));
        true
    });
}

/// Drops a computed column that cannot stay, with its indexes; does nothing if there is none.
fn drop_computed(table: &mut Table, name: &str, clauses: &mut Clauses) {
    let is_it = |column: &Column| folded(&column.name) == folded(name);
    if !table.columns.iter().any(is_it) {
        return;
    }
    let (gone, stays): (Vec<Index>, Vec<Index>) = std::mem::take(&mut table.indexes)
        .into_iter()
        .partition(|index| index.columns().contains(&folded(name)));
    for index in gone {
        clauses.say(format!("DROP INDEX {}", quoted(&index.name)));
    }
    clauses.say(format!("DROP COLUMN {}", quoted(name)));
    table.indexes = stays;
    table.columns.retain(|column| !is_it(column));
}
