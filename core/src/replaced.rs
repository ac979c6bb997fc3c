//! What revisions replace: who stands in whose place, and what a set still knows of those that are replaced.

use std::borrow::Cow;

use crate::map::Places;
use crate::script::Script;
use crate::set::{Revision, Set, Text};

/// A revision that another replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Its id.
    pub id: Text,
    /// Whether the replacer itself names it, and not one that it replaces in turn.
    pub direct: bool,
}

impl Replaced {
    /// Makes what a replacer itself names.
    ///
    /// ```
    /// use revchain_core::set::Replaced;
    ///
    /// assert!(Replaced::direct("a1").direct);
    /// ```
    #[must_use]
    pub fn direct(id: &str) -> Self {
        Self { id: id.to_owned().into(), direct: true }
    }
}

/// Who replaces whom, for many questions.
#[derive(Debug)]
pub struct Replacers<'s>(Places<'s>);

impl<'s> Replacers<'s> {
    /// Returns the place of the revision that replaces another.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<u32> {
        self.0.get(id)
    }

    /// Returns the ids of all that is replaced.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.entries().iter().map(|(id, _)| &**id)
    }
}

impl Set {
    /// Returns the revisions that others replace and whose files are still there, parents first.
    ///
    /// They are no part of the chain: [`revisions`](Self::revisions) has those that stand in their place. Their places
    /// go on behind those of the chain.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// assert!(set.replaced().is_empty());
    /// ```
    #[must_use]
    pub fn replaced(&self) -> &[Revision] {
        &self.revisions.all()[self.revisions.standing()..]
    }

    /// Returns the revision at a place, of the chain or replaced.
    ///
    /// # Panics
    ///
    /// When no revision has the place.
    #[must_use]
    pub fn at(&self, place: u32) -> &Revision {
        &self.revisions.all()[place as usize]
    }

    /// Returns the place of a revision of the chain or of one that is replaced, by its full id.
    #[must_use]
    pub fn place(&self, id: &str) -> Option<u32> {
        self.rank(id).map(|rank| self.by_id[rank])
    }

    /// Returns the place of the revision that replaces another, by the full id of that other; the nearest of several.
    #[must_use]
    pub fn replacer(&self, id: &str) -> Option<u32> {
        let all = self.revisions.all();
        let names = |direct: bool| {
            all.iter().position(|revision| {
                let is = |one: &Replaced| one.id == id && (one.direct || !direct);
                revision.replaces.iter().any(is)
            })
        };
        names(true).or_else(|| names(false)).map(|place| place as u32)
    }

    /// Returns for each replaced id the place of the revision that replaces it, the nearest of several.
    #[must_use]
    pub fn replacers(&self) -> Replacers<'_> {
        let mut replacers = Places::default();
        for direct in [true, false] {
            for (place, revision) in (0..).zip(self.revisions.all()) {
                for one in revision.replaces.iter().filter(|one| one.direct == direct) {
                    replacers.insert_first(Cow::Borrowed(&one.id), place);
                }
            }
        }
        Replacers(replacers)
    }

    /// Returns the place in the chain of what stands for a revision: itself, or what replaces it at last.
    #[must_use]
    pub fn standing(&self, id: &str) -> Option<u32> {
        let mut place = self.place(id).or_else(|| self.replacer(id))?;
        while place as usize >= self.revisions.standing() {
            place = self.replacer(&self.at(place).id)?;
        }
        Some(place)
    }

    /// Returns the ids that a revision revises and those that it depends on, as its header names them.
    ///
    /// These are the ids in its checksums. Its places may be others: those of what stands for a replaced revision.
    ///
    /// ```
    /// # let folder = std::path::Path::new("../examples/quickstart/migrations");
    /// # let folder = revchain_core::folder::Folder::read(folder, "migrations");
    /// # let set = revchain_core::check(&folder).into_set().unwrap();
    /// assert_eq!(set.needs(&set.revisions[1]), [vec!["5b1e90c4a7d2".to_owned()], vec![]]);
    /// ```
    #[must_use]
    pub fn needs(&self, revision: &Revision) -> [Vec<String>; 2] {
        let (mut needs, mut has_replacer) = ([Vec::new(), Vec::new()], false);
        for (places, ids) in [&revision.parents, &revision.dependencies].into_iter().zip(&mut needs)
        {
            for place in &**places {
                let need = self.at(*place);
                has_replacer |= !need.replaces.is_empty();
                ids.push(need.id.to_string());
            }
        }
        // Only in the place of a replacer can the header name another.
        if !has_replacer {
            return needs;
        }
        let script = Script::read(&revision.path, &revision.text).0;
        let mut needs = [Vec::new(), Vec::new()];
        for text in Script::texts(&script.revises) {
            needs[0].push(text.to_owned());
        }
        for text in Script::texts(&script.depends_on) {
            needs[1].push(self.labelled(text).unwrap_or(text).to_owned());
        }
        needs
    }

    /// Returns the revision that a label named first.
    fn labelled(&self, label: &str) -> Option<&str> {
        let mut replacer = None;
        for revision in self.revisions.all() {
            if revision.labels.iter().any(|own| own == label) {
                if revision.replaces.is_empty() {
                    return Some(&revision.id);
                }
                replacer = replacer.or(Some(&*revision.id));
            }
        }
        replacer
    }
}
