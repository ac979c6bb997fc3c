//! Which revisions a rebase moves, and what each revises then.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use revchain_core::Problem;
use revchain_core::check::State;
use revchain_core::graph::Members;
use revchain_core::set::{Downgrade, Heads};

use crate::chain::Chain;
use crate::failure::Failure;
use crate::published::Published;

/// What a rebase changes in the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moves {
    /// The revision on which the moved ones stand afterwards.
    pub(crate) onto: u32,
    /// The new parents of each revision that gets others.
    pub(crate) parents: BTreeMap<u32, Vec<u32>>,
    /// Empty merges that would join nothing any more.
    pub(crate) dropped: Vec<u32>,
}

/// What was asked for.
pub(crate) struct Wanted<'w> {
    pub(crate) onto: Option<&'w str>,
    pub(crate) revisions: &'w [String],
    pub(crate) force: bool,
}

/// What there is to do.
pub(crate) enum Found {
    /// These moves.
    Moves(Moves),
    /// Nothing, and why.
    Nothing(Failure),
}

/// Finds out what moves where.
///
/// Mine are the revisions that are not published. Without revisions those of mine move that branch off below `onto`, each
/// with what stands on it: branches and merges of mine keep their shape. A branch that begins with a label was begun on
/// purpose and stays, unless it is named.
///
/// # Errors
///
/// It is not clear onto what, a published revision would move, or `onto` stands on what would move.
pub(crate) fn find(
    chain: &Chain,
    published: &Published,
    wanted: &Wanted<'_>,
) -> Result<Found, Failure> {
    let named = chain.find_all(wanted.revisions)?;
    let ground = Ground { chain, published, force: wanted.force };
    let mine = ground.line_above(&named, |_| true);
    let onto = match (wanted.onto, ground.onto(&mine)?) {
        (Some(name), _) => chain.find(name)?,
        (None, Onto::One(onto)) => onto,
        (None, Onto::None(reason)) => return Ok(Found::Nothing(reason)),
        // Labels or a setting say that there may be several.
        (None, Onto::Several(reason)) if named.is_empty() && are_meant(chain) => {
            return Ok(Found::Nothing(reason));
        }
        (None, Onto::Several(reason)) => return Err(reason),
    };
    if mine[onto as usize] {
        let (id, moved) = (chain.id(onto), ground.named_below(onto, &named));
        return Err(Failure::usage(format!("`{id}` stands on `{moved}`, which would stand on it"))
            .help("name another revision: --onto REVISION"));
    }
    let moves = if named.is_empty() {
        ground.branches(onto)
    } else {
        ground.refuse_published(&mine, onto)?;
        ground.named(onto, &named, &mine)
    };
    Ok(if moves.parents.is_empty() && moves.dropped.is_empty() {
        Found::Nothing(ground.nothing(onto))
    } else {
        Found::Moves(moves)
    })
}

/// Tells whether nothing is wrong with the heads that a set has: there is one, or labels or a setting allow several.
pub(crate) fn are_meant(chain: &Chain) -> bool {
    let is_heads = |problem: &Problem| problem.code() == "multiple-heads";
    !chain.checked.problems.iter().any(is_heads)
}

struct Ground<'g> {
    chain: &'g Chain,
    published: &'g Published,
    force: bool,
}

enum Onto {
    One(u32),
    None(Failure),
    Several(Failure),
}

