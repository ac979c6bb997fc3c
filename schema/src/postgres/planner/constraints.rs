//! Constraints of tables: with the table, or after it.

use super::super::catalog::{Body, Constraint};
use super::super::definition::constraint;
use super::super::names::{name_of, quote, table_of};
use super::fate::Fate;
use super::{Action, Planner, Step, side, spoken};
use crate::{Hazard, Key, Kind};

impl Planner<'_> {
    pub(super) fn make_constraint(&self, key: &Key, new: &Constraint) -> Vec<Action> {
        let phase = if new.kind == 'f' { 10 } else { 8 };
        let fate = self.fate(key);
        let table = self.owner(key);
        if self.table_is_new(key)
            && self.to.table(&table).is_some_and(|body| {
                self.inline(&table, body).iter().any(|(inline, _)| *inline == key)
            })
        {
            return Vec::new();
        }
        let fresh = matches!(fate, Fate::Create | Fate::Recreate);
        let mut steps = match fate {
            Fate::Create | Fate::Recreate => self.add_constraint(key, new),
            Fate::Alter => self.alter_constraint(key, new),
            _ => Vec::new(),
        };
        let was =
            matches!(self.old(key).map(|o| &o.body), Some(Body::Constraint(old)) if old.clustered);
        steps.extend(self.clustering(key, was && !fresh, new.clustered));
        steps.extend(self.about(key, fresh));
        let mut actions = Vec::new();
        if !steps.is_empty() {
            let mut after = vec![side(&table, "copy")];
            if matches!(new.kind, 'p' | 'u' | 'x') && self.is_partitioned(&table) {
                after.extend(self.to.children(&table).map(|child| side(child, "attach")));
                after.extend(
                    self.to
                        .children(&table)
                        .flat_map(|child| self.to.columns(child))
                        .map(|(key, _)| key.clone()),
                );
            }
            if let Some(references) = &new.references {
                after.push(references.clone());
                after.push(side(references, "copy"));
                after.extend(self.to.children(references).map(|child| side(child, "attach")));
                after.extend(self.unique_indexes(references));
            }
            actions.push(Action::new(key, phase, steps).after(after));
        }
        actions.extend(self.attach_index(key, new.parent.as_ref()));
        actions
    }

    /// What a foreign key may refer to, and what of it is attached.
    fn unique_indexes(&self, table: &Key) -> Vec<Key> {
        let tables = std::iter::once(table.clone()).chain(self.to.children(table).cloned());
        let mut keys = Vec::new();
        for table in tables {
            for (key, object) in self.to.parts(&table) {
                let unique = match &object.body {
                    Body::Index(body) => body.unique,
                    Body::Constraint(body) => matches!(body.kind, 'p' | 'u'),
                    _ => false,
                };
                if unique {
                    keys.extend([key.clone(), side(key, "attach")]);
                }
            }
        }
        keys
    }

    fn add_constraint(&self, key: &Key, new: &Constraint) -> Vec<Step> {
        let table = format!("ALTER TABLE {}", table_of(key));
        let on_new = self.table_is_new(key);
        let owner = self.owner(key);
        if self.fates.promoted.contains(key) {
            let kind = if new.kind == 'p' { "PRIMARY KEY" } else { "UNIQUE" };
            let deferrable = new.definition.split_once(')').map_or("", |(_, after)| after);
            let name = quote(&key.name);
            return vec![Step::new(format!(
                "{table} ADD CONSTRAINT {name} {kind} USING INDEX {name}{deferrable}"
            ))];
        }
        let partitioned = self.is_partitioned(&owner);
        let has_children = self.to.children(&owner).next().is_some();
        let only = partitioned && has_children && matches!(new.kind, 'p' | 'u' | 'x');
        let add = if only { format!("ALTER TABLE ONLY {}", table_of(key)) } else { table.clone() };
        let sql = format!("{add} ADD {}", constraint(key, new));
        let online = self.choices.online
            && !on_new
            && new.validated
            && matches!(new.kind, 'c' | 'f')
            && !partitioned;
        if online {
            let validate =
                Step::new(format!("{table} VALIDATE CONSTRAINT {}", quote(&key.name))).later();
            return vec![
                Step::new(format!("{sql} NOT VALID")),
                self.may_refuse(key, new, validate),
            ];
        }
        let built = matches!(new.kind, 'p' | 'u' | 'x') && !on_new && !only;
        let locks = new.kind == 'f' && partitioned && !on_new && self.old(&owner).is_some();
        let unseen = self.fate(&owner) == Fate::Create;
        let step = Step::new(sql)
            .hazard_if(built, Hazard::IndexBuild)
            .hazard_if(locks, Hazard::AcquiresShareRowExclusiveLock);
        let mut steps = Vec::new();
        if built
            && self.choices.concurrently
            && !partitioned
            && matches!(new.kind, 'p' | 'u')
            && plain_key(new)
        {
            let unique = format!(
                "CREATE UNIQUE INDEX CONCURRENTLY {} ON {} ({}){}",
                quote(&key.name),
                table_of(key),
                new.columns.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", "),
                if new.definition.starts_with("UNIQUE NULLS NOT DISTINCT") {
                    " NULLS NOT DISTINCT"
                } else {
                    ""
                }
            );
            let kind = if new.kind == 'p' { "PRIMARY KEY" } else { "UNIQUE" };
            let name = quote(&key.name);
            let unique =
                self.may_refuse(key, new, Step::new(unique).hazard(Hazard::IndexBuild).alone());
            steps.push(unique);
            steps.push(Step::new(format!(
                "{table} ADD CONSTRAINT {name} {kind} USING INDEX {name}"
            )));
            return steps;
        }
        let step = if unseen || !new.validated { step } else { self.may_refuse(key, new, step) };
        steps.push(step);
        steps
    }

    /// Says how rows can refuse a constraint.
    fn may_refuse(&self, key: &Key, new: &Constraint, step: Step) -> Step {
        let table = table_of(key);
        let columns: Vec<_> = new.columns.iter().map(|name| quote(name)).collect();
        let (reason, count) = match (new.kind, &new.expression, &new.references) {
            ('c', Some(expression), _) => (
                format!(
                    "rows of `{}` that are not {expression} stop it",
                    key.table.as_deref().unwrap_or("")
                ),
                format!("SELECT count(*) FROM {table} WHERE NOT ({expression})"),
            ),
            ('f', _, Some(references)) => {
                let theirs: Vec<_> = new
                    .referenced_columns
                    .iter()
                    .map(|name| format!("r.{}", quote(name)))
                    .collect();
                let ours: Vec<_> = columns.iter().map(|name| format!("t.{name}")).collect();
                let there: Vec<_> = ours.iter().map(|name| format!("{name} IS NOT NULL")).collect();
                (
                    format!("rows that refer to no row of `{}` stop it", spoken(references)),
                    format!(
                        "SELECT count(*) FROM {table} t WHERE {} AND NOT EXISTS (SELECT FROM {} r WHERE ({}) = ({}))",
                        there.join(" AND "),
                        name_of(references),
                        theirs.join(", "),
                        ours.join(", ")
                    ),
                )
            }
            ('p' | 'u', ..) => (
                format!("rows with the same ({}) stop it", columns.join(", ")),
                duplicates(&table, &columns, &new.definition, None),
            ),
            _ => (
                "rows that exclude each other stop it".to_owned(),
                format!("SELECT count(*) FROM {table}"),
            ),
        };
        step.refused(reason, count)
    }

    fn alter_constraint(&self, key: &Key, new: &Constraint) -> Vec<Step> {
        let Some(Body::Constraint(old)) = self.old(key).map(|object| &object.body) else {
            return Vec::new();
        };
        let table = format!("ALTER TABLE {}", table_of(key));
        if !old.validated && new.validated {
            let step = Step::new(format!("{table} VALIDATE CONSTRAINT {}", quote(&key.name)));
            return vec![self.may_refuse(key, new, step)];
        }
        if old.kind == 'f' && old.definition != new.definition {
            let deferrable = match (
                new.definition.contains(" DEFERRABLE"),
                new.definition.contains(" INITIALLY DEFERRED"),
            ) {
                (true, true) => "DEFERRABLE INITIALLY DEFERRED",
                (true, false) => "DEFERRABLE INITIALLY IMMEDIATE",
                _ => "NOT DEFERRABLE",
            };
            return vec![Step::new(format!(
                "{table} ALTER CONSTRAINT {} {deferrable}",
                quote(&key.name)
            ))];
        }
        Vec::new()
    }

    /// Attaches an index to that of the partitioned table, where that does not happen by itself.
    pub(super) fn attach_index(&self, key: &Key, parent: Option<&Key>) -> Option<Action> {
        let parent = parent?;
        let parent_is_new = matches!(self.fate(parent), Fate::Create | Fate::Recreate);
        let attached_before = self.old(key).is_some_and(|object| match &object.body {
            Body::Index(body) => body.parent.as_ref() == Some(parent),
            Body::Constraint(body) => body.parent.as_ref() == Some(parent),
            _ => false,
        });
        let fresh = matches!(self.fate(key), Fate::Create | Fate::Recreate);
        let table = self.owner(key);
        let with_table = !parent_is_new && self.attaches_now(&table);
        if with_table || (!parent_is_new && attached_before && !fresh) {
            return None;
        }
        let name = |key: &Key| name_of(&Key { kind: Kind::Index, ..key.clone() });
        let step =
            Step::new(format!("ALTER INDEX {} ATTACH PARTITION {}", name(parent), name(key)));
        let after = [key.clone(), parent.clone(), side(&table, "attach")];
        Some(Action::new(&side(key, "attach"), 9, vec![step]).after(after))
    }

    /// Whether the table is attached to its parent in this plan.
    pub(super) fn attaches_now(&self, table: &Key) -> bool {
        let Some(new) = self.to.table(table) else { return false };
        match self.fate(table) {
            Fate::Create | Fate::Recreate => true,
            _ => {
                let old = self.from.table(table);
                let moved =
                    old.is_none_or(|old| old.parents != new.parents || old.bound != new.bound);
                moved || new.parents.iter().any(|parent| self.fate(parent) == Fate::Recreate)
            }
        }
    }
}

