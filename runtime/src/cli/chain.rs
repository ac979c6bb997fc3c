//! The revisions of a folder as a chain that can be listed, also while some of them have problems.

use revchain_core::check::{Checked, CheckedRevision, State};
use revchain_core::graph::Graph;
use revchain_core::set::Revision;
use revchain_core::target::{Target, TargetError};
use revchain_core::walk::find_replaced;
use revchain_core::{Problem, Set, Walk};
use serde_json::{Value, json};

use crate::Applied;
use crate::cli::database_status::Standing;
use crate::cli::failure::Failure;
use crate::cli::output::{FAINT, Output, STRONG, counted};

/// Problems that leave ids and parents certain: the chain can be shown all the same.
const BESIDE_THE_CHAIN: [&str; 19] = [
    "destroys-data",
    "draft-in-release",
    "edited-revision",
    "empty-downgrade",
    "irreversible-without-reason",
    "malformed-lock",
    "malformed-sql",
    "missing-dialect",
    "missing-downgrade",
    "multiple-bases",
    "multiple-heads",
    "needs-no-transaction",
    "redundant-dependency",
    "removed-revision",
    "reparented-revision",
    "transaction-control",
    "unknown-directive",
    "unlisted-revision",
    "unsafe-rebuild",
];

/// A checked folder whose chain is certain.
#[derive(Clone, Debug)]
pub struct Chain {
    pub checked: Checked,
    pub set: Set,
    pub graph: Graph,
    /// What a database says of the revisions, when one was asked.
    pub standing: Option<Standing>,
}

impl Chain {
    /// Takes a checked folder.
    ///
    /// # Errors
    ///
    /// The problems that make ids or parents uncertain.
    pub fn of(checked: Checked) -> Result<Self, Failure> {
        match checked.set_despite(&BESIDE_THE_CHAIN) {
            Some(set) => {
                let graph = Graph::of(&set);
                Ok(Self { checked, set, graph, standing: None })
            }
            None => {
                let breaks = |problem: &Problem| !BESIDE_THE_CHAIN.contains(&problem.code());
                let problems = checked.problems.into_iter().filter(breaks).collect();
                Err(Failure::problems(problems))
            }
        }
    }

    /// Takes a set whose folder is not at hand: it was compiled in, so it has no problem.
    #[must_use]
    pub fn compiled(set: &Set) -> Self {
        let all = set.revisions.all();
        let ids =
            |places: &[u32]| places.iter().map(|place| set.at(*place).id.to_string()).collect();
        let one = |revision: &Revision| CheckedRevision {
            parents: ids(&revision.parents),
            dependencies: ids(&revision.dependencies),
            replaces: None,
            state: if revision.draft { State::Draft } else { State::Sealed },
            hashes: Vec::new(),
            revision: revision.clone(),
        };
        let checked = Checked {
            folder: set.folder.to_string(),
            lock: None,
            revisions: all.iter().map(one).collect(),
            standing: set.revisions.len(),
            problems: Vec::new(),
        };
        Self { checked, set: set.clone(), graph: Graph::of(set), standing: None }
    }

    /// Says on stderr that what is shown has problems.
    pub fn warn(&self, output: &mut Output<'_>) {
        let count = self.checked.problems.len();
        if count > 0 {
            let has = format!("the set has {}", counted(count, "problem"));
            output.warn(has, &["see them: cargo migrate check"]);
        }
    }

    #[expect(clippy::len_without_is_empty, reason = "nobody asks whether a chain is empty")]
    pub fn len(&self) -> u32 {
        self.set.revisions.len() as u32
    }

    /// Returns the places of all revisions, parents first.
    pub fn places(&self) -> Vec<u32> {
        (0..self.len()).collect()
    }

    /// Returns a revision of the chain, or one that is replaced.
    pub fn revision(&self, place: u32) -> &Revision {
        self.set.at(place)
    }

    /// Returns the place of the revision that replaces another, where one does.
    pub fn replacer(&self, place: u32) -> Option<u32> {
        if place < self.len() { None } else { self.set.replacer(self.id(place)) }
    }

    /// Returns the places of what a revision replaces and has a file, the last first.
    pub fn replaced(&self, place: u32) -> Vec<u32> {
        let ids = self.revision(place).replaces.iter().rev();
        ids.filter_map(|one| self.set.place(&one.id)).collect()
    }

