//! Reads a lock line by line; each line must be as it is written.

use super::{
    Entry, Lock, LockFault, NOTE, Seal, Sealed, TITLE, VERSION, is_revision_id, is_set_name,
};
use crate::checksum::{Checksum, StatementHash};
use crate::dialect::{Dialect, Dialects};
use crate::set::{Heads, History, Replaced, Settings};
use crate::text::one_based;

pub(super) struct Reader<'t> {
    pub(super) lines: Vec<&'t str>,
    pub(super) at: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn lock(&mut self) -> Result<Lock, LockFault> {
        let version = self.after(TITLE, "`revchain-lock 1`")?;
        let number = version.parse().ok().filter(|number: &u32| number.to_string() == version);
        match number {
            Some(VERSION) => {}
            Some(found) if found > VERSION => return Err(LockFault::NewerVersion { found }),
            _ => return Err(self.fault_above("`revchain-lock 1`")),
        }
        self.exactly(NOTE, "the line that says who writes the lock")?;
        let settings = self.settings()?;
        self.exactly("", "an empty line")?;
        let heads = self.after("head ", "`head` and the heads, or `base`")?;
        let heads = self.ids(heads)?;
        let mut revisions = Vec::new();
        if self.at < self.lines.len() {
            self.exactly("", "an empty line")?;
            while revisions.is_empty() || self.at < self.lines.len() {
                revisions.push(self.entry()?);
            }
        }
        Ok(Lock { settings, heads, revisions })
    }

    fn settings(&mut self) -> Result<Settings, LockFault> {
        let name = self.after("set ", "`set` and a name")?;
        if !is_set_name(name) {
            return Err(self.fault_above("`set` and a name of letters, digits, `_`, `-` and `.`"));
        }
        const DIALECTS: &str = "`dialects` and `sqlite`, `postgres` or `mysql`";
        let words = self.after("dialects ", DIALECTS)?;
        let mut dialects = Dialects::NONE;
        for word in words.split(' ') {
            dialects.insert(word.parse().map_err(|_| self.fault_above(DIALECTS))?);
        }
        if dialects.to_string() != words {
            return Err(self.fault_above(DIALECTS));
        }
        let heads = match self.after("heads ", "`heads one` or `heads many`")? {
            "one" => Heads::One,
            "many" => Heads::Many,
            _ => return Err(self.fault_above("`heads one` or `heads many`")),
        };
        let history = self.after("history ", "`history` and a table")?;
        let history: History =
            history.parse().map_err(|_| self.fault_above("`history` and a table"))?;
        Ok(Settings { name: name.to_owned().into(), dialects, heads, history })
    }

    fn entry(&mut self) -> Result<Entry, LockFault> {
        const EXPECTED: &str = "`revision <id> revises <parents>`, and `draft` for a draft";
        let rest = self.after("revision ", EXPECTED)?;
        let (id, parents) =
            rest.split_once(" revises ").ok_or_else(|| self.fault_above(EXPECTED))?;
        let (parents, draft) = match parents.strip_suffix(" draft") {
            Some(parents) => (parents, true),
            None => (parents, false),
        };
        if !is_revision_id(id) {
            return Err(self.fault_above(EXPECTED));
        }
        let (parents, replaces) = match parents.rsplit_once(" replaces ") {
            Some((parents, replaced)) => (parents, self.replaced(replaced)?),
            None => (parents, Vec::new()),
        };
        let parents = self.ids(parents)?;
        let mut entry = Entry { id: id.to_owned(), parents, replaces, seals: Vec::new() };
        if !draft {
            while self.lines.get(self.at).is_some_and(|line| line.starts_with("  ")) {
                entry.seals.push(self.seal()?);
            }
            let mut in_order = true;
            for at in 1..entry.seals.len() {
                in_order &= entry.seals[at - 1].dialect < entry.seals[at].dialect;
            }
            if entry.seals.is_empty() || !in_order {
                return Err(self.fault("the checksums of the revision, a dialect each, in order"));
            }
        }
        Ok(entry)
    }

    fn seal(&mut self) -> Result<Seal, LockFault> {
        const UPGRADE: &str = "`<dialect> upgrade b3v1:…` and the statements' hashes";
        const DOWNGRADE: &str = "`<dialect> downgrade b3v1:…` and the statements' hashes";
        let line = self.after("  ", UPGRADE)?;
        let (dialect, upgrade) =
            line.split_once(" upgrade ").ok_or_else(|| self.fault_above(UPGRADE))?;
        let dialect: Dialect = dialect.parse().map_err(|_| self.fault_above(UPGRADE))?;
        let upgrade = sealed(upgrade).ok_or_else(|| self.fault_above(UPGRADE))?;
        let line = self.after("  ", DOWNGRADE)?;
        let downgrade = line
            .strip_prefix(dialect.name())
            .and_then(|rest| rest.strip_prefix(" downgrade "))
            .ok_or_else(|| self.fault_above(DOWNGRADE))?;
        let mut pieces = downgrade.split(" was=");
        let current = pieces.next().and_then(sealed);
        let Some(downgrade) = current else { return Err(self.fault_above(DOWNGRADE)) };
        let mut former_downgrades: Vec<Checksum> = Vec::new();
        for former in pieces {
            former_downgrades.push(former.parse().map_err(|_| self.fault_above(DOWNGRADE))?);
        }
        Ok(Seal { dialect, upgrade, downgrade, former_downgrades })
    }

    fn ids(&self, text: &str) -> Result<Vec<String>, LockFault> {
        if text == "base" {
            return Ok(Vec::new());
        }
        let mut ids = Vec::new();
        for id in text.split(", ") {
            if !is_revision_id(id) || id == "base" {
                return Err(self.fault_above("ids separated by a comma and a space"));
            }
            ids.push(id.to_owned());
        }
        Ok(ids)
    }

    /// Reads what an entry replaces: ids, and in parentheses those that one of these replaces in turn.
    fn replaced(&self, text: &str) -> Result<Vec<Replaced>, LockFault> {
        let mut all = Vec::new();
        for text in text.split(", ") {
            let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
            let id = inner.unwrap_or(text);
            if !is_revision_id(id) {
                let expected = "`replaces` and ids separated by a comma and a space";
                return Err(self.fault_above(expected));
            }
            all.push(Replaced { direct: inner.is_none(), ..Replaced::direct(id) });
        }
        Ok(all)
    }

    /// Takes the next line and returns what follows `prefix`.
    fn after(&mut self, prefix: &str, expected: &'static str) -> Result<&'t str, LockFault> {
        let rest = self.lines.get(self.at).and_then(|line| line.strip_prefix(prefix));
        let rest = rest.ok_or_else(|| self.fault(expected))?;
        self.at += 1;
        Ok(rest)
    }

    fn exactly(&mut self, line: &str, expected: &'static str) -> Result<(), LockFault> {
        let rest = self.after(line, expected)?;
        if rest.is_empty() { Ok(()) } else { Err(self.fault_above(expected)) }
    }

    pub(super) fn fault(&self, expected: &'static str) -> LockFault {
        LockFault::Line { line: one_based(self.at), expected }
    }

    fn fault_above(&self, expected: &'static str) -> LockFault {
        LockFault::Line { line: one_based(self.at.saturating_sub(1)), expected }
    }
}

/// Reads a checksum and the hashes of statements, separated by single spaces.
fn sealed(text: &str) -> Option<Sealed> {
    let mut words = text.split(' ');
    let checksum = words.next()?.parse().ok()?;
    let mut statements: Vec<StatementHash> = Vec::new();
    for word in words {
        statements.push(word.parse().ok()?);
    }
    Some(Sealed { checksum, statements })
}
