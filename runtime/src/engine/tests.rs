//! The engine fails and dies at every action, against a database that is only a model.

mod adopting;
mod amend;
#[cfg(feature = "rusqlite")]
mod functions;
mod kept;
mod locking;
mod model;
mod replacing;
mod session;

use std::collections::BTreeMap;

use revchain_core::folder::{Folder, SourceFile};
use revchain_core::lock::{Entry, Lock};
use revchain_core::set::{Heads, History, Settings};
use revchain_core::{Dialects, Target, check};

use super::*;
use crate::options::Transactions;
use model::{Hit, How, Model, State0};

/// The revisions: shared, a rebuild, without a transaction, shared; each statement is a word of its own.
const REVISIONS: [(&str, &str, &str, &str, &str); 5] = [
    ("a1", "base", "", "up_a1; up_a2;", "down_a1;"),
    ("b1", "a1", " foreign-keys=off", "up_b1; up_b2;", "down_b1; down_b2;"),
    ("c1", "b1", " transaction=off", "up_c1; VACUUM; up_c2; up_c3;", "down_c1; down_c2;"),
    ("d1", "c1", " transaction=off", "BEGIN; up_d1; up_d2; COMMIT; up_d3;", "down_d1;"),
    ("e1", "d1", "", "up_e1;", "down_e1;"),
];

fn set() -> Set {
    set_with(&[])
}

/// Makes the set, with more files in it.
fn set_with(more: &[(&str, &str)]) -> Set {
    make_set(Dialect::Sqlite, more)
}

/// Makes the set for a dialect.
fn set_for(dialect: Dialect) -> Set {
    make_set(dialect, &[])
}

/// On PostgreSQL there are no rebuilds.
fn make_set(dialect: Dialect, more: &[(&str, &str)]) -> Set {
    let settings = Settings {
        name: "main".into(),
        dialects: Dialects::of(&[dialect]),
        heads: Heads::One,
        history: History::default(),
    };
    let mut lock = Lock::new(settings);
    let file = |(id, revises, options, up, down): &(&str, &str, &str, &str, &str)| {
        let options = match dialect {
            Dialect::Sqlite => *options,
            Dialect::Postgres | Dialect::Mysql => options.trim_end_matches(" foreign-keys=off"),
        };
        SourceFile {
            path: format!("{id}.sql"),
            text: format!(
                "-- {id}\n-- revision: {id}\n-- revises: {revises}\n\n-- migrate:upgrade{options}\n{up}\n\
                 -- migrate:downgrade{options}\n{down}\n"
            ),
        }
    };
    let other = |(path, text): &(&str, &str)| SourceFile {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    };
    let mut folder = Folder {
        shown: "migrations".to_owned(),
        files: REVISIONS.iter().map(file).chain(more.iter().map(other)).collect(),
        lock: Some(lock.render()),
        problems: Vec::new(),
    };
    for checked in check(&folder).revisions {
        let (id, seals) = (checked.revision.id.to_string(), checked.seals());
        let replaces = checked.revision.replaces.to_vec();
        lock.revisions.push(Entry { id, parents: checked.parents, replaces, seals });
    }
    lock.heads = lock.computed_heads();
    folder.lock = Some(lock.render());
    check(&folder).into_set().expect("the set is sound")
}

/// Runs, and counts the statements of each action; nothing comes of a run that died.
fn run(
    model: &mut Model,
    set: &Set,
    request: &Request,
    transactions: Transactions,
    hit: Option<Hit>,
) -> (Option<Result<Outcome, Error>>, Vec<usize>) {
    let options = Options { transactions: Some(transactions), ..Options::default() };
    run_with(model, set, request, options, hit)
}

