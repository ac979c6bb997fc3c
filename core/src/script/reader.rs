//! Reads a revision's header, markers and sections.

use std::ops::Range;

use super::words::{is_time, list, replaces, trimmed, words_of};
use super::{
    DIRECTIVES, Destroys, IRREVERSIBLE, KEYS, MARKER, OPTIONS, RUST, Script, ScriptSection, Value,
};
use crate::checksum::Direction;
use crate::dialect::{Dialect, Dialects};
use crate::problem::{DirectiveFault, Fact, HeaderFault, Place, Problem, RustFault, SqlFault};
use crate::set::Options;
use crate::text::{did_you_mean, lines};

pub(super) struct Reader<'p, 't> {
    pub(super) path: &'p str,
    pub(super) text: &'t str,
    /// What a line of the header begins with.
    pub(super) comment: &'static str,
    pub(super) problems: Vec<Problem>,
}

impl<'t> Reader<'_, 't> {
    pub(super) fn script(&mut self) -> Script<'t> {
        if let Some((start, line)) = conflict_marker(self.text) {
            let fact = Fact::MalformedSql(SqlFault::ConflictMarkers);
            self.problem(start..start + line.len(), fact);
            return Script::empty(self.text);
        }
        let mut script = Script::empty(self.text);
        let markers = self.markers();
        let header_end = markers.first().map_or(self.text.len(), |marker| marker.start);
        self.header(header_end, &mut script);
        for (index, marker) in markers.iter().enumerate() {
            let end = markers[index + 1..]
                .iter()
                .find(|next| directive(next.text).0 != "destroys")
                .map_or(self.text.len(), |next| next.start);
            self.marker(*marker, end, &mut script);
        }
        self.check_sections(&script);
        script
    }

    /// Reads the header of a revision written in Rust, which ends where anything but comments begins.
    pub(super) fn rust(&mut self) -> Script<'t> {
        let mut script = Script::empty(self.text);
        if let Some((start, line)) = conflict_marker(self.text) {
            let fact = Fact::MalformedRust(RustFault::ConflictMarkers);
            self.problem(start..start + line.len(), fact);
            return script;
        }
        let is_comment = |line: &str| line.trim().is_empty() || line.starts_with("//");
        let end = lines(self.text).find(|(_, line)| !is_comment(line));
        self.header(end.map_or(self.text.len(), |(start, _)| start), &mut script);
        script
    }

    fn is_key(&self, key: &str) -> bool {
        KEYS.contains(&key) || (self.comment == RUST && key == IRREVERSIBLE)
    }

    /// Finds the lines that begin in column 1 with the marker's prefix, and refuses those that nearly do.
    fn markers(&mut self) -> Vec<Value<'t>> {
        let text = self.text;
        let mut markers = Vec::new();
        let mut end = 0;
        // Each has a colon, of which there are few: most lines need not be looked at.
        for (colon, _) in text.match_indices(':') {
            if colon < end || !is_word_of_markers(&text.as_bytes()[..colon]) {
                continue;
            }
            let start = text[..colon].rfind('\n').map_or(0, |at| at + 1);
            end = text[colon..].find('\n').map_or(text.len(), |at| colon + at);
            let line = &text[start..end];
            if line.starts_with(MARKER) {
                markers.push(Value { text: line.trim_end(), start });
            } else if is_nearly_a_marker(line) {
                let fact = Fact::UnknownDirective(DirectiveFault::Spelling);
                self.problem(start..start + line.trim_end().len(), fact);
            }
        }
        markers
    }

    fn header(&mut self, end: usize, script: &mut Script<'t>) {
        let mut seen: Vec<&str> = Vec::new();
        let mut in_keys = false;
        for (start, line) in lines(&self.text[..end]) {
            let Some(comment) = line.strip_prefix(self.comment) else {
                let is_statement = !line.trim().is_empty() && !line.trim_start().starts_with("--");
                if is_statement && self.comment != RUST {
                    let fact = Fact::MalformedHeader(HeaderFault::StatementBeforeSection);
                    self.problem(start..start + line.trim_end().len(), fact);
                    break;
                }
                in_keys = false;
                continue;
            };
            let prose = trimmed(comment, start + self.comment.len());
            let key = prose.text.split_once(':').filter(|(key, _)| is_key(key));
            match key {
                Some((key, value)) if in_keys || self.is_key(key) => {
                    in_keys = true;
                    let value = trimmed(value, prose.start + key.len() + ":".len());
                    let whole = start..prose.range().end;
                    if seen.contains(&key) {
                        self.header_fault(whole, HeaderFault::Twice(key.to_owned()));
                    } else {
                        seen.push(key);
                        self.key(key, value, whole, script);
                    }
                }
                _ => {
                    in_keys = in_keys && !prose.text.is_empty();
                    if script.message.is_empty() && seen.is_empty() {
                        script.message = prose.text;
                    }
                }
            }
        }
        for key in ["revision", "revises"] {
            if !seen.contains(&key) {
                self.header_fault(0..0, HeaderFault::Missing(key));
            }
        }
    }

    fn key(&mut self, key: &str, value: Value<'t>, whole: Range<usize>, script: &mut Script<'t>) {
        if self.comment == RUST && key == IRREVERSIBLE {
            script.irreversible = Some(value);
            return;
        }
        if value.text.is_empty() && KEYS.contains(&key) {
            return self.header_fault(whole, HeaderFault::Empty(key.to_owned()));
        }
        match key {
            "revision" => script.revision = value,
            "revises" => {
                let parents = list(value);
                let bases = parents.iter().filter(|parent| parent.text == "base").count();
                if bases > 0 && parents.len() > 1 {
                    return self.header_fault(value.range(), HeaderFault::BaseAndOthers);
                }
                script.revises = if bases == 1 { Vec::new() } else { parents };
            }
            "depends-on" => script.depends_on = list(value),
            "label" => script.labels = list(value),
            "created" => {
                if !is_time(value.text) {
                    let fault = HeaderFault::NotATime(value.text.to_owned());
                    return self.header_fault(value.range(), fault);
                }
                script.created = value.text;
            }
            "origin" => script.origin = Some(value.text),
            "replaces" => match replaces(value) {
                Some(replaces) => script.replaces = Some(replaces),
                None => {
                    let fault = HeaderFault::NotARange(value.text.to_owned());
                    self.header_fault(value.range(), fault);
                }
            },
            _ => {
                let meant = did_you_mean(key, &KEYS);
                let fault = HeaderFault::UnknownKey { key: key.to_owned(), meant };
                self.header_fault(whole, fault);
            }
        }
    }

    fn marker(&mut self, marker: Value<'t>, end: usize, script: &mut Script<'t>) {
        let (word, rest) = directive(marker.text);
        let rest = trimmed(rest, marker.start + marker.text.len() - rest.len());
        match word {
            "upgrade" => self.section(Direction::Upgrade, marker, rest, end, script),
            "downgrade" => self.section(Direction::Downgrade, marker, rest, end, script),
            "irreversible" => {
                if script.irreversible.is_some() {
                    let fault =
                        SqlFault::SectionTwice { direction: Direction::Downgrade, dialect: None };
                    self.problem(marker.range(), Fact::MalformedSql(fault));
                }
                script.irreversible = Some(rest);
                self.nothing_follows(marker.range().end..end);
            }
            "destroys" => {
                let what = rest.text.strip_suffix("reviewed").map(str::trim_end);
                let what = what
                    .filter(|what| !what.is_empty())
                    .filter(|what| rest.text.as_bytes()[what.len()].is_ascii_whitespace());
                let reviewed = what.is_some();
                let what = what.unwrap_or(rest.text);
                if what.is_empty() || rest.text == "reviewed" {
                    let fact = Fact::UnknownDirective(DirectiveFault::DestroysNothing);
                    return self.problem(marker.range(), fact);
                }
                script.destroys.push(Destroys { what, reviewed, line: marker });
            }
            _ => {
                let meant = did_you_mean(word, &DIRECTIVES);
                let fault = DirectiveFault::Word { word: word.to_owned(), meant };
                self.problem(marker.range(), Fact::UnknownDirective(fault));
            }
        }
    }

    /// What stands below `irreversible` would never run, so nothing may but comments.
    fn nothing_follows(&mut self, below: Range<usize>) {
        let base = below.start;
        for (start, line) in lines(&self.text[below]) {
            if !line.trim().is_empty() && !line.starts_with("--") {
                let start = base + start;
                let fact = Fact::MalformedSql(SqlFault::DowngradeAndIrreversible);
                return self.problem(start..start + line.trim_end().len(), fact);
            }
        }
    }

    fn section(
        &mut self,
        direction: Direction,
        marker: Value<'t>,
        words: Value<'t>,
        end: usize,
        script: &mut Script<'t>,
    ) {
        let mut dialects = Dialects::NONE;
        let mut options = Options::DEFAULT;
        for word in words_of(words) {
            if let Ok(dialect) = word.text.parse() {
                dialects.insert(dialect);
            } else if word.text == OPTIONS[0] {
                options.transaction = false;
            } else if word.text == OPTIONS[1] {
                options.foreign_keys = false;
            } else {
                let mut known = Dialect::ALL.map(Dialect::name).to_vec();
                known.extend_from_slice(&OPTIONS);
                let meant = did_you_mean(word.text, &known);
                let fault = DirectiveFault::Option { word: word.text.to_owned(), meant };
                self.problem(word.range(), Fact::UnknownDirective(fault));
            }
        }
        if !options.transaction && !options.foreign_keys {
            let fact = Fact::UnknownDirective(DirectiveFault::Contradiction);
            self.problem(words.range(), fact);
        }
        let start = (marker.range().end..end).find(|at| self.text.as_bytes()[*at] == b'\n');
        let body = start.map_or(end, |at| at + 1)..end;
        script.sections.push(ScriptSection { direction, dialects, options, marker, body });
    }

    /// Refuses two sections for one dialect and direction.
    fn check_sections(&mut self, script: &Script<'t>) {
        for (index, section) in script.sections.iter().enumerate() {
            let same = |earlier: &&ScriptSection<'_>| earlier.direction == section.direction;
            let earlier = || script.sections[..index].iter().filter(same);
            let named = section
                .dialects
                .iter()
                .find(|dialect| earlier().any(|other| other.dialects.contains(*dialect)));
            let unnamed = section.dialects.is_empty() && earlier().any(|s| s.dialects.is_empty());
            if named.is_some() || unnamed {
                let direction = section.direction;
                let fault = SqlFault::SectionTwice { direction, dialect: named };
                self.problem(section.marker.range(), Fact::MalformedSql(fault));
            }
            let plain = section.direction == Direction::Downgrade && section.dialects.is_empty();
            if plain && script.irreversible.is_some() {
                let fact = Fact::MalformedSql(SqlFault::DowngradeAndIrreversible);
                self.problem(section.marker.range(), fact);
            }
        }
    }

    fn header_fault(&mut self, range: Range<usize>, fault: HeaderFault) {
        self.problem(range, Fact::MalformedHeader(fault));
    }

    fn problem(&mut self, range: Range<usize>, fact: Fact) {
        let place = Place::span(self.path, self.text, range.start, range.end);
        self.problems.push(Problem { place, fact });
    }
}

