//! Draws a layout with characters, as `git log --graph` does: `*`, `|`, `/`, `\`, and `~` where a line leads out.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::cli::layout::{Course, Layout, Row};

/// A colour for each column, again from the first after the last.
const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Red,
    AnsiColor::Green,
    AnsiColor::Blue,
    AnsiColor::Magenta,
    AnsiColor::Cyan,
    AnsiColor::Yellow,
];

/// Draws a layout beside texts of one or more lines, and hands over line by line.
pub fn draw(
    layout: &Layout,
    coloured: bool,
    text: impl Fn(u32) -> String,
    mut print: impl FnMut(&str),
) {
    let mut drawing = Drawing { passing: vec![false; layout.columns as usize] };
    for row in &layout.rows {
        let lines = drawing.row(row);
        let rest = drawing.passing();
        let text = text(row.place);
        let mut texts = text.lines();
        let width = lines.iter().chain([&rest]).map(Canvas::width).max().unwrap_or_default() + 1;
        for line in &lines {
            print(&line.beside(texts.next().unwrap_or_default(), width, coloured));
        }
        texts.for_each(|text| print(&rest.beside(text, width, coloured)));
    }
}

/// Which columns have a line between two rows.
struct Drawing {
    passing: Vec<bool>,
}

impl Drawing {
    /// Draws a row and what leads from it to the next.
    fn row(&mut self, row: &Row) -> Vec<Canvas> {
        let own = row.column as usize;
        let targets: Vec<usize> = row.lines.iter().map(|line| line.column as usize).collect();
        let (left, right): (Vec<usize>, Vec<usize>) =
            targets.iter().filter(|target| **target != own).partition(|target| **target < own);
        let mut node = self.passing();
        let farthest = right.iter().copied().max().unwrap_or(own);
        // Nothing in the way to the right: the lines fan out below `*-.`, as an octopus merge of git.
        let fans_out = !self.passing[own + 1..=farthest].contains(&true);
        if fans_out && farthest > own + 1 {
            (2 * own + 1..2 * farthest - 2).for_each(|at| node.put(at, '-', farthest));
            node.put(2 * farthest - 2, '.', farthest);
        }
        node.put(2 * own, '*', own);
        let mut canvases = vec![node];
        self.passing[own] = targets.contains(&own);
        self.first(own, &left, &right, fans_out, &mut canvases);
        self.second(own, &left, &right, fans_out, &mut canvases);
        let is_out = |course: Course| course == Course::LeadsOut;
        for line in &row.lines {
            self.passing[line.column as usize] = !is_out(line.course);
        }
        if row.lines.iter().any(|line| is_out(line.course)) {
            let mut ends = self.passing();
            for line in row.lines.iter().filter(|line| is_out(line.course)) {
                ends.put(2 * line.column as usize, '~', line.column as usize);
            }
            canvases.push(ends);
        }
        if let Some(other) = row.takes {
            self.take_in(own, other as usize, &mut canvases);
        }
        canvases
    }

    /// Draws where lines leave the revision's column: all the way to a neighbour, to others as far as below `_`.
    fn first(&self, own: usize, left: &[usize], right: &[usize], fans: bool, to: &mut Vec<Canvas>) {
        if left.is_empty() && right.is_empty() {
            return;
        }
        let mut canvas = self.passing();
        if let Some(farthest) = left.iter().min() {
            canvas.put(2 * own - 1, '/', *left.iter().max().unwrap_or(farthest));
            (2 * farthest + 3..2 * own - 1).for_each(|at| canvas.fill(at, *farthest));
        }
        if fans {
            right.iter().for_each(|target| canvas.put(2 * target - 1, '\\', *target));
        } else if let Some(farthest) = right.iter().max() {
            canvas.put(2 * own + 1, '\\', *right.iter().min().unwrap_or(farthest));
            (2 * own + 2..2 * farthest - 2).for_each(|at| canvas.fill(at, *farthest));
        }
        to.push(canvas);
    }

    /// Draws where lines come to columns that are no neighbours.
    fn second(
        &self,
        own: usize,
        left: &[usize],
        right: &[usize],
        fans: bool,
        to: &mut Vec<Canvas>,
    ) {
        let left_far = left.iter().filter(|target| **target + 1 < own);
        let right_far = right.iter().filter(|target| **target > own + 1 && !fans);
        let far: Vec<usize> = left_far.chain(right_far).copied().collect();
        if far.is_empty() {
            return;
        }
        let mut canvas = self.passing();
        for target in left.iter().chain(right) {
            match far.contains(target) {
                true if *target < own => canvas.put(2 * target + 1, '/', *target),
                true => canvas.put(2 * target - 1, '\\', *target),
                false => canvas.put(2 * target, '|', *target),
            }
        }
        to.push(canvas);
    }

    /// Draws a line of another column that bends into the revision's own.
    fn take_in(&mut self, own: usize, other: usize, to: &mut Vec<Canvas>) {
        self.passing[other] = false;
        let mut canvas = self.passing();
        canvas.put(2 * other - 1, '/', other);
        (2 * own + 3..2 * other - 1).for_each(|at| canvas.fill(at, other));
        to.push(canvas);
        if other > own + 1 {
            let mut canvas = self.passing();
            canvas.put(2 * own + 1, '/', other);
            to.push(canvas);
        }
    }

    fn passing(&self) -> Canvas {
        let mut canvas = Canvas::default();
        let passing = self.passing.iter().enumerate().filter(|(_, passes)| **passes);
        passing.for_each(|(column, _)| canvas.put(2 * column, '|', column));
        canvas
    }
}

/// A line of characters, each with the column whose colour it has.
#[derive(Default)]
struct Canvas(Vec<(char, usize)>);

impl Canvas {
    const BLANK: (char, usize) = (' ', 0);

    fn put(&mut self, at: usize, c: char, column: usize) {
        if self.0.len() <= at {
            self.0.resize(at + 1, Self::BLANK);
        }
        self.0[at] = (c, column);
    }

    /// Leads a line along below what is there.
    fn fill(&mut self, at: usize, column: usize) {
        if self.0.get(at).is_none_or(|glyph| *glyph == Self::BLANK) {
            self.put(at, '_', column);
        }
    }

    fn width(&self) -> usize {
        self.0.len()
    }

    fn beside(&self, text: &str, width: usize, coloured: bool) -> String {
        let mut line = String::with_capacity(width + text.len());
        for run in self.0.chunk_by(|a, b| a.1 == b.1 && a.0 != ' ' && b.0 != ' ') {
            let characters: String = run.iter().map(|(c, _)| c).collect();
            if coloured && run[0].0 != ' ' {
                let style = Style::new().fg_color(Some(COLOURS[run[0].1 % COLOURS.len()].into()));
                let _ = write!(line, "{style}{characters}{style:#}");
            } else {
                line.push_str(&characters);
            }
        }
        if !text.is_empty() {
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(self.width())));
            line.push_str(text);
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests;