fn run_with(
    model: &mut Model,
    set: &Set,
    request: &Request,
    options: Options<'_>,
    hit: Option<Hit>,
) -> (Option<Result<Outcome, Error>>, Vec<usize>) {
    let dialect = if model.postgres.is_some() { Dialect::Postgres } else { Dialect::Sqlite };
    if let Some(session) = &mut model.postgres {
        session.gone = false;
    }
    let mut engine =
        Engine::new(set, dialect, "tests 1".into(), Goal::Run(request.clone()), options);
    #[cfg(feature = "rusqlite")]
    functions::equip(&mut engine);
    let mut action = engine.start(false);
    let mut counts = Vec::new();
    let mut now = Duration::ZERO;
    loop {
        let finishes = matches!(action, Action::Finish);
        let hit = hit.filter(|hit| hit.action == counts.len());
        counts.push(match &action {
            Action::Execute(statements) => statements.len(),
            _ => 1,
        });
        assert!(counts.len() < 10_000, "the run does not end");
        match model.perform(&mut engine, action, hit) {
            Some(event) => {
                now += Duration::from_millis(1);
                action = engine.step(event, now);
            }
            None if finishes => return (Some(engine.outcome()), counts),
            None => {
                model.die();
                return (None, counts);
            }
        }
    }
}

/// The ledger tells the truth: what it says of each revision is what its statements did.
fn assert_true(model: &Model, context: &str) {
    assert!(
        model.open.is_none() && !model.locked && !model.held && !model.foreign_keys_off,
        "{context}: {model:?}"
    );
    if let Some(session) = &model.postgres {
        assert!(!session.aborted, "{context}");
        // Without the advisory lock the row is free, whatever it says.
        assert!(!session.advisory || session.unlock_refused, "{context}: {session:?}");
    }
    let empty = BTreeMap::new();
    let ledger = model.committed.ledger.as_ref().unwrap_or(&empty);
    let effect = |word: &str| model.committed.effects.get(word).copied().unwrap_or(0);
    for (id, _, _, up, down) in REVISIONS {
        let row = ledger.get(id);
        let state = row.map_or("", |row| row["state"].as_str());
        let done = row.map_or(0, |row| row["statements_done"].parse().unwrap_or(0));
        let own = |text: &str| -> Vec<String> {
            text.split(';')
                .map(|word| word.trim().to_owned())
                .filter(|word| !word.is_empty())
                .collect()
        };
        let counts = |words: Vec<String>| -> Vec<usize> {
            let marks = words.iter().filter(|word| word.contains("_"));
            marks.map(|word| effect(word)).collect()
        };
        let first = |text: &str, done: usize| -> usize {
            own(text)[..done].iter().filter(|word| word.contains('_')).count()
        };
        let (ups, downs) = (counts(own(up)), counts(own(down)));
        let (up_count, down_count) = (ups.iter().sum::<usize>(), downs.iter().sum::<usize>());
        match state {
            "applied" => {
                let each = ups[0];
                assert!(ups.iter().all(|count| *count == each), "{context}: {id} {ups:?}");
                assert!(downs.iter().all(|count| *count + 1 == each), "{context}: {id} {downs:?}");
            }
            // What it did before, it did whole.
            "upgrading" => {
                let before = downs[0] * ups.len();
                assert_eq!(up_count, before + first(up, done), "{context}: {id}");
            }
            "downgrading" => {
                let before = (ups[0] - 1) * downs.len();
                assert_eq!(down_count, before + first(down, done), "{context}: {id}");
            }
            _ => {
                let each = downs[0];
                assert!(ups.iter().chain(&downs).all(|count| *count == each), "{context}: {id}");
            }
        }
    }
}

fn upgraded(set: &Set) -> Model {
    upgraded_on(Model::default(), set)
}

fn upgraded_on(mut model: Model, set: &Set) -> Model {
    let request = Request::Upgrade(Target::Head);
    let (end, _) = run(&mut model, set, &request, Transactions::PerRun, None);
    assert!(matches!(end, Some(Ok(_))));
    model
}

/// Hits every statement of every action, then lets the next run finish.
fn hit_everywhere(how: How) {
    hit_everywhere_on(Model::default(), how);
    hit_everywhere_on(Model::on_postgres(), how);
}

fn hit_everywhere_on(empty: Model, how: How) {
    let dialect = if empty.postgres.is_some() { Dialect::Postgres } else { Dialect::Sqlite };
    hit_set_everywhere(&empty, &set_for(dialect), how);
}

