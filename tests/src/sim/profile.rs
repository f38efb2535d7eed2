//! What a run is made of, drawn from its seed: the service, the workers, and which faults happen how often.

use fastrand::Rng;
use grantline_core::{Connector, Options, Settings};
use std::sync::Arc;

/// What the service does with a refresh token that is used.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Rotation {
    /// A renewal brings no refresh token: the present one goes on.
    None,
    /// A renewal brings the same refresh token again.
    Same,
    /// A new one; the old one is refused.
    Reject,
    /// A new one; whoever uses the old one ends all tokens of the grant.
    Revoke,
    /// A new one; for [`GRACE_MS`] the old one gives the same new pair, and then it ends all tokens of the grant.
    Grace,
}

impl Rotation {
    const ALL: [Self; 5] = [Self::None, Self::Same, Self::Reject, Self::Revoke, Self::Grace];

    /// Whether a refresh token can be used only once, as the connector must then say.
    #[must_use]
    pub const fn single_use(self) -> bool {
        matches!(self, Self::Reject | Self::Revoke | Self::Grace)
    }
}

/// How long an old refresh token gives the same new pair.
pub const GRACE_MS: u64 = 30_000;

/// How a lease ends that nobody gives back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Leases {
    /// By its time, as in Redis.
    Timed,
    /// With its process and not before, as a lock on a file.
    Locked,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Fault {
    /// A worker dies, at any moment, and comes back empty.
    Crash,
    /// A flight is dropped while its worker lives on.
    Abandon,
    /// A worker stands still for a second to a day.
    Suspend,
    /// A worker's clock, or all clocks, jump by seconds to hours.
    Jump,
    /// The clocks of the workers differ by seconds.
    Skew,
    /// No connection to the server: the request was not sent.
    Unreachable,
    /// A request that never arrives.
    LostRequest,
    /// An answer that never arrives.
    LostReply,
    /// A message that takes up to 40 seconds.
    Slow,
    /// 429 with Retry-After.
    Busy,
    /// 503.
    Unavailable,
    /// 500, after the server did what it was asked for.
    ActedAndFailed,
    /// A page instead of an answer.
    Page,
    /// A refusal for no reason.
    Refused,
    /// The first grant is refused for a while.
    Reset,
    /// The server ends the present access token.
    Revoked,
    /// A command of the store fails before it is carried out.
    StoreFails,
    /// A command of the store is carried out, and its answer is lost.
    StoreForgetsToSay,
    /// A command of the store takes longer than anyone waits for it.
    StoreSlow,
    /// A reader without the lease sees an older record.
    Stale,
    /// Even the holder of the lease does, once in a while.
    StaleUnderLease,
    /// The store is out of reach for a while.
    Outage,
    /// The store is emptied, or put back from a backup.
    Restored,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::Crash,
        Self::Abandon,
        Self::Suspend,
        Self::Jump,
        Self::Skew,
        Self::Unreachable,
        Self::LostRequest,
        Self::LostReply,
        Self::Slow,
        Self::Busy,
        Self::Unavailable,
        Self::ActedAndFailed,
        Self::Page,
        Self::Refused,
        Self::Reset,
        Self::Revoked,
        Self::StoreFails,
        Self::StoreForgetsToSay,
        Self::StoreSlow,
        Self::Stale,
        Self::StaleUnderLease,
        Self::Outage,
        Self::Restored,
    ];
}

/// One run.
#[derive(Clone, Debug)]
pub struct Profile {
    /// How many processes share the connection.
    pub workers: usize,
    /// What the service does with refresh tokens.
    pub rotation: Rotation,
    /// Whether there is a first grant; if not, a person brought the first refresh token.
    pub acquire: bool,
    /// Whether a first grant brings a refresh token.
    pub refreshes: bool,
    /// How long access tokens live, in seconds; unknown ones live until they are revoked.
    pub lifetime: Option<u64>,
    /// Whether the service says so.
    pub told: bool,
    /// Whether the connector tells the core of the grace that old refresh tokens have.
    pub grace_told: bool,
    /// How leases end.
    pub leases: Leases,
    /// How long callers come, in milliseconds.
    pub horizon: u64,
    /// How many callers come.
    pub calls: usize,
    /// How often a person asks for a new token, whatever is at hand.
    pub insists: usize,
    /// How often each fault happens, in thousandths; in the order of [`Fault::ALL`].
    pub chances: [u16; 23],
}

