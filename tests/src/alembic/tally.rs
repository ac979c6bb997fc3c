//! Counts verdicts, a line for each command.

use std::collections::BTreeMap;
use std::fmt;

use super::case::Case;
use super::judge::Verdict;

/// How many cases ended how.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    commands: BTreeMap<String, Counts>,
    refusals: BTreeMap<&'static str, usize>,
    faults: BTreeMap<&'static str, usize>,
    disagreements: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    agree: usize,
    refused: usize,
    faults: usize,
    disagree: usize,
}

impl Tally {
    /// Counts a verdict.
    pub fn count(&mut self, case: &Case, verdict: Verdict) {
        let counts = self.commands.entry(case.command.clone()).or_default();
        match verdict {
            Verdict::Agrees => counts.agree += 1,
            Verdict::Refused(reason) => {
                counts.refused += 1;
                *self.refusals.entry(reason).or_default() += 1;
            }
            Verdict::Fault(why) => {
                counts.faults += 1;
                *self.faults.entry(why).or_default() += 1;
            }
            Verdict::Disagrees(text) => {
                counts.disagree += 1;
                let words = [&case.target, &case.upper, &case.lower, &case.head];
                let words: Vec<String> = words
                    .iter()
                    .filter(|word| !word.is_null())
                    .map(|word| word.to_string())
                    .collect();
                let (id, command) = (&case.id, &case.command);
                let at = case.current.join(",");
                self.disagreements
                    .push(format!("{id} {command} {} at {at}: {text}", words.join(" ")));
            }
        }
    }

    /// Returns the cases in which ours and Alembic's answer differ and neither is excused.
    #[must_use]
    pub fn disagreements(&self) -> &[String] {
        &self.disagreements
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<14} {:>6} {:>8} {:>16} {:>9}",
            "", "agree", "refused", "Alembic at fault", "disagree"
        )?;
        let mut total = Counts::default();
        for (command, counts) in &self.commands {
            row(f, command, counts)?;
            total.agree += counts.agree;
            total.refused += counts.refused;
            total.faults += counts.faults;
            total.disagree += counts.disagree;
        }
        row(f, "all", &total)?;
        for (title, reasons) in
            [("refused by ours:", &self.refusals), ("Alembic at fault, ours sound:", &self.faults)]
        {
            if !reasons.is_empty() {
                writeln!(f, "\n{title}")?;
            }
            reasons.iter().try_for_each(|(reason, count)| writeln!(f, "{count:>6}  {reason}"))?;
        }
        if !self.disagreements.is_empty() {
            writeln!(f, "\ndisagreements:")?;
        }
        self.disagreements.iter().try_for_each(|text| writeln!(f, "  {text}"))
    }
}

fn row(f: &mut fmt::Formatter<'_>, command: &str, counts: &Counts) -> fmt::Result {
    let Counts { agree, refused, faults, disagree } = counts;
    writeln!(f, "{command:<14} {agree:>6} {refused:>8} {faults:>16} {disagree:>9}")
}
