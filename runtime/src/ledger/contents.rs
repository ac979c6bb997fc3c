//! What the ledger says of a set, after it was read.

use revchain_core::set::{Part, Set};
use revchain_core::{Checksum, Dialect};

use super::State;
use crate::sql::Row;

/// What the ledger says of a revision of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) state: State,
    /// Whether the upgrade's checksum is the set's.
    pub(crate) upgrade_matches: bool,
    pub(crate) downgrade: DowngradeMatch,
}

impl Known {
    /// Applied, and as the set has it.
    const CURRENT: Self =
        Self { state: State::Applied, upgrade_matches: true, downgrade: DowngradeMatch::Same };
}

/// How the stored downgrade relates to the set's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DowngradeMatch {
    /// It is the set's.
    Same,
    /// It is one that the set has corrected.
    Former,
    /// It is another.
    Other,
}

/// What the ledger says, after it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Whether the ledger exists.
    pub(crate) exists: bool,
    /// By place in the set: the chain, and behind it what is replaced.
    pub(crate) known: Vec<Option<Known>>,
    /// Rows of what is replaced and has no file any more, with their states.
    pub(crate) pruned: Vec<(String, State)>,
    /// Ids of rows that the set does not know.
    pub(crate) unknown: Vec<String>,
    /// Whether every revision of the set is applied as the set has it, and no other.
    pub(crate) is_current: bool,
    /// The highest sequence number, once it was asked for.
    pub(crate) last_sequence: i64,
    /// Rows that could not be understood.
    pub(crate) malformed: Vec<String>,
    /// How many places are of the chain.
    standing: usize,
    /// Where in `by_id` the next row is expected.
    next: usize,
    /// How much of the text of an up-to-date ledger the rows have said so far; nothing once one was different.
    said: Option<usize>,
}

impl Contents {
    pub(crate) fn new(set: &Set) -> Self {
        Self {
            exists: true,
            known: vec![None; set.by_id.len()],
            pruned: Vec::new(),
            standing: set.revisions.standing(),
            unknown: Vec::new(),
            is_current: false,
            last_sequence: 0,
            malformed: Vec::new(),
            next: 0,
            said: Some(0),
        }
    }

    /// Says what an up-to-date ledger says with these revisions of the chain applied.
    #[inline]
    pub(crate) fn assumed(set: &Set, applied: &[bool]) -> Self {
        let mut contents = Self { exists: applied.contains(&true), said: None, ..Self::new(set) };
        for (known, applied) in contents.known.iter_mut().zip(applied) {
            *known = applied.then_some(Known::CURRENT);
        }
        contents
    }

    /// Tells whether the ledger has no row of the set.
    pub(crate) fn is_empty(&self) -> bool {
        let others = self.unknown.len() + self.pruned.len() + self.malformed.len();
        others == 0 && self.known.iter().all(Option::is_none)
    }

    /// Says what the ledger says once these places are recorded.
    pub(crate) fn with_applied(&self, places: &[u32]) -> Self {
        let mut contents = Self { exists: true, is_current: false, said: None, ..self.clone() };
        for place in places {
            contents.known[*place as usize] = Some(Known::CURRENT);
        }
        contents
    }

    /// Returns whether each revision of the chain is applied.
    pub(crate) fn applied(&self) -> Vec<bool> {
        self.chain().iter().map(Option::is_some).collect()
    }

    /// Tells whether the ledger has rows of what is replaced.
    pub(crate) fn has_replaced(&self) -> bool {
        !self.pruned.is_empty() || self.known[self.standing..].iter().any(Option::is_some)
    }

    /// Returns what the ledger says of the revisions of the chain, by place.
    pub(crate) fn chain(&self) -> &[Option<Known>] {
        &self.known[..self.standing]
    }

