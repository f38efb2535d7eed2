//! `grantline parse`: what a connector reads from an answer.

mod keep;
mod machine;

use crate::args::Parse;
use crate::failure::Failure;
use crate::life::moment;
use crate::output;
use crate::rehearsal::{Props, requests};
use crate::stand_in::{self, Complete};
use grantline_core::json::Json;
use grantline_core::{Ambient, Error, Headers, MASK, Response, Settings, Snapshot, Token, UnixTime};
use machine::{Outcome, Rehearsal};
use serde_json::{Map, Value, json};
use std::fs;
use std::io::{Read, stdin};
use std::path::Path;
use std::sync::Arc;

/// What an answer says, and what is kept of it.
struct Reading {
    outcome: Outcome,
    record: Json,
    /// What this answer captured.
    captures: Vec<(String, String)>,
    token_type: Option<String>,
}

pub(crate) fn run(options: &Parse) -> Result<(), Failure> {
    let connector = keep::connector(&options.subject.connector)?;
    let Complete { settings, .. } = stand_in::complete_of(&connector, &options.subject)?;
    let settings = Arc::new(settings);
    let ambient = Ambient::new(stand_in::now(&options.subject)?, [0; 32]);
    let response = response(options)?;
    let mut props = Props::new(&settings, None, None, &[])?;
    let outcome = loop {
        let (settings, props_now) = (&settings, &props);
        let rehearsal =
            Rehearsal { settings, props: props_now, response: &response, step: options.step, ambient };
        rehearsal.check(options.renew)?;
        match rehearsal.read(options.renew) {
            Ok(outcome) => break outcome,
            Err(error) => props.blame(error)?,
        }
    };
    let reading = Reading::new(&settings, outcome, &response);
    if options.json {
        output::line(reading.object())
    } else {
        output::text(reading.page(options.show_secrets, ambient.now))
    }
}

fn response(options: &Parse) -> Result<Response, Failure> {
    let mut headers = Headers::default();
    for header in &options.header {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| Failure::Usage("--header takes \"NAME: VALUE\"".to_owned()))?;
        headers.append(name.trim(), value.trim());
    }
    Ok(Response::new(options.status, headers, &body(&options.response)?))
}

fn body(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let read = if file == Path::new("-") {
        stdin().read_to_end(&mut body).map(drop)
    } else {
        fs::read(file).map(|content| body = content)
    };
    read.map_err(|error| {
        Failure::Usage(format!("cannot read the answer from '{}': {error}", file.display()))
    })?;
    Ok(body)
}

/// The record as it is kept, tokens included.
fn tree(record: &Snapshot) -> Json {
    // A snapshot is always written as an object that can be read again.
    serde_json::to_string(record).ok().and_then(|text| Json::parse(&text).ok()).unwrap_or(Json::Null)
}

impl Reading {
    fn new(settings: &Settings, outcome: Outcome, response: &Response) -> Self {
        let request = requests(settings, outcome.purpose)[outcome.step];
        let of = |token: &Arc<Token>| {
            let own = request
                .captures
                .iter()
                .filter_map(|(name, _)| Some((name.clone(), token.captures.get(name)?)));
            own.map(|(name, value)| (name, value.expose().to_owned())).collect()
        };
        let captures = outcome.result.as_ref().map(of).unwrap_or_default();
        let body = Json::parse(&response.body).ok();
        let token_type = body.and_then(|body| Some(body.get("token_type")?.as_str()?.to_owned()));
        Self { record: tree(&outcome.record), captures, token_type, outcome }
    }

    fn refresh(&self) -> Option<(&str, Option<UnixTime>)> {
        let refresh = self.record.get("refresh")?;
        let end = refresh.get("expiresAt").and_then(Json::as_u64).map(UnixTime::from_millis);
        Some((refresh.get("value")?.as_str()?, end))
    }

