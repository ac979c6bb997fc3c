//! An `amend` that no one transaction can hold fails, dies and is disturbed at every action.

use std::path::PathBuf;

use super::*;
use crate::error::Restored;
use crate::plan::Amend;

/// The rebuild and all that stands on it.
fn amend(from_file: bool) -> Request {
    let revisions = vec!["b1".to_owned()];
    Request::Amend(Amend { revisions, sealed: Default::default(), from_file })
}

/// Runs with a hit, or without one.
fn amended(
    model: &mut Model,
    set: &Set,
    from_file: bool,
    hit: Option<Hit>,
) -> (Option<Result<Outcome, Error>>, Vec<usize>) {
    run(model, set, &amend(from_file), Transactions::PerRun, hit)
}

/// Calls `check` with what came of a run that was hit at a statement of an action, for each of them.
fn hit_each(
    begin: &Model,
    set: &Set,
    how: How,
    check: impl Fn(&mut Model, Option<Result<Outcome, Error>>, &str),
) {
    for from_file in [false, true] {
        let (_, counts) = amended(&mut begin.clone(), set, from_file, None);
        assert!(counts.len() > 60, "the run is long enough to be hit");
        for (action, count) in counts.iter().enumerate() {
            for statement in 0..*count {
                let hit = Hit { action, statement, how };
                let mut model = begin.clone();
                let (end, _) = amended(&mut model, set, from_file, Some(hit));
                let context = format!("from_file {from_file} {hit:?}");
                assert_true(&model, &context);
                check(&mut model, end, &context);
            }
        }
    }
}

/// The last statement of the way up is refused: all before it is committed by then.
fn refusing(set: &Set) -> Model {
    Model { refuses: "up_e1", ..upgraded(set) }
}

/// After a death the next runs finish, and a copy that was left stays where it is.
fn the_next_runs_finish(model: &mut Model, set: &Set, context: &str) {
    model.refuses = "";
    let left = model.files.clone();
    assert!(left.len() <= 1, "{context}: {left:?}");
    for request in [Request::Upgrade(Target::Head), amend(false)] {
        let (end, _) = run(model, set, &request, Transactions::PerRun, None);
        assert!(matches!(end, Some(Ok(_))), "{context}: {end:?}");
        assert_true(model, context);
        assert_eq!(model.committed.ledger.as_ref().map(BTreeMap::len), Some(5), "{context}");
    }
    assert_eq!(model.files, left, "{context}");
}

#[test]
fn it_takes_a_copy_and_removes_it() {
    let set = set();
    let mut model = upgraded(&set);
    let (end, _) = amended(&mut model, &set, false, None);
    let steps = end.expect("it lives").expect("it is done").report.steps.len();
    assert_eq!((steps, model.files.len()), (8, 0));
    assert_true(&model, "amended");
}

#[test]
fn an_error_at_any_statement_leaves_the_database_as_it_was() {
    let set = set();
    let begin = upgraded(&set);
    let left = std::cell::Cell::new(0);
    for how in [How::Fails, How::Busy] {
        hit_each(&begin, &set, how, |model, end, context| match end.expect("it lives") {
            // Where the copy cannot be removed, the next run tells of it.
            Ok(outcome) => {
                assert_eq!(outcome.report.steps.len(), 8, "{context}");
                left.set(left.get() + model.files.len());
            }
            Err(error) => {
                assert_eq!(model.committed, begin.committed, "{context}: {error:?}");
                assert!(model.files.is_empty() && error.applied().is_empty(), "{context}");
            }
        });
    }
    assert_eq!(left.get(), 4, "once for each way to fail in each of the two runs");
}

#[test]
fn an_error_on_the_way_back_leaves_the_truth_and_the_copy() {
    let set = set();
    let begin = refusing(&set);
    let kept = std::cell::Cell::new(0);
    hit_each(&begin, &set, How::Fails, |model, end, context| {
        let error = end.expect("it lives").expect_err("a statement is refused");
        let Some(Restored::No { copy, reason, .. }) = error.restored() else {
            return assert_eq!(model.committed, begin.committed, "{context}: {error:?}");
        };
        kept.set(kept.get() + 1);
        assert_eq!(reason, "refused by the model", "{context}");
        let copy = copy.as_ref().expect("its file is named");
        assert_eq!(model.files[copy], begin.committed, "{context}");
        assert!(error.report().contains("sqlite3 \"/srv/main.db\" \".restore"), "{error:?}");
        the_next_runs_finish(model, &set, context);
    });
    assert_eq!(kept.get(), 6, "begin, look and restore of each of the two runs");
}

#[test]
fn being_busy_on_the_way_back_is_waited_for() {
    let set = set();
    let begin = refusing(&set);
    hit_each(&begin, &set, How::Busy, |model, end, context| {
        let error = end.expect("it lives").expect_err("a statement is refused");
        assert_eq!(model.committed, begin.committed, "{context}: {error:?}");
    });
}

