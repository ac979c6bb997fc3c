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
    /// The format; else the one of FILE's ending (`.svg`, `.mmd`, `.mermaid`), else `svg`
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
        let ending = self.output.as_ref().and_then(|file| file.extension());
        let of_ending = match ending.map(|ending| ending.to_string_lossy().to_ascii_lowercase()) {
            Some(ending) if ["mmd", "mermaid", "md"].contains(&&*ending) => Format::Mermaid,
            _ => Format::Svg,
        };
        let text = match self.format.unwrap_or(of_ending) {
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
}
