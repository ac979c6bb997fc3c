//! Ways back that nobody wrote, found by comparing the schema after a revision with the one before it.

mod walk;

use revchain_core::Dialect;
use revchain_core::checksum::Direction;
use revchain_core::script::Script;
use revchain_schema::{Choices, renames_by};

use crate::chain::Chain;
use crate::exit::Exit;
use crate::failure::{Failure, What};
use crate::lockfile::{self, LockEdit};
use crate::project::Project;
use crate::proposal::Proposal;
use crate::scratch::Servers;
use crate::sealing;
use crate::session::Session;
use crate::verbs::diff::{options, statement_text};
use walk::Walk;

/// The way back of a revision.
#[derive(Debug)]
pub(crate) struct WayBack {
    pub(crate) id: String,
    /// The file's path, as it is shown.
    pub(crate) path: String,
    /// The downgrade's sections; where there is none, the line that says why.
    pub(crate) sections: String,
    /// Why it cannot be taken back.
    pub(crate) irreversible: Option<String>,
    /// What its upgrade loses: it comes back without its rows, or its values.
    pub(crate) lost: Vec<String>,
    /// What rows can have against it.
    pub(crate) refusals: Vec<String>,
    /// The file with it.
    text: String,
}

/// Derives the way back of revisions, and proves each, with rows in every table. Nothing is written.
///
/// # Errors
///
/// A revision is written in Rust, or cannot be applied; there is no server to try it on.
pub(crate) fn derive(
    session: &mut Session<'_>,
    chain: &Chain,
    places: &[u32],
    servers: &Servers,
) -> Result<Vec<WayBack>, Failure> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let dialects = chain.set.settings.dialects.iter();
    let mut walks: Vec<Walk<'_>> = dialects
        .map(|dialect| Walk::begin(session, chain, dialect, servers))
        .collect::<Result<_, _>>()?;
    places.iter().map(|place| of_revision(session, chain, *place, &mut walks)).collect()
}

/// Writes the ways back into the files, and seals them where their revisions are sealed.
///
/// # Errors
///
/// A file or the lock cannot be written; the files are then as they were.
pub(crate) fn write(
    session: &mut Session<'_>,
    project: &Project,
    chain: &Chain,
    derived: &[WayBack],
) -> Result<(), Failure> {
    let mut before = Vec::new();
    let mut write = || {
        let edit = LockEdit::begin(session, project)?;
        let now = Chain::of(edit.checked.clone())?;
        for way in derived {
            let revision = now.revision(now.find(&way.id)?);
            if revision.text != chain.revision(chain.find(&way.id)?).text {
                return Err(Failure::new(format!("{} was edited meanwhile", way.path))
                    .help(format!("do it again: cargo migrate derive-downgrade {}", way.id)));
            }
            let path = project.path.join(&*revision.path);
            before.push((path.clone(), revision.text.to_string()));
            lockfile::replace(&path, &way.text)
                .map_err(|error| Failure::file("write", &path, &error))?;
        }
        drop(edit);
        let mut edit = LockEdit::begin(session, project)?;
        let chain = Chain::of(edit.checked.clone())?;
        for way in derived {
            let is_sealed = edit.lock.entry(&way.id).is_some_and(|entry| !entry.is_draft());
            if is_sealed {
                sealing::downgrade(&chain, &way.id, &mut edit)?;
            }
        }
        edit.finish().map(|_| ())
    };
    write().inspect_err(|_| {
        for (path, text) in &before {
            let _ = lockfile::replace(path, text);
        }
    })
}

