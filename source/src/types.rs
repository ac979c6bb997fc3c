//! Which type of a database stands for a type of Rust: a closed list, for what is not in it has to be said.

use revchain_core::Dialect;
use syn::Type;

/// The name of a Rust type, its full path if the standard library has it, and its types in SQLite, PostgreSQL and MySQL; no
/// text where drivers differ.
const TYPES: [(&str, &str, [&str; 3]); 19] = [
    ("bool", "bool", ["INTEGER", "boolean", "boolean"]),
    ("i8", "i8", ["INTEGER", "smallint", "tinyint"]),
    ("i16", "i16", ["INTEGER", "smallint", "smallint"]),
    ("i32", "i32", ["INTEGER", "integer", "int"]),
    ("i64", "i64", ["INTEGER", "bigint", "bigint"]),
    ("u8", "u8", ["INTEGER", "smallint", "tinyint unsigned"]),
    ("u16", "u16", ["INTEGER", "integer", "smallint unsigned"]),
    ("u32", "u32", ["INTEGER", "bigint", "int unsigned"]),
    ("f32", "f32", ["REAL", "real", "float"]),
    ("f64", "f64", ["REAL", "double precision", "double"]),
    ("String", "::std::string::String", ["TEXT", "text", "text"]),
    ("Vec<u8>", "::std::vec::Vec<u8>", ["BLOB", "bytea", "longblob"]),
    ("Uuid", "", ["", "uuid", "binary(16)"]),
    ("DateTime<Utc>", "", ["TEXT", "timestamp with time zone", "datetime(6)"]),
    ("NaiveDateTime", "", ["TEXT", "timestamp without time zone", "datetime(6)"]),
    ("NaiveDate", "", ["TEXT", "date", "date"]),
    ("NaiveTime", "", ["TEXT", "time without time zone", "time(6)"]),
    ("Value", "", ["TEXT", "jsonb", "json"]),
    ("Decimal", "", ["", "numeric", ""]),
];

/// Returns the type of a database that stands for a type of Rust.
///
/// # Errors
///
/// None is known: the text says what to write.
pub(crate) fn of(name: &str, dialect: Dialect) -> Result<&'static str, String> {
    let place = Dialect::ALL.iter().position(|one| *one == dialect).unwrap_or_default();
    let known = TYPES.iter().find(|(known, ..)| *known == name).map(|(.., types)| types[place]);
    known.filter(|known| !known.is_empty()).ok_or_else(|| {
        format!(
            "no type of {dialect} is known for `{name}`: write it, as #[column(type = \"TEXT\")], or for one \
             dialect #[column({dialect} = \"TEXT\")]"
        )
    })
}

/// Returns the full path of a type of the standard library: what the compiler has to see in its place.
///
/// ```
/// assert_eq!(revchain_source::standard("String"), Some("::std::string::String"));
/// assert_eq!(revchain_source::standard("Uuid"), None);
/// ```
#[must_use]
pub fn standard(name: &str) -> Option<&'static str> {
    let known = TYPES.iter().find(|(known, ..)| *known == name);
    known.map(|(_, path, _)| *path).filter(|path| !path.is_empty())
}

/// Returns a type by the last parts of its paths: `DateTime<Utc>`.
pub(crate) fn shown(kind: &Type) -> String {
    let Type::Path(path) = kind else { return "this type".to_owned() };
    let Some(last) = path.path.segments.last() else { return String::new() };
    let mut name = last.ident.to_string();
    if let syn::PathArguments::AngleBracketed(arguments) = &last.arguments {
        let inner = arguments.args.iter().map(|argument| match argument {
            syn::GenericArgument::Type(inner) => shown(inner),
            _ => "_".to_owned(),
        });
        name.push_str(&format!("<{}>", inner.collect::<Vec<_>>().join(", ")));
    }
    name
}
