//! The checksum form `b3v1`: what of a revision counts, and how it is hashed.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use crate::dialect::Token;
use crate::order::order_of;
use crate::set::Options;

/// The prefix of a checksum's text: a change of form is a new prefix.
pub const FORM: &str = "b3v1";

/// A checksum of one section of a revision, as one dialect reads it.
///
/// Comments, white space outside literals, line endings, a byte-order mark and the file's name do not count; every
/// other character does.
///
/// ```
/// use revchain_core::Checksum;
///
/// let text = format!("b3v1:{}", "0f".repeat(32));
/// let checksum: Checksum = text.parse()?;
/// assert_eq!(checksum.to_string(), text);
/// assert_eq!(checksum.short(), "b3v1:0f0f0f0f");
/// # Ok::<(), revchain_core::checksum::NotAChecksum>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checksum([u8; 32]);

impl Checksum {
    /// The length of a checksum's text.
    pub(crate) const LENGTH: usize = FORM.len() + 1 + 64;

    /// Takes the 32 bytes of a hash; usable in constants.
    ///
    /// ```
    /// use revchain_core::Checksum;
    ///
    /// const ZERO: Checksum = Checksum::from_bytes([0; 32]);
    /// assert_eq!(ZERO.short(), "b3v1:00000000");
    /// ```
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the form and the first eight digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string()[..FORM.len() + 9].to_owned()
    }

    /// Tells whether `text` is this checksum, without an allocation.
    ///
    /// ```
    /// use revchain_core::Checksum;
    ///
    /// let checksum = Checksum::from_bytes([7; 32]);
    /// assert!(checksum.is_written(&checksum.to_string()));
    /// assert!(!checksum.is_written("b3v1:07"));
    /// ```
    #[must_use]
    pub fn is_written(&self, text: &str) -> bool {
        let digits = text.strip_prefix(FORM).and_then(|rest| rest.strip_prefix(':'));
        digits.is_some_and(|digits| digits.as_bytes() == self.digits().as_flattened())
    }

    /// Appends the checksum's text.
    pub(crate) fn write(&self, text: &mut String) {
        text.push_str(FORM);
        text.push(':');
        text.push_str(std::str::from_utf8(self.digits().as_flattened()).unwrap_or_default());
    }

    /// Returns the hexadecimal digits of the hash.
    fn digits(&self) -> [[u8; 8]; 8] {
        let (mut digits, mut at) = ([[0; 8]; 8], 0);
        while at < 8 {
            let [a, b] = [self.0[4 * at], self.0[4 * at + 1]];
            let [c, d] = [self.0[4 * at + 2], self.0[4 * at + 3]];
            digits[at] = to_digits(u32::from_be_bytes([a, b, c, d]));
            at += 1;
        }
        digits
    }
}

/// Writes a number as eight hexadecimal digits, all at once.
///
/// The macro writes and reads thousands of them without optimisation, where a loop over digits costs milliseconds.
fn to_digits(number: u32) -> [u8; 8] {
    let mut nibbles = u64::from(number);
    nibbles = (nibbles & 0xffff_0000) << 16 | nibbles & 0xffff;
    nibbles = (nibbles & 0x0000_ff00_0000_ff00) << 8 | nibbles & 0x0000_00ff_0000_00ff;
    nibbles = (nibbles & 0x00f0_00f0_00f0_00f0) << 4 | nibbles & 0x000f_000f_000f_000f;
    // Above nine, a nibble and six carry into the next four bits: these are the letters.
    let letters = ((nibbles + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    (nibbles + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - b'9' - 1)).to_be_bytes()
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(Self::LENGTH);
        self.write(&mut text);
        f.write_str(&text)
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checksum({self})")
    }
}

impl FromStr for Checksum {
    type Err = NotAChecksum;

    fn from_str(text: &str) -> Result<Self, NotAChecksum> {
        let digits = text.strip_prefix(FORM).and_then(|rest| rest.strip_prefix(':'));
        let digits = digits.filter(|digits| digits.len() == 64).ok_or(NotAChecksum)?.as_bytes();
        let (mut bytes, mut at) = ([0; 32], 0);
        while at < 64 {
            let high = NIBBLES[digits[at] as usize];
            let low = NIBBLES[digits[at + 1] as usize];
            if high | low > 15 {
                return Err(NotAChecksum);
            }
            bytes[at / 2] = high << 4 | low;
            at += 2;
        }
        Ok(Self(bytes))
    }
}

