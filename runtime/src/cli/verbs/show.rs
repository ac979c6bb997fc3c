//! `show`: all that is known of revisions.

use crate::{Target, TargetError};
use clap::Args;
use revchain_core::Walk;
use revchain_core::walk::find_replaced;

use crate::cli::chain::{Chain, instead_of_replaced};
use crate::cli::failure::Failure;
use crate::cli::scene::{Scene, look};
use crate::cli::session::Session;
use crate::cli::url::DatabaseArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate show head
  cargo migrate show 3f2a 9b1d
  cargo migrate show current            where the database is
  cargo migrate show 3f2a9c1b7d04 --json";

/// Show all that is known of revisions
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Show {
    /// An id, four or more characters of one, a label, `head`, `heads` or `current`
    #[arg(value_name = "REVISION", required = true)]
    revisions: Vec<String>,
    #[command(flatten)]
    database: DatabaseArguments,
}

impl Show {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let chain = scene.chain(session)?;
        let mut targets = Vec::new();
        for word in &self.revisions {
            targets.push(word.parse::<Target>()?);
        }
        let mut applied = Vec::new();
        if targets.contains(&Target::Current) {
            applied = look(scene, session, &chain, &self.database)?.1.applied;
        }
        let walk = chain.walk(&applied);
        let mut places = Vec::new();
        for target in &targets {
            match target {
                Target::Current => places.extend(walk.current()),
                target => places.extend(named(&chain, &walk, target)?),
            }
        }
        places.sort_unstable();
        places.dedup();
        // One that was named alone is one value; several are a list, however many they turn out to be.
        let is_one = matches!(&targets[..], [one] if matches!(one.branch().1, Target::Head | Target::Revision(_)));
        if session.output.is_json() && is_one {
            places.iter().for_each(|place| session.output.json(&chain.json(*place)));
            return Ok(());
        }
        super::heads::print(&chain, &places, true, session);
        Ok(())
    }
}

/// Finds what a target names, also a revision that another replaces.
fn named(chain: &Chain, walk: &Walk<'_>, target: &Target) -> Result<Vec<u32>, Failure> {
    let error = match walk.named(target) {
        Ok(places) => return Ok(places),
        Err(error) => error,
    };
    if let (Target::Revision(name), TargetError::Unknown { .. }) = (target, &error) {
        let replaced = find_replaced(&chain.set, name)?.and_then(|id| chain.set.place(&id));
        if let Some(place) = replaced {
            return Ok(vec![place]);
        }
    }
    Err(instead_of_replaced(&chain.set, target, error))
}
