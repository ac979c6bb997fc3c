//! Which of what goes and comes is the likeliest to be one thing.

use crate::{Ambiguous, Choices, Kind, Rename};

/// What the same type adds to the likeness of names.
pub(crate) const SAME_TYPE: usize = 20;
/// What all the rest adds, where that is the same too.
pub(crate) const SAME_DEFINITION: usize = 10;

/// Pairs of what goes and what comes, as they are found.
pub(crate) struct Pairs<'c> {
    choices: &'c Choices,
    same: fn(&str, &str) -> bool,
    found: Vec<(usize, Ambiguous)>,
}

impl<'c> Pairs<'c> {
    /// Begins with none; `same` tells whether a flag names something.
    pub(crate) fn new(choices: &'c Choices, same: fn(&str, &str) -> bool) -> Self {
        Self { choices, same, found: Vec::new() }
    }

    /// Adds a pair, unless a flag says that it is dropped; `table` is what the table is called before and afterwards.
    pub(crate) fn push(
        &mut self,
        likeness: usize,
        kind: Kind,
        table: Option<(&str, &str)>,
        old: &str,
        new: &str,
    ) {
        let of = |table: Option<&str>| {
            table.map_or_else(|| old.to_owned(), |table| format!("{table}.{old}"))
        };
        let (gone, path) = (of(table.map(|(before, _)| before)), of(table.map(|(_, after)| after)));
        if self
            .choices
            .drops
            .iter()
            .any(|drop| (self.same)(drop, &gone) || (self.same)(drop, &path))
        {
            return;
        }
        let table = table.map(|(_, after)| after.to_owned());
        let rename = Rename { kind, table, old: old.to_owned(), new: new.to_owned() };
        self.found.push((likeness, Ambiguous { rename, gone, path }));
    }

    /// Returns them, the likeliest first.
    pub(crate) fn sorted(mut self) -> Vec<Ambiguous> {
        self.found.sort_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
        self.found.into_iter().map(|(_, ambiguous)| ambiguous).collect()
    }
}

/// Tells how many of a hundred columns two tables share by name; none if it is less than half of those of the smaller.
pub(crate) fn shared(
    one: impl Iterator<Item = String>,
    other: impl Iterator<Item = String>,
) -> Option<usize> {
    let (one, other): (Vec<String>, Vec<String>) = (one.collect(), other.collect());
    let common = one.iter().filter(|name| other.contains(name)).count();
    let (smaller, larger) = (one.len().min(other.len()), one.len().max(other.len()));
    (common > 0 && common * 2 >= smaller).then(|| common * 100 / larger)
}

/// Tells how much of a hundred two names have in common: letters in the same order.
pub(crate) fn likeness(one: &str, other: &str) -> usize {
    let [one, other] = [one, other].map(|name| name.to_lowercase().chars().collect::<Vec<_>>());
    // The longest that both have when letters are left out (Hirschberg's table, a row at a time).
    let mut row = vec![0; other.len() + 1];
    for letter in &one {
        let mut diagonal = 0;
        for (at, own) in other.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if own == letter { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row[other.len()] * 200 / (one.len() + other.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::likeness;

    #[test]
    fn names_are_as_alike_as_the_letters_they_share() {
        assert_eq!(likeness("name", "name"), 100);
        assert_eq!(likeness("name", "Full_Name"), 61);
        assert_eq!(likeness("mail", "e_mail"), 80);
        assert_eq!(likeness("a", "b"), 0);
        assert_eq!(likeness("", ""), 0);
    }
}
