//! What the answer of a token endpoint means.

use crate::error::{Denial, Violation};
use crate::http::Response;
use crate::json::Json;
use crate::manifest::{ErrorRule, Expiry, Format, Place, RequestTemplate, Signs, TokenRule};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::time::UnixTime;
use crate::token::{Captures, is_sendable};
use base64ct::{Base64UrlUnpadded, Encoding};
use core::time::Duration;

/// A decision about an answer.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Tokens.
    Granted(Fresh),
    /// What the next request needs.
    Captured(Captures),
    /// No, and it will stay no.
    Denied(Denial),
    /// No, and a person must act.
    Reconnect(Denial),
    /// Not now.
    Later { denial: Denial, retry_at: Option<UnixTime> },
    /// No answer at all in the terms of the connector.
    Broken(Violation, Denial),
}

/// What was asked, as far as it matters for the answer.
pub(crate) struct Asked<'a> {
    pub(crate) settings: &'a Settings,
    /// The request; none for one of the API.
    pub(crate) template: Option<&'a RequestTemplate>,
    /// Whether its answer has the token.
    pub(crate) last: bool,
    /// What earlier requests captured.
    pub(crate) captures: &'a Captures,
    /// What must not be repeated in any message.
    pub(crate) secrets: &'a [&'a Secret],
    pub(crate) sent_at: UnixTime,
}

/// An answer, and the tree that its body is.
pub(crate) struct Answer<'a> {
    response: &'a Response,
    format: Format,
    tree: Option<Json>,
    captures: &'a Captures,
}

impl Answer<'_> {
    /// What stands at a place, if anything does.
    fn at(&self, place: &Place) -> Option<Json> {
        match place {
            Place::Body(pointer) => match self.tree.as_ref()?.at(pointer)? {
                Json::Null => None,
                // The whole of a JSON answer is its text.
                Json::Object(_) if pointer.is_whole() && self.format == Format::Json => {
                    Some(self.response.body.trim().into())
                }
                found => Some(found.clone()),
            },
            Place::Header(name) => self.response.headers.get(name).map(Json::from),
            Place::Cookie(name) => cookie(self.response.headers.get("set-cookie")?, name).map(Json::from),
            // Whoever reads it decides whether it is a secret.
            Place::Captured(name) => self.captures.get(name).map(|value| value.expose().into()),
        }
    }

    /// What stands at the first of the places that holds something.
    fn first(&self, places: &[Place]) -> Option<Json> {
        places.iter().find_map(|place| self.at(place))
    }
}

/// The value of a cookie in the values of all `Set-Cookie` fields, which are joined with commas.
fn cookie<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    let pairs = fields.split(',').filter_map(|field| field.split(';').next()?.trim().split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// The tokens in an answer.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) access: Secret,
    pub(crate) expires_at: Option<UnixTime>,
    pub(crate) refresh: Option<Secret>,
    pub(crate) refresh_expires_at: Option<UnixTime>,
    pub(crate) captures: Captures,
}

/// Codes that say 'try later' whatever the status (RFC 6749, section 4.1.2.1; RFC 8628, section 3.5).
const LATER_CODES: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

/// Reads the answer of a token request.
pub(crate) fn judge(response: &Response, asked: &Asked<'_>, now: UnixTime) -> Verdict {
    let auth = asked.settings.auth();
    let rule = auth.errors.as_ref();
    let format = asked.template.map_or(Format::Json, |template| template.answer);
    let tree = (asked.settings.able().tree)(&response.body, format);
    let answer = Answer { response, format, tree, captures: asked.captures };
    let denial = denial(&answer, asked);
    match response.status {
        200..300 if denial.code.as_deref().is_none_or(|code| is_success(code, rule)) => {
            let read = if asked.last {
                granted(&answer, auth.token.as_ref(), asked).map(Verdict::Granted)
            } else {
                captured(&answer, asked).map(Verdict::Captured)
            };
            read.unwrap_or_else(|why| match why {
                Violation::NoToken | Violation::NoCapture
                    if answer.tree.is_none() && format == Format::Json =>
                {
                    Verdict::Broken(Violation::NotJson, denial)
                }
                why => Verdict::Broken(why, denial),
            })
        }
        300..400 => Verdict::Broken(Violation::Redirect, denial),
        _ if shows(rule.and_then(|rule| rule.reconnect.as_ref()), &denial) => Verdict::Reconnect(denial),
        _ if is_later(&denial, rule) => {
            let retry_at =
                response.headers.get("retry-after").and_then(|field| UnixTime::from_retry_after(field, now));
            Verdict::Later { denial, retry_at }
        }
        _ => Verdict::Denied(denial),
    }
}

/// Services that answer everything with a code say 0 for success, or what the connector names.
fn is_success(code: &str, rule: Option<&ErrorRule>) -> bool {
    code == "0" || rule.is_some_and(|rule| rule.success_codes.iter().any(|known| known == code))
}

