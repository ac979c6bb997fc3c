//! Writes values down as Rust.

use std::fmt::Write as _;

use proc_macro::Literal;
use revchain_core::constant::pack;
use revchain_core::set::{Heads, History, Set, Settings};
use revchain_core::{Dialect, Dialects};

/// The module whose functions make the values.
const CONSTANT: &str = "::revchain::__private::constant";

/// A value that can be written as a constant expression.
pub(crate) trait Quote {
    /// Appends the expression.
    fn quote(&self, code: &mut String);
}

impl<T: Quote + ?Sized> Quote for &T {
    fn quote(&self, code: &mut String) {
        (**self).quote(code);
    }
}

impl Quote for str {
    fn quote(&self, code: &mut String) {
        code.push('"');
        for char in self.chars() {
            match char {
                '"' | '\\' => code.extend(['\\', char]),
                '\n' => code.push_str("\\n"),
                // A bare carriage return has no place in a literal, and characters that turn the direction of
                // writing are denied there (rustc, `text_direction_codepoint_in_literal`).
                char if char.is_control() || ('\u{200b}'..='\u{206f}').contains(&char) => {
                    code.extend(char.escape_unicode());
                }
                char => code.push(char),
            }
        }
        code.push('"');
    }
}

impl Quote for [u32] {
    fn quote(&self, code: &mut String) {
        code.push_str("&[");
        for number in self {
            let _ = write!(code, "{number},");
        }
        code.push(']');
    }
}

impl Quote for usize {
    fn quote(&self, code: &mut String) {
        let _ = write!(code, "{self}");
    }
}

impl Quote for bool {
    fn quote(&self, code: &mut String) {
        code.push_str(if *self { "true" } else { "false" });
    }
}

impl<T: Quote> Quote for Option<T> {
    fn quote(&self, code: &mut String) {
        match self {
            None => code.push_str("::core::option::Option::None"),
            Some(value) => {
                code.push_str("::core::option::Option::Some(");
                value.quote(code);
                code.push(')');
            }
        }
    }
}

impl Quote for Dialects {
    fn quote(&self, code: &mut String) {
        code.push_str("&[");
        for dialect in self.iter() {
            code.push_str(match dialect {
                Dialect::Sqlite => "::revchain::Dialect::Sqlite,",
                Dialect::Postgres => "::revchain::Dialect::Postgres,",
                Dialect::Mysql => "::revchain::Dialect::Mysql,",
            });
        }
        code.push(']');
    }
}

impl Quote for Settings {
    fn quote(&self, code: &mut String) {
        let Self { name, dialects, heads, history } = self;
        let History { schema, table } = history;
        let many = match heads {
            Heads::One => false,
            Heads::Many => true,
        };
        call(code, "settings", &[&&**name, dialects, &many, &schema.as_deref(), &&**table]);
    }
}

/// Appends what the expression of a set refers to: the constants `TEXT`, `NUMBERS` and a ledger's text for each dialect.
///
/// The revisions become two texts: anything with more tokens costs rustc seconds at 5,000.
pub(crate) fn constants(set: &Set, code: &mut String) {
    let (text, numbers) = pack(set);
    let [sqlite, postgres, mysql] = Dialect::ALL.map(|dialect| set.ledger(dialect));
    for (name, text) in [
        ("TEXT", &*text),
        ("NUMBERS", &numbers),
        ("SQLITE", sqlite),
        ("POSTGRES", postgres),
        ("MYSQL", mysql),
    ] {
        let _ = write!(code, "const {name}: &str = ");
        literal(text, code);
        code.push(';');
    }
}

/// Appends a text that may be of megabytes: as a raw literal, where nothing has to be escaped, and read back by rustc.
///
/// A carriage return has no place in a raw literal, and among the characters that begin with `E2` in UTF-8 are those that
/// turn the direction of writing, which rustc denies. It ends at a quote with as many `#` behind it as it began with, of
/// which rustc allows 255.
fn literal(text: &str, code: &mut String) {
    let needs_escapes = b"\r\xe2\0".iter().any(|byte| text.as_bytes().contains(byte));
    let signs = |behind: &str| behind.len() - behind.trim_start_matches('#').len();
    let most = text.split('"').skip(1).map(signs).max().unwrap_or(0);
    if needs_escapes || most >= 255 {
        code.push_str(&Literal::string(text).to_string());
    } else {
        let signs = "#".repeat(most + 1);
        code.extend(["r", &signs, "\"", text, "\"", &signs]);
    }
}

impl Quote for Set {
    fn quote(&self, code: &mut String) {
        let Self { settings, folder, revisions, by_id, heads, ledgers: _ } = self;
        let standing = revisions.standing();
        let [packed, ledgers] = ["[TEXT, NUMBERS]", "[SQLITE, POSTGRES, MYSQL]"].map(Path);
        let arguments: [&dyn Quote; 7] =
            [settings, &&**folder, &packed, &standing, &&**by_id, &&**heads, &ledgers];
        call(code, "set", &arguments);
    }
}

/// A name that is in scope.
struct Path(&'static str);

impl Quote for Path {
    fn quote(&self, code: &mut String) {
        code.push_str(self.0);
    }
}

/// Writes a call of a function of core's module `constant`.
fn call(code: &mut String, function: &str, arguments: &[&dyn Quote]) {
    let _ = write!(code, "{CONSTANT}::{function}(");
    for argument in arguments {
        argument.quote(code);
        code.push(',');
    }
    code.push(')');
}
