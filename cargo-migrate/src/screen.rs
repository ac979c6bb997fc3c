//! One screen about one set: where its database is, what is left to do, and the next command.

use revchain::Status;
use revchain_core::check::State;
use revchain_core::problem::Fact;
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::database_status;
use crate::failure::Failure;
use crate::output::{Output, STRONG, counted};

/// What is known of one set.
pub(crate) struct Screen {
    pub(crate) name: String,
    pub(crate) folder: String,
    pub(crate) chain: Chain,
    /// Its URL and where it is, or why that is not known.
    pub(crate) database: Result<(String, Status), Failure>,
}

/// Of a long list so many are shown.
const SHOWN: usize = 10;

impl Screen {
    /// Prints it.
    pub(crate) fn print(&self, output: &mut Output<'_>) {
        let Self { name, folder, chain, database } = self;
        let heads = chain.ids(&chain.graph.heads()).join(", ");
        let heads = if heads.is_empty() { "none".to_owned() } else { heads };
        output.data(format_args!(
            "set       {name} in {folder}: {}",
            counted(chain.len() as usize, "revision")
        ));
        output.data(format_args!("head      {}", output.paint(STRONG, heads)));
        match database {
            Err(failure) => {
                let message = failure.message();
                output.data(format_args!("database  {message}"));
            }
            Ok((url, status)) => {
                output.data(format_args!("database  {url}"));
                let at = if status.heads.is_empty() {
                    "base".to_owned()
                } else {
                    status.heads.join(", ")
                };
                output.data(format_args!("current   {}", output.paint(STRONG, at)));
                let named = |list: &[revchain::Named]| -> Vec<String> {
                    list.iter().map(|one| format!("{} {}", one.revision, one.message)).collect()
                };
                list(output, "pending", &named(&status.pending));
                list(output, "half done", &named(&status.half_done));
                list(output, "edited", &named(&status.edited));
                let unknown = status
                    .unknown
                    .iter()
                    .map(|one| format!("{} {}, by {}", one.revision, one.message, one.application));
                list(output, "unknown", &unknown.collect::<Vec<_>>());
            }
        }
        list(output, "drafts", &self.drafts());
        let problems: Vec<String> = chain
            .checked
            .problems
            .iter()
            .map(|one| format!("{} [{}]", one.message(), one.code()))
            .collect();
        list(output, "problems", &problems);
        output.data(format_args!("next      {}", self.next()));
    }

    fn drafts(&self) -> Vec<String> {
        let chain = &self.chain;
        let is_draft = |place: &u32| chain.checked(*place).state == State::Draft;
        let line = |place: u32| format!("{} {}", chain.id(place), chain.revision(place).message);
        (0..chain.len()).filter(is_draft).map(line).collect()
    }

    /// Returns the command that leads on from here.
    fn next(&self) -> String {
        let problems = &self.chain.checked.problems;
        let any = |is: fn(&Fact) -> bool| problems.iter().any(|problem| is(&problem.fact));
        let all = |is: fn(&Fact) -> bool| problems.iter().all(|problem| is(&problem.fact));
        let edited =
            |fact: &Fact| matches!(fact, Fact::EditedRevision(_) | Fact::ReparentedRevision { .. });
        let command = if any(|fact| matches!(fact, Fact::MalformedLock(_))) {
            "cargo migrate lock"
        } else if !problems.is_empty() && all(|fact| matches!(fact, Fact::MultipleHeads { .. })) {
            "cargo migrate merge, or cargo migrate rebase"
        } else if !problems.is_empty() && all(edited) {
            "cargo migrate amend"
        } else if !problems.is_empty() {
            "cargo migrate check"
        } else {
            match &self.database {
                Err(failure) => {
                    return failure
                        .first_help()
                        .unwrap_or_else(|| "cargo migrate check".to_owned());
                }
                Ok((_, status)) if !status.edited.is_empty() => "cargo migrate amend",
                Ok((_, status)) if !status.unknown.is_empty() => {
                    "cargo migrate downgrade head --stored"
                }
                Ok((_, status)) if !(status.pending.is_empty() && status.half_done.is_empty()) => {
                    "cargo migrate upgrade"
                }
                Ok(_) if !self.drafts().is_empty() => "cargo migrate upgrade",
                Ok(_) if self.chain.len() == 0 => "cargo migrate new \"<what it does>\"",
                Ok(_) if self.chain.graph.heads().len() > 1 => {
                    "nothing to do: the database is at all heads"
                }
                Ok(_) => "nothing to do: the database is at the head",
            }
        };
        command.to_owned()
    }

    /// Returns the screen as `--json` shows it.
    pub(crate) fn json(&self) -> Value {
        let Self { name, folder, chain, database } = self;
        let database = match database {
            Ok((url, status)) => database_status::json(url, status),
            Err(failure) => json!({"error": failure.message()}),
        };
        let drafts: Vec<&str> = (0..chain.len())
            .filter(|place| chain.checked(*place).state == State::Draft)
            .map(|place| chain.id(place))
            .collect();
        json!({
            "set": name,
            "folder": folder,
            "revisions": chain.len(),
            "heads": chain.ids(&chain.graph.heads()),
            "drafts": drafts,
            "problems": chain.checked.problems.iter().map(crate::failure::problem).collect::<Vec<_>>(),
            "database": database,
            "next": self.next(),
        })
    }
}

/// Prints a list under a heading; nothing when it is empty.
fn list(output: &mut Output<'_>, heading: &str, lines: &[String]) {
    for (index, line) in lines.iter().take(SHOWN).enumerate() {
        let heading = if index == 0 { heading } else { "" };
        output.data(format_args!("{heading:<9} {line}"));
    }
    if lines.len() > SHOWN {
        output.data(format_args!("          … and {} more", lines.len() - SHOWN));
    }
}
