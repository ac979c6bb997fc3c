//! The lines of a picture, as one path for each colour.

use std::fmt::Write as _;

use super::{DEPENDENCY, Frame, LANE, ROW, y};
use crate::layout::{Course, Dependency, Layout, Row};
use crate::picture::Picture;

/// How many colours there are: see `style.rs`.
pub(super) const COLOURS: usize = 6;

/// Returns the class of a lane's colour.
pub(super) fn colour(column: u32) -> &'static str {
    ["l0", "l1", "l2", "l3", "l4", "l5"][column as usize % COLOURS]
}

/// The lines of a picture.
pub(super) struct Lanes<'f> {
    frame: &'f Frame,
    /// The path of each colour.
    paths: [String; COLOURS],
    /// Lines that lead out of the picture.
    out: String,
    dependencies: String,
    /// For each column, the path that goes on there.
    open: Vec<Option<String>>,
}

impl<'f> Lanes<'f> {
    pub(super) fn of(picture: &Picture, frame: &'f Frame) -> Self {
        let layout = &picture.layout;
        let mut lanes = Self {
            frame,
            paths: Default::default(),
            out: String::new(),
            dependencies: String::new(),
            open: vec![None; layout.columns as usize],
        };
        for (index, row) in layout.rows.iter().enumerate() {
            lanes.add(index, row);
        }
        layout.dependencies.iter().for_each(|line| lanes.add_dependency(layout, line));
        lanes
    }

    pub(super) fn write(&self) -> String {
        let colours = (0..).map(|column| format!("line {}", colour(column)));
        let mut text = String::new();
        let rest = [("depends".to_owned(), &self.dependencies), ("out".to_owned(), &self.out)];
        let paths = rest.into_iter().chain(colours.zip(&self.paths));
        for (class, path) in paths.filter(|(_, path)| !path.is_empty()) {
            let _ = writeln!(text, "<path class=\"{class}\" d=\"{path}\"/>");
        }
        text
    }

    fn add(&mut self, index: usize, row: &Row) {
        let (x, y) = (self.frame.x(row.column), y(index));
        if let Some(path) = self.open[row.column as usize].take() {
            self.end(row.column, format!("{path}V{y}"));
        }
        if let Some(other) = row.takes
            && let Some(path) = self.open[other as usize].take()
        {
            let bend = bend(other, row.column, 1);
            self.end(other, format!("{path}V{y}{bend}"));
        }
        for line in &row.lines {
            let start = format!("M{x} {y}");
            match line.course {
                Course::Opens => {
                    let path = start + &bend(row.column, line.column, 1);
                    self.open[line.column as usize] = Some(path);
                }
                Course::Joins => {
                    self.end(
                        row.column.max(line.column),
                        start + &bend(row.column, line.column, 1),
                    );
                }
                // It must not come as far as the next row, where there may be another revision.
                Course::LeadsOut => self.out.push_str(&(start + &bend(row.column, line.column, 2))),
            }
        }
    }

    fn end(&mut self, column: u32, path: String) {
        self.paths[column as usize % COLOURS].push_str(&path);
    }

    fn add_dependency(&mut self, layout: &Layout, line: &Dependency) {
        let node = |row: u32| {
            let column = layout.rows[row as usize].column;
            (self.frame.x(column), y(row as usize))
        };
        let at = self.frame.dependency(line.column);
        let corner = DEPENDENCY / 2;
        let mut path = String::new();
        for dependent in &line.dependents {
            let (x, y) = node(*dependent);
            let _ = write!(path, "M{x} {y}H{}q-{corner} 0 -{corner} {corner}", at + corner);
        }
        // All go down the same way, from the uppermost on.
        let (x, bottom) = node(line.row);
        let (_, top) = node(line.dependents[0]);
        let _ = write!(path, "M{at} {}V{}", top + corner, bottom - corner);
        let _ = write!(path, "q0 {corner} {corner} {corner}H{x}");
        self.dependencies.push_str(&path);
    }
}

/// Leads from the middle of one row to the next, or a part of the way: `part` is 1 for all of it, 2 for the better half.
fn bend(from: u32, to: u32, part: u32) -> String {
    let (half, lane) = (ROW / 2, LANE);
    let lanes = from.abs_diff(to);
    let sign = if to < from { "-" } else { "" };
    match (lanes, part) {
        (0, 1) => String::new(),
        (0, _) => format!("v{half}"),
        (1, 1) => format!("c0 {half} {sign}{lane} {half} {sign}{lane} {ROW}"),
        (1, _) => format!("q0 {half} {sign}{} {half}", lane / 2),
        // Half-way down it is as far as can be from the revisions of both rows.
        _ => {
            let (corner, across) = (lane / 2, (lanes - 1) * lane);
            let end = if part == 1 {
                format!("q{sign}{corner} 0 {sign}{corner} {half}")
            } else {
                String::new()
            };
            format!("q0 {half} {sign}{corner} {half}h{sign}{across}{end}")
        }
    }
}
