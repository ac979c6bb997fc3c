//! A revision written in Rust: it fails and dies at every action too.

use revchain_core::checksum::Direction;
use revchain_core::rust::Driver;

use super::*;
use crate::function::{Call, Function};

const TEXT: &str = "//! f1\n//! revision: f1\n//! revises: e1\n\n\
    pub fn upgrade(c: &Connection) -> R { up() }\npub fn downgrade(c: &Connection) -> R { down() }\n";

static FUNCTIONS: [Function; 2] =
    [function(Direction::Upgrade, "upgrade"), function(Direction::Downgrade, "downgrade")];

const fn function(direction: Direction, name: &'static str) -> Function {
    Function {
        revision: "f1",
        direction,
        driver: Driver::Rusqlite,
        name,
        call: Call::Rusqlite(|_| Ok(())),
    }
}

/// The model performs a call without calling.
pub(super) fn equip(engine: &mut Engine<'_>) {
    engine.functions.all = &FUNCTIONS;
    engine.called_by(Driver::Rusqlite);
}

#[test]
fn a_function_takes_effect_once_wherever_a_run_is_hit() {
    let set = set_with(&[("f1.rs", TEXT)]);
    for transactions in [Transactions::PerRun, Transactions::PerRevision] {
        let head = Request::Upgrade(Target::Head);
        let (outcome, counts) = run(&mut Model::default(), &set, &head, transactions, None);
        assert_eq!(outcome.expect("it ran").expect("it is done").report.steps.len(), 6);
        for (action, count) in counts.iter().enumerate() {
            for statement in 0..*count {
                for how in [How::Fails, How::Busy, How::Dies, How::DiesAfter] {
                    let mut model = Model::default();
                    let hit = Hit { action, statement, how };
                    let _ = run(&mut model, &set, &head, transactions, Some(hit));
                    let context = format!("{transactions:?} {hit:?}");
                    assert_true(&model, &context);
                    assert_one(&model, &context);
                    let (outcome, _) = run(&mut model, &set, &head, transactions, None);
                    outcome.expect("it ran").unwrap_or_else(|error| panic!("{context}: {error:?}"));
                    assert_one(&model, &context);
                    assert_eq!(model.committed.effects.get("function"), Some(&1), "{context}");
                }
            }
        }
    }
}

/// The ledger has the revision where its function took effect, and only there.
fn assert_one(model: &Model, context: &str) {
    let rows = model.committed.ledger.as_ref();
    let recorded = rows.is_some_and(|rows| rows.contains_key("f1"));
    let effects = model.committed.effects.get("function").copied().unwrap_or(0);
    assert_eq!(effects, usize::from(recorded), "{context}: {model:?}");
}

#[test]
fn a_function_that_fails_ends_the_run_with_its_name_and_place() {
    let set = set_with(&[("f1.rs", TEXT)]);
    let head = Request::Upgrade(Target::Head);
    let (_, counts) = run(&mut Model::default(), &set, &head, Transactions::PerRevision, None);
    let failed = (0..counts.len()).find_map(|action| {
        let mut model = Model::default();
        let hit = Hit { action, statement: 0, how: How::Fails };
        let (outcome, _) = run(&mut model, &set, &head, Transactions::PerRevision, Some(hit));
        let error = outcome?.err()?;
        matches!(error.kind(), ErrorKind::Function(_)).then_some(error)
    });
    let error = failed.expect("one of the actions is the call");
    assert!(error.to_string().ends_with("(migrations/f1.rs:5)"), "{error}");
    assert_eq!(error.applied().len(), 5);
}