    pub fn checked(&self, place: u32) -> &CheckedRevision {
        &self.checked.revisions[place as usize]
    }

    pub fn id(&self, place: u32) -> &str {
        &self.revision(place).id
    }

    pub fn ids(&self, places: &[u32]) -> Vec<String> {
        places.iter().map(|place| self.id(*place).to_owned()).collect()
    }

    /// Returns the file of a revision as it is shown.
    pub fn path(&self, place: u32) -> String {
        format!("{}/{}", self.set.folder, self.revision(place).path)
    }

    /// Tells whether a word is a revision's id, in any case, or a label; also of what is replaced.
    pub fn knows(&self, name: &str) -> bool {
        let has_label = |revision: &Revision| revision.labels.iter().any(|label| label == name);
        self.set.place(name).is_some()
            || self.set.replacer(name).is_some()
            || self.set.revisions.all().iter().any(has_label)
    }

    /// Finds the revision that a word names: `head`, an id, a prefix of one, a label, or one of these on a branch.
    ///
    /// # Errors
    ///
    /// None or several are named.
    pub fn find(&self, name: &str) -> Result<u32, Failure> {
        match self.named(name)?[..] {
            [] => Err(TargetError::NoRevision.into()),
            [place] => Ok(place),
            ref places => Err(TargetError::SeveralHeads(self.ids(places)).into()),
        }
    }

    /// Finds the revisions that a word names: as [`find`](Self::find), or every head with `heads`; none with `base`.
    ///
    /// # Errors
    ///
    /// The word names nothing.
    pub fn named(&self, name: &str) -> Result<Vec<u32>, Failure> {
        let target: Target = name.parse()?;
        let named = self.walk(&[]).named(&target);
        named.map_err(|error| instead_of_replaced(&self.set, &target, error))
    }

    /// Finds the revisions that words name, each once, parents first.
    ///
    /// # Errors
    ///
    /// As [`named`](Self::named).
    pub fn find_all(&self, names: &[String]) -> Result<Vec<u32>, Failure> {
        let mut places = Vec::new();
        for name in names {
            places.extend(self.named(name)?);
        }
        places.sort_unstable();
        places.dedup();
        Ok(places)
    }

