//! Workstream, case by case.

mod common;

use common::{Bench, FORM, JSON, START, bearer, json, keys, text};
use grantline_emulator::{Change, Console, ControlError, Response, System};
use serde_json::{Value, json as object};

fn bench() -> Bench {
    Bench::new(System::Workstream)
}

fn client(bench: &Bench) -> String {
    format!("client_id={}&client_secret={}", bench.parameter("clientId"), bench.parameter("clientSecret"))
}

fn query(bench: &Bench, scopes: &str) -> String {
    format!("grant_type=client_credentials&{}&name=Test&scopes={scopes}", client(bench))
}

fn mint(bench: &mut Bench, scopes: &str) -> String {
    let query = query(bench, scopes);
    let response = bench.post_empty(&format!("/tokens?{query}"));
    assert_eq!(response.status, 200);
    text(&json(&response)["token"])
}

fn refresh(bench: &mut Bench, token: &str) -> Response {
    let client = client(bench);
    bench.post_empty(&format!("/tokens/refresh_token?grant_type=client_credentials&{client}&token={token}"))
}

fn problem(response: &Response, status: u16) {
    assert_eq!(response.status, status);
    assert_eq!(response.header("content-type"), Some("application/problem+json"));
    assert_eq!(keys(&json(response)), ["error_code", "message"]);
    assert_eq!(json(response)["error_code"], 13_000 + u32::from(status));
}

#[test]
fn workstream_01_query_parameters_give_exactly_five_fields() {
    let mut bench = bench();
    let query = query(&bench, "positions%20employees");
    let reply = json(&bench.post_empty(&format!("/tokens?{query}")));
    assert_eq!(keys(&reply), ["created_at", "expires_in", "name", "scopes", "token"]);
    assert_eq!(reply["expires_in"], 604_800);
    assert_eq!(reply["scopes"], object!(["positions", "employees"]));
    assert_eq!(reply["created_at"], "2023-11-14T22:13:20.000Z");
    assert_eq!(reply["token"].as_str().unwrap().len(), 43);
    assert_eq!(bench.account().console_token.unwrap().len(), 43);
    assert_eq!(bench.parameter("clientId").len(), 43);
}

#[test]
fn workstream_02_json_with_a_list_and_forms_do_the_same() {
    let mut bench = bench();
    let mut body = object!({ "grant_type": "client_credentials", "name": "Test" });
    body["client_id"] = bench.parameter("clientId").into();
    body["client_secret"] = bench.parameter("clientSecret").into();
    body["scopes"] = object!(["positions", "employees"]);
    assert_eq!(bench.post("/tokens", JSON, &body.to_string()).status, 200);
    let form = query(&bench, "positions+employees");
    assert_eq!(bench.post("/tokens", FORM, &form).status, 200);
    let list = form.replace("scopes=positions+employees", "scopes[]=positions&scopes%5B%5D=employees");
    assert_eq!(bench.post("/tokens", FORM, &list).status, 200);
    problem(&bench.post("/tokens", "text/plain", &form), 400);
    problem(&bench.post(&format!("/tokens?{form}"), FORM, &form), 400);
}

#[test]
fn workstream_03_wrong_client_is_401_13401() {
    let mut bench = bench();
    let query = query(&bench, "positions").replace("client_secret=", "client_secret=x");
    problem(&bench.post_empty(&format!("/tokens?{query}")), 401);
    problem(&bench.post_empty("/tokens"), 401);
}

#[test]
fn workstream_04_missing_name_or_unknown_scope_is_422_or_400() {
    let mut bench = bench();
    let good = query(&bench, "positions");
    for status in [422, 400] {
        for (from, to) in [
            ("name=Test", "name="),
            ("&name=Test", ""),
            ("&scopes=positions", ""),
            ("scopes=positions", "scopes=payroll"),
            ("scopes=positions", "scopes=positions,employees"),
            ("scopes=positions", "scopes=positions%20positions"),
            ("grant_type=client_credentials", "grant_type=refresh_token"),
        ] {
            problem(&bench.post_empty(&format!("/tokens?{}", good.replace(from, to))), status);
        }
        bench.set(object!({ "invalid_is_422": false }));
    }
}

