//! Checks of what a revision does: each section, as each dialect of the set reads it.

use std::borrow::Cow;
use std::ops::Range;

use super::{CheckedRevision, File, State};
use crate::checksum::{Body, Checksum, Direction, Identity, StatementHash, checksum};
use crate::dialect::{Dialect, Split, UnsafeRebuild, UnsafeRebuildKind};
use crate::lock::{Entry, Sealed};
use crate::problem::{Fact, Problem, SqlFault};
use crate::script::{Script, ScriptSection, Value};
use crate::set::{Downgrade, Part, Revision, Section, Settings, Span};

/// What a revision does on a dialect, and the hashes of what it is made of: upgrade and downgrade.
pub(super) type PartAndHashes = (Part, [Vec<StatementHash>; 2]);

/// A label, and the revision that it names.
pub(super) struct Label<'l> {
    pub(super) label: &'l str,
    pub(super) id: &'l str,
}

/// Reads every section of a file for every dialect, and checks the statements.
///
/// `entry` is what the lock says of the revision: the hashes of the statements of a section that is as it was sealed are
/// taken from there.
pub(super) fn check(
    file: &File<'_>,
    settings: &Settings,
    labels: &[Label<'_>],
    entry: Option<&Entry>,
    problems: &mut Vec<Problem>,
) -> CheckedRevision {
    let script = &file.script;
    let mut reader = Reader { file, settings, labels, entry, differ: Vec::new(), problems };
    let mut parts = Vec::new();
    let mut hashes = Vec::new();
    if file.sound {
        reader.marks();
        reader.agreement();
        for dialect in settings.dialects.iter() {
            let part = match &file.rust {
                Some(source) => reader.rust_part(source, dialect),
                None => reader.part(dialect),
            };
            if let Some((part, part_hashes)) = part {
                parts.push(part);
                hashes.push(part_hashes);
            }
        }
    }
    let owned = |text: &str| Cow::Owned(text.to_owned());
    let texts = |values: &[Value<'_>]| {
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            texts.push(value.text.to_owned());
        }
        texts
    };
    let mut labels = Vec::with_capacity(script.labels.len());
    for label in &script.labels {
        labels.push(owned(label.text));
    }
    CheckedRevision {
        revision: Revision {
            id: owned(script.revision.text),
            message: owned(script.message),
            path: owned(file.path),
            created: owned(script.created),
            parents: Cow::Borrowed(&[]),
            dependencies: Cow::Borrowed(&[]),
            labels: Cow::Owned(labels),
            replaces: Cow::Borrowed(&[]),
            draft: false,
            text: owned(script.text),
            parts: Cow::Owned(parts),
        },
        parents: texts(&script.revises),
        dependencies: texts(&script.depends_on),
        replaces: script.replaces.map(|replaces| replaces.whole.text.to_owned()),
        state: State::Unlisted,
        hashes,
    }
}

/// Reads a section as one dialect does, with spans into the whole text.
///
/// # Errors
///
/// What the lexer cannot read, and the bytes where it begins.
pub(crate) fn read_section<'t>(
    text: &'t str,
    section: &ScriptSection<'_>,
    dialect: Dialect,
) -> Result<(Section, Split<'t>), (Range<usize>, Fact)> {
    let body = section.body.clone();
    let split = dialect.split(&text[body.clone()]).map_err(|error| {
        let start = body.start + error.start;
        let end = text[start..].find('\n').map_or(body.end, |at| start + at);
        (start..end, Fact::MalformedSql(SqlFault::Lexical { error: error.kind, dialect }))
    })?;
    let span = |range: &Range<usize>, base: usize| Span {
        start: (base + range.start) as u32,
        end: (base + range.end) as u32,
    };
    let mut statements = Vec::with_capacity(split.statements.len());
    for statement in &split.statements {
        statements.push(span(&statement.span, body.start));
    }
    let end = section.marker.start + text[section.marker.start..body.end].trim_end().len();
    let whole = span(&(section.marker.start..end), 0);
    let options = section.options;
    Ok((Section { span: whole, options, statements: Cow::Owned(statements) }, split))
}

pub(super) struct Reader<'r, 't> {
    pub(super) file: &'r File<'t>,
    pub(super) settings: &'r Settings,
    pub(super) labels: &'r [Label<'r>],
    /// The file's lines in the lock.
    pub(super) entry: Option<&'r Entry>,
    /// Where the sections begin that two dialects read differently: of their statements nothing more is told.
    differ: Vec<usize>,
    problems: &'r mut Vec<Problem>,
}

