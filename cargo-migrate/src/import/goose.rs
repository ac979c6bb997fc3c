//! The layout of goose: `VERSION_name.sql` with `-- +goose` annotations, or a program in Go.

use super::layout::{OldFile, Order, Piece, Side, leading_digits, words};
use super::{Body, Transaction, Way};
use crate::failure::Failure;

pub(super) fn piece(file: &OldFile) -> Result<Option<Piece>, Failure> {
    let name = file.name();
    let (digits, rest) = leading_digits(name);
    let version: u64 = digits.parse().unwrap_or(0);
    let Some((stem, ending)) = rest.strip_prefix('_').and_then(|rest| rest.rsplit_once('.')) else {
        return Ok(None);
    };
    if version == 0 || !["sql", "go"].contains(&ending) || name.ends_with("_test.go") {
        return Ok(None);
    }
    let side = if ending == "go" {
        Side::Up { up: Body::Program, down: None, checksum: "-".to_owned(), hand: Vec::new() }
    } else {
        side(file)?
    };
    let order = Order::number(vec![version]);
    Ok(Some(Piece { order, version: version.to_string(), message: words(stem), side }))
}

/// Reads the annotations, which stand on lines of their own; their case does not count.
fn side(file: &OldFile) -> Result<Side, Failure> {
    let text = file.text()?;
    let mut ways = [String::new(), String::new()];
    let (mut way, mut in_statement) = (None, false);
    let mut transaction = Transaction::On;
    let mut hand = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let annotation = line.strip_prefix("--").map(|said| said.trim().to_ascii_lowercase());
        let word = annotation.as_deref().and_then(|said| said.strip_prefix("+goose "));
        match word.map(str::trim) {
            Some("up") if way.is_none() => way = Some(0),
            Some("down") if way == Some(0) && !in_statement => way = Some(1),
            Some("statementbegin") if way.is_some() && !in_statement => in_statement = true,
            Some("statementend") if in_statement => {
                in_statement = false;
                end_statement(&mut ways[way.unwrap_or(0)]);
            }
            Some("no transaction") => transaction = Transaction::Off,
            Some(word @ ("envsub on" | "envsub off")) => {
                if word.ends_with("on") {
                    hand.push(format!(
                        "line {}: goose put variables of the environment into what follows",
                        index + 1
                    ));
                }
            }
            Some(word) => {
                let reason = format!("has `-- +goose {word}` in line {}, out of place", index + 1);
                return Err(file.refuse(&reason));
            }
            None => match way {
                Some(way) => {
                    ways[way].push_str(line);
                    ways[way].push('\n');
                }
                None if line.trim().is_empty() || line.trim_start().starts_with("--") => {}
                None => return Err(file.refuse("has statements above `-- +goose Up`")),
            },
        }
    }
    if way.is_none() {
        return Err(file.refuse("has no `-- +goose Up`, which goose refuses"));
    }
    if in_statement {
        return Err(file.refuse("has a `StatementBegin` without its `StatementEnd`"));
    }
    let has_down = way == Some(1);
    let [up, down] = ways.map(|sql| Way { sql, transaction });
    let (up, down) = (Body::Sql(up), has_down.then_some(down));
    Ok(Side::Up { up, down, checksum: "-".to_owned(), hand })
}

/// What stood between the annotations is one statement, with or without its `;`.
fn end_statement(sql: &mut String) {
    if !sql.trim_end().ends_with(';') {
        // On a line of its own: the last one may be a comment.
        sql.push_str(";\n");
    }
}
