//! How SQLite's rules read a text; what could surprise was tried on SQLite 3.40.

use revchain_core::{Dialect, LexErrorKind, TokenKind};

fn statements(text: &str) -> Vec<&str> {
    let split = Dialect::Sqlite.split(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    split.statements.iter().map(|statement| &text[statement.span.clone()]).collect()
}

fn tokens(text: &str) -> Vec<&str> {
    let split = Dialect::Sqlite.split(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    split.tokens.iter().map(|token| token.text).collect()
}

#[test]
fn tokens_are_those_of_tokenize_c() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "operators are as long as they can be",
            "a->>b->c||d<=e<>f!=g==h<<i>>j>=k<l",
            &[
                "a", "->>", "b", "->", "c", "||", "d", "<=", "e", "<>", "f", "!=", "g", "==", "h",
                "<<", "i", ">>", "j", ">=", "k", "<", "l",
            ],
        ),
        ("there is no <=>", "a<=>b", &["a", "<=", ">", "b"]),
        (
            "a doubled quote stays inside",
            "'it''s' \"a\"\"b\" `a``b`",
            &["'it''s'", "\"a\"\"b\"", "`a``b`"],
        ),
        ("a bracket ends at the first ]", "[a[b]]", &["[a[b]", "]"]),
        ("a backslash escapes nothing", r"'\' 'a'", &[r"'\'", "'a'"]),
        ("a blob is one token", "x'41' X'42' y'43'", &["x'41'", "X'42'", "y", "'43'"]),
        (
            "numbers",
            "1 .5 1.5 1. 1e5 1e+5 1.e-5 0x1F 1_000.5",
            &["1", ".5", "1.5", "1.", "1e5", "1e+5", "1.e-5", "0x1F", "1_000.5"],
        ),
        ("an exponent needs a digit", "1e+a", &["1e", "+", "a"]),
        ("a name behind a number belongs to it, and is an error", "1abc", &["1abc"]),
        (
            "parameters",
            "? ?12 :a @a $a #1 $a::b(c d) $a::b(c)",
            &["?", "?12", ":a", "@a", "$a", "#1", "$a::b(c", "d", ")", "$a::b(c)"],
        ),
        ("a name holds a dollar and any byte above 0x7f", "a$b é名", &["a$b", "é名"]),
        (
            "a byte-order mark is white space only where a token begins",
            "\u{feff}a\u{feff}b",
            &["a\u{feff}b"],
        ),
        ("a carriage return does not end a comment", "-- a\rb\nc", &["c"]),
        ("a slash star slash is no whole comment", "/*/ a */ b", &["b"]),
    ];
    for (name, text, expected) in cases {
        assert_eq!(tokens(text), *expected, "{name}");
    }
}

#[test]
fn kinds_are_told_apart() {
    let split = Dialect::Sqlite.split("a \"b\" [c] 'd' x'41' 1 ( ? ;").unwrap();
    let kinds: Vec<_> = split.tokens.iter().map(|token| token.kind).collect();
    use TokenKind::{Identifier, Number, Operator, Parameter, Semicolon, String, Word};
    assert_eq!(
        kinds,
        [Word, Identifier, Identifier, String, String, Number, Operator, Parameter, Semicolon]
    );
}

#[test]
fn a_statement_ends_where_sqlite3_complete_says() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("empty statements are none", ";; ; -- ;\n;", &[]),
        ("the last one needs no semicolon", "a; b", &["a", "b"]),
        ("comments at the ends do not belong to it", "/* x */ a -- y\n; b /* z */", &["a", "b"]),
        (
            "a trigger ends with ; END ;",
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END; d",
            &["CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END", "d"],
        ),
        (
            "CASE … END is not the trigger's end",
            "CREATE TEMP TRIGGER t BEGIN SELECT CASE WHEN 1 THEN 2 END; END; d",
            &["CREATE TEMP TRIGGER t BEGIN SELECT CASE WHEN 1 THEN 2 END; END", "d"],
        ),
        (
            "an explained trigger is one",
            "EXPLAIN QUERY PLAN CREATE TEMPORARY TRIGGER t BEGIN a; END; d",
            &["EXPLAIN QUERY PLAN CREATE TEMPORARY TRIGGER t BEGIN a; END", "d"],
        ),
        (
            "a comment may stand between ; and END",
            "CREATE TRIGGER t BEGIN a; /* ; */ END -- x\n; d",
            &["CREATE TRIGGER t BEGIN a; /* ; */ END", "d"],
        ),
        (
            "the last trigger needs no semicolon",
            "CREATE TRIGGER t BEGIN a; END",
            &["CREATE TRIGGER t BEGIN a; END"],
        ),
        (
            "a table named trigger is none",
            "CREATE TABLE trigger (a); b",
            &["CREATE TABLE trigger (a)", "b"],
        ),
        (
            "BEGIN and END are a transaction's words",
            "BEGIN; a; END; b",
            &["BEGIN", "a", "END", "b"],
        ),
        ("a comment does not nest", "/* a /* b */ DROP TABLE n; -- */", &["DROP TABLE n"]),
    ];
    for (name, text, expected) in cases {
        assert_eq!(statements(text), *expected, "{name}");
    }
}

#[test]
fn what_cannot_be_split_says_where() {
    use LexErrorKind::{
        ClientCommand, UnterminatedBody, UnterminatedComment, UnterminatedIdentifier,
        UnterminatedString,
    };
    let cases = [
        ("a 'b", UnterminatedString, 2),
        ("a x'b", UnterminatedString, 2),
        ("a 'b''", UnterminatedString, 2),
        ("a \"b", UnterminatedIdentifier, 2),
        ("a `b", UnterminatedIdentifier, 2),
        ("a [b", UnterminatedIdentifier, 2),
        ("a /* b", UnterminatedComment, 2),
        ("a /*", UnterminatedComment, 2),
        ("a; CREATE TRIGGER t BEGIN b; c;", UnterminatedBody, 3),
        ("a;\n.read b.sql", ClientCommand, 3),
        (".mode csv\nSELECT 'a", ClientCommand, 0),
    ];
    for (text, kind, start) in cases {
        let error = Dialect::Sqlite.split(text).unwrap_err();
        assert_eq!((error.kind, error.start), (kind, start), "{text}");
    }
}
