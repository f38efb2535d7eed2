//! The token endpoint and the API of the simulated service. Its clock is the true one.

use super::profile::{GRACE_MS, Profile, Rotation};
use grantline_core::{Headers, Response};
use std::collections::BTreeMap;

/// How the server takes a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mood {
    /// As it should.
    Fine,
    /// It asks for so many seconds of patience.
    Busy(u64),
    /// 503.
    Unavailable,
    /// It does what it is asked for, and says 500.
    ActedAndFailed,
    /// A page in place of the answer, of a gateway before or behind the deed.
    Page { acted: bool },
    /// It refuses for no reason, with this status.
    Refuses(u16),
}

/// The service.
pub(crate) struct Server {
    rotation: Rotation,
    refreshes: bool,
    lifetime: Option<u64>,
    told: bool,
    made: u64,
    /// Whether each family of tokens has been ended.
    ended: Vec<bool>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
    /// Until when the first grant is refused.
    pub(crate) reset_until: u64,
}

struct Access {
    family: usize,
    ends_at: Option<u64>,
    revoked: bool,
}

struct Refresh {
    family: usize,
    /// When it was used, and what it gave.
    used: Option<(u64, String)>,
}

impl Server {
    pub(crate) fn new(profile: &Profile) -> Self {
        let mut server = Self {
            rotation: profile.rotation,
            refreshes: profile.refreshes,
            lifetime: profile.lifetime,
            told: profile.told,
            made: 0,
            ended: Vec::new(),
            access: BTreeMap::new(),
            refresh: BTreeMap::new(),
            reset_until: 0,
        };
        if !profile.acquire {
            server.ended.push(false);
            server.refresh.insert("r0".to_owned(), Refresh { family: 0, used: None });
        }
        server
    }

    /// Answers a token request: a renewal with this refresh token, or a first grant.
    pub(crate) fn answer(&mut self, now: u64, refresh: Option<&str>, mood: Mood) -> Response {
        match mood {
            Mood::Fine => self.act(now, refresh),
            Mood::Busy(seconds) => {
                let mut response = refusal(429, "slow_down");
                response.headers.append("retry-after", &seconds.to_string());
                response
            }
            Mood::Unavailable => refusal(503, "temporarily_unavailable"),
            Mood::ActedAndFailed => {
                self.act(now, refresh);
                Response::new(500, Headers::default(), b"")
            }
            Mood::Page { acted } => {
                if acted {
                    self.act(now, refresh);
                }
                Response::new(200, Headers::default(), b"<html>welcome</html>")
            }
            Mood::Refuses(status) => refusal(status, "invalid_grant"),
        }
    }

    fn act(&mut self, now: u64, refresh: Option<&str>) -> Response {
        let Some(old) = refresh else {
            if now < self.reset_until {
                return refusal(401, "invalid_client");
            }
            self.ended.push(false);
            let family = self.ended.len() - 1;
            let new = self.refreshes.then(|| self.make_refresh(family));
            return self.grant(now, family, new.as_deref());
        };
        match self.refresh.get(old) {
            Some(known) if !self.ended[known.family] => {
                let (family, used) = (known.family, known.used.clone());
                match used {
                    None => self.renew(now, family, old),
                    Some((at, body)) if self.rotation == Rotation::Grace && now < at + GRACE_MS => {
                        success(&body)
                    }
                    Some(_) => {
                        self.ended[family] = self.rotation != Rotation::Reject;
                        refusal(400, "invalid_grant")
                    }
                }
            }
            _ => refusal(400, "invalid_grant"),
        }
    }

    fn renew(&mut self, now: u64, family: usize, old: &str) -> Response {
        let new = match self.rotation {
            Rotation::None => None,
            Rotation::Same => Some(old.to_owned()),
            _ => Some(self.make_refresh(family)),
        };
        let response = self.grant(now, family, new.as_deref());
        if self.rotation.single_use()
            && let Some(known) = self.refresh.get_mut(old)
        {
            known.used = Some((now, response.body.clone()));
        }
        response
    }

    fn make_refresh(&mut self, family: usize) -> String {
        self.made += 1;
        let value = format!("r{}", self.made);
        self.refresh.insert(value.clone(), Refresh { family, used: None });
        value
    }

    fn grant(&mut self, now: u64, family: usize, refresh: Option<&str>) -> Response {
        self.made += 1;
        let access = format!("a{}", self.made);
        let ends_at = self.lifetime.map(|seconds| now + seconds * 1000);
        self.access.insert(access.clone(), Access { family, ends_at, revoked: false });
        let mut body = format!(r#"{{"access_token":"{access}""#);
        if let Some(refresh) = refresh {
            body.push_str(&format!(r#","refresh_token":"{refresh}""#));
        }
        if let Some(seconds) = self.lifetime.filter(|_| self.told) {
            body.push_str(&format!(r#","expires_in":{seconds}"#));
        }
        body.push('}');
        success(&body)
    }

    /// Whether the API takes this token.
    pub(crate) fn takes(&self, now: u64, token: &str) -> bool {
        self.access.get(token).is_some_and(|access| {
            !access.revoked && !self.ended[access.family] && access.ends_at.is_none_or(|end| now < end)
        })
    }

    /// Ends the youngest access token.
    pub(crate) fn revoke(&mut self) -> Option<String> {
        let youngest = self.access.iter_mut().max_by_key(|(name, _)| name[1..].parse::<u64>().unwrap_or(0));
        youngest.map(|(name, access)| {
            access.revoked = true;
            name.clone()
        })
    }

    /// Whether a renewal with this refresh token would succeed now, and go on succeeding.
    pub(crate) fn accepts(&self, refresh: &str) -> bool {
        self.refresh.get(refresh).is_some_and(|known| known.used.is_none() && !self.ended[known.family])
    }
}

fn success(body: &str) -> Response {
    Response::new(200, Headers::default(), body.as_bytes())
}

fn refusal(status: u16, code: &str) -> Response {
    Response::new(status, Headers::default(), format!(r#"{{"error":"{code}"}}"#).as_bytes())
}
