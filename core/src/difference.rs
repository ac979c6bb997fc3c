//! The lines in which two texts differ.

/// Texts longer than this are compared by their ends alone.
const LINES: usize = 2_000;
/// So many lines are shown at the most.
const SHOWN: usize = 24;

/// Returns the lines that are only in `old` (`- `) and only in `new` (`+ `), in order, at most 24.
///
/// ```
/// use revchain_core::difference::difference;
///
/// assert_eq!(difference("a\nb\nc", "a\nx\nc"), ["- b", "+ x"]);
/// assert!(difference("a", "a").is_empty());
/// ```
#[must_use]
pub fn difference(old: &str, new: &str) -> Vec<String> {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(&new).take_while(same).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let mut lines = if old.len() <= LINES && new.len() <= LINES {
        longest_common(old, new)
    } else {
        marked('-', old).chain(marked('+', new)).collect()
    };
    if lines.len() > SHOWN {
        let more = lines.len() - SHOWN;
        lines.truncate(SHOWN);
        lines.push(format!("… and {more} lines more"));
    }
    lines
}

fn marked<'l>(sign: char, lines: &'l [&str]) -> impl Iterator<Item = String> + 'l {
    lines.iter().map(move |line| format!("{sign} {line}"))
}

/// Walks the table of longest common subsequences, and returns what is in only one of the two.
fn longest_common(old: &[&str], new: &[&str]) -> Vec<String> {
    let width = new.len() + 1;
    let mut common = vec![0_u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == new.len()
            || (i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            lines.push(format!("- {}", old[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", new[j]));
            j += 1;
        }
    }
    lines
}
