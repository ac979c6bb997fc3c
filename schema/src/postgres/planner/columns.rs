//! Columns of tables that stay.

use super::super::catalog::{Body, Column, Object, Shape, table_key};
use super::super::definition::{column, identity_clause};
use super::super::names::{literal, name_of, qualified, quote, table_of, with_suffix};
use super::casts::{loses, narrows, using_can_fail};
use super::fate::Fate;
use super::sequences::{alter, go_on};
use super::{Action, Planner, Step, spoken};
use crate::{Hazard, Key};

impl Planner<'_> {
    pub(super) fn make_column(&self, key: &Key, new: &Column) -> Vec<Action> {
        if self.table_is_new(key) {
            return Vec::new();
        }
        let fate = self.fate(key);
        let steps = match fate {
            Fate::Create | Fate::Recreate
                if new.inherited && !new.local && self.comes_with_parent(key) =>
            {
                Vec::new()
            }
            Fate::Create | Fate::Recreate => self.add_column(key, new),
            Fate::Alter => self.alter_column(key, new),
            _ => Vec::new(),
        };
        let mut action = Action::new(key, 6, steps).after(self.columns_above(key, new));
        if let Some((sequence, _)) = self.serial(key).filter(|_| fate == Fate::Create) {
            action.keys.push(sequence);
        }
        action.steps.extend(self.about(key, matches!(fate, Fate::Create | Fate::Recreate)));
        if action.steps.is_empty() { Vec::new() } else { vec![action] }
    }

    /// Returns the columns of parents from which it takes what becomes of them.
    fn columns_above(&self, key: &Key, new: &Column) -> Vec<Key> {
        let table = table_key(key);
        let parents = self.to.table(key).map(|table| table.parents.as_slice()).unwrap_or_default();
        let stays = new.inherited && self.lost_parents(&table).is_empty();
        let above = |parent: &Key| Key {
            schema: parent.schema.clone(),
            table: Some(parent.name.clone()),
            ..key.clone()
        };
        parents.iter().filter(|_| stays).map(above).collect()
    }

    fn add_column(&self, key: &Key, new: &Column) -> Vec<Step> {
        let table = self.alter_table(key);
        if let Some((_, word)) = self.serial(key) {
            return vec![Step::new(format!("{table} ADD COLUMN {} {word}", quote(&key.name)))];
        }
        let filled =
            new.default.is_some() || new.identity.is_some() || !new.not_null || new.generated;
        let mut steps = Vec::new();
        if let (false, Some(value)) = (filled, self.backfill(key)) {
            let filled = Column { default: Some(value.to_owned()), ..new.clone() };
            steps.push(Step::new(format!("{table} ADD COLUMN {}", column(key, &filled))));
            steps
                .push(Step::new(format!("{table} ALTER COLUMN {} DROP DEFAULT", quote(&key.name))));
        } else {
            let mut step = Step::new(format!("{table} ADD COLUMN {}", column(key, new)))
                .hazard_if(new.generated, Hazard::AcquiresAccessExclusiveLock);
            if !filled {
                let reason = format!(
                    "rows have no value for `{0}`: give it a default, or `--backfill {0}=…`",
                    spoken(key)
                );
                step = step.refused(reason, format!("SELECT count(*) FROM {}", table_of(key)));
            } else if new.generated {
                let reason = format!("rows for which `{}` cannot be computed stop it", spoken(key));
                step = step.refused(reason, format!("SELECT count(*) FROM {}", table_of(key)));
            }
            steps.push(step);
        }
        steps.extend(settings(&format!("{table} ALTER COLUMN {}", quote(&key.name)), None, new));
        steps
    }

    /// Returns `ALTER TABLE t`, for a table that a key is part of.
    fn alter_table(&self, key: &Key) -> String {
        format!("ALTER TABLE {}", table_of(key))
    }

    fn alter_column(&self, key: &Key, new: &Column) -> Vec<Step> {
        let Some(mut old) = self.from.column(key).cloned() else { return Vec::new() };
        let from_parent = new.inherited && self.take_from_parent(key, &mut old);
        let prefix = format!("{} ALTER COLUMN {}", self.alter_table(key), quote(&key.name));
        let mut steps = Vec::new();
        let differs = old.data_type != new.data_type || old.collation != new.collation;
        let retyped = self.fates.retyped.contains(key) && (differs || !from_parent);
        if old.identity.is_some() && new.identity.is_none() {
            // Dropped first, so that its sequence's name is free.
            old.identity = None;
        }
        if old.generated && !new.generated {
            steps.push(Step::new(format!("{prefix} DROP EXPRESSION")));
            (old.generated, old.default) = (false, None);
        }
        let draws = |default: &Option<String>| {
            default.as_ref().is_some_and(|default| default.starts_with("nextval("))
        };
        let other_default = old.default != new.default || (retyped && !draws(&old.default));
        if self.fates.default_goes.contains(key) {
            old.default = None;
        } else if old.default.is_some()
            && !old.generated
            && other_default
            && (new.default.is_none() || retyped)
        {
            steps.push(Step::new(format!("{prefix} DROP DEFAULT")));
            old.default = None;
        }
        if retyped {
            steps.extend(narrow_sequence(key, &prefix, &mut old, new));
            steps.push(self.retype(key, &prefix, &old, new));
            // The new type brings its own.
            (old.storage, old.compression) = (None, None);
        }
        let default = new.default.as_ref();
        let default = default.filter(|_| !new.generated && old.default != new.default);
        // Before it gives values to rows.
        steps.extend(default.and_then(|default| self.begin_behind(key, default)));
        if !old.not_null && new.not_null {
            steps.extend(self.set_not_null(key, &prefix, new));
        }
        steps.extend(self.identity_steps(key, &prefix, &old, new));
        if old.not_null && !new.not_null {
            steps.push(Step::new(format!("{prefix} DROP NOT NULL")));
        }
        if let Some(default) = default {
            steps.push(Step::new(format!("{prefix} SET DEFAULT {default}")));
        }
        steps.extend(settings(&prefix, Some(&old), new));
        steps
    }

    /// Whether a new column comes with that of its parent: a table that is attached must have what the parent has by then.
    fn comes_with_parent(&self, key: &Key) -> bool {
        let (Some(old), Some(new)) = (self.from.table(key), self.to.table(key)) else {
            return true;
        };
        let moves = old.parents != new.parents || old.bound != new.bound;
        let has = |parent: &Key| {
            let above = Key { table: Some(parent.name.clone()), ..key.clone() };
            let above = Key { schema: parent.schema.clone(), ..above };
            let gained = !old.parents.contains(parent);
            gained || self.table_is_new(&above) || moves && self.from.column(&above).is_some()
        };
        new.bound.is_none() || !new.parents.iter().any(has)
    }

    /// What a partition's column becomes with that of its table; tells whether it becomes anything with another.
    fn take_from_parent(&self, key: &Key, old: &mut Column) -> bool {
        let (Some(before), Some(table)) = (self.from.table(key), self.to.table(key)) else {
            return false;
        };
        let mut follows = false;
        for parent in table.parents.iter().filter(|parent| before.parents.contains(parent)) {
            let parent = Key {
                table: Some(parent.name.clone()),
                schema: parent.schema.clone(),
                ..key.clone()
            };
            let (Some(before), Some(after)) = (self.from.column(&parent), self.to.column(&parent))
            else {
                continue;
            };
            if self.table_is_new(&parent) {
                continue;
            }
            follows = true;
            if self.fates.retyped.contains(&parent) {
                (old.storage, old.compression) = (None, None);
            }
            (old.data_type, old.collation) = (after.data_type.clone(), after.collation.clone());
            if before.not_null != after.not_null {
                old.not_null = after.not_null;
            }
            if before.default != after.default {
                old.default.clone_from(&after.default);
            }
        }
        follows
    }

    /// A new sequence of a column that is there begins behind its values.
    fn begin_behind(&self, key: &Key, default: &str) -> Option<Step> {
        let own = self.to.objects.iter().find_map(|(sequence, object)| match &object.body {
            Body::Sequence(body) if body.owner.as_ref() == Some(key) => Some((sequence, body)),
            _ => None,
        });
        let (sequence, body) = own?;
        let fresh =
            self.fate(sequence) == Fate::Create && default.contains(&literal(&name_of(sequence)));
        fresh.then(|| go_on(key, &name_of(sequence), &body.shape))
    }

    fn identity_steps(&self, key: &Key, prefix: &str, old: &Column, new: &Column) -> Vec<Step> {
        let Some(after) = &new.identity else { return Vec::new() };
        let name = qualified(key.schema.as_deref(), &after.sequence);
        let Some(before) = &old.identity else {
            let add = Step::new(format!("{prefix} ADD {}", identity_clause(key, after)));
            // From serial: the new sequence goes on where the old one stood.
            if let Some(sequence) =
                self.drawn_from(key).filter(|sequence| self.fate(sequence) == Fate::Drop)
            {
                return self.after_serial(&sequence, add, &name);
            }
            return vec![add, go_on(key, &name, &after.shape)];
        };
        let mut steps = Vec::new();
        if before.always != after.always {
            let when = if after.always { "ALWAYS" } else { "BY DEFAULT" };
            steps.push(Step::new(format!("{prefix} SET GENERATED {when}")));
        }
        // Its sequence got its type with the column.
        let taken = before.shape.clone().retyped(&after.shape.data_type);
        steps.extend(alter(prefix, &name, &taken, &after.shape, true));
        steps
    }

    /// Returns the steps by which an identity's sequence `name` goes on where another stood.
    fn after_serial(&self, sequence: &Key, add: Step, name: &str) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut stood = name_of(sequence);
        if stood == name {
            let aside = with_suffix(&sequence.name, "__old");
            steps.push(Step::new(format!("ALTER SEQUENCE {stood} RENAME TO {}", quote(&aside))));
            stood = qualified(sequence.schema.as_deref(), &aside);
        }
        steps.extend([
            add,
            Step::new(format!(
                "SELECT pg_catalog.setval({}, last_value, is_called) FROM {stood}",
                literal(name)
            )),
            Step::new(format!("DROP SEQUENCE {stood}")),
        ]);
        steps
    }

    fn set_not_null(&self, key: &Key, prefix: &str, new: &Column) -> Vec<Step> {
        let column = quote(&key.name);
        let mut steps = Vec::new();
        let value = self.backfill(key).or(new.default.as_deref()).filter(|_| !new.generated);
        let set = Step::new(format!("{prefix} SET NOT NULL"))
            .hazard_if(new.inherited && !new.local, Hazard::AcquiresAccessExclusiveLock);
        let count = format!("SELECT count(*) FROM {} WHERE {column} IS NULL", table_of(key));
        let reason = format!(
            "rows have no value in `{0}`: give it a default, or `--backfill {0}=…`",
            spoken(key)
        );
        match value {
            Some(value) => {
                let table = table_of(key);
                let sql = format!("UPDATE {table} SET {column} = {value} WHERE {column} IS NULL");
                let fill = Step::new(sql);
                steps.push(match self.guard(key) {
                    Some(guard) => {
                        let reason = format!(
                            "rows that have no value in `{}`, and for which `{}` does not take {value}, stop it",
                            spoken(key), guard.name
                        );
                        fill.refused(reason, count)
                    }
                    None => fill,
                });
                steps.push(set);
            }
            // Indexes of a partitioned table cannot wait for it, and no primary key.
            None if self.choices.online
                && !self.becomes_primary(key)
                && !self.is_partitioned(&table_key(key))
                && self.to.table(key).is_some_and(|table| table.bound.is_none()) =>
            {
                let table = self.alter_table(key);
                let name = quote(&with_suffix(
                    &format!("{}_{}", key.table.as_deref().unwrap_or(""), key.name),
                    "__not_null",
                ));
                steps.push(Step::new(format!(
                    "{table} ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID"
                )));
                let validate = Step::new(format!("{table} VALIDATE CONSTRAINT {name}")).later();
                steps.push(validate.refused(reason, count));
                steps.push(set);
                steps.push(Step::new(format!("{table} DROP CONSTRAINT {name}")));
            }
            None => steps.push(set.refused(reason, count)),
        }
        steps
    }

    /// Returns a constraint or unique index that stays, and says what a column can be.
    fn guard(&self, key: &Key) -> Option<&Key> {
        let stays = |part: &Key| matches!(self.fate(part), Fate::Same | Fate::Alter);
        let mut parts = self.to.parts(&table_key(key)).filter(|(part, _)| stays(part));
        let guards = |object: &Object| match &object.body {
            Body::Constraint(body) => body.columns.contains(&key.name),
            Body::Index(body) => body.unique && body.columns.contains(&key.name),
            _ => false,
        };
        parts.find(|(_, object)| guards(object)).map(|(part, _)| part)
    }

    /// Whether a primary key is made of the column, by itself or with others.
    fn becomes_primary(&self, key: &Key) -> bool {
        self.to.parts(&table_key(key)).any(|(constraint, object)| match &object.body {
            Body::Constraint(body) if body.kind == 'p' => {
                let fresh = matches!(self.fate(constraint), Fate::Create | Fate::Recreate);
                fresh && body.columns.contains(&key.name)
            }
            _ => false,
        })
    }

    fn retype(&self, key: &Key, prefix: &str, old: &Column, new: &Column) -> Step {
        let collation = new.collation.as_ref().map(|collation| format!(" COLLATE {collation}"));
        let using = self.cast(&quote(&key.name), old, new).map(|cast| format!(" USING {cast}"));
        let sql = format!(
            "{prefix} TYPE {}{}{}",
            new.data_type,
            collation.unwrap_or_default(),
            using.unwrap_or_default()
        );
        let mut step = Step::new(sql)
            .hazard(Hazard::AcquiresAccessExclusiveLock)
            .hazard(Hazard::ImpactsDatabasePerformance);
        if loses(old, new) {
            step = step.hazard(Hazard::DeletesData);
        }
        if loses(old, new) || narrows(old, new) {
            step = step.destroys(spoken(key));
        }
        if using_can_fail(old, new) || self.is_swapped(new) {
            let reason =
                format!("values of `{}` that are no {} stop it", spoken(key), new.data_type);
            let count = format!("SELECT count({}) FROM {}", quote(&key.name), table_of(key));
            step = step.refused(reason, count);
        }
        step
    }

    /// Whether a column's default or identity goes before anything is made.
    pub(super) fn column_goes_first(&self, key: &Key) -> Vec<Step> {
        let Some(old) = self.from.column(key) else { return Vec::new() };
        let prefix = format!("{} ALTER COLUMN {}", self.alter_table(key), quote(&key.name));
        let mut steps = Vec::new();
        if self.fate(key) == Fate::Alter && !self.table_is_new(&table_key(key)) {
            let identity_goes = old.identity.is_some()
                && self.to.column(key).is_some_and(|new| new.identity.is_none());
            if identity_goes {
                steps.push(Step::new(format!("{prefix} DROP IDENTITY")));
            }
            if self.fates.default_goes.contains(key) && old.default.is_some() && !old.generated {
                steps.push(Step::new(format!("{prefix} DROP DEFAULT")));
            }
        }
        let value = if old.generated { "EXPRESSION" } else { "DEFAULT" };
        if old.default.is_some() && self.table_goes(key) && self.needs_what_goes(key) {
            steps.push(Step::new(format!("{prefix} DROP {value}")));
        }
        steps
    }
}

