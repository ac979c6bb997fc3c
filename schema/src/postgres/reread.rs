//! Expressions as PostgreSQL prints them, written so that it reads the same ones again.
//!
//! Its parser does two things to a text that its printer does not undo (gram.y, `makeAndExpr`; parse_expr.c, `transformTypeCast`):
//! `(a AND b) AND c` becomes one list of three, as no parentheses are kept, and the cast of an `ARRAY[…]` becomes one of each
//! member. `a BETWEEN 1 AND 2 AND b`, and `name IN ('x', 'y')` of a `varchar`, are printed like that.

use revchain_core::{Dialect, Token, TokenKind};

use crate::Part;

/// Rewrites all statements of a plan.
pub(super) fn reread(parts: &mut [Part]) {
    for statement in parts.iter_mut().flat_map(|part| &mut part.statements) {
        let sql = &statement.sql;
        if ["(ARRAY[", ") AND ", ") OR "].iter().any(|sign| sql.contains(sign)) {
            statement.sql = rewritten(sql);
        }
    }
}

fn rewritten(sql: &str) -> String {
    let Ok(split) = Dialect::Postgres.split(sql) else { return sql.to_owned() };
    let text = Text::of(&split.tokens);
    let (mut out, mut kept) = (String::new(), 0);
    for at in 0..text.tokens.len() {
        let Some((cast, end)) = text.cast_behind(at) else { continue };
        out.push_str(&sql[kept..text.tokens[at].end()]);
        out.push_str(&cast);
        kept = end;
    }
    out.push_str(&sql[kept..]);
    out
}

/// Tokens, and where each bracket of them has its other half.
struct Text<'t> {
    tokens: &'t [Token<'t>],
    other: Vec<Option<usize>>,
}

impl<'t> Text<'t> {
    fn of(tokens: &'t [Token<'t>]) -> Self {
        let (mut other, mut open) = (vec![None; tokens.len()], Vec::new());
        for (at, token) in tokens.iter().enumerate() {
            match token.text {
                "(" | "[" => open.push(at),
                ")" | "]" => {
                    if let Some(begin) = open.pop() {
                        other[begin] = Some(at);
                        other[at] = Some(begin);
                    }
                }
                _ => {}
            }
        }
        Self { tokens, other }
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.text == text)
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_word(word))
    }

    /// Returns the cast that has to stand behind a bracket that closes, and where the text goes on.
    fn cast_behind(&self, at: usize) -> Option<(String, usize)> {
        let begin = self.other[at].filter(|begin| *begin < at)?;
        if self.is(at, "]") {
            return self.cast_of_array(begin, at);
        }
        // A cast to its own type is nothing, and keeps the parser from one list.
        let is_first = self.is(begin.checked_sub(1)?, "(");
        let operator = ["AND", "OR"].into_iter().find(|word| self.is_word(at + 1, word))?;
        let nests = is_first && self.level(begin, at).any(|inner| self.is_word(inner, operator));
        nests.then(|| ("::boolean".to_owned(), self.tokens[at].end()))
    }

    /// As [`Text::cast_behind`], for the end of `(ARRAY[…])::type[]`.
    fn cast_of_array(&self, begin: usize, end: usize) -> Option<(String, usize)> {
        let is_whole = self.is_word(begin.checked_sub(1)?, "ARRAY")
            && self.is(begin.checked_sub(2)?, "(")
            && self.is(end + 1, ")")
            && self.is(end + 2, "::");
        if !is_whole {
            return None;
        }
        if let Some(kind) = self.member(begin, end) {
            return Some((format!("::{kind}[]"), self.tokens[end].end()));
        }
        // Behind ANY the members say which operator it is, and PostgreSQL casts as it did.
        let outer = begin.checked_sub(3).filter(|outer| self.is(*outer, "("))?;
        let is_any = ["ANY", "ALL"].iter().any(|word| self.is_word(outer.wrapping_sub(1), word));
        is_any.then_some((")".to_owned(), self.tokens[self.other[outer]?].start))
    }

    /// Returns the positions between two brackets that stand in no others.
    fn level(&self, begin: usize, end: usize) -> impl Iterator<Item = usize> {
        let mut next = begin + 1;
        std::iter::from_fn(move || {
            let at = next;
            next = self.other[at].filter(|other| *other > at).unwrap_or(at) + 1;
            (at < end).then_some(at)
        })
    }

    /// Returns the type of an array's members, as the last cast of one of them tells it.
    fn member(&self, begin: usize, end: usize) -> Option<String> {
        if self.is_word(begin + 1, "ARRAY") {
            let inner = begin + 2;
            return self.member(inner, *self.other.get(inner)?.as_ref()?);
        }
        let level: Vec<usize> = self.level(begin, end).collect();
        level.split(|at| self.is(*at, ",")).find_map(|member| {
            let cast = member.iter().rposition(|at| self.is(*at, "::"))?;
            let words = member[cast + 1..].iter().filter(|at| !self.is(**at, "("));
            let is_name = |token: &Token<'_>| {
                matches!(token.kind, TokenKind::Word | TokenKind::Identifier) || token.text == "."
            };
            let words: Vec<&Token<'_>> = words.map(|at| &self.tokens[*at]).collect();
            if !words.iter().all(|token| is_name(token)) {
                return None;
            }
            Some(named(&words))
        })
    }
}

