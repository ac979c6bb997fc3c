//! Reads a downgrade that a database stored, by the same rules as a file's.

use std::fmt::Write as _;

use super::File;
use super::parts::{read_section, statement_facts};
use crate::checksum::{Body, Checksum, Direction, Identity, checksum};
use crate::dialect::Dialect;
use crate::problem::{Place, Problem};
use crate::set::Section;
use crate::text::joined;

/// A downgrade from a ledger, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDowngrade {
    /// The text that the section's spans point into.
    pub text: String,
    /// The statements, or none where the revision was irreversible.
    pub section: Option<Section>,
    /// The checksum, to compare with the row's.
    pub checksum: Checksum,
}

impl StoredDowngrade {
    /// Reads a section as the ledger keeps it, marker line first.
    ///
    /// # Errors
    ///
    /// What is wrong with the section, as for a file.
    ///
    /// ```
    /// use revchain_core::{Dialect, check::stored::StoredDowngrade};
    ///
    /// let stored = "-- migrate:downgrade\nDROP TABLE users;";
    /// let read = StoredDowngrade::read("a1", &[], &[], stored, Dialect::Sqlite).unwrap();
    /// assert_eq!(read.section.unwrap().statements[0].of(&read.text), "DROP TABLE users");
    ///
    /// let stored = "-- migrate:downgrade\nCOMMIT;";
    /// assert!(StoredDowngrade::read("a1", &[], &[], stored, Dialect::Sqlite).is_err());
    /// ```
    pub fn read(
        id: &str,
        parents: &[String],
        dependencies: &[String],
        stored: &str,
        dialect: Dialect,
    ) -> Result<Self, Vec<Problem>> {
        let mut text = String::new();
        let revises = if parents.is_empty() { "base".to_owned() } else { joined(parents, ", ") };
        let _ = write!(text, "-- revision: {id}\n-- revises: {revises}\n\n{stored}\n");
        let place = format!("the stored downgrade of {id}");
        let file = File::read(place.clone(), "", &text);
        if !file.problems.is_empty() {
            return Err(file.problems);
        }
        let identity = Identity {
            id,
            parents: &borrowed(parents),
            dependencies: &borrowed(dependencies),
            replaces: file.script.replaces.map(|replaces| replaces.whole.text),
        };
        let hash = |body: &Body<'_>| checksum(&identity, Direction::Downgrade, body);
        if let Some(reason) = file.script.irreversible {
            let checksum = hash(&Body::Irreversible { reason: reason.text });
            return Ok(Self { section: None, checksum, text });
        }
        let problem = |range: std::ops::Range<usize>, fact| Problem {
            place: Place::span(&place, &text, range.start, range.end),
            fact,
        };
        let Some(section) = file.script.sections.first() else {
            return Ok(Self {
                section: None,
                checksum: hash(&Body::Irreversible { reason: "" }),
                text,
            });
        };
        let (read, split) = read_section(&text, section, dialect)
            .map_err(|(range, fact)| vec![problem(range, fact)])?;
        let mut problems = Vec::new();
        for (fact, index) in statement_facts(Direction::Downgrade, &read, &split, dialect) {
            let span = read.statements[index];
            problems.push(problem(span.start as usize..span.end as usize, fact));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let checksum = hash(&Body::Section { options: read.options, tokens: &split.tokens });
        Ok(Self { section: Some(read), checksum, text })
    }
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    let mut borrowed = Vec::with_capacity(texts.len());
    for text in texts {
        borrowed.push(text.as_str());
    }
    borrowed
}
