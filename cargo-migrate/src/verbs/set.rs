//! `set`: changes what the lock fixes for the whole set.

use crate::failure::Failure;
use crate::lockfile::LockEdit;
use crate::project::Project;
use crate::session::Session;
use crate::words::{dialects, heads, history, set_name};
use clap::{Args, ValueEnum};

const EXAMPLES: &str = "Examples:
  cargo migrate set dialects sqlite postgres
  cargo migrate set heads many
  cargo migrate set history app.schema_history
  cargo migrate set name billing";

/// Change a setting of the set
///
/// The settings stand in the lock, because checks, checksums or the ledger's place depend on them.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Set {
    /// The setting
    #[arg(value_name = "SETTING")]
    setting: Setting,
    /// Its value; for `dialects` one or several
    #[arg(value_name = "VALUE", required = true)]
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Setting {
    /// The databases that every revision must serve: sqlite, postgres, mysql
    Dialects,
    /// How many heads the set may have: one, many
    Heads,
    /// The ledger's table: [schema.]table
    History,
    /// The set's name, which keeps it apart from others in the same ledger
    Name,
}

impl Set {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let project = Project::find(session)?;
        let mut edit = LockEdit::begin(session, &project)?;
        let settings = &mut edit.lock.settings;
        let before = settings.clone();
        if self.setting == Setting::Dialects {
            settings.dialects = dialects(&self.values)?;
        } else {
            let [value] = &self.values[..] else {
                return Err(Failure::usage("this setting takes one value"));
            };
            match self.setting {
                Setting::Dialects => {}
                Setting::Heads => settings.heads = heads(value)?,
                Setting::History => settings.history = history(value)?,
                Setting::Name => settings.name = set_name(value)?.into(),
            }
        }
        let after = settings.clone();
        edit.finish()?;
        if before == after {
            session.output.say("nothing to change: it is set so already");
            return Ok(());
        }
        session.output.done("set:", self.values.join(" "));
        for dialect in after.dialects.iter().filter(|one| !before.dialects.contains(*one)) {
            session.output.say(format_args!(
                "what is sealed wants checksums for it: cargo migrate seal --dialect {dialect}"
            ));
        }
        if before.name != after.name || before.history != after.history {
            session
                .output
                .say("a database that was upgraded before knows the set by the former setting");
        }
        Ok(())
    }
}
