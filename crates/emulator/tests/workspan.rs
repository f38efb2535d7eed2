//! WorkSpan, case by case.

mod common;

use common::{Bench, FORM, JSON, START, bearer, json, jwt, keys, text};
use grantline_emulator::{Change, Effect, Kind, Request, Response, RetryAfter, System};
use serde_json::{Value, json as object};

const COMPANY: &str = "/app/v1/company";
const SAMPLE_ID: &str = "WS-ApplicationUser_ahFzfnZtd2FyZS1iaWctYmV0c3IZCxIPQXBwbGljYXRpb25Vc2VyGJHE9dwDDA";
const SAMPLE_SECRET: &str = "cd3a1eaa3f5144a8a8494b2af1ef8b72e";

fn production() -> Bench {
    Bench::new(System::Workspan)
}

fn sandbox() -> Bench {
    Bench::new(System::WorkspanSandbox)
}

fn body(id: &str, secret: &str) -> String {
    object!({ "grant_type": "client_credentials", "client_id": id, "client_secret": secret }).to_string()
}

fn own(bench: &Bench) -> String {
    body(&bench.parameter("clientId"), &bench.parameter("clientSecret"))
}

fn mint(bench: &mut Bench) -> Value {
    let own = own(bench);
    let response = bench.post("/oauth/token", JSON, &own);
    assert_eq!(response.status, 200);
    json(&response)
}

fn access(bench: &mut Bench) -> String {
    text(&mint(bench)["access_token"])
}

fn in_sandbox(
    bench: &mut Bench,
    method: &str,
    target: &str,
    environment: &str,
    authorization: &str,
) -> Response {
    let request = bench.request(method, target).with_header("x-ws-env", environment);
    bench.send(&request.with_header("authorization", authorization))
}

fn is_error(response: &Response, status: u16, code: &str) {
    assert_eq!((response.status, json(response)), (status, object!({ "error": code })));
}

#[test]
fn workspan_01_json_client_credentials_give_two_tokens_with_one_expiry() {
    let mut bench = production();
    let reply = mint(&mut bench);
    assert_eq!(keys(&reply), ["access_token", "expires_in", "refresh_token", "token_type"]);
    assert_eq!((&reply["token_type"], &reply["expires_in"]), (&object!("Bearer"), &object!(863_999)));
    let (header, access) = jwt(reply["access_token"].as_str().unwrap());
    assert_eq!(header, object!({ "alg": "HS256", "typ": "JWT" }));
    assert_eq!(keys(&access), ["exp", "iss", "obj", "par", "usr"]);
    assert_eq!(access["iss"], Value::Null);
    assert_eq!(access["par"], object!({ "is_company_admin": false }));
    assert_eq!(access["exp"], START / 1000 + 864_000);
    assert_ne!(access["usr"], bench.parameter("clientId"));
    assert_eq!(jwt(reply["refresh_token"].as_str().unwrap()).1["exp"], access["exp"]);
    assert_ne!(reply["access_token"], reply["refresh_token"]);
}

#[test]
fn workspan_02_form_of_the_power_platform_connector_is_accepted() {
    let mut bench = production();
    let form = format!(
        "client_id={}&code=dummy&redirect_uri=https%3A%2F%2Fexample.com&grant_type=client_credentials\
         &client_secret={}&refresh_token_type=dummy&operation=refresh",
        bench.parameter("clientId"),
        bench.parameter("clientSecret")
    );
    assert_eq!(bench.post("/oauth/token", FORM, &form).status, 200);
    assert_eq!(bench.post("/oauth/token", &format!("{FORM}; charset=UTF-8"), &form).status, 200);
    is_error(&bench.post("/oauth/token", JSON, &form), 400, "invalid_request");
    let twice = format!("{form}&operation=token");
    is_error(&bench.post("/oauth/token", FORM, &twice), 400, "invalid_request");
}

#[test]
fn workspan_03_environment_in_header_or_query_is_the_same() {
    let mut bench = sandbox();
    let own = own(&bench);
    let response = bench.post("/oauth/token?x-ws-env=uat.workspan.com", JSON, &own);
    let token = bearer(&text(&json(&response)["access_token"]));
    let response = in_sandbox(&mut bench, "GET", COMPANY, "uat.workspan.com", &token);
    assert_eq!(json(&response)["environment"], "uat.workspan.com");
    assert_eq!(bench.get(&format!("{COMPANY}?x-ws-env=uat.workspan.com"), &token).status, 200);
    let both = format!("{COMPANY}?x-ws-env=demo.workspan.com");
    is_error(&in_sandbox(&mut bench, "GET", &both, "uat.workspan.com", &token), 400, "invalid_request");
}

#[test]
fn workspan_04_wrong_secret_is_400_or_401() {
    let mut bench = production();
    let wrong = body(&bench.parameter("clientId"), "emulator-secret-workspan-0002");
    is_error(&bench.post("/oauth/token", JSON, &wrong), 400, "invalid_client");
    bench.set(object!({ "refused_client": "unauthorized" }));
    is_error(&bench.post("/oauth/token", JSON, &wrong), 401, "invalid_client");
}

