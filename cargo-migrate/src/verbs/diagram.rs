//! `diagram`: tables and foreign keys as a picture.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::diagram;
use crate::failure::Failure;
use crate::lockfile;
use crate::session::Session;
use crate::verbs::schema::AtArguments;

const EXAMPLES: &str = "Examples:
  cargo migrate diagram --output docs/schema.svg
  cargo migrate diagram --format mermaid
  cargo migrate diagram --at 3f2a --json";

/// Draw the tables and foreign keys that the revisions make, as SVG or Mermaid
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Diagram {
    /// The format; else the one of FILE's ending (`.svg`, `.mmd`, `.mermaid`, `.md`); else `svg`
    #[arg(short, long, value_enum)]
    format: Option<Format>,
    /// Where to write the picture; else it is printed
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    at: AtArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture for browsers and documents, in light and dark
    Svg,
    /// An entity relationship diagram for Markdown
    Mermaid,
}

impl Diagram {
    pub(crate) fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let format = self.format()?;
        let made = self.at.make(session)?;
        let tables = made.snapshot.tables();
        if session.output.is_json() {
            let tables: Vec<Value> = tables
                .iter()
                .map(|table| {
                    let columns: Vec<Value> = table
                        .columns
                        .iter()
                        .map(|one| json!({"name": one.name, "type": one.kind, "key": one.key, "nullable": one.nullable}))
                        .collect();
                    let references: Vec<Value> = table
                        .references
                        .iter()
                        .map(|(columns, to)| json!({"columns": columns, "table": to}))
                        .collect();
                    json!({"name": table.name, "columns": columns, "references": references})
                })
                .collect();
            session.output.json(&json!({ "tables": tables }));
            return Ok(());
        }
        let text = match format {
            Format::Svg => diagram::svg(&tables),
            Format::Mermaid => diagram::mermaid(&tables),
        };
        match &self.output {
            None => session.output.text(&text),
            Some(file) => {
                let path = session.folder.join(file);
                let written = lockfile::replace(&path, &text);
                written.map_err(|error| Failure::file("write", &path, &error))?;
                session.output.done("drawn:", file.display());
            }
        }
        Ok(())
    }

    /// Returns the format: the one that is asked for, else that of the file's ending.
    ///
    /// # Errors
    ///
    /// The file's ending is that of another kind of picture.
    fn format(&self) -> Result<Format, Failure> {
        let (None, Some(file)) = (self.format, &self.output) else {
            return Ok(self.format.unwrap_or(Format::Svg));
        };
        let ending = file.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match &*ending {
            "svg" => Ok(Format::Svg),
            "mmd" | "mermaid" | "md" => Ok(Format::Mermaid),
            _ => {
                let message = format!("the ending of {} says no format", file.display());
                Err(Failure::usage(message).help("say it: --format svg, or --format mermaid"))
            }
        }
    }
}
