//! Names as PostgreSQL writes them.

use revchain_core::Dialect;

use crate::{Key, Kind};

/// Words that are no names without quotes, as `pg_get_keywords()` has them.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
    "between", "bigint", "binary", "bit", "boolean", "both", "case", "cast", "char", "character",
    "check", "coalesce", "collate", "collation", "column", "concurrently", "constraint", "create",
    "cross", "current_catalog", "current_date", "current_role", "current_schema", "current_time",
    "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable", "desc",
    "distinct", "do", "else", "end", "except", "exists", "extract", "false", "fetch", "float",
    "for", "foreign", "freeze", "from", "full", "grant", "greatest", "group", "grouping", "having",
    "ilike", "in", "initially", "inner", "inout", "int", "integer", "intersect", "interval",
    "into", "is", "isnull", "join", "json_array", "json_arrayagg", "json_exists", "json_object",
    "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table", "json_value",
    "lateral", "leading", "least", "left", "like", "limit", "localtime", "localtimestamp",
    "merge_action", "national", "natural", "nchar", "none", "normalize", "not", "notnull", "null",
    "nullif", "numeric", "offset", "on", "only", "or", "order", "out", "outer", "overlaps",
    "overlay", "placing", "position", "precision", "primary", "real", "references", "returning",
    "right", "row", "select", "session_user", "setof", "similar", "smallint", "some", "substring",
    "symmetric", "system_user", "table", "tablesample", "then", "time", "timestamp", "to",
    "trailing", "treat", "trim", "true", "union", "unique", "user", "using", "values", "varchar",
    "variadic", "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat",
    "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot",
    "xmlserialize", "xmltable",
];

/// Writes a name, in quotes only where it needs them.
pub(super) fn quote(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && KEYWORDS.binary_search(&name).is_err();
    if plain { name.to_owned() } else { Dialect::Postgres.quote_identifier(name) }
}

/// Writes a string.
pub(super) fn literal(text: &str) -> String {
    Dialect::Postgres.quote_literal(text)
}

/// Writes a name with its schema.
pub(super) fn qualified(schema: Option<&str>, name: &str) -> String {
    match schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(name)),
        None => quote(name),
    }
}

/// Writes the table that a key is part of.
pub(super) fn table_of(key: &Key) -> String {
    qualified(key.schema.as_deref(), key.table.as_deref().unwrap_or(&key.name))
}

/// Writes the name of what stands alone.
pub(super) fn name_of(key: &Key) -> String {
    qualified(key.schema.as_deref(), &key.name)
}

/// Returns a name that ends in `suffix` and is no longer than PostgreSQL keeps.
pub(super) fn with_suffix(name: &str, suffix: &str) -> String {
    let mut end = name.len().min(63 - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &name[..end])
}

/// Splits text into its tokens and what stands between them; text that cannot be read is one piece.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let Ok(split) = Dialect::Postgres.split(text) else { return vec![text] };
    let (mut pieces, mut at) = (Vec::new(), 0);
    for token in &split.tokens {
        pieces.push(&text[at..token.start]);
        pieces.push(token.text);
        at = token.end();
    }
    pieces.push(&text[at..]);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Writes `new` for each name that is `old`; with a schema only where it stands behind that schema, also in strings.
pub(super) fn renamed(text: &str, schema: Option<&str>, old: &str, new: &str) -> String {
    let (old, new) = (quote(old), quote(new));
    let Some(schema) = schema else {
        return tokens(text)
            .into_iter()
            .map(|token| if token == old { &new } else { token })
            .collect();
    };
    let (before, after) = (format!("{}.{old}", quote(schema)), format!("{}.{new}", quote(schema)));
    let mut out = String::new();
    for token in tokens(text) {
        if token.starts_with('\'') && token.trim_matches('\'') == before {
            out.push_str(&format!("'{after}'"));
        } else if token == old
            && out.ends_with('.')
            && ends_with_name(&out[..out.len() - 1], &quote(schema))
        {
            out.push_str(&new);
        } else {
            out.push_str(token);
        }
    }
    out
}

fn ends_with_name(text: &str, name: &str) -> bool {
    text.strip_suffix(name).is_some_and(|before| {
        !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == '.')
    })
}

/// Tells whether an object shares its name's space with tables: views, sequences and indexes do, and what an index is made for.
pub(super) const fn is_relation(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Table
            | Kind::View
            | Kind::MaterializedView
            | Kind::Sequence
            | Kind::Index
            | Kind::Constraint
    )
}

#[cfg(test)]
mod tests {
    use super::{KEYWORDS, quote, renamed, with_suffix};

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert!(KEYWORDS.is_sorted());
        assert_eq!(quote("users"), "users");
        assert_eq!(quote("user"), "\"user\"");
        assert_eq!(quote("Users"), "\"Users\"");
        assert_eq!(quote("1a"), "\"1a\"");
    }

    #[test]
    fn renames_reach_names_and_not_strings() {
        let text = "CHECK ((name <> 'name'::text) AND (\"Name\" = name))";
        assert_eq!(
            renamed(text, None, "name", "full name"),
            "CHECK ((\"full name\" <> 'name'::text) AND (\"Name\" = \"full name\"))"
        );
        let text = "FOREIGN KEY (a) REFERENCES public.a(a)";
        assert_eq!(
            renamed(text, Some("public"), "a", "b"),
            "FOREIGN KEY (a) REFERENCES public.b(a)"
        );
        let text = r"CHECK ((name <> E'it\'s name \\'::text))";
        let expected = r"CHECK ((b <> E'it\'s name \\'::text))";
        assert_eq!(renamed(text, None, "name", "b"), expected);
        let text = "nextval('public.a_id_seq'::regclass)";
        let renamed = renamed(text, Some("public"), "a_id_seq", "b_id_seq");
        assert_eq!(renamed, "nextval('public.b_id_seq'::regclass)");
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!(with_suffix(&"é".repeat(31), "_old").len(), 62);
    }
}