/// Whether an answer shows one of these signs.
fn shows(signs: Option<&Signs>, denial: &Denial) -> bool {
    let code = |signs: &Signs| signs.codes.iter().any(|code| Some(code) == denial.code.as_ref());
    signs.is_some_and(|signs| signs.statuses.contains(&denial.status) || code(signs))
}

/// Whether an answer means that it may work later: these statuses, and what the connector says.
fn is_later(denial: &Denial, rule: Option<&ErrorRule>) -> bool {
    if shows(rule.and_then(|rule| rule.denied.as_ref()), denial) {
        return false;
    }
    matches!(denial.status, 408 | 425 | 429 | 500..)
        || shows(rule.and_then(|rule| rule.later.as_ref()), denial)
        || denial.code.as_deref().is_some_and(|code| LATER_CODES.contains(&code))
}

/// What the server says in an answer that is no success.
fn denial(answer: &Answer<'_>, asked: &Asked<'_>) -> Denial {
    let rule = asked.settings.auth().errors.as_ref();
    let scrub = |text: &str| asked.settings.scrub(text, asked.secrets);
    let standard = |name: &str| answer.tree.as_ref()?.get(name).cloned();
    let find = |places: &[Place], name: &str, read: &dyn Fn(&Json) -> Option<String>| {
        let found = if places.is_empty() {
            standard(name).as_ref().and_then(read)
        } else {
            places.iter().find_map(|place| read(&answer.at(place)?))
        };
        found.map(|text| scrub(&text))
    };
    let booleans = rule.is_some_and(|rule| !rule.success_codes.is_empty());
    let places = |places: fn(&ErrorRule) -> &[Place]| rule.map_or(&[] as &[Place], places);
    let header = rule.and_then(|rule| rule.request_id_header.as_deref()).unwrap_or("x-request-id");
    Denial {
        status: answer.response.status,
        code: find(places(|rule| &rule.code), "error", &|json| code(json, booleans)),
        message: find(places(|rule| &rule.message), "error_description", &Json::word),
        request_id: answer.response.headers.get(header).map(scrub),
    }
}

/// An error code. Whatever stands there and is not empty says that something is wrong; `false` only where the
/// connector knows codes of success.
fn code(json: &Json, booleans: bool) -> Option<String> {
    match json {
        Json::Bool(value) if *value || booleans => Some(value.to_string()),
        Json::Object(members) if !members.is_empty() => {
            let inner = ["code", "type", "message"].into_iter().find_map(|name| json.get(name)?.word());
            Some(inner.unwrap_or_else(|| "error".to_owned()))
        }
        _ => json.word(),
    }
}

fn granted(answer: &Answer<'_>, rule: Option<&TokenRule>, asked: &Asked<'_>) -> Result<Fresh, Violation> {
    let rule = rule.ok_or(Violation::NoToken)?;
    let found = answer.first(&rule.value).ok_or(Violation::NoToken)?;
    let access = found.as_str().filter(|value| is_sendable(value)).ok_or(Violation::BadToken)?;
    let refresh = answer.first(&rule.refresh_token);
    let refresh = refresh.as_ref().and_then(Json::as_str).filter(|value| is_sendable(value));
    let mut captures = asked.captures.clone();
    for (name, places) in asked.template.iter().flat_map(|template| template.captures.iter()) {
        if let Some(value) = answer.first(places).as_ref().and_then(captured_text) {
            captures.set(name, value.into());
        }
    }
    // Without its address the API cannot be called; what nobody uses later is not kept.
    if asked.settings.captured_base().any(|name| captures.get(name).is_none()) {
        return Err(Violation::NoCapture);
    }
    let used = asked.settings.names_used_later();
    captures.keep(|name| used.contains(&name));
    Ok(Fresh {
        access: access.into(),
        expires_at: expiry(answer, &rule.expiry, asked),
        refresh: refresh.map(Secret::from),
        refresh_expires_at: expiry(answer, &rule.refresh_expiry, asked),
        captures,
    })
}

/// What a request that is not the last one is for: all of it must be there.
fn captured(answer: &Answer<'_>, asked: &Asked<'_>) -> Result<Captures, Violation> {
    let mut captures = asked.captures.clone();
    for (name, places) in asked.template.iter().flat_map(|template| template.captures.iter()) {
        let value = answer.first(places).as_ref().and_then(captured_text).ok_or(Violation::NoCapture)?;
        captures.set(name, value.into());
    }
    Ok(captures)
}

fn captured_text(json: &Json) -> Option<String> {
    match json {
        Json::Bool(value) => Some(value.to_string()),
        json => json.word(),
    }
}

/// The end of a token by the first rule that finds one.
fn expiry(answer: &Answer<'_>, rules: &[Expiry], asked: &Asked<'_>) -> Option<UnixTime> {
    let sent_at = asked.sent_at;
    rules.iter().find_map(|rule| match rule {
        Expiry::Fixed(seconds) => Some(sent_at.after(Duration::from_secs(*seconds))),
        Expiry::Seconds(place) => Some(sent_at.after(seconds(&answer.at(place)?)?)),
        Expiry::Jwt(place) => jwt_expiry(answer.at(place)?.as_str()?, sent_at),
        rule => (asked.settings.able().expiry)(answer, rule, sent_at),
    })
}