/// Whether it is nothing but a list of columns.
fn plain_key(new: &Constraint) -> bool {
    !new.definition.contains(" INCLUDE ") && !new.definition.contains(" DEFERRABLE")
}

/// Writes a query that counts the rows which have the columns of another, among those that `predicate` names; `definition` tells
/// whether NULL is the same as NULL.
pub(super) fn duplicates(
    table: &str,
    columns: &[String],
    definition: &str,
    predicate: Option<&str>,
) -> String {
    let columns = columns.join(", ");
    let [and, only] = ["AND", "WHERE"].map(|word| {
        predicate.map_or_else(String::new, |predicate| format!(" {word} ({predicate})"))
    });
    let (one, all) = match definition.contains("NULLS NOT DISTINCT") {
        true => (format!("ROW({columns})::text"), format!("ROW({columns})::text")),
        false => (format!("({columns})"), columns.clone()),
    };
    format!(
        "SELECT count(*) FROM {table} WHERE {one} IN \
         (SELECT {all} FROM {table}{only} GROUP BY {columns} HAVING count(*) > 1){and}"
    )
}

/// Writes a constraint's `DROP`.
pub(super) fn drop_constraint(key: &Key) -> String {
    format!("ALTER TABLE {} DROP CONSTRAINT {}", table_of(key), quote(&key.name))
}
