//! How a value becomes one of another type, and what of it is lost.

use super::super::catalog::{Body, Column, Object};
use super::super::names::name_of;
use super::Planner;
use super::fate::Fate;
use crate::{Key, Kind};

impl Planner<'_> {
    /// Returns how a value becomes one of the other type; none where PostgreSQL does it by itself and refuses what is too long.
    pub(super) fn cast(&self, value: &str, old: &Column, new: &Column) -> Option<String> {
        let target = &self.unlimited(&new.data_type);
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
        let limitless = new.element.as_deref().map(|element| self.unlimited(element));
        if let (None, Some(element), Some(limitless)) = (&old.element, &new.element, &limitless) {
            let same = !self.is_swapped(new) && (old.base == *element || has(&old.base, element));
            let direct = old.category == 'S' || same;
            let by = if direct { "" } else { "::text" };
            return Some(format!(
                "CASE WHEN {value} IS NOT NULL THEN ARRAY[{value}{by}::{limitless}] END"
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
        if direct && !self.is_swapped(new) || target == "text" {
            Some(format!("{value}::{target}"))
        } else {
            Some(format!("{value}::text::{target}"))
        }
    }

    /// Returns a type whose values are those of another without its limit: a cast would cut what is too long, and say nothing.
    ///
    /// What stores the value refuses it then (PostgreSQL manual, "Character Types": an explicit cast truncates).
    fn unlimited(&self, data_type: &str) -> String {
        let element = data_type.trim_end_matches("[]");
        let domains = self.to.objects.iter().filter(|(key, _)| key.kind == Kind::Domain);
        let of_name = |(key, object): (&Key, &'_ Object)| match &object.body {
            Body::Domain(body) if name_of(key) == element => Some(self.unlimited(&body.base)),
            _ => None,
        };
        let has_length = |base: &str| {
            element.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('('))
        };
        let base = domains.filter_map(of_name).next();
        let base = base.filter(|base| base == "text" || base == "bit varying");
        let of_base = || {
            let text = has_length("character") || has_length("character varying");
            let bits = has_length("bit") || has_length("bit varying");
            text.then_some("text").or(bits.then_some("bit varying")).unwrap_or(element).to_owned()
        };
        base.unwrap_or_else(of_base) + &data_type[element.len()..]
    }

    /// Whether the type is a new one under the same name.
    pub(super) fn is_swapped(&self, column: &Column) -> bool {
        self.fates.changing.iter().any(|(key, fate)| {
            *fate == Fate::Recreate
                && matches!(key.kind, Kind::Enum | Kind::Domain | Kind::Type)
                && (column.data_type.starts_with(&name_of(key)) || column.base == name_of(key))
        })
    }
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
pub(super) fn narrows(old: &Column, new: &Column) -> bool {
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
