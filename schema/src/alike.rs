//! What two texts of DDL say in the same words, and what of that has to be made to compare the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use revchain_core::{Dialect, LexError, Token, TokenKind};

use crate::Kind;
use crate::annotation::{bare, created, is_sign, last_name};

/// Blanks out of two schemas what both say in the same words, where nothing else has to do with it.
///
/// Left are the statements about what differs, about all that mentions such a thing, and about all that those mention in
/// turn; a name counts wherever it stands, also inside a text or a body. Statements that are about no object that has a name
/// (`SET`, `INSERT`, `CREATE EXTENSION`, …) are left in both; where the two sides do not have the same of them, nothing is
/// blanked. Lines stay where they are.
///
/// # Errors
///
/// A text cannot be split into statements.
///
/// ```
/// use revchain_core::Dialect;
/// use revchain_schema::without_alike;
///
/// let both = "CREATE TABLE a (id INT);\nCREATE TABLE b (id INT REFERENCES a);\nCREATE TABLE c (id INT);\n";
/// let [from, to] = without_alike(Dialect::Postgres, [&[both], &[&format!("{both}CREATE INDEX i ON b (id);")]])?;
/// let one = "CREATE TABLE a (id INT);\nCREATE TABLE b (id INT REFERENCES a);\n                       ;\n";
/// assert_eq!((&*from[0], &*to[0]), (one, &*format!("{one}CREATE INDEX i ON b (id);")));
/// # Ok::<(), revchain_core::LexError>(())
/// ```
pub fn without_alike(dialect: Dialect, sides: [&[&str]; 2]) -> Result<[Vec<String>; 2], LexError> {
    let mut schema = Schema {
        dialect,
        objects: BTreeMap::new(),
        others: [Vec::new(), Vec::new()],
        mentioned: BTreeMap::new(),
    };
    for (side, texts) in sides.iter().enumerate() {
        for (text, sql) in texts.iter().enumerate() {
            schema.read(side, text, sql)?;
        }
    }
    let made = schema.made();
    let mut blanked = sides.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect());
    for (name, object) in &schema.objects {
        if made.as_ref().is_some_and(|made| !made.contains(&**name)) {
            for (texts, said) in blanked.iter_mut().zip(&object.said) {
                let texts: &mut Vec<String> = texts;
                for one in said {
                    blank(&mut texts[one.text], one.span.clone());
                }
            }
        }
    }
    Ok(blanked)
}

/// What both sides say, by the names of the objects that it is about, folded.
struct Schema<'t> {
    dialect: Dialect,
    objects: BTreeMap<String, Object<'t>>,
    /// What is about no object, on each side, and what names that has.
    others: [Vec<&'t str>; 2],
    mentioned: BTreeMap<String, Mention>,
}

/// What the sides say of one object, or of all objects of one name.
#[derive(Default)]
struct Object<'t> {
    said: [Vec<Said<'t>>; 2],
    mentions: BTreeMap<String, Mention>,
}

/// A statement.
struct Said<'t> {
    sql: &'t str,
    /// How many statements about no object stand before it: what they set is in force.
    behind: usize,
    text: usize,
    span: Range<usize>,
}

/// How a name is mentioned, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mention {
    /// By a foreign key.
    Referred,
    /// As a name.
    Named,
    /// In a text or a body.
    Quoted,
}

impl<'t> Schema<'t> {
    fn read(&mut self, side: usize, text: usize, sql: &'t str) -> Result<(), LexError> {
        let split = self.dialect.split(sql)?;
        for (at, statement) in split.statements.iter().enumerate() {
            let tokens = split.tokens_of(at);
            let said = &sql[statement.span.clone()];
            let mentions = match subject(tokens) {
                Some(name) => {
                    let behind = self.others[side].len();
                    let object = self.objects.entry(name).or_default();
                    let span = statement.span.clone();
                    object.said[side].push(Said { sql: said, behind, text, span });
                    &mut object.mentions
                }
                None => {
                    self.others[side].push(said);
                    &mut self.mentioned
                }
            };
            mention(tokens, mentions);
        }
        Ok(())
    }

