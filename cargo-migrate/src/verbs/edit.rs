//! `edit`: opens a revision's file.

use clap::Args;
use revchain_core::check::State;

use crate::chain::Chain;
use crate::editor;
use crate::failure::Failure;
use crate::project::Project;
use crate::session::Session;

const EXAMPLES: &str = "Examples:
  cargo migrate edit head
  cargo migrate edit 3f2a";

/// Open a revision in the editor
///
/// $VISUAL, else $EDITOR. A sealed revision that was edited wants `cargo migrate amend` afterwards.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Edit {
    /// An id, four or more characters of one, a label, or `head`
    #[arg(value_name = "REVISION")]
    revision: String,
}

impl Edit {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let chain = Chain::of(project.read().1)?;
        let place = chain.find(&self.revision)?;
        editor::open(session, &project.path.join(&*chain.revision(place).path))?;
        let id = chain.id(place);
        let after = project.read().1;
        if after.revision(id).is_some_and(|one| one.state == State::Edited) {
            let help = format!("apply it again and seal it: cargo migrate amend {id}");
            session.output.warn(format_args!("revision `{id}` is sealed and was edited"), &[&help]);
        }
        Ok(())
    }
}
