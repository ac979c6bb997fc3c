//! Puts the sections of a range of revisions together, into those of the one that replaces it.

use std::collections::HashMap;

use revchain_core::check::State;
use revchain_core::set::{Downgrade, Options, Revision, Section};
use revchain_core::target::TargetError;
use revchain_core::{Dialect, Dialects, Direction};

use crate::chain::Chain;
use crate::failure::Failure;

/// The revisions of a range, parents first.
pub(crate) struct Squash<'c> {
    chain: &'c Chain,
    pub(crate) members: Vec<u32>,
}

impl<'c> Squash<'c> {
    /// Finds what lies between two revisions, both included: `A:B`, `A:` up to the head, `:B` from the base on.
    ///
    /// # Errors
    ///
    /// The range is none, has one revision, or one that is not sealed.
    pub(crate) fn find(chain: &'c Chain, range: &str) -> Result<Self, Failure> {
        let Some((first, last)) = range.split_once(':').or_else(|| range.split_once("..")) else {
            return Err(Failure::usage(format!("`{range}` is not a range"))
                .help("name the first and the last revision: cargo migrate squash 3f2a:9b1d"));
        };
        let last = chain.find(if last.is_empty() { "head" } else { last })?;
        let below = chain.graph.line_below(&[last]);
        let first = if first.is_empty() {
            let bases = chain.graph.bases().into_iter().filter(|base| below[*base as usize]);
            match bases.collect::<Vec<_>>()[..] {
                [base] => base,
                ref bases => return Err(TargetError::SeveralHeads(chain.ids(bases)).into()),
            }
        } else {
            chain.find(first)?
        };
        let above = chain.graph.line_above(&[first]);
        let is_member = |place: &u32| above[*place as usize] && below[*place as usize];
        let members: Vec<u32> = chain.places().into_iter().filter(is_member).collect();
        let id = |place| chain.id(place);
        match members[..] {
            [] => {
                return Err(Failure::usage(format!(
                    "revision `{}` does not build on `{}`, so they are no range",
                    id(last),
                    id(first)
                ))
                .help(format!(
                    "the other way round: cargo migrate squash {}:{}",
                    id(last),
                    id(first)
                )));
            }
            [one] => {
                return Err(Failure::usage(format!("revision `{}` alone is no range", id(one)))
                    .help(format!(
                        "to replace one: cargo migrate new \"<what it does>\" --replaces {}",
                        id(one)
                    )));
            }
            _ => {}
        }
        let unsealed = |place: &&u32| chain.checked(**place).state != State::Sealed;
        if let Some(place) = members.iter().find(unsealed) {
            return Err(Failure::new(format!("revision `{}` is not sealed", id(*place)))
                .note("what is squashed is never edited again")
                .help(format!("seal it: cargo migrate seal {}", id(*place))));
        }
        let range = Self { chain, members };
        let is_rust = |place: &u32| chain.revision(*place).is_rust();
        if let Some(place) = range.members.iter().copied().find(is_rust) {
            let failure =
                Failure::new(format!("revision `{}` is written in Rust", chain.id(place)))
                    .note("what is squashed becomes one SQL file");
            return Err(range.with_other_ranges(failure, place));
        }
        Ok(range)
    }

    /// Returns what the range revises from outside.
    pub(crate) fn parents(&self) -> Vec<String> {
        self.outside(|place| self.chain.graph.parents(place))
    }

    /// Returns what members depend on outside the range.
    pub(crate) fn depends_on(&self) -> Vec<String> {
        let mut needs = self.outside(|place| self.chain.graph.dependencies(place));
        let parents = self.parents();
        needs.retain(|need| !parents.contains(need));
        needs
    }

    /// Returns the labels of the members, which name the one that replaces them from then on.
    pub(crate) fn labels(&self) -> Vec<String> {
        let labels = self.members.iter().flat_map(|place| &*self.chain.revision(*place).labels);
        labels.map(ToString::to_string).collect()
    }

    fn outside(&self, needs: impl Fn(u32) -> &'c [u32]) -> Vec<String> {
        let mut places: Vec<u32> = Vec::new();
        for need in self.members.iter().flat_map(|place| needs(*place)) {
            if !self.members.contains(need) && !places.contains(need) {
                places.push(*need);
            }
        }
        self.chain.ids(&places)
    }

    /// Writes the sections.
    ///
    /// # Errors
    ///
    /// Sections of the range cannot be one section: their options differ, or a statement needs a transaction of its own.
    pub(crate) fn sections(&self) -> Result<String, Failure> {
        let dialects = self.chain.set.settings.dialects;
        let mut text = Vec::new();
        let mut upgrades = HashMap::new();
        let mut downgrades = HashMap::new();
        let mut reasons = Vec::new();
        for dialect in dialects.iter() {
            upgrades.insert(dialect, self.joined(Direction::Upgrade, dialect)?);
            match self.irreversible(dialect) {
                reason if reason.is_empty() => {
                    downgrades.insert(dialect, self.joined(Direction::Downgrade, dialect)?);
                }
                reason => reasons.push(reason),
            }
        }
        self.write(Direction::Upgrade, &upgrades, dialects, false, &mut text);
        self.write(Direction::Downgrade, &downgrades, dialects, !reasons.is_empty(), &mut text);
        if let Some(reason) = reasons.first() {
            text.push(format!("-- migrate:irreversible {reason}\n"));
        }
        Ok(text.join("\n"))
    }

