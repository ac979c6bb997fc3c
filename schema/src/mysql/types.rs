//! Which change of a type keeps each value (MySQL manual, "Data Types").

use super::table::Column;

/// Returns a type's name alone: `varchar` of `varchar(20)`.
pub(super) fn base(kind: &str) -> &str {
    kind.split(['(', ' ']).next().unwrap_or_default()
}

/// Returns what stands between a type's parentheses.
pub(super) fn arguments(kind: &str) -> &str {
    let inside = kind.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')'));
    inside.map_or("", |(inside, _)| inside)
}

/// Returns the numbers between a type's parentheses.
fn numbers(kind: &str) -> Vec<u64> {
    arguments(kind).split(',').filter_map(|text| text.trim().parse().ok()).collect()
}

fn first(kind: &str, otherwise: u64) -> u64 {
    numbers(kind).first().copied().unwrap_or(otherwise)
}

/// What values of a type are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Whole numbers.
    Whole,
    Decimal,
    Float,
    Text,
    Bytes,
    /// One or some of a list.
    List,
    /// A day, or a day and a time.
    Moment,
    Time,
    Bits,
    Other,
}

pub(super) fn family(kind: &str) -> Family {
    match base(kind) {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => Family::Whole,
        "decimal" => Family::Decimal,
        "float" | "double" => Family::Float,
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Family::Text,
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Family::Bytes,
        "enum" | "set" => Family::List,
        "date" | "datetime" | "timestamp" => Family::Moment,
        "time" => Family::Time,
        "bit" => Family::Bits,
        _ => Family::Other,
    }
}

/// Tells whether values of a type are no texts, and compare as bytes alone.
pub(super) fn is_binary(kind: &str) -> bool {
    matches!(family(kind), Family::Bytes | Family::Bits | Family::Other)
}

/// Tells whether the server makes values of the new type from those of the old; numbers and times are made from no address, no
/// `uuid` and no place, and the other way round (MariaDB, "UUID Data Type", "INET6").
pub(super) fn casts(old: &str, new: &str) -> bool {
    let class = |kind: &str| match (family(kind), base(kind)) {
        (Family::Text | Family::Bytes | Family::List, _) | (_, "json") => None,
        (Family::Other, own @ ("uuid" | "inet4" | "inet6")) => Some(own.to_owned()),
        (Family::Other, "year") => Some("number".to_owned()),
        (Family::Other, _) => Some("place".to_owned()),
        _ => Some("number".to_owned()),
    };
    match (class(old), class(new)) {
        (Some(old), Some(new)) => old == new,
        _ => true,
    }
}

/// Tells whether each value of the old type is one of the new, and stays what it is.
pub(super) fn keeps(old: &Column, new: &Column) -> bool {
    let charset = |column: &Column| {
        let collation = column.collation.as_deref().unwrap_or("binary");
        collation.split('_').next().unwrap_or_default().to_owned()
    };
    let (before, after) = (charset(old), charset(new));
    let has_charset = old.collation.is_some() && new.collation.is_some();
    let recoded = has_charset && before != after && after != "utf8mb4" && before != "ascii";
    !recoded && (old.kind == new.kind || widens(&old.kind, &new.kind))
}

fn widens(old: &str, new: &str) -> bool {
    let digits = |kind: &str| whole_range(kind).map(|(_, most)| most.to_string().len() as u64);
    let decimal = |kind: &str| {
        let numbers = numbers(kind);
        (numbers.first().copied().unwrap_or(10), numbers.get(1).copied().unwrap_or(0))
    };
    let unsigned = |kind: &str| kind.contains("unsigned");
    match (family(old), family(new)) {
        (Family::Whole, Family::Whole) => match (whole_range(old), whole_range(new)) {
            (Some((least, most)), Some((new_least, new_most))) => {
                new_least <= least && most <= new_most
            }
            _ => false,
        },
        (Family::Whole, Family::Decimal) => {
            let (all, fraction) = decimal(new);
            let fits = digits(old).is_some_and(|digits| digits <= all.saturating_sub(fraction));
            fits && (unsigned(old) || !unsigned(new))
        }
        (Family::Decimal, Family::Decimal) => {
            let ((all, fraction), (new_all, new_fraction)) = (decimal(old), decimal(new));
            new_fraction >= fraction
                && new_all - new_fraction >= all - fraction
                && (unsigned(old) || !unsigned(new))
        }
        (Family::Float, Family::Float) => old == "float" && new == "double",
        (Family::Whole | Family::Decimal, Family::Text) => capacity(new).0 >= 70,
        (Family::List, Family::Text) => capacity(new).0 >= 255 && base(new) != "char",
        (Family::Text, Family::Text) | (Family::Bytes, Family::Bytes) => {
            let padded = |kind: &str| matches!(base(kind), "char" | "binary");
            // Blanks at the end are no part of what is stored in a `char`, and zeros fill a `binary`.
            let refills = padded(new) && (!padded(old) || base(old) == "binary");
            let grows =
                matches!(base(new), "mediumtext" | "longtext") && base(old).ends_with("text");
            !refills
                && (capacity(old).1 <= capacity(new).0 || grows && capacity(old) < capacity(new))
        }
        (Family::List, Family::List) => {
            let listed = |kind: &str| {
                let (mut values, mut value, mut open) = (Vec::new(), String::new(), false);
                for sign in arguments(kind).chars() {
                    open ^= sign == '\'';
                    if sign == ',' && !open {
                        values.push(std::mem::take(&mut value));
                    } else {
                        value.push(sign);
                    }
                }
                values.push(value);
                values
            };
            let values = listed(new);
            base(old) == base(new) && listed(old).iter().all(|value| values.contains(value))
        }
        (Family::Moment, Family::Moment) => {
            let wider = base(new) == base(old) || base(new) == "datetime";
            wider && (base(old) == "date" || first(old, 0) <= first(new, 0))
        }
        (Family::Time, Family::Time) => first(old, 0) <= first(new, 0),
        (Family::Bits, Family::Bits) => first(old, 1) <= first(new, 1),
        _ => false,
    }
}

