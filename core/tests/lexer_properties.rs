//! What holds for any text, in every dialect.

use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Just;
use proptest::test_runner::{Config, TestCaseError};
use revchain_core::{Dialect, LexErrorKind, Split, TokenKind};

/// Pieces that begin, end or look like something.
const PIECES: &[&str] = &[
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "\\",
    "\\'",
    "$",
    "$$",
    "$a$",
    "$1",
    "--",
    "-- ",
    "#",
    "/*",
    "*/",
    "/*!",
    "/*!50000 ",
    "/*M!",
    "/*+ ",
    ";",
    ";",
    ";",
    "(",
    ")",
    ",",
    ".",
    ".5",
    "1",
    "1.5e",
    "e+5",
    "0x1",
    "1..2",
    "x'",
    "E'",
    "e'",
    "U&'",
    "U&\"",
    "n'",
    "b'",
    ":",
    "::",
    ":=",
    "@",
    "@@",
    "?",
    "+",
    "-",
    "*",
    "/",
    "<",
    ">",
    "=",
    "!",
    "|",
    "&",
    "~",
    "%",
    "\n",
    "\n",
    "\r",
    "\t",
    " ",
    " ",
    " ",
    "\u{b}",
    "\u{feff}",
    "é",
    "😀",
    "a",
    "t",
    "CREATE ",
    "TEMP ",
    "TRIGGER ",
    "OR REPLACE ",
    "PROCEDURE ",
    "FUNCTION ",
    "EVENT ",
    "PACKAGE ",
    "BEGIN ",
    "ATOMIC ",
    "NOT ",
    "CASE ",
    "WHEN ",
    "THEN ",
    "ELSE ",
    "END ",
    "END;",
    "IF ",
    "LOOP ",
    "WHILE ",
    "DO ",
    "REPEAT ",
    "UNTIL ",
    "FOR ",
    "EACH ROW ",
    "DECLARE ",
    "HANDLER ",
    "EXPLAIN ",
    "COPY ",
    "FROM stdin",
    "DROP TABLE ",
    "ALTER TABLE ",
    "RENAME TO ",
    "PRAGMA ",
    "foreign_keys",
    "SET autocommit",
    "p() ",
    "AS ",
];

