//! `tests/RELIABILITY.md`: tables that test runs make.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Compares a part of the page with what a test has seen; with `REVCHAIN_BLESS` set, writes it.
///
/// A part stands between `<!-- NAME -->` and `<!-- /NAME -->`.
///
/// # Errors
///
/// When the page cannot be read or written, or has no such part.
///
/// # Panics
///
/// When the page says something else.
pub fn is(name: &str, seen: &str) -> io::Result<()> {
    let _alone = alone()?;
    let (path, text, [start, end]) = part(name)?;
    if std::env::var_os("REVCHAIN_BLESS").is_some() {
        return fs::write(path, format!("{}\n{}\n{}", &text[..start], seen.trim(), &text[end..]));
    }
    let said = text[start..end].trim();
    assert_eq!(
        said,
        seen.trim(),
        "tests/RELIABILITY.md says otherwise: REVCHAIN_BLESS=1 writes it"
    );
    Ok(())
}

/// Writes a part whose figures differ from run to run, where `REVCHAIN_BLESS` is set.
///
/// A row, which begins with its first column, replaces the one that begins so.
///
/// # Errors
///
/// When the page cannot be read or written, or has no such part.
pub fn note(name: &str, row: &str) -> io::Result<()> {
    if std::env::var_os("REVCHAIN_BLESS").is_none() {
        return Ok(());
    }
    let _alone = alone()?;
    let (path, text, [start, end]) = part(name)?;
    let first = |row: &str| row.split('|').nth(1).unwrap_or_default().trim().to_owned();
    let mut rows: Vec<&str> = text[start..end].trim().lines().collect();
    match rows.iter_mut().find(|other| first(other) == first(row)) {
        Some(other) => *other = row,
        None => rows.push(row),
    }
    fs::write(path, format!("{}\n{}\n{}", &text[..start], rows.join("\n"), &text[end..]))
}

/// Keeps other tests, in this process and others, from the page for as long as the value lives.
fn alone() -> io::Result<fs::File> {
    let page = fs::File::open(page())?;
    page.lock()?;
    Ok(page)
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("RELIABILITY.md")
}

fn part(name: &str) -> io::Result<(PathBuf, String, [usize; 2])> {
    let path = page();
    let text = fs::read_to_string(&path)?;
    let (before, after) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let start = text.find(&before).map(|at| at + before.len());
    let end = text.find(&after);
    match (start, end) {
        (Some(start), Some(end)) if start <= end => Ok((path, text, [start, end])),
        _ => Err(io::Error::other(format!("tests/RELIABILITY.md has no part `{name}`"))),
    }
}