#[test]
fn workspan_05_secret_reset_refuses_the_old_and_keeps_tokens() {
    let mut bench = production();
    let (id, old, token) = (bench.parameter("clientId"), own(&bench), bearer(&access(&mut bench)));
    bench.control(Change::ResetSecret { client_id: None, secret: "emulator-secret-new".into() });
    is_error(&bench.post("/oauth/token", JSON, &old), 400, "invalid_client");
    assert_eq!(bench.parameter("clientId"), id);
    assert_eq!(bench.get(COMPANY, &token).status, 200);
    mint(&mut bench);
    bench.emulator.workspan().reset_revokes_tokens = true;
    bench.control(Change::ResetSecret { client_id: Some(id), secret: "emulator-secret-newer".into() });
    assert_eq!(bench.get(COMPANY, &token).status, 401);
}

#[test]
fn workspan_06_environments_are_independent_and_unknown_ones_refused() {
    let mut bench = sandbox();
    let own = own(&bench);
    let response = bench.post("/oauth/token?x-ws-env=uat.workspan.com", JSON, &own);
    let token = bearer(&text(&json(&response)["access_token"]));
    assert_eq!(in_sandbox(&mut bench, "GET", COMPANY, "demo.workspan.com", &token).status, 401);
    assert_eq!(in_sandbox(&mut bench, "GET", COMPANY, "nowhere.workspan.com", &token).status, 404);
    bench.set(object!({ "unknown_environment": "bad_request" }));
    assert_eq!(bench.post("/oauth/token?x-ws-env=https://uat.workspan.com", JSON, &own).status, 400);
    bench.set(object!({ "unknown_environment": "gateway_page" }));
    let page = bench.post("/oauth/token?x-ws-env=nowhere", JSON, &own);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
}

#[test]
fn workspan_07_sandbox_needs_an_environment_and_production_does_not() {
    let mut bench = sandbox();
    let own_body = own(&bench);
    is_error(&bench.post("/oauth/token", JSON, &own_body), 400, "invalid_request");
    let mut bench = production();
    let token = bearer(&access(&mut bench));
    assert_eq!(bench.get(COMPANY, &token).status, 200);
    assert_eq!(bench.get(&format!("{COMPANY}?x-ws-env=app.workspan.com"), &token).status, 200);
    assert_eq!(bench.get(&format!("{COMPANY}?x-ws-env=uat.workspan.com"), &token).status, 404);
}

