//! What makes a schema in an empty database, wherever it comes from.

use std::borrow::Cow;
use std::ops::Range;

use revchain::{Migrations, Target};
use revchain_core::Dialect;
use revchain_core::text::Position;
use revchain_schema::{Choices, Rename, Snapshot, renames_in, without_renames};

use crate::failure::Failure;
use crate::scratch::Scratch;

/// All that it takes to make a schema in an empty database: nothing more is read, nobody is asked.
pub(crate) enum Recipe {
    /// DDL: texts with a name for each.
    Texts(Vec<(String, String)>),
    /// A set, and up to where its chain is applied.
    Chain(Box<Migrations>, Vec<Target>),
    /// What another database has, and how messages call that.
    Copy(Snapshot, String),
}

impl Recipe {
    /// Makes the schema in an empty database.
    ///
    /// # Errors
    ///
    /// A text cannot be executed, a revision cannot be applied, what another database has cannot be made.
    pub(crate) fn make(&self, scratch: &mut Scratch) -> Result<(), Failure> {
        match self {
            Self::Texts(texts) => execute(scratch, texts),
            Self::Chain(migrations, targets) => {
                for target in targets.iter().filter(|target| **target != Target::Base) {
                    scratch.migrate(migrations.upgrade(target.clone()))?;
                }
                Ok(())
            }
            Self::Copy(live, shown) => copy(live, scratch, shown),
        }
    }

    /// Returns the catalog that has to come out, where it is known.
    pub(crate) const fn wanted(&self) -> Option<&Snapshot> {
        match self {
            Self::Copy(live, _) => Some(live),
            Self::Texts(_) | Self::Chain(..) => None,
        }
    }

    /// Returns two recipes without what both say in the same words and nothing that differs has to do with; none if there is no
    /// such thing to be found.
    pub(crate) fn without_alike(&self, other: &Self, dialect: Dialect) -> Option<(Self, Self)> {
        let (Self::Texts(one), Self::Texts(two)) = (self, other) else { return None };
        let sides = [one, two].map(|texts| texts.iter().map(|(_, text)| &**text).collect());
        let [from, to]: [Vec<&str>; 2] = sides;
        let [from, to] = revchain_schema::without_alike(dialect, [&from, &to]).ok()?;
        let named = |texts: &[(String, String)], left: Vec<String>| {
            Self::Texts(
                texts.iter().zip(left).map(|((name, _), text)| (name.clone(), text)).collect(),
            )
        };
        Some((named(one, from), named(two, to)))
    }

    /// Reads the renames that its texts name.
    ///
    /// # Errors
    ///
    /// A text cannot be split into statements.
    pub(crate) fn renames(&self, dialect: Dialect) -> Result<Vec<Rename>, Failure> {
        let Self::Texts(texts) = self else { return Ok(Vec::new()) };
        let mut renames = Vec::new();
        for (name, text) in texts {
            let found = renames_in(dialect, text);
            renames.extend(found.map_err(|error| malformed(name, text, &error))?);
        }
        Ok(renames)
    }
}

/// A statement that waits for what others make.
struct Waiting<'t> {
    file: &'t str,
    text: &'t str,
    /// Where it stands in the text.
    span: Range<usize>,
}

impl<'t> Waiting<'t> {
    fn sql(&self) -> &'t str {
        &self.text[self.span.clone()]
    }
}

/// Executes texts of DDL; what needs something of a later file is tried again after it.
fn execute(scratch: &mut Scratch, texts: &[(String, String)]) -> Result<(), Failure> {
    let dialect = scratch.dialect();
    let mut waiting = Vec::new();
    // What was called otherwise is no part of what is made.
    let texts: Vec<(&str, Cow<'_, str>)> =
        texts.iter().map(|(file, text)| (&**file, without_renames(dialect, text))).collect();
    for (file, text) in &texts {
        let split = dialect.split(text).map_err(|error| malformed(file, text, &error))?;
        for statement in &split.statements {
            waiting.push(Waiting { file, text, span: statement.span.clone() });
        }
    }
    // A server takes them as one message; what it does not take so is sent one by one.
    if dialect == Dialect::Postgres && waiting.len() > 1 {
        let all: Vec<&str> = waiting.iter().map(Waiting::sql).collect();
        if scratch.database().execute(&all.join(";\n")).is_ok() {
            waiting.clear();
        }
    }
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut first = None;
        let mut left = Vec::new();
        for statement in waiting {
            if let Err(refused) = scratch.database().execute(statement.sql()) {
                first.get_or_insert(refused.words);
                left.push(statement);
            }
        }
        waiting = left;
        if let Some((words, one)) = first.zip(waiting.first()).filter(|_| waiting.len() == before) {
            let line = Position::of(one.text, one.span.start);
            let message = format!("{}:{line}: the database refuses the statement", one.file);
            return Err(Failure::new(message).note(words));
        }
    }
    Ok(())
}

/// Makes in the scratch database what another has.
fn copy(live: &Snapshot, scratch: &mut Scratch, shown: &str) -> Result<(), Failure> {
    let uncopied = |reason: String| {
        Failure::new(format!("the schema of {shown} cannot be copied")).note(reason)
    };
    let empty = scratch.snapshot()?;
    let plan = revchain_schema::plan(&empty, live, &Choices::default());
    let plan = plan.map_err(|error| uncopied(error.to_string()))?;
    scratch.run(&plan).map_err(|stopped| uncopied(format!("{}, at {}", stopped.words, stopped.sql)))
}

fn malformed(file: &str, text: &str, error: &revchain_core::LexError) -> Failure {
    Failure::new(format!("{file}:{}: {error}", Position::of(text, error.start)))
}
