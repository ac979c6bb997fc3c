//! Checks of what a revision written in Rust does: which functions it has, for each dialect of the set.

use std::borrow::Cow;

use super::parts::{PartAndHashes, Reader, dependencies};
use crate::checksum::{Body, Checksum, Direction, Identity, StatementHash, checksum};
use crate::dialect::{Dialect, Token};
use crate::lock::Sealed;
use crate::problem::{Fact, RustFault};
use crate::rust::{Function, Source};
use crate::script::Script;
use crate::set::{Downgrade, Options, Part, Section, Span};

impl Reader<'_, '_> {
    pub(super) fn rust_part(
        &mut self,
        source: &Source<'_>,
        dialect: Dialect,
    ) -> Option<PartAndHashes> {
        let script = &self.file.script;
        let upgrades = source.functions_of(Direction::Upgrade, dialect);
        let Some(upgrade) = upgrades.first() else {
            let (id, unsealed) = (self.id(), false);
            let fact = if has(source, Direction::Upgrade) {
                Fact::MissingDialect { id, dialect, unsealed }
            } else {
                Fact::MalformedRust(RustFault::NoUpgrade)
            };
            self.problem(script.revision.range(), fact);
            return None;
        };
        self.downgrades(source, dialect);
        let dependencies = dependencies(self.file, self.labels);
        let identity = Identity {
            id: script.revision.text,
            parents: &Script::texts(&script.revises),
            dependencies: &dependencies,
            replaces: script.replaces.map(|replaces| replaces.whole.text),
        };
        let seal = self.entry.and_then(|entry| entry.seal(dialect));
        let (upgrade_checksum, upgrade_hashes) =
            sums(source, &identity, Direction::Upgrade, dialect, seal.map(|seal| &seal.upgrade));
        let (downgrade, (downgrade_checksum, downgrade_hashes)) = match script.irreversible {
            Some(reason) => {
                let body = Body::Irreversible { reason: reason.text };
                let checksum = checksum(&identity, Direction::Downgrade, &body);
                let reason = Cow::Owned(reason.text.to_owned());
                (Downgrade::Irreversible(reason), (checksum, Vec::new()))
            }
            None => {
                let downgrades = source.functions_of(Direction::Downgrade, dialect);
                let function = downgrades.first();
                let sealed = seal.map(|seal| &seal.downgrade);
                let sums = sums(source, &identity, Direction::Downgrade, dialect, sealed);
                (Downgrade::Section(function.map_or(Section::EMPTY, |one| section(one))), sums)
            }
        };
        let part = Part {
            dialect,
            upgrade: section(upgrade),
            upgrade_checksum,
            downgrade,
            downgrade_checksum,
            former_downgrades: Cow::Borrowed(&[]),
        };
        Some((part, [upgrade_hashes, downgrade_hashes]))
    }

    /// Checks that every upgrade has its downgrade, or none may have one.
    fn downgrades(&mut self, source: &Source<'_>, dialect: Dialect) {
        let downgrades = source.functions_of(Direction::Downgrade, dialect);
        if self.file.script.irreversible.is_some() {
            for downgrade in downgrades {
                let fact = Fact::MalformedRust(RustFault::DowngradeAndIrreversible);
                self.problem(downgrade.signature.clone(), fact);
            }
            return;
        }
        for upgrade in source.functions_of(Direction::Upgrade, dialect) {
            let mut is_missing = true;
            for downgrade in &downgrades {
                if downgrade.driver != upgrade.driver {
                    continue;
                }
                is_missing = false;
                if downgrade.is_empty && !upgrade.is_empty {
                    let fact = Fact::EmptyDowngrade { id: self.id() };
                    self.problem(downgrade.signature.clone(), fact);
                }
            }
            if is_missing {
                let dialect = has(source, Direction::Downgrade).then_some(dialect);
                let fact = Fact::MissingDowngrade { id: self.id(), dialect };
                self.problem(upgrade.signature.clone(), fact);
            }
        }
    }
}

/// Tells whether a file has a function of a direction, for whatever driver.
fn has(source: &Source<'_>, direction: Direction) -> bool {
    for function in &source.functions {
        if function.direction == direction {
            return true;
        }
    }
    false
}

/// A function, where a revision in SQL has a section; it has no statements that anybody could send.
fn section(function: &Function) -> Section {
    let span = Span { start: function.span.start as u32, end: function.span.end as u32 };
    Section { span, options: Options::DEFAULT, statements: Cow::Borrowed(&[]) }
}

/// Returns the checksum of a direction, and a hash of each item that counts for it.
fn sums(
    source: &Source<'_>,
    identity: &Identity<'_>,
    direction: Direction,
    dialect: Dialect,
    sealed: Option<&Sealed>,
) -> (Checksum, Vec<StatementHash>) {
    let items = source.items(direction, dialect);
    let mut tokens: Vec<Token<'_>> = Vec::new();
    for item in &items {
        tokens.extend_from_slice(source.tokens_of(item));
    }
    let checksum = checksum(identity, direction, &Body::Rust { tokens: &tokens });
    if let Some(sealed) = sealed
        && sealed.checksum == checksum
    {
        return (checksum, sealed.statements.clone());
    }
    let mut hashes = Vec::new();
    for item in items {
        hashes.push(StatementHash::of(source.tokens_of(item)));
    }
    (checksum, hashes)
}