/// Returns the least and the greatest whole number of a type.
fn whole_range(kind: &str) -> Option<(i128, i128)> {
    let bits = match base(kind) {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" => 32,
        "bigint" => 64,
        _ => return None,
    };
    Some(match kind.contains("unsigned") {
        true => (0, (1 << bits) - 1),
        false => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
    })
}

/// Returns how many characters or bytes a value may have: at least, and at most, for a character may need four bytes.
fn capacity(kind: &str) -> (u64, u64) {
    let text = |bytes: u64| (bytes / 4, bytes);
    match base(kind) {
        "tinytext" => text(255),
        "text" => text(65_535),
        "mediumtext" => text(16_777_215),
        "longtext" => text(4_294_967_295),
        "tinyblob" => (255, 255),
        "blob" => (65_535, 65_535),
        "mediumblob" => (16_777_215, 16_777_215),
        "longblob" => (4_294_967_295, 4_294_967_295),
        _ => (first(kind, 1), first(kind, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_some_types_are_made_of_no_other() {
        let cases = [
            ("int", "uuid", false),
            ("uuid", "varchar(36)", true),
            ("point", "time(2)", false),
            ("point", "geometry", true),
            ("year", "int", true),
            ("inet4", "inet6", false),
            ("blob", "point", true),
            ("enum('a')", "uuid", true),
        ];
        for (old, new, expected) in cases {
            assert_eq!(casts(old, new), expected, "{old} to {new}");
        }
    }

    #[test]
    fn a_type_is_wider_where_each_value_stays_what_it_is() {
        let cases = [
            ("int", "bigint", true),
            ("int unsigned", "int", false),
            ("int unsigned", "bigint", true),
            ("int", "int unsigned", false),
            ("tinyint(1)", "tinyint", true),
            ("int", "decimal(12,2)", true),
            ("int", "decimal(10,2)", false),
            ("decimal(10,2)", "decimal(12,3)", true),
            ("decimal(10,2)", "decimal(10,3)", false),
            ("float", "double", true),
            ("double", "float", false),
            ("varchar(20)", "varchar(30)", true),
            ("varchar(30)", "varchar(20)", false),
            ("varchar(20)", "char(20)", false),
            ("char(20)", "varchar(20)", true),
            ("varchar(255)", "text", true),
            ("text", "varchar(255)", false),
            ("text", "mediumtext", true),
            ("tinytext", "longtext", true),
            ("text", "varchar(16384)", false),
            ("varchar(20000)", "text", false),
            ("binary(4)", "binary(8)", false),
            ("binary(4)", "varbinary(8)", true),
            ("enum('a','b,c')", "enum('b,c','a','d')", true),
            ("enum('a','b')", "enum('a')", false),
            ("enum('a','b')", "varchar(255)", true),
            ("date", "datetime", true),
            ("datetime(6)", "datetime", false),
            ("timestamp", "datetime", true),
            ("datetime", "timestamp", false),
            ("datetime", "date", false),
            ("bit(1)", "bit(8)", true),
            ("int", "varchar(100)", true),
            ("varchar(100)", "int", false),
            ("json", "text", false),
        ];
        for (old, new, expected) in cases {
            assert_eq!(widens(old, new), expected, "{old} to {new}");
        }
    }
}
