//! The history: what is done next, given what is there.

mod columns;
mod create;
mod rows;
mod views;

use std::collections::HashSet;

use crate::Revision;
use crate::random::Random;
use crate::tables::Table;

/// An endless history of revisions.
pub(crate) struct History {
    random: Random,
    tables: Vec<Table>,
    views: Vec<View>,
    /// Names of tables, indexes, views and triggers, also of dropped ones: none is used twice.
    names: HashSet<String>,
    written: usize,
    parent: Option<String>,
}

/// A view over the named tables.
struct View {
    name: String,
    create: String,
    tables: Vec<String>,
}

/// What one revision does, statement by statement.
struct Step {
    message: String,
    upgrade: Vec<String>,
    downgrade: Vec<String>,
}

/// Draws one kind of step; `None` where the tables give no occasion for it.
type Draw = fn(&mut History) -> Option<Step>;

/// How many in a thousand revisions do what.
const STEPS: &[(usize, Draw)] = &[
    (180, History::create_table),
    (150, History::add_nullable_column),
    (50, History::add_reference),
    (90, History::add_column_with_default),
    (120, History::create_index),
    (170, History::insert_rows),
    (90, History::update_rows),
    (50, History::backfill_column),
    (30, History::create_view),
    (20, History::create_trigger),
    (25, History::drop_table),
    (10, History::drop_index),
    (15, History::replace_view),
];

impl History {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            tables: Vec::new(),
            views: Vec::new(),
            names: HashSet::new(),
            written: 0,
            parent: None,
        }
    }

    fn step(&mut self) -> Step {
        // The first revisions of a history make tables.
        if self.written < 5 {
            return self.new_table();
        }
        loop {
            let drawn = self.random.below(1_000);
            let mut below = 0;
            let draw = STEPS.iter().find(|(weight, _)| {
                below += weight;
                drawn < below
            });
            if let Some(step) = draw.and_then(|(_, draw)| draw(self)) {
                return step;
            }
        }
    }

    /// Draws one of the tables that are `wanted`.
    fn table(&mut self, wanted: impl Fn(&Table) -> bool) -> Option<usize> {
        let positions: Vec<_> =
            (0..self.tables.len()).filter(|at| wanted(&self.tables[*at])).collect();
        if positions.is_empty() { None } else { Some(*self.random.pick(&positions)) }
    }

    fn rows_of(&self, table: &str) -> &[Vec<String>] {
        let table = self.tables.iter().find(|candidate| candidate.name == table);
        table.map_or(&[], |table| &table.rows)
    }

    /// Returns `name`, with a number behind it if it was used before.
    fn unused(&mut self, name: String) -> String {
        let mut unused = name.clone();
        let mut number = 2;
        while !self.names.insert(unused.clone()) {
            unused = format!("{name}_{number}");
            number += 1;
        }
        unused
    }
}

impl Iterator for History {
    type Item = Revision;

    fn next(&mut self) -> Option<Revision> {
        let step = self.step();
        let script = |statements: Vec<String>| -> String {
            statements.iter().map(|statement| format!("{statement};\n")).collect()
        };
        let id = format!("{:012x}", self.random.next() >> 16);
        let revision = Revision {
            parent: self.parent.replace(id.clone()),
            id,
            message: step.message,
            created: created(self.written),
            upgrade: script(step.upgrade),
            downgrade: script(step.downgrade),
        };
        self.written += 1;
        Some(revision)
    }
}

/// The time at which the revision with this number was written: one every 7 hours and 13 minutes
/// since 2017-03-06T08:00:00Z.
fn created(number: usize) -> String {
    let minutes = 8 * 60 + number * 433;
    let (year, month, day) = date(17_231 + minutes / 1_440);
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z")
}

/// The date that is so many days after 1970-01-01 (Hinnant, "chrono-compatible low-level date
/// algorithms").
fn date(days: usize) -> (usize, usize, usize) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (400 * era + year_of_era + usize::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{created, date};

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(17_231), (2017, 3, 6));
        assert_eq!(date(19_782), (2024, 2, 29));
        assert_eq!(created(0), "2017-03-06T08:00:00Z");
        assert_eq!(created(3), "2017-03-07T05:39:00Z");
    }
}
