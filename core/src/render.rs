//! The one place where problems become words.

mod faults;
mod replacing;
mod rust;

use std::fmt::{self, Write as _};

use crate::lock::LockFault;
use crate::problem::{Fact, Named, Place, Problem, Reseal, SqlFault};
use crate::rust::{Driver, is_rust};
use crate::text::joined;
use faults::{
    directive_helps, directive_message, edit_helps, edit_label, edit_notes, header_helps,
    header_message, lock_helps, lock_message, sql_helps, sql_message,
};
use replacing::{replacement_helps, replacement_label, replacement_message, replacement_notes};
use rust::{foreign_message, in_rust, rust_helps, rust_message};

/// A message with what belongs to it, in the form in which everything is reported.
///
/// ```
/// use revchain_core::render::Report;
///
/// let helps = ["write it down".to_owned()];
/// let (message, code) = ("nothing is there", "nothing");
/// let report = Report { message, code, place: None, label: "", notes: &[], helps: &helps };
/// assert_eq!(report.to_string(), "nothing is there [nothing]\n  = help: write it down");
/// ```
#[derive(Clone, Debug)]
pub struct Report<'r> {
    /// What is wrong, as one lowercase phrase.
    pub message: &'r str,
    /// The code of the kind of problem.
    pub code: &'r str,
    /// Where it is.
    pub place: Option<&'r Place>,
    /// The words under the line of the file.
    pub label: &'r str,
    /// Facts that explain it.
    pub notes: &'r [String],
    /// What helps.
    pub helps: &'r [String],
}

impl fmt::Display for Report<'_> {
    /// Writes the message, the frame, and what helps; the first line has no `error:` before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)?;
        let margin = self.place.map_or_else(|| "  ".to_owned(), margin);
        if let Some(place) = self.place {
            frame(f, place, self.label, &margin)?;
        }
        for (word, lines) in [("note", self.notes), ("help", self.helps)] {
            for line in lines {
                let line = line.replace("\n", &format!("\n{margin}        "));
                write!(f, "\n{margin}= {word}: {line}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = Report {
            message: &self.message(),
            code: self.code(),
            place: Some(&self.place),
            label: &self.label(),
            notes: &self.notes(),
            helps: &self.helps(),
        };
        report.fmt(f)
    }
}

/// Writes where it is: the path, the line, and what is meant in it.
fn frame(f: &mut fmt::Formatter<'_>, place: &Place, label: &str, margin: &str) -> fmt::Result {
    write!(f, "\n{}--> {}", &margin[1..], place.path)?;
    let Some(position) = place.position else { return Ok(()) };
    // A line as a whole has no column.
    let whole = place.width == 0 && label.is_empty();
    if whole {
        write!(f, ":{}", position.line)?;
    } else {
        write!(f, ":{position}")?;
    }
    let number = format!("{:>width$}", position.line, width = margin.len() - 1);
    let excerpt = place.excerpt.replace("\t", " ");
    write!(f, "\n{margin}|\n{number} | {excerpt}\n{margin}|")?;
    if !whole {
        let lead = " ".repeat(position.column.get() as usize - 1);
        let underline = format!(" {lead}{} {label}", "^".repeat(place.width.max(1)));
        f.write_str(underline.trim_end())?;
        write!(f, "\n{margin}|")?;
    }
    Ok(())
}

/// The space left of the frame's bar, wide enough for the line's number.
fn margin(place: &Place) -> String {
    let digits = place.position.map_or(1, |position| position.line.to_string().len());
    " ".repeat(digits + 1)
}

