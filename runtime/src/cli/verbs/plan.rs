//! `plan`: what a run would do on this database.

use crate::{Direction, Migrations, Plan as Steps, Set, Target};
use clap::Args;
use revchain_core::Dialect;
use serde_json::{Value, json};

use crate::cli::database::Access;
use crate::cli::failure::Failure;
use crate::cli::output::{FAINT, STRONG};
use crate::cli::run::RunArguments;
use crate::cli::scene::Scene;
use crate::cli::schemas::{Heading, SchemaArguments};
use crate::cli::script;
use crate::cli::session::Session;
use crate::cli::url::{DatabaseArguments, DatabaseUrl};

const EXAMPLES: &str = "Examples:
  cargo migrate plan                     what `upgrade` would apply
  cargo migrate plan billing@head --verbose
  cargo migrate plan --downgrade -1
  cargo migrate plan --schema 'tenant_*'
  cargo migrate plan --json";

/// Show what a run would do on this database
///
/// The same plan that `upgrade` or `downgrade` would follow. The database is read, and nothing is written.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Plan {
    /// Where to go: all heads, or what `upgrade` and `downgrade` take
    #[arg(value_name = "TARGET", allow_hyphen_values = true)]
    target: Option<String>,
    /// Plan a downgrade
    #[arg(long, requires = "target")]
    downgrade: bool,
    /// For a downgrade: with what only the database knows, by the downgrades that it stored
    #[arg(long, requires = "downgrade")]
    stored: bool,
    /// Show the statements
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    schemas: SchemaArguments,
    #[command(flatten)]
    run: RunArguments,
}

impl Plan {
    /// Does it.
    ///
    /// # Errors
    ///
    /// What stopped it.
    pub fn run(self, session: &mut Session<'_>, scene: &mut dyn Scene) -> Result<(), Failure> {
        let target = self.target.as_deref().unwrap_or("heads");
        let migrations = scene.to_take_back(session, target, self.stored)?;
        let set = migrations.set();
        let target = script::target_or_replaced(set, target)?;
        let url = scene.url(session, &self.database)?;
        self.schemas.each(session, &url, set, Heading::Data, |session, url| {
            self.run_on(session, &migrations, &target, url)
        })
    }

    fn run_on(
        &self,
        session: &mut Session<'_>,
        migrations: &Migrations,
        target: &Target,
        url: &DatabaseUrl,
    ) -> Result<(), Failure> {
        let (set, target) = (migrations.set(), target.clone());
        let mut database = url.open(session, set, Access::Look)?;
        let run = if self.downgrade {
            migrations.downgrade(target).stored(self.stored)
        } else {
            migrations.upgrade(target)
        };
        let plan = database.plan(self.run.apply(run))?;
        let output = &mut session.output;
        if output.is_json() {
            output.json(&json(&plan, set, url));
            return Ok(());
        }
        for step in &plan.steps {
            let marks = marks(step, set, url.dialect());
            let id = output.paint(STRONG, step.id(set));
            let marks = output.paint(FAINT, marks);
            output.data(format_args!("{} {id}{marks}, {}", step.direction, step.message(set)));
            if self.verbose {
                for statement in step.statements(set, url.dialect()) {
                    output.data(format_args!("    {};", statement.replace('\n', "\n    ")));
                }
            }
        }
        for place in &plan.corrections {
            let id = &set.at(*place).id;
            output.data(format_args!("correct the stored downgrade of {id}"));
        }
        if plan.is_empty() {
            output.say("nothing to do");
        }
        Ok(())
    }
}

/// Returns what is out of the ordinary about a step, each in parentheses.
fn marks(step: &crate::Step, set: &Set, dialect: Dialect) -> String {
    let options = step.options(set, dialect).words().into_iter().map(str::to_owned);
    let stored = (step.revision(set).is_none() && !step.stamp).then(|| "stored".to_owned());
    let replacing = step.replacing.then(|| "only its record".to_owned());
    let resumed = step.resume.map(|done| format!("goes on behind statement {done}"));
    let rust = step.is_rust(set).then(|| "in Rust".to_owned());
    options
        .chain(rust)
        .chain(stored)
        .chain(replacing)
        .chain(resumed)
        .map(|mark| format!(" ({mark})"))
        .collect()
}

fn json(plan: &Steps, set: &Set, url: &DatabaseUrl) -> Value {
    let step = |step: &crate::Step| {
        let options = step.options(set, url.dialect());
        json!({
            "direction": match step.direction {
                Direction::Upgrade => "upgrade",
                Direction::Downgrade => "downgrade",
            },
            "revision": step.id(set),
            "message": step.message(set),
            "stored": step.revision(set).is_none() && !step.stamp,
            "replacing": step.replacing,
            "statements_done": step.resume,
            "rust": step.is_rust(set),
            "transaction": options.transaction,
            "foreign_keys": options.foreign_keys,
            "statements": step.statements(set, url.dialect()),
        })
    };
    let corrections = plan.corrections.iter().map(|place| &set.at(*place).id);
    json!({
        "url": url.to_string(),
        "steps": plan.steps.iter().map(step).collect::<Vec<_>>(),
        "corrections": corrections.collect::<Vec<_>>(),
    })
}
