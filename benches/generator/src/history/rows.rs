//! Rows: inserted, changed, backfilled.

use super::{History, Step};
use crate::columns::{Column, Kind, STATUSES};

impl History {
    pub(super) fn insert_rows(&mut self) -> Option<Step> {
        let at = self.random.below(self.tables.len());
        if !self.can_insert(at) {
            return None;
        }
        let before = self.tables[at].rows.len();
        let mut upgrade = Vec::new();
        let statements = if self.random.chance(40) { 2 + self.random.below(3) } else { 1 };
        for _ in 0..statements {
            let count = if statements == 1 { 1 + self.random.below(16) } else { 1 };
            let (insert, inserted) = self.insert(at, count);
            if inserted > 0 {
                upgrade.push(insert);
            }
        }
        let table = &self.tables[at];
        if upgrade.is_empty() {
            return None;
        }
        Some(Step {
            message: format!("fill {}", table.name),
            upgrade,
            downgrade: vec![format!(
                "DELETE FROM {} WHERE {}",
                table.name,
                table.matching(&table.rows[before..])
            )],
        })
    }

    /// Whether each row that must exist for a row of this table does.
    pub(super) fn can_insert(&self, at: usize) -> bool {
        let table = &self.tables[at];
        table.rows.len() < 60
            && table.parents().all(|(column, parent)| {
                column.default.is_some() || !self.rows_of(parent).is_empty()
            })
    }

    /// Inserts up to `count` rows; returns the statement and how many they are.
    pub(super) fn insert(&mut self, at: usize, count: usize) -> (String, usize) {
        let columns = self.tables[at].columns.clone();
        let positions: Vec<_> = (0..columns.len())
            .filter(|position| columns[*position].default.is_none() || self.random.chance(60))
            .collect();
        let before = self.tables[at].rows.len();
        for _ in 0..count {
            let id = self.tables[at].rows.len() + 1;
            let mut row = Vec::new();
            for (position, column) in columns.iter().enumerate() {
                row.push(match (&column.default, &column.kind) {
                    (Some(default), _) if !positions.contains(&position) => default.clone(),
                    (_, Kind::Reference(parent)) => {
                        let parents = self.rows_of(parent).len();
                        let drawn = self.random.below(parents.max(1)) + 1;
                        if parents == 0 { "NULL".to_owned() } else { drawn.to_string() }
                    }
                    (_, kind) => kind.literal(&mut self.random, id),
                });
            }
            let table = &mut self.tables[at];
            if table.has_id() || !table.rows.contains(&row) {
                table.rows.push(row);
            }
        }
        let table = &self.tables[at];
        (table.insert(&positions, &table.rows[before..]), table.rows.len() - before)
    }

    pub(super) fn update_rows(&mut self) -> Option<Step> {
        let at = self.table(|table| table.has_id() && !table.rows.is_empty())?;
        let mut step = self.update(at)?;
        while self.random.chance(40) {
            let next = self.update(at)?;
            step.upgrade.extend(next.upgrade);
            step.downgrade.splice(0..0, next.downgrade);
        }
        Some(step)
    }

    pub(super) fn update(&mut self, at: usize) -> Option<Step> {
        let changeable = |column: &Column| {
            matches!(column.kind, Kind::Status | Kind::Flag | Kind::Count | Kind::Note)
        };
        let position = self.tables[at].columns.iter().rposition(changeable)?;
        let table = &self.tables[at];
        let column = &table.columns[position];
        let of_all = self.random.pick(&table.rows)[position].clone();
        let (value, condition) = match column.kind {
            Kind::Status => ((*self.random.pick(STATUSES)).to_owned(), Some(of_all)),
            Kind::Flag => (self.random.below(2).to_string(), Some(of_all)),
            _ => (column.kind.literal(&mut self.random, 0), None),
        };
        let one = self.random.pick(&table.rows)[0].clone();
        let affected: Vec<Vec<String>> = table
            .rows
            .iter()
            .filter(|row| match &condition {
                Some(old) => row[position] == *old,
                None => row[0] == one,
            })
            .cloned()
            .collect();
        let condition = match &condition {
            Some(old) if old == "NULL" => format!("{} IS NULL", column.name),
            Some(old) => format!("{} = {old}", column.name),
            None => format!("id = {one}"),
        };
        let step = Step {
            message: format!("correct {} of {}", column.name, table.name),
            upgrade: vec![format!(
                "UPDATE {} SET {} = {value} WHERE {condition}",
                table.name, column.name
            )],
            downgrade: vec![table.restore(position, &affected)],
        };
        for row in &mut self.tables[at].rows {
            if affected.contains(row) {
                row[position].clone_from(&value);
            }
        }
        Some(step)
    }

    pub(super) fn backfill_column(&mut self) -> Option<Step> {
        let at = self.table(|table| table.has_id() && !table.rows.is_empty())?;
        let table = &self.tables[at];
        let empty = |position: &usize| table.rows.iter().any(|row| row[*position] == "NULL");
        let position = (1..table.columns.len()).rev().find(empty)?;
        let message = format!("backfill {} of {}", table.columns[position].name, table.name);
        let (update, restore) = self.backfill(at, position)?;
        Some(Step { message, upgrade: vec![update], downgrade: vec![restore] })
    }

    /// Gives a value to each row that has none; returns the statement and the one that takes it
    /// back.
    pub(super) fn backfill(&mut self, at: usize, position: usize) -> Option<(String, String)> {
        let table = &mut self.tables[at];
        let column = &table.columns[position];
        let noun = table.name.chars().next()?;
        let (expression, value): (String, fn(char, &str) -> String) = match column.kind {
            Kind::Slug => (format!("'{noun}-' || id"), |noun, id| format!("'{noun}-{id}'")),
            Kind::Note => {
                (format!("'imported; {noun}' || id"), |noun, id| format!("'imported; {noun}{id}'"))
            }
            Kind::Count => ("id * 10".to_owned(), |_, id| format!("{id}0")),
            Kind::Flag => ("1".to_owned(), |_, _| "1".to_owned()),
            Kind::Status => ("'active'".to_owned(), |_, _| "'active'".to_owned()),
            _ => return None,
        };
        let name = column.name.clone();
        let affected: Vec<Vec<String>> =
            table.rows.iter().filter(|row| row[position] == "NULL").cloned().collect();
        if affected.is_empty() {
            return None;
        }
        let restore = table.restore(position, &affected);
        for row in &mut table.rows {
            if row[position] == "NULL" {
                row[position] = value(noun, &row[0]);
            }
        }
        let update =
            format!("UPDATE {} SET {name} = {expression} WHERE {name} IS NULL", table.name);
        Some((update, restore))
    }
}