impl Problem {
    /// Returns what is wrong, as one lowercase phrase.
    ///
    /// ```
    /// # use revchain_core::problem::{Fact, Place, Problem};
    /// # let text = "-- revision: head\n";
    /// let place = Place::span("migrations/a.sql", text, 13, 17);
    /// let problem = Problem { place, fact: Fact::ReservedName { name: "head".to_owned() } };
    /// assert_eq!(problem.message(), "`head` has a meaning of its own");
    /// ```
    #[must_use]
    pub fn message(&self) -> String {
        match &self.fact {
            Fact::EditedRevision(edit) => {
                format!("revision `{}` was edited after it was sealed", edit.id)
            }
            Fact::RemovedRevision { id, sealed } => {
                let state = if *sealed { "sealed" } else { "listed" };
                format!("revision `{id}` is {state} and has no file")
            }
            Fact::ReparentedRevision { id, .. } => {
                format!("revision `{id}` revises others than when it was sealed")
            }
            Fact::UnlistedRevision { id, .. } => format!("revision `{id}` is not in the lock"),
            Fact::MissingDowngrade { id, dialect } => {
                format!("revision `{id}` has no downgrade{}", for_dialect(*dialect))
            }
            Fact::EmptyDowngrade { id } if is_rust(&self.place.path) => {
                format!("the downgrade of revision `{id}` does nothing")
            }
            Fact::EmptyDowngrade { id } => {
                format!("the downgrade of revision `{id}` has no statement")
            }
            Fact::IrreversibleWithoutReason { id } => {
                format!("revision `{id}` is irreversible and does not say why")
            }
            Fact::DuplicateRevision { id, other } if *id == other.id => {
                format!("revision `{id}` stands in two files")
            }
            Fact::DuplicateRevision { id, other } => {
                format!("revisions `{id}` and `{}` differ in case alone", other.id)
            }
            Fact::UnknownParent { id, parent, .. } => {
                format!("revision `{id}` revises `{parent}`, which is not there")
            }
            Fact::UnknownDependency { id, dependency, .. } => {
                format!("revision `{id}` depends on `{dependency}`, which is not there")
            }
            Fact::UnknownReplaced { id, replaced, .. } => {
                format!("revision `{id}` replaces `{replaced}`, which is not there")
            }
            Fact::UnsoundReplacement { id, fault } => replacement_message(id, fault),
            Fact::Cycle { ids } => {
                format!("revisions revise one another in a circle: {}", quoted(ids, " → "))
            }
            Fact::SelfReference { id } => format!("revision `{id}` refers to itself"),
            Fact::MultipleHeads { heads } => format!("the set has {} heads", heads.len()),
            Fact::MultipleBases { bases } => format!("the set has {} bases", bases.len()),
            Fact::DuplicateLabel { label, .. } => format!("label `{label}` is taken"),
            Fact::ReservedName { name } => format!("`{name}` has a meaning of its own"),
            Fact::InvalidId { name } => format!("`{name}` cannot be an id or a label"),
            Fact::RedundantDependency { id, dependency } => {
                format!("revision `{id}` names `{dependency}` twice")
            }
            Fact::MalformedHeader(fault) => header_message(fault),
            Fact::UnknownDirective(fault) => directive_message(fault),
            Fact::MalformedSql(fault) => sql_message(fault),
            Fact::MalformedRust(fault) => rust_message(fault),
            Fact::ApplicationPath(foreign) => foreign_message(foreign),
            Fact::MalformedLock(fault) => lock_message(fault),
            Fact::TransactionControl { words, direction } => {
                format!("`{words}` in the {direction}, which already runs in a transaction")
            }
            Fact::NeedsNoTransaction { words, .. } => {
                format!("`{words}` cannot run in a transaction")
            }
            Fact::UnsafeRebuild { table: Some(table), .. } => {
                format!("rebuilding table `{table}` here would delete the rows that refer to it")
            }
            Fact::UnsafeRebuild { table: None, .. } => {
                "`PRAGMA foreign_keys` does nothing in a transaction".to_owned()
            }
            Fact::DestroysData { what } => format!("this destroys `{what}`, and is not reviewed"),
            Fact::MissingDialect { id, dialect, unsealed: false } => {
                format!("revision `{id}` has no upgrade for {dialect}")
            }
            Fact::MissingDialect { id, dialect, unsealed: true } => {
                format!("revision `{id}` is not sealed for {dialect}")
            }
            Fact::DraftInRelease { id } => {
                format!("revision `{id}` is a draft, and this is a build without debug assertions")
            }
            Fact::LockedDraft { id } => {
                format!("revision `{id}` is a draft, and the lock must stay as it is")
            }
            Fact::ResealedRevision { id, against, change } => {
                format!("revision `{id}` is published in `{against}`, and {}", resealed(*change))
            }
            Fact::UntrackedFolder { folder } => {
                format!("nothing tells cargo to watch the folder `{folder}`")
            }
            Fact::Unreadable { reason, folder: true } => {
                format!("the migrations folder cannot be read: {reason}")
            }
            Fact::Unreadable { reason, folder: false } => {
                format!("the file cannot be read: {reason}")
            }
        }
    }

