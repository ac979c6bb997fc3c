//! An upgrade that adopts what another tool has applied fails and dies at every action.

use super::*;
use crate::adoption::History as Old;

/// A database that Alembic has brought to the second revision.
fn by_alembic(mut model: Model) -> Model {
    model.old_head = Some("b1");
    for (_, _, _, up, _) in &REVISIONS[..2] {
        for word in up.split(';').map(str::trim).filter(|word| !word.is_empty()) {
            model.committed.effects.insert(word.to_owned(), 1);
        }
    }
    model
}

fn adopting(
    model: &mut Model,
    set: &Set,
    transactions: Transactions,
    hit: Option<Hit>,
) -> (Option<Result<Outcome, Error>>, Vec<usize>) {
    let options = Options {
        transactions: Some(transactions),
        adopt: Some(Old::Alembic),
        ..Options::default()
    };
    run_with(model, set, &Request::Upgrade(Target::Head), options, hit)
}

/// What is adopted stands in the ledger wholly or not at all, and did not run.
fn assert_whole(model: &Model, context: &str) {
    let empty = BTreeMap::new();
    let ledger = model.committed.ledger.as_ref().unwrap_or(&empty);
    assert_eq!(ledger.contains_key("a1"), ledger.contains_key("b1"), "{context}");
    for word in ["up_a1", "up_a2", "up_b1", "up_b2"] {
        assert_eq!(model.committed.effects.get(word), Some(&1), "{context}: {word}");
    }
}

fn hit_everywhere(empty: &Model, how: How) {
    let dialect = if empty.postgres.is_some() { Dialect::Postgres } else { Dialect::Sqlite };
    let set = set_for(dialect);
    for transactions in [Transactions::PerRun, Transactions::PerRevision] {
        let begin = by_alembic(empty.clone());
        let mut whole = begin.clone();
        let (end, counts) = adopting(&mut whole, &set, transactions, None);
        assert!(matches!(end, Some(Ok(_))), "{end:?}");
        assert_true(&whole, "unhit");
        assert_whole(&whole, "unhit");
        for (action, count) in counts.iter().enumerate() {
            for statement in 0..*count {
                let hit = Hit { action, statement, how };
                let context = format!("{dialect} {transactions:?} {hit:?}");
                let mut model = begin.clone();
                adopting(&mut model, &set, transactions, Some(hit));
                assert_whole(&model, &context);
                let (end, _) = adopting(&mut model, &set, transactions, None);
                if let Some(Err(error)) = &end {
                    panic!("{context}: the next run does not finish: {error:?}");
                }
                assert_whole(&model, &context);
                let ids = |model: &Model| -> Vec<String> {
                    model.committed.ledger.iter().flatten().map(|(id, _)| id.clone()).collect()
                };
                assert_eq!(ids(&model), ids(&whole), "{context}");
                assert_eq!(model.committed.events, whole.committed.events, "{context}");
            }
        }
    }
}

#[test]
fn an_error_or_a_death_at_any_statement_adopts_wholly_or_not_at_all() {
    for how in [How::Fails, How::Dies, How::DiesAfter] {
        hit_everywhere(&Model::default(), how);
        hit_everywhere(&Model::on_postgres(), how);
    }
}
