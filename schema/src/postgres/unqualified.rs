//! Statements that leave the schema of their objects to `search_path`.

use std::collections::BTreeSet;

use revchain_core::{Dialect, Token, TokenKind};

use super::catalog::Catalog;
use super::names::quote;
use crate::Plan;

/// Types whose literals name an object, as `'users_id_seq'::regclass` does.
const NAMING: [&str; 3] = ["regclass", "regproc", "regtype"];

/// Writes the names of objects in `schema` without it. An extension is in one schema of a database, wherever the set's objects
/// are: what belongs to it keeps its own. Texts of functions are their author's, and stay as they are.
pub(crate) fn unqualified(plan: &mut Plan, schema: &str, from: &Catalog, to: &Catalog) {
    let members: BTreeSet<&str> =
        from.members.iter().chain(&to.members).map(String::as_str).collect();
    for statement in plan.parts.iter_mut().flat_map(|part| &mut part.statements) {
        statement.sql = without(&statement.sql, schema, &members);
    }
}

fn without(sql: &str, schema: &str, members: &BTreeSet<&str>) -> String {
    let Ok(split) = Dialect::Postgres.split(sql) else { return sql.to_owned() };
    let schema = quote(schema);
    let is_sign = |at: usize, sign: &str| {
        split
            .tokens
            .get(at)
            .is_some_and(|token| token.kind == TokenKind::Operator && token.text == sign)
    };
    let (mut out, mut kept) = (String::new(), 0);
    for (at, token) in split.tokens.iter().enumerate() {
        let leaves = if token.text == schema {
            let behind = at.checked_sub(1).is_some_and(|before| is_sign(before, "."));
            let name = split.tokens.get(at + 2).filter(|_| !behind && is_sign(at + 1, "."));
            name.filter(|name| is_own(name, members)).map(|name| (token.start, name.start))
        } else if token.kind == TokenKind::String && is_sign(at + 1, "::") {
            let kind = split.tokens.get(at + 2);
            let names = kind.is_some_and(|kind| NAMING.iter().any(|word| kind.is_word(word)));
            let prefix = format!("'{schema}.");
            let whole = token.text.strip_prefix(&prefix).filter(|_| names);
            let rest = whole.and_then(|rest| rest.strip_suffix('\''));
            let is_own = rest.is_some_and(|rest| !members.contains(rest.trim_matches('"')));
            is_own.then_some((token.start + 1, token.start + prefix.len()))
        } else {
            None
        };
        if let Some((start, end)) = leaves {
            out.push_str(&sql[kept..start]);
            kept = end;
        }
    }
    out.push_str(&sql[kept..]);
    out
}

fn is_own(name: &Token<'_>, members: &BTreeSet<&str>) -> bool {
    let bare = match name.kind {
        TokenKind::Word => name.text.to_owned(),
        TokenKind::Identifier => name.text.trim_matches('"').replace("\"\"", "\""),
        _ => return false,
    };
    !members.contains(&*bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_schema_lose_it_and_nothing_else_does() {
        for (sql, expected) in [
            ("ALTER TABLE public.users ADD x public.mood[]", "ALTER TABLE users ADD x mood[]"),
            (
                "ALTER SEQUENCE public.s OWNED BY public.\"T\".id",
                "ALTER SEQUENCE s OWNED BY \"T\".id",
            ),
            (
                "SELECT a.public.b, other.public, 'public.x', public",
                "SELECT a.public.b, other.public, 'public.x', public",
            ),
            ("x nextval('public.s'::regclass)", "x nextval('s'::regclass)"),
            ("x nextval('public.\"S\"'::regclass)", "x nextval('\"S\"'::regclass)"),
            ("x ('public.s'::text)::regclass", "x ('public.s'::text)::regclass"),
            ("a public.citext, b OPERATOR(public.=) c", "a public.citext, b OPERATOR(public.=) c"),
            (
                "CREATE FUNCTION public.f() RETURNS public.mood AS $$ SELECT public.g() $$",
                "CREATE FUNCTION f() RETURNS mood AS $$ SELECT public.g() $$",
            ),
            ("COMMENT ON SCHEMA public IS 'public.'", "COMMENT ON SCHEMA public IS 'public.'"),
            ("SELECT \"public\".x, Public.y", "SELECT \"public\".x, Public.y"),
        ] {
            assert_eq!(without(sql, "public", &BTreeSet::from(["citext"])), expected);
        }
        let own = |sql| without(sql, "Own", &BTreeSet::new());
        assert_eq!(own("DROP TABLE \"Own\".users, own.users"), "DROP TABLE users, own.users");
    }
}
