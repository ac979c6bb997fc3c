//! Where a picture of the graph has its revisions and lines: a row for each revision, and columns.
//!
//! ```text
//! row 0   *        a merge: its first line goes on below it, the second opens a column
//!         |\
//! row 1   | *
//! row 2   * |      its line takes the one from column 1 in: both lead to row 3
//!         |/
//! row 3   *
//! ```
//!
//! All lines to one revision share a column. Between two rows only the lines of the upper row's revision bend, and the one
//! that it takes in; all others go straight down. So no line ever meets another revision.

use revchain_core::graph::{Graph, Members};

/// A picture of some revisions of a graph, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    pub rows: Vec<Row>,
    /// How many columns the lines take.
    pub columns: u32,
    /// The lines of dependencies, which have columns of their own.
    pub dependencies: Vec<Dependency>,
    /// How many columns the dependencies take.
    pub dependency_columns: u32,
}

/// A revision and what leads down from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The revision's place in the graph.
    pub place: u32,
    pub column: u32,
    /// A line to each that it revises.
    pub lines: Vec<Line>,
    /// The column whose line bends into this one's below the revision: both lead to the same.
    pub takes: Option<u32>,
}

/// A line from a revision to one that it revises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub parent: u32,
    /// Where it is when it comes to the next row.
    pub column: u32,
    pub course: Course,
}

/// How a line goes on from the next row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It is the first to its revision: down to that, or until a row takes it in.
    Opens,
    /// Another line to the same revision is there already.
    Joins,
    /// It ends: its revision is not in the picture.
    LeadsOut,
}

/// The line from what depends on a revision to that revision, which all that depend on it share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The row of the revision on which others depend.
    pub row: u32,
    /// The rows of those that depend on it, the uppermost first.
    pub dependents: Vec<u32>,
    /// Counted from the lines of the graph outwards.
    pub column: u32,
}

impl Layout {
    /// Lays out the members of a graph without circles.
    pub fn of(graph: &Graph, members: &Members) -> Self {
        let mut columns = Columns::new(graph.len());
        let order = order(graph).into_iter().filter(|place| members[*place as usize]);
        let rows: Vec<Row> = order.map(|place| columns.row(graph, members, place)).collect();
        let mut layout = Self { rows, columns: columns.lines.len() as u32, ..Self::default() };
        layout.add_dependencies(graph);
        layout
    }

    fn add_dependencies(&mut self, graph: &Graph) {
        let mut row_of = vec![None; graph.len()];
        for (row, Row { place, .. }) in self.rows.iter().enumerate() {
            row_of[*place as usize] = Some(row as u32);
        }
        let mut groups: Vec<(Vec<u32>, u32)> = Vec::new();
        for (row, Row { place, .. }) in self.rows.iter().enumerate() {
            let dependents = graph.dependents(*place).iter();
            let mut rows: Vec<u32> = dependents.filter_map(|one| row_of[*one as usize]).collect();
            rows.sort_unstable();
            if !rows.is_empty() {
                groups.push((rows, row as u32));
            }
        }
        groups.sort_by_key(|(dependents, row)| (dependents[0], *row));
        // For each column, the row where its last line ends.
        let mut ends: Vec<u32> = Vec::new();
        for (dependents, row) in groups {
            let free = ends.iter().position(|end| *end < dependents[0]);
            let column = free.unwrap_or(ends.len());
            match free {
                Some(column) => ends[column] = row,
                None => ends.push(row),
            }
            self.dependencies.push(Dependency { row, dependents, column: column as u32 });
        }
        self.dependency_columns = ends.len() as u32;
    }
}

/// Returns all places, each before what it revises and depends on; newest first, and each branch without a break, as `git
/// log --graph` has it.
fn order(graph: &Graph) -> Vec<u32> {
    let above = |place: u32| graph.children(place).len() + graph.dependents(place).len();
    let mut waiting: Vec<usize> = (0..graph.len() as u32).map(above).collect();
    let mut ready: Vec<u32> = (0..graph.len() as u32).filter(|place| above(*place) == 0).collect();
    let mut order = Vec::with_capacity(graph.len());
    while let Some(place) = ready.pop() {
        order.push(place);
        for below in graph.dependencies(place).iter().chain(graph.parents(place)) {
            waiting[*below as usize] -= 1;
            if waiting[*below as usize] == 0 {
                ready.push(*below);
            }
        }
    }
    order
}

/// Which lines are on their way while the rows are laid out.
struct Columns {
    /// The revision to which the line in each column leads.
    lines: Vec<Option<u32>>,
    /// The column in which a line leads to each revision.
    column_of: Vec<Option<u32>>,
}

impl Columns {
    fn new(revisions: usize) -> Self {
        Self { lines: Vec::new(), column_of: vec![None; revisions] }
    }

    fn row(&mut self, graph: &Graph, members: &Members, place: u32) -> Row {
        let column = self.column_of[place as usize].unwrap_or_else(|| self.nearest_free(0));
        self.lines[column as usize] = None;
        let parents = graph.parents(place);
        let takes = match parents {
            [parent] => self.column_of[*parent as usize].filter(|other| *other > column),
            _ => None,
        };
        if let Some(other) = takes {
            self.lines[other as usize] = None;
            self.column_of[parents[0] as usize] = None;
        }
        let mut out = Vec::new();
        let lines = parents.iter().map(|parent| {
            let there = self.column_of[*parent as usize];
            let target = there.unwrap_or_else(|| self.nearest_free(column));
            self.lines[target as usize] = Some(*parent);
            let course = if !members[*parent as usize] {
                out.push(target);
                Course::LeadsOut
            } else if there.is_some() {
                Course::Joins
            } else {
                self.column_of[*parent as usize] = Some(target);
                Course::Opens
            };
            Line { parent: *parent, column: target, course }
        });
        let lines = lines.collect();
        out.into_iter().for_each(|column| self.lines[column as usize] = None);
        Row { place, column, lines, takes }
    }

    /// Finds the free column that is nearest to one, the right one of two.
    fn nearest_free(&mut self, column: u32) -> u32 {
        let count = self.lines.len() as u32;
        let is_free = |at: &u32| self.lines.get(*at as usize).is_none_or(Option::is_none);
        let right = (column..=count).find(is_free).unwrap_or(count);
        let left = (0..column).rev().take((right - column) as usize).find(is_free);
        let found = left.filter(|left| column - left < right - column).unwrap_or(right);
        if found == count {
            self.lines.push(None);
        }
        found
    }
}

#[cfg(test)]
pub mod tests;
