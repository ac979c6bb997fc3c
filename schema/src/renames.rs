//! What keeps its rows under another name, and what could: decided in one way for every database.

use std::collections::BTreeMap;

use crate::likeness::{Pairs, SAME_DEFINITION, SAME_TYPE, likeness, shared};
use crate::{Ambiguous, Choices, Kind, Rename};

/// A rename that somebody asks for, by the names that a catalog has.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'c, N> {
    pub(crate) rename: &'c Rename,
    /// Whether a comment names it, which stays in the text when it is done.
    pub(crate) noted: bool,
    pub(crate) old: N,
    pub(crate) new: N,
}

/// Returns all that is asked for, flags first; tells of each whether it is a comment.
pub(crate) fn asked(choices: &Choices) -> impl Iterator<Item = (&Rename, bool)> {
    let flags = choices.renames.iter().map(|rename| (rename, false));
    flags.chain(choices.noted.iter().map(|rename| (rename, true)))
}

/// Returns which renames are to be done.
///
/// Each name is left once and taken once, and what it takes is free, or is left too; on a way `back` also what goes, as
/// [`in_the_way`] tells. Names that change places by comments
/// stay where they are when that leaves more as it is wanted: then they have changed places already.
///
/// `there` tells what is there before; `alike`, how much is the same of what is there and what is wanted, by their names.
pub(crate) fn chosen<'c, N: PartialEq>(
    wanted: Vec<Asked<'c, N>>,
    back: bool,
    there: impl Fn(&N) -> bool,
    alike: impl Fn(&N, &N) -> usize,
) -> Vec<Asked<'c, N>> {
    let mut chosen: Vec<Asked<'c, N>> = Vec::new();
    for one in wanted {
        let taken = chosen.iter().any(|other| other.old == one.old || other.new == one.new);
        if !taken && one.old != one.new {
            chosen.push(one);
        }
    }
    let mut at = 0;
    while at < chosen.len() {
        let one = &chosen[at];
        let blocked = !back && there(&one.new) && !chosen.iter().any(|other| other.old == one.new);
        let circle = if one.noted { circle(&chosen, at) } else { Vec::new() };
        let noted = circle.iter().all(|at| chosen[*at].noted);
        let sum = |score: &dyn Fn(&Asked<'c, N>) -> usize| -> usize {
            circle.iter().map(|at| score(&chosen[*at])).sum()
        };
        let done = !circle.is_empty()
            && noted
            && sum(&|one| alike(&one.old, &one.new)) <= sum(&|one| alike(&one.old, &one.old));
        if done {
            let mut index = 0;
            chosen.retain(|_| {
                index += 1;
                !circle.contains(&(index - 1))
            });
        } else if blocked {
            chosen.remove(at);
        }
        // What is gone can have made room for another that stands before it.
        at = if done || blocked { 0 } else { at + 1 };
    }
    chosen
}

