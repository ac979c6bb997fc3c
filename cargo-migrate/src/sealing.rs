//! What becomes sealed in a lock that is being changed.

use revchain_core::check::{CheckedRevision, State};
use revchain_core::checksum::Direction;
use revchain_core::lock::{Entry, Seal};
use revchain_core::problem::Fact;
use revchain_core::{Dialect, Problem};

use crate::chain::Chain;
use crate::failure::Failure;
use crate::lockfile::LockEdit;

/// Seals drafts: those that are named, or all. Returns their ids.
///
/// # Errors
///
/// One that is named is no draft, or the file of one has problems.
pub(crate) fn drafts(
    chain: &Chain,
    names: &[String],
    edit: &mut LockEdit<'_>,
) -> Result<Vec<String>, Failure> {
    let mut places = if names.is_empty() { chain.places() } else { chain.find_all(names)? };
    if !names.is_empty() {
        places.iter().try_for_each(|place| can_be_sealed(chain, *place))?;
    }
    places.retain(|place| chain.checked(*place).state == State::Draft);
    refuse_problems(chain, &places, |_| false)?;
    places.iter().for_each(|place| replace(edit, chain.checked(*place)));
    Ok(chain.ids(&places))
}

fn can_be_sealed(chain: &Chain, place: u32) -> Result<(), Failure> {
    let (id, path) = (chain.id(place), chain.path(place));
    match chain.checked(place).state {
        State::Draft | State::Sealed => Ok(()),
        State::Unlisted => Err(Failure::new(format!("revision `{id}` is not in the lock"))
            .help(format!("add it first: cargo migrate add {path}"))),
        State::Edited => Err(Failure::new(format!("revision `{id}` is sealed, and was edited"))
            .help(format!("apply it again and seal it: cargo migrate amend {id}"))
            .help(format!(
                "or only its downgrade was corrected: cargo migrate seal --downgrade {id}"
            ))),
    }
}

/// Adds the checksums of a dialect to what is sealed, and changes no other. Returns the ids of those that lacked it.
///
/// # Errors
///
/// The set does not serve the dialect, or a file has problems.
pub(crate) fn dialect(
    chain: &Chain,
    names: &[String],
    dialect: Dialect,
    edit: &mut LockEdit<'_>,
) -> Result<Vec<String>, Failure> {
    let dialects = chain.set.settings.dialects;
    if !dialects.contains(dialect) {
        return Err(Failure::usage(format!("the set does not serve {dialect}"))
            .help(format!("let it: cargo migrate set dialects {dialects} {dialect}")));
    }
    let mut places = if names.is_empty() { chain.places() } else { chain.find_all(names)? };
    places.retain(|place| {
        let entry = edit.lock.entry(chain.id(*place));
        entry.is_some_and(|entry| !entry.is_draft() && entry.seal(dialect).is_none())
    });
    refuse_problems(chain, &places, |fact| {
        matches!(fact, Fact::MissingDialect { unsealed: true, .. })
    })?;
    for place in &places {
        let seals = chain.checked(*place).seals();
        let Some(entry) = entry_mut(edit, chain.id(*place)) else { continue };
        entry.seals.extend(seals.into_iter().filter(|seal| seal.dialect == dialect));
        entry.seals.sort_by_key(|seal| seal.dialect);
    }
    Ok(chain.ids(&places))
}

/// Seals a corrected downgrade, and lets the lock remember the former one; the upgrade must be as it was sealed.
///
/// # Errors
///
/// The revision is a draft, or more than its downgrade was edited.
pub(crate) fn downgrade(
    chain: &Chain,
    name: &str,
    edit: &mut LockEdit<'_>,
) -> Result<Vec<String>, Failure> {
    let place = chain.find(name)?;
    let id = chain.id(place);
    if chain.checked(place).state == State::Draft {
        return Err(Failure::usage(format!("revision `{id}` is a draft"))
            .help(format!("seal all of it: cargo migrate seal {id}")));
    }
    refuse_problems(chain, &[place], |fact| match fact {
        Fact::EditedRevision(edited) => edited.direction == Direction::Downgrade,
        _ => false,
    })?;
    if chain.checked(place).state != State::Edited {
        return Ok(Vec::new());
    }
    let now = chain.checked(place).seals();
    let Some(entry) = entry_mut(edit, id) else { return Ok(Vec::new()) };
    for seal in &mut entry.seals {
        if let Some(now) = now.iter().find(|now| now.dialect == seal.dialect) {
            correct(seal, now);
        }
    }
    Ok(vec![id.to_owned()])
}

fn correct(seal: &mut Seal, now: &Seal) {
    let (former, checksum) = (seal.downgrade.checksum, now.downgrade.checksum);
    if former == checksum {
        return;
    }
    seal.former_downgrades.retain(|one| *one != checksum && *one != former);
    seal.former_downgrades.push(former);
    seal.downgrade = now.downgrade.clone();
}

/// Writes what a file now says into its revision's entry.
pub(crate) fn replace(edit: &mut LockEdit<'_>, one: &CheckedRevision) {
    if let Some(entry) = entry_mut(edit, &one.revision.id) {
        entry.parents.clone_from(&one.parents);
        entry.replaces = one.revision.replaces.to_vec();
        entry.seals = one.seals();
    }
}

fn entry_mut<'e>(edit: &'e mut LockEdit<'_>, id: &str) -> Option<&'e mut Entry> {
    edit.lock.revisions.iter_mut().find(|entry| entry.id == id)
}

/// Refuses files that have problems of their own, but for those that are `meant` to be settled now.
fn refuse_problems(
    chain: &Chain,
    places: &[u32],
    meant: impl Fn(&Fact) -> bool,
) -> Result<(), Failure> {
    let paths: Vec<String> = places.iter().map(|place| chain.path(*place)).collect();
    let of_the_chain =
        |fact: &Fact| matches!(fact, Fact::MultipleHeads { .. } | Fact::MultipleBases { .. });
    let own = |problem: &&Problem| {
        let Problem { place, fact } = problem;
        paths.contains(&place.path) && !meant(fact) && !of_the_chain(fact)
    };
    let problems: Vec<Problem> = chain.checked.problems.iter().filter(own).cloned().collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::problems(problems)) }
}
