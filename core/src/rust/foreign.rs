//! What a revision must not name, because it changes without it: the application's code, and other files.

use std::ops::Range;

use super::item::sign;
use crate::dialect::{Token, TokenKind};
use crate::problem::{Fact, Foreign};

/// Macros that read another file while the application compiles.
const READERS: [&str; 3] = ["include", "include_str", "include_bytes"];

/// Finds the paths that lead out of a file.
///
/// `super` inside a module of the file leads into the file; `pub(crate)` names nothing, and `$crate` is another crate's.
pub(super) fn find(tokens: &[Token<'_>]) -> Vec<(Range<usize>, Fact)> {
    let mut found = Vec::new();
    // For each open brace: whether it is that of a module.
    let mut braces: Vec<bool> = Vec::new();
    let mut module = false;
    for (at, token) in tokens.iter().enumerate() {
        let text = |ahead: usize| tokens.get(at + ahead).map_or("", |token| token.text);
        match sign(token) {
            "{" => braces.push(std::mem::take(&mut module)),
            "}" => _ = braces.pop(),
            _ => {}
        }
        if token.kind != TokenKind::Word {
            continue;
        }
        let before = at.checked_sub(1).map_or("", |before| tokens[before].text);
        let mut add = |last: usize, what| {
            let range = token.start..tokens[at + last].end();
            found.push((range, Fact::ApplicationPath(what)));
        };
        match token.text {
            "crate" if before == "$" || (before == "(" && text(1) == ")") => {}
            "crate" => add(0, Foreign::Path("crate")),
            "super" if before == "(" && text(1) == ")" => {}
            "super" if before != ":" || !is_super_above(tokens, at) => {
                let depth = braces.iter().filter(|is_module| **is_module).count();
                if supers(&tokens[at..]) > depth {
                    add(0, Foreign::Path("super"));
                }
            }
            "mod" if text(2) == ";" => add(1, Foreign::Module(text(1).to_owned())),
            "mod" if text(2) == "{" => module = true,
            word if text(1) == "!" && READERS.contains(&word) => {
                add(1, Foreign::File(word.to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// Tells whether a `super` is behind another, which was counted with it.
fn is_super_above(tokens: &[Token<'_>], at: usize) -> bool {
    at.checked_sub(3).is_some_and(|above| tokens[above].text == "super")
}

/// Counts the `super`s of a path.
fn supers(path: &[Token<'_>]) -> usize {
    path.chunks(3).take_while(|link| link[0].text == "super").count()
}
