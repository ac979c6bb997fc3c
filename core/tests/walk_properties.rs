//! What holds for any graph, wherever a database is on it.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::{Config, TestCaseError};
use revchain_core::graph::{Graph, Members};
use revchain_core::set::{Heads, History, Revision, Set, Settings};
use revchain_core::target::TargetError;
use revchain_core::{Dialects, Target, Walk};

fn config() -> Config {
    Config { cases: 4096, failure_persistence: None, ..Config::default() }
}

/// What a revision needs, drawn as numbers: parents, dependencies, whether it has a label.
type Drawn = (Vec<u8>, Vec<u8>, bool);

/// Makes revisions of which each needs some before it.
fn revisions(drawn: &[Drawn]) -> Vec<Revision> {
    let mut revisions = Vec::new();
    for (place, (parents, dependencies, label)) in drawn.iter().enumerate() {
        let before = |numbers: &[u8], not: &[u32]| -> Vec<u32> {
            let mut places: Vec<u32> = numbers
                .iter()
                .filter(|_| place > 0)
                .map(|number| u32::from(*number) % place as u32)
                .filter(|place| !not.contains(place))
                .collect();
            places.sort_unstable();
            places.dedup();
            places
        };
        let parents = before(parents, &[]);
        let dependencies = before(dependencies, &parents);
        // The order of the files is not that of the chain.
        let path = format!("{:03}.sql", (place * 37) % 101);
        let labels = if *label { vec![format!("label{place}").into()] } else { Vec::new() };
        revisions.push(Revision {
            id: format!("rev{place:04}").into(),
            message: "".into(),
            path: path.into(),
            created: "".into(),
            parents: parents.into(),
            dependencies: dependencies.into(),
            labels: labels.into(),
            replaces: Vec::new().into(),
            draft: false,
            text: "".into(),
            parts: Vec::new().into(),
        });
    }
    revisions
}

fn set(revisions: Vec<Revision>) -> Set {
    let settings = Settings {
        name: "main".into(),
        dialects: Dialects::NONE,
        heads: Heads::Many,
        history: History::default(),
    };
    Set::new(settings, "migrations".into(), revisions)
}

fn graphs() -> impl Strategy<Value = Vec<Drawn>> {
    vec((vec(any::<u8>(), 0..3), vec(any::<u8>(), 0..2), any::<bool>()), 1..14)
}

/// Draws what a person may type on a set.
fn target(set: &Set, form: u8, number: u8, steps: u8) -> Target {
    let revision = &set.revisions[usize::from(number) % set.revisions.len()];
    let label = revision.labels.first().unwrap_or(&revision.id).to_string();
    let id = Target::Revision(revision.id.to_string());
    let steps = i32::from(steps % 4) + 1;
    let count = steps.unsigned_abs();
    match form % 12 {
        0 => Target::Head,
        1 => Target::Heads,
        2 => Target::Base,
        3 => id,
        4 => Target::Up(count),
        5 => Target::Down(count),
        6 => Target::Steps { from: Box::new(id), steps },
        7 => Target::Steps { from: Box::new(id), steps: -steps },
        8 => Target::Head.on(label),
        9 => Target::Up(count).on(label),
        10 => Target::Down(count).on(label),
        _ => Target::Base.on(label),
    }
}

fn needs(graph: &Graph, place: u32) -> Vec<u32> {
    [graph.parents(place), graph.dependencies(place)].concat()
}

fn above(graph: &Graph, place: u32) -> Vec<u32> {
    [graph.children(place), graph.dependents(place)].concat()
}

/// Applies steps one by one, each after all that it needs.
fn apply(graph: &Graph, applied: &mut Members, steps: &[u32]) -> Result<(), TestCaseError> {
    for place in steps {
        prop_assert!(!applied[*place as usize], "{place} twice in {steps:?}");
        for need in needs(graph, *place) {
            prop_assert!(applied[need as usize], "{place} before {need} in {steps:?}");
        }
        applied[*place as usize] = true;
    }
    Ok(())
}

/// Takes steps back one by one, each before all that it needs.
fn take_back(graph: &Graph, applied: &mut Members, steps: &[u32]) -> Result<(), TestCaseError> {
    for place in steps {
        prop_assert!(applied[*place as usize], "{place} is not there: {steps:?}");
        for other in above(graph, *place) {
            prop_assert!(!applied[other as usize], "{place} before {other} in {steps:?}");
        }
        applied[*place as usize] = false;
    }
    Ok(())
}