#[test]
fn a_death_anywhere_leaves_the_truth_and_the_next_runs_finish() {
    let set = set();
    for how in [How::Dies, How::DiesAfter] {
        for begin in [upgraded(&set), refusing(&set)] {
            hit_each(&begin, &set, how, |model, _, context| {
                the_next_runs_finish(model, &set, context);
            });
        }
    }
}

#[test]
fn what_others_write_meanwhile_is_not_discarded_in_silence() {
    let set = set();
    for wal in [false, true] {
        let begin = Model { wal, ..refusing(&set) };
        let (over, lost) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
        hit_each(&begin, &set, How::Written, |model, end, context| {
            let error = end.expect("it lives").expect_err("a statement is refused");
            let written = model.committed.effects.remove("other").is_some();
            match error.restored() {
                Some(Restored::Yes) => {
                    assert_eq!(model.committed, begin.committed, "{context}");
                    assert_eq!(written, model.version > 0, "{context}");
                }
                Some(Restored::OverOthers) => {
                    over.set(over.get() + 1);
                    lost.set(lost.get() + usize::from(!written));
                }
                Some(Restored::No { reason, copy, .. }) => {
                    assert!(written && reason.contains("another connection"), "{context}");
                    assert!(copy.is_some(), "{context}");
                }
                Some(Restored::Scratch) | None => panic!("{context}: {error:?}"),
            }
        });
        // In WAL mode there is one moment, between the look and the lock, in each of the two runs; whether it was before
        // or behind the restoring cannot be told.
        assert_eq!((lost.get(), over.get()), if wal { (2, 4) } else { (0, 0) });
    }
}

#[test]
fn waiting_on_the_way_back_is_bounded() {
    let set = set();
    let mut model = refusing(&set);
    let options = Options { wait: Duration::from_secs(3), ..Options::default() };
    let goal = Goal::Run(amend(false));
    let mut engine = Engine::new(&set, Dialect::Sqlite, "tests 1".into(), goal, options);
    let mut action = engine.start(false);
    let mut now = Duration::ZERO;
    let end = loop {
        let event = match action {
            Action::Finish => break engine.outcome(),
            Action::Restore { .. } => Event::Failed(Failure {
                statement: 0,
                offset: None,
                busy: true,
                code: None,
                in_transaction: false,
                source: "database is locked".into(),
            }),
            Action::Wait(pause) => {
                now += pause;
                Event::Done { in_transaction: false }
            }
            action => model.perform(&mut engine, action, None).expect("nothing dies"),
        };
        action = engine.step(event, now);
    };
    let error = end.expect_err("a statement is refused");
    let Some(Restored::No { reason, .. }) = error.restored() else { panic!("{error:?}") };
    assert_eq!((reason.as_str(), now.as_secs()), ("waited 3 s: database is locked", 3));
    assert_true(&model, "given up");
}

#[test]
fn where_databases_are_attached_nothing_is_put_back_and_the_error_says_so() {
    let set = set();
    let mut model = Model { attached: vec!["archive"], ..refusing(&set) };
    let (end, _) = amended(&mut model, &set, false, None);
    let error = end.expect("it lives").expect_err("a statement is refused");
    let Some(Restored::No { reason, copy, .. }) = error.restored() else { panic!("{error:?}") };
    assert_eq!(reason, "the connection has other databases attached: `archive`");
    assert!(copy.is_none() && model.files.is_empty());
    assert_true(&model, "attached");
}

#[test]
fn a_copy_that_was_left_is_told_of_and_not_overwritten() {
    let set = set();
    let mut model = upgraded(&set);
    let left = PathBuf::from("/srv/main.db-revchain-copy");
    model.files.insert(left.clone(), State0::default());
    let options = || Options { observed: true, ..Options::default() };
    let (end, _) = run_with(&mut model, &set, &amend(false), options(), None);
    assert!(matches!(end, Some(Ok(_))));
    assert_eq!(model.files, [(left.clone(), State0::default())].into());
    assert!(model.told.contains(&Progress::LeftOver { path: left.clone() }));

    let options = Options { backup: Some(left.clone()), ..options() };
    let before = model.clone();
    let (end, _) = run_with(&mut model, &set, &amend(false), options, None);
    let error = end.expect("it lives").expect_err("the file is there");
    assert!(matches!(error.kind(), ErrorKind::BackupExists(path) if *path == left));
    assert_eq!((&model.committed, &model.files), (&before.committed, &before.files));
    assert_true(&model, "refused");
}

#[test]
fn a_backup_that_was_asked_for_is_what_is_put_back_and_stays() {
    let set = set();
    let path = PathBuf::from("/srv/before.db");
    let options = || Options { backup: Some(path.clone()), observed: true, ..Options::default() };
    for mut model in [upgraded(&set), refusing(&set)] {
        let before = model.committed.clone();
        let (end, _) = run_with(&mut model, &set, &amend(false), options(), None);
        if let Some(Err(error)) = &end {
            assert_eq!(error.restored(), Some(&Restored::Yes));
            assert_eq!(model.committed, before);
        }
        assert_eq!(model.files, [(path.clone(), before)].into());
        assert!(model.told.contains(&Progress::BackedUp { path: path.clone() }));
        assert_true(&model, "backed up");
    }
}