impl Profile {
    /// Draws a run.
    #[must_use]
    pub fn draw(rng: &mut Rng) -> Self {
        let lifetime =
            rng.choice([Some(0), Some(1), Some(5), Some(20), Some(120), Some(3600), None]).flatten();
        let (acquire, told) = (rng.bool(), lifetime.is_some() && rng.u8(..4) > 0);
        let span = lifetime.unwrap_or(600) * 1000 * rng.u64(3..40);
        Self {
            workers: rng.usize(1..=8),
            rotation: rng.choice(Rotation::ALL).unwrap_or(Rotation::None),
            acquire,
            refreshes: !acquire || rng.u8(..4) > 0,
            lifetime,
            told,
            grace_told: rng.bool(),
            leases: if rng.u8(..3) > 0 { Leases::Timed } else { Leases::Locked },
            horizon: span.clamp(rng.u64(60_000..900_000), 3 * 86_400_000),
            calls: rng.usize(8..70),
            insists: if rng.u8(..4) == 0 { rng.usize(1..4) } else { 0 },
            chances: chances(rng),
        }
    }

    /// How often this fault happens, in thousandths.
    #[must_use]
    pub const fn chance(&self, fault: Fault) -> u16 {
        self.chances[fault as usize]
    }

    /// Whether nothing goes wrong.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.chances.iter().all(|chance| *chance == 0)
    }

    /// Whether a renewal must not be repeated, as an honest connector says.
    #[must_use]
    pub const fn unsafe_to_repeat(&self) -> bool {
        self.rotation.single_use()
    }

    /// For how long after its first use a refresh token may be sent again, as far as the connector tells.
    #[must_use]
    pub fn grace(&self) -> Option<u64> {
        (self.rotation == Rotation::Grace && self.grace_told).then_some(GRACE_MS)
    }

    /// The connection.
    ///
    /// # Panics
    /// The core refuses the connector, which is a mistake here.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        let connector = Connector::from_json(&self.manifest()).expect("the connector is well made");
        let values = [("refresh", "r0")].into_iter().filter(|_| !self.acquire);
        Arc::new(connector.settings(values, &Options::default()).expect("the values fit"))
    }

    fn manifest(&self) -> String {
        let request = |form: &str| {
            format!(r#"{{ "method": "POST", "url": "https://auth.example.com/token", "form": {form} }}"#)
        };
        let renew = request(r#"{ "grant_type": "refresh_token", "refresh_token": "{refreshToken}" }"#);
        let (first, parameters) = if self.acquire {
            (format!(r#""acquire": {}"#, request(r#"{ "grant_type": "client_credentials" }"#)), "")
        } else {
            let refresh = r#"{ "name": "refresh", "title": "Refresh", "type": "securestring" }"#;
            (r#""seed": { "refresh_token": "{refresh}" }"#.to_owned(), refresh)
        };
        let replay = if self.unsafe_to_repeat() { "unsafe" } else { "safe" };
        let grace =
            self.grace().map_or(String::new(), |grace| format!(r#""grace_seconds": {},"#, grace / 1000));
        let expiry = if self.told { r#"{ "seconds": "/expires_in" }"# } else { "" };
        format!(
            r#"{{ "id": "simulated", "title": "Simulated", "parameters": [{parameters}],
                "base_url": "https://api.example.com", "hosts": ["api.example.com", "auth.example.com"],
                "auth": {{ {first}, "renew": {renew}, "replay": "{replay}", {grace}
                    "token": {{ "value": "/access_token", "refresh_token": "/refresh_token", "expiry": [{expiry}] }},
                    "apply": {{ "headers": {{ "authorization": "Bearer {{accessToken}}" }} }} }} }}"#
        )
    }
}

/// A run is calm, has one fault that happens often, or several.
fn chances(rng: &mut Rng) -> [u16; 23] {
    let mut chances = [0; 23];
    match rng.u8(..10) {
        0 => {}
        1..4 => chances[rng.usize(..23)] = rng.u16(20..400),
        _ => {
            let share = rng.u8(1..6);
            for chance in &mut chances {
                if rng.u8(..6) < share {
                    *chance = rng.u16(1..120);
                }
            }
        }
    }
    chances
}
