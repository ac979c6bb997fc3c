//! A replacer is recorded, and what it replaces is taken back, whatever happens on the way.

use super::*;

/// Stands in the place of all between the first and the last of [`REVISIONS`].
const REPLACER: &str = "-- y1\n-- revision: y1\n-- revises: a1\n-- replaces: b1..d1\n\n\
    -- migrate:upgrade\nup_y1;\n-- migrate:downgrade\ndown_y1;\n";

fn replacing() -> Set {
    set_with(&[("y1.sql", REPLACER)])
}

/// A database that the version without the replacer brought to a revision.
fn at(target: &str) -> Model {
    let mut model = Model::default();
    let request = Request::Upgrade(Target::Revision(target.to_owned()));
    let (end, _) = run(&mut model, &set(), &request, Transactions::PerRun, None);
    assert!(matches!(end, Some(Ok(_))));
    model
}

fn recorded() -> Model {
    let mut model = at("d1");
    let request = Request::Upgrade(Target::Head);
    let (end, _) = run(&mut model, &replacing(), &request, Transactions::PerRun, None);
    assert!(matches!(end, Some(Ok(_))));
    model
}

fn ids(model: &Model) -> Vec<&str> {
    model.committed.ledger.iter().flat_map(|ledger| ledger.keys()).map(String::as_str).collect()
}

#[test]
fn a_hit_anywhere_leaves_the_truth_and_the_next_run_finishes() {
    let set = replacing();
    let downgrade = |target| Request::Downgrade { target, stored: false };
    let cases: [(Model, Request, &[&str]); 4] = [
        (at("d1"), Request::Upgrade(Target::Head), &["a1", "b1", "c1", "d1", "e1", "y1"]),
        (at("b1"), Request::Upgrade(Target::Revision("d1".to_owned())), &["a1", "b1", "c1", "d1"]),
        (recorded(), downgrade(Target::Base), &[]),
        (recorded(), downgrade(Target::Revision("b1".to_owned())), &["a1", "b1"]),
    ];
    for (begun, request, expected) in cases {
        for transactions in [Transactions::PerRun, Transactions::PerRevision] {
            let mut whole = begun.clone();
            let (end, counts) = run(&mut whole, &set, &request, transactions, None);
            assert!(matches!(end, Some(Ok(_))), "{request:?}: {end:?}");
            assert_true(&whole, "unhit");
            assert_eq!(ids(&whole), expected, "{request:?}");
            assert_eq!(whole.committed.effects.get("up_y1"), None, "the replacer never ran");
            for how in [How::Fails, How::Dies, How::DiesAfter, How::Busy] {
                for (action, count) in counts.iter().enumerate() {
                    for statement in 0..*count {
                        let hit = Hit { action, statement, how };
                        let context = format!("{request:?} {transactions:?} {hit:?}");
                        let mut model = begun.clone();
                        run(&mut model, &set, &request, transactions, Some(hit));
                        assert_true(&model, &context);
                        let (end, _) = run(&mut model, &set, &request, transactions, None);
                        assert!(matches!(end, Some(Ok(_))), "{context}: {end:?}");
                        assert_true(&model, &context);
                        assert_eq!(ids(&model), expected, "{context}");
                        assert_eq!(model.committed.events, whole.committed.events, "{context}");
                    }
                }
            }
        }
    }
}

#[test]
fn with_its_rows_beside_the_replacers_nothing_pending_is_still_one_question() {
    let set = replacing();
    let mut model = recorded();
    let before = model.committed.clone();
    let request = Request::Upgrade(Target::Head);
    let (end, counts) = run(&mut model, &set, &request, Transactions::PerRun, None);
    assert!(matches!(end, Some(Ok(outcome)) if outcome.report.is_empty()));
    assert_eq!(counts.len(), 2, "the ledger is read, and that is all");
    assert_eq!(model.committed, before);
}
