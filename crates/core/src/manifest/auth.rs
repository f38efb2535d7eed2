//! What a manifest says of the token's life.

use super::derive::Derived;
use super::read::{choice, one_key, record};
use super::request::RequestTemplate;
use super::values::{Fields, Many, Named, Needed, Place};
use crate::json::Pointer;
use crate::template::Template;

record! {
    /// The rules of the token's life.
    pub struct Auth {
        /// Values that are made from others, by name, to be used like parameters: an encoding, a hash, a time, a signed JWT.
        values: Named<Derived>,
        /// A token that the person brings: a pasted access token, or the first refresh token.
        seed: Option<Seed>,
        /// A token that is made here and needs no request, such as a JWT signed with a private key.
        mint: Option<Mint>,
        /// The request for the first grant, or several in a row: the last one's answer has the token. Without it, a refused renewal needs a person.
        acquire: Many<RequestTemplate>,
        /// The request for a renewal, or several in a row; without it, a new grant is acquired. It is used while the tokens that it names are at hand.
        renew: Many<RequestTemplate>,
        /// Whether a renewal may be sent again when its answer was lost.
        replay: Replay,
        /// Where 'replay' is unsafe: for so long after a renewal was sent, the server takes the same one again.
        grace_seconds: Option<u64>,
        /// Where things stand in the answer of a token request.
        token: Option<TokenRule>,
        /// Where things stand in a refusal, and what it means.
        errors: Option<ErrorRule>,
        /// The request that ends a token.
        revoke: Option<RequestTemplate>,
        /// Statuses with which 'revoke' says that the token has ended already.
        revoked_statuses: Vec<u16>,
        /// How an API request carries the token.
        apply: Apply,
        /// The client certificate with which all requests are made (mutual TLS). Browsers and Workers have none to give.
        client_certificate: Option<ClientCertificate>,
        /// How the API says that it no longer takes the token, beside status 401.
        rejected: Option<RejectedRule>,
        /// How long before its end a token is renewed, at most; never more than half of its life. 300 if absent.
        renew_before_seconds: Option<u64>,
        /// How long before a person must act they are warned. One day if absent.
        warn_before_seconds: Option<u64>,
    }
}

choice! {
    /// What happens to a refresh token when it is used.
    pub enum Replay {
        /// It still works: a lost answer does no harm.
        Safe = "safe",
        /// It may have been spent: using it again can end the whole grant.
        Unsafe = "unsafe",
    } else Unsafe
}

record! {
    /// Tokens that the person brings.
    pub struct Seed {
        /// The access token.
        access_token: Option<Template>,
        /// When it was made: an ISO 8601 date, or seconds since 1970. If absent, the moment it is first used.
        issued_at: Option<Template>,
        /// How long it lives.
        lifetime_seconds: Option<u64>,
        /// The refresh token.
        refresh_token: Option<Template>,
    }
}

record! {
    /// Where things stand in the answer of a token request.
    pub struct TokenRule {
        /// The access token: the first place that holds something counts.
        value: Needed<Many<Place>>,
        /// The refresh token. An empty or absent one leaves the present one in place.
        refresh_token: Many<Place>,
        /// How the end of the access token is found: the first rule that finds one counts. None means unknown.
        expiry: Vec<Expiry>,
        /// How the end of the refresh token is found.
        refresh_expiry: Vec<Expiry>,
    }
}

one_key! {
    /// One way to find the end of a token.
    pub enum Expiry {
        /// Remaining seconds at this place: a number or a numeric string. A negative one is no answer.
        Seconds as "seconds" (Place),
        /// Remaining milliseconds at this place.
        Milliseconds as "milliseconds" (Place),
        /// Remaining minutes at this place.
        Minutes as "minutes" (Place),
        /// Remaining hours at this place.
        Hours as "hours" (Place),
        /// What remains at this place, written with colons: hours, minutes and seconds (08:00:00), or with a day before them (1:08:00:00).
        HoursMinutesSeconds as "hours_minutes_seconds" (Place),
        /// What remains at this place, written with colons: days, hours and minutes (10:08:30).
        DaysHoursMinutes as "days_hours_minutes" (Place),
        /// What remains at this place as ISO 8601 writes a duration: PT8H, P1DT30M.
        Duration as "duration" (Place),
        /// A date as seconds since 1970 at this place.
        EpochSeconds as "epoch_seconds" (Place),
        /// A date as milliseconds since 1970 at this place.
        EpochMilliseconds as "epoch_milliseconds" (Place),
        /// A date as ISO 8601 writes it at this place, with its zone: 2026-11-22T09:00:00Z.
        Date as "date" (Place),
        /// The same without a zone, in UTC: 2026-11-22T09:00:00.
        UtcDate as "utc_date" (Place),
        /// A date as HTTP writes it at this place: Sun, 22 Nov 2026 09:00:00 GMT.
        HttpDate as "http_date" (Place),
        /// The 'exp' of the JSON Web Token at this place.
        Jwt as "jwt" (Place),
        /// Always so many seconds.
        Fixed as "fixed_seconds" (u64),
    }
}

