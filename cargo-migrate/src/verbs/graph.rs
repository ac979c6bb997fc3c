//! `graph`: the revisions as a picture.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use revchain::Status;

use crate::chain::Chain;
use crate::database_status::{Standing, warn};
use crate::failure::Failure;
use crate::lockfile;
use crate::picture::{Picture, dot, mermaid, svg};
use crate::project::Project;
use crate::run;
use crate::scene::look_at;
use crate::session::Session;
use crate::settings::Settings;
use crate::url::{DatabaseArguments, DatabaseUrl};

const EXAMPLES: &str = "Examples:
  cargo migrate graph --output docs/revisions.svg
  cargo migrate graph --format mermaid --no-database
  cargo migrate graph --format dot | dot -Tpng > revisions.png
  cargo migrate graph --json                  nodes and edges
On a terminal: cargo migrate history --graph";

/// Draw the revisions as SVG, Mermaid or Graphviz
///
/// Newest first: branches in lanes, labels, dependencies as dashed lines, drafts. Where a database is named, it is asked what
/// it has: its place is marked, and what is pending, half done, edited or unknown to the set. Nothing is written to it. The
/// picture changes only when the revisions or the database do.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Graph {
    /// The format; else the one of FILE's ending (`.svg`, `.mmd`, `.mermaid`, `.dot`, `.gv`), else `svg`
    #[arg(short, long, value_enum)]
    format: Option<Format>,
    /// Where to write the picture; else it is printed
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Ask no database: the picture is the same for everybody
    #[arg(long, conflicts_with = "database_url")]
    no_database: bool,
    #[command(flatten)]
    database: DatabaseArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture for browsers and documents, in light and dark
    Svg,
    /// A flowchart for Markdown
    Mermaid,
    /// For Graphviz
    Dot,
}

impl Graph {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let format = self.format(session)?;
        let project = Project::find(session)?;
        let mut chain = Chain::of(project.read().1)?;
        let status = self.status(session, &project, &chain)?;
        chain.standing = status.as_ref().map(|status| Standing::of(status, &chain.set));
        let name = project.name().unwrap_or_default();
        let picture = Picture::of(&chain, name, status.as_ref());
        if session.output.is_json() {
            session.output.json(&picture.json());
        } else {
            let text = match format {
                Format::Svg => svg::write(&picture),
                Format::Mermaid => mermaid::write(&picture),
                Format::Dot => dot::write(&picture),
            };
            match &self.output {
                None => session.output.text(&text),
                Some(file) => write(session, file, &text)?,
            }
        }
        chain.warn(&mut session.output);
        if let Some(status) = &status {
            warn(status, &mut session.output);
        }
        Ok(())
    }

    fn format(&self, session: &Session<'_>) -> Result<Format, Failure> {
        if session.output.is_json() && (self.format.is_some() || self.output.is_some()) {
            return Err(Failure::usage("`--json` is a format of its own, and is printed")
                .help("write it to a file: cargo migrate graph --json > revisions.json"));
        }
        let Some(file) = self.output.as_deref().filter(|_| self.format.is_none()) else {
            return Ok(self.format.unwrap_or(Format::Svg));
        };
        let ending = file.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match &*ending {
            "svg" => Ok(Format::Svg),
            "mmd" | "mermaid" => Ok(Format::Mermaid),
            "dot" | "gv" => Ok(Format::Dot),
            _ => {
                let message = format!("the ending of {} names no format", file.display());
                Err(Failure::usage(message).help("name one: --format svg, mermaid or dot"))
            }
        }
    }

    /// Asks the database that is at hand; one that does not answer leaves the picture without states.
    fn status(
        &self,
        session: &mut Session<'_>,
        project: &Project,
        chain: &Chain,
    ) -> Result<Option<Status>, Failure> {
        if self.no_database {
            return Ok(None);
        }
        let variable = Settings::read(project).map(|settings| settings.database_url_variable);
        let found =
            variable.and_then(|variable| DatabaseUrl::find_any(session, &self.database, &variable));
        let url = match found {
            Ok(None) => return Ok(None),
            Ok(Some(url)) => Ok(url),
            // Somebody has just typed it.
            Err(failure) if self.database.database_url.is_some() => return Err(failure),
            Err(failure) => Err(failure),
        };
        match url.and_then(|url| look_at(&url, session, &run::of_chain(chain)?)) {
            Ok(status) => Ok(Some(status)),
            Err(failure) => {
                let message = format!("{}: drawn without states", failure.message());
                session.output.warn(message, &["ask none: cargo migrate graph --no-database"]);
                Ok(None)
            }
        }
    }
}

fn write(session: &mut Session<'_>, file: &Path, text: &str) -> Result<(), Failure> {
    let path = session.folder.join(file);
    lockfile::replace(&path, text).map_err(|error| Failure::file("write", &path, &error))?;
    session.output.done("drawn:", file.display());
    Ok(())
}
