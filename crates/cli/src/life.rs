//! The time, and times in words.

use grantline_core::UnixTime;
use std::time::{Duration, UNIX_EPOCH};

/// The present.
pub(crate) fn present() -> UnixTime {
    let millis = UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_millis());
    UnixTime::from_millis(u64::try_from(millis).unwrap_or_default())
}

/// `2026-11-22T05:19:01Z (in 9 d 23 h)`
pub(crate) fn moment(time: UnixTime, now: UnixTime) -> String {
    if time > now { format!("{time} (in {})", words(time.since(now))) } else { format!("{time} (over)") }
}

/// The two largest units that matter: `9 d 23 h`, `2 h 59 min`, `45 s`.
pub(crate) fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_two_units() {
        let said = |seconds| words(Duration::from_secs(seconds));
        assert_eq!(said(59), "59 s");
        assert_eq!(said(3599), "59 min");
        assert_eq!(said(10_799), "2 h 59 min");
        assert_eq!(said(863_999), "9 d 23 h");
    }
}
