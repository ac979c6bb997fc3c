//! A case laid out on a desk, and what `cargo migrate` answers there.

use std::collections::BTreeSet;

use revchain::Migrations;
use revchain_core::Walk;
use revchain_core::graph::Graph;
use revchain_core::set::{Heads, Set};
use revchain_core::target::{Range, Target, TargetError};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::case::{Case, words};
use crate::command::Desk;
use crate::sealing;

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// An answer, in a form that both sides have.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// What was executed, in order, and where the database is afterwards.
    Steps { steps: Vec<String>, heads: BTreeSet<String> },
    /// Revisions, in an order that counts.
    Ordered(Vec<String>),
    /// Revisions, in any order.
    Any(BTreeSet<String>),
    /// Anything else.
    Other(Value),
    /// A refusal, in words.
    Refused(String),
}

/// Where a case is laid out.
pub(super) struct Place<'c> {
    case: &'c Case,
    desk: Desk,
    pub(super) set: Set,
}

/// The id of a revision that a case writes.
pub(super) const NEW: &str = "5eed00000001";
/// Where the trace stands and the ledger beside it.
const DATABASE: &str = "app.db";

impl<'c> Place<'c> {
    /// Writes the case's revisions and its database; or says with which codes the check refuses the graph.
    pub(super) fn lay_out(case: &'c Case) -> Result<std::result::Result<Self, Vec<&'static str>>> {
        let desk = Desk::new().set("DATABASE_URL", &format!("sqlite:{DATABASE}"));
        let labels: Vec<(&str, &str)> = case
            .revisions
            .iter()
            .flat_map(|one| one.labels.iter().map(|label| (label.as_str(), one.id.as_str())))
            .collect();
        for (index, revision) in case.revisions.iter().enumerate() {
            let id = &revision.id;
            // What a dependency says that the line says already is a problem of ours, and nothing to Alembic.
            let mut needs = revision.down.clone();
            let mut depends_on = Vec::new();
            for name in &revision.depends_on {
                let named = labels.iter().find(|(label, _)| label == name);
                let needed = named.map_or(name.as_str(), |(_, id)| *id).to_owned();
                if !needs.contains(&needed) {
                    needs.push(needed);
                    depends_on.push(name.clone());
                }
            }
            let line = |key: &str, values: &[String]| {
                if values.is_empty() {
                    String::new()
                } else {
                    format!("-- {key}: {}\n", values.join(", "))
                }
            };
            let base = ["base".to_owned()];
            let revises = if revision.down.is_empty() { &base } else { &revision.down[..] };
            let text = format!(
                "-- revision {id}\n--\n-- revision: {id}\n{}{}{}\n-- migrate:upgrade\n\
                 INSERT INTO trace VALUES ('{id}');\n-- migrate:downgrade\n\
                 INSERT INTO trace VALUES ('{id}');\n",
                line("revises", revises),
                line("depends-on", &depends_on),
                line("label", &revision.labels),
            );
            desk.write(&format!("migrations/{index:06}_{}.sql", index + 1), &text);
        }
        std::fs::create_dir_all(desk.at("migrations"))?;
        let mut settings = sealing::settings(&[revchain::Dialect::Sqlite]);
        settings.heads = Heads::Many;
        sealing::write(&desk.at("migrations"), settings, &[])?;
        match revchain::load(&desk.at("migrations"), "migrations") {
            Ok(set) => {
                let place = Self { case, desk, set };
                place.prepare()?;
                Ok(Ok(place))
            }
            Err(problems) => Ok(Err(problems.iter().map(revchain::Problem::code).collect())),
        }
    }

    /// Returns which revisions are applied where the case begins.
    pub(super) fn applied(&self) -> Vec<bool> {
        let places: Vec<u32> = self
            .case
            .current
            .iter()
            .filter_map(|id| self.set.position(id))
            .map(|at| at as u32)
            .collect();
        Graph::of(&self.set).ancestors(&places)
    }

    /// Brings a database to where the case begins.
    fn prepare(&self) -> Result {
        let mut connection = Connection::open(self.desk.at(DATABASE))?;
        connection.execute_batch("PRAGMA synchronous = OFF; CREATE TABLE trace (revision TEXT)")?;
        let migrations = Migrations::new(self.set.clone(), "cases");
        let walk = Walk::new(&self.set, self.applied());
        let ids = walk.current().iter().map(|at| self.set.revisions[*at as usize].id.to_string());
        let targets: Vec<Target> = ids.map(Target::Revision).collect();
        migrations.stamp(targets).run(&mut connection)?;
        let unknown =
            self.case.current.iter().filter(|id| *id != "base" && self.set.position(id).is_none());
        for id in unknown {
            connection.execute_batch(
                "CREATE TABLE IF NOT EXISTS revchain_revisions (set_name, revision, state, sequence, upgrade_checksum, \
                 downgrade_checksum, statements_done, parents, dependencies, message, applied_at, duration_ms, \
                 application, revchain, statements, downgrade, PRIMARY KEY (set_name, revision)) WITHOUT ROWID; \
                 CREATE TABLE IF NOT EXISTS revchain_events (id INTEGER PRIMARY KEY, set_name, revision, deed, \
                 done_at, duration_ms, application, revchain, tag, checksum)",
            )?;
            connection.execute(
                "INSERT INTO revchain_revisions VALUES ('main', ?, 'applied', 1000, '', '', 0, '', '', 'unknown', '', \
                 NULL, 'newer', '', '', '')",
                [id],
            )?;
        }
        Ok(())
    }

    /// Asks ours.
    pub(super) fn answer(&self) -> Result<Answer> {
        let case = self.case;
        let targets = words(&case.target);
        let target = targets.first().cloned().unwrap_or_default();
        let graph = Graph::of(&self.set);
        match &*case.command {
            "upgrade" | "downgrade" if targets.len() > 1 => {
                let walk = Walk::new(&self.set, self.applied());
                let targets: Vec<Target> =
                    targets.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
                Ok(self.walked(walk.upgrade(&targets)))
            }
            "downgrade" if case.target.is_null() => self.run(&["downgrade", "base"]),
            "upgrade" | "downgrade" => self.run(&[&case.command, &target]),
            "stamp" => {
                let purge: &[&str] = if case.purge { &["--purge"] } else { &[] };
                let targets = targets.iter().map(String::as_str);
                let arguments: Vec<&str> = ["stamp"]
                    .into_iter()
                    .chain(purge.iter().copied())
                    .chain(["--"])
                    .chain(targets)
                    .collect();
                self.run(&arguments)
            }
            "history" => {
                let range = format!("-r{target}");
                let mut arguments = vec!["history", "--json"];
                arguments.extend((!case.target.is_null()).then_some(range.as_str()));
                Ok(self.listed(&arguments, Answer::Ordered))
            }
            "show" => Ok(self.listed(&["show", "--json", "--", &target], |ids| {
                Answer::Any(ids.into_iter().collect())
            })),
            "heads" => {
                let mut arguments = vec!["heads", "--json"];
                arguments.extend(case.resolve_dependencies.then_some("--resolve-dependencies"));
                Ok(self.listed(&arguments, |ids| Answer::Any(ids.into_iter().collect())))
            }
            "branches" => Ok(self.branches()),
            "current" => Ok(self.current("heads")),
            "bases" => Ok(Answer::Any(self.ids(&graph.bases()).into_iter().collect())),
            "check_heads" => {
                let ended = self.desk.call(&["current", "--check-heads"]);
                Ok(if ended.code == 0 {
                    Answer::Other(json!(true))
                } else {
                    Answer::Refused(ended.stdout + &ended.stderr)
                })
            }
            "describe" => Ok(Answer::Other(self.described(&graph))),
            "revision" | "merge" => self.written(),
            "sql_upgrade" | "sql_downgrade" => Ok(self.script(&target)),
            "resolve" => {
                let walk = Walk::new(&self.set, vec![false; self.set.revisions.len()]);
                let named = targets.iter().map(|text| walk.named(&text.parse()?));
                let named: std::result::Result<Vec<Vec<u32>>, TargetError> = named.collect();
                Ok(match named {
                    // Asked for one, not for all.
                    Ok(places) if case.expect.error.is_some() && places.concat().len() > 1 => {
                        Answer::Refused("several heads".to_owned())
                    }
                    Ok(places) => Answer::Any(self.ids(&places.concat()).into_iter().collect()),
                    Err(error) => Answer::Refused(error.to_string()),
                })
            }
            "iterate" => Ok(self.iterated()),
            other => Err(format!("no command `{other}`").into()),
        }
    }

    fn run(&self, arguments: &[&str]) -> Result<Answer> {
        let ended = self.desk.call(arguments);
        if ended.code != 0 {
            return Ok(Answer::Refused(ended.stdout + &ended.stderr));
        }
        let connection = Connection::open(self.desk.at(DATABASE))?;
        let mut statement = connection.prepare("SELECT revision FROM trace ORDER BY rowid")?;
        let steps = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        match self.current("effective_heads") {
            Answer::Any(heads) => Ok(Answer::Steps { steps, heads }),
            other => Ok(other),
        }
    }

    /// Returns where the database is: `heads`, or `effective_heads`, which Alembic's table has.
    fn current(&self, key: &str) -> Answer {
        let ended = self.desk.call(&["current", "--json"]);
        match serde_json::from_str::<Value>(&ended.stdout) {
            Ok(status) if ended.code == 0 => Answer::Any(words(&status[key]).into_iter().collect()),
            _ => Answer::Refused(ended.stdout + &ended.stderr),
        }
    }

    fn listed(&self, arguments: &[&str], answer: fn(Vec<String>) -> Answer) -> Answer {
        let ended = self.desk.call(arguments);
        match serde_json::from_str::<Value>(&ended.stdout) {
            Ok(Value::Array(revisions)) if ended.code == 0 => {
                answer(revisions.iter().flat_map(|one| words(&one["revision"])).collect())
            }
            Ok(one) if ended.code == 0 => answer(words(&one["revision"])),
            _ => Answer::Refused(ended.stdout + &ended.stderr),
        }
    }

    fn branches(&self) -> Answer {
        let ended = self.desk.call(&["branches", "--json"]);
        let branches: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        let points = branches.as_array().into_iter().flatten().map(|point| {
            let ways = point["branches"].as_array().into_iter().flatten();
            let ways: BTreeSet<String> = ways.flat_map(|way| words(&way["revision"])).collect();
            (words(&point["revision"]["revision"]).concat(), json!(ways))
        });
        Answer::Other(Value::Object(points.collect()))
    }

    fn written(&self) -> Result<Answer> {
        let case = self.case;
        let mut arguments: Vec<String> = if case.command == "merge" {
            let mut arguments =
                ["merge", "-m", "merged", "--rev-id", NEW, "--json"].map(str::to_owned).to_vec();
            arguments.extend(case.splice.then(|| "--splice".to_owned()));
            arguments
        } else {
            let mut arguments =
                ["new", "new one", "--rev-id", NEW, "--json"].map(str::to_owned).to_vec();
            for head in words(&case.head) {
                arguments.push(format!("--head={head}"));
            }
            arguments.extend(case.splice.then(|| "--splice".to_owned()));
            arguments.extend(words(&case.labels).iter().map(|label| format!("--label={label}")));
            arguments.extend(words(&case.depends_on).iter().map(|on| format!("--depends-on={on}")));
            arguments
        };
        if case.command == "merge" {
            arguments.push("--".to_owned());
            arguments.extend(words(&case.target));
        }
        let ended = self.desk.call(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        if ended.code != 0 {
            return Ok(Answer::Refused(ended.stdout + &ended.stderr));
        }
        let written: Value = serde_json::from_str(&ended.stdout)?;
        let sorted = |value: &Value| words(value).into_iter().collect::<BTreeSet<_>>();
        Ok(Answer::Other(json!({
            "down": sorted(&written["revises"]),
            "depends_on": sorted(&written["depends_on"]),
            "labels": sorted(&written["labels"]),
        })))
    }

    fn script(&self, range: &str) -> Answer {
        let verb = self.case.command.trim_start_matches("sql_");
        let ended = self.desk.call(&[verb, "--sql", "--", range]);
        if ended.code != 0 {
            return Answer::Refused(ended.stdout + &ended.stderr);
        }
        let beginning = format!("-- {verb} ");
        let step = |line: &str| {
            let (id, _) = line.strip_prefix(&beginning)?.split_once(':')?;
            Some(id.to_owned())
        };
        Answer::Ordered(ended.stdout.lines().filter_map(step).collect())
    }

    fn described(&self, graph: &Graph) -> Value {
        let sorted = |places: &[u32]| self.ids(places).into_iter().collect::<BTreeSet<_>>();
        let whole = |place: u32| [graph.children(place), graph.dependents(place)].concat();
        let revisions = |place: u32| {
            (
                self.set.revisions[place as usize].id.to_string(),
                json!({
                    "next": sorted(graph.children(place)),
                    "all_next": sorted(&whole(place)),
                    "is_base": graph.parents(place).is_empty(),
                    "is_head": graph.children(place).is_empty(),
                    "is_real_head": whole(place).is_empty(),
                    "is_branch_point": graph.children(place).len() > 1,
                    "is_merge_point": graph.parents(place).len() > 1,
                }),
            )
        };
        let revisions: serde_json::Map<String, Value> =
            (0..graph.len() as u32).map(revisions).collect();
        json!({
            "heads": sorted(&graph.heads()),
            "bases": sorted(&graph.bases()),
            "real_heads": sorted(&graph.effective_heads()),
            "revisions": revisions,
        })
    }

    /// Alembic's own walk between two places, with the options of its tests.
    fn iterated(&self) -> Answer {
        let answer = if self.flag("select_for_downgrade") { self.taken() } else { self.added() };
        match answer {
            Ok(places) => Answer::Ordered(self.ids(&places)),
            Err(error) => Answer::Refused(error.to_string()),
        }
    }

    fn flag(&self, name: &str) -> bool {
        self.case.flags.get(name).copied().unwrap_or(false)
    }

    fn places(&self, value: &Value) -> Result<Vec<u32>, TargetError> {
        let nothing = Walk::new(&self.set, vec![false; self.set.revisions.len()]);
        let mut places = Vec::new();
        for word in words(value) {
            places.extend(nothing.named(&word.parse()?)?);
        }
        Ok(places)
    }

    /// What a downgrade from `upper` to `lower` takes back.
    fn taken(&self) -> Result<Vec<u32>, TargetError> {
        let graph = Graph::of(&self.set);
        let lower: Target = self.case.lower.as_str().unwrap_or("base").parse()?;
        let walk = Walk::new(&self.set, graph.ancestors(&self.places(&self.case.upper)?));
        let mut members = vec![false; graph.len()];
        walk.downgrade(&lower)?.iter().for_each(|place| members[*place as usize] = true);
        let ends = if lower.is_relative() { Vec::new() } else { walk.named(&lower)? };
        if self.flag("inclusive") {
            ends.iter().for_each(|place| members[*place as usize] = true);
        }
        if self.flag("implicit_base") {
            let below = graph.ancestors(&ends);
            let applied = graph.ancestors(&self.places(&self.case.upper)?);
            members
                .iter_mut()
                .zip(applied.iter().zip(below))
                .for_each(|(member, (applied, below))| *member |= *applied && !below);
        }
        Ok(walk.newest_first(&members))
    }

    /// What lies between `lower` and `upper`.
    fn added(&self) -> Result<Vec<u32>, TargetError> {
        let graph = Graph::of(&self.set);
        let nothing = Walk::new(&self.set, vec![false; graph.len()]);
        let one = |value: &Value| match value {
            Value::String(word) => word.parse().map(Some),
            _ => Ok(None),
        };
        let (lower, upper) = (&self.case.lower, &self.case.upper);
        if !self.flag("implicit_base") && !lower.is_array() && upper.is_string() {
            let range = Range { from: one(lower)?, to: one(upper)? };
            let mut members = nothing.range(&range)?;
            if !self.flag("inclusive") {
                let from = self.places(lower)?;
                members.retain(|place| !from.contains(place));
            }
            return Ok(members);
        }
        let (from, to) = (self.places(lower)?, words(upper));
        // Two of one line cannot both be where a database is.
        nothing.upgrade(
            &words(lower).iter().map(|word| word.parse()).collect::<Result<Vec<_>, _>>()?,
        )?;
        let walk = Walk::new(&self.set, graph.ancestors(&from));
        let targets = to.iter().map(|word| word.parse()).collect::<Result<Vec<_>, _>>()?;
        let mut members = vec![false; graph.len()];
        walk.upgrade(&targets)?.iter().for_each(|place| members[*place as usize] = true);
        if !self.flag("implicit_base") && !from.is_empty() {
            let required = graph.ancestors(&self.places(upper)?);
            if let Some(apart) = from.iter().find(|place| !required[**place as usize]) {
                let from = self.set.revisions[*apart as usize].id.to_string();
                return Err(TargetError::Apart { from, to: upper.to_string() });
            }
            let above = graph.line_above(&from);
            members.iter_mut().zip(above).for_each(|(member, above)| *member &= above);
        }
        if self.flag("inclusive") {
            from.iter().for_each(|place| members[*place as usize] = true);
        }
        Ok(walk.newest_first(&members))
    }

    fn walked(&self, places: Result<Vec<u32>, TargetError>) -> Answer {
        match places {
            Err(error) => Answer::Refused(error.to_string()),
            Ok(places) => {
                let mut applied = self.applied();
                places.iter().for_each(|place| applied[*place as usize] = true);
                let walk = Walk::new(&self.set, applied);
                let heads = self.ids(walk.current()).into_iter().collect();
                Answer::Steps { steps: self.ids(&places), heads }
            }
        }
    }

    pub(super) fn ids(&self, places: &[u32]) -> Vec<String> {
        places.iter().map(|at| self.set.revisions[*at as usize].id.to_string()).collect()
    }
}