#[test]
fn workstream_05_refresh_replaces_the_current_token() {
    let mut bench = bench();
    let old = mint(&mut bench, "positions");
    bench.pass(1_000);
    let reply = json(&refresh(&mut bench, &old));
    assert_eq!((&reply["name"], &reply["scopes"]), (&object!("Test"), &object!(["positions"])));
    assert_eq!(bench.get("/positions", &bearer(&text(&reply["token"]))).status, 200);
    problem(&bench.get("/positions", &bearer(&old)), 401);
    bench.set(object!({ "refresh_ends_old": false }));
    let old = text(&reply["token"]);
    refresh(&mut bench, &old);
    assert_eq!(bench.get("/positions", &bearer(&old)).status, 200);
}

#[test]
fn workstream_06_refresh_of_unknown_or_revoked_is_401_and_of_expired_200() {
    let mut bench = bench();
    problem(&refresh(&mut bench, "unknown"), 401);
    problem(&refresh(&mut bench, ""), 422);
    let token = mint(&mut bench, "positions");
    bench.control(Change::Revoke { token: token.clone() });
    problem(&refresh(&mut bench, &token), 401);
    let token = mint(&mut bench, "positions");
    bench.pass(604_801);
    bench.set(object!({ "refresh_of_expired": "unauthorized" }));
    problem(&refresh(&mut bench, &token), 401);
    bench.set(object!({ "refresh_of_expired": null }));
    assert_eq!(refresh(&mut bench, &token).status, 200);
}

#[test]
fn workstream_07_revoke_is_200_and_a_foreign_token_403_in_oauth_shape() {
    let mut bench = bench();
    let token = mint(&mut bench, "positions");
    let client = client(&bench);
    let foreign = bench.account().console_token.unwrap();
    let response = bench.post_empty(&format!("/revoke?token={foreign}&{client}"));
    assert_eq!((response.status, response.header("content-type")), (403, Some("application/problem+json")));
    assert_eq!(keys(&json(&response)), ["error", "error_description"]);
    let response = bench.post_empty(&format!("/revoke?token={token}&{client}x"));
    assert_eq!(response.status, 403);
    let response = bench.post_empty(&format!("/revoke?token={token}&{client}"));
    assert_eq!((response.status, json(&response)), (200, object!({})));
    problem(&bench.get("/positions", &bearer(&token)), 401);
}

#[test]
fn workstream_08_console_token_can_only_be_used() {
    let mut bench = bench();
    let token = bench.account().console_token.unwrap();
    bench.control(Change::Console { action: Console::Start { at_ms: START - 604_799_000 } });
    assert_eq!(bench.get("/positions", &bearer(&token)).status, 200);
    problem(&refresh(&mut bench, &token), 401);
    bench.pass(1);
    problem(&bench.get("/positions", &bearer(&token)), 401);
}

#[test]
fn workstream_08_console_token_starts_with_the_first_request() {
    let mut bench = bench();
    let token = bearer(&bench.account().console_token.unwrap());
    bench.pass(10_000_000);
    assert_eq!(bench.get("/positions", &token).status, 200);
    bench.pass(604_799);
    assert_eq!(bench.get("/positions", &token).status, 200);
    bench.pass(1);
    problem(&bench.get("/positions", &token), 401);
}

#[test]
fn workstream_09_day_7_and_a_second_is_401() {
    let mut bench = bench();
    let token = bearer(&mint(&mut bench, "positions"));
    bench.pass(604_799);
    assert_eq!(bench.get("/positions", &token).status, 200);
    bench.pass(2);
    problem(&bench.get("/positions", &token), 401);
}

#[test]
fn workstream_10_missing_scope_is_403_until_the_console_adds_it() {
    let mut bench = bench();
    let token = mint(&mut bench, "positions");
    problem(&bench.get("/employees", &bearer(&token)), 403);
    let scopes = vec!["positions".into(), "employees".into()];
    bench.control(Change::Console { action: Console::EditScopes { token: Some(token.clone()), scopes } });
    assert_eq!(bench.get("/employees", &bearer(&token)).status, 200);
    let action = Console::EditScopes { token: None, scopes: vec!["payroll".into()] };
    let error = bench.emulator.control(System::Workstream, Change::Console { action }).unwrap_err();
    assert!(matches!(error, ControlError::UnknownScope));
}

