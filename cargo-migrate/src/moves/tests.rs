//! What holds of a rebase in any chain.

use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::{Config, TestCaseError};
use revchain_core::check::Checked;
use revchain_core::folder::{Folder, SourceFile};
use revchain_core::graph::Graph;
use revchain_core::lock::{Entry, Lock};
use revchain_core::set::{Heads, History, Settings};
use revchain_core::{Dialect, Dialects, check};

use super::{Found, Moves, Wanted, find};
use crate::chain::Chain;
use crate::published::Published;

/// A revision of a random chain, by the places of earlier ones.
#[derive(Clone, Debug)]
struct One {
    parents: Vec<u32>,
    depends_on: Vec<u32>,
    published: bool,
    empty: bool,
}

fn config() -> Config {
    Config { cases: 400, failure_persistence: None, ..Config::default() }
}

/// Chains in which what is published stands on what is published.
fn chains() -> impl Strategy<Value = Vec<One>> {
    let seed = (any::<[u8; 4]>(), any::<bool>(), any::<bool>());
    prop::collection::vec(seed, 2..10).prop_map(|seeds| {
        let mut chain: Vec<One> = Vec::new();
        for (at, (bytes, wants, empty)) in seeds.into_iter().enumerate() {
            let place = |byte: u8| (usize::from(byte) % at.max(1)) as u32;
            // One parent near by mostly, sometimes two, rarely none.
            let near = |byte: u8| at.saturating_sub(1 + usize::from(byte) % 3) as u32;
            let mut parents = if at == 0 || bytes[0] < 12 { vec![] } else { vec![near(bytes[0])] };
            if at > 1 && bytes[1] < 90 {
                parents.push(place(bytes[1]));
            }
            parents.sort_unstable();
            parents.dedup();
            let depends = (at > 0 && bytes[2] < 40).then(|| place(bytes[3]));
            let depends_on: Vec<u32> =
                depends.into_iter().filter(|one| !parents.contains(one)).collect();
            let mut needs = parents.iter().chain(&depends_on);
            let published = wants && needs.all(|need| chain[*need as usize].published);
            let empty = empty && parents.len() > 1;
            chain.push(One { parents, depends_on, published, empty });
        }
        chain
    })
}

fn id(place: u32) -> String {
    format!("rev{place:02}")
}

fn ids(places: &[u32]) -> String {
    if places.is_empty() {
        return "base".to_owned();
    }
    places.iter().map(|place| id(*place)).collect::<Vec<_>>().join(", ")
}

fn folder(chain: &[One]) -> Folder {
    let lock = Lock::new(Settings {
        name: "app".into(),
        dialects: Dialects::of(&[Dialect::Sqlite]),
        heads: Heads::One,
        history: History::default(),
    });
    let file = |(place, one): (u32, &One)| {
        let (id, revises) = (id(place), ids(&one.parents));
        let depends = match &one.depends_on[..] {
            [] => String::new(),
            places => format!("-- depends-on: {}\n", ids(places)),
        };
        let body = match one.empty {
            true => "-- migrate:upgrade\n-- migrate:downgrade\n".to_owned(),
            false => format!(
                "-- migrate:upgrade\nCREATE TABLE {id} (n);\n-- migrate:downgrade\nDROP TABLE {id};\n"
            ),
        };
        let text = format!("-- {id}\n-- revision: {id}\n-- revises: {revises}\n{depends}\n{body}");
        SourceFile { path: format!("{id}.sql"), text }
    };
    let files = (0..).zip(chain).map(file).collect();
    Folder { shown: "migrations".to_owned(), files, lock: Some(lock.render()), problems: vec![] }
}

/// Seals the revisions that are wanted, as a lock has them.
fn sealed(checked: &Checked, wanted: impl Fn(&str) -> bool) -> Lock {
    let mut lock = Lock::new(checked.lock.clone().expect("it is one").settings);
    let listed = checked.revisions.iter().filter(|one| wanted(&one.revision.id));
    lock.revisions = listed
        .map(|one| Entry {
            id: one.revision.id.to_string(),
            replaces: Vec::new(),
            parents: one.parents.clone(),
            seals: one.seals(),
        })
        .collect();
    lock.heads = lock.computed_heads();
    lock
}

