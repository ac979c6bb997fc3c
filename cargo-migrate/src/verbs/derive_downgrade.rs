//! `derive-downgrade`: ways back that nobody wrote.

use clap::Args;
use revchain_core::set::Downgrade;
use serde_json::json;

use crate::chain::Chain;
use crate::deriving::{self, WayBack};
use crate::failure::Failure;
use crate::lockfile::LockEdit;
use crate::output::counted;
use crate::project::Project;
use crate::session::Session;
use crate::verbs::diff::ScratchArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate derive-downgrade 3f2a
  cargo migrate derive-downgrade 3f2a --dry-run    show it, and write nothing
  cargo migrate derive-downgrade --all             of all that have none
  cargo migrate derive-downgrade 3f2a --replace    in the place of the one that is there

What the upgrade dropped comes back empty. Where no way back is found, the file says why:
`-- migrate:irreversible`.";

/// Write the downgrade that a revision lacks, from what its upgrade does to the schema
///
/// The revisions are applied in scratch databases, with and without it; what leads back is planned, tried there with rows in
/// every table that it reaches, and written into the file. A sealed revision stays sealed: its upgrade is as it was.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DeriveDowngrade {
    /// The revisions: ids, four or more characters of them, labels, or `head`
    #[arg(value_name = "REVISION", required_unless_present = "all")]
    revisions: Vec<String>,
    /// All revisions that have no downgrade, the irreversible ones among them
    #[arg(long, conflicts_with_all = ["revisions", "replace"])]
    all: bool,
    /// Also where there is a downgrade
    #[arg(long)]
    replace: bool,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    scratch: ScratchArguments,
}

impl DeriveDowngrade {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let chain = if self.dry_run {
            Chain::of(project.read().1)?
        } else {
            // The folder is not held while databases are made; what is written is compared again.
            Chain::of(LockEdit::begin(session, &project)?.checked.clone())?
        };
        let places = if self.all { without(&chain) } else { self.named(&chain)? };
        let server = self.scratch.server(session, Some(&project))?;
        let derived = deriving::derive(session, &chain, &places, server.as_ref())?;
        if !self.dry_run && !derived.is_empty() {
            deriving::write(session, &project, &chain, &derived)?;
        }
        report(session, &derived, self.dry_run);
        Ok(())
    }

    fn named(&self, chain: &Chain) -> Result<Vec<u32>, Failure> {
        let places = chain.find_all(&self.revisions)?;
        for place in &places {
            let (id, path) = (chain.id(*place), chain.path(*place));
            if chain.revision(*place).is_rust() {
                return Err(Failure::usage(format!("revision `{id}` is written in Rust"))
                    .help(format!("write its function `downgrade`: {path}")));
            }
            if has_downgrade(chain, *place) && !self.replace {
                return Err(Failure::usage(format!("revision `{id}` has a downgrade"))
                    .note(path)
                    .help(format!(
                        "put another in its place: cargo migrate derive-downgrade {id} --replace"
                    )));
            }
        }
        Ok(places)
    }
}

/// Returns the revisions that have no way back, and could have one.
pub(crate) fn without(chain: &Chain) -> Vec<u32> {
    let lacks = |place: &u32| !chain.revision(*place).is_rust() && !has_downgrade(chain, *place);
    chain.places().into_iter().filter(lacks).collect()
}

/// Tells whether a revision can be taken back, or does nothing that could be.
fn has_downgrade(chain: &Chain, place: u32) -> bool {
    chain.revision(place).parts.iter().all(|part| match &part.downgrade {
        Downgrade::Section(section) => {
            !section.statements.is_empty() || part.upgrade.statements.is_empty()
        }
        Downgrade::Irreversible(_) => false,
    })
}

/// Prints what became of each.
fn report(session: &mut Session<'_>, derived: &[WayBack], dry: bool) {
    if session.output.is_json() {
        let one = |way: &WayBack| {
            json!({
                "revision": way.id,
                "path": way.path,
                "downgrade": way.irreversible.is_none().then_some(&way.sections),
                "irreversible": way.irreversible,
                "lost": way.lost,
                "refused_by_rows": way.refusals,
            })
        };
        return session.output.json(&json!({
            "written": !dry,
            "derived": derived.iter().map(one).collect::<Vec<_>>(),
        }));
    }
    if dry {
        derived.iter().for_each(|way| session.output.data(&way.sections));
    }
    tell(session, derived, dry);
    match derived.iter().filter(|way| way.irreversible.is_none()).count() {
        0 if derived.is_empty() => session.output.say("nothing to do: each has a downgrade"),
        found if dry => {
            session
                .output
                .say(format_args!("{} derived, none written", counted(found, "downgrade")));
        }
        found => session.output.say(format_args!("{} derived", counted(found, "downgrade"))),
    }
}

/// Tells what became of each.
pub(crate) fn tell(session: &mut Session<'_>, derived: &[WayBack], dry: bool) {
    let done = if dry { "would derive:" } else { "derived:" };
    for way in derived {
        if let Some(reason) = &way.irreversible {
            session.output.warn(
                format_args!("no way back is found for `{}`: {reason}", way.id),
                &[&format!("write it by hand below `-- migrate:downgrade`: {}", way.path)],
            );
            continue;
        }
        session.output.done(done, format_args!("the downgrade of {}, in {}", way.id, way.path));
        for lost in &way.lost {
            session.output.say(format_args!("  `{lost}` comes back empty: the upgrade drops it"));
        }
        for refusal in &way.refusals {
            session.output.say(format_args!("  rows can be in its way: {refusal}"));
        }
    }
}