fn hit_set_everywhere(empty: &Model, set: &Set, how: How) {
    let dialect = if empty.postgres.is_some() { Dialect::Postgres } else { Dialect::Sqlite };
    let requests = [
        Request::Upgrade(Target::Head),
        Request::Downgrade { target: Target::Base, stored: false },
    ];
    for request in requests {
        let begin = || match request {
            Request::Upgrade(_) => empty.clone(),
            _ => upgraded_on(empty.clone(), set),
        };
        for transactions in [Transactions::PerRun, Transactions::PerRevision] {
            let mut whole = begin();
            let (_, counts) = run(&mut whole, set, &request, transactions, None);
            assert!(counts.len() > 30, "the run is long enough to be hit");
            assert_true(&whole, "unhit");
            assert!(whole.postgres.iter().all(|session| session.token.is_empty()));
            for (action, count) in counts.iter().enumerate() {
                for statement in 0..*count {
                    let hit = Hit { action, statement, how };
                    let context = format!("{dialect} {request:?} {transactions:?} {hit:?}");
                    let mut model = begin();
                    let (end, _) = run(&mut model, set, &request, transactions, Some(hit));
                    assert_true(&model, &context);
                    if how == How::Fails
                        && let Some(Err(error)) = &end
                    {
                        assert!(!error.report().is_empty());
                    }
                    let (end, _) = run(&mut model, set, &request, transactions, None);
                    if let Some(Err(error)) = &end {
                        panic!("{context}: the next run does not finish: {error:?}");
                    }
                    if let Some(session) = &mut model.postgres {
                        session.unlock_refused = false;
                    }
                    assert_true(&model, &context);
                    let mut effects = model.committed.effects.clone();
                    // What only sets up the connection, and `VACUUM`, may run twice.
                    effects.remove("VACUUM");
                    let mut expected = whole.committed.effects.clone();
                    expected.remove("VACUUM");
                    assert_eq!(effects, expected, "{context}");
                    assert_eq!(model.committed.events, whole.committed.events, "{context}");
                }
            }
        }
    }
}

#[test]
fn an_error_at_any_statement_leaves_the_truth_and_the_next_run_finishes() {
    hit_everywhere(How::Fails);
}

#[test]
fn a_death_before_any_statement_leaves_the_truth_and_the_next_run_finishes() {
    hit_everywhere(How::Dies);
}

#[test]
fn a_death_after_any_statement_leaves_the_truth_and_the_next_run_finishes() {
    hit_everywhere(How::DiesAfter);
}

#[test]
fn a_connection_that_ends_after_any_message_leaves_the_truth_and_the_next_run_finishes() {
    hit_everywhere_on(Model::on_postgres(), How::Cut);
}

#[test]
fn being_busy_once_at_any_statement_never_loses_anything() {
    hit_everywhere(How::Busy);
}

#[test]
fn waiting_is_bounded() {
    let set = set();
    let wait = Duration::from_secs(3);
    let options = Options { wait, ..Options::default() };
    let goal = Goal::Run(Request::Upgrade(Target::Head));
    let mut engine = Engine::new(&set, Dialect::Sqlite, "tests 1".into(), goal, options);
    let mut model = Model::default();
    let mut action = engine.start(false);
    let mut now = Duration::ZERO;
    let end = loop {
        let event = match action {
            Action::Finish => break engine.outcome(),
            Action::Wait(pause) => {
                now += pause;
                Event::Done { in_transaction: false }
            }
            Action::LockFile => Event::Locked,
            action => model.perform(&mut engine, action, None).expect("nothing dies"),
        };
        action = engine.step(event, now);
    };
    let error = end.expect_err("the lock is never free");
    assert!(matches!(error.kind(), ErrorKind::Busy { waited, .. } if *waited == wait));
    assert_eq!((error.exit_code(), now), (5, wait));
    assert_eq!(model.committed, State0::default());
}

#[test]
fn nothing_pending_means_one_question_and_nothing_written() {
    let set = set();
    let mut model = upgraded(&set);
    let before = model.committed.clone();
    let request = Request::Upgrade(Target::Head);
    let (end, counts) = run(&mut model, &set, &request, Transactions::PerRun, None);
    assert!(matches!(end, Some(Ok(outcome)) if outcome.report.is_empty()));
    assert_eq!(counts.len(), 2, "the ledger is read, and that is all");
    assert_eq!(model.committed, before);
}

