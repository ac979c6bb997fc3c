//! What two texts of DDL say in the same words, and what of that has to be made to compare the rest.

mod statement;

use std::collections::BTreeMap;
use std::ops::Range;

use revchain_core::{Dialect, LexError};

use statement::{Made, Mention, is_of_word, mention, needed_for, subject};

/// Blanks out of two schemas what both say in the same words, where nothing else has to do with it.
///
/// Left are the statements about what differs, about all that mentions such a thing, and about all that those mention in
/// turn; a name counts wherever it stands, also inside a text or a body. Of a table that only foreign keys have to do with it
/// nothing is left of its indexes but the unique ones. Statements that are about no object that has a name (`SET`, `INSERT`, `CREATE EXTENSION`, …) are left in both; where the two sides do not have the same of them, nothing is
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
        lone: [Vec::new(), Vec::new()],
        mentioned: BTreeMap::new(),
    };
    for (side, texts) in sides.iter().enumerate() {
        for (text, sql) in texts.iter().enumerate() {
            schema.read(side, text, sql)?;
        }
    }
    let made = schema.made();
    let mut blanked = sides.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect());
    let Some(made) = made else { return Ok(blanked) };
    for (name, object) in &schema.objects {
        let made = made.get(&**name);
        for (texts, said) in blanked.iter_mut().zip(&object.said) {
            let texts: &mut Vec<String> = texts;
            let is_left = |one: &&Said<'_>| made.is_none_or(|made| *made < one.needed_for);
            for one in said.iter().filter(is_left) {
                blank(&mut texts[one.text], one.span.clone());
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
    lone: [Vec<&'t str>; 2],
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
    /// How much of the object has to be made for this to be made with it.
    needed_for: Made,
    text: usize,
    span: Range<usize>,
}

impl<'t> Schema<'t> {
    fn read(&mut self, side: usize, text: usize, sql: &'t str) -> Result<(), LexError> {
        let split = self.dialect.split(sql)?;
        for (at, statement) in split.statements.iter().enumerate() {
            let tokens = split.tokens_of(at);
            let said = &sql[statement.span.clone()];
            let mentions = match subject(tokens) {
                Some(name) => {
                    let behind = self.lone[side].len();
                    let object = self.objects.entry(name).or_default();
                    let span = statement.span.clone();
                    let needed_for = needed_for(self.dialect, tokens);
                    object.said[side].push(Said { sql: said, behind, needed_for, text, span });
                    &mut object.mentions
                }
                None => {
                    self.lone[side].push(said);
                    &mut self.mentioned
                }
            };
            mention(tokens, mentions);
        }
        Ok(())
    }

    /// Returns the names of the objects that have to be made, and how much of each; none if all have to.
    fn made(&self) -> Option<BTreeMap<&str, Made>> {
        let [before, after] = &self.lone;
        if before != after {
            return None;
        }
        let differs = |object: &&Object<'_>| {
            let words = |side: usize| object.said[side].iter().map(|one| (one.sql, one.behind));
            !words(0).eq(words(1))
        };
        let differing = self.objects.iter().filter(|(_, object)| differs(object));
        let mut made: BTreeMap<&str, Made> =
            differing.map(|(name, _)| (&**name, Made::Whole)).collect();
        // Such a name cannot be found within a text.
        let is_odd = |name: &&str| !name.chars().all(is_of_word);
        if made.keys().any(is_odd) {
            return None;
        }
        self.add_dependents(&mut made);
        let odd = self.objects.keys().map(|name| &**name).filter(is_odd);
        let others = self.known(&self.mentioned).map(|(name, _)| name);
        made.extend(odd.chain(others).map(|name| (name, Made::Whole)));
        let mut left: Vec<&str> = made.keys().copied().collect();
        while let Some(name) = left.pop() {
            for (other, much) in self.others(name) {
                if raise(&mut made, other, much) {
                    left.push(other);
                }
            }
        }
        Some(made)
    }

    /// Adds what mentions one of some objects, and may become another thing with it; and what mentions that in turn.
    fn add_dependents<'s>(&'s self, some: &mut BTreeMap<&'s str, Made>) {
        let mut dependents: BTreeMap<&str, Vec<(&str, Made)>> = BTreeMap::new();
        for name in self.objects.keys() {
            for (other, much) in self.others(name) {
                dependents.entry(other).or_default().push((name, much));
            }
        }
        let mut left: Vec<&str> = some.keys().copied().collect();
        while let Some(name) = left.pop() {
            for (dependent, much) in dependents.get(name).into_iter().flatten() {
                if raise(some, dependent, *much) && *much == Made::Whole {
                    left.push(dependent);
                }
            }
        }
    }

    /// Lists the other objects that what is said of one mentions.
    fn others<'s>(&'s self, name: &'s str) -> impl Iterator<Item = (&'s str, Made)> {
        self.known(&self.objects[name].mentions).filter(move |(other, _)| *other != name)
    }

    /// Lists the objects that some names name, each with how much of it and of what has the name belongs together: a foreign
    /// key leaves columns as they are, so that neither becomes another thing with the other. PostgreSQL names what belongs to a table after it: `users_id_seq`.
    fn known<'s>(
        &'s self,
        names: &'s BTreeMap<String, Mention>,
    ) -> impl Iterator<Item = (&'s str, Made)> {
        names.iter().flat_map(move |(name, mention)| {
            let ends = name.match_indices('_').map(|(end, _)| end);
            let ends = ends.filter(|_| self.dialect == Dialect::Postgres);
            ends.chain([name.len()]).filter_map(move |end| {
                let (object, _) = self.objects.get_key_value(&name[..end])?;
                let whole = end == name.len();
                let least = if whole { Mention::Named } else { Mention::Quoted };
                Some((&**object, if *mention >= least { Made::Whole } else { Made::Keyed }))
            })
        })
    }
}

/// Notes how much of an object has to be made, and tells whether that is more than was known.
fn raise<'s>(made: &mut BTreeMap<&'s str, Made>, name: &'s str, much: Made) -> bool {
    let is_more = made.get(name).copied() < Some(much);
    if is_more {
        made.insert(name, much);
    }
    is_more
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
    fn of_what_only_foreign_keys_have_to_do_with_plain_indexes_are_not_made() {
        let alike = "CREATE TABLE a (x int);\nCREATE INDEX i ON a (x);\nCREATE UNIQUE INDEX j ON a (x);\n\
                     CREATE TABLE c (x int REFERENCES b);\nCREATE INDEX k ON c (x)";
        let differs = "CREATE TABLE b (x int REFERENCES a);\nCREATE INDEX l ON b (x)";
        for (dialect, count) in [(Dialect::Postgres, 5), (Dialect::Sqlite, 5), (Dialect::Mysql, 7)]
        {
            let [from, to] = left(dialect, &format!("{alike};\n{differs}"), alike);
            assert_eq!((from.len(), to.len()), (count, count - 2), "{from:?}");
        }
    }

    #[test]
    fn a_foreign_key_hides_no_other_mention() {
        let alike = "CREATE TABLE t (x int REFERENCES b, y a);\nCREATE VIEW v AS SELECT * FROM t;";
        let differs = "CREATE TABLE b (x int);\nCREATE TYPE a AS ENUM ();";
        let [from, to] = left(Dialect::Postgres, &format!("{differs}\n{alike}"), alike);
        assert_eq!((from.len(), to.len()), (4, 2));
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
