//! The command line: its verbs, and the page that lists them.

use clap::Parser;
use revchain::cli::arguments::Globals;

use crate::verbs::Verb;

const TEMPLATE: &str = "{about}\n\n{usage-heading} {usage}{after-help}\n\nOptions:\n{options}";

const VERBS: &str = "\
Begin:
  init        Make the migrations folder, its lock and the build script
  new         Write a new revision (alias: revision); from the desired schema: --autogenerate
  baseline    Make an existing database the first revision
  import      Make revisions of another tool's migrations
  export      Write the revisions as files of another tool
  merge       Join heads with a new revision
  rebase      Put your unpublished revisions on another head
  squash      Put one revision in the place of a range; drop what is replaced (--prune)
  edit        Open a revision in the editor
  add         List revision files that were written by hand
  derive-downgrade  Write the downgrade that a revision lacks, from what it does to the schema

Database:
  upgrade     Apply revisions (alias: up)
  downgrade   Take revisions back (alias: down)
  amend       Apply edited revisions again and seal them: one command an edit
  reset       Take everything back, or drop it, and apply all revisions again: for development
  plan        Show what a run would do on this database
  stamp       Record revisions as applied without running them
  adopt-history  Record what another tool has applied, as its table says
  ensure-version  Make the ledger, where it is missing
  current     Show what is applied
  verify      Tell by the exit code whether the database is where this set wants it
  mark        Mark the database with its environment, so that nothing is undone there by mistake
  resolve     Say how a statement ended when the database cannot tell

Look:
  status      Show database, drafts, problems and the next command on one screen
  check       Report all problems, as the compiler does
  history     List revisions, newest first, or draw them (--graph)
  graph       Draw the revisions as SVG, Mermaid or Graphviz
  heads       List the heads
  branches    List the branch points
  show        Show all that is known of revisions

Schema:
  diff        Print the statements from one schema to another, and back
  drift       Tell what a database has that its revisions do not make, or lacks
  schema      Print the schema that the revisions make
  diagram     Draw tables and foreign keys as SVG or Mermaid

Lock:
  seal        Seal drafts, or a corrected downgrade
  lock        Write the lock again; settle a merge conflict in it
  set         Change a setting of the set: dialects, heads, history, name

`cargo migrate help VERB` tells all of a verb, with examples.
Exit codes: 0 done, 1 failed, 2 usage, 3 the set has problems, 4 the database is not what the
set expects, 5 try again (run lock, unreachable).
";

/// Write, check, apply and take back the revisions of a database.
#[derive(Debug, Parser)]
#[command(
    name = "cargo migrate",
    bin_name = "cargo migrate",
    version,
    help_template = TEMPLATE,
    after_help = VERBS,
    term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = false
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_page_of_verbs_names_every_verb_and_alias() {
        for verb in Arguments::command().get_subcommands() {
            let line = VERBS.lines().find(|line| line.trim_start().starts_with(verb.get_name()));
            let line = line.unwrap_or_else(|| panic!("`{}` is not listed", verb.get_name()));
            for alias in verb.get_visible_aliases() {
                assert!(line.contains(alias), "{alias} is not listed");
            }
        }
    }

    #[test]
    fn every_verb_has_examples() {
        for verb in Arguments::command().get_subcommands() {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Examples:\n"), "`{}` has none", verb.get_name());
            assert!(help.lines().all(|line| line.len() <= 100), "a line of `{}`", verb.get_name());
        }
    }
}