impl Expiry {
    /// Whether it is left to [`rare_expiry`].
    pub(crate) const fn is_rare(&self) -> bool {
        !matches!(self, Self::Fixed(_) | Self::Seconds(_) | Self::Jwt(_))
    }
}

/// The end of a token by a rule that is rarely needed.
pub(crate) fn rare_expiry(answer: &Answer<'_>, rule: &Expiry, sent_at: UnixTime) -> Option<UnixTime> {
    let after = |lifetime: Option<Duration>| lifetime.map(|lifetime| sent_at.after(lifetime));
    let number = |place| seconds(&answer.at(place)?);
    let text = |place| answer.at(place)?.as_str().map(str::to_owned);
    match rule {
        Expiry::Fixed(_) | Expiry::Seconds(_) | Expiry::Jwt(_) => None,
        Expiry::Milliseconds(place) => after(number(place).map(|number| number / 1000)),
        Expiry::Minutes(place) => after(number(place).map(|number| number.saturating_mul(60))),
        Expiry::Hours(place) => after(number(place).map(|number| number.saturating_mul(3600))),
        Expiry::HoursMinutesSeconds(place) => after(colons(&text(place)?, [86_400, 3600, 60, 1])),
        Expiry::DaysHoursMinutes(place) => after(colons(&text(place)?, [0, 86_400, 3600, 60])),
        Expiry::Duration(place) => after(iso_duration(&text(place)?)),
        Expiry::EpochSeconds(place) => number(place).map(|number| UnixTime::default().after(number)),
        Expiry::EpochMilliseconds(place) => {
            number(place).map(|number| UnixTime::default().after(number / 1000))
        }
        Expiry::Date(place) => UnixTime::from_iso(&text(place)?),
        Expiry::UtcDate(place) => {
            let text = text(place)?;
            UnixTime::parse_utc(&text)
        }
        Expiry::HttpDate(place) => UnixTime::from_http_date(&text(place)?, sent_at),
    }
}

/// Numbers between colons, the last of which counts `units[3]` seconds each. At least two must be there.
fn colons(text: &str, units: [u64; 4]) -> Option<Duration> {
    let numbers: Option<Vec<u64>> = text.trim().split(':').map(|number| number.parse().ok()).collect();
    let numbers = numbers.filter(|numbers| (2..=4).contains(&numbers.len()))?;
    let pairs = numbers.iter().rev().zip(units.iter().rev());
    let seconds = pairs.map(|(number, unit)| number.saturating_mul(*unit)).fold(0, u64::saturating_add);
    Some(Duration::from_secs(seconds))
}

/// An ISO 8601 duration of weeks, days, hours, minutes and seconds. Months and years have no length.
fn iso_duration(text: &str) -> Option<Duration> {
    let (days, clock) = text.trim().strip_prefix('P')?.split_once('T').unwrap_or((text.trim().get(1..)?, ""));
    let part = |text: &str, units: &[(char, u64)]| {
        let (mut seconds, mut rest) = (0_u64, text);
        for (unit, length) in units {
            if let Some((number, after)) = rest.split_once(*unit) {
                let number = whole_seconds(number)?.as_secs();
                seconds = seconds.saturating_add(number.saturating_mul(*length));
                rest = after;
            }
        }
        rest.is_empty().then_some(seconds)
    };
    let days = part(days, &[('W', 604_800), ('D', 86_400)])?;
    let clock = part(clock, &[('H', 3600), ('M', 60), ('S', 1)])?;
    Some(Duration::from_secs(days.saturating_add(clock)))
}

/// A lifetime: a number or a numeric string, not negative. Anything else is no answer, never a failure.
fn seconds(json: &Json) -> Option<Duration> {
    let seconds = match json {
        Json::Int(number) => return u64::try_from(*number).ok().map(Duration::from_secs),
        Json::Float(number) => *number,
        Json::String(text) => return whole_seconds(text.trim()),
        _ => return None,
    };
    (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// The whole seconds of a numeric string. Not `parse::<f64>`, whose tables are an eighth of the wasm module.
fn whole_seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // More digits than fit are still a number: for ever.
    (digits(whole) && digits(fraction)).then(|| Duration::from_secs(whole.parse().unwrap_or(u64::MAX)))
}

/// The end of a JSON Web Token. With `iat` its lifetime counts from our own clock, so that a server whose clock
/// differs does not matter. The signature is the API's business.
pub(crate) fn jwt_expiry(token: &str, sent_at: UnixTime) -> Option<UnixTime> {
    let payload = Base64UrlUnpadded::decode_vec(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let claims = Json::parse(core::str::from_utf8(&payload).ok()?).ok()?;
    let expires = seconds(claims.get("exp")?)?;
    match claims.get("iat").and_then(seconds) {
        Some(issued) => Some(sent_at.after(expires.saturating_sub(issued))),
        None => Some(UnixTime::default().after(expires)),
    }
}
