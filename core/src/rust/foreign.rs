//! What a revision must not name, because it changes without it: the application's code, and other files.

use std::ops::Range;

use super::item::{sign, text};
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
        let behind = [text(tokens, at + 1), text(tokens, at + 2)];
        match sign(token) {
            "{" => braces.push(std::mem::take(&mut module)),
            "}" => _ = braces.pop(),
            _ => {}
        }
        if token.kind != TokenKind::Word {
            continue;
        }
        let before = if at == 0 { "" } else { tokens[at - 1].text };
        let mut add = |last: usize, what| {
            let range = token.start..tokens[at + last].end();
            found.push((range, Fact::ApplicationPath(what)));
        };
        match token.text {
            "crate" if before == "$" || (before == "(" && behind[0] == ")") => {}
            "crate" => add(0, Foreign::Path("crate")),
            "super" if before == "(" && behind[0] == ")" => {}
            "super" if before != ":" || !is_super_above(tokens, at) => {
                let mut depth = 0;
                for is_module in &braces {
                    depth += usize::from(*is_module);
                }
                if supers(&tokens[at..]) > depth {
                    add(0, Foreign::Path("super"));
                }
            }
            "mod" if behind[1] == ";" => add(1, Foreign::Module(behind[0].to_owned())),
            "mod" if behind[1] == "{" => module = true,
            word if behind[0] == "!" && READERS.contains(&word) => {
                add(1, Foreign::File(word.to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// Tells whether a `super` is behind another, which was counted with it.
fn is_super_above(tokens: &[Token<'_>], at: usize) -> bool {
    at >= 3 && tokens[at - 3].text == "super"
}

/// Counts the `super`s of a path.
fn supers(path: &[Token<'_>]) -> usize {
    let mut count = 0;
    while text(path, 3 * count) == "super" {
        count += 1;
    }
    count
}
