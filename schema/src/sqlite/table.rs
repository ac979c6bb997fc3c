//! A table: columns, constraints, options.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::words::{Expression, folded, quoted, written};

/// A table, as its `CREATE TABLE` says.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Its name as it is written.
    pub(super) name: String,
    /// Its text in the catalog.
    pub(super) sql: String,
    /// Where its name stands in the text.
    pub(super) name_at: Range<usize>,
    /// Where its own name qualifies a column in the text, the dot included.
    pub(super) qualifiers: Vec<Range<usize>>,
    /// A virtual table's module and arguments.
    pub(super) module: Option<Expression>,
    pub(super) columns: Vec<Column>,
    pub(super) constraints: Vec<Placed>,
    pub(super) strict: bool,
    pub(super) without_rowid: bool,
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Its name as it is written.
    pub(super) name: String,
    /// Its type, folded; empty if it has none.
    pub(super) kind: String,
    /// What happens on NULL: `abort` and so on; none where NULL is allowed.
    pub(super) not_null: Option<String>,
    pub(super) default: Option<Default>,
    pub(super) collation: Option<String>,
    pub(super) generated: Option<Generated>,
    /// Its whole definition in the table's text.
    pub(super) text: String,
}

/// A column's default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Default {
    pub(super) value: Expression,
    /// Whether it is a literal, which is the same for every row.
    pub(super) constant: bool,
    /// Whether it is NULL.
    pub(super) null: bool,
    /// The value as an expression of SQL.
    pub(super) sql: String,
}

/// How a column is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Generated {
    pub(super) value: Expression,
    pub(super) stored: bool,
}

/// A constraint, and the column in whose definition it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) constraint: Constraint,
    pub(super) inline: Option<String>,
}

/// A constraint. Its name is no part of it: nothing in SQLite refers to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Constraint {
    PrimaryKey {
        members: Vec<Member>,
        conflict: Option<String>,
        autoincrement: bool,
        /// Whether it is `INTEGER PRIMARY KEY DESC` in a column's definition, which is no rowid
        /// (SQLite, "ROWIDs and the INTEGER PRIMARY KEY").
        descending_column: bool,
    },
    Unique {
        members: Vec<Member>,
        conflict: Option<String>,
    },
    Check {
        value: Expression,
    },
    ForeignKey {
        columns: Vec<String>,
        table: String,
        /// Empty where the parent's primary key is meant.
        parents: Vec<String>,
        on_delete: Option<String>,
        on_update: Option<String>,
        deferred: bool,
    },
}

/// A column of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    pub(super) column: String,
    /// `collate nocase`, `desc`; empty for neither.
    pub(super) order: String,
}

impl Table {
    /// Returns its name as SQLite compares it.
    pub(super) fn key(&self) -> String {
        folded(&self.name)
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Tells whether something else than an error becomes of a row that violates a constraint.
    pub(super) fn resolves_conflicts(&self) -> bool {
        let of_columns = self.columns.iter().map(|column| &column.not_null);
        let of_constraints = self.constraints.iter().map(|placed| match &placed.constraint {
            Constraint::PrimaryKey { conflict, .. } | Constraint::Unique { conflict, .. } => {
                conflict
            }
            Constraint::Check { .. } | Constraint::ForeignKey { .. } => &None,
        });
        of_columns.chain(of_constraints).flatten().any(|conflict| conflict != "abort")
    }

    pub(super) const fn is_virtual(&self) -> bool {
        self.module.is_some()
    }

    pub(super) fn has_rowid(&self) -> bool {
        !self.without_rowid && !self.is_virtual()
    }

    /// Returns the column that stands for the rowid.
    pub(super) fn rowid_column(&self) -> Option<&Column> {
        if !self.has_rowid() {
            return None;
        }
        self.constraints.iter().find_map(|placed| match &placed.constraint {
            Constraint::PrimaryKey { members, descending_column: false, .. } => {
                match &members[..] {
                    [member] => {
                        self.column(&member.column).filter(|column| column.kind == "integer")
                    }
                    _ => None,
                }
            }
            _ => None,
        })
    }

    /// Returns a name of the rowid that no column hides.
    pub(super) fn rowid_name(&self) -> Option<&'static str> {
        let free = |name: &&str| self.column(name).is_none();
        ["rowid", "_rowid_", "oid"].into_iter().find(free).filter(|_| self.has_rowid())
    }

    pub(super) fn is_autoincrement(&self) -> bool {
        let is = |placed: &Placed| {
            matches!(placed.constraint, Constraint::PrimaryKey { autoincrement: true, .. })
        };
        self.constraints.iter().any(is)
    }

    /// Returns what each foreign key of it refers to.
    pub(super) fn parents(&self) -> impl Iterator<Item = &str> {
        self.constraints.iter().filter_map(|placed| match &placed.constraint {
            Constraint::ForeignKey { table, .. } => Some(&**table),
            _ => None,
        })
    }

    /// Returns its constraints as a set: their order and repetitions say nothing.
    pub(super) fn constraint_set(&self) -> BTreeSet<&Constraint> {
        self.constraints.iter().map(|placed| &placed.constraint).collect()
    }

