//! Times as people type them.

use std::time::Duration;

/// Reads `90`, `500ms`, `90s`, `5m` or `1h`.
///
/// # Errors
///
/// It has another form, in words.
pub fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];
    let split = |(unit, factor)| Some((text.strip_suffix(unit)?, factor));
    let (number, factor) = units.into_iter().find_map(split).unwrap_or((text, 1000));
    let number: Option<u64> = number.parse().ok();
    let whole = number.and_then(|number| number.checked_mul(factor));
    whole
        .map(Duration::from_millis)
        .ok_or_else(|| "a time is written `90s`, `5m` or `1h`".to_owned())
}

/// Reads a time, or `off`.
///
/// # Errors
///
/// It is neither.
pub fn duration_or_off(text: &str) -> Result<Duration, String> {
    match text {
        "off" => Ok(Duration::ZERO),
        _ => duration(text).map_err(|words| format!("{words}, or `off`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_are_seconds_without() {
        let cases = [
            ("0", Some(0)),
            ("90", Some(90_000)),
            ("500ms", Some(500)),
            ("10s", Some(10_000)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("soon", None),
            ("-1", None),
            ("", None),
            ("99999999999999999999h", None),
        ];
        for (text, milliseconds) in cases {
            assert_eq!(duration(text).ok(), milliseconds.map(Duration::from_millis), "{text}");
        }
    }
}
