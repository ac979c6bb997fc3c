//! Tables: made and dropped.

use super::{History, Step};
use crate::columns::{self, Column, Kind, Origin};
use crate::tables::Table;

const NOUNS: &[&str] = &[
    "users",
    "teams",
    "trips",
    "places",
    "orders",
    "invoices",
    "payments",
    "products",
    "carts",
    "reviews",
    "comments",
    "messages",
    "channels",
    "events",
    "tickets",
    "projects",
    "tasks",
    "labels",
    "files",
    "folders",
    "devices",
    "sessions",
    "tokens",
    "roles",
    "grants",
    "plans",
    "coupons",
    "shipments",
    "carriers",
    "warehouses",
    "vendors",
    "contacts",
    "addresses",
    "notes",
    "reports",
    "alerts",
    "exports",
    "imports",
    "webhooks",
    "surveys",
];

const AREAS: &[&str] = &[
    "", "team_", "trip_", "order_", "billing_", "support_", "partner_", "catalog_", "audit_",
    "draft_", "mobile_", "legacy_",
];

impl History {
    pub(super) fn create_table(&mut self) -> Option<Step> {
        if self.random.chance(12) {
            return self.create_join_table();
        }
        Some(self.new_table())
    }

    pub(super) fn new_table(&mut self) -> Step {
        let noun = self.random.below(NOUNS.len());
        let area = self.random.below(1 + (self.tables.len() / 12).min(AREAS.len() - 1));
        let name = self.unused(format!("{}{}", AREAS[area], NOUNS[noun]));
        let id = Column {
            name: "id".to_owned(),
            kind: Kind::Id,
            definition: "INTEGER PRIMARY KEY".to_owned(),
            default: None,
        };
        let mut columns = vec![id];
        for _ in 0..self.random.below(3) {
            if let Some(column) = self.reference(&columns, true) {
                columns.push(column);
            }
        }
        for _ in 0..2 + self.random.below(5) {
            columns.extend(columns::draw(&mut self.random, &columns, Origin::Created));
        }
        columns.push(Column {
            name: "created_at".to_owned(),
            kind: Kind::Time,
            definition: "TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP".to_owned(),
            // Its default is the clock's, so every row names it.
            default: None,
        });
        self.finish_table(name, columns, "\n", ")")
    }

    /// A table that holds pairs of rows of two others.
    pub(super) fn create_join_table(&mut self) -> Option<Step> {
        let left = self.table(Table::has_id)?;
        let right = self.table(Table::has_id)?;
        if left == right {
            return None;
        }
        let [left, right] = [left, right].map(|at| self.tables[at].name.clone());
        let name = self.unused(format!("{left}_{right}"));
        let columns = [&left, &right].map(|table| Column {
            name: format!("{table}_id"),
            kind: Kind::Reference(table.clone()),
            definition: format!("INTEGER NOT NULL REFERENCES {table} (id) ON DELETE CASCADE"),
            default: None,
        });
        let options = if self.random.chance(50) { " WITHOUT ROWID" } else { "" };
        let tail = format!(",\n    PRIMARY KEY ({left}_id, {right}_id)\n){options}");
        Some(self.finish_table(name, columns.into(), "", &tail))
    }

    pub(super) fn finish_table(
        &mut self,
        name: String,
        columns: Vec<Column>,
        before_added: &str,
        tail: &str,
    ) -> Step {
        let lines: Vec<_> = columns
            .iter()
            .map(|column| format!("    {} {}", column.name, column.definition))
            .collect();
        let table = Table {
            head: format!("CREATE TABLE {name} (\n{}{before_added}", lines.join(",\n")),
            name: name.clone(),
            columns,
            added: Vec::new(),
            tail: tail.to_owned(),
            rows: Vec::new(),
            indexes: Vec::new(),
            triggers: Vec::new(),
        };
        let mut upgrade = vec![table.create()];
        self.tables.push(table);
        let at = self.tables.len() - 1;
        if self.random.chance(50)
            && let Some(index) = self.index_parent(at)
        {
            upgrade.push(index);
        }
        if self.random.chance(40) && self.can_insert(at) {
            let count = 2 + self.random.below(8);
            upgrade.push(self.insert(at, count).0);
        }
        let downgrade = vec![format!("DROP TABLE {name}")];
        Step { message: format!("create {name}"), upgrade, downgrade }
    }

    pub(super) fn drop_table(&mut self) -> Option<Step> {
        let at = self.table(|_| true)?;
        let name = self.tables[at].name.clone();
        let used = self.tables.iter().any(|table| table.references(&name))
            || self.views.iter().any(|view| view.tables.contains(&name));
        if used || self.tables.len() < 10 {
            return None;
        }
        let table = self.tables.remove(at);
        let mut downgrade = vec![table.create()];
        if !table.rows.is_empty() {
            downgrade.push(table.insert_all());
        }
        downgrade.extend(table.indexes.into_iter().map(|(_, create)| create));
        downgrade.extend(table.triggers);
        let upgrade = vec![format!("DROP TABLE {name}")];
        Some(Step { message: format!("drop {name}"), upgrade, downgrade })
    }

    /// Draws a column that refers to one of the tables.
    pub(super) fn reference(&mut self, taken: &[Column], created: bool) -> Option<Column> {
        let parent = self.table(Table::has_id)?;
        let parent = self.tables[parent].name.clone();
        let name = format!("{parent}_id");
        if taken.iter().any(|column| column.name == name) {
            return None;
        }
        let required = created && self.random.chance(50);
        let action = match (required, self.random.below(3)) {
            (_, 0) => "",
            (true, _) => " ON DELETE CASCADE",
            (false, _) => " ON DELETE SET NULL",
        };
        let not_null = if required { " NOT NULL" } else { "" };
        Some(Column {
            name,
            kind: Kind::Reference(parent.clone()),
            definition: format!("INTEGER{not_null} REFERENCES {parent} (id){action}"),
            default: (!required).then(|| "NULL".to_owned()),
        })
    }
}