    /// Takes a row of [`Ledger::read`]; rows usually come in the order of the ids.
    ///
    /// As long as they say what an up-to-date ledger says, no revision of the set is looked at.
    pub(crate) fn row(&mut self, set: &Set, dialect: Dialect, row: &dyn Row) {
        if let Some(said) = self.said {
            match self.expect(set, &set.ledger(dialect)[said..], row) {
                Some(lines) => return self.said = Some(said + lines),
                None => self.give_up_on_current(set),
            }
        }
        let Some(id) = row.text(0) else { return };
        let Some(state) = row.text(3).and_then(|name| State::of(&name)) else {
            return self.malformed.push(id.into_owned());
        };
        let Some(place) = self.place(set, &id) else {
            let id = id.into_owned();
            return match set.replacer(&id) {
                Some(_) => self.pruned.push((id, state)),
                None => self.unknown.push(id),
            };
        };
        let part = set.at(place as u32).part(dialect);
        let is = |column: usize, checksum: fn(&Part) -> Checksum| {
            let written = row.text(column);
            part.zip(written).is_some_and(|(part, written)| checksum(part).is_written(&written))
        };
        let former = || {
            let written = row.text(2).unwrap_or_default();
            let is_former = |checksum: &Checksum| checksum.is_written(&written);
            part.is_some_and(|part| part.former_downgrades.iter().any(is_former))
        };
        let downgrade = if is(2, |part| part.downgrade_checksum) {
            DowngradeMatch::Same
        } else if former() {
            DowngradeMatch::Former
        } else {
            DowngradeMatch::Other
        };
        let upgrade_matches = is(1, |part| part.upgrade_checksum);
        self.known[place] = Some(Known { state, upgrade_matches, downgrade });
    }

    /// Is told that there is no row more.
    pub(crate) fn finish(&mut self, set: &Set, dialect: Dialect) {
        let Some(said) = self.said else { return };
        let left = &set.ledger(dialect)[said..];
        let complete = said > 0 || !left.is_empty() || set.by_id.is_empty();
        if complete && left.lines().all(|line| line.starts_with(MAY_BE_MISSING)) {
            self.is_current = true;
            self.known[..self.standing].fill(Some(Known::CURRENT));
        } else {
            self.give_up_on_current(set);
        }
    }

    /// Compares a row with the next lines of an up-to-date ledger, and returns how long those are that it answers.
    fn expect(&mut self, set: &Set, lines: &str, row: &dyn Row) -> Option<usize> {
        let mut rest = lines;
        while let Some(line) = rest.strip_prefix(MAY_BE_MISSING) {
            let end = line.find('\n')? + 1;
            let is_pruned = !line.as_bytes()[..end].contains(&b' ');
            if let Some(length) = as_expected(line, row) {
                if is_pruned {
                    self.pruned.push((row.text(0)?.into_owned(), State::Applied));
                } else {
                    self.known[set.by_id[self.next] as usize] = Some(Known::CURRENT);
                    self.next += 1;
                }
                return Some(lines.len() - line.len() + length);
            }
            self.next += usize::from(!is_pruned);
            rest = &line[end..];
        }
        let length = as_expected(rest, row)?;
        self.next += 1;
        Some(lines.len() - rest.len() + length)
    }

    /// Takes down the rows that were as expected, and expects nothing more.
    fn give_up_on_current(&mut self, set: &Set) {
        self.said = None;
        let chain = |place: &&u32| (**place as usize) < self.standing;
        for place in set.by_id[..self.next].iter().filter(chain) {
            self.known[*place as usize] = Some(Known::CURRENT);
        }
    }

    fn place(&mut self, set: &Set, id: &str) -> Option<usize> {
        let expected = set.by_id.get(self.next).copied();
        if let Some(place) = expected.filter(|place| set.at(*place).id == id) {
            self.next += 1;
            return Some(place as usize);
        }
        let rank = set.rank(id)?;
        self.next = rank + 1;
        let place = set.by_id[rank];
        (set.at(place).id == id).then_some(place as usize)
    }
}

/// The beginning of a line of an up-to-date ledger whose row may be missing: its revision is replaced.
const MAY_BE_MISSING: char = '~';

/// Compares a row with the next line of an up-to-date ledger, and returns the length of that line.
fn as_expected(lines: &str, row: &dyn Row) -> Option<usize> {
    /// A checksum as it is written: `b3v1:` and 64 digits.
    const CHECKSUM: usize = 69;
    let id = lines.bytes().position(|byte| matches!(byte, b' ' | b'\n'))?;
    if lines.as_bytes()[id] == b'\n' {
        // Of a revision without a file nobody knows the checksums.
        let says = row.is(0, &lines[..id]) && row.is(3, State::Applied.name());
        return says.then_some(id + 1);
    }
    let (upgrade, downgrade) = (id + 1, id + 1 + CHECKSUM + 1);
    let end = downgrade + CHECKSUM;
    let says = row.is(0, &lines[..id])
        && row.is(1, lines.get(upgrade..upgrade + CHECKSUM)?)
        && row.is(2, lines.get(downgrade..end)?)
        && row.is(3, State::Applied.name());
    says.then_some(end + 1)
}
