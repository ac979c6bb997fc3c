//! Pairs of PostgreSQL schemas that others collected: each is planned, run both ways, with rows and without, and compared.
//!
//! The folder that `REVCHAIN_SHARED` names has them. What fails is listed in `misses.txt`, with its reason.

mod case;
mod random;
mod rows;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use revchain::Dialect;
use revchain_tests::clients::Database;
use tokio::runtime::Builder;

use case::{Case, Outcome};
use server::Server;

/// What others collected.
const FILES: [&str; 2] = ["sqldef_psql", "pgschemadiff_psql"];
/// How many cases are run at a time.
const WORKERS: usize = 3;

#[test]
fn pairs_of_schemas_are_led_into_each_other() {
    if !Database::has_postgres() {
        return;
    }
    let shared = std::env::var_os("REVCHAIN_SHARED");
    let only = std::env::var("REVCHAIN_CASE").ok();
    let mut cases = Vec::new();
    for (file, shared) in FILES.into_iter().zip(shared.iter().cycle()) {
        let path = Path::new(shared).join("corpus").join(file).with_extension("json");
        let text = std::fs::read_to_string(path).expect("the corpus can be read");
        let mut found: Vec<Case> = serde_json::from_str(&text).expect("the corpus is JSON");
        found.iter_mut().for_each(|case| file.clone_into(&mut case.file));
        cases.extend(found);
    }
    cases.extend(Case::own());
    cases.retain(|case| only.as_ref().is_none_or(|only| case.name.contains(only.as_str())));
    let outcomes = run(&cases);
    let report = report(&cases, &outcomes);
    if only.is_some() {
        panic!("{report}");
    }
    let misses = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus_postgres/misses.txt"),
    );
    let listed: BTreeSet<String> = misses
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split(" -- ").next().unwrap_or_default().to_owned())
        .collect();
    let found: BTreeSet<String> = failed(&cases, &outcomes).map(|(case, _)| case.title()).collect();
    assert!(found.is_subset(&listed), "{report}");
    if shared.is_none() {
        return;
    }
    assert_eq!(found, listed, "{report}");
    for file in FILES {
        assert!(share(&cases, &outcomes, file, Some("core")) >= 0.98, "{report}");
        assert!(share(&cases, &outcomes, file, None) >= 0.85, "{report}");
    }
}

/// Runs all cases, several at a time, each worker with a database of its own.
fn run(cases: &[Case]) -> BTreeMap<usize, Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS.min(cases.len()) {
            scope.spawn(|| {
                let database =
                    Database::fresh(Dialect::Postgres).expect("the server makes a database");
                let options = database.postgres_options();
                let runtime =
                    Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(async {
                    let mut server = Server::connect(options).await;
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(case) = cases.get(index) else { return };
                        let outcome = case.run(&mut server).await;
                        outcomes.lock().expect("no worker panics").insert(index, outcome);
                    }
                });
            });
        }
    });
    outcomes.into_inner().expect("no worker panics")
}

fn failed<'a>(
    cases: &'a [Case],
    outcomes: &'a BTreeMap<usize, Outcome>,
) -> impl Iterator<Item = (&'a Case, &'a Outcome)> {
    cases.iter().enumerate().filter_map(|(index, case)| {
        let outcome = outcomes.get(&index)?;
        outcome.failure.is_some().then_some((case, outcome))
    })
}

fn share(
    cases: &[Case],
    outcomes: &BTreeMap<usize, Outcome>,
    file: &str,
    tier: Option<&str>,
) -> f64 {
    let counted = |case: &Case| case.file == file && tier.is_none_or(|tier| case.tier == tier);
    let all = cases.iter().filter(|case| counted(case)).count();
    let bad = failed(cases, outcomes).filter(|(case, _)| counted(case)).count();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let share = (all - bad) as f64 / all.max(1) as f64;
    share
}

fn report(cases: &[Case], outcomes: &BTreeMap<usize, Outcome>) -> String {
    let mut report = String::new();
    for (case, outcome) in failed(cases, outcomes) {
        let failure = outcome.failure.as_deref().unwrap_or_default();
        let _ = writeln!(report, "=== {} [{}]\n{failure}", case.title(), case.tier);
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, case) in cases.iter().enumerate() {
        if let Some(outcome) = outcomes.get(&index) {
            *counts.entry(outcome.rows).or_default() += 1;
            for note in &outcome.notes {
                let _ = writeln!(report, "note: {}: {note}", case.title());
            }
        }
    }
    let _ = writeln!(report, "rows: {counts:?}");
    for file in FILES {
        for tier in [Some("core"), None] {
            let share = share(cases, outcomes, file, tier) * 100.0;
            let _ = writeln!(report, "{file} {}: {share:.2} %", tier.unwrap_or("all"));
        }
    }
    report
}
