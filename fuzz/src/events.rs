//! Where events come from: lines in the message form, or bytes that choose them.

use crate::world::{self, KEY};
use arbitrary::{Result, Unstructured};
use core::time::Duration;
use grantline_core::json::Json;
use grantline_core::{Error, Event, Granted, Secret, Snapshot, Step, Token, UnixTime};
use std::sync::Arc;

/// Where events come from.
pub(crate) enum Events<'a> {
    Lines(core::str::Lines<'a>),
    Bytes(Unstructured<'a>),
}

impl<'a> Events<'a> {
    /// The events in these bytes; `None` if they are no text where text is asked for.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        match bytes.strip_prefix(b"\n") {
            Some(text) => core::str::from_utf8(text).ok().map(|text| Self::Lines(text.lines())),
            None => Some(Self::Bytes(Unstructured::new(bytes))),
        }
    }

    /// The seconds that pass, and what happens then.
    pub(crate) fn next(&mut self, last: Option<&Outcome>, key: &str) -> Option<(i64, Event)> {
        match self {
            // A line that is no event is passed over.
            Self::Lines(lines) => lines.find_map(|line| {
                let (seconds, text) = line.split_once(' ')?;
                let json = Json::parse(&text.replace(KEY, key)).ok()?;
                Some((seconds.parse().ok()?, Event::from_json(&json).ok()?))
            }),
            Self::Bytes(bytes) if bytes.is_empty() => None,
            Self::Bytes(bytes) => next(bytes, last, key).ok(),
        }
    }
}

/// What a grant answered.
pub(crate) type Outcome = core::result::Result<Step<Granted>, Error>;

fn next(bytes: &mut Unstructured<'_>, last: Option<&Outcome>, key: &str) -> Result<(i64, Event)> {
    // Mostly on, sometimes far, sometimes back.
    let seconds = if bytes.ratio(1_u8, 20)? {
        bytes.int_in_range(-100_000..=100_000)?
    } else {
        bytes.int_in_range(0..=400)?
    };
    if bytes.ratio(1_u8, 12)? {
        return Ok((seconds, any(bytes, key)?));
    }
    let event = match last {
        Some(Ok(Step::Send(_))) => response(bytes)?,
        Some(Ok(Step::Sleep { .. })) => Event::Woke,
        Some(Ok(Step::Load)) if bytes.arbitrary()? => record(bytes, key)?,
        Some(Ok(Step::Load)) => Event::Loaded(None),
        Some(Ok(Step::Lease { .. })) => Event::Leased(bytes.arbitrary()?),
        Some(Ok(Step::Save { .. })) => Event::Saved(bytes.arbitrary()?),
        Some(Ok(Step::Release)) => Event::Released,
        Some(Ok(Step::Sign(_))) => Event::Signed("c2lnbmF0dXJl".to_owned()),
        Some(Ok(Step::Done { output: Granted::Token { token, .. } })) if bytes.arbitrary()? => {
            Event::Start { rejected: Some(token.clone()) }
        }
        _ => Event::START,
    };
    Ok((seconds, event))
}

fn any(bytes: &mut Unstructured<'_>, key: &str) -> Result<Event> {
    Ok(match bytes.int_in_range(0..=12)? {
        0 => Event::START,
        1 => Event::Start { rejected: Some(token(bytes)?) },
        2 => Event::Revoke,
        11 => Event::Renew,
        3 => response(bytes)?,
        4 => fault(bytes)?,
        5 => Event::Woke,
        6 => Event::Token(token(bytes)?),
        7 => record(bytes, key)?,
        8 => Event::Loaded(None),
        9 => Event::Leased(bytes.arbitrary()?),
        10 => Event::Saved(bytes.arbitrary()?),
        _ => Event::Released,
    })
}

fn word(bytes: &mut Unstructured<'_>) -> Result<&'static str> {
    Ok(*bytes.choose(&["a", "b", "c"])?)
}

fn token(bytes: &mut Unstructured<'_>) -> Result<Arc<Token>> {
    let at = UnixTime::from_secs(bytes.int_in_range(0..=2_000_000)?);
    let end = bytes.arbitrary::<Option<u32>>()?.map(|life| at.after(Duration::from_secs(life.into())));
    Ok(Arc::new(Token::new(Secret::from(word(bytes)?), at, end, Duration::from_secs(300), &[0; 32])))
}

fn response(bytes: &mut Unstructured<'_>) -> Result<Event> {
    if bytes.ratio(1_u8, 5)? {
        return fault(bytes);
    }
    let status = *bytes.choose(&[200, 200, 200, 200, 302, 400, 401, 403, 429, 500, 502, 503, 0, 999])?;
    let retry =
        *bytes.choose(&["", "", "0", "7", "99999999999999999999", "Wed, 29 Sep 2021 07:38:47 GMT"])?;
    let body = match bytes.int_in_range(0..=6)? {
        0 => String::new(),
        1 => "<html>".to_owned(),
        2 => format!(r#"{{"error":"{}"}}"#, bytes.choose(&["invalid_grant", "invalid_client", "x", ""])?),
        _ => {
            let (token, life) = (word(bytes)?, bytes.int_in_range(0..=4000)?);
            format!(
                r#"{{"access_token":"{token}","accessToken":"{token}","token":"{token}","expires_in":{life},"expiresIn":"{life}","refresh_token":"{token}r","refreshToken":"{token}r","refreshTokenExpiresIn":{life}}}"#
            )
        }
    };
    let headers = Json::Object(vec![("retry-after".to_owned(), retry.into())]);
    let members = vec![
        ("kind", "response".into()),
        ("status", Json::Int(status)),
        ("headers", headers),
        ("body", body.as_str().into()),
    ];
    world::event(members).ok_or(arbitrary::Error::IncorrectFormat)
}

fn fault(bytes: &mut Unstructured<'_>) -> Result<Event> {
    let fault = *bytes.choose(&["unreachable", "timeout", "lost", "too_large", "redirected", "store"])?;
    world::event(vec![("kind", "failed".into()), ("fault", fault.into())])
        .ok_or(arbitrary::Error::IncorrectFormat)
}

/// What a store may hold.
fn record(bytes: &mut Unstructured<'_>, key: &str) -> Result<Event> {
    let key = if bytes.ratio(1_u8, 10)? { "other" } else { key };
    let access = if bytes.arbitrary()? {
        let (token, at) = (word(bytes)?, bytes.int_in_range(900_000_000..=1_020_000_000_u64)?);
        let end = at + bytes.int_in_range(0..=20_000_000_u64)?;
        format!(
            r#""access":{{"value":"{token}","obtainedAt":{at},"expiresAt":{end}}},"refresh":{{"value":"{token}r"}},"#
        )
    } else {
        String::new()
    };
    let setback = if bytes.ratio(1_u8, 3)? {
        let until = bytes.int_in_range(0..=1_100_000_000_u64)?;
        format!(r#""setback":{{"until":{until},"count":{},"why":"in_doubt"}},"#, bytes.arbitrary::<u64>()?)
    } else {
        String::new()
    };
    let (revision, doubt, seeded) =
        (bytes.arbitrary::<u8>()?, bytes.arbitrary::<bool>()?, bytes.arbitrary::<bool>()?);
    let text = format!(
        r#"{{"version":1,"key":"{key}","revision":{revision},{access}{setback}"inDoubt":{doubt},"seeded":{seeded}}}"#
    );
    Ok(Event::Loaded(Some(Box::new(Snapshot::parse(&text).map_err(|_| arbitrary::Error::IncorrectFormat)?))))
}
