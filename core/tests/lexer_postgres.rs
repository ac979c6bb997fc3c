//! How PostgreSQL's rules read a text; what could surprise was tried on PostgreSQL 15.

use revchain_core::{Dialect, LexErrorKind, TokenKind};

fn statements(text: &str) -> Vec<&str> {
    let split = Dialect::Postgres.split(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    split.statements.iter().map(|statement| &text[statement.span.clone()]).collect()
}

fn tokens(text: &str) -> Vec<&str> {
    let split = Dialect::Postgres.split(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    split.tokens.iter().map(|token| token.text).collect()
}

#[test]
fn tokens_are_those_of_scan_l() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("a backslash escapes nothing in a plain string", r"'\' 'a'", &[r"'\'", "'a'"]),
        ("it does in an E string", r"E'\'' e'\\'", &[r"E'\''", r"e'\\'"]),
        ("an E string goes on as one after a line break", "E'a'\n'\\'b'", &["E'a'", "'\\'b'"]),
        ("also behind a comment of one line", "E'a' -- '\n '\\'b' 'c'", &["E'a'", "'\\'b'", "'c'"]),
        ("but not on the same line", "E'a' '\\' 'b'", &["E'a'", "'\\'", "'b'"]),
        ("nor behind a block comment", "E'a' /*\n*/\n'\\' 'b'", &["E'a'", "'\\'", "'b'"]),
        ("a plain string goes on as a plain one", "'a'\n'\\' 'b'", &["'a'", "'\\'", "'b'"]),
        (
            "prefixes",
            "U&'a' u&\"b\" B'1' x'F' N'c' y'd'",
            &["U&'a'", "u&\"b\"", "B'1'", "x'F'", "N'c'", "y", "'d'"],
        ),
        ("a name that ends in e is no prefix", "typee'x'", &["typee", "'x'"]),
        (
            "dollar quotes",
            "$$a'$$ $a$ $b$ $$ $a$ $é$;$é$",
            &["$$a'$$", "$a$ $b$ $$ $a$", "$é$;$é$"],
        ),
        ("a tag may begin behind another's dollar", "$a$ $b$a$", &["$a$ $b$a$"]),
        ("no dollar quote begins inside a name", "a$$ b$c$", &["a$$", "b$c$"]),
        ("a tag does not begin with a digit", "$1$$;$$", &["$1", "$$;$$"]),
        ("a dollar may stand alone", "$ $a b", &["$", "$", "a", "b"]),
        ("comments nest", "/* a /* b */ c */ d", &["d"]),
        ("a carriage return ends a comment", "-- a\rb", &["b"]),
        (
            "an operator ends before a comment",
            "a +-- b\n *c @/* d */ e",
            &["a", "+", "*", "c", "@", "e"],
        ),
        (
            "signs are left off an operator of standard characters",
            "a*-b =- <+-c",
            &["a", "*", "-", "b", "=", "-", "<", "+", "-", "c"],
        ),
        ("but not off another", "a @- b ?+-c", &["a", "@-", "b", "?+-", "c"]),
        ("signs alone are one each", "++-+a", &["+", "+", "-", "+", "a"]),
        (
            "operators of several characters",
            "a->>b#>>c<=d=>e::f:=g!=h||i~*j",
            &[
                "a", "->>", "b", "#>>", "c", "<=", "d", "=>", "e", "::", "f", ":=", "g", "!=", "h",
                "||", "i", "~*", "j",
            ],
        ),
        ("a slice", "a[1:2]", &["a", "[", "1", ":", "2", "]"]),
        (
            "numbers",
            "1 1. .5 1.5 1e5 1.e-5 0x1F 1_000",
            &["1", "1.", ".5", "1.5", "1e5", "1.e-5", "0x1F", "1_000"],
        ),
        ("a range is no number", "1..10", &["1", "..", "10"]),
        ("a quoted name", "\"a\"\"b\"", &["\"a\"\"b\""]),
    ];
    for (name, text, expected) in cases {
        assert_eq!(tokens(text), *expected, "{name}");
    }
}

#[test]
fn kinds_are_told_apart() {
    use TokenKind::{Identifier, Number, Operator, Parameter, Semicolon, String, Word};
    let split = Dialect::Postgres.split("a \"b\" U&\"c\" 'd' $$e$$ 1 ( $1 ;").unwrap();
    let kinds: Vec<_> = split.tokens.iter().map(|token| token.kind).collect();
    assert_eq!(
        kinds,
        [Word, Identifier, Identifier, String, String, Number, Operator, Parameter, Semicolon]
    );
}

#[test]
fn a_statement_ends_where_the_server_ends_it() {
    let cases: &[(&str, &str, usize)] = &[
        ("empty statements are none", ";; ; -- ;\n;", 0),
        ("the last one needs no semicolon", "a; b", 2),
        (
            "no semicolon inside parentheses ends one",
            "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2); a",
            2,
        ),
        (
            "a body of SQL",
            "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END; a",
            2,
        ),
        (
            "END as a label is no end",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; SELECT x.end FROM x; END; a",
            2,
        ),
        (
            "nor is one without AS",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 end; END; a",
            2,
        ),
        (
            "CASE as a label opens nothing",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS case; END; a",
            2,
        ),
        ("an empty body", "CREATE PROCEDURE p() BEGIN ATOMIC END; a", 2),
        (
            "nested CASE",
            "CREATE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN (CASE 1 WHEN 1 THEN true END) THEN 1 END; ; END; a",
            2,
        ),
        (
            "BEGIN as a name begins nothing",
            "CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1'; a",
            2,
        ),
        ("a body in quotes", "DO $$ BEGIN a; END $$; b", 2),
        ("BEGIN is a transaction's word", "BEGIN; a; END; b", 4),
        ("a nested comment hides a statement", "/* a /* b */ DROP TABLE n; -- */", 0),
    ];
    for (name, text, expected) in cases {
        assert_eq!(statements(text).len(), *expected, "{name}");
    }
}

#[test]
fn what_cannot_be_split_says_where() {
    use LexErrorKind::{
        ClientCommand, CopyFromStdin, UnterminatedBody, UnterminatedComment,
        UnterminatedDollarQuote, UnterminatedIdentifier, UnterminatedString,
    };
    let cases = [
        ("a 'b", UnterminatedString, 2),
        (r"a E'b\'", UnterminatedString, 2),
        ("a \"b", UnterminatedIdentifier, 2),
        ("a /* /* b */", UnterminatedComment, 2),
        ("a $x$ $y$", UnterminatedDollarQuote, 2),
        ("a; CREATE FUNCTION f() BEGIN ATOMIC b;", UnterminatedBody, 23),
        ("a;\n\\i b.sql", ClientCommand, 3),
        ("SELECT 1 \\gset", ClientCommand, 9),
        ("a; COPY t (b) FROM stdin WITH (FORMAT csv);\n'x\n\\.\n", CopyFromStdin, 3),
        ("COPY t FROM STDIN", CopyFromStdin, 0),
    ];
    for (text, kind, start) in cases {
        let error = Dialect::Postgres.split(text).unwrap_err();
        assert_eq!((error.kind, error.start), (kind, start), "{text}");
    }
    assert_eq!(statements("COPY t TO STDOUT; COPY t FROM '/stdin'").len(), 2);
}
