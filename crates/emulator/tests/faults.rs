//! Faults, controls, the log and the preflights, which are alike for all systems.

mod common;

use common::{Bench, JSON, bearer, json, text};
use grantline_emulator::{Change, ControlError, Cut, Effect, Emulator, Kind, Request, RetryAfter, System};
use serde_json::{Value, json as object};

const TOKEN: &str = "/oauth/token";
const COMPANY: &str = "/app/v1/company";

fn bench() -> Bench {
    Bench::new(System::Workspan)
}

fn own(bench: &Bench) -> String {
    let (id, secret) = (bench.parameter("clientId"), bench.parameter("clientSecret"));
    object!({ "grant_type": "client_credentials", "client_id": id, "client_secret": secret }).to_string()
}

fn post(bench: &mut Bench) -> grantline_emulator::Response {
    let own = own(bench);
    bench.post(TOKEN, JSON, &own)
}

#[test]
fn cut_before_read_changes_nothing_and_cut_after_read_does() {
    let mut bench = bench();
    let token = bearer(&text(&json(&post(&mut bench))["access_token"]));
    let delete = bench.request("DELETE", TOKEN).with_header("authorization", &token);
    bench.fault(Effect::CutBeforeRead, Some(Kind::Token), Some(1));
    bench.send(&delete);
    assert_eq!(bench.last_cut, Some(Cut::BeforeRead));
    assert_eq!(bench.get(COMPANY, &token).status, 200);
    bench.fault(Effect::CutAfterRead, Some(Kind::Token), Some(1));
    bench.send(&delete);
    assert_eq!(bench.last_cut, Some(Cut::AfterRead));
    assert_eq!(bench.get(COMPANY, &token).status, 401);
    let log = bench.emulator.log();
    assert_eq!((log[1].status, log[1].cut), (None, Some(Cut::BeforeRead)));
    assert_eq!((log[3].status, log[3].cut), (Some(200), Some(Cut::AfterRead)));
    let counts = bench.emulator.counts(System::Workspan);
    assert_eq!((counts.token_requests, counts.api_requests), (3, 2));
}

#[test]
fn answers_may_be_replaced() {
    let mut bench = bench();
    bench.fault(Effect::Html { status: 200 }, None, Some(1));
    assert!(post(&mut bench).body.starts_with(b"<!doctype html>"));
    bench.fault(Effect::ErrorInOk { error: "invalid_client".into() }, None, Some(1));
    let response = post(&mut bench);
    assert_eq!((response.status, json(&response)), (200, object!({ "error": "invalid_client" })));
    bench.fault(Effect::Redirect { location: "https://elsewhere.example/".into() }, None, Some(1));
    let response = post(&mut bench);
    assert_eq!((response.status, response.header("location")), (307, Some("https://elsewhere.example/")));
    bench.fault(Effect::TooManyRequests { retry_after: Some(RetryAfter::Seconds(5)) }, None, Some(1));
    assert_eq!(post(&mut bench).header("retry-after"), Some("5"));
    assert_eq!(post(&mut bench).status, 200);
}

#[test]
fn answers_may_be_spoilt() {
    let mut bench = bench();
    let own = own(&bench);
    let request = bench.request("POST", TOKEN).with_header("content-type", JSON).with_body(own);
    bench.fault(Effect::Latency { ms: 30 }, None, None);
    bench.fault(Effect::Latency { ms: 12 }, None, None);
    bench.fault(Effect::Bom, None, None);
    bench.fault(Effect::TextPlain, None, None);
    bench.fault(Effect::BigBody { bytes: 1 << 40 }, None, None);
    bench.fault(Effect::TruncatedBody, None, Some(1));
    let reply = bench.emulator.handle(0, [0; 32], &request);
    assert_eq!((reply.delay_ms, reply.padding, reply.cut), (42, 1 << 40, Some(Cut::Truncated)));
    assert_eq!(reply.response.header("content-type"), Some("text/plain"));
    assert_eq!(reply.response.body[..4], [0xef, 0xbb, 0xbf, b'{']);
    bench.control(Change::ClearFaults);
    let reply = bench.emulator.handle(0, [0; 32], &request);
    assert_eq!((reply.delay_ms, reply.padding, reply.cut), (0, 0, None));
}

#[test]
fn a_gateway_may_lose_patience_after_the_system_has_worked() {
    let mut bench = Bench::new(System::Appspace);
    bench.set(object!({ "rotation": "rotate" }));
    let old = bench.parameter("refreshToken");
    let body = object!({
        "subjectType": "Application", "grantType": "refreshToken",
        "subjectId": bench.parameter("subjectId"), "refreshToken": old,
    });
    for processed in [false, true] {
        bench.fault(Effect::Status { status: 504, processed }, None, Some(1));
        assert_eq!(bench.post("/api/v3/authorization/token", JSON, &body.to_string()).status, 504);
        assert_eq!(bench.parameter("refreshToken") != old, processed);
    }
}

#[test]
fn faults_are_counted_and_chosen_by_kind() {
    let mut bench = bench();
    let token = bearer(&text(&json(&post(&mut bench))["access_token"]));
    bench.fault(Effect::Status { status: 500, processed: false }, Some(Kind::Api), Some(2));
    assert_eq!(post(&mut bench).status, 200);
    let statuses = [(); 3].map(|()| bench.get(COMPANY, &token).status);
    assert_eq!(statuses, [500, 500, 200]);
}