#[test]
fn an_open_transaction_is_refused_before_anything_is_asked() {
    let set = set();
    let goal = Goal::Run(Request::Upgrade(Target::Head));
    let mut engine = Engine::new(&set, Dialect::Sqlite, "tests 1".into(), goal, Options::default());
    assert!(matches!(engine.start(true), Action::Finish));
    let error = engine.outcome().expect_err("the transaction is the caller's");
    assert!(matches!(error.kind(), ErrorKind::OpenTransaction));
}

/// An async driver carries the machine across threads.
#[test]
fn the_machine_can_be_sent() {
    fn is_send<T: Send>(_: &T) {}
    let set = set();
    let goal = Goal::Run(Request::Upgrade(Target::Head));
    is_send(&Engine::new(&set, Dialect::Sqlite, "tests 1".into(), goal, Options::default()));
}

#[test]
fn a_revision_on_postgres_is_one_message_and_a_start_with_nothing_to_do_two() {
    let set = set_for(Dialect::Postgres);
    let mut model = Model::on_postgres();
    let request = Request::Upgrade("+2".parse().expect("a target"));
    let mut counts = Vec::new();
    for _ in 0..2 {
        let (end, acts) = run_with(&mut model, &set, &request, Options::default(), None);
        assert!(matches!(end, Some(Ok(outcome)) if outcome.report.steps.len() == 2));
        counts.push(acts.len());
        let back = Request::Downgrade { target: Target::Base, stored: false };
        run_with(&mut model, &set, &back, Options::default(), None);
    }
    // Session, ledger (where there is one), own, lock, its table, claim, session, ledger, sequence, two revisions, unlock.
    assert_eq!(counts, [10, 12]);
    upgraded_on(Model::on_postgres(), &set);
    let mut model = upgraded_on(Model::on_postgres(), &set);
    let head = Request::Upgrade(Target::Head);
    let (end, acts) = run_with(&mut model, &set, &head, Options::default(), None);
    assert!(matches!(end, Some(Ok(outcome)) if outcome.report.is_empty()));
    assert_eq!(acts.len(), 3, "the session, the ledger, and that is all");
}

/// Returns what a database holds when a run died behind the first statement of the revision `c1`.
fn half_done(begin: &Model, set: &Set, request: &Request, state: &str) -> State0 {
    for action in 0..1_000 {
        let mut model = begin.clone();
        let hit = Some(Hit { action, statement: 0, how: How::DiesAfter });
        run(&mut model, set, request, Transactions::PerRevision, hit);
        let row = model.committed.ledger.as_ref().and_then(|ledger| ledger.get("c1"));
        if row.is_some_and(|row| row["state"] == state && row["statements_done"] == "1") {
            return model.committed;
        }
    }
    panic!("no run dies there");
}

#[test]
fn what_another_run_does_between_two_questions_is_no_fault_of_the_files() {
    let set = set();
    let up = Request::Upgrade(Target::Head);
    let down = Request::Downgrade { target: Target::Base, stored: false };
    let begun = half_done(&Model::default(), &set, &up, "upgrading");
    let mut whole = Model::default();
    run(&mut whole, &set, &up, Transactions::PerRevision, None)
        .0
        .expect("it lives")
        .expect("it ends");
    let going = half_done(&whole, &set, &down, "downgrading");
    let mut switched = 0;
    for (first, second) in [(&begun, &going), (&going, &begun)] {
        for moment in 0.. {
            let mut model = Model { committed: first.clone(), ..Model::default() };
            let mut engine = Engine::new(
                &set,
                Dialect::Sqlite,
                "tests 1".into(),
                Goal::Run(up.clone()),
                Options::default(),
            );
            let mut action = engine.start(false);
            let mut count = 0;
            let end = loop {
                if matches!(action, Action::Finish) {
                    break engine.outcome();
                }
                if count == moment && model.open.is_none() && !model.locked && !model.held {
                    model.committed = second.clone();
                    model.version += 1;
                    switched += 1;
                }
                count += 1;
                let event = model.perform(&mut engine, action, None).expect("nothing dies");
                action = engine.step(event, Duration::from_millis(count));
            };
            let steps =
                end.unwrap_or_else(|error| panic!("{moment}: {error:?}")).report.steps.len();
            assert!(steps >= 3, "{moment}: {steps}");
            assert_true(&model, "behind the run");
            if moment >= count {
                break;
            }
        }
    }
    assert!(switched > 4, "{switched}");
}