fn of_revision(
    session: &mut Session<'_>,
    chain: &Chain,
    place: u32,
    walks: &mut [Walk<'_>],
) -> Result<WayBack, Failure> {
    let (revision, path) = (chain.revision(place), chain.path(place));
    let script = Script::parse(&path, &revision.text).map_err(Failure::problems)?;
    let mut way = WayBack {
        id: revision.id.to_string(),
        path,
        sections: String::new(),
        irreversible: None,
        lost: Vec::new(),
        refusals: Vec::new(),
        text: String::new(),
    };
    let several = walks.len() > 1;
    for walk in walks {
        let dialect = walk.dialect;
        let found = match walk.way_back(session, place, &renamed_back(&script, dialect)) {
            Ok(proposal) => {
                section(&proposal, dialect, several).map(|text| way.add(&text, &proposal))
            }
            Err(failure) => Err(reason(failure)?),
        };
        match found {
            Ok(()) => {}
            Err(reason) => {
                let of = if several { format!("on {dialect}: ") } else { String::new() };
                way.irreversible = Some(format!("{of}{}", reason.replace('\n', " ")));
                break;
            }
        }
    }
    if let Some(reason) = &way.irreversible {
        way.sections = format!("-- migrate:irreversible {reason}\n");
    }
    way.text = with(&script, &way.sections);
    Ok(way)
}

impl WayBack {
    fn add(&mut self, section: &str, proposal: &Proposal) {
        if !self.sections.is_empty() {
            self.sections.push('\n');
        }
        self.sections.push_str(section);
        // Where both are planned, the second is the revision's own way.
        for statement in proposal.downgrade.statements() {
            self.lost.extend(statement.destroys.iter().cloned());
        }
        let refusals = proposal.upgrade.statements().flat_map(|one| &one.refused_by_rows);
        self.refusals.extend(refusals.map(|one| one.reason.clone()));
        for list in [&mut self.lost, &mut self.refusals] {
            list.sort_unstable();
            list.dedup();
        }
    }
}

/// Returns the renames that the upgrade does, the other way round.
fn renamed_back(script: &Script<'_>, dialect: Dialect) -> Choices {
    let section = script.section(Direction::Upgrade, dialect);
    let text = section.map(|section| &script.text[section.body.clone()]).unwrap_or_default();
    // A text that does not split was refused by the checks.
    let renames = renames_by(dialect, text).unwrap_or_default();
    Choices { renames, ..Choices::default() }.reversed()
}

/// Returns the section of a dialect; or why there can be none.
fn section(proposal: &Proposal, dialect: Dialect, several: bool) -> Result<String, String> {
    let name = if several { format!(" {dialect}") } else { String::new() };
    let mut text = format!("-- migrate:downgrade{name}");
    match &proposal.upgrade.parts[..] {
        [] => text
            .push_str("\n-- the schema was left as it was, and rows stay as they are\nSELECT 1;\n"),
        [part] => {
            text.push_str(&options(part));
            text.push('\n');
            for statement in &part.statements {
                // A downgrade takes back what its upgrade made: what goes with it is said where it is run.
                let mut statement = statement.clone();
                statement.destroys.clear();
                text.push_str(&statement_text(&statement));
            }
        }
        _ => return Err("the way back takes several transactions".to_owned()),
    }
    Ok(text)
}

/// Returns in words why a way back cannot be derived.
///
/// # Errors
///
/// It was not the comparison that failed.
fn reason(failure: Failure) -> Result<String, Failure> {
    match failure {
        Failure { exit: Exit::Failed, what: What::Words { message, .. } } => Ok(message),
        failure => Err(failure),
    }
}

/// Returns a file's text with other ways back in the place of those that are there.
fn with(script: &Script<'_>, sections: &str) -> String {
    let mut cuts: Vec<std::ops::Range<usize>> = Vec::new();
    for section in &script.sections {
        if section.direction == Direction::Downgrade {
            cuts.push(section.marker.start..section.body.end);
        }
    }
    if let Some(reason) = &script.irreversible {
        let begin = script.text[..reason.start].rfind('\n').map_or(0, |end| end + 1);
        let end = script.text[begin..].find('\n').map_or(script.text.len(), |end| begin + end + 1);
        cuts.push(begin..end);
    }
    cuts.sort_unstable_by_key(|cut| cut.start);
    let mut text = String::new();
    let mut from = 0;
    for cut in cuts {
        text.push_str(&script.text[from..cut.start.max(from)]);
        from = from.max(cut.end);
    }
    text.push_str(&script.text[from..]);
    format!("{}\n\n{sections}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "-- users\n--\n-- revision: aaaa1\n-- revises: base\n\n";

    #[test]
    fn what_is_there_makes_room_and_all_else_stays() {
        let up = "-- migrate:upgrade\nCREATE TABLE a (x); -- kept\n";
        let down = "-- migrate:downgrade\nDROP TABLE a;\n";
        let cases = [
            up.to_owned(),
            format!("{up}\n-- migrate:downgrade\n"),
            format!("{up}\n-- migrate:downgrade\nDROP TABLE b;\n\n-- a note\n"),
            format!("{up}\n-- migrate:irreversible nobody knows\n"),
            format!("-- migrate:downgrade\nDROP TABLE b;\n\n{up}"),
        ];
        for case in cases {
            let text = format!("{HEAD}{case}");
            let script = Script::parse("a.sql", &text).expect("it reads");
            assert_eq!(with(&script, down), format!("{HEAD}{up}\n{down}"), "{text}");
        }
    }
}
