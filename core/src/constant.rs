//! How `migrations!` writes a set down: a few literals, whatever the number of revisions.
//!
//! rustc's time and memory decide the form. A literal of nested structs takes it 13 s and 3 GiB at 5,000 revisions, rows
//! of plain numbers that a `const fn` turns into structs still 2 s; a few texts take it nothing to speak of. They are read
//! when the set is first looked at, in one pass that copies no text.
//!
//! All of it is text, because a text can be a raw literal: bytes would have to be escaped, and read back by rustc. So
//! numbers are written in digits, and checksums are those that the text of the ledger has anyway.

use std::borrow::Cow;

use crate::checksum::Checksum;
use crate::dialect::{Dialect, Dialects};
use crate::set::{
    Downgrade, Heads, History, List, Options, Part, Replaced, Revision, Revisions, Section, Set,
    Settings, Span, Text,
};

/// Revisions in the form that is compiled in.
#[derive(Clone, Copy, Debug)]
pub struct Packed {
    /// The files and what else is text, one after another.
    pub text: &'static str,
    /// What was read from them, as numbers.
    pub numbers: &'static str,
    /// As [`Set::ledgers`]: the checksums stand there.
    pub ledgers: [&'static str; 3],
}

/// Makes a set of what [`pack`] wrote; the first `standing` revisions are of the chain.
#[must_use]
#[inline]
pub const fn set(
    settings: Settings,
    folder: &'static str,
    [text, numbers]: [&'static str; 2],
    standing: usize,
    by_id: &'static [u32],
    heads: &'static [u32],
    ledgers: [&'static str; 3],
) -> Set {
    let [sqlite, postgres, mysql] = ledgers;
    Set {
        settings,
        folder: Cow::Borrowed(folder),
        revisions: Revisions::packed(Packed { text, numbers, ledgers }, standing),
        by_id: Cow::Borrowed(by_id),
        heads: Cow::Borrowed(heads),
        ledgers: [Cow::Borrowed(sqlite), Cow::Borrowed(postgres), Cow::Borrowed(mysql)],
    }
}

/// Makes settings: name, dialects, whether several heads are allowed, and the ledger's schema and table.
#[must_use]
#[inline]
pub const fn settings(
    name: &'static str,
    dialects: &[Dialect],
    many: bool,
    schema: Option<&'static str>,
    table: &'static str,
) -> Settings {
    let schema = match schema {
        Some(schema) => Some(Cow::Borrowed(schema)),
        None => None,
    };
    Settings {
        name: Cow::Borrowed(name),
        dialects: Dialects::of(dialects),
        heads: if many { Heads::Many } else { Heads::One },
        history: History { schema, table: Cow::Borrowed(table) },
    }
}

/// Writes the revisions of a set down: their text, and the rest as numbers.
///
/// ```
/// use revchain_core::constant::pack;
///
/// # let folder = std::path::Path::new("../examples/quickstart/migrations");
/// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
/// # let set = revchain_core::check(&folder).into_set().unwrap();
/// let (text, numbers) = pack(&set);
/// assert!(text.starts_with(&*set.revisions[0].text));
/// assert!(numbers.bytes().all(|digit| (b'0'..=b'o').contains(&digit)));
/// ```
#[must_use]
pub fn pack(set: &Set) -> (String, String) {
    let mut writer = Writer::default();
    let checksums = set.checksum_offsets();
    for (revision, checksums) in set.revisions.all().iter().zip(checksums) {
        writer.revision(revision, checksums);
    }
    let Writer { text, statements, formers, places, labels, replaced, parts, revisions } = writer;
    let mut numbers = Vec::new();
    for column in [statements, formers, places, labels, replaced, parts, revisions] {
        number(&mut numbers, column.rows);
        numbers.extend_from_slice(&column.digits);
    }
    (text, String::from_utf8(numbers).unwrap_or_default())
}

/// The rows of one kind.
#[derive(Default)]
struct Column {
    rows: u32,
    digits: Vec<u8>,
}

impl Column {
    fn row(&mut self, numbers: &[u32]) {
        self.rows += 1;
        numbers.iter().for_each(|value| number(&mut self.digits, *value));
    }
}

/// Appends a number: five bits a digit, the lowest first. The digits are `0` to `O`, and 32 more for all but the last.
fn number(digits: &mut Vec<u8>, mut value: u32) {
    while value >= 32 {
        digits.push(b'0' + 32 + (value % 32) as u8);
        value /= 32;
    }
    digits.push(b'0' + value as u8);
}

/// Collects the rows of each kind; the rows of lists stand in the order of the rows that own them.
#[derive(Default)]
struct Writer {
    text: String,
    statements: Column,
    formers: Column,
    places: Column,
    labels: Column,
    replaced: Column,
    parts: Column,
    revisions: Column,
}

impl Writer {
    /// `checksums` says where they begin in the ledgers.
    fn revision(&mut self, revision: &Revision, checksums: u32) {
        let Revision {
            id,
            message,
            path,
            created,
            parents,
            dependencies,
            labels,
            replaces,
            draft,
            text,
            parts,
        } = revision;
        let mut row = vec![self.text.len() as u32];
        for piece in [text, id, message, path, created] {
            self.text.push_str(piece);
            row.push(piece.len() as u32);
        }
        for list in [parents, dependencies] {
            row.push(list.len() as u32);
            list.iter().for_each(|place| self.places.row(&[*place]));
        }
        row.push(labels.len() as u32);
        for label in &**labels {
            let label = self.text(label);
            self.labels.row(&label);
        }
        row.push(parts.len() as u32);
        parts.iter().for_each(|part| self.part(part, checksums));
        for Replaced { id, direct } in &**replaces {
            let [start, length] = self.text(id);
            self.replaced.row(&[start, length, u32::from(*direct)]);
        }
        row.push(u32::from(*draft) | (replaces.len() as u32) << 1);
        self.revisions.row(&row);
    }

    fn part(&mut self, part: &Part, checksums: u32) {
        let Part {
            dialect,
            upgrade,
            upgrade_checksum: _,
            downgrade,
            downgrade_checksum: _,
            former_downgrades,
        } = part;
        let irreversible = matches!(downgrade, Downgrade::Irreversible(_));
        let mut row = vec![*dialect as u32, checksums, u32::from(irreversible)];
        self.section(upgrade, &mut row);
        match downgrade {
            Downgrade::Section(section) => self.section(section, &mut row),
            Downgrade::Irreversible(reason) => {
                let reason = self.text(reason);
                row.extend_from_slice(&reason);
            }
        }
        row.push(former_downgrades.len() as u32);
        for former in &**former_downgrades {
            self.formers.row(&[self.text.len() as u32]);
            former.write(&mut self.text);
        }
        self.parts.row(&row);
    }

    fn section(&mut self, section: &Section, row: &mut Vec<u32>) {
        let Section { span, options, statements } = section;
        let Options { transaction, foreign_keys } = *options;
        let options = u32::from(transaction) | u32::from(foreign_keys) << 1;
        let length = span.end - span.start;
        row.extend_from_slice(&[span.start, length, options, statements.len() as u32]);
        for Span { start, end } in &**statements {
            self.statements.row(&[*start, end - start]);
        }
    }

    /// Writes a text, and returns where it begins and its length.
    fn text(&mut self, text: &str) -> [u32; 2] {
        let start = self.text.len();
        self.text.push_str(text);
        [start as u32, text.len() as u32]
    }
}

/// Reads revisions that [`pack`] wrote.
///
/// The lists are few large ones, which live as long as the program: so does the static that they belong to.
pub(crate) fn unpack(packed: Packed) -> Vec<Revision> {
    let Packed { text, numbers, ledgers } = packed;
    let mut reader = Reader { text, digits: numbers.as_bytes(), ledgers };
    let mut statements = reader.column(Reader::span);
    let mut formers = reader.column(|reader| checksum(text, reader.number()));
    let mut places = reader.column(Reader::number);
    let mut labels: &'static [Text] = reader.column(|reader| Cow::Borrowed(reader.piece()));
    let mut replaced = reader.column(Reader::replaced);
    let mut parts = reader.column(|reader| reader.part(&mut statements, &mut formers));
    reader.rows(|reader| reader.revision(&mut places, &mut labels, &mut replaced, &mut parts))
}

/// Takes the next `count` of a list.
fn take<T: Clone>(list: &mut &'static [T], count: u32) -> List<T> {
    let (taken, rest) = list.split_at(count as usize);
    *list = rest;
    Cow::Borrowed(taken)
}

struct Reader {
    text: &'static str,
    digits: &'static [u8],
    ledgers: [&'static str; 3],
}

impl Reader {
    fn column<T>(&mut self, row: impl FnMut(&mut Self) -> T) -> &'static [T] {
        self.rows(row).leak()
    }

    fn rows<T>(&mut self, mut row: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut rows = Vec::new();
        for _ in 0..self.number() {
            rows.push(row(self));
        }
        rows
    }

    fn revision(
        &mut self,
        places: &mut &'static [u32],
        labels: &mut &'static [Text],
        replaced: &mut &'static [Replaced],
        parts: &mut &'static [Part],
    ) -> Revision {
        let mut start = self.number();
        let mut piece = || {
            let piece = Span { start, end: start + self.number() };
            start = piece.end;
            Cow::Borrowed(piece.of(self.text))
        };
        let text = piece();
        let mut revision = Revision {
            id: piece(),
            message: piece(),
            path: piece(),
            created: piece(),
            parents: take(places, self.number()),
            dependencies: take(places, self.number()),
            labels: take(labels, self.number()),
            parts: take(parts, self.number()),
            replaces: Cow::Borrowed(&[]),
            draft: false,
            text,
        };
        let last = self.number();
        revision.draft = last & 1 == 1;
        revision.replaces = take(replaced, last >> 1);
        revision
    }

    fn replaced(&mut self) -> Replaced {
        Replaced { id: Cow::Borrowed(self.piece()), direct: self.number() == 1 }
    }

    fn part(
        &mut self,
        statements: &mut &'static [Span],
        formers: &mut &'static [Checksum],
    ) -> Part {
        let dialect = Dialect::ALL[self.number() as usize];
        let (ledger, checksums) = (self.ledgers[dialect as usize], self.number());
        let irreversible = self.number() == 1;
        let upgrade = self.section(statements);
        let downgrade = if irreversible {
            Downgrade::Irreversible(Cow::Borrowed(self.piece()))
        } else {
            Downgrade::Section(self.section(statements))
        };
        Part {
            dialect,
            upgrade,
            upgrade_checksum: checksum(ledger, checksums),
            downgrade,
            downgrade_checksum: checksum(ledger, checksums + Checksum::LENGTH as u32 + 1),
            former_downgrades: take(formers, self.number()),
        }
    }

    fn section(&mut self, statements: &mut &'static [Span]) -> Section {
        let span = self.span();
        let options = self.number();
        let options = Options { transaction: options & 1 == 1, foreign_keys: options & 2 == 2 };
        Section { span, options, statements: take(statements, self.number()) }
    }

    fn span(&mut self) -> Span {
        let start = self.number();
        Span { start, end: start + self.number() }
    }

    /// Reads a text that stands somewhere in the whole text.
    fn piece(&mut self) -> &'static str {
        let text = self.text;
        self.span().of(text)
    }

    fn number(&mut self) -> u32 {
        let (mut value, mut shift) = (0, 0);
        while let Some((digit, rest)) = self.digits.split_first() {
            self.digits = rest;
            let digit = u32::from(digit - b'0');
            value |= (digit % 32) << shift;
            shift += 5;
            if digit < 32 {
                break;
            }
        }
        value
    }
}

/// Reads the checksum that begins at `start`.
fn checksum(text: &str, start: u32) -> Checksum {
    let written = Span { start, end: start + Checksum::LENGTH as u32 }.of(text);
    written.parse().unwrap_or(Checksum::from_bytes([0; 32]))
}
