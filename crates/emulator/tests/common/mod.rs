//! A client so simple that it cannot hide what the emulator does.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantline_emulator::{
    Account, Change, Changed, Cut, Effect, Emulator, Fault, Kind, Request, Response, System,
};
use serde_json::Value;

pub const START: u64 = 1_700_000_000_000;
pub const FORM: &str = "application/x-www-form-urlencoded";
pub const JSON: &str = "application/json";

/// One system with a time that only the test moves.
pub struct Bench {
    pub emulator: Emulator,
    pub system: System,
    pub now_ms: u64,
    pub last_cut: Option<Cut>,
}

impl Bench {
    pub fn new(system: System) -> Self {
        Self { emulator: Emulator::new(), system, now_ms: START, last_cut: None }
    }

    pub fn account(&self) -> Account {
        self.emulator.accounts("http://localhost").of(self.system).clone()
    }

    pub fn parameter(&self, name: &str) -> String {
        self.account().parameters[name].clone()
    }

    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(method, format!("/{}{target}", self.system))
    }

    pub fn send(&mut self, request: &Request) -> Response {
        // One entropy for all requests: the emulator must not need a fresh one.
        let reply = self.emulator.handle(self.now_ms, [7; 32], request);
        self.last_cut = reply.cut;
        reply.response
    }

    pub fn post(&mut self, target: &str, media: &str, body: &str) -> Response {
        let request = self.request("POST", target).with_header("content-type", media).with_body(body);
        self.send(&request)
    }

    pub fn post_empty(&mut self, target: &str) -> Response {
        let request = self.request("POST", target);
        self.send(&request)
    }

    pub fn get(&mut self, target: &str, authorization: &str) -> Response {
        let request = self.request("GET", target).with_header("authorization", authorization);
        self.send(&request)
    }

    pub fn pass(&mut self, seconds: u64) {
        self.now_ms += seconds * 1000;
    }

    pub fn control(&mut self, change: Change) -> Changed {
        self.emulator.control(self.system, change).unwrap()
    }

    pub fn set(&mut self, settings: Value) {
        let Value::Object(settings) = settings else { panic!("settings are an object") };
        self.control(Change::Settings { settings });
    }

    pub fn fault(&mut self, effect: Effect, only: Option<Kind>, times: Option<u32>) {
        self.control(Change::Fault { fault: Fault { effect, only, times } });
    }
}

pub fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body)
        .unwrap_or_else(|_| panic!("status {} is not JSON", response.status))
}

pub fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

pub fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Header and claims of a JWT.
pub fn jwt(token: &str) -> (Value, Value) {
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    (part(parts[0]), part(parts[1]))
}

pub fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}
