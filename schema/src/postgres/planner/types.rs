//! Enums, domains, composite types and ranges.

use std::collections::BTreeMap;

use super::super::catalog::{Body, Domain, Range};
use super::super::definition;
use super::super::names::{literal, name_of, qualified, quote, with_suffix};
use super::fate::Fate;
use super::{Action, Planner, Step};
use crate::{Key, Kind};

impl Planner<'_> {
    pub(super) fn make_type(&self, key: &Key, new: &Body) -> Vec<Action> {
        let fate = self.fate(key);
        let create = match new {
            Body::Enum { labels } => definition::enumeration(key, labels),
            Body::Domain(body) => definition::domain(key, body),
            Body::Composite { attributes } => definition::composite(key, attributes),
            Body::Range(body) => definition::range(key, body),
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
                if let Body::Range(old) = old {
                    steps.extend(self.put_range_aside(key, old));
                }
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

    /// Its multirange, and the functions that make values of both, have names that the new range wants.
    fn put_range_aside(&self, key: &Key, old: &Range) -> Vec<Step> {
        let here = |name: &str| qualified(key.schema.as_deref(), name);
        let (range, multirange) = (here(&aside(key)), here(&old.multirange));
        let multirange_aside = quote(&with_suffix(&old.multirange, "__old"));
        let rename = |what: String, name: &str| Step::new(format!("ALTER {what} RENAME TO {name}"));
        let subtype = self.put_aside(&old.subtype).unwrap_or_else(|| old.subtype.clone());
        let of_range = [format!("{subtype}, {subtype}"), format!("{subtype}, {subtype}, text")]
            .map(|arguments| {
                rename(format!("FUNCTION {}({arguments})", name_of(key)), &quote(&aside(key)))
            });
        let of_multirange = [String::new(), range.clone(), format!("{range}[]")].map(|arguments| {
            rename(format!("FUNCTION {multirange}({arguments})"), &multirange_aside)
        });
        let multirange = rename(format!("TYPE {multirange}"), &multirange_aside);
        of_range.into_iter().chain([multirange]).chain(of_multirange).collect()
    }

    /// Returns what the type of a name is called until nothing needs it, if it is made anew.
    fn put_aside(&self, name: &str) -> Option<String> {
        let kinds = [Kind::Enum, Kind::Domain, Kind::Type];
        let mut anew = self.fates.changing.iter().filter(|(_, fate)| **fate == Fate::Recreate);
        let found = anew.find(|(key, _)| kinds.contains(&key.kind) && name_of(key) == name);
        found.map(|(key, _)| aside_name(key))
    }

    /// Whether it is a range that nothing needs, and that can go before the new one comes.
    pub(super) fn is_lone_range(&self, key: &Key) -> bool {
        matches!(self.old(key).map(|object| &object.body), Some(Body::Range(_)))
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
        let mut old = old.clone();
        if self.needs_what_goes(key) {
            (old.default, old.checks) = (None, BTreeMap::new());
        }
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

/// Returns the statements after which a domain has neither default nor checks.
pub(super) fn bare(key: &Key, old: &Domain) -> Vec<Step> {
    let prefix = format!("ALTER DOMAIN {}", name_of(key));
    let default = old.default.as_ref().map(|_| Step::new(format!("{prefix} DROP DEFAULT")));
    let checks = old
        .checks
        .keys()
        .map(|name| Step::new(format!("{prefix} DROP CONSTRAINT {}", quote(name))));
    default.into_iter().chain(checks).collect()
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
