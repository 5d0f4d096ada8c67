//! Words that people type: times, waits, pairs.

use std::time::Duration;

use omni_core::time::Timestamp;

/// A point in time, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A date and time.
    At(Timestamp),
    /// So long from now: ahead or back, as the command has it.
    Distance(Duration),
    /// The number of an event.
    Sequence(u64),
}

impl Moment {
    /// The time, for a command that looks ahead.
    pub fn ahead(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Distance(distance) => Some(now + distance),
            Self::Sequence(_) => None,
        }
    }
}

/// Reads `15m`, `2026-11-20`, `2026-11-20T10:00:00Z`, or a bare number.
pub fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(number) = text.parse() {
        return Ok(Moment::Sequence(number));
    }
    if let Ok(distance) = duration(text) {
        return Ok(Moment::Distance(distance));
    }
    // A time without seconds is what people type.
    let with_seconds = text.strip_suffix('Z').map(|short| format!("{short}:00Z")).unwrap_or_default();
    // A day begins at midnight, in UTC like all times here.
    let midnight = format!("{text}T00:00:00Z");
    let parsed = Timestamp::parse(text)
        .or_else(|_| Timestamp::parse(&with_seconds))
        .or_else(|_| Timestamp::parse(&midnight));
    let help = "write 15m, 2h, 1d, a day like 2026-11-20, or a time like 2026-11-20T10:00:00Z";
    parsed.map(Moment::At).map_err(|_| help.to_owned())
}

/// Reads `250ms`, `30s`, `15m`, `2h`, `1d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return Err("write it as 500ms, 30s, 15m, 2h or 1d".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| "a number belongs before the unit".to_owned())?;
    // A century is far enough, and keeps times within what can be printed.
    let seconds = number * unit;
    if seconds > 3_155_760_000.0 {
        return Err("that is more than a hundred years".to_owned());
    }
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Reads `name=value`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as name=value".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits() {
        let cases = [
            ("250ms", Some(250)),
            ("30s", Some(30_000)),
            ("1.5m", Some(90_000)),
            ("2h", Some(7_200_000)),
            ("1d", Some(86_400_000)),
            ("30", None),
            ("s", None),
            ("1.2.3s", None),
            ("-1s", None),
            ("99999999999d", None),
            ("1é", None),
            ("", None),
        ];
        for (text, expect) in cases {
            assert_eq!(duration(text).ok().map(|wait| wait.as_millis()), expect, "{text}");
        }
    }

    #[test]
    fn moments() {
        let at = |text| Some(Moment::At(Timestamp::parse(text).unwrap()));
        let cases = [
            ("15m", Some(Moment::Distance(Duration::from_secs(900)))),
            ("42", Some(Moment::Sequence(42))),
            ("2026-11-20T10:00:00Z", at("2026-11-20T10:00:00Z")),
            ("2026-11-20", at("2026-11-20T00:00:00Z")),
            ("2026-11", None),
            ("2026-11-20T10:00Z", at("2026-11-20T10:00:00Z")),
            ("2026-11-20T10:00:00+01:00", at("2026-11-20T09:00:00Z")),
            ("soon", None),
            ("", None),
        ];
        for (text, expect) in cases {
            assert_eq!(moment(text).ok(), expect, "{text}");
        }
    }

    #[test]
    fn pairs() {
        assert_eq!(pair("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert!(pair("=b").is_err() && pair("ab").is_err());
    }
}
