//! A struct with `#[derive(Table)]`, and what its attributes say.

use proc_macro2::Span;
use revchain_core::Dialect;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, Field, Fields, Lit, LitStr, Type};

use crate::types;

/// A table as a struct describes it.
#[derive(Clone, Debug)]
pub struct Model {
    /// The struct's name, as it is written.
    pub ident: String,
    /// Where that stands.
    pub span: Span,
    /// The table's name: `name = "…"`, else the struct's in snake case.
    pub name: String,
    /// What the table was called before.
    pub was: Option<String>,
    /// SQLite: whether it is STRICT.
    pub strict: bool,
    /// SQLite: whether it is WITHOUT ROWID.
    pub without_rowid: bool,
    /// Its columns, in the order of the fields.
    pub columns: Vec<Column>,
    /// Its indexes.
    pub indexes: Vec<Index>,
    /// Constraints of several columns, as SQL.
    pub constraints: Vec<String>,
    /// More statements, for a dialect or for all.
    pub statements: Vec<(Option<Dialect>, String)>,
}

/// A column as a field describes it.
#[derive(Clone, Debug)]
pub struct Column {
    /// The field's name, as it is written.
    pub ident: String,
    /// The column's name: `name = "…"`, else the field's.
    pub name: String,
    /// What the column was called before.
    pub was: Option<String>,
    /// The field's type by the last parts of its path, inside `Option` if it is one: `DateTime<Utc>`.
    pub rust_type: String,
    /// Whether the field is an `Option`.
    pub nullable: bool,
    /// The type as SQL, for a dialect or for all.
    pub types: Vec<(Option<Dialect>, String)>,
    /// Whether it is part of the primary key.
    pub primary_key: bool,
    /// Whether the database counts it up where no value is given.
    pub autoincrement: bool,
    /// Whether no two rows have the same.
    pub unique: bool,
    /// The default, as SQL.
    pub default: Option<String>,
    /// What it refers to, as SQL: `teams (id) ON DELETE CASCADE`.
    pub references: Option<String>,
    /// A condition, as SQL.
    pub check: Option<String>,
    /// What else stands in the column's definition, as SQL.
    pub sql: Option<String>,
    /// Where the field's type stands.
    pub span: Span,
}

/// An index as `#[table(index(…))]` describes it.
#[derive(Clone, Debug)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// What is indexed, as SQL: `email, created DESC`.
    pub on: String,
    /// Whether no two rows have the same.
    pub unique: bool,
    /// Which rows are in it, as SQL.
    pub condition: Option<String>,
}

impl Model {
    /// Reads a struct.
    ///
    /// # Errors
    ///
    /// It is no struct with named fields, or an attribute says what is not known; each with its place.
    pub fn read(input: &DeriveInput) -> Result<Self, Error> {
        let wrong = || Error::new(input.ident.span(), "a table is a struct with named fields");
        let Data::Struct(data) = &input.data else { return Err(wrong()) };
        let Fields::Named(fields) = &data.fields else { return Err(wrong()) };
        if !input.generics.params.is_empty() {
            return Err(Error::new(input.ident.span(), "a table has no generic parameters"));
        }
        let ident = input.ident.to_string();
        let mut model = Self {
            name: snake_case(&plain(&ident)),
            ident,
            span: input.ident.span(),
            was: None,
            strict: false,
            without_rowid: false,
            columns: Vec::new(),
            indexes: Vec::new(),
            constraints: Vec::new(),
            statements: Vec::new(),
        };
        let mut wrong = None;
        for attribute in of(&input.attrs, "table") {
            note(&mut wrong, attribute.parse_nested_meta(|meta| model.option(&meta)));
        }
        for field in &fields.named {
            model.columns.extend(note(&mut wrong, Column::read(field)).flatten());
        }
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        if model.columns.is_empty() {
            return Err(Error::new(input.ident.span(), "a table has at least one column"));
        }
        Ok(model)
    }

    fn option(&mut self, meta: &ParseNestedMeta<'_>) -> Result<(), Error> {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match &*name {
            "name" => self.name = text(meta)?,
            "was" => self.was = Some(text(meta)?),
            "strict" => self.strict = true,
            "without_rowid" => self.without_rowid = true,
            "constraint" => self.constraints.push(text(meta)?),
            "sql" => self.statements.push((None, text(meta)?)),
            "index" => self.indexes.push(Index::read(meta)?),
            _ => match name.parse::<Dialect>() {
                Ok(dialect) => self.statements.push((Some(dialect), text(meta)?)),
                Err(_) => {
                    return Err(meta.error(
                        "a table has `name`, `was`, `index(…)`, `constraint`, `sql`, `strict`, \
                         `without_rowid`, and SQL for one dialect: `sqlite`, `postgres`, `mysql`",
                    ));
                }
            },
        }
        Ok(())
    }
}