    /// Returns the names of the objects that have to be made; none if all have to.
    fn made(&self) -> Option<BTreeSet<&str>> {
        let [before, after] = &self.others;
        if before != after {
            return None;
        }
        let differs = |object: &&Object<'_>| {
            let words = |side: usize| object.said[side].iter().map(|one| (one.sql, one.behind));
            !words(0).eq(words(1))
        };
        let differing = self.objects.iter().filter(|(_, object)| differs(object));
        let mut made: BTreeSet<&str> = differing.map(|(name, _)| &**name).collect();
        // Such a name cannot be found within a text.
        let is_odd = |name: &&str| !name.chars().all(is_of_word);
        if made.iter().any(is_odd) {
            return None;
        }
        self.add_dependents(&mut made);
        made.extend(self.objects.keys().map(|name| &**name).filter(is_odd));
        made.extend(self.known(&self.mentioned).map(|(name, _)| name));
        let mut left: Vec<&str> = made.iter().copied().collect();
        while let Some(name) = left.pop() {
            let needed = self.known(&self.objects[name].mentions).map(|(name, _)| name);
            left.extend(needed.filter(|name| made.insert(name)));
        }
        Some(made)
    }

    /// Adds what mentions one of some objects, and may become another thing with it; and what mentions that in turn.
    fn add_dependents<'s>(&'s self, some: &mut BTreeSet<&'s str>) {
        let mut dependents: BTreeMap<&str, Vec<(&str, bool)>> = BTreeMap::new();
        for (name, object) in &self.objects {
            for (other, becomes) in self.known(&object.mentions) {
                dependents.entry(other).or_default().push((name, becomes));
            }
        }
        let mut left: Vec<&str> = some.iter().copied().collect();
        while let Some(name) = left.pop() {
            for (dependent, becomes) in dependents.get(name).into_iter().flatten() {
                if some.insert(dependent) && *becomes {
                    left.push(dependent);
                }
            }
        }
    }

    /// Lists the objects that some names name, each with whether what has the name may become another thing with it: a
    /// foreign key leaves columns as they are. PostgreSQL names what belongs to a table after it: `users_id_seq`.
    fn known<'s>(
        &'s self,
        names: &'s BTreeMap<String, Mention>,
    ) -> impl Iterator<Item = (&'s str, bool)> {
        names.iter().flat_map(move |(name, mention)| {
            let ends = name.match_indices('_').map(|(end, _)| end);
            let ends = ends.filter(|_| self.dialect == Dialect::Postgres);
            ends.chain([name.len()]).filter_map(move |end| {
                let (object, _) = self.objects.get_key_value(&name[..end])?;
                let whole = end == name.len();
                let least = if whole { Mention::Named } else { Mention::Quoted };
                Some((&**object, *mention >= least))
            })
        })
    }
}

