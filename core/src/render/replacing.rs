//! Words for revisions that do not fit into the place of what they replace.

use super::parents;
use crate::problem::ReplacementFault;
use crate::text::joined;

pub(super) fn replacement_message(id: &str, fault: &ReplacementFault) -> String {
    match fault {
        ReplacementFault::Itself => {
            format!("revision `{id}` replaces itself, or what it builds on")
        }
        ReplacementFault::Draft { replaced } => {
            format!("revision `{id}` replaces `{replaced}`, which is a draft")
        }
        ReplacementFault::Twice { replaced, .. } => {
            format!("revision `{replaced}` is replaced twice")
        }
        ReplacementFault::NotARange { first, last } => {
            format!("revision `{last}` does not build on `{first}`, so they are no range")
        }
        ReplacementFault::Middle { replaced, .. } => {
            format!("revision `{id}` replaces `{replaced}`, from which a branch leaves the range")
        }
        ReplacementFault::Parents { .. } => {
            format!("revision `{id}` revises others than what it replaces")
        }
        ReplacementFault::Dependency { replaced, dependency } => {
            format!("revision `{id}` does not depend on `{dependency}`, as `{replaced}` does")
        }
        ReplacementFault::Unlisted { .. } => {
            format!("the lock does not list what revision `{id}` replaces")
        }
    }
}

pub(super) fn replacement_label(fault: &ReplacementFault) -> String {
    match fault {
        ReplacementFault::Parents { expected } => format!("this revises {}", parents(expected)),
        ReplacementFault::Unlisted { .. } => String::new(),
        _ => "this cannot be replaced so".to_owned(),
    }
}

pub(super) fn replacement_notes(fault: &ReplacementFault) -> Vec<String> {
    match fault {
        ReplacementFault::Twice { other, .. } => {
            vec![format!("already by revision `{}` ({})", other.id, other.path)]
        }
        ReplacementFault::Middle { child, replaced } => {
            vec![format!("revision `{}` ({}) revises `{replaced}`", child.id, child.path)]
        }
        ReplacementFault::Unlisted { expected } => {
            vec![format!("it replaces {}", parents(expected))]
        }
        _ => Vec::new(),
    }
}

pub(super) fn replacement_helps(id: &str, fault: &ReplacementFault) -> String {
    match fault {
        ReplacementFault::Itself => {
            "let it revise what stood before the revisions that it replaces".to_owned()
        }
        ReplacementFault::Draft { replaced } => {
            format!("no database needs a draft: edit it: cargo migrate edit {replaced}")
        }
        ReplacementFault::Twice { other, .. } => {
            format!("replace the replacer instead: `-- replaces: {}`", other.id)
        }
        ReplacementFault::NotARange { .. } => {
            "name the earlier revision first: see cargo migrate history".to_owned()
        }
        ReplacementFault::Middle { replaced, .. } => {
            format!("end the range at `{replaced}`, or begin it behind the branch")
        }
        ReplacementFault::Parents { expected } => {
            let ids = if expected.is_empty() { "base".to_owned() } else { joined(expected, ", ") };
            format!("write `-- revises: {ids}`")
        }
        ReplacementFault::Dependency { dependency, .. } => {
            format!("write `-- depends-on: {dependency}`")
        }
        ReplacementFault::Unlisted { .. } => {
            format!("write the lock again, which lists it under `{id}`: cargo migrate lock")
        }
    }
}