record! {
    /// Where things stand in a refusal, and what it means.
    pub struct ErrorRule {
        /// Places of the server's error code; the first that holds something counts.
        code: Many<Place>,
        /// Places of its message.
        message: Many<Place>,
        /// The header with the server's name for the request.
        request_id_header: Option<String>,
        /// Codes that stand in an answer that is none of a refusal, beside '0'. With them, a boolean is a code, too: true or false.
        success_codes: Vec<String>,
        /// What means 'try later', beside 408, 425, 429 and 5xx.
        later: Option<Signs>,
        /// What means 'no', although it would mean 'try later' by itself.
        denied: Option<Signs>,
        /// What means that a person must act, although there is another way to a token.
        reconnect: Option<Signs>,
    }
}

record! {
    /// Signs in an answer, one of which is enough.
    pub struct Signs {
        /// Statuses.
        statuses: Vec<u16>,
        /// Codes of the server.
        codes: Vec<String>,
    }
}

record! {
    /// How the API says that it no longer takes the token.
    pub struct RejectedRule {
        /// Statuses that say so by themselves.
        statuses: Vec<u16>,
        /// What says so in a body.
        bodies: Vec<RejectedBody>,
    }
}

record! {
    /// A body that says that the token is no longer taken. No more than 64 KiB of a body are looked at.
    pub struct RejectedBody {
        /// With which statuses such a body comes.
        statuses: Vec<u16>,
        /// Where one of the words stands in the JSON of the body. If absent, they may stand anywhere in its text.
        at: Option<Pointer>,
        /// The words.
        words: Vec<String>,
    }
}

record! {
    /// How an API request carries the token.
    pub struct Apply {
        /// Header fields.
        headers: Fields,
        /// Cookies; those without a value are left out.
        cookies: Fields,
        /// The query string.
        query: Fields,
        /// Whether the service wants the token or a secret in the URL, where logs keep it.
        secret_url: bool,
        /// Whether a redirect to one of 'hosts' is followed, with all that the request carries.
        follow_redirects: bool,
    }
}

record! {
    /// A client certificate, in PEM.
    pub struct ClientCertificate {
        /// The certificate, and those of its chain after it.
        certificate: Template,
        /// Its private key.
        key: Template,
    }
}

record! {
    /// A token that is made here.
    pub struct Mint {
        /// The token: often a placeholder for a 'jwt' value.
        value: Template,
        /// How long it lives.
        lifetime_seconds: u64,
    }
}

impl Apply {
    /// Every template.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        [&self.headers, &self.cookies, &self.query].into_iter().flat_map(Fields::templates).collect()
    }
}

impl Auth {
    /// The requests that lead to a token: those of a first grant, and those of a renewal.
    pub fn requests(&self) -> impl Iterator<Item = &RequestTemplate> {
        self.acquire.iter().chain(self.renew.iter())
    }

    /// The names of everything that is captured from answers.
    pub fn captured(&self) -> impl Iterator<Item = &str> {
        self.requests().flat_map(|request| request.captures.iter()).map(|(name, _)| name.as_str())
    }

    /// The names in templates, with those that their values are made of.
    pub(crate) fn names_in<'a>(
        &'a self,
        templates: impl IntoIterator<Item = &'a Template>,
        parts: fn(&Derived) -> Vec<&Template>,
    ) -> Vec<&'a str> {
        let mut names: Vec<&str> = templates.into_iter().flat_map(Template::names).collect();
        // A value uses only those before it.
        for (name, derived) in self.values.iter().rev() {
            if names.contains(&name.as_str()) {
                names.extend(parts(derived).into_iter().flat_map(Template::names));
            }
        }
        names
    }

    /// Whether there is a way to a token that begins with the credentials.
    pub(crate) fn acquires(&self) -> bool {
        !self.acquire.is_empty() || self.mint.is_some()
    }
}