    /// Returns the words under the line of the file.
    ///
    /// ```
    /// # use revchain_core::problem::{Fact, Place, Problem};
    /// # let text = "-- revision: head\n";
    /// let place = Place::span("migrations/a.sql", text, 13, 17);
    /// let problem = Problem { place, fact: Fact::ReservedName { name: "head".to_owned() } };
    /// assert_eq!(problem.label(), "choose another");
    /// ```
    #[must_use]
    pub fn label(&self) -> String {
        match &self.fact {
            Fact::EditedRevision(edit) => edit_label(edit),
            Fact::RemovedRevision { .. } => "its file is gone".to_owned(),
            Fact::ReparentedRevision { .. } => "was sealed with other parents".to_owned(),
            Fact::UnlistedRevision { .. } => {
                "nothing was sealed or listed under this id".to_owned()
            }
            Fact::MissingDowngrade { .. } => "this cannot be taken back".to_owned(),
            Fact::EmptyDowngrade { .. } => "nothing below takes the upgrade back".to_owned(),
            Fact::IrreversibleWithoutReason { .. } => "say why after the word".to_owned(),
            Fact::DuplicateRevision { .. } | Fact::DuplicateLabel { .. } => "taken".to_owned(),
            Fact::UnknownReplaced { .. } => {
                "no file has this id, and the lock does not remember it here".to_owned()
            }
            Fact::UnsoundReplacement { fault, .. } => replacement_label(fault),
            Fact::UnknownParent { .. } | Fact::UnknownDependency { .. } => {
                "no file of the folder has this id".to_owned()
            }
            Fact::Cycle { .. } => "the circle goes through this revision".to_owned(),
            Fact::SelfReference { .. } => "itself".to_owned(),
            Fact::MultipleHeads { .. } | Fact::MultipleBases { .. } => "the newest".to_owned(),
            Fact::ReservedName { .. } | Fact::InvalidId { .. } => "choose another".to_owned(),
            Fact::RedundantDependency { .. } => "once is enough".to_owned(),
            Fact::TransactionControl { .. } => "the runtime begins and commits".to_owned(),
            Fact::NeedsNoTransaction { .. } => "this section runs in one".to_owned(),
            Fact::UnsafeRebuild { table: Some(_), .. } => {
                "with foreign keys on, dropping a table deletes the rows of its children".to_owned()
            }
            Fact::UnsafeRebuild { table: None, .. } => "and this section runs in one".to_owned(),
            Fact::DestroysData { .. } => "what was here cannot come back".to_owned(),
            Fact::MissingDialect { .. } => "the set serves this dialect".to_owned(),
            Fact::DraftInRelease { .. } | Fact::LockedDraft { .. } => {
                "what ships must be sealed".to_owned()
            }
            Fact::ResealedRevision { .. } => "databases have what was published".to_owned(),
            Fact::ApplicationPath(_) => "it changes, a revision must not".to_owned(),
            Fact::MalformedHeader(_)
            | Fact::UnknownDirective(_)
            | Fact::MalformedSql(_)
            | Fact::MalformedRust(_)
            | Fact::MalformedLock(_)
            | Fact::UntrackedFolder { .. }
            | Fact::Unreadable { .. } => String::new(),
        }
    }