#[test]
fn workspan_08_malformed_requests_and_unknown_grants_are_400() {
    let mut bench = production();
    let own = own(&bench);
    let bare = own.trim_matches(['{', '}']);
    let twice = own.replacen('{', r#"{"client_id":"x","#, 1);
    for bad in ["", "{", "[]", bare, &twice, &own.replace("client_credentials", "")] {
        is_error(&bench.post("/oauth/token", JSON, bad), 400, "invalid_request");
    }
    for renamed in ["grantType", "clientId", "clientSecret"] {
        let name = renamed.replace('T', "_t").replace('I', "_i").replace('S', "_s");
        is_error(&bench.post("/oauth/token", JSON, &own.replace(&name, renamed)), 400, "invalid_request");
    }
    is_error(&bench.post("/oauth/token", "text/plain", &own), 400, "invalid_request");
    let refresh = own.replace("client_credentials", "refresh_token");
    is_error(&bench.post("/oauth/token", JSON, &refresh), 400, "unsupported_grant_type");
    let request = bench.request("POST", "/oauth/token").with_body(own);
    is_error(&bench.send(&request), 400, "invalid_request");
}

#[test]
fn workspan_09_client_id_is_neither_trimmed_nor_corrected() {
    let mut bench = production();
    assert_eq!(bench.post("/oauth/token", JSON, &body(SAMPLE_ID, SAMPLE_SECRET)).status, 200);
    for id in [format!(" {SAMPLE_ID}"), SAMPLE_ID.replace("WS-", "WS"), SAMPLE_ID.to_lowercase()] {
        is_error(&bench.post("/oauth/token", JSON, &body(&id, SAMPLE_SECRET)), 400, "invalid_client");
    }
}

#[test]
fn workspan_10_delete_twice_is_403() {
    let mut bench = production();
    let token = bearer(&access(&mut bench));
    let delete = bench.request("DELETE", "/oauth/token").with_header("authorization", &token);
    let first = bench.send(&delete);
    assert_eq!((first.status, first.body), (200, vec![]));
    assert_eq!(bench.send(&delete).status, 403);
    assert_eq!(bench.get(COMPANY, &token).status, 401);
    let bare = bench.request("DELETE", "/oauth/token");
    assert_eq!(bench.send(&bare).status, 403);
}

#[test]
fn workspan_11_expired_missing_or_shortened_bearer_is_401() {
    let mut bench = production();
    let reply = mint(&mut bench);
    let token = text(&reply["access_token"]);
    assert_eq!(bench.get(COMPANY, &bearer(token.trim_start_matches('e'))).status, 401);
    assert_eq!(bench.get(COMPANY, &bearer(&text(&reply["refresh_token"]))).status, 401);
    for odd in [token.clone(), format!("Bearer  {token}"), format!("Token {token}"), "Bearer ".into()] {
        assert_eq!(bench.get(COMPANY, &odd).status, 401, "{odd}");
    }
    let bare = bench.request("GET", COMPANY);
    assert_eq!(bench.send(&bare).status, 401);
    let twice =
        bare.with_header("authorization", bearer(&token)).with_header("authorization", bearer(&token));
    assert_eq!(bench.send(&twice).status, 401);
    bench.pass(863_999);
    assert_eq!(bench.get(COMPANY, &bearer(&token)).status, 200);
    bench.pass(1);
    assert_eq!(bench.get(COMPANY, &bearer(&token)).status, 401);
}

#[test]
fn workspan_12_gateway_refuses_in_its_own_shape() {
    let mut bench = production();
    let token = bearer(&access(&mut bench));
    bench.set(object!({ "subscription_key_required": true }));
    let response = bench.get(COMPANY, &token);
    assert_eq!(response.status, 401);
    assert_eq!(keys(&json(&response)), ["message", "statusCode"]);
    assert_eq!(json(&response)["statusCode"], 401);
    let key = grantline_emulator::workspan::SUBSCRIPTION_KEY;
    assert_eq!(bench.get(&format!("{COMPANY}?subscription-key={key}"), &token).status, 200);
    let keyed = bench.request("GET", COMPANY).with_header("Ocp-Apim-Subscription-Key", key);
    assert_eq!(bench.send(&keyed.with_header("authorization", &token)).status, 200);
    assert_eq!(bench.get(&format!("{COMPANY}?subscription-key=wrong"), &token).status, 401);
}

#[test]
fn workspan_13_too_many_requests_without_retry_after_and_outage() {
    let mut bench = production();
    let own = own(&bench);
    bench.fault(Effect::TooManyRequests { retry_after: None }, Some(Kind::Token), Some(1));
    let response = bench.post("/oauth/token", JSON, &own);
    assert_eq!((response.status, response.header("retry-after")), (429, None));
    let retry_after = Some(RetryAfter::DateIn(30));
    bench.fault(Effect::TooManyRequests { retry_after }, None, Some(1));
    let response = bench.post("/oauth/token", JSON, &own);
    assert_eq!(response.header("retry-after"), Some("Tue, 14 Nov 2023 22:13:50 GMT"));
    bench.fault(Effect::Status { status: 503, processed: false }, None, Some(1));
    assert_eq!(json(&bench.post("/oauth/token", JSON, &own))["statusCode"], 503);
    assert_eq!(bench.post("/oauth/token", JSON, &own).status, 200);
}

#[test]
fn workspan_14_authorize_redirects_with_a_dummy_code() {
    let mut bench = production();
    let target = "/oauth/authorize?redirect_uri=https%3A%2F%2Fexample.com%2Fback&state=a%20b";
    let request = bench.request("GET", target);
    let response = bench.send(&request);
    assert_eq!(response.status, 302);
    assert_eq!(response.header("location"), Some("https://example.com/back?code=dummy&state=a%20b"));
    let request = bench.request("GET", "/oauth/authorize?redirect_uri=javascript:alert(1)");
    assert_eq!(bench.send(&request).status, 400);
}

#[test]
fn workspan_15_reply_may_lack_refresh_token_and_lifetime() {
    let mut bench = production();
    bench.set(object!({ "refresh_token": false, "expires_in": false }));
    let reply = mint(&mut bench);
    assert_eq!(keys(&reply), ["access_token", "token_type"]);
    assert!(jwt(reply["access_token"].as_str().unwrap()).1["exp"].is_u64());
}

#[test]
fn workspan_refresh_grant_is_a_switch() {
    let mut bench = production();
    bench.emulator.workspan().refresh_grant = true;
    let old = mint(&mut bench);
    let mut body: Value = serde_json::from_str(&own(&bench)).unwrap();
    body["grant_type"] = object!("refresh_token");
    is_error(&bench.post("/oauth/token", JSON, &body.to_string()), 400, "invalid_request");
    body["refresh_token"] = old["access_token"].clone();
    is_error(&bench.post("/oauth/token", JSON, &body.to_string()), 400, "invalid_grant");
    body["refresh_token"] = old["refresh_token"].clone();
    assert_eq!(bench.post("/oauth/token", JSON, &body.to_string()).status, 200);
}

#[test]
fn workspan_profile_and_unknown_paths() {
    let mut bench = production();
    let token = bearer(&access(&mut bench));
    assert_eq!(bench.get("/app/v1/marketplace", &token).status, 403);
    assert_eq!(bench.get("/.well-known/openid-configuration", &token).status, 404);
    assert_eq!(bench.send(&Request::new("GET", "/workspan")).status, 404);
}