#[test]
fn tokens_can_be_revoked_expired_and_shortened() {
    let mut bench = bench();
    let first = text(&json(&post(&mut bench))["access_token"]);
    let second = text(&json(&post(&mut bench))["access_token"]);
    bench.control(Change::Revoke { token: first.clone() });
    assert_eq!(bench.get(COMPANY, &bearer(&first)).status, 401);
    assert_eq!(bench.get(COMPANY, &bearer(&second)).status, 200);
    let again = bench.emulator.control(System::Workspan, Change::Revoke { token: first });
    assert!(matches!(again, Err(ControlError::UnknownToken)));
    bench.control(Change::ExpireAll);
    assert_eq!(bench.get(COMPANY, &bearer(&second)).status, 401);
    bench.control(Change::Lifetime { access_seconds: Some(10), refresh_seconds: None });
    let reply = json(&post(&mut bench));
    assert_eq!(reply["expires_in"], 9);
    bench.pass(10);
    assert_eq!(bench.get(COMPANY, &bearer(&text(&reply["access_token"]))).status, 401);
    let third = text(&json(&post(&mut bench))["access_token"]);
    bench.control(Change::RevokeAll);
    assert_eq!(bench.get(COMPANY, &bearer(&third)).status, 401);
}

#[test]
fn ending_all_tokens_of_appspace_spares_the_credential() {
    let mut bench = Bench::new(System::Appspace);
    let body = object!({
        "subjectType": "Application", "grantType": "refreshToken",
        "subjectId": bench.parameter("subjectId"), "refreshToken": bench.parameter("refreshToken"),
    });
    let mint = |bench: &mut Bench| bench.post("/api/v3/authorization/token", JSON, &body.to_string());
    for change in [Change::RevokeAll, Change::ExpireAll] {
        let token = bearer(&text(&json(&mint(&mut bench))["accessToken"]));
        bench.control(change);
        assert_eq!(bench.get("/api/v3/users/me", &token).status, 401);
    }
    let token = bench.parameter("refreshToken");
    bench.control(Change::Revoke { token });
    assert_eq!(mint(&mut bench).status, 401);
}

#[test]
fn controls_that_do_not_fit_are_refused() {
    let mut emulator = Emulator::new();
    let refuse = |emulator: &mut Emulator, change: Value| {
        let change = serde_json::from_value(change).unwrap();
        emulator.control(System::Workspan, change).unwrap_err()
    };
    let unknown = object!({ "change": "settings", "settings": { "no_such_switch": true } });
    assert!(matches!(refuse(&mut emulator, unknown), ControlError::Settings(_)));
    let console = object!({ "change": "console", "action": { "refresh": {} } });
    assert!(matches!(refuse(&mut emulator, console), ControlError::NotHere));
    let client = object!({ "change": "reset_secret", "client_id": "x", "secret": "y" });
    assert!(matches!(refuse(&mut emulator, client), ControlError::UnknownClient));
    assert!(
        serde_json::from_value::<Change>(object!({ "change": "cors", "allowed": true, "x": 1 })).is_err()
    );
}

#[test]
fn preflights_are_answered_unless_told_and_never_counted() {
    let mut bench = bench();
    let asked = bench.request("OPTIONS", COMPANY).with_header("access-control-request-headers", "x-ws-env");
    let response = bench.send(&asked);
    assert_eq!((response.status, response.header("access-control-allow-headers")), (204, Some("x-ws-env")));
    assert_eq!(post(&mut bench).header("access-control-allow-origin"), Some("*"));
    bench.control(Change::Cors { allowed: false });
    assert_eq!(bench.send(&asked).status, 404);
    assert_eq!(post(&mut bench).header("access-control-allow-origin"), None);
    let counts = bench.emulator.counts(System::Workspan);
    assert_eq!((counts.token_requests, counts.api_requests), (2, 0));
}

#[test]
fn index_and_accounts_tell_the_same() {
    let mut emulator = Emulator::new();
    let index = Request::new("GET", "/").with_header("host", "127.0.0.1:8080");
    let index = json(&emulator.handle(0, [0; 32], &index).response);
    let accounts = serde_json::to_value(emulator.accounts("http://127.0.0.1:8080")).unwrap();
    assert_eq!(index["systems"], accounts);
    assert_eq!(accounts["workspan-sandbox"]["parameters"]["environment"], "uat.workspan.com");
    assert_eq!(accounts["appspace"]["parameters"]["baseUrl"], "http://127.0.0.1:8080/appspace");
    assert_eq!(emulator.handle(0, [0; 32], &Request::new("GET", "/workspanx/y")).response.status, 404);
}

#[test]
fn log_is_bounded_and_counts_are_not() {
    let mut emulator = Emulator::new();
    let request = Request::new("GET", format!("/workspan/{}", "x".repeat(1_000)));
    for now_ms in 0..5_000 {
        emulator.handle(now_ms, [0; 32], &request);
    }
    assert!((1_000..=2_000).contains(&emulator.log().len()));
    let last = emulator.log().last().unwrap();
    assert_eq!((last.at_ms, last.path.len()), (4_999, 200));
    assert_eq!(emulator.counts(System::Workspan).api_requests, 5_000);
}

#[test]
fn equal_inputs_give_equal_replies() {
    let mut bench = bench();
    let own = own(&bench);
    let request = bench.request("POST", TOKEN).with_header("content-type", JSON).with_body(own);
    let mut twin = bench.emulator.clone();
    let first = bench.emulator.handle(1, [1; 32], &request);
    assert_eq!(first, twin.handle(1, [1; 32], &request));
    assert_ne!(first, twin.handle(1, [1; 32], &request));
    assert_ne!(first, Emulator::new().handle(1, [2; 32], &request));
}
