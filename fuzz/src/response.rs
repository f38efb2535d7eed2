//! Bytes as the answer to a token request: no token that cannot be sent, no secret in what is said, and a grant that
//! can begin again.
//!
//! The first byte names the connection, the second what is answered; then a status, lines of header fields, an empty
//! line, and the body.

use crate::world;
use core::time::Duration;
use grantline_core::{
    Error, Event, Flow, Grant, Granted, Headers, Notice, Request, Response, Step, UnixTime,
};

/// Runs the target.
pub fn run(data: &[u8]) {
    let [which, way, rest @ ..] = data else { return };
    let answer = parse(rest);
    let mut grant = Grant::new(world::connection(*which).clone());
    let mut now = UnixTime::from_secs(1_632_900_000);
    // The answer is that to a first grant, to a renewal, or to a revocation.
    let event = match way % 3 {
        0 => Event::START,
        1 => {
            drive(&mut grant, Event::START, now, &good());
            now = now.after(Duration::from_secs(1_000_000));
            Event::START
        }
        _ => {
            drive(&mut grant, Event::START, now, &good());
            Event::Revoke
        }
    };
    drive(&mut grant, event, now, &answer);
    // Whatever it was, the next caller begins afresh, and a good answer helps once nothing keeps us from asking.
    let later = now.after(Duration::from_secs(400 * 86_400));
    drive(&mut grant, Event::START, later, &good());
}

fn parse(bytes: &[u8]) -> Response {
    let (mut status, mut headers, mut rest) = (0, Headers::default(), bytes);
    for number in 0.. {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.get(1..).unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        if number == 0 {
            status = line.trim().parse().unwrap_or(200);
        } else if let Some((name, value)) = line.split_once(':') {
            headers.append(name.trim(), value.trim());
        } else {
            break;
        }
    }
    Response::new(status, headers, rest)
}

fn good() -> Response {
    let body = r#"{"access_token":"t0ken","accessToken":"t0ken","token":"t0ken","refresh_token":"r3fresh-t0ken","refreshToken":"r3fresh-t0ken","expires_in":3600,"expiresIn":"3600"}"#;
    Response::new(200, Headers::default(), body.as_bytes())
}

fn drive(grant: &mut Grant, event: Event, now: UnixTime, answer: &Response) {
    let (mut event, mut now, mut sent) = (event, now, None::<Request>);
    for turn in 0..40_u8 {
        if let Some(request) = sent.take() {
            told(Some(Notice::sent(&request, &event, 42)));
        }
        let outcome = grant.advance(event, &world::ambient(now, turn));
        let _ = format!("{outcome:?}");
        event = match outcome {
            Ok(Step::Send(request)) => {
                sent = Some(request);
                Event::Response(answer.clone())
            }
            Ok(Step::Sleep { millis }) => {
                now = now.after(Duration::from_millis(millis));
                Event::Woke
            }
            Ok(Step::Done { output }) => return done(&output),
            Ok(step) => panic!("a grant without a store asks for nothing else: {step:?}"),
            Err(error) => {
                said(&error);
                told(Notice::ended(&Err(error)));
                return;
            }
        };
    }
    panic!("a flight does not end");
}

fn done(output: &Granted) {
    if let Granted::Token { token, setback, .. } = output {
        let value = token.value.expose();
        assert!(
            !value.is_empty() && value.bytes().all(|b| (0x20..=0x7e).contains(&b)),
            "{value:?} cannot be sent"
        );
        assert!(token.renew_at.is_none_or(|due| token.expires_at.is_some_and(|end| due <= end)), "{token:?}");
        setback.iter().for_each(|error| said(error));
    }
    told(Notice::ended(&Ok(output.clone())));
}

fn said(error: &Error) {
    world::check_words(&error.to_string());
    assert!(!matches!(error, Error::Misuse { .. }), "{error}");
    let _ = (error.code(), format!("{error:?}"), serde_json::to_string(error).expect("an error is JSON"));
}

fn told(notice: Option<Notice>) {
    if let Some(notice) = notice {
        let text = serde_json::to_string(&notice).expect("a notice is JSON");
        assert!(!text.contains(world::SECRET), "a secret is told: {text}");
    }
}