/// The maximal members, looked for in the plainest way.
fn maximal(graph: &Graph, members: &Members) -> Vec<u32> {
    let all = 0..graph.len() as u32;
    let member = |place: &u32| members[*place as usize];
    all.clone()
        .filter(member)
        .filter(|place| {
            !all.clone()
                .filter(member)
                .any(|other| other != *place && graph.ancestors(&[other])[*place as usize])
        })
        .collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_upgrade_applies_each_once_and_after_what_it_needs(
        drawn in graphs(),
        begin in (any::<u8>(), any::<u8>(), any::<u8>()),
        end in (any::<u8>(), any::<u8>(), any::<u8>()),
    ) {
        let set = set(revisions(&drawn));
        let graph = Graph::of(&set);
        let mut applied = vec![false; graph.len()];
        for (form, number, steps) in [begin, end] {
            let walk = Walk::new(&set, applied.clone());
            let before = applied.clone();
            if let Ok(steps) = walk.upgrade(&[target(&set, form, number, steps)]) {
                apply(&graph, &mut applied, &steps)?;
                let walk = Walk::new(&set, applied.clone());
                let mut current = walk.current().to_vec();
                current.sort_unstable();
                prop_assert_eq!(current, maximal(&graph, &applied));
                // The same steps backwards lead back.
                let mut back = applied.clone();
                let reversed: Vec<u32> = steps.into_iter().rev().collect();
                take_back(&graph, &mut back, &reversed)?;
                prop_assert_eq!(back, before);
            }
        }
    }

    #[test]
    fn a_downgrade_takes_each_once_and_before_what_it_needs(
        drawn in graphs(),
        begin in any::<u8>(),
        end in (any::<u8>(), any::<u8>(), any::<u8>()),
    ) {
        let set = set(revisions(&drawn));
        let graph = Graph::of(&set);
        let mut applied = graph.ancestors(&[u32::from(begin) % graph.len() as u32]);
        let before = applied.clone();
        let walk = Walk::new(&set, applied.clone());
        if let Ok(steps) = walk.downgrade(&target(&set, end.0, end.1, end.2)) {
            take_back(&graph, &mut applied, &steps)?;
            // And the heads from before lead there again.
            let again = Walk::new(&set, applied.clone());
            let ids = walk.current().iter().map(|place| set.revisions[*place as usize].id.to_string());
            let targets: Vec<Target> = ids.map(Target::Revision).collect();
            let steps = again.upgrade(&targets);
            apply(&graph, &mut applied, &steps.unwrap_or_default())?;
            prop_assert_eq!(applied, before);
        }
    }

    #[test]
    fn from_any_place_the_heads_and_base_can_be_reached(
        drawn in graphs(),
        verbs in vec((any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>()), 0..12),
        spliced in vec((vec(any::<u8>(), 0..3), vec(any::<u8>(), 0..2), any::<bool>()), 0..4),
    ) {
        let mut all = revisions(&drawn);
        let mut applied = vec![false; all.len()];
        for (index, (verb, form, number, steps)) in verbs.iter().enumerate() {
            let set = set(all.clone());
            let graph = Graph::of(&set);
            let walk = Walk::new(&set, applied.clone());
            let target = target(&set, *form, *number, *steps);
            match verb % 4 {
                0 => if let Ok(steps) = walk.upgrade(std::slice::from_ref(&target)) {
                    steps.iter().for_each(|place| applied[*place as usize] = true);
                },
                1 => if let Ok(steps) = walk.downgrade(&target) {
                    steps.iter().for_each(|place| applied[*place as usize] = false);
                },
                2 => if let Ok(stamped) = walk.stamp(&[target]) {
                    stamped.removed.iter().for_each(|place| applied[*place as usize] = false);
                    stamped.added.iter().for_each(|place| applied[*place as usize] = true);
                    // What a stamp records is closed: all that it needs is recorded too.
                    for place in (0..graph.len()).filter(|place| applied[*place]) {
                        prop_assert!(needs(&graph, place as u32).iter().all(|need| applied[*need as usize]));
                    }
                },
                // A revision is put in behind what is applied: the newest now depends on it.
                _ => if let Some((parents, dependencies, label)) = spliced.get(index) {
                    let at = all.len() - 1;
                    let mut drawn = vec![(Vec::new(), Vec::new(), false); at];
                    drawn.push((parents.clone(), dependencies.clone(), *label));
                    let mut new = revisions(&drawn).remove(at);
                    new.id = format!("new{index:04}").into();
                    new.path = format!("{index:03}_new.sql").into();
                    new.labels = Vec::new().into();
                    let mut last = all.remove(at);
                    let mut needs = last.dependencies.to_vec();
                    needs.push(at as u32);
                    last.dependencies = needs.into();
                    all.extend([new, last]);
                    applied.insert(at, false);
                },
            }
        }
        let set = set(all);
        let graph = Graph::of(&set);
        let up = Walk::new(&set, applied.clone()).upgrade(&[Target::Heads]);
        let mut everything = applied.clone();
        up.expect("heads can be reached").iter().for_each(|place| everything[*place as usize] = true);
        prop_assert!(everything.iter().all(|applied| *applied));
        let down = Walk::new(&set, applied.clone()).downgrade(&Target::Base);
        let mut nothing = applied;
        take_back(&graph, &mut nothing, &down.expect("base can be reached"))?;
        prop_assert!(!nothing.contains(&true));
    }

    #[test]
    fn a_range_lies_between_its_ends(
        drawn in graphs(),
        from in any::<u8>(),
        to in any::<u8>(),
    ) {
        let set = set(revisions(&drawn));
        let graph = Graph::of(&set);
        let [from, to] = [from, to].map(|number| u32::from(number) % graph.len() as u32);
        let id = |place: u32| set.revisions[place as usize].id.to_string();
        let range = format!("{}:{}", id(from), id(to)).parse().expect("it is a range");
        match Walk::new(&set, vec![false; graph.len()]).range(&range) {
            Ok(places) => {
                let between = |place: &u32| {
                    graph.line_above(&[from])[*place as usize] && graph.ancestors(&[to])[*place as usize]
                };
                prop_assert!(places.iter().all(between));
                prop_assert_eq!(places.len(), (0..graph.len() as u32).filter(between).count());
            }
            Err(TargetError::Apart { .. }) => prop_assert!(!graph.ancestors(&[to])[from as usize]),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
