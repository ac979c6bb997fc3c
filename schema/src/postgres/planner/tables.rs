//! Tables: made, altered, attached, and made anew with their rows.

use std::collections::BTreeSet;

use super::super::catalog::{Body, Catalog, Column, Constraint, Object, Table};
use super::super::definition::{self, column, create_table, replica_identity};
use super::super::names::{literal, name_of, qualified, quote, with_suffix};
use super::columns::settings;
use super::fate::Fate;
use super::{Action, Planner, Step, side, spoken};
use crate::{Hazard, Key, Kind};

impl Planner<'_> {
    pub(super) fn make_table(&self, key: &Key, new: &Table) -> Vec<Action> {
        let mut actions = match self.fate(key) {
            Fate::Create => self.create_table(key, new),
            Fate::Recreate => {
                let mut actions = self.create_table(key, new);
                actions.extend(self.copy_rows(key));
                actions
            }
            _ => self.alter_options(key, new),
        };
        actions.extend(self.attach(key, new));
        actions.extend(self.flags(key, new));
        let fresh = matches!(self.fate(key), Fate::Create | Fate::Recreate);
        let about = self.about(key, fresh);
        if !about.is_empty() {
            actions.push(Action::new(&side(key, "about"), 5, about).after([key.clone()]));
        }
        actions
    }

    fn create_table(&self, key: &Key, new: &Table) -> Vec<Action> {
        let mut keys = vec![key.clone()];
        let mut about = Vec::new();
        let whole = self.made_as_partition(key, new);
        let mut lines = Vec::new();
        for (column_key, body) in self.to.columns(key) {
            keys.push(column_key.clone());
            let from_parent = body.inherited && !body.local && new.bound.is_none();
            if whole {
                lines.extend(self.partition_line(column_key, body, new));
            } else if new.of_type.is_none() && !from_parent {
                lines.push(match self.serial(column_key) {
                    Some((sequence, word)) => {
                        keys.push(sequence);
                        format!("{} {word}", quote(&column_key.name))
                    }
                    None => column(column_key, body),
                });
            } else {
                about.extend(self.child_column(column_key, body, new));
            }
            let prefix =
                format!("ALTER TABLE {} ALTER COLUMN {}", name_of(key), quote(&column_key.name));
            about.extend(settings(&prefix, None, body));
            about.extend(self.about(column_key, true));
        }
        for (constraint_key, body) in self.inline(key, new) {
            lines.push(definition::constraint(constraint_key, body));
            keys.push(constraint_key.clone());
            about.extend(self.about(constraint_key, true));
        }
        if new.bound.is_some() && !whole {
            lines.extend(self.checks_of_parents(new));
        }
        let mut sql = match (&new.bound, new.parents.first()) {
            (Some(bound), Some(parent)) if whole => {
                self.create_partition(key, new, parent, bound, &lines)
            }
            _ => create_table(key, new, &lines),
        };
        if new.bound.is_none() && !new.parents.is_empty() {
            let parents: Vec<_> = new.parents.iter().map(name_of).collect();
            let inherits = format!(" INHERITS ({})", parents.join(", "));
            let at = sql.find(" WITH (").unwrap_or(sql.len());
            sql.insert_str(at, &inherits);
        }
        let mut steps = vec![Step::new(sql)];
        steps.extend(about);
        // What it has of its own, and of a parent too, is as the parent is to have it.
        let of_parents = new.parents.iter().flat_map(|parent| self.to.columns(parent));
        let after = of_parents.map(|(key, _)| key).chain(&new.parents).cloned();
        let mut action = Action::new(key, 4, steps).after(after);
        action.keys = keys;
        if whole {
            action.keys.push(side(key, "attach"));
        }
        vec![action]
    }

    fn create_partition(
        &self,
        key: &Key,
        new: &Table,
        parent: &Key,
        bound: &str,
        lines: &[String],
    ) -> String {
        let inside = if lines.is_empty() {
            String::new()
        } else {
            format!(" (\n    {}\n)", lines.join(",\n    "))
        };
        let by =
            new.partition_by.as_ref().map(|by| format!(" PARTITION BY {by}")).unwrap_or_default();
        let options =
            new.options.as_ref().map(|options| format!(" WITH ({options})")).unwrap_or_default();
        let unlogged = if new.unlogged { "UNLOGGED " } else { "" };
        format!(
            "CREATE {unlogged}TABLE {} PARTITION OF {}{inside} {bound}{by}{options}",
            name_of(key),
            name_of(parent)
        )
    }

    /// A partition is made as one unless its table has indexes already: their names on it would be PostgreSQL's choice.
    fn made_as_partition(&self, key: &Key, new: &Table) -> bool {
        let Some(parent) =
            new.parents.first().filter(|_| new.bound.is_some() && new.server.is_none())
        else {
            return false;
        };
        let copied = self.fate(key) == Fate::Recreate || self.default_beside(key).is_some();
        let indexed = self.from.parts(parent).any(|(part, object)| {
            matches!(object.body, Body::Index(_)) || matches!(&object.body, Body::Constraint(body) if matches!(body.kind, 'p' | 'u' | 'x')) && part.table.is_some()
        });
        let parent_is_new = matches!(self.fate(parent), Fate::Create | Fate::Recreate);
        !copied && (parent_is_new || !indexed)
    }

    /// What a partition's column has that its table's has not.
    fn partition_line(&self, key: &Key, body: &Column, new: &Table) -> Option<String> {
        let parent = new.parents.first()?;
        let parent =
            Key { table: Some(parent.name.clone()), schema: parent.schema.clone(), ..key.clone() };
        let above = self.to.column(&parent)?;
        let mut line = String::new();
        if let Some(default) =
            body.default.as_ref().filter(|_| body.default != above.default && !body.generated)
        {
            line += &format!(" DEFAULT {default}");
        }
        if body.not_null && !above.not_null {
            line += " NOT NULL";
        }
        (!line.is_empty()).then(|| format!("{}{line}", quote(&key.name)))
    }

    /// What a child's column has that its parent's has not.
    fn child_column(&self, key: &Key, body: &Column, new: &Table) -> Vec<Step> {
        let above = new.parents.iter().find_map(|parent| {
            self.to.column(&Key {
                table: Some(parent.name.clone()),
                schema: parent.schema.clone(),
                ..key.clone()
            })
        });
        let prefix = format!(
            "ALTER TABLE {} ALTER COLUMN {}",
            super::super::names::table_of(key),
            quote(&key.name)
        );
        let mut steps = Vec::new();
        if body.not_null && above.is_none_or(|above| !above.not_null) {
            steps.push(Step::new(format!("{prefix} SET NOT NULL")));
        }
        if let Some(default) = body
            .default
            .as_ref()
            .filter(|_| above.is_some_and(|above| above.default != body.default))
        {
            steps.push(Step::new(format!("{prefix} SET DEFAULT {default}")));
        }
        steps
    }

    /// Returns the constraints that stand in `CREATE TABLE`.
    pub(super) fn inline(&self, table: &Key, new: &Table) -> Vec<(&Key, &Constraint)> {
        let part_of_partitioning = new.partition_by.is_some() || new.bound.is_some();
        let mut inline: Vec<_> = self
            .to
            .parts(table)
            .filter_map(|(key, object)| match &object.body {
                Body::Constraint(body) => Some((key, body)),
                _ => None,
            })
            .filter(|(key, body)| {
                let indexed = matches!(body.kind, 'p' | 'u' | 'x');
                body.kind != 'f'
                    && body.validated
                    && body.local
                    && !body.clustered
                    && !(indexed && part_of_partitioning)
                    && !self.waits_for_table(key, table)
            })
            .collect();
        inline.sort_by_key(|(key, body)| ("puxc".find(body.kind), key.name.clone()));
        inline
    }

    /// Whether a constraint needs a function that needs the table.
    fn waits_for_table(&self, key: &Key, table: &Key) -> bool {
        let needs = self.to.needs.get(key).into_iter().flatten();
        needs.filter(|need| need.kind == Kind::Function).any(|function| {
            self.to.needs.get(function).is_some_and(|needs| {
                needs.iter().any(|need| {
                    need == table
                        || (need.table.as_ref() == Some(&table.name) && need.schema == table.schema)
                })
            })
        })
    }

    /// A table can only be attached if it has the checks of its parent.
    fn checks_of_parents(&self, new: &Table) -> Vec<String> {
        let above = new.parents.iter().flat_map(|parent| self.to.lineage(parent));
        let checks = above.collect::<BTreeSet<_>>().into_iter();
        checks
            .flat_map(|parent| self.to.parts(&parent))
            .filter_map(|(key, object)| match &object.body {
                Body::Constraint(body)
                    if body.kind == 'c' && !body.definition.ends_with(" NO INHERIT") =>
                {
                    Some(definition::constraint(key, body))
                }
                _ => None,
            })
            .collect()
    }

    fn attach(&self, key: &Key, new: &Table) -> Vec<Action> {
        let fate = self.fate(key);
        let old = self.old(key).and_then(|object| match &object.body {
            Body::Table(table) => Some(table),
            _ => None,
        });
        let mut actions = Vec::new();
        if new.bound.is_some() {
            let Some(parent) = new.parents.first() else { return actions };
            let stays = old.is_some_and(|old| old.parents == new.parents && old.bound == new.bound);
            let kept = matches!(fate, Fate::Same | Fate::Alter)
                && stays
                && self.fate(parent) != Fate::Recreate;
            if kept
                || (matches!(fate, Fate::Create | Fate::Recreate)
                    && self.made_as_partition(key, new))
            {
                return actions;
            }
            let bound = new.bound.as_deref().unwrap_or_default();
            let mut step = Step::new(format!(
                "ALTER TABLE {} ATTACH PARTITION {} {bound}",
                name_of(parent),
                name_of(key)
            ));
            if fate != Fate::Create {
                let reason = format!("rows of `{}` that are not {bound} stop it", spoken(key));
                step = step.refused(reason, format!("SELECT count(*) FROM {}", name_of(key)));
            }
            // Indexes that are there are attached with their table.
            let parts = self
                .to
                .parts(key)
                .filter(|(_, object)| self.attaches_with_table(object))
                .map(|(key, _)| key.clone());
            let columns = self.to.columns(key).into_iter().map(|(key, _)| key.clone());
            // What comes to its parent has the columns that it is to have, and waits for them.
            let is_new = matches!(fate, Fate::Create | Fate::Recreate)
                || old.is_none_or(|old| old.parents != new.parents);
            let of_parent = self.to.columns(parent).into_iter().filter(|_| is_new);
            let columns = columns.chain(of_parent.map(|(key, _)| key.clone()));
            // Its own partitions come before, with their indexes: those of the table are valid only then.
            let below = self.to.children(key).flat_map(|child| {
                let parts = self.to.parts(child).map(|(part, _)| part);
                std::iter::once(child).chain(parts).map(|key| side(key, "attach"))
            });
            let all = [key.clone(), parent.clone()].into_iter();
            let after = all.chain(parts).chain(columns).chain(below);
            let mut steps = Vec::new();
            if fate != Fate::Create {
                steps.extend(self.missing_checks(key, new));
            }
            steps.extend(self.take_from_default(key, new));
            steps.push(step);
            actions.push(Action::new(&side(key, "attach"), 5, steps).after(after));
        } else if let Some(old) = old.filter(|_| matches!(fate, Fate::Alter)) {
            let gained = new.parents.iter().filter(|parent| !old.parents.contains(parent));
            let steps: Vec<_> = gained
                .map(|parent| {
                    Step::new(format!("ALTER TABLE {} INHERIT {}", name_of(key), name_of(parent)))
                })
                .collect();
            if !steps.is_empty() {
                let of_parents = new.parents.iter().flat_map(|parent| self.to.columns(parent));
                let columns = self.to.columns(key).into_iter().chain(of_parents);
                let columns = columns.map(|(key, _)| key.clone());
                let after = new.parents.iter().cloned().chain([key.clone()]).chain(columns);
                actions.push(Action::new(&side(key, "attach"), 5, steps).after(after));
            }
        }
        actions
    }

    /// Returns the partition for all other rows, if it was there and stays: it may have some that another is to take.
    fn default_beside(&self, key: &Key) -> Option<&Key> {
        let parent = self.to.table(key)?.parents.first()?;
        let is_default = |child: &&Key| {
            let of = |catalog: &Catalog| {
                catalog.table(child).is_some_and(|table| {
                    table.bound.as_deref() == Some("DEFAULT")
                        && table.parents.first() == Some(parent)
                })
            };
            *child != key && of(self.from) && of(self.to) && self.fate(child) != Fate::Recreate
        };
        self.to.children(parent).find(is_default).filter(|_| self.fate(parent) != Fate::Recreate)
    }

    /// The rows that a new partition takes stand in that for all others.
    fn take_from_default(&self, key: &Key, new: &Table) -> Vec<Step> {
        let (Some(default), Some(taken)) = (self.default_beside(key), &new.taken) else {
            return Vec::new();
        };
        let columns = self.to.columns(key).into_iter().filter(|(_, column)| !column.generated);
        let names: Vec<_> = columns.map(|(column, _)| quote(&column.name)).collect();
        let (names, from) = (names.join(", "), name_of(default));
        let reason = format!("rows that refer to rows of `{}` stop it", spoken(default));
        let count = format!("SELECT count(*) FROM {from} WHERE {taken}");
        vec![
            Step::new(format!(
                "INSERT INTO {} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {from} WHERE {taken}",
                name_of(key)
            )),
            Step::new(format!("DELETE FROM {from} WHERE {taken}")).refused(reason, count),
        ]
    }

    /// Whether the index that this is, or has, is attached when its table is: its parent is there already.
    pub(super) fn attaches_with_table(&self, object: &Object) -> bool {
        let parent = match &object.body {
            Body::Index(body) => body.parent.as_ref(),
            Body::Constraint(body) => body.parent.as_ref(),
            _ => None,
        };
        parent.is_some_and(|parent| matches!(self.fate(parent), Fate::Same | Fate::Alter))
    }

    /// The checks that a table must have to be attached and does not have.
    fn missing_checks(&self, key: &Key, new: &Table) -> Vec<Step> {
        let mut steps = Vec::new();
        let above = new.parents.iter().flat_map(|parent| self.to.lineage(parent));
        let above: BTreeSet<Key> = above.collect();
        for (check, object) in above.iter().flat_map(|parent| self.to.parts(parent)) {
            let Body::Constraint(body) = &object.body else { continue };
            let own =
                Key { table: Some(key.name.clone()), schema: key.schema.clone(), ..check.clone() };
            let has = matches!(self.old(&own).map(|object| &object.body), Some(Body::Constraint(old)) if old.definition == body.definition);
            if body.kind == 'c' && !has && !body.definition.ends_with(" NO INHERIT") {
                steps.push(Step::new(format!(
                    "ALTER TABLE {} ADD {}",
                    name_of(key),
                    definition::constraint(check, body)
                )));
            }
        }
        steps
    }

    /// Whether a check of a table that is attached becomes its parent's.
    pub(super) fn merges_into_parent(&self, check: &Key) -> bool {
        let (Some(table), Some(old)) = (self.to.table(check), self.from.table(check)) else {
            return false;
        };
        let Some(Body::Constraint(own)) = self.old(check).map(|object| &object.body) else {
            return false;
        };
        let gained = table.parents.iter().filter(|parent| !old.parents.contains(parent));
        gained.flat_map(|parent| self.to.lineage(parent)).any(|parent| {
            let above = Key { table: Some(parent.name.clone()), schema: parent.schema.clone(), ..check.clone() };
            matches!(self.wanted(&above).map(|object| &object.body), Some(Body::Constraint(above)) if above.kind == 'c' && above.definition == own.definition)
        })
    }

    fn copy_rows(&self, key: &Key) -> Vec<Action> {
        let old_columns = self.from.columns(key);
        let mut names = Vec::new();
        let mut values = Vec::new();
        let mut sequences = Vec::new();
        for (column_key, new) in self.to.columns(key) {
            let old = old_columns
                .iter()
                .find(|(old, _)| old.name == column_key.name)
                .map(|(_, old)| *old);
            let Some(old) = old.filter(|_| !new.generated) else { continue };
            let name = quote(&column_key.name);
            let retyped = self.fates.retyped.contains(column_key);
            let cast = retyped.then(|| self.cast(&name, old, new)).flatten();
            values.push(cast.unwrap_or_else(|| name.clone()));
            names.push(name);
            if let Some(identity) = &new.identity {
                let sequence = qualified(column_key.schema.as_deref(), &identity.sequence);
                sequences.push(super::sequences::go_on(column_key, &sequence, &identity.shape));
            }
        }
        if names.is_empty() {
            return Vec::new();
        }
        let overriding = if sequences.is_empty() { "" } else { " OVERRIDING SYSTEM VALUE" };
        let aside = aside_name(key);
        let (names, values) = (names.join(", "), values.join(", "));
        let sql = format!(
            "INSERT INTO {} ({names}){overriding} SELECT {values} FROM {aside}",
            name_of(key)
        );
        let reason =
            format!("rows of `{}` for which the new table has no place stop it", spoken(key));
        let mut steps =
            vec![Step::new(sql).refused(reason, format!("SELECT count(*) FROM {}", name_of(key)))];
        steps.extend(sequences);
        let children =
            self.to.children(key).flat_map(|child| [child.clone(), side(child, "attach")]);
        let after: Vec<_> = std::iter::once(key.clone()).chain(children).collect();
        vec![Action::new(&side(key, "copy"), 7, steps).after(after)]
    }

    fn alter_options(&self, key: &Key, new: &Table) -> Vec<Action> {
        let Some(Body::Table(old)) = self.old(key).map(|object| &object.body) else {
            return Vec::new();
        };
        let mut steps = options(
            &format!("ALTER TABLE {}", name_of(key)),
            old.options.as_deref(),
            new.options.as_deref(),
        );
        if old.unlogged != new.unlogged {
            let logged = if new.unlogged { "UNLOGGED" } else { "LOGGED" };
            let step = Step::new(format!("ALTER TABLE {} SET {logged}", name_of(key)));
            steps.push(
                step.hazard(Hazard::AcquiresAccessExclusiveLock)
                    .hazard(Hazard::ImpactsDatabasePerformance),
            );
        }
        if steps.is_empty() { Vec::new() } else { vec![Action::new(key, 4, steps)] }
    }

    /// Row security and replica identity: when rows, indexes and policies are there.
    fn flags(&self, key: &Key, new: &Table) -> Vec<Action> {
        let fresh = matches!(self.fate(key), Fate::Create | Fate::Recreate);
        let old = self.old(key).filter(|_| !fresh).and_then(|object| match &object.body {
            Body::Table(table) => Some(table),
            _ => None,
        });
        let unseen = self.fate(key) == Fate::Create;
        let mut steps = Vec::new();
        let mut switch = |before: bool, after: bool, on: &str, off: &str| {
            if before != after {
                let sql = format!(
                    "ALTER TABLE {} {} ROW LEVEL SECURITY",
                    name_of(key),
                    if after { on } else { off }
                );
                steps.push(Step::new(sql).hazard_if(!unseen, Hazard::AuthzUpdate));
            }
        };
        switch(old.is_some_and(|old| old.row_security), new.row_security, "ENABLE", "DISABLE");
        switch(
            old.is_some_and(|old| old.force_row_security),
            new.force_row_security,
            "FORCE",
            "NO FORCE",
        );
        let before = old.map(replica_identity).unwrap_or_default();
        let index = new.replica_index.as_ref().map(|name| {
            let index = Key {
                kind: Kind::Index,
                table: Some(key.name.clone()),
                name: name.clone(),
                ..key.clone()
            };
            [Key { kind: Kind::Constraint, ..index.clone() }, index]
        });
        let index_is_new = index.as_ref().is_some_and(|keys| {
            keys.iter().any(|key| {
                self.wanted(key).is_some()
                    && matches!(self.fate(key), Fate::Create | Fate::Recreate)
            })
        });
        let after = replica_identity(new);
        if before != after || index_is_new {
            let after =
                if after.is_empty() { " REPLICA IDENTITY DEFAULT".to_owned() } else { after };
            let step = Step::new(format!("ALTER TABLE {}{after}", name_of(key)));
            steps.push(step.hazard_if(!unseen, Hazard::Correctness));
        }
        if steps.is_empty() {
            return Vec::new();
        }
        let policies = self
            .to
            .parts(key)
            .filter(|(key, _)| key.kind == Kind::Policy)
            .map(|(key, _)| key.clone());
        let after = [key.clone(), side(key, "copy")]
            .into_iter()
            .chain(index.into_iter().flatten())
            .chain(policies);
        vec![Action::new(&side(key, "flags"), 17, steps).after(after)]
    }
}

