//! The form of a SQL revision: a header of comments, then sections.

use std::ops::Range;

use crate::checksum::Direction;
use crate::dialect::{Dialect, Dialects};
use crate::problem::{DirectiveFault, Fact, HeaderFault, Place, Problem, SqlFault};
use crate::set::Options;
use crate::text::{did_you_mean, lines};

/// The beginning of every marker.
const MARKER: &str = "-- migrate:";
/// The words that a marker can say.
const DIRECTIVES: [&str; 4] = ["upgrade", "downgrade", "irreversible", "destroys"];
/// The keys of the header.
const KEYS: [&str; 7] =
    ["revision", "revises", "depends-on", "label", "created", "replaces", "origin"];
/// The options of a section.
const OPTIONS: [&str; 2] = ["transaction=off", "foreign-keys=off"];

/// A SQL revision as it stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script<'t> {
    /// The whole text.
    pub text: &'t str,
    /// The first line of prose in the header.
    pub message: &'t str,
    /// The id.
    pub revision: Value<'t>,
    /// The ids it revises; empty for `base`.
    pub revises: Vec<Value<'t>>,
    /// The ids or labels it depends on.
    pub depends_on: Vec<Value<'t>>,
    /// Its labels.
    pub labels: Vec<Value<'t>>,
    /// When it was written.
    pub created: &'t str,
    /// The tool, version and checksum it was imported from.
    pub origin: Option<&'t str>,
    /// The sections, in the order of the file.
    pub sections: Vec<ScriptSection<'t>>,
    /// Why there is no downgrade.
    pub irreversible: Option<Value<'t>>,
    /// What statements destroy.
    pub destroys: Vec<Destroys<'t>>,
}

/// A word of the header and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'t> {
    /// The word.
    pub text: &'t str,
    /// Its first byte in the file.
    pub start: usize,
}

impl Value<'_> {
    /// Returns the bytes of the file that the word takes.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

/// A section and its marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptSection<'t> {
    /// Upgrade or downgrade.
    pub direction: Direction,
    /// The dialects it is for; none means all.
    pub dialects: Dialects,
    /// The marker's options.
    pub options: Options,
    /// The marker line.
    pub marker: Value<'t>,
    /// The bytes after the marker line, up to the next section.
    pub body: Range<usize>,
}

/// A `-- migrate:destroys` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroys<'t> {
    /// What is destroyed.
    pub what: &'t str,
    /// Whether the author has reviewed it.
    pub reviewed: bool,
    /// The whole line.
    pub line: Value<'t>,
}

impl<'t> Script<'t> {
    /// Reads a revision.
    ///
    /// `path` is the file as it is shown to people.
    ///
    /// # Errors
    ///
    /// All that cannot be read: `malformed-header`, `unknown-directive`, `malformed-sql`.
    ///
    /// ```
    /// use revchain_core::script::Script;
    ///
    /// let text = "-- create users\n-- revision: 3f2a9c1b7d04\n-- revises: base\n\n\
    ///             -- migrate:upgrade\nCREATE TABLE users (id INTEGER);\n\
    ///             -- migrate:downgrade\nDROP TABLE users;\n";
    /// let script = Script::parse("migrations/users.sql", text).unwrap();
    /// assert_eq!(script.message, "create users");
    /// assert_eq!(script.sections.len(), 2);
    /// assert!(Script::parse("empty.sql", "").is_err());
    /// ```
    pub fn parse(path: &str, text: &'t str) -> Result<Self, Vec<Problem>> {
        let (script, problems) = Self::read(path, text);
        if problems.is_empty() { Ok(script) } else { Err(problems) }
    }

    /// Reads what can be read, and says what cannot.
    pub(crate) fn read(path: &str, text: &'t str) -> (Self, Vec<Problem>) {
        let mut reader = Reader { path, text, problems: Vec::new() };
        let script = reader.script();
        (script, reader.problems)
    }