impl<'t> Reader<'_, 't> {
    /// Checks what the file says of itself, whatever the dialect.
    fn marks(&mut self) {
        let script = &self.file.script;
        for mark in script.destroys.iter().filter(|mark| !mark.reviewed) {
            self.problem(mark.line.range(), Fact::DestroysData { what: mark.what.to_owned() });
        }
        if let Some(reason) = script.irreversible.filter(|reason| reason.text.is_empty()) {
            let marker = self.line_around(reason.start);
            self.problem(marker, Fact::IrreversibleWithoutReason { id: self.id() });
        }
    }

    /// Refuses a section without a dialect that two dialects of the set read differently.
    fn agreement(&mut self) {
        if self.settings.dialects.iter().nth(1).is_none() {
            return;
        }
        let file = self.file;
        for section in file.script.sections.iter().filter(|section| section.dialects.is_empty()) {
            let (direction, body) = (section.direction, &file.script.text[section.body.clone()]);
            let mut first: Option<(Dialect, Split<'_>)> = None;
            for dialect in self.settings.dialects.iter() {
                if file.script.section(direction, dialect) != Some(section) {
                    continue;
                }
                let Ok(reading) = dialect.split(body) else { continue };
                match &first {
                    None => first = Some((dialect, reading)),
                    Some((_, other)) if reads_alike(other, &reading) => {}
                    Some((first, _)) => {
                        let dialects = (*first, dialect);
                        let fault = SqlFault::ReadDifferently { direction, dialects };
                        self.problem(section.marker.range(), Fact::MalformedSql(fault));
                        self.differ.push(section.marker.start);
                        break;
                    }
                }
            }
        }
    }

    fn part(&mut self, dialect: Dialect) -> Option<PartAndHashes> {
        let script = &self.file.script;
        let Some(upgrade) = script.section(Direction::Upgrade, dialect) else {
            let fact = Fact::MissingDialect { id: self.id(), dialect, unsealed: false };
            self.problem(script.revision.range(), fact);
            return None;
        };
        let identity = Identity {
            id: script.revision.text,
            parents: &Script::texts(&script.revises),
            dependencies: &dependencies(self.file, self.labels),
            replaces: script.replaces.map(|replaces| replaces.whole.text),
        };
        let (up, up_split) = self.section(upgrade, dialect)?;
        let empty = up.statements.is_empty();
        let seal = self.entry.and_then(|entry| entry.seal(dialect));
        let hash = |direction, body: &Body<'_>| checksum(&identity, direction, body);
        let upgrade_checksum = hash(Direction::Upgrade, &body_of(&up, &up_split));
        let (downgrade, downgrade_checksum, down_hashes) =
            match (script.section(Direction::Downgrade, dialect), script.irreversible) {
                (Some(section), irreversible)
                    if !section.dialects.is_empty() || irreversible.is_none() =>
                {
                    let (down, split) = self.section(section, dialect)?;
                    if down.statements.is_empty() && !empty {
                        self.problem(
                            section.marker.range(),
                            Fact::EmptyDowngrade { id: self.id() },
                        );
                    }
                    let checksum = hash(Direction::Downgrade, &body_of(&down, &split));
                    {
                        let sealed = seal.map(|seal| &seal.downgrade);
                        let hashes = hashes_of(&split, sealed, checksum);
                        (Downgrade::Section(down), checksum, hashes)
                    }
                }
                (_, Some(reason)) => {
                    let body = Body::Irreversible { reason: reason.text };
                    let reason = Cow::Owned(reason.text.to_owned());
                    let checksum = hash(Direction::Downgrade, &body);
                    (Downgrade::Irreversible(reason), checksum, Vec::new())
                }
                _ => {
                    if !empty {
                        self.missing_downgrade(upgrade, dialect);
                    }
                    let body = Body::Section { options: Section::EMPTY.options, tokens: &[] };
                    let checksum = hash(Direction::Downgrade, &body);
                    (Downgrade::Section(Section::EMPTY), checksum, Vec::new())
                }
            };
        let part = Part {
            dialect,
            upgrade: up,
            upgrade_checksum,
            downgrade,
            downgrade_checksum,
            former_downgrades: Cow::Borrowed(&[]),
        };
        let sealed = seal.map(|seal| &seal.upgrade);
        Some((part, [hashes_of(&up_split, sealed, upgrade_checksum), down_hashes]))
    }

    fn missing_downgrade(&mut self, upgrade: &ScriptSection<'_>, dialect: Dialect) {
        let script = &self.file.script;
        let has = |other: &Dialect| script.section(Direction::Downgrade, *other).is_some();
        let others = self.settings.dialects.iter().any(|other| has(&other));
        let fact = Fact::MissingDowngrade { id: self.id(), dialect: others.then_some(dialect) };
        self.problem(upgrade.marker.range(), fact);
    }

    fn section(
        &mut self,
        section: &ScriptSection<'t>,
        dialect: Dialect,
    ) -> Option<(Section, Split<'t>)> {
        match read_section(self.file.script.text, section, dialect) {
            Ok((read, split)) => {
                if !self.differ.contains(&section.marker.start) {
                    self.statements(section, &read, &split, dialect);
                }
                Some((read, split))
            }
            Err((range, fact)) => {
                self.problem(range, fact);
                None
            }
        }
    }

    fn statements(
        &mut self,
        section: &ScriptSection<'_>,
        read: &Section,
        split: &Split<'_>,
        dialect: Dialect,
    ) {
        for (fact, index) in statement_facts(section.direction, read, split, dialect) {
            let span = read.statements[index];
            self.problem(span.start as usize..span.end as usize, fact);
        }
    }

    fn line_around(&self, offset: usize) -> Range<usize> {
        let text = self.file.script.text;
        let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
        start..text[start..].find('\n').map_or(text.len(), |at| start + at)
    }

    pub(super) fn id(&self) -> String {
        self.file.script.revision.text.to_owned()
    }

    pub(super) fn problem(&mut self, range: Range<usize>, fact: Fact) {
        let problem = self.file.problem(range, fact);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// Returns what is wrong with the statements of a section, each with the statement's index.
///
/// The same rules hold for a section of a file and for a downgrade that a database stored.
pub(crate) fn statement_facts(
    direction: Direction,
    read: &Section,
    split: &Split<'_>,
    dialect: Dialect,
) -> Vec<(Fact, usize)> {
    let mut facts = Vec::new();
    let options = read.options;
    for (index, statement) in split.statements.iter().enumerate() {
        let tokens = &split.tokens[statement.tokens.clone()];
        if !options.transaction {
            break;
        }
        if let Some(control) = dialect.transaction_control(tokens) {
            let words = control.words().to_owned();
            facts.push((Fact::TransactionControl { words, direction }, index));
        }
        if let Some(words) = dialect.needs_no_transaction(tokens) {
            let words = words.to_owned();
            facts.push((Fact::NeedsNoTransaction { words, direction }, index));
        }
    }
    let hazards = dialect.unsafe_rebuilds(split);
    for UnsafeRebuild { statement, kind } in hazards {
        let table = match kind {
            // With `transaction=off` the pragma works, and what stands below it is safe.
            UnsafeRebuildKind::ForeignKeysPragma if !options.transaction => break,
            UnsafeRebuildKind::ForeignKeysPragma => None,
            // What `foreign-keys=off` is for.
            UnsafeRebuildKind::Rebuild { .. } if !options.foreign_keys => continue,
            UnsafeRebuildKind::Rebuild { table } => Some(table),
        };
        facts.push((Fact::UnsafeRebuild { table, direction }, statement));
    }
    facts
}

/// Labels count as the revisions that they name: the ledger knows ids alone.
pub(super) fn dependencies<'l>(file: &'l File<'_>, labels: &'l [Label<'l>]) -> Vec<&'l str> {
    let mut dependencies = Vec::with_capacity(file.script.depends_on.len());
    for value in &file.script.depends_on {
        let mut id = value.text;
        for label in labels {
            id = if label.label == value.text { label.id } else { id };
        }
        dependencies.push(id);
    }
    dependencies
}

fn body_of<'s>(section: &Section, split: &'s Split<'s>) -> Body<'s> {
    Body::Section { options: section.options, tokens: &split.tokens }
}

/// Returns the hashes of the statements; those of a section that is as it was sealed stand in the lock.
fn hashes_of(split: &Split<'_>, sealed: Option<&Sealed>, checksum: Checksum) -> Vec<StatementHash> {
    if let Some(sealed) = sealed.filter(|sealed| sealed.checksum == checksum) {
        return sealed.statements.clone();
    }
    let mut hashes = Vec::with_capacity(split.statements.len());
    for statement in &split.statements {
        hashes.push(StatementHash::of(&split.tokens[statement.tokens.clone()]));
    }
    hashes
}

/// Tells whether two dialects see the same tokens in the same statements.
fn reads_alike(left: &Split<'_>, right: &Split<'_>) -> bool {
    if left.tokens.len() != right.tokens.len() || left.statements.len() != right.statements.len() {
        return false;
    }
    for (left, right) in left.tokens.iter().zip(&right.tokens) {
        if left.text != right.text {
            return false;
        }
    }
    for (left, right) in left.statements.iter().zip(&right.statements) {
        if left.span != right.span {
            return false;
        }
    }
    true
}
