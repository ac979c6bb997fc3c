//! Enums, domains, composite types and ranges.

use super::super::catalog::{Body, Domain};
use super::super::definition;
use super::super::names::{literal, name_of, qualified, quote, with_suffix};
use super::fate::Fate;
use super::{Action, Planner, Step};
use crate::Key;

impl Planner<'_> {
    pub(super) fn make_type(&self, key: &Key, new: &Body) -> Vec<Action> {
        let fate = self.fate(key);
        let create = match new {
            Body::Enum { labels } => definition::enumeration(key, labels),
            Body::Domain(body) => definition::domain(key, body),
            Body::Composite { attributes } => definition::composite(key, attributes),
            Body::Range { definition } => {
                format!("CREATE TYPE {} AS RANGE ({definition})", name_of(key))
            }
            _ => return Vec::new(),
        };
        let mut steps = Vec::new();
        match (fate, self.old(key).map(|object| &object.body), new) {
            (Fate::Create, ..) => steps.push(Step::new(create)),
            (Fate::Recreate, ..) if self.is_lone_range(key) => steps.push(Step::new(create)),
            (Fate::Recreate, Some(old), _) => {
                let kind = if matches!(old, Body::Domain(_)) { "DOMAIN" } else { "TYPE" };
                let aside = quote(&aside(key));
                steps.push(Step::new(format!("ALTER {kind} {} RENAME TO {aside}", name_of(key))));
                steps.push(Step::new(create));
            }
            (_, Some(Body::Domain(old)), Body::Domain(new)) => {
                steps.extend(self.alter_domain(key, old, new));
            }
            (_, Some(Body::Composite { attributes: old }), Body::Composite { attributes: new }) => {
                steps.extend(alter_composite(key, old, new));
            }
            // Values are added in a part before all else.
            _ => {}
        }
        let fresh = matches!(fate, Fate::Create | Fate::Recreate);
        steps.extend(self.about(key, fresh));
        if steps.is_empty() { Vec::new() } else { vec![Action::new(key, 2, steps)] }
    }

    /// Whether it is a range that nothing needs: a new one cannot be made beside it, as the functions that make ranges, and
    /// its multirange, have its name.
    pub(super) fn is_lone_range(&self, key: &Key) -> bool {
        matches!(self.old(key).map(|object| &object.body), Some(Body::Range { .. }))
            && !self.from.needs.values().any(|needs| needs.contains(key))
    }

    /// Returns the statements that add values to enums: no value can be used in the transaction that adds it.
    pub(super) fn added_values(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (key, object) in &self.to.objects {
            let Body::Enum { labels } = &object.body else { continue };
            let Some(Body::Enum { labels: old }) = self.old(key).map(|object| &object.body) else {
                continue;
            };
            if self.fate(key) != Fate::Alter {
                continue;
            }
            let mut known = old.clone();
            for (at, label) in labels.iter().enumerate() {
                if known.contains(label) {
                    continue;
                }
                // Behind the value before it, which is there by now; the first goes before the first.
                let place = match at.checked_sub(1).map(|before| &labels[before]) {
                    Some(before) if known.last() == Some(before) => String::new(),
                    Some(before) => format!(" AFTER {}", literal(before)),
                    None => known
                        .first()
                        .map(|first| format!(" BEFORE {}", literal(first)))
                        .unwrap_or_default(),
                };
                let position = at.min(known.len());
                known.insert(position, label.clone());
                steps.push(Step::new(format!(
                    "ALTER TYPE {} ADD VALUE {}{place}",
                    name_of(key),
                    literal(label)
                )));
            }
        }
        steps
    }

    fn alter_domain(&self, key: &Key, old: &Domain, new: &Domain) -> Vec<Step> {
        let prefix = format!("ALTER DOMAIN {}", name_of(key));
        let mut steps = Vec::new();
        for (name, check) in &old.checks {
            if new.checks.get(name) != Some(check) {
                steps.push(Step::new(format!("{prefix} DROP CONSTRAINT {}", quote(name))));
            }
        }
        match &new.default {
            Some(default) if old.default != new.default => {
                steps.push(Step::new(format!("{prefix} SET DEFAULT {default}")));
            }
            None if old.default.is_some() => {
                steps.push(Step::new(format!("{prefix} DROP DEFAULT")));
            }
            _ => {}
        }
        if old.not_null != new.not_null {
            let what = if new.not_null { "SET" } else { "DROP" };
            let step = Step::new(format!("{prefix} {what} NOT NULL"));
            steps.push(if new.not_null { self.refused_by_values(key, step) } else { step });
        }
        for (name, check) in &new.checks {
            if old.checks.get(name) != Some(check) {
                let sql = format!("{prefix} ADD CONSTRAINT {} {check}", quote(name));
                steps.push(self.refused_by_values(key, Step::new(sql)));
            }
        }
        steps
    }

    /// Says that the values of a domain's columns can refuse what becomes of it.
    fn refused_by_values(&self, key: &Key, step: Step) -> Step {
        let name = name_of(key);
        let of_domain =
            self.from.objects.iter().filter_map(|(column, object)| match &object.body {
                Body::Column(body) if body.data_type == name => Some(column),
                _ => None,
            });
        let counts: Vec<_> = of_domain
            .map(|column| {
                format!("(SELECT count(*) FROM {})", super::super::names::table_of(column))
            })
            .collect();
        if counts.is_empty() {
            return step;
        }
        let reason = format!("values of columns of the type `{}` stop it", super::spoken(key));
        step.refused(reason, format!("SELECT {}", counts.join(" + ")))
    }
}

/// What a type is called until nothing needs it.
pub(super) fn aside(key: &Key) -> String {
    with_suffix(&key.name, "__old")
}

pub(super) fn aside_name(key: &Key) -> String {
    qualified(key.schema.as_deref(), &aside(key))
}

fn alter_composite(key: &Key, old: &[(String, String)], new: &[(String, String)]) -> Vec<Step> {
    let has = |attributes: &[(String, String)], name: &str| {
        attributes.iter().any(|(other, _)| other == name)
    };
    let prefix = format!("ALTER TYPE {}", name_of(key));
    let mut steps = Vec::new();
    for (name, _) in old.iter().filter(|(name, _)| !has(new, name)) {
        let step = Step::new(format!("{prefix} DROP ATTRIBUTE {}", quote(name)));
        steps.push(
            step.hazard(crate::Hazard::DeletesData)
                .destroys(format!("{}.{name}", super::spoken(key))),
        );
    }
    for (name, data_type) in new.iter().filter(|(name, _)| !has(old, name)) {
        steps.push(Step::new(format!("{prefix} ADD ATTRIBUTE {} {data_type}", quote(name))));
    }
    steps
}
