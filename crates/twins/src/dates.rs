//! Dates as mail and its relatives write them.

use omni_core::time::Timestamp;

/// `Thu, 20 Nov 2025 15:00:00 +0000`.
pub(crate) fn rfc_2822(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let weekday = usize::try_from(at.as_secs().div_euclid(86_400).rem_euclid(7)).unwrap_or_default();
    let text = Timestamp::from_secs(at.as_secs()).to_string(); // 2025-11-20T15:00:00Z
    let (date, time) = text.trim_end_matches('Z').split_once('T').unwrap_or_default();
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    format!("{}, {day} {} {year} {time} +0000", DAYS[weekday], month.copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let cases = [
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
            ("2025-11-20T15:00:00.5Z", "Thu, 20 Nov 2025 15:00:00 +0000"),
            ("2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 +0000"),
            ("2026-12-31T07:08:09Z", "Thu, 31 Dec 2026 07:08:09 +0000"),
            ("2026-08-02T07:08:09Z", "Sun, 02 Aug 2026 07:08:09 +0000"),
        ];
        for (at, expect) in cases {
            assert_eq!(rfc_2822(Timestamp::parse(at).unwrap()), expect);
        }
    }
}
