//! Statements that PostgreSQL keeps planned: a run that is long enough has them, and leaves none.

use super::*;

/// Makes a set that goes on long enough behind the revisions that all tests have; `own` is what one more does.
fn long_set(own: &str) -> Set {
    let mut texts = Vec::new();
    for number in 1..=12 {
        let revises = if number == 1 { "e1".to_owned() } else { format!("f{}", number - 1) };
        let own = if number == 6 { own } else { "" };
        texts.push((
            format!("f{number}.sql"),
            format!(
                "-- one more\n-- revision: f{number}\n-- revises: {revises}\n\n-- migrate:upgrade\nup_f{number};{own}\n\
                 -- migrate:downgrade\ndown_f{number};\n"
            ),
        ));
    }
    let more: Vec<(&str, &str)> =
        texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    make_set(Dialect::Postgres, &more)
}

#[test]
fn a_long_run_that_is_hit_anywhere_leaves_the_truth_and_the_next_one_finishes() {
    let set = long_set("");
    for how in [How::Fails, How::Dies, How::DiesAfter, How::Busy, How::Cut] {
        hit_set_everywhere(&Model::on_postgres(), &set, how);
    }
}

#[test]
fn a_long_run_prepares_what_it_repeats_and_leaves_nothing_on_the_session() {
    let set = long_set("");
    let mut model = Model::on_postgres();
    let head = Request::Upgrade(Target::Head);
    let (end, _) = run(&mut model, &set, &head, Transactions::PerRevision, None);
    assert!(matches!(end, Some(Ok(outcome)) if outcome.report.steps.len() == 17));
    let session = model.postgres.as_ref().expect("the model is PostgreSQL");
    // The fence, the row and the event of all but the first, and of what stands alone.
    assert_eq!((session.executed, session.prepared.len()), (3 * 14, 0));
    assert_true(&model, "unhit");
}

#[test]
fn a_short_run_prepares_nothing() {
    let model = upgraded_on(Model::on_postgres(), &set_for(Dialect::Postgres));
    assert_eq!(model.postgres.map(|session| session.executed), Some(0));
}

#[test]
fn a_revision_that_throws_prepared_statements_away_is_applied_once_and_so_are_those_behind_it() {
    let set = long_set(" DEALLOCATE ALL;");
    let mut model = Model::on_postgres();
    let head = Request::Upgrade(Target::Head);
    let (end, _) = run(&mut model, &set, &head, Transactions::PerRevision, None);
    assert!(matches!(end, Some(Ok(outcome)) if outcome.report.steps.len() == 17));
    assert!((1..=12).all(|number| model.committed.effects[&format!("up_f{number}")] == 1));
    assert_eq!(
        (model.committed.events, model.committed.ledger.map(|rows| rows.len())),
        (17, Some(17))
    );
}