impl Index {
    fn read(meta: &ParseNestedMeta<'_>) -> Result<Self, Error> {
        let (mut name, mut on, mut unique, mut condition) = (None, None, false, None);
        meta.parse_nested_meta(|meta| {
            match &*meta.path.get_ident().map(ToString::to_string).unwrap_or_default() {
                "name" => name = Some(text(&meta)?),
                "on" => on = Some(text(&meta)?),
                "unique" => unique = true,
                "only" => condition = Some(text(&meta)?),
                _ => return Err(meta.error("an index has `name`, `on`, `unique` and `only`")),
            }
            Ok(())
        })?;
        match (name, on) {
            (Some(name), Some(on)) => Ok(Self { name, on, unique, condition }),
            _ => Err(meta.error("an index wants `name = \"…\"` and `on = \"column, column\"`")),
        }
    }
}

impl Column {
    /// Returns the type that an attribute says for a dialect.
    pub(crate) fn written(&self, dialect: Dialect) -> Option<&str> {
        let of = |of: Option<Dialect>| self.types.iter().find(|(one, _)| *one == of);
        of(Some(dialect)).or_else(|| of(None)).map(|(_, kind)| &**kind)
    }

    /// Reads a field; none where it says `skip`.
    fn read(field: &Field) -> Result<Option<Self>, Error> {
        let ident = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        let (rust_type, nullable) = match inside_option(&field.ty) {
            Some(inner) => (types::shown(inner), true),
            None => (types::shown(&field.ty), false),
        };
        let mut column = Self {
            name: plain(&ident),
            ident,
            was: None,
            rust_type,
            nullable,
            types: Vec::new(),
            primary_key: false,
            autoincrement: false,
            unique: false,
            default: None,
            references: None,
            check: None,
            sql: None,
            span: field.ty.span(),
        };
        let mut skip = false;
        for attribute in of(&field.attrs, "column") {
            attribute.parse_nested_meta(|meta| {
                let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                match &*name {
                    "skip" => skip = true,
                    "name" => column.name = text(&meta)?,
                    "was" => column.was = Some(text(&meta)?),
                    "type" => column.types.push((None, text(&meta)?)),
                    "primary_key" => column.primary_key = true,
                    "autoincrement" => column.autoincrement = true,
                    "unique" => column.unique = true,
                    "default" => column.default = Some(value(&meta)?),
                    "references" => column.references = Some(text(&meta)?),
                    "check" => column.check = Some(text(&meta)?),
                    "sql" => column.sql = Some(text(&meta)?),
                    _ => match name.parse::<Dialect>() {
                        Ok(dialect) => column.types.push((Some(dialect), text(&meta)?)),
                        Err(_) => {
                            return Err(meta.error(
                                "a column has `name`, `was`, `type`, `primary_key`, `autoincrement`, \
                                 `unique`, `default`, `references`, `check`, `sql`, `skip`, and its type \
                                 in one dialect: `sqlite`, `postgres`, `mysql`",
                            ));
                        }
                    },
                }
                Ok(())
            })?;
        }
        Ok((!skip).then_some(column))
    }
}

fn of<'a>(attributes: &'a [Attribute], name: &'a str) -> impl Iterator<Item = &'a Attribute> {
    attributes.iter().filter(move |attribute| attribute.path().is_ident(name))
}

/// Adds what is wrong to what was before, so that all of it is told at once.
pub(crate) fn note<T>(wrong: &mut Option<Error>, read: Result<T, Error>) -> Option<T> {
    read.map_err(|error| match wrong {
        Some(before) => before.combine(error),
        None => *wrong = Some(error),
    })
    .ok()
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<String, Error> {
    let text: LitStr = meta.value()?.parse()?;
    Ok(text.value())
}

/// Reads a default: a string is SQL as it stands, a number and a truth value are themselves.
fn value(meta: &ParseNestedMeta<'_>) -> Result<String, Error> {
    let value: Expr = meta.value()?.parse()?;
    let wrong =
        || Error::new(value.span(), "a default is SQL in a string, a number, `true` or `false`");
    let (sign, literal) = match &value {
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => ("-", &*unary.expr),
        literal => ("", literal),
    };
    let Expr::Lit(ExprLit { lit, .. }) = literal else { return Err(wrong()) };
    match lit {
        Lit::Str(text) if sign.is_empty() => Ok(text.value()),
        Lit::Int(number) => Ok(format!("{sign}{}", number.base10_digits())),
        Lit::Float(number) => Ok(format!("{sign}{}", number.base10_digits())),
        Lit::Bool(truth) if sign.is_empty() => Ok(truth.value.to_string()),
        _ => Err(wrong()),
    }
}

/// Returns the type inside `Option<…>`.
fn inside_option(kind: &Type) -> Option<&Type> {
    let Type::Path(path) = kind else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

/// Returns a name without the `r#` of a raw one.
fn plain(name: &str) -> String {
    name.trim_start_matches("r#").to_owned()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let after_small = at > 0 && !letters[at - 1].is_uppercase();
        let before_small = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if at > 0 && letter.is_uppercase() && (after_small || before_small) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
