//! What a history promises, as far as text shows it; that it runs is tested with a database.

use std::collections::HashSet;

use revchain_generator::revisions;

#[test]
fn a_longer_history_begins_with_the_shorter_one() {
    assert_eq!(revisions(300, 7)[..100], revisions(100, 7)[..]);
}

#[test]
fn another_seed_is_another_history() {
    assert_ne!(revisions(10, 1), revisions(10, 2));
}

#[test]
fn each_revision_revises_the_one_before_and_is_younger() {
    let revisions = revisions(10_000, 3);
    assert_eq!(revisions[0].parent, None);
    for pair in revisions.windows(2) {
        assert_eq!(pair[1].parent.as_ref(), Some(&pair[0].id));
        assert!(pair[0].created < pair[1].created);
    }
    let ids: HashSet<_> = revisions.iter().map(|revision| &revision.id).collect();
    assert_eq!(ids.len(), revisions.len());
    let is_hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    assert!(ids.iter().all(|id| id.len() == 12 && id.chars().all(is_hexadecimal)));
}

#[test]
fn every_revision_has_statements_both_ways() {
    for revision in revisions(1_000, 4) {
        assert!(revision.upgrade.ends_with(";\n"), "{revision:?}");
        assert!(revision.downgrade.ends_with(";\n"), "{revision:?}");
    }
}
