//! How MySQL's and MariaDB's rules read a text; what could surprise was tried on MariaDB 10.11.

use revchain_core::{Dialect, LexErrorKind, TokenKind};

fn statements(text: &str) -> Vec<&str> {
    let split = Dialect::Mysql.split(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    split.statements.iter().map(|statement| &text[statement.span.clone()]).collect()
}

fn tokens(text: &str) -> Vec<&str> {
    let split = Dialect::Mysql.split(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    split.tokens.iter().map(|token| token.text).collect()
}

#[test]
fn tokens_are_those_of_sql_lex_cc() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "a backslash escapes in both kinds of string",
            r#"'\'' "\"" N'\''"#,
            &[r"'\''", r#""\"""#, r"N'\''"],
        ),
        ("but not in a name", r"`\` `a``b`", &[r"`\`", "`a``b`"]),
        (
            "literals with a prefix",
            "x'41' b'01' n'a' _utf8'b'",
            &["x'41'", "b'01'", "n'a'", "_utf8", "'b'"],
        ),
        ("a hash begins a comment", "a # b\nc", &["a", "c"]),
        (
            "two dashes do before white space, a control character or the end",
            "a -- b\nc --\td\n--\x01e\nf --",
            &["a", "c", "f"],
        ),
        ("and not before anything else", "1--2", &["1", "-", "-", "2"]),
        ("a comment does not nest", "/* a /* b */ c", &["c"]),
        (
            "operators",
            "a<=>b<=c<>d!=e<<f>>g&&h||i:=j->k->>l>=m",
            &[
                "a", "<=>", "b", "<=", "c", "<>", "d", "!=", "e", "<<", "f", ">>", "g", "&&", "h",
                "||", "i", ":=", "j", "->", "k", "->>", "l", ">=", "m",
            ],
        ),
        (
            "numbers",
            "1 .5 1. 1.5e5 1e+5 0x1F 0b01",
            &["1", ".5", "1.", "1.5e5", "1e+5", "0x1F", "0b01"],
        ),
        ("a range is no number", "1..10", &["1", "..", "10"]),
        ("a name may begin with digits", "1a 1e", &["1a", "1e"]),
        (
            "behind a word and its dot stands a name",
            "a.1e+5 a.5 `a`.5",
            &["a", ".", "1e", "+", "5", "a", ".", "5", "`a`", ".5"],
        ),
        (
            "variables",
            "@a.b @@c.d @'e' @`f` root@localhost",
            &["@a.b", "@@c", ".", "d", "@", "'e'", "@", "`f`", "root", "@localhost"],
        ),
        ("a null", r"\N", &[r"\N"]),
        ("a dollar belongs to names", "$$ a$b", &["$$", "a$b"]),
    ];
    for (name, text, expected) in cases {
        assert_eq!(tokens(text), *expected, "{name}");
    }
}

#[test]
fn kinds_are_told_apart() {
    use TokenKind::{Directive, Identifier, Number, Operator, Parameter, Semicolon, String, Word};
    let split = Dialect::Mysql.split("a `b` \"c\" 'd' 0x1F 1a ( ? @e /*! f */ ;").unwrap();
    let kinds: Vec<_> = split.tokens.iter().map(|token| token.kind).collect();
    assert_eq!(
        kinds,
        [
            Word, Identifier, String, String, Number, Word, Operator, Parameter, Parameter,
            Directive, Semicolon
        ]
    );
}

#[test]
fn a_directive_is_one_token() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "with and without a version",
            "a /*! b */ /*!50003 c */ /*M! d */ /*M!100500 e */ f",
            &["a", "/*! b */", "/*!50003 c */", "/*M! d */", "/*M!100500 e */", "f"],
        ),
        ("a string in it may hold its end", "/*! '*/' */", &["/*! '*/' */"]),
        ("so may a comment", "/*! # */\n a */", &["/*! # */\n a */"]),
        (
            "a plain comment in it nests",
            "/*!50003 a /* b */ c */ d",
            &["/*!50003 a /* b */ c */", "d"],
        ),
        ("a hint is read as characters", "SELECT /*+ '*/ 1", &["SELECT", "/*+ '*/", "1"]),
    ];
    for (name, text, expected) in cases {
        assert_eq!(tokens(text), *expected, "{name}");
    }
}

