//! Where a database is, as the verbs show it.

use crate::{Named, State, Status};
use revchain_core::Set;
use serde_json::{Value, json};

use crate::cli::output::{Output, counted};

/// What a database says of each revision of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing(Vec<(Stage, bool)>);

/// How far a revision is in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Applied,
    Pending,
    /// Begun and not finished.
    HalfDone,
    /// Applied in another form.
    Edited,
    /// Only the database knows it.
    Unknown,
}

impl Standing {
    /// Takes what a look at the database found.
    pub fn of(status: &Status, set: &Set) -> Self {
        let mut places = vec![(Stage::Applied, false); set.revisions.len()];
        let lists = [
            (&status.pending, Stage::Pending),
            (&status.half_done, Stage::HalfDone),
            (&status.edited, Stage::Edited),
        ];
        for (named, stage) in lists {
            for place in named.iter().filter_map(|named| set.position(&named.revision)) {
                places[place].0 = stage;
            }
        }
        for place in status.heads.iter().filter_map(|head| set.standing(head)) {
            places[place as usize].1 = true;
        }
        Self(places)
    }

    /// Returns how far a revision is.
    pub fn stage(&self, place: u32) -> Stage {
        self.0[place as usize].0
    }

    /// Tells whether the database stands at a revision: no other applied one revises it.
    pub fn is_current(&self, place: u32) -> bool {
        self.0[place as usize].1
    }
}

impl Stage {
    /// Returns the stage as `--json` shows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::HalfDone => "half_done",
            Self::Edited => "edited",
            Self::Unknown => "unknown",
        }
    }

    /// Returns what is marked beside a revision; most are applied, and bear no mark.
    pub const fn mark(self) -> Option<&'static str> {
        match self {
            Self::Applied => None,
            Self::Pending => Some("pending"),
            Self::HalfDone => Some("half done"),
            Self::Edited => Some("applied in another form"),
            Self::Unknown => Some("unknown"),
        }
    }
}

/// Says what is unexpected in a database.
pub fn warn(status: &Status, output: &mut Output<'_>) {
    let ids = |list: &[Named]| {
        list.iter().map(|named| named.revision.clone()).collect::<Vec<_>>().join(", ")
    };
    if !status.half_done.is_empty() {
        output.warn(
            format_args!("half done: {}", ids(&status.half_done)),
            &["finish it: cargo migrate upgrade"],
        );
    }
    if !status.edited.is_empty() {
        output.warn(
            format_args!("applied in another form: {}", ids(&status.edited)),
            &["bring this database along: cargo migrate amend"],
        );
    }
    if !status.unknown.is_empty() {
        let by =
            |unknown: &crate::Unknown| format!("{} (by {})", unknown.revision, unknown.application);
        let list: Vec<String> = status.unknown.iter().map(by).collect();
        let count = counted(status.unknown.len(), "revision");
        output.warn(
            format_args!(
                "the database has {count} that this set does not know: {}",
                list.join(", ")
            ),
            &["take them back: cargo migrate downgrade head --stored"],
        );
    }
}

/// Returns a database's status as `--json` shows it.
pub fn json(url: &str, status: &Status) -> Value {
    let ids = |list: &[Named]| -> Vec<String> {
        list.iter().map(|named| named.revision.clone()).collect()
    };
    let rows: Vec<Value> = status
        .applied
        .iter()
        .map(|row| {
            json!({
                "revision": row.revision,
                "message": row.message,
                "applied_at": row.applied_at,
                "duration_ms": row.duration_ms,
                "application": row.application,
                "half_done": row.state != State::Applied,
            })
        })
        .collect();
    let unknown: Vec<Value> = status
        .unknown
        .iter()
        .map(|one| json!({"revision": one.revision, "message": one.message, "application": one.application}))
        .collect();
    json!({
        "url": url,
        "ledger": status.exists,
        "heads": status.heads,
        "effective_heads": status.effective_heads,
        "applied": rows,
        "pending": ids(&status.pending),
        "half_done": ids(&status.half_done),
        "edited": ids(&status.edited),
        "unknown": unknown,
    })
}