/// Returns the first line that git left from an unfinished merge.
pub(crate) fn conflict_marker(text: &str) -> Option<(usize, &str)> {
    // A search for one byte is quick, also in a macro, which runs without optimisation.
    if !text.as_bytes().contains(&b'>') {
        return None;
    }
    let is_start = |line: &str| line.starts_with("<<<<<<< ");
    let is_end = |line: &str| line.starts_with(">>>>>>> ");
    let start = lines(text).find(|(_, line)| is_start(line))?;
    lines(text).any(|(at, line)| at > start.0 && is_end(line)).then_some(start)
}

/// Splits a marker line into its word and what follows.
fn directive(line: &str) -> (&str, &str) {
    let said = &line[MARKER.len()..];
    let (bytes, mut end) = (said.as_bytes(), 0);
    while end < bytes.len() && !bytes[end].is_ascii_whitespace() {
        end += 1;
    }
    said.split_at(end)
}

/// Tells whether what stands before a colon is the word that every marker begins with.
fn is_word_of_markers(before: &[u8]) -> bool {
    const WORD: &[u8] = b"migrate";
    let start = before.len().checked_sub(WORD.len());
    start.is_some_and(|start| before[start..].eq_ignore_ascii_case(WORD))
}

/// Tells whether a line was meant as a marker and is none: indented, or with other spacing or case.
fn is_nearly_a_marker(line: &str) -> bool {
    let Some(comment) = line.trim_start().strip_prefix("--") else { return false };
    let comment = comment.trim_start();
    let Some(said) = comment.get(..8).filter(|word| word.eq_ignore_ascii_case("migrate:")) else {
        return false;
    };
    let word: String = comment[said.len()..]
        .trim_start()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect::<String>()
        .to_ascii_lowercase();
    DIRECTIVES.contains(&word.as_str())
}

/// Tells whether text before a colon has the form of a header's key.
fn is_key(text: &str) -> bool {
    let (bytes, mut at) = (text.as_bytes(), 0);
    while at < bytes.len() && (bytes[at].is_ascii_alphabetic() || bytes[at] == b'-') {
        at += 1;
    }
    at > 0 && at == bytes.len()
}
