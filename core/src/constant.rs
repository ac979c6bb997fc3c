//! How `migrations!` writes a set down: a few literals, whatever the number of revisions.
//!
//! rustc's time and memory decide the form. A literal of nested structs takes it 13 s and 3 GiB at 5,000 revisions, rows
//! of plain numbers that a `const fn` turns into structs still 2 s; one text and one byte string take it nothing to speak
//! of. They are read when the set is first looked at, in one pass that copies no text.

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
    /// Numbers in LEB128, and checksums.
    pub bytes: &'static [u8],
}

/// Makes a set of what [`pack`] wrote.
#[must_use]
pub const fn set(
    settings: Settings,
    folder: &'static str,
    text: &'static str,
    bytes: &'static [u8],
    standing: usize,
    by_id: &'static [u32],
    ledgers: [&'static str; 3],
) -> Set {
    let [sqlite, postgres, mysql] = ledgers;
    Set {
        settings,
        folder: Cow::Borrowed(folder),
        revisions: Revisions::packed(Packed { text, bytes }, standing),
        by_id: Cow::Borrowed(by_id),
        ledgers: [Cow::Borrowed(sqlite), Cow::Borrowed(postgres), Cow::Borrowed(mysql)],
    }
}

/// Makes settings: name, dialects, whether several heads are allowed, and the ledger's schema and table.
#[must_use]
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

/// Writes revisions into one text and one byte string.
///
/// ```
/// use revchain_core::constant::pack;
///
/// assert_eq!(pack(&[]), (String::new(), vec![0; 7]));
/// ```
#[must_use]
pub fn pack(revisions: &[Revision]) -> (String, Vec<u8>) {
    let mut writer = Writer::default();
    revisions.iter().for_each(|revision| writer.revision(revision));
    let Writer { text, statements, formers, places, labels, replaced, parts, revisions } = writer;
    let mut bytes = Vec::new();
    for column in [statements, formers, places, labels, replaced, parts, revisions] {
        number(&mut bytes, column.rows);
        bytes.extend_from_slice(&column.bytes);
    }
    (text, bytes)
}

/// The rows of one kind.
#[derive(Default)]
struct Column {
    rows: u32,
    bytes: Vec<u8>,
}

impl Column {
    fn row(&mut self, numbers: &[u32]) {
        self.rows += 1;
        numbers.iter().for_each(|value| number(&mut self.bytes, *value));
    }
}

/// Appends a number in LEB128: seven bits a byte, the lowest first.
fn number(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
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
    fn revision(&mut self, revision: &Revision) {
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
        let whole = self.text(text);
        let mut row = vec![whole.start, text.len() as u32];
        for word in [id, message, path, created] {
            let Span { start, end } = self.text(word);
            row.extend([start, end - start]);
        }
        for list in [parents, dependencies] {
            row.push(list.len() as u32);
            list.iter().for_each(|place| self.places.row(&[*place]));
        }
        row.push(labels.len() as u32);
        for label in &**labels {
            let Span { start, end } = self.text(label);
            self.labels.row(&[start, end - start]);
        }
        row.push(parts.len() as u32);
        parts.iter().for_each(|part| self.part(part));
        for Replaced { id, direct } in &**replaces {
            let Span { start, end } = self.text(id);
            self.replaced.row(&[start, end - start, u32::from(*direct)]);
        }
        row.push(u32::from(*draft) | (replaces.len() as u32) << 1);
        self.revisions.row(&row);
    }

    fn part(&mut self, part: &Part) {
        let Part {
            dialect,
            upgrade,
            upgrade_checksum,
            downgrade,
            downgrade_checksum,
            former_downgrades,
        } = part;
        let irreversible = matches!(downgrade, Downgrade::Irreversible(_));
        let mut row = vec![*dialect as u32, u32::from(irreversible)];
        self.section(upgrade, &mut row);
        match downgrade {
            Downgrade::Section(section) => self.section(section, &mut row),
            Downgrade::Irreversible(reason) => {
                let Span { start, end } = self.text(reason);
                row.extend([start, end - start]);
            }
        }
        row.push(former_downgrades.len() as u32);
        for former in &**former_downgrades {
            self.formers.row(&[]);
            self.formers.bytes.extend_from_slice(former.as_bytes());
        }
        self.parts.row(&row);
        self.parts.bytes.extend_from_slice(upgrade_checksum.as_bytes());
        self.parts.bytes.extend_from_slice(downgrade_checksum.as_bytes());
    }

    fn section(&mut self, section: &Section, row: &mut Vec<u32>) {
        let Section { span, options, statements } = section;
        let Options { transaction, foreign_keys } = *options;
        let options = u32::from(transaction) | u32::from(foreign_keys) << 1;
        row.extend([span.start, span.end - span.start, options, statements.len() as u32]);
        for Span { start, end } in &**statements {
            self.statements.row(&[*start, end - start]);
        }
    }

    fn text(&mut self, text: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(text);
        span(start, text.len())
    }
}

fn span(start: usize, length: usize) -> Span {
    Span { start: start as u32, end: (start + length) as u32 }
}

/// Reads revisions that [`pack`] wrote.
///
/// The lists are few large ones, which live as long as the program: so does the static that they belong to.
pub(crate) fn unpack(packed: Packed) -> Vec<Revision> {
    let mut reader = Reader { text: packed.text, bytes: packed.bytes };
    let mut statements = reader.column(Reader::span);
    let mut formers = reader.column(Reader::checksum);
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
    bytes: &'static [u8],
}

impl Reader {
    fn column<T>(&mut self, row: impl FnMut(&mut Self) -> T) -> &'static [T] {
        self.rows(row).leak()
    }

    fn rows<T>(&mut self, mut row: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| row(self)).collect()
    }

    fn revision(
        &mut self,
        places: &mut &'static [u32],
        labels: &mut &'static [Text],
        replaced: &mut &'static [Replaced],
        parts: &mut &'static [Part],
    ) -> Revision {
        let text = Cow::Borrowed(self.piece());
        let [id, message, path, created] = [(); 4].map(|()| Cow::Borrowed(self.piece()));
        let mut revision = Revision {
            id,
            message,
            path,
            created,
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
        let irreversible = self.number() == 1;
        let upgrade = self.section(statements);
        let downgrade = if irreversible {
            Downgrade::Irreversible(Cow::Borrowed(self.piece()))
        } else {
            Downgrade::Section(self.section(statements))
        };
        let former_downgrades = take(formers, self.number());
        let [upgrade_checksum, downgrade_checksum] = [(); 2].map(|()| self.checksum());
        Part {
            dialect,
            upgrade,
            upgrade_checksum,
            downgrade,
            downgrade_checksum,
            former_downgrades,
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

    fn checksum(&mut self) -> Checksum {
        let (bytes, rest) = self.bytes.split_first_chunk().unwrap_or((&[0; 32], &[]));
        self.bytes = rest;
        Checksum::from_bytes(*bytes)
    }

    fn number(&mut self) -> u32 {
        let (mut value, mut shift) = (0, 0);
        while let Some((byte, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            value |= u32::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        value
    }
}
