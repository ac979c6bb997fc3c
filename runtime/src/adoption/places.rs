//! Which revisions of a set another tool has applied.

use revchain_core::set::Set;

use super::{History, HistoryFault, Old};
use crate::error::Named;

/// Returns the places that are applied, parents first.
pub(crate) fn adopted(
    history: History,
    set: &Set,
    old: &Old,
) -> Result<Vec<u32>, Vec<HistoryFault>> {
    if !old.exists {
        return Err(vec![HistoryFault::NoTable]);
    }
    if let Some(fault) = old.unlike(history) {
        return Err(vec![fault]);
    }
    if old.is_past {
        return Err(vec![HistoryFault::TakenBack]);
    }
    let mut faults = Vec::new();
    let mut members = vec![false; set.by_id.len()];
    match history {
        History::UserVersion => count(set, old, &mut members, &mut faults),
        History::Alembic => heads(set, old, &mut members, &mut faults),
        History::GolangMigrate => last(set, old, &mut members, &mut faults),
        _ => {
            let applied = applied(history, old, &mut faults);
            each(history, set, &applied, &mut members, &mut faults);
        }
    }
    if faults.is_empty() {
        gaps(set, &members, &mut faults);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut places = Vec::new();
    for (place, applied) in members.into_iter().enumerate() {
        if applied {
            places.push(place as u32);
        }
    }
    Ok(places)
}

/// A migration that is applied.
struct Applied {
    version: String,
    checksum: Option<String>,
}

/// Reads the rows of a tool that writes one for each migration.
fn applied(history: History, old: &Old, faults: &mut Vec<HistoryFault>) -> Vec<Applied> {
    let mut applied: Vec<Applied> = Vec::new();
    for row in &old.rows {
        let version = match &row.version {
            Some(version) => version.clone(),
            // What Flyway repeats has no version: its file tells it apart.
            None if history == History::Flyway && !row.script.is_empty() => {
                row.script.replace(char::is_whitespace, "_")
            }
            None => {
                faults.push(HistoryFault::NoVersion);
                continue;
            }
        };
        let known = applied.iter().position(|one| one.version == version);
        let mut taken_back = false;
        match history {
            History::Sqlx if !row.flag => faults.push(HistoryFault::Failed(version.clone())),
            History::Flyway => match &*row.kind {
                "SCHEMA" => continue,
                "BASELINE" => faults.push(HistoryFault::Baseline(version.clone())),
                _ if !row.flag => faults.push(HistoryFault::Failed(version.clone())),
                kind => taken_back = kind.starts_with("UNDO") || kind == "DELETE",
            },
            History::Goose => {
                // The first row stands for the empty database.
                if version == "0" {
                    continue;
                }
                taken_back = !row.flag;
            }
            _ => {}
        }
        let repeats = matches!(history, History::Goose | History::Flyway);
        match known {
            Some(_) if !repeats => faults.push(HistoryFault::Repeated(version)),
            // What was done last counts.
            Some(place) if taken_back => _ = applied.remove(place),
            Some(place) => applied[place].checksum.clone_from(&row.checksum),
            None if taken_back => {}
            None => applied.push(Applied { version, checksum: row.checksum.clone() }),
        }
    }
    applied
}

/// Marks the revisions that were made of migrations.
fn each(
    history: History,
    set: &Set,
    applied: &[Applied],
    members: &mut [bool],
    faults: &mut Vec<HistoryFault>,
) {
    let origins = origins(history, set);
    if origins.is_empty() && !applied.is_empty() {
        return faults.push(HistoryFault::NotImported);
    }
    for Applied { version, checksum } in applied {
        let mut found = None;
        for (place, own, sums) in &origins {
            if own != version {
                continue;
            }
            let revision = Named::of(set, set.at(*place));
            if found.replace(*place).is_some() {
                faults.push(HistoryFault::Ambiguous { version: version.clone(), revision });
            } else if is_edited(sums, checksum.as_deref()) {
                faults.push(HistoryFault::Edited { version: version.clone(), revision });
            }
        }
        match found {
            Some(place) => members[place as usize] = true,
            None => faults.push(HistoryFault::Unknown(version.clone())),
        }
    }
}

/// Returns the revisions that were migrations of a tool: place, version and checksum.
fn origins(history: History, set: &Set) -> Vec<(u32, &str, &str)> {
    let mut origins = Vec::new();
    for place in 0..set.by_id.len() as u32 {
        if let Some(origin) = set.at(place).origin()
            && origin.tool == history.tool()
        {
            origins.push((place, origin.version, origin.checksum));
        }
    }
    origins
}

/// Tells whether both sides say something, and not the same.
fn is_edited(sums: &str, found: Option<&str>) -> bool {
    let Some(found) = found.filter(|found| !found.is_empty() && sums != "-") else { return false };
    !sums.split(',').any(|sum| sum.eq_ignore_ascii_case(found))
}

/// Marks what golang-migrate has: all up to the one version that it keeps.
fn last(set: &Set, old: &Old, members: &mut [bool], faults: &mut Vec<HistoryFault>) {
    let [row] = &old.rows[..] else {
        if old.rows.len() > 1 {
            faults.push(HistoryFault::Repeated(old.rows[1].version.clone().unwrap_or_default()));
        }
        return;
    };
    let Some(version) = &row.version else { return faults.push(HistoryFault::NoVersion) };
    if row.flag {
        return faults.push(HistoryFault::Dirty(version.clone()));
    }
    let origins = origins(History::GolangMigrate, set);
    if origins.is_empty() {
        return faults.push(HistoryFault::NotImported);
    }
    let last: Option<u64> = version.parse().ok();
    let mut known = false;
    for (place, own, _) in origins {
        let own: Option<u64> = own.parse().ok();
        known |= own.is_some() && own == last;
        members[place as usize] = own.is_some() && own <= last;
    }
    if !known {
        faults.push(HistoryFault::Unknown(version.clone()));
    }
}

/// Returns the revision that Alembic calls so: imported ones keep their ids.
fn head(set: &Set, origins: &[(u32, &str, &str)], version: &str) -> Option<u32> {
    for (place, own, _) in origins {
        if *own == version {
            return Some(*place);
        }
    }
    set.place(version)
}

/// Marks what Alembic has: its heads and all that they need.
fn heads(set: &Set, old: &Old, members: &mut [bool], faults: &mut Vec<HistoryFault>) {
    let origins = origins(History::Alembic, set);
    for row in &old.rows {
        let Some(version) = &row.version else {
            faults.push(HistoryFault::NoVersion);
            continue;
        };
        let Some(head) = head(set, &origins, version) else {
            faults.push(HistoryFault::Unknown(version.clone()));
            continue;
        };
        let mut open = vec![head];
        while let Some(place) = open.pop() {
            if std::mem::replace(&mut members[place as usize], true) {
                continue;
            }
            let revision = set.at(place);
            open.extend_from_slice(&revision.parents);
            open.extend_from_slice(&revision.dependencies);
        }
    }
    // A head that another applied revision revises is none; Alembic keeps what is only depended on.
    for row in &old.rows {
        let Some(version) = &row.version else { continue };
        let Some(head) = head(set, &origins, version) else { continue };
        for (above, applied) in members.iter().enumerate() {
            if *applied && set.at(above as u32).parents.contains(&head) {
                faults.push(HistoryFault::Repeated(version.clone()));
                break;
            }
        }
    }
}

/// Marks as many revisions of the chain as `user_version` counts.
fn count(set: &Set, old: &Old, members: &mut [bool], faults: &mut Vec<HistoryFault>) {
    let version = old.rows.first().and_then(|row| row.version.as_deref()).unwrap_or("0");
    let count: i64 = version.parse().unwrap_or(-1);
    let (version, total) = (version.to_owned(), set.revisions.len());
    match usize::try_from(count) {
        Ok(count) if count <= total => {
            for (place, member) in members[..count].iter_mut().enumerate() {
                let own: &[u32] = &set.revisions[place].parents;
                let is_next = match place.checked_sub(1) {
                    None => own.is_empty(),
                    Some(before) => own == [before as u32],
                };
                if !is_next {
                    return faults
                        .push(HistoryFault::NoLine(Named::of(set, &set.revisions[place])));
                }
                *member = true;
            }
        }
        _ => faults.push(HistoryFault::Above { version, total }),
    }
}

/// Finds what is missing below what is applied.
fn gaps(set: &Set, members: &[bool], faults: &mut Vec<HistoryFault>) {
    let mut told = vec![false; members.len()];
    for place in 0..members.len() {
        if !members[place] {
            continue;
        }
        let revision = set.at(place as u32);
        for need in revision.parents.iter().chain(&*revision.dependencies) {
            let need = *need as usize;
            if !members[need] && !std::mem::replace(&mut told[need], true) {
                faults.push(HistoryFault::Gap {
                    missing: Named::of(set, set.at(need as u32)),
                    above: Named::of(set, revision),
                });
            }
        }
    }
}