#[test]
fn a_body_ends_where_the_server_ends_it() {
    // Each was created on MariaDB 10.11 as one statement.
    let bodies = include_str!("lexer_mysql_bodies.sql");
    for body in bodies.split("\n\n").map(str::trim).filter(|body| !body.is_empty()) {
        let text = format!("SELECT 1;\n{body};\nSELECT 2");
        assert_eq!(statements(&text), ["SELECT 1", body, "SELECT 2"]);
    }
}

#[test]
fn a_statement_without_a_body_ends_with_its_semicolon() {
    let cases: &[(&str, usize)] = &[
        (";; ; # ;\n;", 0),
        ("BEGIN; a; COMMIT; START TRANSACTION; b", 5),
        ("BEGIN WORK; a", 2),
        ("CREATE TABLE event (a int, begin int); a", 2),
        ("CREATE FUNCTION f RETURNS STRING SONAME 'f.so'; a", 2),
        ("CREATE VIEW v AS SELECT CASE WHEN 1 THEN IF(1, 2, 3) END; a", 2),
        ("ALTER PROCEDURE p COMMENT 'x'; a", 2),
        ("/* a /* b */ DROP TABLE n; -- */", 1),
    ];
    for (text, expected) in cases {
        assert_eq!(statements(text).len(), *expected, "{text}");
    }
}

#[test]
fn a_package_ends_with_its_own_end() {
    // As MariaDB 11.4's manual writes them ("CREATE PACKAGE"); not tried.
    let head = "CREATE PACKAGE p PROCEDURE a(end int); FUNCTION b() RETURNS INT; END";
    let body = "CREATE OR REPLACE PACKAGE BODY p \
        PROCEDURE a(end int) BEGIN SELECT 1; END; FUNCTION b() RETURNS INT RETURN IF(1, 2, 3); END";
    let text = format!("{head};\n{body};\nSELECT 2");
    assert_eq!(statements(&text), [head, body, "SELECT 2"]);
}

#[test]
fn what_cannot_be_split_says_where() {
    use LexErrorKind::{
        AmbiguousDirective, ClientCommand, Delimiter, UnterminatedBody, UnterminatedComment,
        UnterminatedIdentifier, UnterminatedString,
    };
    let cases = [
        (r"a 'b\'", UnterminatedString, 2),
        ("a \"b", UnterminatedString, 2),
        ("a `b", UnterminatedIdentifier, 2),
        ("a /* b", UnterminatedComment, 2),
        ("a /*! b", UnterminatedComment, 2),
        ("a /*! 'b */", UnterminatedString, 2),
        // A server of a version below 9.99.99 skips it, and reads `+ 1` behind the `*/`.
        ("a /*!99999 '*/ + 1", AmbiguousDirective, 2),
        ("a /*!50003 '*/' */", AmbiguousDirective, 2),
        // MySQL does not know `/*M!`.
        ("a /*M! /* b */ c */", AmbiguousDirective, 2),
        ("a /*! /*! b */ */", AmbiguousDirective, 2),
        ("a; CREATE PROCEDURE p() BEGIN b;", UnterminatedBody, 3),
        ("DELIMITER //\nCREATE PROCEDURE p() BEGIN b; END//", Delimiter, 0),
        ("a;\ndelimiter $$\nSELECT 'b", Delimiter, 3),
        ("a;\n\\. b.sql", ClientCommand, 3),
        ("a;\nsource b.sql", ClientCommand, 3),
    ];
    for (text, kind, start) in cases {
        let error = Dialect::Mysql.split(text).unwrap_err();
        assert_eq!((error.kind, error.start), (kind, start), "{text}");
    }
}
