//! Columns and indexes of tables that are there.

use super::{History, Step};
use crate::columns::{self, Column, Kind, Origin};
use crate::tables::Table;

impl History {
    pub(super) fn add_nullable_column(&mut self) -> Option<Step> {
        let at = self.table(Table::has_id)?;
        let mut step = self.draw_column(at, Origin::AddedNullable)?;
        if self.random.chance(30)
            && let Some((update, _)) = self.backfill(at, self.tables[at].columns.len() - 1)
        {
            step.upgrade.push(update);
        }
        if self.random.chance(30)
            && let Some(second) = self.draw_column(at, Origin::AddedWithDefault)
        {
            step.upgrade.extend(second.upgrade);
            step.downgrade.splice(0..0, second.downgrade);
        }
        Some(step)
    }

    pub(super) fn add_reference(&mut self) -> Option<Step> {
        let at = self.table(Table::has_id)?;
        let columns = self.tables[at].columns.clone();
        let column = self.reference(&columns, false)?;
        let own_child = column.kind == Kind::Reference(self.tables[at].name.clone());
        if own_child {
            return None;
        }
        let mut step = self.add_column(at, column);
        if self.random.chance(50) {
            let column = self.tables[at].columns.len() - 1;
            let index = self.index(at, column, "", "");
            step.upgrade.push(index);
            let (name, _) = self.tables[at].indexes.last()?;
            step.downgrade.insert(0, format!("DROP INDEX {name}"));
        }
        Some(step)
    }

    pub(super) fn add_column_with_default(&mut self) -> Option<Step> {
        let at = self.table(Table::has_id)?;
        self.draw_column(at, Origin::AddedWithDefault)
    }

    pub(super) fn draw_column(&mut self, at: usize, origin: Origin) -> Option<Step> {
        let column = columns::draw(&mut self.random, &self.tables[at].columns, origin)?;
        Some(self.add_column(at, column))
    }

    pub(super) fn add_column(&mut self, at: usize, column: Column) -> Step {
        let table = &mut self.tables[at];
        let Column { name, definition, .. } = &column;
        let step = Step {
            message: format!("add {name} to {}", table.name),
            upgrade: vec![format!("ALTER TABLE {} ADD COLUMN {name} {definition}", table.name)],
            downgrade: vec![format!("ALTER TABLE {} DROP COLUMN {name}", table.name)],
        };
        table.add_column(column);
        step
    }

    pub(super) fn create_index(&mut self) -> Option<Step> {
        let at = self.table(|table| table.has_id() && table.columns.len() > 2)?;
        let table = &self.tables[at];
        let column = 1 + self.random.below(table.columns.len() - 1);
        let unique = table.columns[column].kind.is_unique() && self.random.chance(70);
        let partial =
            table.column(|column| matches!(column.kind, Kind::Flag) || column.name == "deleted_at");
        let condition = match partial {
            Some(column) if self.random.chance(40) => match column.kind {
                Kind::Flag => format!(" WHERE {} = 1", column.name),
                _ => format!(" WHERE {} IS NULL", column.name),
            },
            _ => String::new(),
        };
        let create = self.index(at, column, if unique { "UNIQUE " } else { "" }, &condition);
        let (name, _) = self.tables[at].indexes.last()?;
        Some(Step {
            message: format!(
                "index {} of {}",
                self.tables[at].columns[column].name, self.tables[at].name
            ),
            downgrade: vec![format!("DROP INDEX {name}")],
            upgrade: vec![create],
        })
    }

    pub(super) fn drop_index(&mut self) -> Option<Step> {
        let at = self.table(|table| !table.indexes.is_empty())?;
        let table = &mut self.tables[at];
        let (name, create) = table.indexes.remove(self.random.below(table.indexes.len()));
        Some(Step {
            message: format!("drop index {name}"),
            upgrade: vec![format!("DROP INDEX {name}")],
            downgrade: vec![create],
        })
    }

    pub(super) fn index_parent(&mut self, at: usize) -> Option<String> {
        let is_reference = |column: &Column| matches!(column.kind, Kind::Reference(_));
        let column = self.tables[at].columns.iter().rposition(is_reference)?;
        Some(self.index(at, column, "", ""))
    }

    pub(super) fn index(
        &mut self,
        at: usize,
        column: usize,
        unique: &str,
        condition: &str,
    ) -> String {
        let table = &self.tables[at].name;
        let column = &self.tables[at].columns[column];
        let name = format!("{table}_{}", column.name);
        let expression = match column.kind {
            Kind::Name if self.random.chance(20) => format!("lower({})", column.name),
            Kind::Time => format!("{} DESC", column.name),
            _ => column.name.clone(),
        };
        let name = self.unused(format!("{name}_idx"));
        let table = &mut self.tables[at];
        let create =
            format!("CREATE {unique}INDEX {name} ON {} ({expression}){condition}", table.name);
        table.indexes.push((name, create.clone()));
        create
    }
}
