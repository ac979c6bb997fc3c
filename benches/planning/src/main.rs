//! How long it takes to find what a target names, in chains of 10,000 revisions.
//!
//! Prints for each shape the longest that any target took, in microseconds, and which; then the peak memory in KiB for
//! 10,000 and for 40,000 revisions, each in a process of its own.

use std::error::Error;
use std::time::{Duration, Instant};

use revchain_core::set::{Heads, History, Revision, Set, Settings};
use revchain_core::target::Range;
use revchain_core::{Dialects, Target, Walk};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["times", shape, count] => {
            let set = set(shape, count.parse()?)?;
            let (longest, what) = longest(&set)?;
            println!("{} {what}", longest.as_micros());
        }
        ["memory", shape, count] => {
            let set = set(shape, count.parse()?)?;
            let before = status("VmRSS:")?;
            longest(&set)?;
            println!("{} {before}", status("VmHWM:")?);
        }
        _ => return Err("usage: planning times|memory line|branches|thicket COUNT".into()),
    }
    Ok(())
}

/// Returns the target that takes longest, from databases that have nothing, half and everything.
fn longest(set: &Set) -> Result<(Duration, String), Box<dyn Error>> {
    let count = set.revisions.len();
    let half = revchain_core::graph::Graph::of(set).ancestors(&[count as u32 / 2]);
    let some = |place: usize| set.revisions[place].id.to_string();
    let mut targets: Vec<String> =
        ["heads", "head", "base", "+1", "-1", "+100", "-100"].map(str::to_owned).to_vec();
    for place in [count / 10, count / 2, count - 1] {
        let id = some(place);
        targets.extend([format!("{id}@head"), format!("{id}@+1"), format!("{id}-3"), id]);
    }
    let mut longest = (Duration::ZERO, String::new());
    for (name, applied) in
        [("empty", vec![false; count]), ("half", half), ("full", vec![true; count])]
    {
        for text in &targets {
            let target: Target = text.parse()?;
            for verb in ["upgrade", "downgrade", "stamp", "history"] {
                // The best of ten: what the machine does meanwhile is not ours.
                let mut best = Duration::MAX;
                for _ in 0..10 {
                    if best > longest.0 {
                        best = best.min(timed(set, &applied, verb, &target));
                    }
                }
                if best > longest.0 {
                    longest = (best, format!("{verb} {text} ({name})"));
                }
            }
        }
    }
    Ok(longest)
}

fn timed(set: &Set, applied: &[bool], verb: &str, target: &Target) -> Duration {
    let began = Instant::now();
    let walk = Walk::new(set, applied.to_vec());
    let targets = std::slice::from_ref(target);
    // A refusal takes its time too.
    let _ = std::hint::black_box(match verb {
        "upgrade" => walk.upgrade(targets),
        "downgrade" => walk.downgrade(target),
        "stamp" => walk.stamp(targets).map(|stamped| stamped.added),
        _ => walk.range(&Range { from: None, to: Some(target.clone()) }),
    });
    began.elapsed()
}

/// Makes a set of a shape.
fn set(shape: &str, count: usize) -> Result<Set, Box<dyn Error>> {
    let mut random = Random(42);
    let mut heads: Vec<u32> = Vec::new();
    let mut revisions = Vec::new();
    for place in 0..count as u32 {
        let parents: Vec<u32> = match shape {
            _ if place == 0 => Vec::new(),
            "line" => vec![place - 1],
            // As a team has it: some branches at a time, begun at something recent, and merged.
            "branches" => match random.below(10) {
                0 | 1 if heads.len() < 24 => vec![place - 1 - random.below(place.min(200))],
                2 | 3 if heads.len() > 1 => {
                    let first = heads.swap_remove(random.below(heads.len() as u32) as usize);
                    let second = heads[random.below(heads.len() as u32) as usize];
                    vec![first, second]
                }
                _ => vec![heads[random.below(heads.len() as u32) as usize]],
            },
            // As nobody has it: anything revises anything before it.
            "thicket" => {
                let mut parents: Vec<u32> =
                    (0..=random.below(2)).map(|_| random.below(place)).collect();
                parents.sort_unstable();
                parents.dedup();
                parents
            }
            other => return Err(format!("no shape `{other}`").into()),
        };
        heads.retain(|head| !parents.contains(head));
        heads.push(place);
        let depends = shape != "line" && place > 0 && random.below(50) == 0;
        let dependencies: Vec<u32> = depends
            .then(|| random.below(place))
            .filter(|on| !parents.contains(on))
            .into_iter()
            .collect();
        revisions.push(Revision {
            id: format!("{place:012x}").into(),
            message: "".into(),
            path: format!("{place:06}.sql").into(),
            created: "".into(),
            parents: parents.into(),
            dependencies: dependencies.into(),
            labels: Vec::new().into(),
            replaces: Vec::new().into(),
            draft: false,
            text: "".into(),
            parts: Vec::new().into(),
        });
    }
    let settings = Settings {
        name: "main".into(),
        dialects: Dialects::NONE,
        heads: Heads::Many,
        history: History::default(),
    };
    Ok(Set::new(settings, "migrations".into(), revisions))
}

/// Numbers that are the same on every run (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % u64::from(end.max(1))) as u32
    }
}

/// A figure that Linux has of this process, in KiB.
fn status(name: &str) -> Result<String, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such figure")?;
    Ok(line.trim().trim_end_matches(" kB").to_owned())
}
