//! What Rust's tokens are, what holds for any text, and which functions a file has.

use proptest::prelude::{Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Just;
use proptest::test_runner::Config;
use revchain_core::rust::{Source, tokens};

fn texts(text: &str) -> Vec<String> {
    match tokens(text) {
        Ok(tokens) => tokens.iter().map(|token| token.text.to_owned()).collect(),
        Err(error) => vec![format!("{:?} at {}", error.kind, error.start)],
    }
}

#[test]
fn each_token_is_what_rustc_takes_it_for() {
    let cases: &[(&str, &[&str])] = &[
        ("'a' '\\'' '\\u{1F600}' 'ü'", &["'a'", "'\\''", "'\\u{1F600}'", "'ü'"]),
        ("&'a str, 'static", &["&", "'a", "str", ",", "'static"]),
        ("f::<'a,'b>()", &["f", ":", ":", "<", "'a", ",", "'b", ">", "(", ")"]),
        ("b'x' b\"x\" c\"x\"", &["b'x'", "b\"x\"", "c\"x\""]),
        ("r\"\\\" r#\"\"# br##\"\"#\"##", &["r\"\\\"", "r#\"\"#", "br##\"\"#\"##"]),
        ("r#type r #type", &["r#type", "r", "#", "type"]),
        ("\"\\\\\" \"\\\"//\"", &["\"\\\\\"", "\"\\\"//\""]),
        ("a//b\nc/*d/*e*/f*/g", &["a", "c", "g"]),
        (
            "1..2 1.5e-3 x.0.1",
            &["1", ".", ".", "2", "1", ".", "5e", "-", "3", "x", ".", "0", ".", "1"],
        ),
        ("größe", &["größe"]),
        ("\"open", &["UnterminatedString at 0"]),
        ("a r#\"open\"", &["UnterminatedString at 2"]),
        ("x ''", &["UnterminatedCharacter at 2"]),
        ("/* /* */", &["UnterminatedComment at 0"]),
        ("f(]", &["Unbalanced at 1"]),
        ("f)", &["Unbalanced at 1"]),
        ("f { (", &["Unbalanced at 4"]),
    ];
    for (text, expected) in cases {
        assert_eq!(texts(text), *expected, "{text}");
    }
}

#[test]
fn a_function_is_read_by_its_name_and_its_parameter() {
    let cases = [
        ("pub fn upgrade(c: &rusqlite::Connection) -> Result<()> {}", "upgrade Rusqlite upgrade"),
        (
            "pub fn upgrade(c: &'_ Connection,) -> Result<(), E> where E: X {}",
            "upgrade Rusqlite upgrade",
        ),
        (
            "pub async fn downgrade(mut c: &mut sqlx::PgConnection) -> R {}",
            "downgrade Postgres downgrade",
        ),
        (
            "pub async fn upgrade_sqlx_sqlite(_: &mut Pool) -> R {}",
            "upgrade SqlxSqlite upgrade_sqlx_sqlite",
        ),
        (
            "#[cfg(feature = \"x\")] #[inline] pub async fn upgrade(c: &mut MySqlConnection) -> R {}",
            "upgrade Mysql # [ cfg ( feature = \"x\" ) ] ",
        ),
        ("use a::{b}; const X: T = T { a: 1 }; pub(crate) fn upgrade_rows() {}", ""),
        ("impl T { pub fn upgrade(&self) {} }", ""),
        ("mod inner { pub fn upgrade() {} }", ""),
        ("macro_rules! m { () => { pub fn upgrade() {} } }", ""),
        ("const fn x() {} pub fn upgrade(c: &Connection) -> R {}", "upgrade Rusqlite upgrade"),
    ];
    for (text, expected) in cases {
        let (source, faults) = Source::read(text);
        assert!(faults.is_empty(), "{text}: {faults:?}");
        let found: Vec<String> = source
            .functions
            .iter()
            .map(|f| {
                let more = if f.conditions.is_empty() { &f.name } else { &f.conditions };
                format!("{} {:?} {more}", f.direction, f.driver)
            })
            .collect();
        assert_eq!(found.join("; "), expected, "{text}");
    }
}

#[test]
fn a_function_of_another_form_is_refused() {
    let cases = [
        ("fn upgrade(c: &Connection) -> R {}", "NotPublic"),
        ("pub(crate) fn upgrade(c: &Connection) -> R {}", "NotPublic"),
        ("pub fn upgrade(c: &mut Connection) -> R {}", "Signature"),
        ("pub async fn upgrade(c: &Connection) -> R {}", "Signature"),
        ("pub fn upgrade(c: &mut PgConnection) -> R {}", "Signature"),
        ("pub async fn upgrade(c: &PgConnection) -> R {}", "Signature"),
        ("pub unsafe fn upgrade(c: &Connection) -> R {}", "Signature"),
        ("pub fn upgrade(c: &Connection) {}", "Signature"),
        ("pub async fn upgrade_postgres(c: &mut SqliteConnection) -> R {}", "Signature"),
        ("pub fn upgrade_rusqlite() -> R {}", "Signature"),
        ("pub fn upgrade(c: &Pool) -> R {}", "UnknownConnection"),
        ("pub fn upgrade() -> R {}", "UnknownConnection"),
        ("pub fn upgrade_pg(c: &Connection) -> R {}", "UnknownFunction"),
        (
            "pub fn upgrade(c: &Connection) -> R {} pub fn upgrade_rusqlite(c: &Connection) -> R {}",
            "Twice",
        ),
    ];
    for (text, expected) in cases {
        let (_, faults) = Source::read(text);
        let said = format!("{faults:?}");
        assert!(faults.len() == 1 && said.contains(expected), "{text}: {said}");
    }
}

#[test]
fn a_path_that_leads_out_of_the_file_is_found() {
    let cases = [
        ("use crate::models;", 1),
        ("use crate as app;", 1),
        ("fn f() { crate::x() }", 1),
        ("use super::models;", 1),
        ("use self::super::models;", 1),
        ("mod tests { use super::*; }", 0),
        ("mod tests { use super::super::*; }", 1),
        ("mod a { mod b { use super::super::f; } }", 0),
        ("mod a {} use super::f;", 1),
        ("pub(crate) fn f() {} pub(super) struct S;", 0),
        ("pub(in crate::x) fn f() {}", 1),
        ("macro_rules! m { () => { $crate::x } }", 0),
        ("mod rows;", 1),
        ("const S: &str = include_str!(\"seed.sql\");", 1),
        ("// crate::x\nconst S: &str = \"crate::x\";", 0),
        ("fn supervise(krate: u8) {}", 0),
        ("fn f() { m!(crate::x) }", 1),
    ];
    for (text, expected) in cases {
        let (_, faults) = Source::read(text);
        assert_eq!(faults.len(), expected, "{text}: {faults:?}");
    }
}

/// Pieces that begin, end or look like something.
const PIECES: &[&str] = &[
    "'",
    "\"",
    "\\",
    "r\"",
    "r#\"",
    "\"#",
    "b'",
    "br\"",
    "c\"",
    "r#",
    "#",
    "//",
    "/*",
    "*/",
    "//!",
    "///",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ":",
    "::",
    "->",
    "=",
    "!",
    "<",
    ">",
    "&",
    "'a",
    "'a'",
    "1.5",
    "0xf",
    "e-3",
    "fn",
    "pub",
    "async",
    "upgrade",
    "downgrade_postgres",
    "mod",
    "super",
    "crate",
    "use",
    "include_str",
    "const",
    "PgConnection",
    "ü",
    "\u{0}",
    "\n",
    " ",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => Just(" ".to_owned()),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(Config::with_cases(2000))]

    #[test]
    fn what_is_read_is_read_again_from_its_tokens(text in text()) {
        if let Ok(read) = tokens(&text) {
            let texts: Vec<&str> = read.iter().map(|token| token.text).collect();
            for token in &read {
                prop_assert_eq!(&text[token.start..token.end()], token.text);
            }
            let joined = texts.join(" ");
            let again = tokens(&joined).map(|read| read.iter().map(|t| t.text.to_owned()).collect::<Vec<_>>());
            prop_assert_eq!(again.as_deref(), Ok(&texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>()[..]));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in text()) {
        let (source, faults) = Source::read(&text);
        for function in &source.functions {
            prop_assert_eq!(text.get(function.signature.clone()).is_some(), true);
        }
        for (range, _) in faults {
            prop_assert_eq!(text.get(range).is_some(), true);
        }
    }
}
