//! Writes values down as Rust.

use std::fmt::Write as _;

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

impl Quote for [u8] {
    fn quote(&self, code: &mut String) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        code.push_str("b\"");
        for byte in self {
            match byte {
                b'"' | b'\\' => code.extend(['\\', char::from(*byte)]),
                b' '..=b'~' => code.push(char::from(*byte)),
                byte => {
                    code.push_str("\\x");
                    code.push(char::from(DIGITS[usize::from(byte >> 4)]));
                    code.push(char::from(DIGITS[usize::from(byte & 15)]));
                }
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

impl Quote for Set {
    /// The revisions become one text and one byte string: anything with more tokens costs rustc seconds at 5,000.
    fn quote(&self, code: &mut String) {
        let Self { settings, folder, revisions, by_id } = self;
        let (text, bytes) = pack(revisions);
        call(code, "set", &[settings, &&**folder, &&*text, &&*bytes, &&**by_id]);
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
