//! One pair of schemas, and what is asked of the plan between them.

use std::collections::BTreeSet;

use revchain::Dialect;
use revchain_schema::{Choices, Kind, Plan, Rename, Snapshot, plan, renames_in};
use revchain_tests::random_schemas::Pair;
use serde::Deserialize;

use crate::rows::{self, Kept};
use crate::server::{Refused, Server};

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Case {
    #[serde(default)]
    pub(crate) file: String,
    pub(crate) name: String,
    current_sql: String,
    desired_sql: String,
    pub(crate) tier: String,
    kind: String,
    #[serde(default)]
    changed: Vec<String>,
    hazards: Option<Vec<String>>,
    /// What flags say is a rename.
    #[serde(skip)]
    flagged: Vec<Rename>,
    /// What chooses rows.
    #[serde(skip)]
    seed: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) failure: Option<String>,
    /// What became of the rows.
    pub(crate) rows: &'static str,
    pub(crate) notes: Vec<String>,
}

impl Case {
    /// Reads our own pairs: `--- title`, the current state, `--- >`, the desired one.
    pub(crate) fn own() -> Vec<Self> {
        let mut cases: Vec<Self> = Vec::new();
        let mut desired = false;
        for line in include_str!("pairs.sql").lines() {
            match line.strip_prefix("--- ") {
                Some(">") => desired = true,
                Some(title) => {
                    desired = false;
                    cases.push(Self {
                        file: "own".to_owned(),
                        name: title.to_owned(),
                        current_sql: String::new(),
                        desired_sql: String::new(),
                        tier: "own".to_owned(),
                        kind: "alter".to_owned(),
                        changed: Vec::new(),
                        hazards: None,
                        flagged: Vec::new(),
                        seed: 0,
                    });
                }
                None => {
                    let case = cases.last_mut().expect("a title comes first");
                    let text = if desired { &mut case.desired_sql } else { &mut case.current_sql };
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
        cases
    }

    /// Makes one of two random schemas.
    pub(crate) fn of(pair: &Pair) -> Self {
        let flagged = pair.flags.iter().filter_map(|flag| {
            let (old, new) = flag.strip_prefix("--rename=")?.split_once(':')?;
            let (table, old) = old.split_once('.').map_or((None, old), |(t, old)| (Some(t), old));
            let kind = if table.is_some() { Kind::Column } else { Kind::Table };
            let (table, old, new) = (table.map(str::to_owned), old.to_owned(), new.to_owned());
            Some(Rename { kind, table, old, new })
        });
        Self {
            file: "random".to_owned(),
            name: String::new(),
            current_sql: pair.from.clone(),
            desired_sql: pair.to.clone(),
            tier: "own".to_owned(),
            kind: "alter".to_owned(),
            changed: Vec::new(),
            hazards: None,
            flagged: flagged.collect(),
            seed: pair.seed,
        }
    }

    pub(crate) fn title(&self) -> String {
        format!("{}: {}", self.file, self.name)
    }

    pub(crate) async fn run(&self, server: &mut Server) -> Outcome {
        let mut outcome = Outcome { rows: "none", ..Outcome::default() };
        let failure = self.try_run(server, &mut outcome).await.err();
        server.wipe().await;
        outcome.failure = failure;
        outcome
    }

    async fn try_run(&self, server: &mut Server, outcome: &mut Outcome) -> Result<(), String> {
        let desired = self.state(server, &self.desired_sql).await?;
        let current = self.state(server, &self.current_sql).await?;
        let renames = self.flagged.clone();
        let choices = Choices { renames, noted: self.renames()?, ..Choices::default() };
        if self.tier == "own" && current.differences(&desired).is_empty() {
            return Ok(());
        }
        let upgrade =
            plan(&current, &desired, &choices).map_err(|error| format!("no plan: {error}"))?;
        for (side, name) in [(&current, "current"), (&desired, "desired")] {
            let nothing = plan(side, side, &Choices::default())
                .map_err(|error| format!("{name}: {error}"))?;
            if !nothing.is_empty() {
                return Err(format!("{name} differs from itself: {}", script(&nothing)));
            }
        }
        if current.differences(&desired).is_empty() != upgrade.is_empty() {
            return Err(format!(
                "a plan for nothing, or none for something:\n{}",
                script(&upgrade)
            ));
        }
        if self.kind == "noop" && self.changed.is_empty() && !upgrade.is_empty() {
            outcome.notes.push(format!(
                "called a no-op: {}",
                script(&upgrade).lines().next().unwrap_or_default()
            ));
        }
        self.hazards(&upgrade)?;
        self.execute(server, &upgrade, &desired, "upgrade").await?;
        let downgrade = plan(&desired, &current, &choices.back(&upgrade))
            .map_err(|error| format!("no plan back: {error}"))?;
        self.execute(server, &downgrade, &current, "downgrade").await?;
        let careful = Choices { concurrently: true, online: true, ..choices.clone() };
        let careful = plan(&current, &desired, &careful)
            .map_err(|error| format!("no careful plan: {error}"))?;
        self.execute(server, &careful, &desired, "concurrently and online").await?;
        self.with_rows(server, &upgrade, &downgrade, outcome).await?;
        if self.tier == "own" {
            let refused = outcome.rows == "refused";
            self.careful_with_rows(server, &careful, refused).await?;
        }
        Ok(())
    }

    /// Makes a state and reads it.
    async fn state(&self, server: &mut Server, sql: &str) -> Result<Snapshot, String> {
        server.wipe().await;
        self.create(server, sql).await?;
        server
            .snapshot()
            .await
            .map_err(|error| format!("the catalog cannot be read: {}", error.message))
    }

    async fn create(&self, server: &mut Server, sql: &str) -> Result<(), String> {
        let done = if sql.contains("CONCURRENTLY") {
            let mut done = Ok(());
            for statement in sql.split(";\n") {
                done = done.and(server.run(statement).await);
            }
            done
        } else {
            server.run(sql).await
        };
        done.map_err(|error| format!("the case itself: {}", error.message))?;
        server
            .run("RESET ALL; SET client_min_messages = error")
            .await
            .map_err(|error| error.message)
    }

    async fn execute(
        &self,
        server: &mut Server,
        plan: &Plan,
        goal: &Snapshot,
        way: &str,
    ) -> Result<(), String> {
        if let Err((refused, sql)) = run(server, plan).await {
            return Err(format!(
                "{way}: {} [{}]\n  at: {sql}\n{}",
                refused.message,
                refused.code,
                script(plan)
            ));
        }
        let is = server.snapshot().await.map_err(|error| error.message)?;
        let differences = goal.differences(&is);
        if differences.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = differences
            .iter()
            .map(|d| {
                format!(
                    "  {}\n    wanted {}\n    is     {}",
                    d.key,
                    shown(d.before.as_ref()),
                    shown(d.after.as_ref())
                )
            })
            .collect();
        Err(format!("{way} leads elsewhere:\n{}\n{}", lines.join("\n"), script(plan)))
    }

    fn hazards(&self, plan: &Plan) -> Result<(), String> {
        let Some(expected) = self.hazards.as_ref().filter(|hazards| !hazards.is_empty()) else {
            return Ok(());
        };
        let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
        let said: BTreeSet<&str> =
            plan.statements().flat_map(|s| &s.hazards).map(|hazard| hazard.name()).collect();
        if expected == said {
            return Ok(());
        }
        Err(format!("hazards: expected {expected:?}, said {said:?}\n{}", script(plan)))
    }

    /// With rows in every table no row and no value is lost; or it fails, and all is as it was.
    async fn with_rows(
        &self,
        server: &mut Server,
        upgrade: &Plan,
        downgrade: &Plan,
        outcome: &mut Outcome,
    ) -> Result<(), String> {
        server.wipe().await;
        self.create(server, &self.current_sql).await?;
        let tables = rows::tables(server).await;
        if !rows::fill(server, &tables, self.seed).await {
            outcome.rows = "no rows can be made";
            if !tables.is_empty() {
                outcome.notes.push("no rows can be made".to_owned());
            }
            return Ok(());
        }
        let before = Kept::read(server, &tables).await;
        let snapshot = server.snapshot().await.map_err(|error| error.message)?;
        if let Err((refused, sql, foreseen)) = run_foreseeing(server, upgrade).await {
            outcome.rows = "refused";
            if !foreseen {
                return Err(format!("not foreseen: {} at {sql}", refused.message));
            }
            if !matches!(refused.code.get(..2), Some("22" | "23")) {
                return Err(format!(
                    "with rows: {} [{}]\n  at: {sql}\n{}",
                    refused.message,
                    refused.code,
                    script(upgrade)
                ));
            }
            outcome.notes.push(format!("refused: {} at {sql}", refused.message));
            let _ = server.run("ROLLBACK").await;
            let is = server.snapshot().await.map_err(|error| error.message)?;
            let one_part = upgrade.parts.len() == 1;
            if one_part
                && (!snapshot.differences(&is).is_empty()
                    || before.lost(server, &Plan::default()).await.is_some())
            {
                return Err("a refused plan changed something".to_owned());
            }
            return Ok(());
        }
        outcome.rows = "kept";
        if let Some(lost) = before.lost(server, upgrade).await {
            return Err(format!("lost: {lost}\n{}", script(upgrade)));
        }
        let tables = rows::tables(server).await;
        let upgraded = Kept::read(server, &tables).await;
        if let Err((refused, sql, foreseen)) = run_foreseeing(server, downgrade).await {
            if !foreseen {
                return Err(format!("back, not foreseen: {} at {sql}", refused.message));
            }
            if !matches!(refused.code.get(..2), Some("22" | "23")) {
                return Err(format!(
                    "back with rows: {} [{}]\n  at: {sql}\n{}",
                    refused.message,
                    refused.code,
                    script(downgrade)
                ));
            }
            outcome.notes.push(format!("downgrade refused: {} at {sql}", refused.message));
            return Ok(());
        }
        if let Some(lost) = upgraded.lost(server, downgrade).await {
            return Err(format!("lost on the way back: {lost}\n{}", script(downgrade)));
        }
        Ok(())
    }

    /// A plan that is concurrent and online keeps the rows too, and is refused by those that stop the other.
    async fn careful_with_rows(
        &self,
        server: &mut Server,
        careful: &Plan,
        refused: bool,
    ) -> Result<(), String> {
        server.wipe().await;
        self.create(server, &self.current_sql).await?;
        let tables = rows::tables(server).await;
        if !rows::fill(server, &tables, self.seed).await {
            return Ok(());
        }
        let before = Kept::read(server, &tables).await;
        let failure = match run_foreseeing(server, careful).await {
            Ok(()) => before.lost(server, careful).await.map(|lost| format!("lost: {lost}")),
            Err((error, sql, foreseen)) if !foreseen || !refused => {
                Some(format!("{} at {sql}", error.message))
            }
            Err(_) => None,
        };
        let told =
            |failure| format!("concurrently and online, with rows: {failure}\n{}", script(careful));
        failure.map_or(Ok(()), |failure| Err(told(failure)))
    }

    /// The renames that the desired text names.
    fn renames(&self) -> Result<Vec<Rename>, String> {
        let renames = renames_in(Dialect::Postgres, &self.desired_sql);
        renames.map_err(|error| format!("the case cannot be split: {error}"))
    }
}

/// Runs a plan part by part; what a part in a transaction did is undone if it fails.
async fn run(server: &mut Server, plan: &Plan) -> Result<(), (Refused, String)> {
    run_foreseeing(server, plan).await.map_err(|(refused, sql, _)| (refused, sql))
}

/// As [`run`], and tells whether the plan says that rows can refuse the statement.
async fn run_foreseeing(server: &mut Server, plan: &Plan) -> Result<(), (Refused, String, bool)> {
    for part in &plan.parts {
        if part.transaction {
            server.run("BEGIN").await.map_err(|error| (error, "BEGIN".to_owned(), false))?;
        }
        for statement in &part.statements {
            if let Err(error) = server.run(&statement.sql).await {
                let _ = server.run("ROLLBACK").await;
                return Err((error, statement.sql.clone(), !statement.refused_by_rows.is_empty()));
            }
        }
        if part.transaction {
            server.run("COMMIT").await.map_err(|error| {
                (
                    error,
                    "COMMIT".to_owned(),
                    part.statements.iter().any(|s| !s.refused_by_rows.is_empty()),
                )
            })?;
        }
    }
    Ok(())
}

fn shown(definition: Option<&String>) -> String {
    definition.map_or_else(|| "nothing".to_owned(), |text| text.replace('\n', " "))
}

fn script(plan: &Plan) -> String {
    let mut text = String::new();
    for part in &plan.parts {
        text += if part.transaction { "  -- part\n" } else { "  -- part without transaction\n" };
        for statement in &part.statements {
            text += &format!("  {};\n", statement.sql.replace('\n', "\n  "));
        }
    }
    text
}
