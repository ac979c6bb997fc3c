//! `seal`: writes checksums into the lock.

use clap::Args;
use revchain_core::check::{CheckedRevision, State};
use revchain_core::checksum::Direction;
use revchain_core::lock::{Entry, Seal as LockSeal};
use revchain_core::problem::Fact;
use revchain_core::{Dialect, Problem};
use serde_json::json;

use crate::chain::Chain;
use crate::failure::Failure;
use crate::lockfile::LockEdit;
use crate::project::Project;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate seal                            all drafts
  cargo migrate seal 3f2a
  cargo migrate seal --downgrade 3f2a           a corrected downgrade, published or not
  cargo migrate seal --dialect postgres         checksums of a dialect that is new to the set

`upgrade` seals each revision once the database has it. An edited upgrade is sealed again by `amend`.";

/// Seal drafts, or a corrected downgrade
///
/// What is sealed cannot be edited unseen: the compiler compares file and checksum.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Seal {
    /// The drafts: ids, four or more characters of them, labels, or `head`; else all
    #[arg(value_name = "REVISION")]
    revisions: Vec<String>,
    /// Seal the downgrade of this revision as it is now; the lock remembers the former checksum
    #[arg(long, value_name = "REVISION", conflicts_with_all = ["revisions", "dialect", "all"])]
    downgrade: Option<String>,
    /// Add the checksums of this dialect, and change no other
    #[arg(long, value_name = "DIALECT", conflicts_with = "all")]
    dialect: Option<Dialect>,
    /// In every set at or below the current folder
    #[arg(long, conflicts_with = "revisions")]
    all: bool,
}

impl Seal {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let mut sealed = Vec::new();
        for project in Project::find_some(session, self.all)? {
            let mut edit = LockEdit::begin(session, &project)?;
            let chain = Chain::of(edit.checked.clone())?;
            let mut done = match (&self.downgrade, self.dialect) {
                (Some(name), _) => corrected(&chain, name, &mut edit)?,
                (None, Some(dialect)) => self.dialect(&chain, dialect, &mut edit)?,
                (None, None) => self.drafts(&chain, &mut edit)?,
            };
            edit.finish()?;
            sealed.append(&mut done);
        }
        if session.output.is_json() {
            session.output.json(&json!({ "sealed": sealed }));
        } else if sealed.is_empty() {
            session.output.say("nothing to seal");
        } else {
            sealed.iter().for_each(|id| session.output.done("sealed:", id));
        }
        Ok(())
    }

    fn drafts(&self, chain: &Chain, edit: &mut LockEdit<'_>) -> Result<Vec<String>, Failure> {
        let is_draft = |place: &u32| chain.checked(*place).state == State::Draft;
        let places: Vec<u32> = if self.revisions.is_empty() {
            (0..chain.len()).filter(is_draft).collect()
        } else {
            chain.find_all(&self.revisions)?
        };
        if let Some(place) = places.iter().find(|place| !is_draft(place)) {
            return match chain.checked(*place).state {
                State::Unlisted => {
                    Err(Failure::new(format!("revision `{}` is not in the lock", chain.id(*place)))
                        .help(format!("add it first: cargo migrate add {}", chain.path(*place))))
                }
                State::Edited => Err(Failure::new(format!(
                    "revision `{}` is sealed, and was edited",
                    chain.id(*place)
                ))
                .help(format!(
                    "apply it again and seal it: cargo migrate amend {}",
                    chain.id(*place)
                ))
                .help(format!(
                    "or only its downgrade was corrected: cargo migrate seal --downgrade {}",
                    chain.id(*place)
                ))),
                _ => Ok(Vec::new()),
            };
        }
        refuse_problems(chain, &places, &["edited-revision"])?;
        for place in &places {
            let one = chain.checked(*place);
            replace(edit, one, one.seals());
        }
        Ok(chain.ids(&places))
    }

    fn dialect(
        &self,
        chain: &Chain,
        dialect: Dialect,
        edit: &mut LockEdit<'_>,
    ) -> Result<Vec<String>, Failure> {
        let dialects = chain.set.settings.dialects;
        if !dialects.contains(dialect) {
            return Err(Failure::usage(format!("the set does not serve {dialect}"))
                .help(format!("let it: cargo migrate set dialects {dialects} {dialect}")));
        }
        let lacks = |place: &u32| {
            let entry = edit.lock.entry(chain.id(*place));
            entry.is_some_and(|entry| !entry.is_draft() && entry.seal(dialect).is_none())
        };
        let places: Vec<u32> = if self.revisions.is_empty() {
            (0..chain.len()).filter(lacks).collect()
        } else {
            chain.find_all(&self.revisions)?.into_iter().filter(lacks).collect()
        };
        let unsealed =
            |problem: &Problem| matches!(problem.fact, Fact::MissingDialect { unsealed: true, .. });
        let own = |problem: &&Problem| {
            !unsealed(problem)
                && places.iter().any(|place| problem.place.path == chain.path(*place))
        };
        let problems: Vec<Problem> = chain.checked.problems.iter().filter(own).cloned().collect();
        if !problems.is_empty() {
            return Err(Failure::problems(problems));
        }
        for place in &places {
            let one = chain.checked(*place);
            let Some(entry) = entry_mut(edit, &one.revision.id) else { continue };
            entry.seals.extend(one.seals().into_iter().filter(|seal| seal.dialect == dialect));
            entry.seals.sort_by_key(|seal| seal.dialect);
        }
        Ok(chain.ids(&places))
    }
}

