//! Dates as the systems write them. Decides nothing else: the time itself is a parameter everywhere.

/// Date and time of day in UTC: year, month, day, hour, minute, second, weekday (0 is Sunday).
struct Civil(i64, u32, u32, u32, u32, u32, usize);

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
pub(crate) fn http_date(ms: u64) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Civil(year, month, day, hour, minute, second, weekday) = civil(ms);
    let (weekday, month) = (DAYS[weekday], MONTHS[month as usize - 1]);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// `1994-11-06T08:49:37.000Z` (RFC 3339).
pub(crate) fn timestamp(ms: u64) -> String {
    let Civil(year, month, day, hour, minute, second, _) = civil(ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
}

/// Days to a date of the proleptic Gregorian calendar, counted in eras of 400 years that begin in March.
fn civil(ms: u64) -> Civil {
    let seconds = ms / 1000;
    let (days, rest) = (seconds / 86_400, (seconds % 86_400) as u32);
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * march_month + 2) / 5 + 1) as u32;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 } as u32;
    let year = (era * 400 + year_of_era) as i64 + i64::from(month <= 2);
    Civil(year, month, day, rest / 3600, rest / 60 % 60, rest % 60, ((days + 4) % 7) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_rfc_and_of_a_leap_day() {
        assert_eq!(http_date(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(timestamp(951_782_400_007), "2000-02-29T00:00:00.007Z");
        assert_eq!(timestamp(0), "1970-01-01T00:00:00.000Z");
    }
}