    /// Tells whether both are the same but for their names.
    pub(super) fn same(&self, other: &Self) -> bool {
        let alike = |(a, b): (&Column, &Column)| {
            a.name.eq_ignore_ascii_case(&b.name) && a.definition() == b.definition()
        };
        self.options() == other.options()
            && self.module == other.module
            && self.columns.len() == other.columns.len()
            && self.columns.iter().zip(&other.columns).all(alike)
            && self.constraint_set() == other.constraint_set()
    }

    pub(super) const fn options(&self) -> (bool, bool) {
        (self.strict, self.without_rowid)
    }

    /// Returns what is said of the table as a whole.
    pub(super) fn definition(&self) -> String {
        if let Some(module) = &self.module {
            return format!("virtual {module}");
        }
        let columns: Vec<String> =
            self.columns.iter().map(|column| written(&folded(&column.name))).collect();
        let strict = if self.strict { " strict" } else { "" };
        let rowid = if self.without_rowid { " without rowid" } else { "" };
        format!("({}){strict}{rowid}", columns.join(", "))
    }

    /// Returns its text under another name.
    pub(super) fn sql_as(&self, name: &str) -> String {
        let mut sql = self.sql.clone();
        for qualifier in self.qualifiers.iter().rev() {
            sql.replace_range(qualifier.clone(), "");
        }
        sql.replace_range(self.name_at.clone(), &quoted(name));
        sql
    }

    /// Makes what SQLite takes for granted explicit, so that it need not be said twice alike.
    pub(super) fn make_explicit(&mut self) {
        if !self.without_rowid && !self.strict {
            return;
        }
        let rowid = self.rowid_column().map(|column| column.name.clone());
        let keys: Vec<String> = self
            .constraints
            .iter()
            .filter_map(|placed| match &placed.constraint {
                Constraint::PrimaryKey { members, .. } => Some(members),
                _ => None,
            })
            .flatten()
            .map(|member| member.column.clone())
            .collect();
        for column in &mut self.columns {
            let is_key = keys.iter().any(|key| column.name.eq_ignore_ascii_case(key));
            if is_key && column.not_null.is_none() && rowid.as_ref() != Some(&column.name) {
                column.not_null = Some("abort".to_owned());
            }
        }
    }
}

impl Column {
    /// Returns all that is said of the column but its name and its constraints.
    pub(super) fn definition(&self) -> String {
        let mut text = self.kind.clone();
        let mut add = |words: String| {
            text.push_str(if text.is_empty() { "" } else { " " });
            text.push_str(&words);
        };
        match self.not_null.as_deref() {
            None => {}
            Some("abort") => add("not null".to_owned()),
            Some(conflict) => add(format!("not null on conflict {conflict}")),
        }
        if let Some(default) = &self.default {
            add(format!("default {}", default.value));
        }
        if let Some(collation) = &self.collation {
            add(format!("collate {collation}"));
        }
        if let Some(Generated { value, stored }) = &self.generated {
            let how = if *stored { "stored" } else { "virtual" };
            add(format!("as ( {value} ) {how}"));
        }
        text
    }
}

impl Constraint {
    /// Returns the columns of the table that it names.
    pub(super) fn columns(&self) -> Vec<&str> {
        match self {
            Self::PrimaryKey { members, .. } | Self::Unique { members, .. } => {
                members.iter().map(|member| &*member.column).collect()
            }
            Self::Check { value } => value.names().collect(),
            Self::ForeignKey { columns, .. } => columns.iter().map(String::as_str).collect(),
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |members: &[Member]| {
            let words = members.iter().map(|member| {
                let space = if member.order.is_empty() { "" } else { " " };
                format!("{}{space}{}", written(&member.column), member.order)
            });
            words.collect::<Vec<_>>().join(", ")
        };
        let named = |names: &[String]| {
            names.iter().map(|name| written(name)).collect::<Vec<_>>().join(", ")
        };
        let mut conflict = &None;
        match self {
            Self::PrimaryKey { members, conflict: on, autoincrement, descending_column } => {
                write!(f, "primary key ({})", listed(members))?;
                f.write_str(if *autoincrement { " autoincrement" } else { "" })?;
                f.write_str(if *descending_column { " descending column" } else { "" })?;
                conflict = on;
            }
            Self::Unique { members, conflict: on } => {
                write!(f, "unique ({})", listed(members))?;
                conflict = on;
            }
            Self::Check { value } => write!(f, "check ({value})")?,
            Self::ForeignKey { columns, table, parents, on_delete, on_update, deferred } => {
                write!(f, "foreign key ({}) references {}", named(columns), written(table))?;
                if !parents.is_empty() {
                    write!(f, " ({})", named(parents))?;
                }
                for (event, action) in [("delete", on_delete), ("update", on_update)] {
                    if let Some(action) = action {
                        write!(f, " on {event} {action}")?;
                    }
                }
                f.write_str(if *deferred { " deferrable initially deferred" } else { "" })?;
            }
        }
        conflict.as_ref().map_or(Ok(()), |conflict| write!(f, " on conflict {conflict}"))
    }
}