/// The value of each hexadecimal digit, more than 15 for what is none; only lower case is written, so only that is read.
static NIBBLES: [u8; 256] = {
    let digits = b"0123456789abcdef";
    let mut nibbles = [u8::MAX; 256];
    let mut at = 0;
    while at < 16 {
        nibbles[digits[at] as usize] = at as u8;
        at += 1;
    }
    nibbles
};

/// The text is not `b3v1:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAChecksum;

impl fmt::Display for NotAChecksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a checksum: `b3v1:` and 64 hexadecimal digits are wanted")
    }
}

impl std::error::Error for NotAChecksum {}

/// A short hash of one statement's tokens, so that an error can name the statement that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatementHash(pub u32);

impl StatementHash {
    /// Hashes the tokens of a statement.
    ///
    /// ```
    /// use revchain_core::{Dialect, checksum::StatementHash};
    ///
    /// let hash = |text| StatementHash::of(Dialect::Sqlite.split(text).unwrap().tokens_of(0));
    /// assert_eq!(hash("SELECT 1"), hash("SELECT -- a comment\n 1"));
    /// assert_ne!(hash("SELECT 1"), hash("SELECT 2"));
    /// ```
    #[must_use]
    pub fn of(tokens: &[Token<'_>]) -> Self {
        let mut fields = Fields::new();
        fields.tokens(tokens);
        let bytes = fields.finish();
        Self(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }
}

impl fmt::Display for StatementHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl FromStr for StatementHash {
    type Err = NotAChecksum;

    fn from_str(text: &str) -> Result<Self, NotAChecksum> {
        let digits = text.as_bytes();
        let (mut number, mut at) = (0, 0);
        while at < digits.len() {
            let digit = NIBBLES[digits[at] as usize];
            if digit > 15 || at == 8 {
                return Err(NotAChecksum);
            }
            number = number << 4 | u32::from(digit);
            at += 1;
        }
        if at == 8 { Ok(Self(number)) } else { Err(NotAChecksum) }
    }
}

/// A way through a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Applies the revision.
    Upgrade,
    /// Takes the revision back.
    Downgrade,
}

impl Direction {
    /// Returns the word used in markers and in the lock.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who a revision is and where it stands: the part of every checksum that is not SQL.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'i> {
    /// The revision's id.
    pub id: &'i str,
    /// The ids it revises, in any order.
    pub parents: &'i [&'i str],
    /// The ids or labels it depends on, in any order.
    pub dependencies: &'i [&'i str],
    /// What it replaces, as written.
    pub replaces: Option<&'i str>,
}

/// What stands in a direction of a revision.
#[derive(Clone, Copy, Debug)]
pub enum Body<'b> {
    /// A section of statements.
    Section {
        /// The marker's options.
        options: Options,
        /// All tokens of the section.
        tokens: &'b [Token<'b>],
    },
    /// The items of a revision written in Rust.
    Rust {
        /// Their tokens.
        tokens: &'b [Token<'b>],
    },
    /// `-- migrate:irreversible <reason>`.
    Irreversible {
        /// The reason, as written.
        reason: &'b str,
    },
}