/// Seals a corrected downgrade; the upgrade must be as it was sealed.
fn corrected(chain: &Chain, name: &str, edit: &mut LockEdit<'_>) -> Result<Vec<String>, Failure> {
    let place = chain.find(name)?;
    let one = chain.checked(place);
    let id = chain.id(place);
    if one.state == State::Draft {
        return Err(Failure::usage(format!("revision `{id}` is a draft"))
            .help(format!("seal all of it: cargo migrate seal {id}")));
    }
    let is_downgrade = |problem: &Problem| matches!(&problem.fact, Fact::EditedRevision(edited) if edited.direction == Direction::Downgrade);
    let own =
        |problem: &&Problem| problem.place.path == chain.path(place) && !is_downgrade(problem);
    let problems: Vec<Problem> = chain.checked.problems.iter().filter(own).cloned().collect();
    if !problems.is_empty() {
        return Err(Failure::problems(problems));
    }
    if one.state != State::Edited {
        return Ok(Vec::new());
    }
    let now = one.seals();
    let Some(entry) = entry_mut(edit, id) else { return Ok(Vec::new()) };
    for seal in &mut entry.seals {
        if let Some(now) = now.iter().find(|now| now.dialect == seal.dialect) {
            correct(seal, now);
        }
    }
    Ok(vec![id.to_owned()])
}

fn correct(seal: &mut LockSeal, now: &LockSeal) {
    let (former, checksum) = (seal.downgrade.checksum, now.downgrade.checksum);
    if former == checksum {
        return;
    }
    seal.former_downgrades.retain(|one| *one != checksum && *one != former);
    seal.former_downgrades.push(former);
    seal.downgrade = now.downgrade.clone();
}

/// Puts checksums into a revision's entry.
pub(super) fn replace(edit: &mut LockEdit<'_>, one: &CheckedRevision, seals: Vec<LockSeal>) {
    if let Some(entry) = entry_mut(edit, &one.revision.id) {
        entry.parents.clone_from(&one.parents);
        entry.seals = seals;
    }
}

fn entry_mut<'e>(edit: &'e mut LockEdit<'_>, id: &str) -> Option<&'e mut Entry> {
    edit.lock.revisions.iter_mut().find(|entry| entry.id == id)
}

/// Refuses to seal files that have problems other than `but`.
pub(super) fn refuse_problems(chain: &Chain, places: &[u32], but: &[&str]) -> Result<(), Failure> {
    let paths: Vec<String> = places.iter().map(|place| chain.path(*place)).collect();
    let own = |problem: &&Problem| {
        !but.contains(&problem.code())
            && !["multiple-heads", "multiple-bases"].contains(&problem.code())
            && paths.contains(&problem.place.path)
    };
    let problems: Vec<Problem> = chain.checked.problems.iter().filter(own).cloned().collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::problems(problems)) }
}