impl Ground<'_> {
    /// Tells whether others have a revision; where nobody can tell, what is sealed counts.
    fn is_published(&self, place: u32) -> bool {
        match self.published {
            Published::Everything { .. } => {
                matches!(self.chain.checked(place).state, State::Sealed | State::Edited)
            }
            Published::Lock { .. } => self.published.has(self.chain.id(place)),
        }
    }

    /// Chooses the head to stand on: the published one; where none is, the one whose line has most of what is published.
    fn onto(&self, mine: &Members) -> Result<Onto, Failure> {
        let graph = &self.chain.graph;
        let mut heads = graph.heads();
        heads.retain(|head| !mine[*head as usize]);
        match heads[..] {
            [] => return Ok(Onto::None(Failure::usage("the set has no other head"))),
            [head] if mine.iter().any(|mine| *mine) => return Ok(Onto::One(head)),
            [head] => {
                let failure = Failure::usage(format!(
                    "there is nothing to rebase: the set has one head, `{}`",
                    self.chain.id(head)
                ));
                return Ok(Onto::None(match self.published.beyond(self.chain) {
                    Some((branch, id)) => failure
                        .note(format!("`{branch}` has `{id}`, which is not here yet"))
                        .help(format!(
                            "bring it here first: git rebase {branch}, or git merge {branch}"
                        )),
                    None => failure.help("see the heads: cargo migrate heads"),
                }));
            }
            _ => {}
        }
        let published: Vec<u32> =
            heads.iter().copied().filter(|head| self.is_published(*head)).collect();
        let candidates = if published.is_empty() {
            self.furthest(&heads)
        } else {
            let forked = |head: &u32| !self.branches(*head).parents.is_empty();
            let with_mine: Vec<u32> = published.iter().copied().filter(forked).collect();
            if with_mine.is_empty() { published } else { with_mine }
        };
        Ok(match candidates[..] {
            [head] => Onto::One(head),
            _ => Onto::Several(self.several(&candidates)),
        })
    }

    /// Returns the heads whose line has most of what is published, then most of what others have as drafts.
    fn furthest(&self, heads: &[u32]) -> Vec<u32> {
        let reach = |head: u32| {
            let line = self.chain.graph.ancestors(&[head]);
            let places = || (0..self.chain.len()).filter(|place| line[*place as usize]);
            let listed = places().filter(|place| self.published.lists(self.chain.id(*place)));
            (places().filter(|place| self.is_published(*place)).count(), listed.count())
        };
        let furthest = heads.iter().map(|head| reach(*head)).max();
        heads.iter().copied().filter(|head| Some(reach(*head)) == furthest).collect()
    }

    fn several(&self, candidates: &[u32]) -> Failure {
        let ids = self.chain.ids(candidates);
        let all_published = candidates.iter().all(|head| self.is_published(*head));
        let are = if all_published { "published" } else { "equally unpublished" };
        let failure = Failure::usage(format!("several heads are {are}: `{}`", ids.join("`, `")));
        let failure = match self.published {
            Published::Everything { .. } => failure.note(self.published.reason()),
            Published::Lock { branch, .. } => {
                failure.note(format!("what is published is in the lock of `{branch}`"))
            }
        };
        let force = if all_published { " --force" } else { "" };
        failure
            .help(format!(
                "name the one to stand on: cargo migrate rebase --onto {}{force}",
                ids[0]
            ))
            .help("or join them: cargo migrate merge")
    }

    /// Moves the branches of mine that begin below `onto`.
    fn branches(&self, onto: u32) -> Moves {
        let graph = &self.chain.graph;
        let (line, needed) = (graph.line_below(&[onto]), graph.ancestors(&[onto]));
        let is_below = |place: &u32| line[*place as usize];
        let is_mine =
            |place: &u32| !needed[*place as usize] && (self.force || !self.is_published(*place));
        let one_base = self.chain.set.settings.heads == Heads::One;
        let begins_below = |place: &u32| {
            let parents = graph.parents(*place);
            let forks = parents.iter().any(is_below) || parents.is_empty() && one_base;
            let has_label = !self.chain.revision(*place).labels.is_empty();
            forks && !has_label && parents != [onto] && !parents.iter().any(is_mine)
        };
        let places = || (0..self.chain.len()).filter(is_mine);
        let roots: Vec<u32> = places().filter(begins_below).collect();
        let moved = self.line_above(&roots, |place| is_mine(&place));
        self.moves(onto, &moved, &|place| {
            let kept = graph.parents(place).iter().copied().filter(|parent| !is_below(parent));
            roots.contains(&place).then(|| std::iter::once(onto).chain(kept).collect())
        })
    }

    /// Moves the named revisions with what stands on them.
    fn named(&self, onto: u32, named: &[u32], moved: &Members) -> Moves {
        let graph = &self.chain.graph;
        let is_root = |place: u32| {
            let others = graph.line_below(graph.parents(place));
            named.contains(&place) && !named.iter().any(|other| others[*other as usize])
        };
        self.moves(onto, moved, &|place| is_root(place).then(|| vec![onto]))
    }

    /// Gives what moves its new parents: those of a root, and for the others what of theirs moves along or stands apart.
    fn moves(
        &self,
        onto: u32,
        moved: &Members,
        of_root: &dyn Fn(u32) -> Option<Vec<u32>>,
    ) -> Moves {
        let graph = &self.chain.graph;
        let below = graph.line_below(&[onto]);
        let mut moves = Moves { onto, parents: BTreeMap::new(), dropped: Vec::new() };
        let mut instead: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        // Parents come first in a set, so what stands in a dropped one's place is known.
        for place in (0..self.chain.len()).filter(|place| moved[*place as usize]) {
            let before = graph.parents(place);
            let root = of_root(place);
            let is_root = root.is_some();
            let mut parents: Vec<u32> = Vec::new();
            for parent in root.unwrap_or_else(|| before.to_vec()) {
                let stays = is_root || !below[parent as usize];
                let those = instead.get(&parent).cloned().unwrap_or_else(|| vec![parent]);
                parents.extend(those.into_iter().filter(|_| stays));
            }
            let mut seen = Vec::new();
            parents.retain(|parent| {
                !seen.contains(parent) && {
                    seen.push(*parent);
                    true
                }
            });
            if before.len() > 1 && parents.len() == 1 && self.is_bare_merge(place) {
                moves.dropped.push(place);
                instead.insert(place, parents);
            } else if parents != before {
                moves.parents.insert(place, parents);
            }
        }
        moves
    }

    /// Tells whether a revision only joins others, and nobody names it but by what it joins.
    fn is_bare_merge(&self, place: u32) -> bool {
        let revision = self.chain.revision(place);
        let is_empty = |part: &revchain_core::set::Part| {
            let downgrade = match &part.downgrade {
                Downgrade::Section(section) => section.statements.is_empty(),
                Downgrade::Irreversible(_) => false,
            };
            part.upgrade.statements.is_empty() && downgrade
        };
        !revision.is_rust()
            && revision.labels.is_empty()
            && self.chain.graph.dependents(place).is_empty()
            && revision.parts.iter().all(is_empty)
    }

    fn refuse_published(&self, moved: &Members, onto: u32) -> Result<(), Failure> {
        let mut places = (0..self.chain.len()).filter(|place| moved[*place as usize]);
        let Some(place) = places.find(|place| self.is_published(*place)).filter(|_| !self.force)
        else {
            return Ok(());
        };
        let (id, onto) = (self.chain.id(place), self.chain.id(onto));
        Err(Failure::new(format!("revision `{id}` is published, and would move"))
            .note(self.published.reason())
            .help("join the heads: cargo migrate merge")
            .help(format!(
                "or move it for everybody: cargo migrate rebase --onto {onto} {id} --force"
            )))
    }

    /// Returns `from` and what revises them in turn, as far as `follow` goes.
    fn line_above(&self, from: &[u32], follow: impl Fn(u32) -> bool) -> Members {
        let mut reached = vec![false; self.chain.len() as usize];
        let mut stack = from.to_vec();
        while let Some(place) = stack.pop() {
            if !std::mem::replace(&mut reached[place as usize], true) {
                let children = self.chain.graph.children(place).iter().copied();
                stack.extend(children.filter(|child| follow(*child)));
            }
        }
        reached
    }

    fn named_below(&self, onto: u32, named: &[u32]) -> String {
        let line = self.chain.graph.line_below(&[onto]);
        let found = named.iter().find(|place| line[**place as usize]);
        found.map_or_else(String::new, |place| self.chain.id(*place).to_owned())
    }

    /// Says why nothing moves although there are several heads.
    fn nothing(&self, onto: u32) -> Failure {
        let chain = self.chain;
        let id = chain.id(onto);
        let mut failure = Failure::usage(format!(
            "there is nothing to rebase: nothing of yours branches off below `{id}`"
        ));
        let below = chain.graph.ancestors(&[onto]);
        let beside = (0..chain.len()).filter(|place| !below[*place as usize]);
        for place in beside {
            let one = chain.id(place);
            if self.is_published(place) {
                return failure
                    .note(format!("`{one}` is published: {}", self.published.reason()))
                    .help("join the heads: cargo migrate merge")
                    .help(format!(
                        "or move it for everybody: cargo migrate rebase --onto {id} {one} --force"
                    ));
            }
            if let Some(label) = chain.revision(place).labels.first() {
                failure = failure
                    .note(format!("`{one}` begins the branch `{label}` on purpose"))
                    .help(format!("move it all the same: cargo migrate rebase --onto {id} {one}"));
            }
        }
        failure
    }
}