fn load(chain: &[One]) -> (Chain, Published) {
    let mut folder = folder(chain);
    let bare = check(&folder);
    let is_published =
        |wanted: &str| (0..).zip(chain).any(|(place, one)| one.published && id(place) == wanted);
    let lock = Some(sealed(&bare, is_published));
    folder.lock = Some(sealed(&bare, |_| true).render());
    let chain = Chain::of(check(&folder)).expect("the chain is certain");
    (chain, Published::Lock { branch: "origin/main".to_owned(), lock })
}

/// Makes the chain as it is afterwards; what was dropped stays as a base of its own that nobody names.
fn moved(before: &[One], chain: &Chain, moves: &Moves) -> Vec<Vec<u32>> {
    let number = |place: u32| chain.id(place)[3..].parse::<usize>().expect("it is a number");
    let mut parents: Vec<Vec<u32>> = before.iter().map(|one| one.parents.clone()).collect();
    for (place, new) in &moves.parents {
        parents[number(*place)] = new.iter().map(|parent| number(*parent) as u32).collect();
    }
    for place in &moves.dropped {
        parents[number(*place)].clear();
    }
    parents
}

fn verify(before: &[One], onto: Option<u32>) -> Result<(), TestCaseError> {
    let (chain, published) = load(before);
    let onto = onto.map(id);
    let wanted = Wanted { onto: onto.as_deref(), revisions: &[], force: false };
    let Ok(Found::Moves(moves)) = find(&chain, &published, &wanted) else { return Ok(()) };
    let number = |place: u32| chain.id(place)[3..].parse::<u32>().expect("it is a number");
    let dropped: Vec<u32> = moves.dropped.iter().map(|place| number(*place)).collect();
    let onto = number(moves.onto);
    let after = moved(before, &chain, &moves);
    let depends_on: Vec<Vec<u32>> = before.iter().map(|one| one.depends_on.clone()).collect();
    let old =
        Graph::new(before.iter().map(|one| one.parents.clone()).collect(), depends_on.clone());
    let new = Graph::new(after.clone(), depends_on);
    prop_assert!(new.topological().is_ok(), "a circle");
    for (place, one) in (0..).zip(before) {
        let is_same = after[place as usize] == one.parents;
        prop_assert!(!one.published || is_same, "published {place} moved");
        let line = new.line_below(&[place]);
        prop_assert!(
            dropped.contains(&place) || is_same || line[onto as usize],
            "{place} is not on {onto}"
        );
        if dropped.contains(&place) {
            prop_assert!(one.empty && new.children(place).is_empty(), "{place} was dropped");
            continue;
        }
        let stood_on = old.line_below(&[place]);
        for other in (0..before.len() as u32).filter(|other| stood_on[*other as usize]) {
            prop_assert!(
                line[other as usize] || dropped.contains(&other),
                "{place} stands on {other} no more"
            );
        }
    }
    // No head is new, and nothing is left to move.
    let kept = |head: &u32| !dropped.contains(head);
    let heads: Vec<u32> = new.heads().into_iter().filter(kept).collect();
    let had = old.heads();
    let parent_of_dropped = |head: &u32| dropped.iter().any(|one| old.parents(*one).contains(head));
    prop_assert!(heads.iter().all(|head| had.contains(head) || parent_of_dropped(head)));
    let left: Vec<One> = before
        .iter()
        .zip(&after)
        .map(|(one, parents)| {
            // What it revises now it need not depend on: a rebase asks for that line to be removed.
            let needed = |other: &&u32| !parents.contains(other);
            let depends_on = one.depends_on.iter().filter(needed).copied().collect();
            One { parents: parents.clone(), depends_on, ..one.clone() }
        })
        .collect();
    if dropped.is_empty() {
        let (chain, published) = load(&left);
        let name = id(onto);
        let wanted = Wanted { onto: Some(&name), revisions: &[], force: false };
        let again = find(&chain, &published, &wanted);
        prop_assert!(matches!(again, Ok(Found::Nothing(_)) | Err(_)), "there is more to move");
    }
    prop_assert_eq!(after.len(), before.len());
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_rebase_moves_what_is_mine_and_loses_nothing(chain in chains()) {
        verify(&chain, None)?;
    }

    #[test]
    fn onto_any_revision_as_well(chain in chains(), onto in 0..10_u32) {
        verify(&chain, (onto < chain.len() as u32).then_some(onto))?;
    }
}
