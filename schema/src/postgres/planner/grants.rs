//! Privileges: what is missing is granted, what is too much is revoked.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{Body, Grant, Object};
use super::super::definition;
use super::super::names::{name_of, quote, table_of};
use super::Step;
use crate::{Hazard, Key};

/// Returns the statements that lead from the privileges of `old` to those of `new`.
pub(super) fn steps(key: &Key, old: Option<&Object>, new: &Object, unseen: bool) -> Vec<Step> {
    let before = old.map_or_else(|| given(new), |old| old.grants.clone());
    between(&before, &new.grants, unseen, &|privileges| on(key, new, privileges))
}

/// As [`steps`], for a column of a view.
pub(super) fn of_view_column(
    view: &Key,
    name: &str,
    old: Option<&BTreeSet<Grant>>,
    new: Option<&BTreeSet<Grant>>,
    unseen: bool,
) -> Vec<Step> {
    let none = BTreeSet::new();
    let on = |privileges: &[&str]| on_column(privileges, name, &name_of(view));
    between(old.unwrap_or(&none), new.unwrap_or(&none), unseen, &on)
}

fn between(
    before: &BTreeSet<Grant>,
    after: &BTreeSet<Grant>,
    unseen: bool,
    on: &dyn Fn(&[&str]) -> String,
) -> Vec<Step> {
    let too_much: Vec<&Grant> = before.difference(after).collect();
    let missing: Vec<&Grant> = after.difference(before).collect();
    let mut steps = Vec::new();
    for (grantee, _, privileges) in together(&too_much) {
        // With the privilege goes the right to grant it on.
        steps.push(Step::new(format!("REVOKE {} FROM {grantee}", on(&privileges))));
    }
    for (grantee, grantable, privileges) in together(&missing) {
        let option = if grantable { " WITH GRANT OPTION" } else { "" };
        steps.push(Step::new(format!("GRANT {} TO {grantee}{option}", on(&privileges))));
    }
    if unseen {
        steps
    } else {
        steps.into_iter().map(|step| step.hazard(Hazard::AuthzUpdate)).collect()
    }
}

/// What everybody may do with what was just made.
fn given(object: &Object) -> BTreeSet<Grant> {
    let privilege = match &object.body {
        Body::Function(_) => "EXECUTE",
        Body::Enum { .. } | Body::Domain(_) | Body::Composite { .. } | Body::Range(_) => "USAGE",
        _ => return BTreeSet::new(),
    };
    let grantee = "PUBLIC".to_owned();
    BTreeSet::from([Grant { privilege: privilege.to_owned(), grantee, grantable: false }])
}

fn together<'a>(grants: &[&'a Grant]) -> Vec<(&'a str, bool, Vec<&'a str>)> {
    let mut by: BTreeMap<(&str, bool), Vec<&str>> = BTreeMap::new();
    for grant in grants {
        by.entry((&grant.grantee, grant.grantable)).or_default().push(&grant.privilege);
    }
    by.into_iter()
        .map(|((grantee, grantable), privileges)| (grantee, grantable, privileges))
        .collect()
}

fn on_column(privileges: &[&str], name: &str, table: &str) -> String {
    let column = quote(name);
    let privileges: Vec<_> =
        privileges.iter().map(|privilege| format!("{privilege} ({column})")).collect();
    format!("{} ON {table}", privileges.join(", "))
}

fn on(key: &Key, object: &Object, privileges: &[&str]) -> String {
    if let Body::Column(_) = object.body {
        return on_column(privileges, &key.name, &table_of(key));
    }
    let named = definition::named(key, object);
    // A view is a table here.
    let named = match &object.body {
        Body::View(_) | Body::Table(_) => format!("TABLE {}", name_of(key)),
        _ => named,
    };
    format!("{} ON {named}", privileges.join(", "))
}