    /// Returns the section in force for a dialect: the one that names it, else the one that names none.
    #[must_use]
    pub fn section(&self, direction: Direction, dialect: Dialect) -> Option<&ScriptSection<'t>> {
        let named = |section: &&ScriptSection<'_>| section.dialects.contains(dialect);
        let unnamed = |section: &&ScriptSection<'_>| section.dialects.is_empty();
        let sections = || self.sections.iter().filter(|section| section.direction == direction);
        sections().find(named).or_else(|| sections().find(unnamed))
    }

    /// Returns what a `replaces` or other header value looks like for the checksum: the texts alone.
    #[must_use]
    pub fn texts(values: &[Value<'t>]) -> Vec<&'t str> {
        values.iter().map(|value| value.text).collect()
    }
}

struct Reader<'p, 't> {
    path: &'p str,
    text: &'t str,
    problems: Vec<Problem>,
}

impl<'t> Reader<'_, 't> {
    fn script(&mut self) -> Script<'t> {
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

    /// Finds the lines that begin in column 1 with the marker's prefix, and refuses those that nearly do.
    fn markers(&mut self) -> Vec<Value<'t>> {
        let mut markers = Vec::new();
        for (start, line) in lines(self.text) {
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
            let Some(comment) = line.strip_prefix("--") else {
                if !line.trim().is_empty() && !line.trim_start().starts_with("--") {
                    let fact = Fact::MalformedHeader(HeaderFault::StatementBeforeSection);
                    self.problem(start..start + line.trim_end().len(), fact);
                    break;
                }
                in_keys = false;
                continue;
            };
            let prose = comment.trim();
            let key = prose.split_once(':').filter(|(key, _)| is_key(key));
            match key {
                Some((key, value)) if in_keys || KEYS.contains(&key) => {
                    in_keys = true;
                    let value_start = start + line.find(':').map_or(line.len(), |at| at + 1);
                    let value = trimmed(value, value_start);
                    let whole = start..start + line.trim_end().len();
                    if seen.contains(&key) {
                        self.header_fault(whole, HeaderFault::Twice(key.to_owned()));
                    } else {
                        seen.push(key);
                        self.key(key, value, whole, script);
                    }
                }
                _ => {
                    in_keys = in_keys && !prose.is_empty();
                    if script.message.is_empty() && seen.is_empty() {
                        script.message = prose;
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
            "replaces" => self.header_fault(whole, HeaderFault::Unsupported("replaces")),
            _ => {
                let meant = did_you_mean(key, KEYS);
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
                let meant = did_you_mean(word, DIRECTIVES);
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
                let known = Dialect::ALL.into_iter().map(Dialect::name).chain(OPTIONS);
                let meant = did_you_mean(word.text, known);
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

impl<'t> Script<'t> {
    fn empty(text: &'t str) -> Self {
        Script {
            text,
            message: "",
            revision: Value { text: "", start: 0 },
            revises: Vec::new(),
            depends_on: Vec::new(),
            labels: Vec::new(),
            created: "",
            origin: None,
            sections: Vec::new(),
            irreversible: None,
            destroys: Vec::new(),
        }
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
    said.find(|c: char| c.is_ascii_whitespace()).map_or((said, ""), |at| said.split_at(at))
}

/// Tells whether a line was meant as a marker and is none: indented, or with other spacing or case.
fn is_nearly_a_marker(line: &str) -> bool {
    // Most lines are told by their first byte, which counts where nothing is optimised.
    if line.as_bytes().first().is_none_or(|first| first.is_ascii_graphic() && *first != b'-') {
        return false;
    }
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
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
}

fn trimmed(text: &str, start: usize) -> Value<'_> {
    let lead = text.len() - text.trim_start().len();
    Value { text: text.trim(), start: start + lead }
}

/// Splits at commas.
fn list(value: Value<'_>) -> Vec<Value<'_>> {
    let mut start = value.start;
    let mut values = Vec::new();
    for piece in value.text.split(',') {
        let one = trimmed(piece, start);
        if !one.text.is_empty() {
            values.push(one);
        }
        start += piece.len() + 1;
    }
    values
}

/// Splits at white space.
fn words_of(value: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    let base = value.text.as_ptr() as usize;
    value
        .text
        .split_ascii_whitespace()
        .map(move |word| Value { text: word, start: value.start + (word.as_ptr() as usize - base) })
}

/// Tells whether text is a time in UTC or with an offset, as RFC 3339 writes it.
fn is_time(text: &str) -> bool {
    let pattern = "dddd-dd-ddTdd:dd:dd";
    let fits = |(byte, wanted): (u8, u8)| match wanted {
        b'd' => byte.is_ascii_digit(),
        _ => byte == wanted,
    };
    let Some((head, zone)) = text.split_at_checked(pattern.len()) else { return false };
    let zone = zone
        .strip_prefix('.')
        .map_or(zone, |rest| rest.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    let offset = zone.strip_prefix(['+', '-']).unwrap_or_default();
    head.bytes().zip(pattern.bytes()).all(fits)
        && (zone == "Z" || (offset.len() == 5 && offset.bytes().zip(*b"dd:dd").all(fits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "-- m\n-- revision: a\n-- revises: base\n\n";

    fn codes(text: &str) -> Vec<String> {
        let problems = Script::parse("x.sql", text).err().unwrap_or_default();
        let place = |problem: &Problem| problem.place.position.map(|position| position.to_string());
        let describe = |p: &Problem| format!("{} {}", p.code(), place(p).unwrap_or_default());
        problems.iter().map(describe).collect()
    }

    #[test]
    fn a_header_gives_its_keys() {
        let text = "-- add prefs\n--\n-- more: prose with a colon\n--\n-- revision: b\n-- revises: a, c\n\
                    -- depends-on: d\n-- label: x, y\n-- created: 2026-01-18T05:30:00Z\n\n-- migrate:upgrade\n";
        let script = Script::parse("x.sql", text).unwrap();
        assert_eq!(script.message, "add prefs");
        assert_eq!(Script::texts(&script.revises), ["a", "c"]);
        assert_eq!(Script::texts(&script.labels), ["x", "y"]);
        assert_eq!(&text[script.revises[1].range()], "c");
        assert_eq!(script.created, "2026-01-18T05:30:00Z");
    }

    #[test]
    fn what_a_header_cannot_say_is_refused_where_it_stands() {
        let cases = [
            ("-- revision: a\n-- revises: base\n-- revision: b\n", "malformed-header 3:1"),
            ("-- revision: a\n-- revises: base\n-- lable: b\n", "malformed-header 3:1"),
            ("-- revision: a\n-- revises:\n", "malformed-header 2:1"),
            ("-- revision: a\n-- revises: base, b\n", "malformed-header 2:13"),
            ("-- revision: a\n-- revises: base\nDROP TABLE t;\n", "malformed-header 3:1"),
            ("-- revision: a\n-- revises: base\n-- created: today\n", "malformed-header 3:13"),
            ("-- revision: a\n", "malformed-header 1:1"),
        ];
        for (text, expected) in cases {
            assert_eq!(codes(text), [expected], "{text}");
        }
    }

    #[test]
    fn markers_that_say_nothing_known_are_refused() {
        let cases = [
            ("-- migrate:upgade\n", "unknown-directive 5:1"),
            ("-- migrate:upgrade mariadb\n", "unknown-directive 5:20"),
            ("-- migrate:upgrade transaction=on\n", "unknown-directive 5:20"),
            ("-- migrate:upgrade transaction=off foreign-keys=off\n", "unknown-directive 5:20"),
            ("  -- migrate:upgrade\n", "unknown-directive 5:1"),
            ("--migrate:upgrade\n", "unknown-directive 5:1"),
            ("-- migrate:\n", "unknown-directive 5:1"),
            ("-- migrate:upgrade\n-- migrate:destroys\n", "unknown-directive 6:1"),
            ("-- migrate:upgrade\n-- migrate:upgrade\n", "malformed-sql 6:1"),
            ("-- migrate:upgrade sqlite\n-- migrate:upgrade mysql sqlite\n", "malformed-sql 6:1"),
            ("-- migrate:downgrade\n-- migrate:irreversible why\n", "malformed-sql 5:1"),
            ("-- migrate:irreversible why\nDROP TABLE t;\n", "malformed-sql 6:1"),
        ];
        for (sections, expected) in cases {
            assert_eq!(codes(&format!("{HEADER}{sections}")), [expected], "{sections}");
        }
    }

    #[test]
    fn the_section_that_names_the_dialect_wins() {
        let text = format!("{HEADER}-- migrate:upgrade\nA;\n-- migrate:upgrade sqlite\nB;\n");
        let script = Script::parse("x.sql", &text).unwrap();
        let body = |dialect| {
            let section = script.section(Direction::Upgrade, dialect).unwrap();
            text[section.body.clone()].trim()
        };
        assert_eq!((body(Dialect::Sqlite), body(Dialect::Postgres)), ("B;", "A;"));
        assert!(script.section(Direction::Downgrade, Dialect::Sqlite).is_none());
    }

    #[test]
    fn a_destroys_line_stays_inside_its_section() {
        let text = format!(
            "{HEADER}-- migrate:upgrade\nA;\n-- migrate:destroys users.name reviewed\nB;\n-- migrate:destroys preview\n"
        );
        let script = Script::parse("x.sql", &text).unwrap();
        assert_eq!(script.sections.len(), 1);
        assert!(text[script.sections[0].body.clone()].contains("B;"));
        let said: Vec<_> = script.destroys.iter().map(|d| (d.what, d.reviewed)).collect();
        assert_eq!(said, [("users.name", true), ("preview", false)]);
    }

    #[test]
    fn conflict_markers_are_named_once() {
        let text = format!("{HEADER}<<<<<<< HEAD\n-- migrate:upgrade\n=======\n>>>>>>> other\n");
        assert_eq!(codes(&text), ["malformed-sql 5:1"]);
    }
}