    /// Says why the range cannot be taken back on a dialect; nothing where it can.
    fn irreversible(&self, dialect: Dialect) -> String {
        let reason = |place: &u32| {
            let revision = self.chain.revision(*place);
            match &revision.part(dialect)?.downgrade {
                Downgrade::Irreversible(reason) => Some(format!("{reason} ({})", revision.id)),
                Downgrade::Section(_) => None,
            }
        };
        self.members.iter().filter_map(reason).collect::<Vec<_>>().join("; ")
    }

    /// Joins the sections of one direction, for one dialect.
    fn joined(&self, direction: Direction, dialect: Dialect) -> Result<Joined, Failure> {
        let mut joined: Option<Joined> = None;
        let mut places = self.members.clone();
        if direction == Direction::Downgrade {
            places.reverse();
        }
        for place in places {
            let revision = self.chain.revision(place);
            let Some(section) = section(revision, direction, dialect) else { continue };
            if section.statements.is_empty() {
                continue;
            }
            let piece = piece(revision, section, dialect);
            match &mut joined {
                None => joined = Some(Joined { options: section.options, text: piece }),
                Some(joined) if joined.options != section.options => {
                    return Err(self.differs(place, section.options, direction));
                }
                Some(joined) => joined.text.push_str(&format!("\n{piece}")),
            }
            self.refuse_lone(place, direction, dialect, section)?;
        }
        Ok(joined.unwrap_or(Joined { options: Options::DEFAULT, text: String::new() }))
    }

    fn differs(&self, place: u32, options: Options, direction: Direction) -> Failure {
        let id = self.chain.id(place);
        let words = match &*options.words().join(" ") {
            "" => "has no options".to_owned(),
            words => format!("says `{words}`"),
        };
        self.with_other_ranges(
            Failure::new(format!(
                "the {direction} of revision `{id}` {words}, unlike those of others in the range"
            ))
            .note("one section has one set of options"),
            place,
        )
    }

    /// PostgreSQL cannot use a value of an enumeration in the transaction that adds it (manual, "ALTER TYPE").
    fn refuse_lone(
        &self,
        place: u32,
        direction: Direction,
        dialect: Dialect,
        section: &Section,
    ) -> Result<(), Failure> {
        if dialect != Dialect::Postgres || !section.options.transaction {
            return Ok(());
        }
        let revision = self.chain.revision(place);
        let adds_value = section.statements.iter().any(|span| {
            let Ok(split) = dialect.split(span.of(&revision.text)) else { return false };
            let is = |at: usize, word: &str| {
                split.tokens.get(at).is_some_and(|token| token.is_word(word))
            };
            let mut pairs = split.tokens.windows(2);
            is(0, "alter")
                && is(1, "type")
                && pairs.any(|two| two[0].is_word("add") && two[1].is_word("value"))
        });
        if !adds_value {
            return Ok(());
        }
        let id = &revision.id;
        Err(self.with_other_ranges(
            Failure::new(format!("the {direction} of revision `{id}` adds a value to a type"))
                .note("PostgreSQL cannot use the value in the transaction that adds it"),
            place,
        ))
    }

    /// Adds the ranges before and behind a revision as help, where they are ranges.
    fn with_other_ranges(&self, mut failure: Failure, place: u32) -> Failure {
        let Some(at) = self.members.iter().position(|member| *member == place) else {
            return failure;
        };
        let ids = self.chain.ids(&self.members);
        for (word, range) in [("before", &ids[..at]), ("behind", &ids[at + 1..])] {
            if let [first, .., last] = range {
                failure = failure.help(format!(
                    "squash what stands {word} it: cargo migrate squash {first}:{last}"
                ));
            }
        }
        failure
    }

    /// Writes each section once, with the dialects that it is for where they differ.
    fn write(
        &self,
        direction: Direction,
        joined: &HashMap<Dialect, Joined>,
        all: Dialects,
        named: bool,
        text: &mut Vec<String>,
    ) {
        let mut groups: Vec<(Dialects, &Joined)> = Vec::new();
        for (dialect, one) in
            all.iter().filter_map(|dialect| Some((dialect, joined.get(&dialect)?)))
        {
            match groups.iter_mut().find(|(_, other)| *other == one) {
                Some((dialects, _)) => dialects.insert(dialect),
                None => groups.push((Dialects::of(&[dialect]), one)),
            }
        }
        let named = named || groups.len() > 1;
        for (dialects, one) in groups {
            let mut marker = format!("-- migrate:{direction}");
            if named {
                marker.push_str(&format!(" {dialects}"));
            }
            one.options.words().iter().for_each(|word| marker.push_str(&format!(" {word}")));
            text.push(format!("{marker}\n{}", one.text));
        }
    }
}

/// Sections put together.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Joined {
    options: Options,
    text: String,
}

fn section(revision: &Revision, direction: Direction, dialect: Dialect) -> Option<&Section> {
    let part = revision.part(dialect)?;
    match (direction, &part.downgrade) {
        (Direction::Upgrade, _) => Some(&part.upgrade),
        (Direction::Downgrade, Downgrade::Section(section)) => Some(section),
        (Direction::Downgrade, Downgrade::Irreversible(_)) => None,
    }
}

/// Returns the statements of a section below a line that names their revision, with a semicolon at their end.
fn piece(revision: &Revision, section: &Section, dialect: Dialect) -> String {
    let whole = section.span.of(&revision.text);
    let body = whole.split_once('\n').map_or("", |(_, body)| body).trim();
    let ended = dialect
        .split(body)
        .is_ok_and(|split| split.tokens.last().is_none_or(|token| token.text == ";"));
    let end = if ended { "" } else { "\n;" };
    format!("-- {} {}\n{body}{end}\n", revision.id, revision.message)
}