/// Returns the name of what a statement is about, folded; for an index, a trigger or a policy that of its table.
fn subject(tokens: &[Token<'_>]) -> Option<String> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word));
    let skip = |mut at: usize, words: &[&str]| {
        while words.iter().any(|word| is(at, word)) {
            at += 1;
        }
        at
    };
    let named = |at: usize| Some(last_name(tokens, at)?.to_lowercase());
    // What takes another name, and what no single transaction holds, is about more than its subject.
    if tokens.iter().any(|token| token.is_word("rename")) {
        return None;
    }
    if is(0, "create") {
        const BEGINS: [&str; 19] = [
            "or",
            "unique",
            "temp",
            "temporary",
            "unlogged",
            "materialized",
            "constraint",
            "foreign",
            "virtual",
            "recursive",
            "table",
            "index",
            "view",
            "type",
            "trigger",
            "sequence",
            "function",
            "domain",
            "policy",
        ];
        BEGINS.iter().any(|word| is(1, word)).then_some(())?;
        let (kind, at) = created(tokens)?;
        if !matches!(kind, Kind::Index | Kind::Trigger | Kind::Policy) {
            return named(at);
        }
        let on = at + tokens[at..].iter().position(|token| token.is_word("on"))?;
        return named(skip(on + 1, &["only"]));
    }
    let altered = ["table", "view", "sequence", "type", "domain", "function"];
    if is(0, "alter") && altered.iter().any(|kind| is(1, kind)) {
        return named(skip(2, &["if", "exists", "only"]));
    }
    if is(0, "comment") && is(1, "on") && is(2, "table") {
        return named(3);
    }
    if is(0, "comment") && is(1, "on") && is(2, "column") {
        // The table stands before the column's name.
        let last = tokens.iter().rposition(|token| is_sign(token, "."))?;
        return bare(tokens.get(last.checked_sub(1)?)?).map(|name| name.to_lowercase());
    }
    None
}

/// Notes which names a statement has, also in texts and bodies, folded.
fn mention(tokens: &[Token<'_>], mentions: &mut BTreeMap<String, Mention>) {
    let mut add = |name: String, mention: Mention| {
        let known = mentions.entry(name).or_insert(mention);
        *known = mention.max(*known);
    };
    for (at, token) in tokens.iter().enumerate() {
        let whole = matches!(token.kind, TokenKind::Word | TokenKind::Identifier);
        if let Some(name) = bare(token).filter(|_| whole) {
            let before = |back: usize| at.checked_sub(back).map(|at| &tokens[at]);
            let qualified = before(1).is_some_and(|token| is_sign(token, "."));
            let word = if qualified { before(3) } else { before(1) };
            let referred = word.is_some_and(|word| word.is_word("references"));
            let mention = if referred { Mention::Referred } else { Mention::Named };
            add(name.to_lowercase(), mention);
        }
        if !matches!(token.kind, TokenKind::Word | TokenKind::Number) {
            let inner = token.text.split(|sign| !is_of_word(sign)).filter(|word| !word.is_empty());
            inner.for_each(|word| add(word.to_lowercase(), Mention::Quoted));
        }
    }
}

fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// Puts blanks in the place of a part, and lets its lines stand.
fn blank(text: &mut String, span: Range<usize>) {
    let blanks: String =
        text[span.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(span, &blanks);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what is left of both sides: statements of a line each.
    fn left(dialect: Dialect, from: &str, to: &str) -> [Vec<String>; 2] {
        let blanked = without_alike(dialect, [&[from], &[to]]).expect("texts that split");
        blanked.map(|texts| {
            let lines = texts[0].lines().map(|line| line.trim_matches([' ', ';']));
            lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
        })
    }

    #[test]
    fn what_is_alike_is_left_where_it_has_to_do_with_what_differs() {
        // What differs, on one side; what is alike; what is left of that.
        let cases: [(&str, &str, &[&str]); 14] = [
            ("CREATE INDEX i ON a (x)", "CREATE TABLE b (x int)", &[]),
            ("CREATE TABLE a (x int)", "CREATE TABLE b (a_x int)", &["CREATE TABLE b (a_x int)"]),
            (
                "CREATE TABLE a (x int)",
                "CREATE VIEW v AS SELECT 1 FROM \"A\"",
                &["CREATE VIEW v AS SELECT 1 FROM \"A\""],
            ),
            ("CREATE TABLE a (x int)", "CREATE INDEX i ON s.a (x)", &["CREATE INDEX i ON s.a (x)"]),
            (
                "CREATE TABLE a (x int)",
                "COMMENT ON COLUMN a.x IS 'b'",
                &["COMMENT ON COLUMN a.x IS 'b'"],
            ),
            (
                "CREATE TABLE a (x int)",
                "COMMENT ON COLUMN b.a IS ''",
                &["COMMENT ON COLUMN b.a IS ''"],
            ),
            ("CREATE TABLE a (x b)", "CREATE TYPE s.b AS ENUM ()", &["CREATE TYPE s.b AS ENUM ()"]),
            (
                "CREATE TABLE a (x int DEFAULT nextval('b_x_seq'))",
                "CREATE TABLE b (x serial)",
                &["CREATE TABLE b (x serial)"],
            ),
            (
                "CREATE TABLE a (x int)",
                "CREATE FUNCTION f() AS $$ SELECT * FROM a $$",
                &["CREATE FUNCTION f() AS $$ SELECT * FROM a $$"],
            ),
            (
                "CREATE FUNCTION f() AS 'x'",
                "CREATE TRIGGER g AFTER UPDATE ON b EXECUTE FUNCTION f()",
                &["CREATE TRIGGER g AFTER UPDATE ON b EXECUTE FUNCTION f()"],
            ),
            ("CREATE TABLE a (x int)", "SET search_path = b", &["SET search_path = b"]),
            (
                "CREATE TABLE a (x int)",
                "CREATE TABLE \"b c\" (x int)",
                &["CREATE TABLE \"b c\" (x int)"],
            ),
            ("CREATE TABLE \"a a\" (x int)", "CREATE TABLE b (x int)", &["CREATE TABLE b (x int)"]),
            ("SET search_path = a", "CREATE TABLE b (x int)", &["CREATE TABLE b (x int)"]),
        ];
        for (differs, alike, expected) in cases {
            let from = format!("{differs};\n{alike};");
            let [from, to] = left(Dialect::Postgres, &from, alike);
            assert_eq!(from[0], differs);
            assert_eq!(from[1..], *expected, "{differs}");
            assert_eq!(to, expected, "{differs}");
        }
    }

    #[test]
    fn a_foreign_key_is_left_alone_and_not_what_has_to_do_with_it() {
        let alike = "CREATE TABLE b (x int REFERENCES a);\nCREATE TABLE c (x int REFERENCES s.b (x));\n\
                     CREATE VIEW v AS SELECT * FROM a;\nCREATE VIEW w AS SELECT * FROM v;";
        let [from, to] = left(Dialect::Sqlite, &format!("CREATE TABLE a (x);\n{alike}"), alike);
        assert_eq!(from, [&["CREATE TABLE a (x)".to_owned()][..], &to].concat());
        let expected = [
            "CREATE TABLE b (x int REFERENCES a)",
            "CREATE VIEW v AS SELECT * FROM a",
            "CREATE VIEW w AS SELECT * FROM v",
        ];
        assert_eq!(to, expected);
    }

    #[test]
    fn what_stands_behind_another_setting_is_another_thing() {
        let [from, to] = ["SET a;\nCREATE TABLE t ();\nSET b", "SET a;\nSET b;\nCREATE TABLE t ()"];
        let [before, after] = left(Dialect::Postgres, from, to);
        assert_eq!((before.len(), after.len()), (3, 3));
        let [before, after] = left(Dialect::Postgres, from, from);
        assert_eq!(
            (before, after),
            (
                vec!["SET a".to_owned(), "SET b".to_owned()],
                vec!["SET a".to_owned(), "SET b".to_owned()]
            )
        );
    }
}