/// Returns a type without its length, which is no type of a member.
fn named(words: &[&Token<'_>]) -> String {
    let mut name = String::new();
    for (at, word) in words.iter().enumerate() {
        let apart = at > 0 && word.text != "." && words[at - 1].text != ".";
        name.push_str(if apart { " " } else { "" });
        name.push_str(word.text);
    }
    // Without a length these two are of length 1.
    match name.as_str() {
        "character" => "bpchar".to_owned(),
        "bit" => "\"bit\"".to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_parser_would_flatten_is_held_apart() {
        for (sql, expected) in [
            (
                "CHECK ((((a >= 1) AND (a <= 2)) AND (b > 0)))",
                "CHECK ((((a >= 1) AND (a <= 2))::boolean AND (b > 0)))",
            ),
            ("(((a < 1) OR (a > 2)) OR b)", "(((a < 1) OR (a > 2))::boolean OR b)"),
            ("((((a) OR b) OR c) OR d)", "((((a) OR b)::boolean OR c)::boolean OR d)"),
            ("((a AND b) OR c)", "((a AND b) OR c)"),
            ("(a AND (b AND c))", "(a AND (b AND c))"),
            ("((f(a AND b)) AND c)", "((f(a AND b)) AND c)"),
            ("AS $$ ((a AND b) AND c) $$ LANGUAGE sql", "AS $$ ((a AND b) AND c) $$ LANGUAGE sql"),
        ] {
            assert_eq!(rewritten(sql), expected);
        }
    }

    #[test]
    fn the_cast_of_an_array_is_one_of_the_whole() {
        for (array, kind) in [
            ("ARRAY['a'::character varying, 'b'::character varying]", "character varying"),
            ("ARRAY[f, 'b'::character varying(3)]", "character varying"),
            ("ARRAY[('b'::bpchar)::character(3), f]", "bpchar"),
            ("ARRAY[ARRAY['a'::public.\"My\"], ARRAY[x]]", "public.\"My\""),
        ] {
            let sql = format!("((f)::text = ANY (({array})::text[]))");
            let expected = format!("((f)::text = ANY (({array}::{kind}[])::text[]))");
            assert_eq!(rewritten(&sql), expected);
        }
        let columns = "((f)::text = ANY ((ARRAY[f, g])::text[]))";
        assert_eq!(rewritten(columns), "((f)::text = ANY ((ARRAY[f, g])))");
        let whole = "(g = ANY (ARRAY['a'::text, ('b'::character varying)::text]))";
        assert_eq!(rewritten(whole), whole);
    }
}