/// The sequence of an identity gets its column's type: what a smaller one has not goes before.
fn narrow_sequence(key: &Key, prefix: &str, old: &mut Column, new: &Column) -> Vec<Step> {
    let (Some(before), Some(after)) = (&mut old.identity, &new.identity) else { return Vec::new() };
    let largest = |shape: &Shape| Shape::plain(&shape.data_type).max;
    if largest(&after.shape) >= largest(&before.shape) {
        return Vec::new();
    }
    let narrow = Shape { data_type: before.shape.data_type.clone(), ..after.shape.clone() };
    let name = qualified(key.schema.as_deref(), &before.sequence);
    let steps = alter(prefix, &name, &before.shape, &narrow, true);
    before.shape = narrow;
    steps
}

/// What only `ALTER COLUMN` can say.
pub(super) fn settings(prefix: &str, old: Option<&Column>, new: &Column) -> Vec<Step> {
    let mut steps = Vec::new();
    if old.and_then(|old| old.storage) != new.storage {
        let storage = match new.storage {
            Some('p') => "PLAIN",
            Some('e') => "EXTERNAL",
            Some('m') => "MAIN",
            _ => "EXTENDED",
        };
        steps.push(Step::new(format!("{prefix} SET STORAGE {storage}")));
    }
    if old.and_then(|old| old.statistics.as_ref()) != new.statistics.as_ref() {
        let target = new.statistics.as_deref().unwrap_or("-1");
        steps.push(Step::new(format!("{prefix} SET STATISTICS {target}")));
    }
    if let Some(old) = old.filter(|old| old.compression != new.compression) {
        let _ = old;
        let compression = match new.compression {
            Some('l') => "lz4",
            Some('p') => "pglz",
            _ => "default",
        };
        steps.push(Step::new(format!("{prefix} SET COMPRESSION {compression}")));
    }
    steps
}