#[test]
fn workstream_11_request_101_within_60_seconds_is_429() {
    let mut bench = bench();
    let token = bearer(&mint(&mut bench, "positions"));
    for _ in 0..100 {
        assert_eq!(bench.get("/positions", &token).status, 200);
    }
    bench.pass(50);
    let response = bench.get("/positions", &token);
    problem(&response, 429);
    assert_eq!(response.header("retry-after"), Some("10"));
    bench.set(object!({ "retry_after": false }));
    assert_eq!(bench.get("/positions", &token).header("retry-after"), None);
    bench.pass(10);
    assert_eq!(bench.get("/positions", &token).status, 200);
}

#[test]
fn workstream_12_console_refresh_and_delete_end_a_token_in_use() {
    let mut bench = bench();
    let token = mint(&mut bench, "positions");
    let changed = bench.control(Change::Console { action: Console::Refresh { token: Some(token.clone()) } });
    problem(&bench.get("/positions", &bearer(&token)), 401);
    assert_eq!(bench.get("/positions", &bearer(&changed.token.unwrap())).status, 200);
    let console = bench.account().console_token.unwrap();
    bench.control(Change::Console { action: Console::Refresh { token: None } });
    problem(&bench.get("/positions", &bearer(&console)), 401);
    let console = bench.account().console_token.unwrap();
    assert_eq!((console.len(), bench.get("/positions", &bearer(&console)).status), (43, 200));
    bench.control(Change::Console { action: Console::Delete { token: None } });
    problem(&bench.get("/positions", &bearer(&console)), 401);
    mint(&mut bench, "positions");
}

#[test]
fn workstream_13_token_may_have_another_name_or_be_absent() {
    let mut bench = bench();
    let query = query(&bench, "positions");
    bench.set(object!({ "token_field": "access_token" }));
    let reply = json(&bench.post_empty(&format!("/tokens?{query}")));
    assert!(reply["access_token"].is_string() && reply["token"] == Value::Null);
    bench.set(object!({ "token_field": "absent" }));
    let reply = json(&bench.post_empty(&format!("/tokens?{query}")));
    assert_eq!(keys(&reply), ["created_at", "expires_in", "name", "scopes"]);
}

#[test]
fn workstream_14_errors_carry_a_request_id_unless_told() {
    let mut bench = bench();
    let token = bearer(&mint(&mut bench, "positions"));
    assert!(bench.get("/positions", &token).header("x-request-id").is_some());
    assert!(bench.get("/positions", "Bearer x").header("x-request-id").is_some());
    bench.set(object!({ "request_id_on_errors": false }));
    assert!(bench.get("/positions", "Bearer x").header("x-request-id").is_none());
    assert!(bench.get("/positions", &token).header("x-request-id").is_some());
}

#[test]
fn workstream_15_nothing_printed_shows_a_query_or_a_secret() {
    let mut bench = bench();
    let token = mint(&mut bench, "positions");
    let secret = bench.parameter("clientSecret");
    let request = bench.request("POST", &format!("/tokens?client_secret={secret}"));
    let request = request.with_header("authorization", bearer(&token)).with_body(secret.clone());
    let response = bench.send(&request);
    let change = Change::ResetSecret { client_id: None, secret: secret.clone() };
    let printed =
        format!("{:?} {request:?} {response:?} {change:?} {:?}", bench.emulator, bench.emulator.log());
    for hidden in [&token, &secret] {
        assert!(!printed.contains(hidden.as_str()));
    }
    assert!(printed.contains("/workstream/tokens"));
}

#[test]
fn workstream_lists_have_pages() {
    let mut bench = bench();
    let token = bearer(&mint(&mut bench, "positions%20employees"));
    let page = json(&bench.get("/employees?page=2&per_page=100", &token));
    assert_eq!(page["data"].as_array().unwrap().len(), 20);
    let meta = object!({ "total_count": 120, "current_page": 2, "next_page": null, "total_pages": 2 });
    assert_eq!(page["meta"], meta);
    assert_eq!(json(&bench.get("/employees", &token))["meta"]["next_page"], 2);
    problem(&bench.get("/employees?per_page=101", &token), 422);
    problem(&bench.get("/employees?page=0", &token), 422);
    problem(&bench.get("/company_users", &token), 404);
}
