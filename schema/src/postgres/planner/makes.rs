//! What is made and altered, each with what it must come after.

use super::super::catalog::{Body, Function, Object, Policy, View};
use super::super::definition;
use super::super::names::{literal, name_of, quote, table_of};
use super::fate::Fate;
use super::tables::options;
use super::{Action, Planner, Step, side};
use crate::{Hazard, Key};

impl Planner<'_> {
    /// Returns the steps that make what is to be, in no order yet.
    pub(super) fn makes(&self) -> Vec<Action> {
        self.to.objects.iter().flat_map(|(key, object)| self.make(key, object)).collect()
    }

    fn make(&self, key: &Key, object: &Object) -> Vec<Action> {
        match &object.body {
            Body::Schema => self.simple(key, 0, Step::new(definition::definition(key, object))),
            Body::Extension { schema, version, .. } => self.make_extension(key, schema, version),
            Body::Enum { .. } | Body::Domain(_) | Body::Composite { .. } | Body::Range(_) => {
                self.make_type(key, &object.body)
            }
            Body::Sequence(body) => self.make_sequence(key, body),
            Body::Function(body) => self.make_function(key, body),
            Body::Table(body) => self.make_table(key, body),
            Body::Column(body) => self.make_column(key, body),
            Body::Constraint(body) => self.make_constraint(key, body),
            Body::Index(body) => self.make_index(key, body),
            Body::View(body) => self.make_view(key, body),
            Body::Trigger { definition, enabled } => {
                self.make_trigger(key, definition, *enabled, "TRIGGER")
            }
            Body::Rule { definition, enabled } => {
                self.make_trigger(key, definition, *enabled, "RULE")
            }
            Body::Policy(body) => self.make_policy(key, body),
            Body::Statistics { definition } => self.simple(key, 15, Step::new(definition)),
        }
    }

    /// What is only ever made, or made anew.
    fn simple(&self, key: &Key, phase: u8, step: Step) -> Vec<Action> {
        let fresh = self.is_fresh(key);
        let mut steps = if fresh { vec![step] } else { Vec::new() };
        steps.extend(self.about(key, fresh));
        if steps.is_empty() { Vec::new() } else { vec![Action::new(key, phase, steps)] }
    }

    fn is_fresh(&self, key: &Key) -> bool {
        matches!(self.fate(key), Fate::Create | Fate::Recreate)
    }

    fn make_extension(&self, key: &Key, schema: &str, version: &str) -> Vec<Action> {
        let schema_key =
            Key { kind: crate::Kind::Schema, schema: None, table: None, name: schema.to_owned() };
        if self.is_fresh(key) {
            // Only a downgrade wants a version that is not the newest: it is the one that was there.
            let mut sql = definition::extension(key, schema);
            if self.fate(key) == Fate::Recreate {
                sql += &format!(" VERSION {}", literal(version));
            }
            let actions = self.simple(key, 1, Step::new(sql));
            return actions.into_iter().map(|action| action.after([schema_key.clone()])).collect();
        }
        let mut steps = Vec::new();
        if let Some(Body::Extension { schema: old_schema, version: old, .. }) =
            self.old(key).map(|object| &object.body)
        {
            if old != version {
                let sql =
                    format!("ALTER EXTENSION {} UPDATE TO {}", quote(&key.name), literal(version));
                steps.push(Step::new(sql).hazard(Hazard::ExtensionVersionUpgrade));
            }
            if old_schema != schema {
                steps.push(Step::new(format!(
                    "ALTER EXTENSION {} SET SCHEMA {}",
                    quote(&key.name),
                    quote(schema)
                )));
            }
        }
        steps.extend(self.about(key, false));
        if steps.is_empty() {
            Vec::new()
        } else {
            vec![Action::new(key, 1, steps).after([schema_key])]
        }
    }

    fn make_function(&self, key: &Key, new: &Function) -> Vec<Action> {
        let fate = self.fate(key);
        let mut steps = Vec::new();
        if fate != Fate::Same {
            let sql = if new.kind == 'a' {
                definition::aggregate(key, &new.identity, &new.definition)
            } else {
                new.definition.trim_end().to_owned()
            };
            let untrackable = new.language != "sql" && new.kind != 'a' || new.kind == 'p';
            steps.push(Step::new(sql).hazard_if(untrackable, Hazard::HasUntrackableDependencies));
        }
        steps.extend(self.about(key, self.is_fresh(key)));
        if steps.is_empty() { Vec::new() } else { vec![Action::new(key, 12, steps)] }
    }

    fn make_view(&self, key: &Key, new: &View) -> Vec<Action> {
        let fate = self.fate(key);
        let old = match self.old(key).map(|object| &object.body) {
            Some(Body::View(old)) => Some(old),
            _ => None,
        };
        let mut steps = Vec::new();
        let create = definition::view(key, new);
        match (fate, old) {
            (Fate::Create | Fate::Recreate, _) if new.materialized && new.populated => {
                let count = format!("SELECT count(*) FROM ({}) q", new.definition);
                let reason = "rows for which its query fails stop it".to_owned();
                steps.push(Step::new(create).refused(reason, count));
            }
            (Fate::Create | Fate::Recreate, _) => steps.push(Step::new(create)),
            (Fate::Alter, Some(old)) => {
                if old.definition != new.definition || old.columns != new.columns {
                    steps.push(Step::new(create.replacen(
                        "CREATE VIEW",
                        "CREATE OR REPLACE VIEW",
                        1,
                    )));
                    // The words replace the options that they name, and leave the others.
                    let gone = options(
                        &format!("ALTER VIEW {}", name_of(key)),
                        old.options.as_deref(),
                        new.options.as_deref(),
                    );
                    steps.extend(
                        gone.into_iter().filter(|step| step.statement.sql.contains(" RESET (")),
                    );
                } else {
                    let kind = if new.materialized { "MATERIALIZED VIEW" } else { "VIEW" };
                    let prefix = format!("ALTER {kind} {}", name_of(key));
                    steps.extend(options(&prefix, old.options.as_deref(), new.options.as_deref()));
                }
            }
            _ => {}
        }
        steps.extend(self.about(key, self.is_fresh(key)));
        let phase = if new.materialized { 14 } else { 13 };
        if steps.is_empty() { Vec::new() } else { vec![Action::new(key, phase, steps)] }
    }

    fn make_trigger(&self, key: &Key, definition: &str, enabled: char, kind: &str) -> Vec<Action> {
        let fresh = self.is_fresh(key);
        let mut steps = if fresh { vec![Step::new(definition)] } else { Vec::new() };
        let before = match self.old(key).map(|object| &object.body) {
            Some(Body::Trigger { enabled, .. } | Body::Rule { enabled, .. }) if !fresh => *enabled,
            _ => 'O',
        };
        if before != enabled {
            let state = match enabled {
                'D' => "DISABLE",
                'R' => "ENABLE REPLICA",
                'A' => "ENABLE ALWAYS",
                _ => "ENABLE",
            };
            steps.push(Step::new(format!(
                "ALTER TABLE {} {state} {kind} {}",
                table_of(key),
                quote(&key.name)
            )));
        }
        steps.extend(self.about(key, fresh));
        if steps.is_empty() {
            return Vec::new();
        }
        // Rows that are copied fire nothing.
        vec![Action::new(key, 15, steps).after([side(&self.owner(key), "copy")])]
    }

    fn make_policy(&self, key: &Key, new: &Policy) -> Vec<Action> {
        let fresh = self.is_fresh(key);
        let mut steps = Vec::new();
        if fresh {
            steps.push(Step::new(definition::policy(key, new)));
        } else if let (Fate::Alter, Some(Body::Policy(old))) =
            (self.fate(key), self.old(key).map(|object| &object.body))
        {
            let mut sql = format!("ALTER POLICY {} ON {}", quote(&key.name), table_of(key));
            if old.roles != new.roles {
                sql += &format!(" TO {}", new.roles);
            }
            if let Some(using) = new.using.as_ref().filter(|_| old.using != new.using) {
                sql += &format!(" USING ({using})");
            }
            if let Some(check) = new.check.as_ref().filter(|_| old.check != new.check) {
                sql += &format!(" WITH CHECK ({check})");
            }
            steps.push(Step::new(sql));
        }
        let unseen = self.fate(&self.owner(key)) == Fate::Create;
        let mut steps: Vec<_> =
            steps.into_iter().map(|step| step.hazard_if(!unseen, Hazard::AuthzUpdate)).collect();
        steps.extend(self.about(key, fresh));
        if steps.is_empty() {
            Vec::new()
        } else {
            vec![Action::new(key, 16, steps).after([side(&self.owner(key), "copy")])]
        }
    }
}
