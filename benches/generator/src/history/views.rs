//! Views and triggers.

use super::{History, Step, View};
use crate::columns::Kind;
use crate::tables::Table;

impl History {
    pub(super) fn create_view(&mut self) -> Option<Step> {
        let at = self.table(|table| table.parents().next().is_some() && table.has_id())?;
        let table = self.tables[at].name.clone();
        let name = self.unused(format!("{table}_overview"));
        let (create, tables) = self.view(at, &name)?;
        self.views.push(View { name: name.clone(), create: create.clone(), tables });
        Some(Step {
            message: format!("create view {name}"),
            upgrade: vec![create],
            downgrade: vec![format!("DROP VIEW {name}")],
        })
    }

    /// The text of a view over a table and one that it refers to, and the names of both.
    pub(super) fn view(&mut self, at: usize, name: &str) -> Option<(String, Vec<String>)> {
        let table = &self.tables[at];
        let parents: Vec<_> = table.parents().collect();
        let (column, parent) = *self.random.pick(&parents);
        let shown = table.columns[1 + self.random.below(table.columns.len() - 1)].name.as_str();
        let create = format!(
            "CREATE VIEW {name} AS\nSELECT child.id, child.{shown}, count(parent.id) AS parents\n\
             FROM {} AS child\nLEFT JOIN {parent} AS parent ON parent.id = child.{}\n\
             GROUP BY child.id",
            table.name, column.name
        );
        Some((create, vec![table.name.clone(), parent.to_owned()]))
    }

    pub(super) fn replace_view(&mut self) -> Option<Step> {
        if self.views.is_empty() {
            return None;
        }
        let replaced = self.random.below(self.views.len());
        let table = self.views[replaced].tables[0].clone();
        let at = self.tables.iter().position(|candidate| candidate.name == table)?;
        let name = self.views[replaced].name.clone();
        let (create, tables) = self.view(at, &name)?;
        let view = &mut self.views[replaced];
        let before = std::mem::replace(&mut view.create, create.clone());
        view.tables = tables;
        let drop = format!("DROP VIEW {name}");
        Some(Step {
            message: format!("change view {name}"),
            upgrade: vec![drop.clone(), create],
            downgrade: vec![drop, before],
        })
    }

    /// A trigger that guards what the rows of this history never violate.
    pub(super) fn create_trigger(&mut self) -> Option<Step> {
        let has_count = |table: &Table| table.column(|c| c.kind == Kind::Count).is_some();
        let at = self.table(has_count)?;
        let name = self.unused(format!("{}_guard", self.tables[at].name));
        let corrects = self.random.chance(50);
        let table = &mut self.tables[at];
        let column = table.column(|column| column.kind == Kind::Count)?.name.clone();
        let create = if corrects {
            format!(
                "CREATE TRIGGER {name} AFTER INSERT ON {0} WHEN NEW.{column} < 0\nBEGIN\n    \
                 UPDATE {0} SET {column} = 0 WHERE id = NEW.id;\n    \
                 SELECT CASE WHEN NEW.id < 0 THEN RAISE(ABORT, 'no such id; begin at 1') END;\nEND",
                table.name
            )
        } else {
            format!(
                "CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON {}\nWHEN NEW.{column} < 0\n\
                 BEGIN\n    SELECT RAISE(ABORT, '{column} must not be negative');\nEND",
                table.name
            )
        };
        table.triggers.push(create.clone());
        Some(Step {
            message: format!("guard {column} of {}", table.name),
            upgrade: vec![create],
            downgrade: vec![format!("DROP TRIGGER {name}")],
        })
    }
}
