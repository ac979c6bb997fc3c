//! Compares our answer with Alembic's.

use std::collections::{BTreeMap, BTreeSet};

use revchain_core::Walk;
use serde_json::{Value, json};

use super::case::{Case, words};
use super::desk::{Answer, Place};

/// What came of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same steps and heads, the same list, or both refuse.
    Agrees,
    /// Ours refuses what Alembic does, for a reason of [`REFUSALS`].
    Refused(&'static str),
    /// Alembic's answer is at fault, ours is sound.
    Fault(&'static str),
    /// Neither of these: what each said.
    Disagrees(String),
}

/// Why we refuse what Alembic does: words of our error, and the reason.
pub const REFUSALS: [(&str, &str); 10] = [
    (
        "could go several ways",
        "`-N` with several heads applied: which of them goes would be a guess",
    ),
    ("would also take back", "`<label or revision>-N` would take down another branch"),
    ("already", "two targets of one line, of which one says both"),
    ("`base-", "steps down from `base`, which Alembic counts from the head"),
    ("is not a target", "text after a number of steps"),
    ("is too short to name", "a prefix of fewer than four characters"),
    (
        "cannot be stamped",
        "a stamp that counts steps, which Alembic counts from the heads of the files",
    ),
    ("nothing to join", "a merge of one revision, which joins nothing"),
    ("redundant-dependency", "a dependency on what the new revision revises"),
    ("no revision is named", "a label that no revision has, which Alembic takes for no label"),
];

/// Lays a case out, asks ours and compares.
///
/// # Errors
///
/// When the case cannot be laid out.
pub fn judge(case: &Case) -> Result<Verdict, Box<dyn std::error::Error>> {
    let place = match Place::lay_out(case)? {
        Ok(place) => place,
        Err(_) if case.broken.is_some() || case.expect.error.is_some() => {
            return Ok(Verdict::Agrees);
        }
        Err(codes) => return Ok(Verdict::Disagrees(format!("the check refuses it: {codes:?}"))),
    };
    let ours = place.answer()?;
    if let Some(kind) = &case.broken {
        return Ok(Verdict::Disagrees(format!("the check takes a graph that is broken: {kind}")));
    }
    Ok(compare(case, &place, &ours))
}

fn compare(case: &Case, place: &Place<'_>, ours: &Answer) -> Verdict {
    let refused = match ours {
        Answer::Refused(words) => Some(words),
        _ => None,
    };
    let sound = || is_sound(case, place, ours);
    if let Some(error) = &case.expect.error {
        let internal = error.kind == "internal";
        return match refused {
            Some(_) => Verdict::Agrees,
            None if internal && sound() => Verdict::Fault("it ends in a traceback"),
            None if case.state == "redundant-row" && sound() => {
                Verdict::Fault("its table can hold a row that another row implies")
            }
            None if case.command == "check_heads"
                && place.applied().iter().all(|applied| *applied) =>
            {
                Verdict::Fault("a head on which another depends is never one of its table's rows")
            }
            None => Verdict::Disagrees(format!("it refuses ({:?}), ours: {ours:?}", error.message)),
        };
    }
    let Some(theirs) = theirs(case) else {
        return Verdict::Disagrees(format!("no answer to compare with: {ours:?}"));
    };
    if same(case, &theirs, ours) {
        return Verdict::Agrees;
    }
    if let Some(said) = refused {
        let reason = REFUSALS.iter().find(|(part, _)| said.contains(part));
        return match reason {
            Some((_, reason)) => Verdict::Refused(reason),
            None => {
                Verdict::Disagrees(format!("theirs: {theirs:?}, ours refuses: {}", said.trim()))
            }
        };
    }
    if !is_sound(case, place, &theirs) && sound() {
        return Verdict::Fault(
            "it runs a revision twice or in the wrong order, or ends with wrong heads",
        );
    }
    let nowhere = case.command == "history" && case.current.is_empty();
    if nowhere && words(&case.target).concat().ends_with(":current") {
        return Verdict::Fault("on an empty database `:current` lists everything");
    }
    if !case.core_stable && sound() {
        return Verdict::Fault("its order depends on how Python hashes");
    }
    Verdict::Disagrees(format!("theirs: {theirs:?}, ours: {ours:?}"))
}

/// Returns Alembic's answer in the form of ours.
fn theirs(case: &Case) -> Option<Answer> {
    let ok = case.expect.ok.as_ref()?;
    // One topology writes `base` for no row.
    let set = |value: &Value| -> BTreeSet<String> {
        words(value).into_iter().filter(|id| id != "base").collect()
    };
    Some(match &*case.command {
        "upgrade" | "downgrade" | "stamp" => {
            let revisions = ok["steps"].as_array()?.iter();
            let steps = revisions.flat_map(|step| words(&step["rev"])).collect();
            Answer::Steps { steps, heads: set(&ok["heads"]) }
        }
        "history" | "iterate" => Answer::Ordered(words(&ok["revs"])),
        "branches" => {
            let points = ok["revs"].as_array()?.iter();
            let point = |pair: &Value| (words(&pair[0]).concat(), json!(set(&pair[1])));
            Answer::Other(Value::Object(points.map(point).collect()))
        }
        "show" | "heads" | "current" | "bases" | "resolve" => Answer::Any(set(&ok["revs"])),
        "check_heads" => Answer::Other(ok["at_heads"].clone()),
        "revision" | "merge" => Answer::Other(json!({
            "down": set(&ok["down"]), "depends_on": set(&ok["depends_on"]), "labels": set(&ok["labels"]),
        })),
        "describe" => {
            let revisions = ok["revisions"].as_array()?.iter().map(|one| {
                let flags =
                    ["is_base", "is_head", "is_real_head", "is_branch_point", "is_merge_point"];
                let mut shown: BTreeMap<&str, Value> =
                    flags.iter().map(|flag| (*flag, one[*flag].clone())).collect();
                shown.insert("next", json!(set(&one["next"])));
                shown.insert("all_next", json!(set(&one["all_next"])));
                (one["id"].as_str().unwrap_or_default().to_owned(), json!(shown))
            });
            let revisions: serde_json::Map<String, Value> = revisions.collect();
            Answer::Other(json!({
                "heads": set(&ok["heads"]), "bases": set(&ok["bases"]),
                "real_heads": set(&ok["real_heads"]), "revisions": revisions,
            }))
        }
        "sql_upgrade" | "sql_downgrade" => {
            // `-- Running f A, B -> C`: an upgrade is the step of what stands on the right, a downgrade on the left.
            let upgrade = case.command == "sql_upgrade";
            let lines =
                ok["sql"].as_str()?.lines().filter_map(|line| line.strip_prefix("-- Running "));
            let step = |line: &str| {
                let (from, to) = line.split_once(" -> ")?;
                let from = from.rsplit(' ').next().unwrap_or_default();
                Some(if upgrade { to.trim().to_owned() } else { from.to_owned() })
            };
            Answer::Ordered(lines.filter_map(step).collect())
        }
        _ => return None,
    })
}

fn same(case: &Case, theirs: &Answer, ours: &Answer) -> bool {
    match (theirs, ours) {
        (Answer::Steps { heads, .. }, Answer::Steps { heads: others, .. })
            if case.command == "stamp" =>
        {
            heads == others
        }
        (Answer::Steps { steps, heads }, Answer::Steps { steps: others, heads: ends }) => {
            heads == ends
                && (steps == others || !case.core_stable && sorted(steps) == sorted(others))
        }
        (Answer::Ordered(list), Answer::Ordered(other)) => {
            list == other || !case.core_stable && sorted(list) == sorted(other)
        }
        _ => theirs == ours,
    }
}

fn sorted(list: &[String]) -> Vec<&String> {
    let mut list: Vec<&String> = list.iter().collect();
    list.sort_unstable();
    list
}

/// Tells whether steps can be: each once, an upgraded revision after all that it needs, a downgraded one before, and the
/// heads at the end are those of what is applied then.
fn is_sound(case: &Case, place: &Place<'_>, answer: &Answer) -> bool {
    let Answer::Steps { steps, heads } = answer else { return true };
    let graph = revchain_core::graph::Graph::of(&place.set);
    let mut applied = place.applied();
    if case.command != "stamp" {
        for id in steps {
            let Some(at) = place.set.position(id).map(|at| at as u32) else { return false };
            let upgrade = case.command == "upgrade";
            let is_applied = |other: &u32| applied[*other as usize];
            let fits = if upgrade {
                graph.parents(at).iter().chain(graph.dependencies(at)).all(is_applied)
            } else {
                !graph.children(at).iter().chain(graph.dependents(at)).any(is_applied)
            };
            if !fits || applied[at as usize] == upgrade {
                return false;
            }
            applied[at as usize] = upgrade;
        }
        let walk = Walk::new(&place.set, applied);
        return place.ids(walk.current()).into_iter().collect::<BTreeSet<_>>() == *heads;
    }
    // A stamp names heads: none of them may imply another.
    let ends: Vec<u32> =
        heads.iter().filter_map(|id| place.set.position(id)).map(|at| at as u32).collect();
    ends.iter().all(|end| {
        let below = graph.ancestors(&[*end]);
        ends.iter().all(|other| other == end || !below[*other as usize])
    })
}
