//! Sequences: those that stand alone and those that belong to a column.

use super::super::catalog::{Body, Object, Sequence, Shape};
use super::super::definition::{column_name, whole_shape};
use super::super::names::{literal, name_of, quote, table_of};
use super::fate::Fate;
use super::{Action, Planner, Step, side};
use crate::{Hazard, Key, Kind};

impl Planner<'_> {
    pub(super) fn make_sequence(&self, key: &Key, new: &Sequence) -> Vec<Action> {
        let fate = self.fate(key);
        let mut actions = Vec::new();
        let before = match self.old(key).map(|object| &object.body) {
            Some(Body::Sequence(old)) => Some(old),
            _ => None,
        };
        let comes_with_column = new
            .owner
            .as_ref()
            .and_then(|owner| self.serial(owner))
            .is_some_and(|(own, _)| own == *key);
        match before {
            None if comes_with_column => {}
            None => {
                let unlogged = if new.unlogged { "UNLOGGED " } else { "" };
                let sql = format!(
                    "CREATE {unlogged}SEQUENCE {}{}",
                    name_of(key),
                    whole_shape(&new.shape)
                );
                let step = Step::new(sql)
                    .hazard_if(new.owner.is_none(), Hazard::HasUntrackableDependencies);
                actions.push(Action::new(key, 3, vec![step]));
            }
            Some(old) => {
                let mut steps = alter(
                    &format!("ALTER SEQUENCE {}", name_of(key)),
                    &name_of(key),
                    &old.shape,
                    &new.shape,
                    false,
                );
                if old.unlogged != new.unlogged {
                    let logged = if new.unlogged { "UNLOGGED" } else { "LOGGED" };
                    steps.push(Step::new(format!("ALTER SEQUENCE {} SET {logged}", name_of(key))));
                }
                if !steps.is_empty() {
                    actions.push(Action::new(key, 3, steps));
                }
            }
        }
        let owner_is_new = new
            .owner
            .as_ref()
            .is_some_and(|owner| self.table_is_new(owner) || self.fate(owner) == Fate::Recreate);
        if !comes_with_column
            && before.map_or(new.owner.is_some(), |old| old.owner != new.owner || owner_is_new)
        {
            let owner = new.owner.as_ref().map_or_else(|| "NONE".to_owned(), column_name);
            let step = Step::new(format!("ALTER SEQUENCE {} OWNED BY {owner}", name_of(key)));
            let after = [key.clone()].into_iter().chain(new.owner.clone());
            actions.push(Action::new(&side(key, "owner"), 11, vec![step]).after(after));
        }
        let about = self.about(key, fate == Fate::Create);
        if !about.is_empty() {
            actions.push(Action::new(&side(key, "about"), 18, about).after([key.clone()]));
        }
        actions
    }

    /// Returns the sequence that comes with a column if it is one that `serial` makes: then the column says so.
    pub(super) fn serial(&self, column: &Key) -> Option<(Key, &'static str)> {
        let new = self.to.column(column)?;
        let default = new.default.as_ref()?;
        let table = column.table.as_deref()?;
        let name = format!("{table}_{}_seq", column.name);
        let key = Key { kind: Kind::Sequence, table: None, name, ..column.clone() };
        let Some(Object { body: Body::Sequence(sequence), .. }) = self.wanted(&key) else {
            return None;
        };
        let word = match new.data_type.as_str() {
            "smallint" => "smallserial",
            "integer" => "serial",
            "bigint" => "bigserial",
            _ => return None,
        };
        let plain = sequence.shape == Shape::plain(&new.data_type)
            && sequence.owner.as_ref() == Some(column);
        let called = *default == format!("nextval({}::regclass)", literal(&name_of(&key)));
        let fits = key.name.len() <= 63 && new.not_null && !sequence.unlogged;
        let fresh = self.fate(&key) == Fate::Create && self.fate(column) == Fate::Create;
        (plain && called && fits && fresh).then_some((key, word))
    }

    /// Returns the sequence that belongs to a column before, if its default draws from it.
    pub(super) fn drawn_from(&self, column: &Key) -> Option<Key> {
        let default = self.from.column(column)?.default.as_ref()?;
        let owned = self.from.objects.iter().find(|(_, object)| match &object.body {
            Body::Sequence(sequence) => sequence.owner.as_ref() == Some(column),
            _ => false,
        });
        let key = owned?.0;
        default.contains(&literal(&name_of(key))).then(|| key.clone())
    }
}

/// Writes the options that differ. A sequence that has run beyond its new bounds is brought back into them.
pub(super) fn alter(
    prefix: &str,
    name: &str,
    old: &Shape,
    new: &Shape,
    of_column: bool,
) -> Vec<Step> {
    let set = if of_column { " SET" } else { "" };
    let mut options = String::new();
    if old.data_type != new.data_type && !of_column {
        options += &format!(" AS {}", new.data_type);
    }
    if old.increment != new.increment {
        options += &format!("{set} INCREMENT BY {}", new.increment);
    }
    if old.min != new.min || (old.data_type != new.data_type && !of_column) {
        options += &format!("{set} MINVALUE {}", new.min);
    }
    if old.max != new.max || (old.data_type != new.data_type && !of_column) {
        options += &format!("{set} MAXVALUE {}", new.max);
    }
    if old.start != new.start {
        options += &format!("{set} START WITH {}", new.start);
    }
    if old.cache != new.cache {
        options += &format!("{set} CACHE {}", new.cache);
    }
    if old.cycle != new.cycle {
        options += &format!("{set} {}CYCLE", if new.cycle { "" } else { "NO " });
    }
    if options.is_empty() {
        return Vec::new();
    }
    let mut steps = Vec::new();
    if new.min > old.min || new.max < old.max {
        let (min, max) = (old.min.min(new.min), old.max.max(new.max));
        let wide_type =
            if of_column || Shape::plain(&new.data_type).max < Shape::plain(&old.data_type).max {
                String::new()
            } else {
                format!(" AS {}", new.data_type)
            };
        steps.push(Step::new(format!(
            "ALTER SEQUENCE {name}{wide_type} MINVALUE {min} MAXVALUE {max}"
        )));
        steps.push(Step::new(format!(
            "SELECT pg_catalog.setval({}, CASE WHEN is_called THEN greatest(least(last_value, {}), {}) ELSE {} END, \
             is_called) FROM {name}",
            literal(name), new.max, new.min, new.start
        )));
    }
    steps.push(Step::new(format!("{prefix}{options}")));
    steps
}

/// Writes a statement after which a sequence goes on behind the values that are there.
pub(super) fn go_on(column: &Key, sequence: &str, shape: &Shape) -> Step {
    let furthest = if shape.increment < 0 { "min" } else { "max" };
    Step::new(format!(
        "SELECT pg_catalog.setval({}, {furthest}({})) FROM {}",
        literal(sequence),
        quote(&column.name),
        table_of(column)
    ))
}