    fn object(&self) -> Value {
        let token = match &self.outcome.result {
            Ok(token) => token,
            Err(error) => return json!({ "error": refusal(error).into_iter().collect::<Map<_, _>>() }),
        };
        let captures: Map<_, _> =
            self.captures.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        if !self.outcome.last {
            return json!({ "captures": captures });
        }
        let mut object = json!({
            "token": token.value.expose(),
            "expires_at": token.expires_at.map(|end| end.to_string()),
            "refresh_token": self.refresh().map(|(value, _)| value),
            "captures": captures,
        });
        if let Some(kind) = &self.token_type {
            object["token_type"] = kind.as_str().into();
        }
        if let Some((_, Some(end))) = self.refresh() {
            object["refresh_expires_at"] = end.to_string().into();
        }
        object
    }

    fn page(&self, show_secrets: bool, now: UnixTime) -> String {
        let secret = |value: &str| if show_secrets { value.to_owned() } else { masked(value) };
        let life = |end: Option<UnixTime>| end.map_or_else(|| "not known".to_owned(), |end| moment(end, now));
        let mut rows: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, value: String| rows.push((name.to_owned(), value));
        match &self.outcome.result {
            Ok(_) if !self.outcome.last => {}
            Ok(token) => {
                add("token", secret(token.value.expose()));
                add("expires", life(token.expires_at));
                self.token_type.iter().for_each(|kind| add("token type", kind.clone()));
                match self.refresh() {
                    Some((value, end)) => {
                        add("refresh token", secret(value));
                        add("refresh expires", life(end));
                    }
                    None => add("refresh token", "none".to_owned()),
                }
            }
            Err(error) => {
                for (name, value) in refusal(error).into_iter().filter(|(_, value)| !value.is_null()) {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    add(&name.replace('_', " "), text);
                }
                add("in words", error.to_string());
            }
        }
        for (name, value) in &self.captures {
            add(&format!("capture {name}"), secret(value));
        }
        let widest = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        rows.iter().map(|(name, value)| format!("{name:widest$}  {value}\n")).collect()
    }
}

/// Enough of a secret to see which it is, nothing of a short one.
fn masked(value: &str) -> String {
    let length = value.chars().count();
    let shown: String = value.chars().take(if length >= 20 { 4 } else { 0 }).collect();
    format!("{shown}{MASK} ({length} characters)")
}

/// What kind of error it is, and what the server said, as far as it said something.
fn refusal(error: &Error) -> Vec<(String, Value)> {
    let class = match error {
        Error::Denied { .. } => "denied",
        Error::Exhausted { .. } | Error::Transport(_) => "later",
        Error::NeedsReconnect { .. } => "needs_reconnect",
        _ => "protocol",
    };
    let denial = error.denial();
    let text = |text: Option<&String>| text.map(|text| Value::from(text.as_str()));
    let (code, message, id) = match (error, denial) {
        (_, Some(denial)) => {
            (text(denial.code.as_ref()), text(denial.message.as_ref()), text(denial.request_id.as_ref()))
        }
        (Error::Protocol { violation, request_id, .. }, _) => {
            (Some(error.code().into()), Some(violation.to_string().into()), text(request_id.as_ref()))
        }
        _ => (Some(error.code().into()), Some(error.to_string().into()), None),
    };
    let mut members = vec![("class".to_owned(), class.into())];
    let named = [("code", code), ("message", message), ("request_id", id)];
    members.extend(named.map(|(name, value)| (name.to_owned(), value.unwrap_or(Value::Null))));
    if let Some(time) = error.retry_at() {
        members.push(("retry_at".to_owned(), time.to_string().into()));
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mask_shows_nothing_of_a_short_secret() {
        assert_eq!(masked("s3cret"), format!("{MASK} (6 characters)"));
        assert_eq!(masked(&"abcdefghij".repeat(2)), format!("abcd{MASK} (20 characters)"));
    }
}
