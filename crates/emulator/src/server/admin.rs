//! The admin API under `/_emulator`: what a test in another process, or a person, does to the systems.
//!
//! Decides: JSON in and out, nothing that the Rust API cannot do as well. Pages of any origin may use it,
//! so that a browser test can; its accounts are not secret.

use std::str::FromStr as _;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Shared, headers};
use crate::change::Change;
use crate::emulator::{self, Emulator};
use crate::http::Request;
use crate::system::System;

type Shares = State<Arc<Shared>>;

/// `GET /_emulator/state`
pub(super) async fn state(State(shared): Shares) -> Response<Body> {
    let clock = json!({ "now_ms": shared.clock.now_ms(), "manual": shared.clock.is_manual() });
    reply(200, &json!({ "clock": clock, "systems": shared.emulator().state() }))
}

/// `GET /_emulator/log`
pub(super) async fn log(State(shared): Shares) -> Response<Body> {
    reply(200, &shared.emulator().log())
}

/// `GET /_emulator/accounts`, with base URLs as the client addressed the server.
pub(super) async fn accounts(State(shared): Shares, headers: HeaderMap) -> Response<Body> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    let host = host.unwrap_or_else(|| shared.addr.to_string());
    reply(200, &shared.emulator().accounts(&format!("http://{host}")))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Time {
    AdvanceMs(u64),
    SetMs(u64),
}

/// `POST /_emulator/clock`
pub(super) async fn clock(State(shared): Shares, body: Bytes) -> Response<Body> {
    match serde_json::from_slice(&body) {
        Ok(Time::AdvanceMs(ms)) => shared.clock.advance(ms),
        Ok(Time::SetMs(ms)) => shared.clock.set(ms),
        Err(error) => return refuse(400, &error.to_string()),
    }
    reply(200, &json!({ "now_ms": shared.clock.now_ms() }))
}

/// `POST /_emulator/control/{system}`
pub(super) async fn control(
    State(shared): Shares,
    Path(system): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let Ok(system) = System::from_str(&system) else { return refuse(404, "unknown system") };
    let change: Change = match serde_json::from_slice(&body) {
        Ok(change) => change,
        Err(error) => return refuse(400, &error.to_string()),
    };
    match shared.emulator().control(system, change) {
        Ok(changed) => reply(200, &changed),
        Err(error) => {
            let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
            refuse(422, &format!("{error}{}", source.unwrap_or_default()))
        }
    }
}

/// `POST /_emulator/reset`: as freshly started, except for the clock.
pub(super) async fn reset(State(shared): Shares) -> Response<Body> {
    *shared.emulator() = Emulator::new();
    reply(200, &json!({}))
}

/// `OPTIONS` of any of these.
pub(super) async fn preflight(asked: HeaderMap) -> Response<Body> {
    let request = Request { headers: headers(&asked).unwrap_or_default(), ..Request::default() };
    let answer = emulator::preflight(&request);
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::empty()).unwrap_or_default()
}

fn refuse(status: u16, message: &str) -> Response<Body> {
    reply(status, &json!({ "error": message }))
}

fn reply(status: u16, body: &impl Serialize) -> Response<Body> {
    let body = serde_json::to_vec(body).expect("keys are strings");
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    response.header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*").body(Body::from(body)).unwrap_or_default()
}
