//! Tables that leave their parents, and what goes with them.

use super::super::catalog::{Body, Object};
use super::super::names::{name_of, quote};
use super::fate::Fate;
use super::{Planner, Step, spoken};
use crate::{Hazard, Key, Kind};

impl Planner<'_> {
    /// Rows to which others refer by way of the partitioned table cannot leave it.
    fn detaching(&self, key: &Key, step: Step) -> Step {
        let reason = format!("rows that refer to rows of `{}` stop it", spoken(key));
        step.refused(reason, format!("SELECT count(*) FROM {}", name_of(key)))
    }

    /// Returns the partitions of a table, and theirs.
    pub(super) fn partitions(&self, table: &Key) -> Vec<Key> {
        let mut all = Vec::new();
        let mut queue = vec![table.clone()];
        while let Some(table) = queue.pop() {
            let is_partition =
                |key: &&Key| self.from.table(key).is_some_and(|child| child.bound.is_some());
            let children: Vec<Key> =
                self.from.children(&table).filter(is_partition).cloned().collect();
            queue.extend(children.iter().cloned());
            all.extend(children);
        }
        all
    }

    /// Returns the table with which a partition goes: that of which it is one, if it goes too, and so on.
    pub(super) fn goes_with(&self, key: &Key) -> Key {
        let table = self.from.table(key).filter(|table| table.bound.is_some());
        match table.and_then(|table| table.parents.first()) {
            Some(parent) if self.fate(parent) == Fate::Drop => self.goes_with(parent),
            _ => key.clone(),
        }
    }

    /// The rows of a partition are its table's: they move to the other partitions, or stop it.
    pub(super) fn drop_partition(&self, key: &Key, parent: &Key, drop: Step) -> Vec<Step> {
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
        let mut steps = if is_off { Vec::new() } else { vec![self.detaching(key, Step::new(off))] };
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

    /// Whether a partition's column goes last with that of the table to which it is attached by then.
    pub(super) fn goes_with_parent(&self, key: &Key) -> bool {
        let Some(table) = self.to.table(key).filter(|table| table.bound.is_some()) else {
            return false;
        };
        let above = table.parents.iter().map(|parent| Key {
            schema: parent.schema.clone(),
            table: Some(parent.name.clone()),
            ..key.clone()
        });
        let is_late = |key: &Key| self.fate(key) == Fate::Drop && !self.fates.early.contains(key);
        is_late(key) && above.into_iter().any(|above| is_late(&above) && !self.table_goes(&above))
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

    /// Returns the table of which a partition goes while others come, which may take the same rows: it is taken off first. So
    /// it is where an index is built, which is not valid without one of each partition, nor becomes so when one goes.
    fn makes_room(&self, key: &Key) -> Option<&Key> {
        let old = self.from.table(key).filter(|old| old.bound.is_some())?;
        let parent = old.parents.first().filter(|_| self.fate(key) == Fate::Drop)?;
        let stays = matches!(self.fate(parent), Fate::Same | Fate::Alter);
        let mut children = self.to.children(parent);
        let is_built = |(part, _): (&Key, &Object)| {
            let is_index = matches!(part.kind, Kind::Index | Kind::Constraint);
            is_index && matches!(self.fate(part), Fate::Create | Fate::Recreate)
        };
        let comes = children.any(|child| self.attaches_now(child));
        (stays && (comes || self.to.parts(parent).any(is_built))).then_some(parent)
    }

    pub(super) fn detach(&self, key: &Key) -> Vec<Step> {
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
}