/// Returns what has the new name of another and none itself: it is to go, and steps aside until then.
pub(crate) fn in_the_way<N: PartialEq + Clone>(
    chosen: &[Asked<'_, N>],
    there: impl Fn(&N) -> bool,
) -> Vec<N> {
    let taken = chosen.iter().map(|one| &one.new);
    let stays = |name: &&N| there(name) && !chosen.iter().any(|one| one.old == **name);
    taken.filter(stays).cloned().collect()
}

/// Returns the places of those that lead from a name back to itself; none if they do not.
fn circle<N: PartialEq>(chosen: &[Asked<'_, N>], start: usize) -> Vec<usize> {
    let (mut places, mut at) = (vec![start], start);
    while let Some(next) = chosen.iter().position(|one| one.old == chosen[at].new) {
        if next == start {
            return places;
        }
        places.push(next);
        at = next;
    }
    Vec::new()
}

/// Returns a name like another that nothing has.
fn free(name: &str, taken: impl Fn(&String) -> bool) -> String {
    let mut free = format!("{name}_old");
    while taken(&free) {
        free.push('_');
    }
    free
}

/// Tables by the names that the database tells apart.
#[derive(Debug)]
pub(crate) struct Outlines {
    pub(crate) tables: BTreeMap<String, Outline>,
    /// The form of a table's name in which the same names are equal.
    pub(crate) table: fn(&str) -> String,
    /// The same of a column's.
    pub(crate) column: fn(&str) -> String,
}

/// What of a table tells whether another is the same under a new name.
#[derive(Debug)]
pub(crate) struct Outline {
    /// As it is written.
    pub(crate) name: String,
    /// Whether a module makes it.
    pub(crate) is_virtual: bool,
    pub(crate) columns: Vec<ColumnOutline>,
}

#[derive(Debug)]
pub(crate) struct ColumnOutline {
    /// As it is written.
    pub(crate) name: String,
    /// Its type alone: `varchar` of `varchar(20)`.
    pub(crate) kind: String,
    /// All that is said of it.
    pub(crate) definition: String,
    pub(crate) computed: bool,
}

/// The renames that apply to two catalogs, by names as the database tells them apart.
#[derive(Clone, Debug)]
pub(crate) struct Renames {
    /// Old and new names of tables.
    pub(crate) tables: BTreeMap<String, String>,
    /// For each table, as it is called afterwards, the old and new names of columns.
    pub(crate) columns: BTreeMap<String, BTreeMap<String, String>>,
    /// All of them, as they were asked for.
    pub(crate) used: Vec<Rename>,
    column: fn(&str) -> String,
}

impl Renames {
    /// Returns no rename at all.
    pub(crate) fn none(column: fn(&str) -> String) -> Self {
        Self { tables: BTreeMap::new(), columns: BTreeMap::new(), used: Vec::new(), column }
    }

    /// Takes those of `choices` that say what is to be done: a comment stays in the text when it is done.
    pub(crate) fn of(from: &Outlines, to: &Outlines, choices: &Choices) -> Self {
        let mut renames = Self::none(from.column);
        renames.find_tables(from, to, choices);
        renames.find_columns(from, to, choices);
        renames
    }

    fn find_tables(&mut self, from: &Outlines, to: &Outlines, choices: &Choices) {
        let wanted = asked(choices).filter(|(rename, _)| rename.kind == Kind::Table).filter_map(
            |(rename, noted)| {
                let (old, new) = ((from.table)(&rename.old), (from.table)(&rename.new));
                let known = from.tables.contains_key(&old) && to.tables.contains_key(&new);
                known.then_some(Asked { rename, noted, old, new })
            },
        );
        let there = |name: &String| from.tables.contains_key(name);
        let alike = |old: &String, new: &String| match (from.tables.get(old), to.tables.get(new)) {
            (Some(old), Some(new)) => old.alike(new),
            _ => 0,
        };
        let chosen = chosen(wanted.collect(), choices.back, there, alike);
        for name in in_the_way(&chosen, there) {
            let free = free(&name, |name| there(name) || to.tables.contains_key(name));
            self.tables.insert(name, free);
        }
        for one in chosen {
            self.tables.insert(one.old, one.new);
            self.used.push(one.rename.clone());
        }
    }

    fn find_columns(&mut self, from: &Outlines, to: &Outlines, choices: &Choices) {
        let mut wanted: BTreeMap<String, Vec<Asked<'_, String>>> = BTreeMap::new();
        for (rename, noted) in asked(choices).filter(|(rename, _)| rename.kind == Kind::Column) {
            let Some(named) = rename.table.as_deref().map(from.table) else { continue };
            // A flag may name the table as it is called before.
            let table = self.tables.get(&named).filter(|_| !to.tables.contains_key(&named));
            let table = table.unwrap_or(&named).clone();
            // What has the former name of another table is new.
            let before = Some(self.before(&table)).filter(|before| self.after(before) == table);
            let before = before.and_then(|before| from.tables.get(before));
            let (Some(before), Some(after)) = (before, to.tables.get(&table)) else { continue };
            let (old, new) = ((from.column)(&rename.old), (from.column)(&rename.new));
            let has = |table: &Outline, name| table.column(name, from.column).is_some();
            if has(before, &old) && has(after, &new) {
                wanted.entry(table).or_default().push(Asked { rename, noted, old, new });
            }
        }
        for (table, wanted) in wanted {
            let (before, after) = (&from.tables[self.before(&table)], &to.tables[&table]);
            let there = |name: &String| before.column(name, from.column).is_some();
            let alike = |old: &String, new: &String| {
                let sides = (before.column(old, from.column), after.column(new, from.column));
                let same = |(old, new): (&ColumnOutline, &ColumnOutline)| {
                    usize::from(old.kind == new.kind)
                        + usize::from(old.definition == new.definition)
                };
                sides.0.zip(sides.1).map_or(0, same)
            };
            let chosen = chosen(wanted, choices.back, there, alike);
            let columns = self.columns.entry(table.clone()).or_default();
            for name in in_the_way(&chosen, there) {
                let is_wanted = |name: &String| after.column(name, from.column).is_some();
                let free = free(&name, |name| there(name) || is_wanted(name));
                columns.insert(name, free);
            }
            for one in chosen {
                columns.insert(one.old, one.new);
                self.used.push(one.rename.clone());
            }
        }
        self.columns.retain(|_, columns| !columns.is_empty());
    }

    /// Returns what a table was called before.
    pub(crate) fn before<'n>(&'n self, table: &'n str) -> &'n str {
        let renamed = self.tables.iter().find(|(_, new)| *new == table);
        renamed.map_or(table, |(old, _)| old)
    }

    /// Returns what a table is called afterwards.
    pub(crate) fn after<'n>(&'n self, table: &'n str) -> &'n str {
        self.tables.get(table).map_or(table, String::as_str)
    }

    /// Returns what a column was called before; the table is named as it is called afterwards.
    pub(crate) fn column_before(&self, table: &str, column: &str) -> String {
        let folded = (self.column)(column);
        let mut found = self.columns.get(table).into_iter().flatten();
        found
            .find(|(_, new)| **new == folded)
            .map_or_else(|| column.to_owned(), |(old, _)| old.clone())
    }

    /// Returns what a column is called afterwards, if that is another name.
    pub(crate) fn column_after(&self, table: &str, column: &str) -> Option<&String> {
        self.columns.get(table)?.get(&(self.column)(column))
    }
}

impl Outline {
    fn column(&self, name: &str, fold: fn(&str) -> String) -> Option<&ColumnOutline> {
        self.columns.iter().find(|column| fold(&column.name) == name)
    }

    /// Tells how many columns are the same in another.
    fn alike(&self, other: &Self) -> usize {
        let same = |one: &&ColumnOutline| {
            other.columns.iter().any(|other| {
                other.name.eq_ignore_ascii_case(&one.name) && other.definition == one.definition
            })
        };
        self.columns.iter().filter(same).count()
    }
}

/// Lists what goes and what comes that could be one thing under a new name, the likeliest first; `state` is how the renames
/// leave what is there.
pub(crate) fn ambiguous(
    state: &Outlines,
    to: &Outlines,
    renames: &Renames,
    choices: &Choices,
) -> Vec<Ambiguous> {
    let mut found = Pairs::new(choices, |one, other| one.eq_ignore_ascii_case(other));
    let gone = |key: &String, other: &Outlines| !other.tables.contains_key(key);
    for (_, old) in state.tables.iter().filter(|(key, _)| gone(key, to)) {
        for (_, new) in to.tables.iter().filter(|(key, _)| gone(key, state)) {
            let shared = shared(
                old.columns.iter().map(|column| (state.column)(&column.name)),
                new.columns.iter().map(|column| (state.column)(&column.name)),
            );
            if let Some(share) = shared.filter(|_| old.is_virtual == new.is_virtual) {
                let likeness = likeness(&old.name, &new.name) + share;
                found.push(likeness, Kind::Table, None, &old.name, &new.name);
            }
        }
    }
    for (key, after) in &to.tables {
        let Some(before) = state.tables.get(key) else { continue };
        let table = Some((renames.before(key), &*after.name));
        let missing = |column: &&ColumnOutline, table: &Outline| {
            !column.computed && table.column(&(state.column)(&column.name), state.column).is_none()
        };
        for old in before.columns.iter().filter(|column| missing(column, after)) {
            for new in after.columns.iter().filter(|column| missing(column, before)) {
                let likeness = likeness(&old.name, &new.name)
                    + if old.kind == new.kind { SAME_TYPE } else { 0 }
                    + if old.definition == new.definition { SAME_DEFINITION } else { 0 };
                found.push(likeness, Kind::Column, table, &old.name, &new.name);
            }
        }
    }
    found.sorted()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rename(old: &str, new: &str) -> Rename {
        Rename { kind: Kind::Table, table: None, old: old.to_owned(), new: new.to_owned() }
    }

    /// Chooses among `old:new`, a comment where `#` stands before it; what is there, what it is, what is wanted.
    fn choose(asked: &str, before: &str, after: &str) -> String {
        let renames: Vec<(Rename, bool)> = asked
            .split_whitespace()
            .map(|text| {
                let (old, new) = text.trim_start_matches('#').split_once(':').expect("a pair");
                (rename(old, new), text.starts_with('#'))
            })
            .collect();
        let is = |text: &str, name: &str| {
            let mut pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
            pairs.find(|(one, _)| *one == name).map(|(_, is)| is.to_owned())
        };
        let wanted = renames.iter().filter_map(|(rename, noted)| {
            let known = is(before, &rename.old).is_some() && is(after, &rename.new).is_some();
            let (old, new) = (rename.old.clone(), rename.new.clone());
            known.then_some(Asked { rename, noted: *noted, old, new })
        });
        let chosen = chosen(
            wanted.collect(),
            false,
            |name| is(before, name).is_some(),
            |old, new| usize::from(is(before, old) == is(after, new)),
        );
        let chosen = chosen.iter().map(|one| format!("{}:{}", one.old, one.new));
        chosen.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_rename_is_done_once_and_where_its_name_is_free() {
        let cases = [
            ("a:b", "a=1", "b=1", "a:b"),
            ("#a:b", "a=1", "b=1", "a:b"),
            ("#a:b", "b=1", "b=1", ""),
            ("a:b", "a=1 b=2", "b=1", ""),
            ("a:b a:c", "a=1", "b=1 c=1", "a:b"),
            ("a:c b:c", "a=1 b=1", "c=1", "a:c"),
            ("#a:b #b:c", "a=1 b=2", "b=1 c=2", "a:b b:c"),
            ("#a:b #b:c", "b=1 c=2", "b=1 c=2", ""),
            ("#a:b #b:c", "a=1 b=2 c=3", "b=1 c=2", ""),
            ("#a:b #b:a", "a=1 b=2", "a=2 b=1", "a:b b:a"),
            ("#a:b #b:a", "a=1 b=2", "a=1 b=2", ""),
            ("#a:b #b:a", "a=1 b=2", "a=1 b=3", ""),
            ("#a:b #b:a", "a=1 b=1", "a=1 b=1", ""),
            ("a:b b:a", "a=1 b=1", "a=1 b=1", "a:b b:a"),
            ("#a:b #b:c #c:a", "a=1 b=2 c=3", "a=3 b=1 c=2", "a:b b:c c:a"),
            ("#a:b #b:c #c:a", "a=1 b=2 c=3", "a=1 b=2 c=3", ""),
        ];
        for (asked, before, after, expected) in cases {
            assert_eq!(choose(asked, before, after), expected, "{asked}: {before} -> {after}");
        }
    }
}
