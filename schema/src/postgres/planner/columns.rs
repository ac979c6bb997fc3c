//! Columns of tables that stay.

use super::super::catalog::{Body, Column, table_key};
use super::super::definition::{column, identity_clause};
use super::super::names::{literal, name_of, qualified, quote, table_of, with_suffix};
use super::fate::Fate;
use super::sequences::{alter, go_on, retyped};
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
        let mut action = Action::new(key, 6, steps);
        if let Some((sequence, _)) = self.serial(key).filter(|_| fate == Fate::Create) {
            action.keys.push(sequence);
        }
        action.steps.extend(self.about(key, matches!(fate, Fate::Create | Fate::Recreate)));
        if action.steps.is_empty() { Vec::new() } else { vec![action] }
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
        if new.inherited && !new.local {
            self.take_from_parent(key, &mut old);
        }
        let prefix = format!("{} ALTER COLUMN {}", self.alter_table(key), quote(&key.name));
        let mut steps = Vec::new();
        let from_parent = new.inherited && !new.local;
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
            steps.push(self.retype(key, &prefix, &old, new));
        }
        if !old.not_null && new.not_null {
            steps.extend(self.set_not_null(key, &prefix, new));
        }
        steps.extend(self.identity_steps(key, &prefix, &old, new));
        if old.not_null && !new.not_null {
            steps.push(Step::new(format!("{prefix} DROP NOT NULL")));
        }
        if let Some(default) =
            new.default.as_ref().filter(|_| !new.generated && old.default != new.default)
        {
            steps.push(Step::new(format!("{prefix} SET DEFAULT {default}")));
            steps.extend(self.begin_behind(key, default));
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
            self.table_is_new(&above) || moves && self.from.column(&above).is_some()
        };
        new.bound.is_none() || !new.parents.iter().any(has)
    }

    /// What a partition's column becomes with that of its table.
    fn take_from_parent(&self, key: &Key, old: &mut Column) {
        let Some(table) = self.to.table(key) else { return };
        for parent in &table.parents {
            let parent = Key {
                table: Some(parent.name.clone()),
                schema: parent.schema.clone(),
                ..key.clone()
            };
            let (Some(before), Some(after)) = (self.from.column(&parent), self.to.column(&parent))
            else {
                continue;
            };
            if self.table_is_new(&parent)
                || self.from.table(key).is_none_or(|old| old.parents != table.parents)
            {
                continue;
            }
            (old.data_type, old.collation) = (after.data_type.clone(), after.collation.clone());
            if before.not_null != after.not_null {
                old.not_null = after.not_null;
            }
            if before.default != after.default {
                old.default.clone_from(&after.default);
            }
        }
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
                let aside = with_suffix(&sequence.name, "__old");
                let old_name = qualified(sequence.schema.as_deref(), &aside);
                return vec![
                    Step::new(format!(
                        "ALTER SEQUENCE {} RENAME TO {}",
                        name_of(&sequence),
                        quote(&aside)
                    )),
                    add,
                    Step::new(format!(
                        "SELECT pg_catalog.setval({}, last_value, is_called) FROM {old_name}",
                        literal(&name)
                    )),
                    Step::new(format!("DROP SEQUENCE {old_name}")),
                ];
            }
            return vec![add, go_on(key, &name, &after.shape)];
        };
        let mut steps = Vec::new();
        if before.always != after.always {
            let when = if after.always { "ALWAYS" } else { "BY DEFAULT" };
            steps.push(Step::new(format!("{prefix} SET GENERATED {when}")));
        }
        if before.shape.data_type != after.shape.data_type {
            let sql = format!("ALTER SEQUENCE {name} AS {}", after.shape.data_type);
            steps.push(Step::new(sql));
            let taken = retyped(&before.shape, &after.shape.data_type);
            steps.extend(alter(prefix, &name, &taken, &after.shape, true));
        } else {
            steps.extend(alter(prefix, &name, &before.shape, &after.shape, true));
        }
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
                steps.push(Step::new(format!(
                    "UPDATE {table} SET {column} = {value} WHERE {column} IS NULL"
                )));
                steps.push(set);
            }
            // Indexes of a partitioned table cannot wait for it.
            None if self.choices.online
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

    /// Returns how a value becomes one of the other type; none where PostgreSQL does it by itself and refuses what is too long.
    pub(super) fn cast(&self, value: &str, old: &Column, new: &Column) -> Option<String> {
        let target = &new.data_type;
        if old.base == new.base && !new.is_domain && !self.is_swapped(new) && old.category != 'E' {
            return None;
        }
        if old.category == 'S' && new.category == 'S' && !new.is_domain {
            return None;
        }
        let has =
            |from: &str, to: &str| self.from.casts.contains(&(from.to_owned(), to.to_owned()));
        let is_text = |column: &Column| column.category == 'S';
        if new.base.starts_with("timestamp") && matches!(old.base.as_str(), "bigint" | "integer") {
            return Some(format!("pg_catalog.to_timestamp({value}::double precision / 1000.0)"));
        }
        if old.base.starts_with("timestamp") && new.base == "bigint" {
            return Some(format!("(extract(epoch FROM {value}) * 1000)::bigint"));
        }
        if new.base == "boolean" && old.category == 'N' && old.base != "integer" {
            return Some(format!("{value} <> 0"));
        }
        if let (None, Some(element)) = (&old.element, &new.element) {
            let same = !self.is_swapped(new) && (old.base == *element || has(&old.base, element));
            let direct = old.category == 'S' || same;
            let by = if direct { "" } else { "::text" };
            return Some(format!(
                "CASE WHEN {value} IS NOT NULL THEN ARRAY[{value}{by}::{element}] END"
            ));
        }
        if let (Some(element), None) = (&old.element, &new.element) {
            let same = !self.is_swapped(new) && (new.base == *element || has(element, &new.base));
            let direct = new.category == 'S' || same;
            let by = if direct { "" } else { "::text" };
            // A list of several, or of none, is no value of most types: then the other way fails.
            return Some(format!(
                "CASE WHEN cardinality({value}) = 1 THEN {value}[1]{by}::{target} ELSE {value}::text::{target} END"
            ));
        }
        let elements = match (&old.element, &new.element) {
            (Some(a), Some(b)) => {
                a == b
                    || has(a, b)
                    || matches!(a.as_str(), "text" | "character varying")
                    || matches!(b.as_str(), "text" | "character varying")
            }
            _ => false,
        };
        let direct = is_text(old)
            || is_text(new)
            || elements
            || has(&old.base, &new.base)
            || old.base == new.base;
        if direct && !self.is_swapped(new) {
            Some(format!("{value}::{target}"))
        } else {
            Some(format!("{value}::text::{target}"))
        }
    }

    /// Whether the type is a new one under the same name.
    fn is_swapped(&self, column: &Column) -> bool {
        self.fates.changing.iter().any(|(key, fate)| {
            *fate == Fate::Recreate
                && matches!(key.kind, crate::Kind::Enum | crate::Kind::Domain | crate::Kind::Type)
                && (column.data_type.starts_with(&name_of(key)) || column.base == name_of(key))
        })
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

/// Whether two values of the old type can become one of the new.
pub(super) fn loses(old: &Column, new: &Column) -> bool {
    let whole = |base: &str| matches!(base, "smallint" | "integer" | "bigint");
    let fraction = |base: &str| matches!(base, "numeric" | "real" | "double precision" | "money");
    let scale = |data_type: &str| arguments(data_type).map(|(_, scale)| scale);
    let timestamp = |base: &str| base.starts_with("timestamp");
    let time = |base: &str| base.starts_with("time ");
    (fraction(&old.base) && whole(&new.base))
        || (old.base == "double precision" && new.base == "real")
        || (old.base == "numeric"
            && new.base == "numeric"
            && scale(&new.data_type)
                .is_some_and(|after| scale(&old.data_type).is_none_or(|before| after < before)))
        || (timestamp(&old.base) && (new.base == "date" || time(&new.base)))
        || (old.category == 'N' && new.base == "boolean")
}

/// Whether the new type has room for less: what is too much for it is refused, and has to go before.
fn narrows(old: &Column, new: &Column) -> bool {
    let size = |base: &str| ["smallint", "integer", "bigint"].iter().position(|one| *one == base);
    let whole = size(&old.base).zip(size(&new.base)).is_some_and(|(old, new)| new < old);
    let texts = old.category == 'S' && new.category == 'S';
    let digits = |column: &Column| {
        let (precision, scale) = arguments(&column.data_type)?;
        Some(precision - scale)
    };
    let numeric = old.base == "numeric" && new.base == "numeric";
    whole
        || texts && is_less(length(new), length(old))
        || numeric && is_less(digits(new), digits(old))
}

/// Tells whether one limit is below another; none is no limit.
fn is_less(one: Option<i32>, other: Option<i32>) -> bool {
    one.is_some_and(|one| other.is_none_or(|other| one < other))
}

/// Returns how many characters a text may have.
fn length(column: &Column) -> Option<i32> {
    arguments(&column.data_type).map(|(length, _)| length)
}

/// Returns the numbers between a type's parentheses, the second 0 if there is one alone.
fn arguments(data_type: &str) -> Option<(i32, i32)> {
    let (_, inside) = data_type.split_once('(')?;
    let mut numbers = inside.split(')').next()?.split(',').map(|number| number.trim().parse());
    let first = numbers.next()?.ok()?;
    Some((first, numbers.next().and_then(Result::ok).unwrap_or_default()))
}

/// Whether there can be values that are none of the new type.
pub(super) fn using_can_fail(old: &Column, new: &Column) -> bool {
    let texts = old.base == new.base && old.category == 'S' && !new.is_domain;
    let widens = matches!(
        (old.base.as_str(), new.data_type.as_str()),
        ("smallint", "integer" | "bigint") | ("integer", "bigint")
    ) || texts && !is_less(length(new), length(old));
    !widens
        && old.data_type != new.data_type
        && !matches!(new.data_type.as_str(), "text" | "character varying")
}
