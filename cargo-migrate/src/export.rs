//! The set as files of another tool: for people who must leave.

use std::path::Path;

use clap::ValueEnum;
use jiff::{Timestamp, ToSpan as _};
use revchain_core::Dialect;
use revchain_core::set::{Downgrade, Revision, Section, Set};

use crate::failure::Failure;
use crate::import::sqlx_checksum;
use crate::new_files;
use crate::revision_file::slug;

/// A tool whose files can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tool {
    Sqlx,
    Diesel,
    Dbmate,
}

/// A revision as files of the tool.
#[derive(Debug)]
pub(crate) struct Exported {
    pub(crate) id: String,
    pub(crate) version: String,
    /// Paths below the folder, with what is written there.
    pub(crate) files: Vec<(String, String)>,
    /// What a person has to look at.
    pub(crate) hand: Vec<String>,
}

impl Tool {
    /// Returns its name, as `origin` has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlx => "sqlx",
            Self::Diesel => "diesel",
            Self::Dbmate => "dbmate",
        }
    }

    /// Writes the revisions of the chain down, in an order in which the tool runs them; merges do nothing, and are left out.
    ///
    /// # Errors
    ///
    /// The tool would run them in another order: old versions do not stand before the new ones.
    pub(crate) fn export(self, set: &Set, dialect: Dialect) -> Result<Vec<Exported>, Failure> {
        let mut exported: Vec<Exported> = Vec::new();
        let mut last = Timestamp::UNIX_EPOCH;
        for revision in set.revisions.iter().filter(|one| !is_merge(one, dialect)) {
            let origin = revision.origin().filter(|origin| origin.tool == self.name());
            let version = match origin {
                Some(origin) => origin.version.to_owned(),
                None => {
                    let created: Timestamp = revision.created.parse().unwrap_or(last);
                    let next = last.checked_add(1.second()).unwrap_or(last);
                    last = created.max(next);
                    last.strftime("%Y%m%d%H%M%S").to_string()
                }
            };
            exported.push(self.revision(revision, dialect, &version));
        }
        self.refuse_other_order(&exported)?;
        Ok(exported)
    }

    fn refuse_other_order(self, exported: &[Exported]) -> Result<(), Failure> {
        let key = |one: &Exported| match self {
            Self::Sqlx => (one.version.parse::<u64>().unwrap_or(u64::MAX), String::new()),
            Self::Diesel => (0, one.version.clone()),
            Self::Dbmate => (0, one.files[0].0.clone()),
        };
        let wrong = exported.windows(2).find(|pair| key(&pair[0]) >= key(&pair[1]));
        let Some([one, next]) = wrong else { return Ok(()) };
        let name = self.name();
        let failure = Failure::new(format!(
            "{name} would not run version {} ({}) before version {} ({})",
            one.version, one.id, next.version, next.id
        ));
        Err(failure.help("change the `origin` of one: its version is what the file is named after"))
    }

    fn revision(self, revision: &Revision, dialect: Dialect, version: &str) -> Exported {
        let mut hand = Vec::new();
        let (up, down) = match revision.part(dialect) {
            Some(part) if !revision.is_rust() => {
                let mut way = |section| Way::of(revision, section, dialect, &mut hand);
                let up = way(&part.upgrade);
                let down = match &part.downgrade {
                    Downgrade::Section(section) => Ok(way(section)),
                    Downgrade::Irreversible(reason) => Err(reason.to_string()),
                };
                (up, down)
            }
            _ => {
                hand.push("is written in Rust: write here what it does".to_owned());
                let file = &revision.path;
                let sql = format!("-- write here what {file} does\nSELECT to_be_written();\n");
                (Way { sql, transaction: true }, Err("it was written in Rust".to_owned()))
            }
        };
        hand.dedup();
        if let Err(reason) = &down {
            hand.push(format!("is irreversible: {reason}"));
        }
        let slug = slug(&revision.message);
        let name = if slug.is_empty() { "revision" } else { &slug };
        let stem = format!("{version}_{name}");
        let mut files = match self {
            Self::Sqlx => sqlx(&stem, &up, down.as_ref().ok()),
            Self::Diesel => diesel(&stem, &up, down.as_ref().ok()),
            Self::Dbmate => vec![(format!("{stem}.sql"), dbmate(&up, &down))],
        };
        let ran = revision.origin().filter(|origin| self == Self::Sqlx && origin.tool == "sqlx");
        if let Some(checksum) = ran.map(|origin| origin.checksum).filter(|sum| *sum != "-") {
            match as_it_ran(&files[0].1, checksum) {
                Some(text) => files[0].1 = text,
                None => hand.push(
                    "is not the text that sqlx ran, to its checksum: databases that have it refuse this one"
                        .to_owned(),
                ),
            }
        }
        Exported { id: revision.id.to_string(), version: version.to_owned(), files, hand }
    }
}

