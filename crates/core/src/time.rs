//! Time as the core sees it: a number that the adapter passes in.
//!
//! There is no clock here. [`UnixTime`] counts milliseconds since 1970-01-01T00:00:00Z, has the same size on
//! every platform, and all arithmetic saturates, so that no answer of a server can overflow it.

use core::fmt;
use core::time::Duration;
use serde::Serialize;

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct UnixTime(u64);

/// The largest time that is kept: 9999-12-31T23:59:59Z. It is exact in a JavaScript number.
const LATEST: u64 = 253_402_300_799_000;

impl UnixTime {
    /// The latest time there is here, in the year 9999.
    pub const MAX: Self = Self(LATEST);

    /// A time from milliseconds since the epoch, cut to the year 9999.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(if millis > LATEST { LATEST } else { millis })
    }

    /// A time from seconds since the epoch, cut to the year 9999.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self::from_millis(secs.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This time and `duration` more.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(millis(duration)))
    }

    /// This time less `duration`, not before the epoch.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Reads what a person writes: `2026-11-22`, a moment as [`Self::from_iso`] reads it, or seconds since 1970.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok().filter(|seconds| *seconds <= LATEST / 1000).map(Self::from_secs);
        }
        Self::from_iso(text).or_else(|| Some(Self::from_secs(days_of(text)? * 86_400)))
    }

    /// Reads a moment as ISO 8601 and RFC 3339 write it: `2026-11-22T05:19:01.25Z`, `2026-11-22 06:19+01:00`. Without
    /// a zone it would not be one.
    #[must_use]
    pub fn from_iso(text: &str) -> Option<Self> {
        let (date, clock) = text.trim().split_once(['T', 't', ' '])?;
        let (clock, zone) = clock.split_at(clock.find(['Z', 'z', '+', '-'])?);
        let local = days_of(date)? * 86_400_000 + millis_of_day(clock)?;
        let utc = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
            (Some(east), _) => local.checked_sub(millis_of_zone(east)?)?,
            (_, Some(west)) => local + millis_of_zone(west)?,
            _ => Some(local).filter(|_| zone.len() == 1)?,
        };
        Some(Self::from_millis(utc))
    }

    /// The same, where a moment without a zone is in UTC.
    pub(crate) fn parse_utc(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| Self::from_iso(&format!("{}Z", text.trim())))
    }

    /// Reads the `Retry-After` field of RFC 9110, section 10.2.3: seconds, or any of the three date forms.
    #[must_use]
    pub fn from_retry_after(field: &str, now: Self) -> Option<Self> {
        let field = field.trim();
        if !field.is_empty() && field.bytes().all(|b| b.is_ascii_digit()) {
            // More digits than fit in u64 still mean "far away".
            return Some(now.after(Duration::from_secs(field.parse().unwrap_or(u64::MAX / 1000))));
        }
        Self::from_http_date(field, now)
    }

    /// The time as HTTP writes it: `Sun, 22 Nov 2026 05:19:01 GMT`.
    pub(crate) fn http_date(self) -> String {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        let days = self.0 / 86_400_000;
        let (year, month, day) = civil_from_days(days);
        let (name, month) = (DAYS[(days % 7) as usize], MONTHS[(month as usize).saturating_sub(1) % 12]);
        let iso = self.to_string();
        format!("{name}, {day:02} {month} {year:04} {} GMT", iso.get(11..19).unwrap_or_default())
    }

    /// Reads an HTTP date (RFC 9110, section 5.6.7) in its IMF-fixdate, RFC 850 and asctime forms.
    #[must_use]
    pub fn from_http_date(text: &str, now: Self) -> Option<Self> {
        let mut words = text.split([' ', '-', ',']).filter(|word| !word.is_empty()).skip(1);
        let first = words.next()?;
        let (year, month, day, clock) = if first.bytes().all(|b| b.is_ascii_digit()) {
            let (month, year, clock) = (words.next()?, words.next()?, words.next()?);
            (year, month, first, clock)
        } else {
            let (day, clock, year) = (words.next()?, words.next()?, words.next()?);
            (year, first, day, clock)
        };
        let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
        let day = day.parse().ok().filter(|day| (1..=31).contains(day))?;
        let days = days_from_civil(full_year(year, now)?, month, day)?;
        Some(Self::from_secs(days * 86_400 + seconds_of_day(clock)?))
    }
}