/// What a table is called until its rows are copied.
pub(super) fn aside_name(key: &Key) -> String {
    qualified(key.schema.as_deref(), &aside(key))
}

pub(super) fn aside(key: &Key) -> String {
    with_suffix(&key.name, "__old")
}

/// Writes what differs between two lists of storage parameters.
pub(super) fn options(prefix: &str, old: Option<&str>, new: Option<&str>) -> Vec<Step> {
    let split = |text: Option<&str>| -> Vec<(String, String)> {
        let pairs = text.unwrap_or_default().split("', ").filter(|pair| !pair.is_empty());
        pairs
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
            .collect()
    };
    let (old, new) = (split(old), split(new));
    let mut steps = Vec::new();
    let gone: Vec<_> = old
        .iter()
        .filter(|(name, _)| !new.iter().any(|(other, _)| other == name))
        .map(|(name, _)| name.clone())
        .collect();
    if !gone.is_empty() {
        steps.push(Step::new(format!("{prefix} RESET ({})", gone.join(", "))));
    }
    let set: Vec<_> = new
        .iter()
        .filter(|pair| !old.contains(pair))
        .map(|(name, value)| format!("{name}={}", literal(value)))
        .collect();
    if !set.is_empty() {
        steps.push(Step::new(format!("{prefix} SET ({})", set.join(", "))));
    }
    steps
}
