//! Indexes that are no constraint's.

use super::super::catalog::{Body, Index, Object};
use super::super::definition::index;
use super::super::names::{quote, table_of};
use super::constraints::duplicates;
use super::fate::Fate;
use super::{Action, Planner, Step, side};
use crate::{Hazard, Key};

impl Planner<'_> {
    /// Says in which index's order the rows of a table are put.
    pub(super) fn clustering(&self, key: &Key, before: bool, after: bool) -> Option<Step> {
        let table = table_of(key);
        let is_clustered = |object: &Object| match &object.body {
            Body::Index(body) => body.clustered,
            Body::Constraint(body) => body.clustered,
            _ => false,
        };
        match (before, after) {
            (false, true) => {
                Some(Step::new(format!("ALTER TABLE {table} CLUSTER ON {}", quote(&key.name))))
            }
            // Another index takes its place.
            (true, false) if self.to.parts(&self.owner(key)).any(|(_, one)| is_clustered(one)) => {
                None
            }
            (true, false) => Some(Step::new(format!("ALTER TABLE {table} SET WITHOUT CLUSTER"))),
            _ => None,
        }
    }

    pub(super) fn make_index(&self, key: &Key, new: &Index) -> Vec<Action> {
        let fate = self.fate(key);
        let fresh = matches!(fate, Fate::Create | Fate::Recreate);
        let owner = self.owner(key);
        let mut steps = Vec::new();
        if fresh {
            let partitioned = self.is_partitioned(&owner);
            let on_new = self.table_is_new(key);
            let only = partitioned && self.to.children(&owner).next().is_some();
            let alone = self.choices.concurrently && !on_new && !partitioned;
            let option = match (only, alone) {
                (true, _) => "ONLY ",
                (_, true) => "CONCURRENTLY ",
                _ => "",
            };
            let mut step =
                Step::new(index(key, new, option)).hazard_if(!on_new && !only, Hazard::IndexBuild);
            if (new.unique || new.has_expressions) && !on_new && !only {
                step = self.may_refuse_index(key, new, step);
            }
            steps.push(if alone { step.alone() } else { step });
        }
        let was = matches!(self.old(key).map(|object| &object.body), Some(Body::Index(old)) if old.clustered);
        steps.extend(self.clustering(key, was && !fresh, new.clustered));
        steps.extend(self.about(key, fresh));
        let mut actions = Vec::new();
        if !steps.is_empty() {
            let children = self.to.children(&owner).map(|child| side(child, "attach"));
            let after: Vec<_> = [side(&owner, "copy")].into_iter().chain(children).collect();
            // What is built alone comes as late as it can, so that little is cut in two.
            let phase = if self.choices.concurrently { 14 } else { 9 };
            actions.push(Action::new(key, phase, steps).after(after));
        }
        actions.extend(self.attach_index(key, new.parent.as_ref()));
        actions
    }

    fn may_refuse_index(&self, key: &Key, new: &Index, step: Step) -> Step {
        if new.has_expressions {
            let reason = "rows for which its expression is the same, or fails, stop it".to_owned();
            return step.refused(reason, format!("SELECT count(*) FROM {}", table_of(key)));
        }
        let columns: Vec<_> = new.columns.iter().map(|name| quote(name)).collect();
        step.refused(
            format!("rows with the same ({}) stop it", columns.join(", ")),
            duplicates(&table_of(key), &columns, &new.definition, new.predicate.as_deref()),
        )
    }
}
