//! Privileges: what is missing is granted, what is too much is revoked.

use std::collections::BTreeMap;

use super::super::catalog::{Body, Grant, Object};
use super::super::definition;
use super::super::names::{quote, table_of};
use super::Step;
use crate::{Hazard, Key};

/// Returns the statements that lead from the privileges of `old` to those of `new`.
pub(super) fn steps(key: &Key, old: Option<&Object>, new: &Object, unseen: bool) -> Vec<Step> {
    let before = old.map_or_else(|| given(new), |old| old.grants.iter().cloned().collect());
    let too_much: Vec<&Grant> = before.iter().filter(|grant| !new.grants.contains(grant)).collect();
    let missing: Vec<&Grant> = new.grants.iter().filter(|grant| !before.contains(grant)).collect();
    let mut steps = Vec::new();
    for (grantee, _, privileges) in together(&too_much) {
        // With the privilege goes the right to grant it on.
        steps.push(Step::new(format!("REVOKE {} FROM {grantee}", on(key, new, &privileges))));
    }
    for (grantee, grantable, privileges) in together(&missing) {
        let option = if grantable { " WITH GRANT OPTION" } else { "" };
        steps.push(Step::new(format!("GRANT {} TO {grantee}{option}", on(key, new, &privileges))));
    }
    if unseen {
        steps
    } else {
        steps.into_iter().map(|step| step.hazard(Hazard::AuthzUpdate)).collect()
    }
}

/// What everybody may do with what was just made.
fn given(object: &Object) -> Vec<Grant> {
    let privilege = match &object.body {
        Body::Function(_) => "EXECUTE",
        Body::Enum { .. } | Body::Domain(_) | Body::Composite { .. } | Body::Range(_) => "USAGE",
        _ => return Vec::new(),
    };
    vec![Grant { privilege: privilege.to_owned(), grantee: "PUBLIC".to_owned(), grantable: false }]
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

fn on(key: &Key, object: &Object, privileges: &[&str]) -> String {
    if let Body::Column(_) = object.body {
        let column = quote(&key.name);
        let privileges: Vec<_> =
            privileges.iter().map(|privilege| format!("{privilege} ({column})")).collect();
        return format!("{} ON {}", privileges.join(", "), table_of(key));
    }
    let named = definition::named(key, object);
    // A view is a table here.
    let named = match &object.body {
        Body::View(_) | Body::Table(_) => format!("TABLE {}", super::super::names::name_of(key)),
        _ => named,
    };
    format!("{} ON {named}", privileges.join(", "))
}