impl fmt::Display for UnixTime {
    /// ISO 8601 in UTC, to the second: `2026-11-22T05:19:01Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1000;
        let (year, month, day) = civil_from_days(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Days since 1970-01-01 of `2026-11-22`. A day that its month does not have is none of the next month.
fn days_of(date: &str) -> Option<u64> {
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let real = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let days = days_from_civil(real.then_some(year)?, month, day)?;
    (civil_from_days(days) == (year, month, day)).then_some(days)
}

/// `05:19`, `05:19:01` or `05:19:01.25`.
fn millis_of_day(clock: &str) -> Option<u64> {
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, "0"));
    let seconds = match clock.len() {
        5 => seconds_of_day(&format!("{clock}:00"))?,
        _ => seconds_of_day(clock)?,
    };
    let digits = fraction.bytes().all(|b| b.is_ascii_digit()) && !fraction.is_empty();
    let thousandths = digits.then(|| format!("{fraction:0<3}"))?;
    Some(seconds * 1000 + thousandths.get(..3)?.parse::<u64>().ok()?)
}

/// `01:00`, `0100` or `01`.
fn millis_of_zone(zone: &str) -> Option<u64> {
    let (hours, minutes) = match zone.len() {
        2 => (zone, "0"),
        4 => zone.split_at_checked(2)?,
        _ => zone.split_once(':')?,
    };
    let (hours, minutes) = (hours.parse::<u64>().ok()?, minutes.parse::<u64>().ok()?);
    (hours < 24 && minutes < 60).then_some((hours * 60 + minutes) * 60_000)
}

fn seconds_of_day(clock: &str) -> Option<u64> {
    let mut parts = clock.splitn(3, ':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

/// RFC 9110: a two-digit year that seems more than 50 years ahead is in the past.
fn full_year(text: &str, now: UnixTime) -> Option<u64> {
    let year: u64 = text.parse().ok()?;
    if text.len() != 2 {
        return (1970..=9999).contains(&year).then_some(year);
    }
    let (this, ..) = civil_from_days(now.0 / 86_400_000);
    let candidate = this - this % 100 + year;
    Some(if candidate > this + 50 { candidate - 100 } else { candidate })
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    days.checked_sub(719_468)
}

fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) =
        (day_of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(784_887_151);

    #[test]
    fn shows_iso_8601() {
        assert_eq!(UnixTime::from_secs(1_633_765_122).to_string(), "2021-10-09T07:38:42Z");
        assert_eq!(UnixTime::from_millis(u64::MAX).to_string(), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn reads_what_people_write() {
        for text in [
            "2021-10-09T07:38:42Z",
            "2021-10-09 07:38:42Z",
            "2021-10-09T09:38:42+02:00",
            "2021-10-09t05:08:42.0-0230",
            "1633765122",
        ] {
            assert_eq!(UnixTime::parse(text), Some(UnixTime::from_secs(1_633_765_122)), "{text}");
        }
        assert_eq!(UnixTime::parse("2021-10-09").unwrap().to_string(), "2021-10-09T00:00:00Z");
        let fraction = UnixTime::from_iso("2021-10-09T07:38:42.1259Z");
        assert_eq!(fraction, Some(UnixTime::from_millis(1_633_765_122_125)));
        assert_eq!(UnixTime::from_iso("2021-10-09T09:38+02"), UnixTime::from_iso("2021-10-09T07:38Z"));
        for junk in [
            "",
            "yesterday",
            "2021-13-01",
            "2021-02-29",
            "1633765122000",
            "2021-10-09T07:38:42",
            "2021-10-09T07:38:42+2",
            "2021-10-09T07:38:42+24:00",
            "2021-10-09T07:38:42Zulu",
            "2021-10-09T07:38:42.Z",
            "2021-10-09T25:00:00Z",
            "1970-01-01T00:30:00+01:00",
        ] {
            assert_eq!(UnixTime::parse(junk), None, "{junk}");
        }
    }

    #[test]
    fn reads_the_three_http_dates() {
        for date in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            let time = UnixTime::from_http_date(date, NOW).unwrap();
            assert_eq!(time.to_string(), "1994-11-06T08:49:37Z", "{date}");
        }
    }

    #[test]
    fn retry_after_takes_seconds_and_refuses_junk() {
        assert_eq!(UnixTime::from_retry_after("120", NOW), Some(NOW.after(Duration::from_secs(120))));
        let far = UnixTime::from_retry_after("99999999999999999999999", NOW).unwrap();
        assert_eq!(far.to_string(), "9999-12-31T23:59:59Z");
        for junk in
            ["", "-1", "1.5", "soon", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT"]
        {
            assert_eq!(UnixTime::from_retry_after(junk, NOW), None, "{junk}");
        }
    }
}
