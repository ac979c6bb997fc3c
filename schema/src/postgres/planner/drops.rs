//! What is dropped: first what others must not need any more, last what is gone for good.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{Body, Object, table_key};
use super::super::definition::named;
use super::super::names::{name_of, quote, table_of};
use super::constraints::drop_constraint;
use super::fate::Fate;
use super::spread::is_late;
use super::{Action, Planner, Step, order, side, spoken, tables, types};
use crate::{Hazard, Key, Kind};

impl Planner<'_> {
    /// Returns what is dropped, detached and put aside before anything is made, in order.
    pub(super) fn drops_first(&self) -> Vec<Action> {
        let circular = self.circular_foreign_keys();
        let mut actions = Vec::new();
        for (key, object) in &self.from.objects {
            let steps = self.goes_first(key, object, circular.contains(key));
            if !steps.is_empty() {
                // A column is one of the parent too, until the table is taken off.
                let off = (key.kind == Kind::Column).then(|| side(&table_key(key), "detach"));
                actions.push(Action::new(key, first_phase(key.kind), steps).after(off));
            }
            if let Body::Table(_) = object.body {
                let steps = self.detach(key);
                if !steps.is_empty() {
                    actions.push(Action::new(&side(key, "detach"), 2, steps));
                }
                if self.fate(key) == Fate::Recreate {
                    let aside = quote(&tables::aside(key));
                    let step = Step::new(format!("ALTER TABLE {} RENAME TO {aside}", name_of(key)));
                    let parts = self.from.parts(key).map(|(key, _)| key.clone());
                    actions.push(Action::new(&side(key, "aside"), 9, vec![step]).after(parts));
                }
            }
        }
        self.sort_drops(actions)
    }

    /// Returns what is dropped after all is made, in order.
    pub(super) fn drops_last(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        for (key, object) in &self.from.objects {
            if self.fates.early.contains(key) {
                continue;
            }
            let steps = match (self.fate(key), &object.body) {
                (Fate::Recreate, Body::Table(_)) => vec![
                    Step::new(format!("DROP TABLE {}", tables::aside_name(key)))
                        .hazard(Hazard::DeletesData),
                ],
                (Fate::Recreate, Body::Domain(_)) => {
                    vec![Step::new(format!("DROP DOMAIN {}", types::aside_name(key)))]
                }
                (Fate::Recreate, Body::Enum { labels }) => vec![self.drop_enum(key, labels)],
                (Fate::Recreate, Body::Composite { .. } | Body::Range(_))
                    if !self.is_lone_range(key) =>
                {
                    vec![Step::new(format!("DROP TYPE {}", types::aside_name(key)))]
                }
                (Fate::Drop, _) if is_late(key.kind) => self.drop_for_good(key, object),
                _ => Vec::new(),
            };
            if steps.is_empty() {
                continue;
            }
            let mut action = Action::new(key, last_phase(key.kind), steps);
            if key.kind == Kind::Table {
                action.keys.extend(self.from.parts(key).map(|(key, _)| key.clone()));
            }
            actions.push(action);
        }
        self.sort_drops(actions)
    }

    /// What needs another is dropped before it.
    fn sort_drops(&self, actions: Vec<Action>) -> Vec<Action> {
        let mut needed_by: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
        for key in actions.iter().flat_map(|action| &action.keys) {
            for need in self.from.needs.get(key).into_iter().flatten() {
                needed_by.entry(need.clone()).or_default().push(key.clone());
            }
        }
        order::sort(actions, &|key| needed_by.get(key).cloned().unwrap_or_default())
    }

    fn goes_first(&self, key: &Key, object: &Object, circular: bool) -> Vec<Step> {
        let fate = self.fate(key);
        if key.kind == Kind::Column {
            let mut steps = self.column_goes_first(key);
            let goes =
                fate == Fate::Recreate || (fate == Fate::Drop && self.fates.early.contains(key));
            if goes && !self.table_goes(key) {
                steps.extend(self.drop_column(key));
            }
            return steps;
        }
        if let Body::Domain(body) = &object.body
            && self.needs_what_goes(key)
            && !(fate == Fate::Drop && self.fates.early.contains(key))
        {
            return types::bare(key, body);
        }
        let goes = match fate {
            Fate::Drop => !is_late(key.kind) || self.fates.early.contains(key),
            Fate::Recreate => {
                !matches!(key.kind, Kind::Table | Kind::Enum | Kind::Domain | Kind::Type)
                    || self.is_lone_range(key)
            }
            _ => false,
        };
        if !goes && !circular {
            return Vec::new();
        }
        if is_late(key.kind) {
            return self.drop_for_good(key, object);
        }
        if key.table.is_some() && !circular && !self.is_dropped_by_itself(key, object) {
            return Vec::new();
        }
        self.drop_part(key, object)
    }

    /// Whether it is in the way of something that goes before its table does: of a function that is made anew, say, or of a
    /// key to which it refers.
    pub(super) fn needs_what_goes(&self, key: &Key) -> bool {
        let goes = |need: &Key| match need.kind {
            Kind::Function => self.fate(need) == Fate::Recreate || self.fates.early.contains(need),
            Kind::Constraint | Kind::Index if key.kind == Kind::ForeignKey => {
                matches!(self.fate(need), Fate::Drop | Fate::Recreate)
                    && self.fate(&self.owner(need)) != Fate::Drop
            }
            _ => false,
        };
        let needs = self.from.needs.get(key).into_iter().flatten();
        let mut others = needs.filter(|need| self.owner(need) != self.owner(key));
        others.any(goes)
    }

    /// Whether it does not go with its table, or with the index of the partitioned table.
    fn is_dropped_by_itself(&self, key: &Key, object: &Object) -> bool {
        let owner = self.owner(key);
        match (self.fate(&owner), owner.kind) {
            (Fate::Drop, _) => return self.needs_what_goes(key),
            (Fate::Recreate, Kind::View | Kind::MaterializedView) => return false,
            // The table goes later, but names of indexes are wanted before.
            (Fate::Recreate, _) => {
                let has_name = matches!(object.body, Body::Index(_))
                    || matches!(&object.body, Body::Constraint(body) if matches!(body.kind, 'p' | 'u' | 'x' | 'f'));
                if !has_name {
                    return false;
                }
            }
            _ => {}
        }
        let parent = match &object.body {
            Body::Index(body) => body.parent.as_ref(),
            Body::Constraint(body) => body.parent.as_ref(),
            _ => None,
        };
        if let Some(parent) = parent {
            let parent_goes = matches!(self.fate(parent), Fate::Drop | Fate::Recreate);
            if parent_goes && self.lost_parents(&owner).is_empty() {
                return false;
            }
        }
        !(matches!(&object.body, Body::Constraint(body) if body.kind == 'c')
            && self.merges_into_parent(key))
    }

    fn drop_part(&self, key: &Key, object: &Object) -> Vec<Step> {
        let unseen = matches!(self.fate(&self.owner(key)), Fate::Drop | Fate::Recreate);
        let partitioned = self.from.table(key).is_some_and(|table| table.partition_by.is_some());
        let step = match &object.body {
            Body::Constraint(body) => {
                let index = matches!(body.kind, 'p' | 'u' | 'x') && !unseen;
                Step::new(drop_constraint(key))
                    .hazard_if(index, Hazard::AcquiresAccessExclusiveLock)
                    .hazard_if(index, Hazard::IndexDropped)
            }
            Body::Index(_) => {
                let alone =
                    self.choices.concurrently && !partitioned && self.fate(key) == Fate::Drop;
                let concurrently = if alone { "CONCURRENTLY " } else { "" };
                // The constraint of a partition whose index is attached can neither stay nor go by itself.
                let cascade = if self.is_parent_of_a_constraint(key) { " CASCADE" } else { "" };
                let step = Step::new(format!("DROP INDEX {concurrently}{}{cascade}", name_of(key)))
                    .hazard_if(partitioned && !unseen, Hazard::AcquiresAccessExclusiveLock)
                    .hazard_if(!unseen, Hazard::IndexDropped);
                if alone { step.alone() } else { step }
            }
            Body::Policy(_) => Step::new(format!("DROP {}", named(key, object)))
                .hazard_if(!unseen, Hazard::AuthzUpdate),
            _ => Step::new(format!("DROP {}", named(key, object))),
        };
        vec![step]
    }

    fn is_parent_of_a_constraint(&self, index: &Key) -> bool {
        let children =
            self.from.children(&table_key(index)).flat_map(|child| self.from.parts(child));
        let mut constraints = children.filter(|(_, object)| match &object.body {
            Body::Constraint(body) => body.parent.as_ref() == Some(index),
            _ => false,
        });
        constraints.next().is_some()
    }

    fn drop_for_good(&self, key: &Key, object: &Object) -> Vec<Step> {
        let drop = Step::new(format!("DROP {}", named(key, object)));
        match &object.body {
            Body::Column(_) if self.table_goes(key) => Vec::new(),
            Body::Column(_) => self.drop_column(key),
            Body::Table(body) => {
                let with_parent = body.bound.is_some()
                    && body
                        .parents
                        .iter()
                        .any(|parent| matches!(self.fate(parent), Fate::Drop | Fate::Recreate));
                match body.parents.first() {
                    _ if with_parent => Vec::new(),
                    Some(parent) if body.bound.is_some() => self.drop_partition(key, parent, drop),
                    _ => vec![drop.hazard(Hazard::DeletesData).destroys(spoken(key))],
                }
            }
            Body::Sequence(body) => {
                let gone = |owner: &Key| {
                    matches!(self.fate(owner), Fate::Drop | Fate::Recreate)
                        || self.fate(&table_key(owner)) == Fate::Drop
                };
                let with_owner = body.owner.as_ref().is_some_and(gone);
                let became_identity = body.owner.as_ref().is_some_and(|owner| {
                    self.to.column(owner).is_some_and(|column| column.identity.is_some())
                        && self.drawn_from(owner).as_ref() == Some(key)
                });
                if (with_owner && !self.fates.early.contains(key)) || became_identity {
                    return Vec::new();
                }
                vec![
                    drop.hazard(Hazard::DeletesData)
                        .hazard_if(body.owner.is_none(), Hazard::HasUntrackableDependencies)
                        .destroys(spoken(key)),
                ]
            }
            Body::Function(body) => {
                let untrackable = body.language != "sql" || body.kind == 'p';
                vec![
                    drop.hazard_if(
                        untrackable && body.kind != 'a',
                        Hazard::HasUntrackableDependencies,
                    ),
                ]
            }
            Body::Extension { .. } => vec![drop.hazard(Hazard::HasUntrackableDependencies)],
            _ => vec![drop],
        }
    }

    /// Rows to which others refer by way of the partitioned table cannot leave it.
    fn detaching(&self, key: &Key, step: Step) -> Step {
        let reason = format!("rows that refer to rows of `{}` stop it", spoken(key));
        step.refused(reason, format!("SELECT count(*) FROM {}", name_of(key)))
    }

    /// The rows of a partition are its table's: they move to the other partitions, or stop it.
    fn drop_partition(&self, key: &Key, parent: &Key, drop: Step) -> Vec<Step> {
        let is_off = self.makes_room(key).is_some();
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (column, old) in self.from.columns(key) {
            let above = Key {
                schema: parent.schema.clone(),
                table: Some(parent.name.clone()),
                ..column.clone()
            };
            let Some(new) = self.to.column(&above).filter(|new| !new.generated) else { continue };
            let name = quote(&column.name);
            // What is off has not become what its table has become.
            let retyped = is_off && self.fates.retyped.contains(&above);
            let cast = retyped.then(|| self.cast(&name, old, new)).flatten();
            values.push(cast.unwrap_or_else(|| name.clone()));
            names.push(name);
        }
        let (names, values, from) = (names.join(", "), values.join(", "), name_of(key));
        let off = format!("ALTER TABLE {} DETACH PARTITION {from}", name_of(parent));
        let mut steps = if is_off { Vec::new() } else { vec![Step::new(off)] };
        if !names.is_empty() {
            let sql = format!(
                "INSERT INTO {} ({names}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {from}",
                name_of(parent)
            );
            let reason = format!("rows of `{}` that no other partition takes stop it", spoken(key));
            steps.push(Step::new(sql).refused(reason, format!("SELECT count(*) FROM {from}")));
        }
        steps.push(drop.hazard(Hazard::DeletesData));
        steps
    }

    fn drop_column(&self, key: &Key) -> Vec<Step> {
        let Some(old) = self.from.column(key) else { return Vec::new() };
        let own = old.local || !self.lost_parents(&table_key(key)).is_empty();
        if old.inherited && !own {
            return Vec::new();
        }
        let step =
            Step::new(format!("ALTER TABLE {} DROP COLUMN {}", table_of(key), quote(&key.name)));
        // What is computed can be computed again.
        let computed = old.generated && self.fate(key) == Fate::Recreate;
        let step = step.hazard_if(!computed, Hazard::DeletesData);
        vec![if computed { step } else { step.destroys(spoken(key)) }]
    }

    fn drop_enum(&self, key: &Key, labels: &[String]) -> Step {
        let step = Step::new(format!("DROP TYPE {}", types::aside_name(key)));
        let Some(Body::Enum { labels: new }) = self.wanted(key).map(|object| &object.body) else {
            return step;
        };
        let gone = labels.iter().filter(|label| !new.contains(label));
        gone.fold(step, |step, label| {
            step.hazard(Hazard::DeletesData).destroys(format!("{}.{label}", spoken(key)))
        })
    }

    /// Returns the parents from which a table that stays is taken off.
    pub(super) fn lost_parents(&self, key: &Key) -> Vec<Key> {
        let Some(old) = self.from.table(key) else { return Vec::new() };
        if self.fate(key) == Fate::Drop {
            return Vec::new();
        }
        let new = self.to.table(key);
        let kept = |parent: &Key| {
            let stays = matches!(self.fate(parent), Fate::Same | Fate::Alter)
                && self.fate(key) != Fate::Recreate;
            stays && new.is_some_and(|new| new.parents.contains(parent) && new.bound == old.bound)
        };
        old.parents.iter().filter(|parent| !kept(parent)).cloned().collect()
    }

    /// Returns the table of which a partition goes while others come, which may take the same rows: it is taken off first.
    fn makes_room(&self, key: &Key) -> Option<&Key> {
        let old = self.from.table(key).filter(|old| old.bound.is_some())?;
        let parent = old.parents.first().filter(|_| self.fate(key) == Fate::Drop)?;
        let stays = matches!(self.fate(parent), Fate::Same | Fate::Alter);
        let mut children = self.to.children(parent);
        (stays && children.any(|child| self.attaches_now(child))).then_some(parent)
    }

    fn detach(&self, key: &Key) -> Vec<Step> {
        let Some(old) = self.from.table(key) else { return Vec::new() };
        let mut steps = Vec::new();
        let makes_room = self.makes_room(key).cloned();
        for parent in self.lost_parents(key).into_iter().chain(makes_room) {
            if old.bound.is_none() {
                steps.push(Step::new(format!(
                    "ALTER TABLE {} NO INHERIT {}",
                    name_of(key),
                    name_of(&parent)
                )));
            } else {
                let sql =
                    format!("ALTER TABLE {} DETACH PARTITION {}", name_of(&parent), name_of(key));
                steps.push(self.detaching(key, Step::new(sql)));
            }
            // What it had from its table it keeps as its own.
            let above = self.from.lineage(&parent);
            for (part, object) in above.iter().flat_map(|table| self.from.parts(table)) {
                let Body::Constraint(body) = &object.body else { continue };
                let goes_already =
                    body.kind == 'f' && matches!(self.fate(part), Fate::Drop | Fate::Recreate);
                let own = Key {
                    table: Some(key.name.clone()),
                    schema: key.schema.clone(),
                    ..part.clone()
                };
                if (body.kind == 'c' || (body.kind == 'f' && old.bound.is_some()))
                    && self.old(&own).is_none()
                    && !body.definition.ends_with(" NO INHERIT")
                    && !goes_already
                {
                    steps.push(Step::new(format!(
                        "ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}",
                        name_of(key),
                        quote(&part.name)
                    )));
                }
            }
        }
        steps
    }

    /// Foreign keys of tables that go and refer to each other: no table could be the first.
    fn circular_foreign_keys(&self) -> BTreeSet<Key> {
        let mut edges = Vec::new();
        for (key, object) in &self.from.objects {
            let Body::Constraint(body) = &object.body else { continue };
            let Some(references) = &body.references else { continue };
            let owner = table_key(key);
            let both = self.fate(&owner) == Fate::Drop && self.fate(references) == Fate::Drop;
            if both && owner != *references {
                edges.push((key, owner, references));
            }
        }
        let reaches = |start: &Key, goal: &Key| {
            let mut seen = BTreeSet::from([start.clone()]);
            let mut queue = vec![start.clone()];
            while let Some(table) = queue.pop() {
                for (_, owner, references) in &edges {
                    if *owner == table && seen.insert((*references).clone()) {
                        queue.push((*references).clone());
                    }
                }
            }
            seen.contains(goal)
        };
        edges
            .iter()
            .filter(|(_, owner, references)| reaches(references, owner))
            .map(|(key, ..)| (*key).clone())
            .collect()
    }
}

fn first_phase(kind: Kind) -> u8 {
    match kind {
        Kind::ForeignKey => 0,
        Kind::View | Kind::MaterializedView | Kind::Trigger | Kind::Policy | Kind::Rule => 1,
        Kind::Constraint | Kind::Index | Kind::Statistics => 3,
        Kind::Column => 4,
        _ => 5,
    }
}

fn last_phase(kind: Kind) -> u8 {
    match kind {
        Kind::Function => 0,
        Kind::Column => 1,
        Kind::Table => 2,
        Kind::Sequence => 3,
        Kind::Extension => 5,
        Kind::Schema => 6,
        _ => 4,
    }
}