/// Tells whether a revision only joins others.
pub(crate) fn is_merge(revision: &Revision, dialect: Dialect) -> bool {
    let is_empty = |section: &Section| section.statements.is_empty();
    let does_nothing = revision.part(dialect).is_some_and(|part| {
        is_empty(&part.upgrade)
            && match &part.downgrade {
                Downgrade::Section(section) => is_empty(section),
                Downgrade::Irreversible(_) => true,
            }
    });
    revision.parents.len() > 1 && !revision.is_rust() && does_nothing
}

/// One direction.
struct Way {
    sql: String,
    transaction: bool,
}

impl Way {
    /// Takes what stands below the marker.
    fn of(
        revision: &Revision,
        section: &Section,
        dialect: Dialect,
        hand: &mut Vec<String>,
    ) -> Self {
        let text = section.span.of(&revision.text);
        let body = text.split_once('\n').map_or("", |(_, body)| body);
        let lines: Vec<&str> =
            body.lines().filter(|line| !line.starts_with("-- migrate:destroys")).collect();
        let mut sql = format!("{}\n", lines.join("\n").trim_end());
        let (transaction, count) = (section.options.transaction, section.statements.len());
        match dialect {
            // A text without a statement is an error there.
            Dialect::Mysql if count == 0 => sql.push_str("DO 0;\n"),
            // One message with several is a transaction (PostgreSQL manual, "Multiple Statements in a Simple Query").
            Dialect::Postgres if !transaction && count > 1 => hand.push(
                "has several statements that want no transaction, and is sent as one: make a migration of each"
                    .to_owned(),
            ),
            _ => {}
        }
        if section.options.foreign_keys {
            return Self { sql, transaction };
        }
        hand.push(
            "makes a table again: nothing checks that all rows have their parents after it"
                .to_owned(),
        );
        let sql = format!(
            "PRAGMA foreign_keys = OFF;\nBEGIN;\n{sql}COMMIT;\nPRAGMA foreign_keys = ON;\n"
        );
        Self { sql, transaction: false }
    }
}

/// Returns a text as sqlx had it, which its checksum tells: a revision does not keep how lines end, nor what the last is
/// followed by.
fn as_it_ran(text: &str, checksum: &str) -> Option<String> {
    let body = text.trim_end();
    for line_end in ["\n", "\r\n"] {
        let body = body.replace('\n', line_end);
        for count in 0..4 {
            let text = format!("{body}{}", line_end.repeat(count));
            if sqlx_checksum(&text) == checksum {
                return Some(text);
            }
        }
    }
    None
}

fn sqlx(stem: &str, up: &Way, down: Option<&Way>) -> Vec<(String, String)> {
    let text = |way: &Way| {
        let says_so = way.transaction || way.sql.starts_with("-- no-transaction");
        let first = if says_so { "" } else { "-- no-transaction\n" };
        format!("{first}{}", way.sql)
    };
    match down {
        Some(down) => {
            vec![(format!("{stem}.up.sql"), text(up)), (format!("{stem}.down.sql"), text(down))]
        }
        None => vec![(format!("{stem}.sql"), text(up))],
    }
}

fn diesel(stem: &str, up: &Way, down: Option<&Way>) -> Vec<(String, String)> {
    let mut files = vec![(format!("{stem}/up.sql"), up.sql.clone())];
    files.extend(down.map(|down| (format!("{stem}/down.sql"), down.sql.clone())));
    if !up.transaction || down.is_some_and(|down| !down.transaction) {
        let metadata = "run_in_transaction = false\n".to_owned();
        files.push((format!("{stem}/metadata.toml"), metadata));
    }
    files
}

fn dbmate(up: &Way, down: &Result<Way, String>) -> String {
    let marker = |word: &str, way: &Way| {
        let option = if way.transaction { "" } else { " transaction:false" };
        format!("-- migrate:{word}{option}\n{}", way.sql)
    };
    let down = match down {
        Ok(down) => marker("down", down),
        Err(reason) => format!("-- migrate:down\n-- irreversible: {reason}\n"),
    };
    format!("{}\n{down}", marker("up", up))
}

/// Writes the files into a folder that is empty or not there; what was written goes away when one cannot be.
///
/// # Errors
///
/// The folder has files, or one cannot be written.
pub(crate) fn write(folder: &Path, shown: &str, exported: &[Exported]) -> Result<(), Failure> {
    refuse_filled(folder, shown)?;
    let files = exported.iter().flat_map(|one| &one.files);
    new_files::create_all(files.map(|(name, text)| (folder.join(name), &**text)))
}

/// Nothing is overwritten.
///
/// # Errors
///
/// The folder has files.
pub(crate) fn refuse_filled(folder: &Path, shown: &str) -> Result<(), Failure> {
    if !std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Ok(());
    }
    Err(Failure::usage(format!("{shown} has files already, and nothing is overwritten"))
        .help("name a folder that is empty or not there yet"))
}
