//! Refresh tokens that are used once, in families: whoever uses one twice ends all of its family.
//!
//! This is the test's own reading of RFC 9700, section 4.14.2. It knows no clock and no socket.

use std::collections::HashMap;

/// How long an access token lives.
pub const LIFETIME_SECONDS: u64 = 5;

/// Everything that the server remembers.
#[derive(Debug, Default)]
pub struct Families {
    /// By number: whether the family lives.
    alive: Vec<bool>,
    /// By refresh token: its family, and whether it was used.
    refresh: HashMap<String, (usize, bool)>,
    /// By access token: its family, its end, and its number.
    access: HashMap<String, (usize, u64, u64)>,
    issued: u64,
}

/// Two new tokens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Issued {
    /// The number of this grant. Both tokens begin with it.
    pub number: u64,
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

/// What became of a renewal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Renewed {
    /// New tokens.
    Issued(Issued),
    /// The token had been used before: its family has ended now.
    Reused,
    /// It is not known, or its family had ended before.
    Unknown,
}

impl Families {
    /// A new family. `random` makes its tokens hard to guess.
    pub fn acquire(&mut self, now: u64, random: u64) -> Issued {
        self.alive.push(true);
        self.issue(self.alive.len() - 1, now, random)
    }

    /// Uses a refresh token.
    pub fn renew(&mut self, refresh: &str, now: u64, random: u64) -> Renewed {
        let Some((family, used)) = self.refresh.get_mut(refresh) else { return Renewed::Unknown };
        let family = *family;
        if !self.alive[family] {
            return Renewed::Unknown;
        }
        if std::mem::replace(used, true) {
            self.alive[family] = false;
            return Renewed::Reused;
        }
        Renewed::Issued(self.issue(family, now, random))
    }

    /// The number of an access token, if it serves.
    #[must_use]
    pub fn accepts(&self, access: &str, now: u64) -> Option<u64> {
        let (family, end, number) = self.access.get(access)?;
        (self.alive[*family] && now < *end).then_some(*number)
    }

    fn issue(&mut self, family: usize, now: u64, random: u64) -> Issued {
        self.issued += 1;
        let number = self.issued;
        let (access, refresh) = (format!("{number}-a-{random:016x}"), format!("{number}-r-{random:016x}"));
        self.access.insert(access.clone(), (family, now + LIFETIME_SECONDS * 1000, number));
        self.refresh.insert(refresh.clone(), (family, false));
        Issued { number, access, refresh }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(renewed: Renewed) -> Issued {
        match renewed {
            Renewed::Issued(issued) => issued,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_refresh_token_is_replaced() {
        let mut families = Families::default();
        let first = families.acquire(0, 1);
        let second = issued(families.renew(&first.refresh, 1000, 2));
        assert_eq!(families.accepts(&first.access, 4999), Some(1));
        assert_eq!(families.accepts(&first.access, 5000), None);
        assert_eq!(families.accepts(&second.access, 5999), Some(2));
        issued(families.renew(&second.refresh, 2000, 3));
    }

    #[test]
    fn using_one_twice_ends_its_family_and_no_other() {
        let mut families = Families::default();
        let (first, other) = (families.acquire(0, 1), families.acquire(0, 2));
        let second = issued(families.renew(&first.refresh, 0, 3));
        assert_eq!(families.renew(&first.refresh, 0, 4), Renewed::Reused);
        assert_eq!(families.accepts(&second.access, 1), None);
        assert_eq!(families.renew(&second.refresh, 0, 5), Renewed::Unknown);
        assert!(families.accepts(&other.access, 1).is_some());
        issued(families.renew(&other.refresh, 0, 6));
    }

    #[test]
    fn what_was_never_given_is_unknown() {
        assert_eq!(Families::default().renew("x", 0, 1), Renewed::Unknown);
    }
}