/// Hashes one direction of a revision.
///
/// ```
/// use revchain_core::checksum::{Body, Identity, checksum};
/// use revchain_core::{Dialect, Direction, set::Options};
///
/// let identity = Identity { id: "a1", parents: &[], dependencies: &[], replaces: None };
/// let of = |text| {
///     let tokens = Dialect::Sqlite.split(text).unwrap().tokens;
///     checksum(&identity, Direction::Upgrade, &Body::Section { options: Options::DEFAULT, tokens: &tokens })
/// };
/// assert_eq!(of("CREATE TABLE t (a);"), of("CREATE  TABLE t (a) ;"));
/// assert_ne!(of("CREATE TABLE t (a);"), of("CREATE TABLE T (a);"));
/// ```
#[must_use]
pub fn checksum(identity: &Identity<'_>, direction: Direction, body: &Body<'_>) -> Checksum {
    let mut fields = Fields::new();
    fields.text(FORM);
    fields.text(identity.id);
    fields.sorted(identity.parents);
    fields.sorted(identity.dependencies);
    fields.text(identity.replaces.unwrap_or_default());
    fields.text(direction.name());
    match body {
        Body::Section { options, tokens } => {
            fields.text("section");
            fields.sorted(&options.words());
            fields.count(tokens.len());
            fields.tokens(tokens);
        }
        Body::Rust { tokens } => {
            fields.text("rust");
            fields.count(tokens.len());
            fields.tokens(tokens);
        }
        Body::Irreversible { reason } => {
            fields.text("irreversible");
            fields.text(reason);
        }
    }
    Checksum(fields.finish())
}

/// A hash over fields that cannot run into each other: each is preceded by its length.
///
/// They are collected and hashed at once. The macro runs without optimisation, where a call of the hasher for each token
/// costs ten times as much, and so does a call that copies a few bytes.
struct Fields {
    /// Zeros from `end` on.
    bytes: Vec<u8>,
    end: usize,
}

impl Fields {
    fn new() -> Self {
        Self { bytes: vec![0; 1024], end: 0 }
    }

    fn count(&mut self, count: usize) {
        let bytes = self.room(8);
        bytes[..8].copy_from_slice(&(count as u64).to_le_bytes());
    }

    fn tokens(&mut self, tokens: &[Token<'_>]) {
        let mut at = 0;
        while at < tokens.len() {
            self.text(tokens[at].text);
            at += 1;
        }
    }

    fn text(&mut self, text: &str) {
        let text = text.as_bytes();
        if text.len() > 32 {
            self.count(text.len());
            self.room(text.len())[..text.len()].copy_from_slice(text);
            return;
        }
        let bytes = self.room(8 + text.len());
        bytes[0] = text.len() as u8;
        let mut at = 0;
        while at < text.len() {
            bytes[8 + at] = text[at];
            at += 1;
        }
    }

    /// Returns the bytes from the end on, which are zeros, after moving the end by `length`.
    fn room(&mut self, length: usize) -> &mut [u8] {
        let start = self.end;
        self.end += length;
        if self.bytes.len() < self.end {
            // Zeros of the allocator, for `resize` writes them one by one.
            let mut bytes = vec![0; self.end * 2];
            bytes[..start].copy_from_slice(&self.bytes[..start]);
            self.bytes = bytes;
        }
        &mut self.bytes[start..]
    }

    fn sorted(&mut self, texts: &[&str]) {
        self.count(texts.len());
        let mut owned = Vec::with_capacity(texts.len());
        for text in texts {
            owned.push((*text).to_owned());
        }
        for place in order_of(&owned) {
            self.text(texts[place as usize]);
        }
    }

    fn finish(self) -> [u8; 32] {
        *blake3::hash(&self.bytes[..self.end]).as_bytes()
    }
}

/// Hashes any bytes, for what is compared but is no revision: a set's digest, a file's content.
#[must_use]
#[inline]
pub fn digest(parts: &[&str]) -> String {
    let mut fields = Fields::new();
    parts.iter().for_each(|part| fields.text(part));
    fields.finish().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_written_and_read_as_everywhere() {
        for number in [0, 1, 9, 10, 15, 0x0123_4567, 0x89ab_cdef, u32::MAX, 0xdead_beef] {
            let text = format!("{number:08x}");
            assert_eq!(to_digits(number), text.as_bytes());
            assert_eq!(text.parse(), Ok(StatementHash(number)));
        }
    }

    #[test]
    fn what_is_no_digit_is_refused_in_every_place() {
        let text = Checksum::from_bytes([0x5a; 32]).to_string();
        for place in FORM.len() + 1..text.len() {
            for wrong in ["g", "A", "/", ":", "`", " "] {
                let mut damaged = text.clone();
                damaged.replace_range(place..place + 1, wrong);
                assert_eq!(damaged.parse::<Checksum>(), Err(NotAChecksum), "{damaged}");
            }
        }
    }
}
