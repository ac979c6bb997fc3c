//! The layout of dbmate: `VERSION_NAME.sql` with the blocks `-- migrate:up` and `-- migrate:down`.

use super::layout::{OldFile, Order, Piece, Side, leading_digits, words};
use super::{Body, Transaction, Way};
use crate::failure::Failure;

pub(super) fn piece(file: &OldFile) -> Result<Option<Piece>, Failure> {
    let name = file.name();
    let (version, rest) = leading_digits(name);
    let Some(rest) = rest.strip_suffix(".sql").filter(|_| !version.is_empty()) else {
        return Ok(None);
    };
    let text = file.text()?;
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push((start, line));
        start += line.len();
    }
    let block = |word: &str| {
        lines.iter().find_map(|(start, line)| Some((*start, line.len(), options(line, word)?)))
    };
    let Some((up, up_marker, up_options)) = block("up") else {
        return Err(file.refuse("has no `-- migrate:up`, which dbmate refuses"));
    };
    let is_talk = |line: &str| line.trim().is_empty() || line.trim_start().starts_with("--");
    if !text[..up].lines().all(is_talk) {
        return Err(file.refuse("has statements above `-- migrate:up`, which dbmate refuses"));
    }
    let down = block("down");
    if down.as_ref().is_some_and(|(down, ..)| *down < up) {
        return Err(file.refuse("has `-- migrate:down` above `-- migrate:up`"));
    }
    let end = down.as_ref().map_or(text.len(), |(down, ..)| *down);
    let way = |from: usize, to: usize, options: &str| Way {
        sql: text[from..to].to_owned(),
        transaction: if options.split_whitespace().any(|option| option == "transaction:false") {
            Transaction::Off
        } else {
            Transaction::On
        },
    };
    let up = way(up + up_marker, end, up_options);
    let down = down.map(|(at, marker, options)| way(at + marker, text.len(), options));
    // dbmate runs the files in the order of their names, whatever number these begin with.
    let (order, version, message) = (Order::name(name), version.to_owned(), words(rest));
    let side = Side::Up { up: Body::Sql(up), down, checksum: "-".to_owned(), hand: Vec::new() };
    Ok(Some(Piece { order, version, message, side }))
}

/// Returns what follows the marker of a block, if a line is one.
fn options<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let rest =
        line.strip_prefix("--")?.trim_start().strip_prefix("migrate:")?.strip_prefix(word)?;
    rest.chars().next().is_none_or(char::is_whitespace).then_some(rest.trim())
}
