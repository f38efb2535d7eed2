//! What the answer of a token endpoint means.

use crate::error::{Denial, Violation};
use crate::http::Response;
use crate::json::{Json, Pointer};
use crate::manifest::{ErrorRule, Expiry, Format, TokenRule};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::time::UnixTime;
use crate::token::is_sendable;
use base64ct::{Base64UrlUnpadded, Encoding};
use core::time::Duration;

/// A decision about an answer.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Tokens.
    Granted(Fresh),
    /// No, and it will stay no.
    Denied(Denial),
    /// Not now.
    Later { denial: Denial, retry_at: Option<UnixTime> },
    /// No answer at all in the terms of the connector.
    Broken(Violation, Denial),
}

/// The tokens in an answer.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) access: Secret,
    pub(crate) expires_at: Option<UnixTime>,
    pub(crate) refresh: Option<Secret>,
    pub(crate) refresh_expires_at: Option<UnixTime>,
}

/// Codes that say 'try later' whatever the status (RFC 6749, section 4.1.2.1; RFC 8628, section 3.5).
const LATER_CODES: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

/// Reads the answer of a token request that was sent at `sent_at`.
pub(crate) fn judge(
    response: &Response,
    settings: &Settings,
    tokens: &[&Secret],
    sent_at: UnixTime,
    now: UnixTime,
) -> Verdict {
    let auth = settings.auth();
    let json = read(&response.body, auth.token.as_ref());
    let denial = denial(response, json.as_ref(), settings, tokens);
    match response.status {
        200..300 if denial.code.as_deref().is_none_or(|code| is_success(code, auth.errors.as_ref())) => {
            match (&json, &auth.token) {
                (Some(json), Some(rule)) => fresh(json, rule, sent_at)
                    .map_or_else(|why| Verdict::Broken(why, denial), Verdict::Granted),
                (None, Some(rule)) if rule.format == Format::Json => {
                    Verdict::Broken(Violation::NotJson, denial)
                }
                _ => Verdict::Broken(Violation::NoToken, denial),
            }
        }
        300..400 => Verdict::Broken(Violation::Redirect, denial),
        status if is_later(status, &denial, auth.errors.as_ref()) => {
            let retry_at =
                response.headers.get("retry-after").and_then(|field| UnixTime::from_retry_after(field, now));
            Verdict::Later { denial, retry_at }
        }
        _ => Verdict::Denied(denial),
    }
}

/// The answer as a tree: JSON, or where the connector says so, a form. A refusal is often JSON even there.
fn read(body: &str, rule: Option<&TokenRule>) -> Option<Json> {
    let json = Json::parse(body).ok();
    if rule.is_none_or(|rule| rule.format == Format::Json) {
        json
    } else {
        json.or_else(|| Json::from_form(body))
    }
}

/// Services that answer everything with a code say 0 for success, or what the connector names.
fn is_success(code: &str, rule: Option<&ErrorRule>) -> bool {
    code == "0" || rule.is_some_and(|rule| rule.success_codes.iter().any(|known| known == code))
}

/// Whether an answer means that it may work later: these statuses, and what the connector adds.
fn is_later(status: u16, denial: &Denial, rule: Option<&ErrorRule>) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
        || rule.is_some_and(|rule| rule.later_statuses.contains(&status))
        || denial.code.as_deref().is_some_and(|code| LATER_CODES.contains(&code))
}

/// What the server says in an answer that is no success.
pub(crate) fn denial(
    response: &Response,
    json: Option<&Json>,
    settings: &Settings,
    tokens: &[&Secret],
) -> Denial {
    let rule = settings.auth().errors.as_ref();
    type Read = fn(&Json) -> Option<String>;
    let find = |pointers: &[Pointer], read: Read| {
        let found = pointers.iter().find_map(|pointer| read(json?.at(pointer)?))?;
        Some(settings.scrub(&found, tokens))
    };
    let standard = |name: &str, read: Read| {
        json.and_then(|json| read(json.get(name)?)).map(|text| settings.scrub(&text, tokens))
    };
    let header = rule.and_then(|rule| rule.request_id_header.as_deref()).unwrap_or("x-request-id");
    Denial {
        status: response.status,
        code: rule
            .filter(|rule| !rule.code.is_empty())
            .map_or_else(|| standard("error", code), |rule| find(&rule.code, code)),
        message: rule.filter(|rule| !rule.message.is_empty()).map_or_else(
            || standard("error_description", Json::word),
            |rule| find(&rule.message, Json::word),
        ),
        request_id: response.headers.get(header).map(|id| settings.scrub(id, tokens)),
    }
}

/// An error code. Whatever stands there and is not empty says that something is wrong.
fn code(json: &Json) -> Option<String> {
    match json {
        Json::Bool(true) => Some("true".to_owned()),
        Json::Object(members) if !members.is_empty() => {
            let inner = ["code", "type", "message"].into_iter().find_map(|name| json.get(name)?.word());
            Some(inner.unwrap_or_else(|| "error".to_owned()))
        }
        _ => json.word(),
    }
}

fn fresh(json: &Json, rule: &TokenRule, sent_at: UnixTime) -> Result<Fresh, Violation> {
    let text = |pointer: &Pointer| json.at(pointer).and_then(Json::as_str);
    let access = match json.at(&rule.value) {
        None | Some(Json::Null) => return Err(Violation::NoToken),
        Some(value) => value.as_str().filter(|value| is_sendable(value)).ok_or(Violation::BadToken)?,
    };
    let refresh = rule.refresh_token.as_ref().and_then(text).filter(|value| is_sendable(value));
    Ok(Fresh {
        access: access.into(),
        expires_at: expiry(json, &rule.expiry, sent_at),
        refresh: refresh.map(Secret::from),
        refresh_expires_at: expiry(json, &rule.refresh_expiry, sent_at),
    })
}

/// The end of a token by the first rule that finds one.
fn expiry(json: &Json, rules: &[Expiry], sent_at: UnixTime) -> Option<UnixTime> {
    rules.iter().find_map(|rule| expiry_by(json, rule, sent_at))
}

fn expiry_by(json: &Json, rule: &Expiry, sent_at: UnixTime) -> Option<UnixTime> {
    let found = match rule {
        Expiry::Fixed(seconds) => return Some(sent_at.after(Duration::from_secs(*seconds))),
        Expiry::Seconds(pointer)
        | Expiry::Milliseconds(pointer)
        | Expiry::EpochSeconds(pointer)
        | Expiry::EpochMilliseconds(pointer)
        | Expiry::Date(pointer)
        | Expiry::Jwt(pointer) => json.at(pointer)?,
    };
    let number = match rule {
        Expiry::Date(_) => return UnixTime::from_iso(found.as_str()?),
        Expiry::Jwt(_) => return jwt_expiry(found.as_str()?, sent_at),
        _ => seconds(found)?,
    };
    let lifetime = match rule {
        Expiry::Milliseconds(_) | Expiry::EpochMilliseconds(_) => number / 1000,
        _ => number,
    };
    Some(match rule {
        Expiry::EpochSeconds(_) | Expiry::EpochMilliseconds(_) => UnixTime::default().after(lifetime),
        _ => sent_at.after(lifetime),
    })
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
