//! PostgreSQL's run lock: what a run does that loses it, that is on another session, that meets another.

use super::*;
use crate::options::Pooler;

#[test]
fn a_run_that_has_lost_the_lock_or_its_session_stops_before_it_does_anything() {
    let set = set_for(Dialect::Postgres);
    for transactions in [Transactions::PerRun, Transactions::PerRevision] {
        for (robbed, moved, pooler) in [
            (true, false, Pooler::None),
            (true, false, Pooler::Transaction),
            (false, true, Pooler::None),
            (false, true, Pooler::Transaction),
        ] {
            let mut model = Model::on_postgres();
            if let Some(session) = &mut model.postgres {
                (session.robbed, session.moved) = (robbed, moved);
            }
            let request = Request::Upgrade(Target::Head);
            let options =
                Options { transactions: Some(transactions), pooler, ..Options::default() };
            let (end, _) = run_with(&mut model, &set, &request, options, None);
            match end {
                Some(Err(error)) if robbed => {
                    assert!(matches!(error.kind(), ErrorKind::LockLost), "{error:?}");
                }
                Some(Err(error)) if pooler == Pooler::None => {
                    assert!(matches!(error.kind(), ErrorKind::Pooler), "{error:?}");
                }
                // A pooler that was declared may change the session.
                Some(Ok(_)) if !robbed && pooler == Pooler::Transaction => continue,
                other => panic!("{robbed} {moved} {pooler:?}: {other:?}"),
            }
            assert_eq!(model.committed, State0::default());
        }
    }
}

#[test]
fn a_lock_table_that_another_run_makes_at_the_same_moment_is_used() {
    let set = set_for(Dialect::Postgres);
    for code in ["23505", "42710", "42P07"] {
        // Something else that bears the name is met twice.
        for (met, made) in [(vec![code], true), (vec![code], false), (vec![code; 2], false)] {
            let (context, well) = (format!("{code} {met:?} {made}"), met.len() == 1);
            let mut model = Model::on_postgres();
            if let Some(session) = &mut model.postgres {
                (session.met, session.made) = (met, made);
            }
            let request = Request::Upgrade(Target::Head);
            let (end, _) = run(&mut model, &set, &request, Transactions::PerRevision, None);
            match end {
                Some(Ok(outcome)) if well => assert_eq!(outcome.report.steps.len(), 5),
                Some(Err(error)) if !well => {
                    assert_eq!(error.to_string(), "the database refused for the run lock");
                    assert_eq!(model.committed, State0::default());
                }
                other => panic!("{context}: {other:?}"),
            }
            assert_true(&model, &context);
        }
    }
}