fn sql() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        20 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// SQL whose statements end, so that most cases split.
fn tame_sql() -> impl Strategy<Value = String> {
    let tame = |piece: &&str| !piece.contains(['\'', '"', '`', '[', '\\', '$', '\u{b}']);
    let pieces: Vec<_> = PIECES.iter().copied().filter(tame).collect();
    let quoted = prop_oneof![Just("'a;'"), Just("\"b;\""), Just("'--'"), Just("/* ; */")];
    let piece = prop_oneof![8 => prop::sample::select(pieces), 1 => quoted];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn check(dialect: Dialect, text: &str) -> Result<(), TestCaseError> {
    let split = match dialect.split(text) {
        Ok(split) => split,
        Err(error) => {
            prop_assert!(text.is_char_boundary(error.start) && error.start < text.len());
            return Ok(());
        }
    };
    check_tokens(dialect, text, &split)?;
    check_statements(dialect, text, &split)
}

fn check_tokens(dialect: Dialect, text: &str, split: &Split<'_>) -> Result<(), TestCaseError> {
    let mut end = 0;
    for token in &split.tokens {
        prop_assert!(!token.text.is_empty() && token.start >= end, "{token:?} in {text:?}");
        prop_assert_eq!(text.get(token.start..token.end()), Some(token.text));
        check_gap(dialect, &text[end..token.start])?;
        end = token.end();
    }
    check_gap(dialect, &text[end..])
}

/// Reads white space and comments without the lexer.
fn check_gap(dialect: Dialect, gap: &str) -> Result<(), TestCaseError> {
    let mut rest = gap;
    while let Some(first) = rest.chars().next() {
        let line = rest.starts_with("--") || dialect == Dialect::Mysql && first == '#';
        rest = if line {
            let ends: &[char] = if dialect == Dialect::Postgres { &['\n', '\r'] } else { &['\n'] };
            rest.find(ends).map_or("", |end| &rest[end..])
        } else if rest.starts_with("/*") {
            let end = comment_end(dialect, rest);
            prop_assert!(end.is_some(), "{dialect}: open comment in {gap:?}");
            &rest[end.unwrap_or_default()..]
        } else {
            let blank = first.is_ascii_whitespace()
                || first == '\u{b}' && dialect != Dialect::Sqlite
                || first == '\u{feff}' && dialect == Dialect::Sqlite;
            prop_assert!(blank, "{dialect}: {first:?} was left out in {gap:?}");
            &rest[first.len_utf8()..]
        };
    }
    Ok(())
}

fn comment_end(dialect: Dialect, text: &str) -> Option<usize> {
    if dialect != Dialect::Postgres {
        return text[2..].find("*/").map(|end| end + 4);
    }
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match text.as_bytes().get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn check_statements(dialect: Dialect, text: &str, split: &Split<'_>) -> Result<(), TestCaseError> {
    let mut end = 0;
    for (index, statement) in split.statements.iter().enumerate() {
        let tokens = split.tokens_of(index);
        let between = &split.tokens[end..statement.tokens.start];
        prop_assert!(between.iter().all(|token| token.kind == TokenKind::Semicolon));
        prop_assert_eq!(statement.span.start, tokens[0].start);
        end = statement.tokens.end;
        let alone = &text[statement.span.start..tokens[tokens.len() - 1].end()];
        if dialect == Dialect::Mysql && alone.ends_with("--") {
            continue; // Two operators, but a comment where the text ends with them.
        }
        let again = dialect.split(alone).map_err(|error| {
            TestCaseError::fail(format!("{dialect}: {alone:?} of {text:?}: {error}"))
        })?;
        let texts = |tokens: &[revchain_core::Token<'_>]| {
            tokens.iter().map(|token| (token.kind, token.text.to_owned())).collect::<Vec<_>>()
        };
        prop_assert_eq!(texts(&again.tokens), texts(tokens), "{} in {:?}", dialect, text);
        prop_assert_eq!(again.statements.len(), 1);
        let _ = dialect.transaction_control(tokens);
        let _ = dialect.needs_no_transaction(tokens);
        let _ = dialect.sets_up_connection(tokens);
    }
    let _ = dialect.unsafe_rebuilds(split);
    prop_assert!(split.tokens[end..].iter().all(|token| token.kind == TokenKind::Semicolon));
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 3000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_text_splits_or_says_where_it_does_not(text in sql()) {
        for dialect in Dialect::ALL {
            check(dialect, &text)?;
        }
    }

    #[test]
    fn tame_text_splits_in_order(text in tame_sql()) {
        for dialect in Dialect::ALL {
            check(dialect, &text)?;
        }
    }

    #[test]
    fn a_quoted_string_is_one_token(text in "[^\0]{0,20}") {
        for dialect in Dialect::ALL {
            for quoted in [dialect.quote_literal(&text), dialect.quote_identifier(&text)] {
                let split = dialect.split(&quoted).map_err(|e| TestCaseError::fail(e.to_string()))?;
                // MySQL's hexadecimal form says its character set before it.
                let before = usize::from(quoted.starts_with("_utf8mb4 "));
                prop_assert_eq!(split.tokens.len(), 1 + before, "{}: {}", dialect, quoted);
            }
        }
    }
}

/// Texts that make a careless lexer look for the same end again and again.
#[test]
fn ten_megabytes_split_in_linear_time() {
    let pieces = [
        "$",
        "$a",
        "$a$ ",
        "/*! ",
        "/*!50000 a */ ",
        "/*+ */ ",
        "(",
        ")",
        "CASE ",
        "BEGIN ",
        "'' ",
        "E''\n",
        "--\n",
        "- ",
        "+",
        "-+",
        "<",
        ":",
        "@",
        ".",
        "1.",
        "::",
        "a.",
        "IF ",
        "BEGIN ATOMIC ",
        "END ",
        "; END ",
        ";",
        "DECLARE ",
        "EXPLAIN ",
        "/*+",
        "/* */",
        "/*/",
        "\u{feff}",
        "1e",
        "[",
        "$a(",
        "#",
        "e'\\",
    ];
    // Debug builds are some thirty times slower; a quadratic lexer takes hours in either.
    let size = if cfg!(debug_assertions) { 1 << 16 } else { 10 << 20 };
    for dialect in Dialect::ALL {
        for prefix in
            ["", "CREATE TRIGGER t ", "CREATE PROCEDURE p() ", "CREATE FUNCTION f() BEGIN ATOMIC "]
        {
            for piece in pieces {
                let text = format!("{prefix}{}", piece.repeat(size / piece.len()));
                let begun = std::time::Instant::now();
                let result = dialect.split(&text).map(|split| dialect.unsafe_rebuilds(&split));
                let needed = begun.elapsed().as_secs_f64();
                assert!(
                    needed < 2.0,
                    "{dialect}: {prefix}{piece:?}… took {needed} s: {:?}",
                    result.err()
                );
            }
        }
    }
}

#[test]
fn a_nul_byte_is_refused_in_every_dialect() {
    for dialect in Dialect::ALL {
        let error = dialect.split("SELECT 'a\0b'").unwrap_err();
        assert_eq!((error.kind, error.start), (LexErrorKind::NulByte, 9));
    }
}