    /// Returns facts that explain the problem.
    ///
    /// ```
    /// # use revchain_core::problem::{Fact, Place, Problem};
    /// # let text = "-- revision: head\n";
    /// let place = Place::span("migrations/a.sql", text, 13, 17);
    /// let problem = Problem { place, fact: Fact::ReservedName { name: "head".to_owned() } };
    /// assert!(problem.notes().is_empty());
    /// ```
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        match &self.fact {
            Fact::EditedRevision(edit) => edit_notes(edit),
            Fact::ReparentedRevision { sealed, now, .. } => {
                vec![format!("sealed with {}, now {}", parents(sealed), parents(now))]
            }
            Fact::UnsoundReplacement { fault, .. } => replacement_notes(fault),
            Fact::DuplicateRevision { other, .. } => vec![format!("the other: {}", other.path)],
            Fact::DuplicateLabel { other, .. } => {
                vec![format!("by revision `{}` ({})", other.id, other.path)]
            }
            Fact::MultipleHeads { heads: ends } | Fact::MultipleBases { bases: ends } => {
                let mut notes = Vec::with_capacity(ends.len());
                for Named { id, path } in ends {
                    notes.push(format!("`{id}` ({path})"));
                }
                notes
            }
            Fact::MalformedSql(SqlFault::ReadDifferently { dialects: (first, second), .. }) => {
                vec![format!("{first} and {second} see other statements in the same text")]
            }
            Fact::MalformedLock(LockFault::Line { expected, .. }) => {
                vec![format!("expected {expected}")]
            }
            Fact::MalformedLock(LockFault::Heads { expected, .. }) => {
                vec![format!("the heads are {}", parents(expected))]
            }
            Fact::UnsafeRebuild { table: Some(_), .. } => {
                vec!["`ON DELETE CASCADE` acts when the parent is dropped, in silence".to_owned()]
            }
            Fact::UntrackedFolder { .. } => vec![
                "without it a build can use a stale set: a file that was added is not seen"
                    .to_owned(),
            ],
            _ => Vec::new(),
        }
    }

    /// Returns what helps: each one line, with the command where there is one.
    ///
    /// ```
    /// # use revchain_core::problem::{Fact, Place, Problem};
    /// # let text = "-- revision: head\n";
    /// let place = Place::span("migrations/a.sql", text, 13, 17);
    /// let problem = Problem { place, fact: Fact::ReservedName { name: "head".to_owned() } };
    /// assert_eq!(problem.helps().len(), 1);
    /// ```
    #[must_use]
    pub fn helps(&self) -> Vec<String> {
        let helps = self.helps_in_sql();
        lines(&if is_rust(&self.place.path) { self.helps_in_rust(&helps) } else { helps })
    }

    /// Returns what helps in a file of Rust, a line each.
    fn helps_in_rust(&self, in_sql: &str) -> String {
        match &self.fact {
            Fact::MissingDowngrade { .. } => {
                "write a function `downgrade` that takes the same connection\n\
                 or say why there cannot be one: `//! irreversible: <reason>`"
                    .to_owned()
            }
            Fact::EmptyDowngrade { .. } => "write the function's body\n\
                 or say why there cannot be one: `//! irreversible: <reason>`"
                .to_owned(),
            Fact::MissingDialect { dialect, unsealed: false, .. } => {
                let mut names = Vec::new();
                for driver in &Driver::ALL {
                    if driver.dialect() == *dialect {
                        names.push(format!("`upgrade_{}`", driver.name()));
                    }
                }
                format!("write a function {}", joined(&names, " or "))
            }
            _ => in_rust(in_sql),
        }
    }

    /// Returns what helps in a file of SQL, or in the lock, a line each.
    fn helps_in_sql(&self) -> String {
        let path = &self.place.path;
        match &self.fact {
            Fact::EditedRevision(edit) => edit_helps(edit),
            Fact::RemovedRevision { id, sealed: true } => format!(
                "restore it: git log --diff-filter=D --name-only -- '*{id}*'\n\
                 not published yet: forget it: cargo migrate lock --forget {id}"
            ),
            Fact::RemovedRevision { id, sealed: false } => {
                format!("forget it: cargo migrate lock --forget {id}")
            }
            Fact::ReparentedRevision { id, path, .. } => format!(
                "not published yet: seal it again: cargo migrate amend {id}\n\
                 published: restore it: git restore {path}"
            ),
            Fact::UnlistedRevision { path, .. } => {
                format!("add it to the lock: cargo migrate add {path}")
            }
            Fact::MissingDowngrade { dialect, .. } => format!(
                "say how to take it back below a line `-- migrate:downgrade{}`\n\
                 or say why it cannot be: `-- migrate:irreversible <reason>`",
                dialect.map(|dialect| format!(" {dialect}")).unwrap_or_default()
            ),
            Fact::EmptyDowngrade { .. } => "write the statements that take the upgrade back\n\
                 or say why it cannot be: `-- migrate:irreversible <reason>`"
                .to_owned(),
            Fact::IrreversibleWithoutReason { .. } => {
                "write `-- migrate:irreversible <reason>`".to_owned()
            }
            Fact::DuplicateRevision { .. } => {
                format!("give one of them an id of its own, then: cargo migrate add {path}")
            }
            Fact::UnsoundReplacement { id, fault } => replacement_helps(id, fault),
            Fact::UnknownParent { meant, .. }
            | Fact::UnknownDependency { meant, .. }
            | Fact::UnknownReplaced { meant, .. } => {
                let meant = meant.as_ref().map(|id| format!("did you mean `{id}`?\n"));
                meant.unwrap_or_default() + "see what is there: cargo migrate history"
            }
            Fact::Cycle { .. } => {
                "let one of them revise what stood before the circle, or `base`".to_owned()
            }
            Fact::SelfReference { .. } => "name the revision before it, or `base`".to_owned(),
            Fact::MultipleHeads { .. } => "join them: cargo migrate merge -m \"merge heads\"\n\
                 or put yours on the other: cargo migrate rebase\n\
                 or allow several: cargo migrate set heads many"
                .to_owned(),
            Fact::MultipleBases { .. } => {
                "let one revise the other's head, or give its first revision a `label`\n\
                 or allow several: cargo migrate set heads many"
                    .to_owned()
            }
            Fact::DuplicateLabel { .. } => "choose another label".to_owned(),
            Fact::ReservedName { .. } => {
                "`base`, `head`, `heads`, `current` and `draft` are reserved".to_owned()
            }
            Fact::InvalidId { .. } => "use 1 to 32 letters, digits and `_`".to_owned(),
            Fact::RedundantDependency { .. } => "remove one of them".to_owned(),
            Fact::MalformedHeader(fault) => header_helps(fault),
            Fact::UnknownDirective(fault) => directive_helps(fault),
            Fact::MalformedSql(fault) => sql_helps(fault),
            Fact::MalformedRust(fault) => rust_helps(fault),
            Fact::ApplicationPath(_) => "copy what the revision needs into its file".to_owned(),
            Fact::MalformedLock(fault) => lock_helps(fault, path),
            Fact::TransactionControl { direction, .. } => format!(
                "remove it: a revision commits together with its ledger row\n\
                 or send statements one at a time: `-- migrate:{direction} transaction=off`"
            ),
            Fact::NeedsNoTransaction { direction, .. } => format!(
                "put it into a revision of its own with `-- migrate:{direction} transaction=off`"
            ),
            Fact::UnsafeRebuild { direction, .. } => {
                format!(
                    "write `-- migrate:{direction} foreign-keys=off`: the runtime then rebuilds safely"
                )
            }
            Fact::DestroysData { what } => {
                format!("when you have: `-- migrate:destroys {what} reviewed`")
            }
            Fact::MissingDialect { dialect, unsealed: false, .. } => {
                format!("write a section `-- migrate:upgrade {dialect}`")
            }
            Fact::MissingDialect { dialect, unsealed: true, .. } => {
                format!("seal it: cargo migrate seal --dialect {dialect}")
            }
            Fact::DraftInRelease { id } => format!(
                "apply it, which seals it: cargo migrate upgrade\n\
                 or seal it unapplied: cargo migrate seal {id}"
            ),
            Fact::LockedDraft { id } => format!(
                "apply it where it was written, which seals it: cargo migrate upgrade\n\
                 or seal it unapplied: cargo migrate seal {id}"
            ),
            Fact::ResealedRevision { id, against, change } => {
                let folder = path.rsplit_once('/').map_or(&**path, |(folder, _)| folder);
                let restore =
                    format!("restore what was published: git diff {against} -- {folder}\n");
                match change {
                    Reseal::Downgrade => format!(
                        "{restore}or seal the corrected downgrade beside the published one: cargo migrate seal --downgrade {id}"
                    ),
                    Reseal::Gone | Reseal::Draft | Reseal::Parents | Reseal::Upgrade => {
                        restore
                            + "put the change in a new revision: cargo migrate new \"<what it does>\""
                    }
                }
            }
            Fact::UntrackedFolder { folder } => format!(
                "write the build script: cargo migrate init\n\
                 or add to its `main`: println!(\"cargo::rerun-if-changed={folder}\");\n\
                 and: println!(\"cargo::rustc-env=REVCHAIN_TRACKED={folder}\");"
            ),
            Fact::Unreadable { folder: true, .. } => "make it: cargo migrate init".to_owned(),
            Fact::Unreadable { folder: false, .. } => {
                "names that begin with `.` or `#` are not looked at".to_owned()
            }
        }
    }
}

/// Returns the lines of a text.
#[doc(hidden)]
#[must_use]
pub fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        lines.push(line.to_owned());
    }
    lines
}

fn resealed(change: Reseal) -> &'static str {
    match change {
        Reseal::Gone => "its seal is gone",
        Reseal::Draft => "here it is a draft",
        Reseal::Parents => "here it revises others",
        Reseal::Upgrade => "here another upgrade is sealed",
        Reseal::Downgrade => "here another downgrade is sealed",
    }
}

fn for_dialect(dialect: Option<crate::Dialect>) -> String {
    dialect.map(|dialect| format!(" for {dialect}")).unwrap_or_default()
}

fn quoted(ids: &[String], separator: &str) -> String {
    let mut text = String::new();
    for (index, id) in ids.iter().enumerate() {
        let _ = write!(text, "{}`{id}`", if index == 0 { "" } else { separator });
    }
    text
}

fn parents(ids: &[String]) -> String {
    if ids.is_empty() { "`base`".to_owned() } else { quoted(ids, ", ") }
}