    /// Returns the chain on a database with these rows.
    pub fn walk(&self, applied: &[Applied]) -> Walk<'_> {
        let mut members = vec![false; self.set.revisions.len()];
        for row in applied {
            if let Some(place) = self.set.standing(&row.revision) {
                members[place as usize] = true;
            }
        }
        Walk::new(&self.set, members)
    }

    /// Returns what a revision is beside its message: `head`, `branchpoint`, as Alembic prints it.
    pub fn marks(&self, place: u32) -> Vec<&'static str> {
        if place >= self.len() {
            return Vec::new();
        }
        let (graph, state) = (&self.graph, self.checked(place).state);
        let standing = self.standing.as_ref();
        let is_head = graph.children(place).is_empty();
        let is = [
            (is_head && graph.dependents(place).is_empty(), "head"),
            (is_head && !graph.dependents(place).is_empty(), "effective head"),
            (standing.is_some_and(|standing| standing.is_current(place)), "current"),
            (graph.children(place).len() > 1, "branchpoint"),
            (graph.parents(place).len() > 1, "mergepoint"),
            (state == State::Draft, "draft"),
            (state == State::Edited, "edited"),
            (state == State::Unlisted, "unlisted"),
        ];
        let marks = is.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark);
        marks.chain(standing.and_then(|standing| standing.stage(place).mark())).collect()
    }

    /// Writes labels and marks, each in parentheses.
    fn marked(&self, place: u32) -> String {
        let labels = self.revision(place).labels.join(", ");
        let labels = Some(labels).filter(|labels| !labels.is_empty());
        let marks = self.marks(place).into_iter().map(str::to_owned);
        let replacer = self.replacer(place).map(|by| format!("replaced by {}", self.id(by)));
        labels.into_iter().chain(marks).chain(replacer).map(|mark| format!(" ({mark})")).collect()
    }

    /// Writes a revision on one line: `3f2a9c1b7d04 (head), add user preferences`.
    pub fn line(&self, place: u32, output: &Output<'_>) -> String {
        let id = output.paint(STRONG, self.id(place));
        let marks = output.paint(FAINT, self.marked(place));
        format!("{id}{marks}, {}", self.revision(place).message)
    }

    /// Writes a revision, what it revises and, in parentheses, what it depends on: `6eef61f13528 -> 3f2a9c1b7d04 (head), add
    /// user preferences`.
    pub fn step(&self, place: u32, output: &Output<'_>) -> String {
        let dependencies = match &self.checked(place).dependencies[..] {
            [] => String::new(),
            dependencies => format!(" ({})", dependencies.join(", ")),
        };
        format!("{}{dependencies} -> {}", self.parents(place), self.line(place, output))
    }

    /// Writes a revision and what it depends on: in a graph, what it revises is drawn.
    pub fn drawn(&self, place: u32, output: &Output<'_>) -> String {
        let mut line = self.line(place, output);
        let dependencies = &self.checked(place).dependencies;
        if !dependencies.is_empty() {
            let text = format!(" (depends on {})", dependencies.join(", "));
            line.push_str(&output.paint(FAINT, text));
        }
        line
    }

    fn parents(&self, place: u32) -> String {
        match &*self.revision(place).parents {
            [] => "<base>".to_owned(),
            parents => self.ids(parents).join(", "),
        }
    }

    /// Writes all that is known of a revision.
    pub fn card(&self, place: u32, output: &Output<'_>) -> String {
        let revision = self.revision(place);
        let id = output.paint(STRONG, &revision.id);
        let merges = revision.parents.len() > 1;
        let parents = if merges { "Merges" } else { "Parent" };
        let mut lines = vec![
            format!("Rev: {id}{}", output.paint(FAINT, self.marked(place))),
            format!("{parents}: {}", self.parents(place)),
        ];
        let children = if place < self.len() { self.graph.children(place) } else { &[] };
        if children.len() > 1 {
            lines.push(format!("Branches into: {}", self.ids(children).join(", ")));
        }
        let dependencies = &self.checked(place).dependencies;
        if !dependencies.is_empty() {
            lines.push(format!("Depends on: {}", dependencies.join(", ")));
        }
        if !revision.replaces.is_empty() {
            let ids: Vec<&str> = revision.replaces.iter().map(|one| &*one.id).collect();
            lines.push(format!("Replaces: {}", ids.join(", ")));
        }
        if !revision.created.is_empty() {
            lines.push(format!("Created: {}", revision.created));
        }
        lines.push(format!("Path: {}", self.path(place)));
        lines.push(format!("\n    {}\n", revision.message));
        lines.join("\n")
    }

    /// Returns a revision as `--json` shows it.
    pub fn json(&self, place: u32) -> Value {
        let (revision, checked) = (self.revision(place), self.checked(place));
        let state = match checked.state {
            State::Sealed => "sealed",
            State::Edited => "edited",
            State::Draft => "draft",
            State::Unlisted => "unlisted",
        };
        let mut value = json!({
            "revision": revision.id,
            "revises": checked.parents,
            "depends_on": checked.dependencies,
            "labels": revision.labels,
            "message": revision.message,
            "created": revision.created,
            "path": self.path(place),
            "state": state,
            "head": place < self.len() && self.graph.children(place).is_empty(),
            "replaces": revision.replaces.iter().map(|one| &*one.id).collect::<Vec<_>>(),
            "replaced_by": self.replacer(place).map(|by| self.id(by)),
        });
        if let Some(standing) = self.standing.as_ref().filter(|_| place < self.len()) {
            value["database"] = standing.stage(place).name().into();
            value["current"] = standing.is_current(place).into();
        }
        value
    }
}

/// Says of a name that names nothing, because its revision is replaced, what stands for it.
pub fn instead_of_replaced(set: &Set, target: &Target, error: TargetError) -> Failure {
    let TargetError::Unknown { name, .. } = &error else { return error.into() };
    let replaced = target.names().contains(&&**name).then(|| find_replaced(set, name));
    let Some(Ok(Some(id))) = replaced else { return error.into() };
    let Some(place) = set.standing(&id) else { return error.into() };
    let by = &set.at(place).id;
    Failure::usage(format!("revision `{id}` is replaced by `{by}`"))
        .help(format!("name `{by}`, which stands for it"))
        .help(format!("or see both: cargo migrate history --replaced -r {by}:{by}"))
}
