//! Workspace ONE Access, case by case.

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{Bench, FORM, JSON, START, bearer, json, jwt, keys, text};
use grantline_emulator::{Change, Response, Rotation, System};
use serde_json::{Value, json as object};

const TOKEN: &str = "/SAAS/auth/oauthtoken";
const ME: &str = "/SAAS/jersey/manager/api/scim/Me";
const CC: &str = "grant_type=client_credentials";

fn bench() -> Bench {
    Bench::new(System::WorkspaceOneAccess)
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

fn own(bench: &Bench) -> String {
    basic(&bench.parameter("clientId"), &bench.parameter("clientSecret"))
}

fn send(bench: &mut Bench, target: &str, authorization: &str, form: &str) -> Response {
    let mut request = bench.request("POST", target).with_body(form);
    if !form.is_empty() {
        request = request.with_header("Content-Type", FORM);
    }
    if !authorization.is_empty() {
        request = request.with_header("Authorization", authorization);
    }
    bench.send(&request)
}

fn mint(bench: &mut Bench) -> Value {
    let own = own(bench);
    let response = send(bench, TOKEN, &own, CC);
    assert_eq!(response.status, 200);
    json(&response)
}

fn refresh(bench: &mut Bench, token: &Value) -> Response {
    let own = own(bench);
    send(bench, TOKEN, &own, &format!("grant_type=refresh_token&refresh_token={}", text(token)))
}

fn refused(response: &Response, status: u16, code: &str) {
    assert_eq!((response.status, &json(response)["error"]), (status, &object!(code)));
    assert_eq!(keys(&json(response)), ["error", "error_description"]);
}

#[test]
fn workspace_one_01_basic_and_form_give_five_fields_and_a_jwt() {
    let mut bench = bench();
    let reply = mint(&mut bench);
    assert_eq!(keys(&reply), ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
    assert_eq!((&reply["expires_in"], &reply["scope"]), (&object!(10_799), &object!("admin")));
    let (header, claims) = jwt(reply["access_token"].as_str().unwrap());
    assert_eq!(header["alg"], "RS256");
    assert_eq!(claims["iat"], START / 1000);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 10_800);
    assert!(claims["ctx"].is_string());
    assert_eq!(keys(&claims).len(), 18);
}

#[test]
fn workspace_one_02_query_and_other_paths_do_the_same() {
    let mut bench = bench();
    let own = own(&bench);
    for path in [TOKEN, "/SAAS/API/1.0/oauth2/token", "/acs/token"] {
        assert_eq!(send(&mut bench, &format!("{path}?{CC}"), &own, "").status, 200);
        assert_eq!(send(&mut bench, path, &own, CC).status, 200);
        refused(&send(&mut bench, &format!("{path}?{CC}"), &own, CC), 400, "invalid_request");
    }
    refused(&send(&mut bench, TOKEN, &own, &format!("{CC}&{CC}")), 400, "invalid_request");
}

#[test]
fn workspace_one_03_documented_basic_strings_authenticate() {
    let mut bench = bench();
    let unpadded = "Basic bXlfY2xpZW50OmZGanM4dEdpbG9RRDV6ZTRwTDQyRVY2czBtdWZHck9H";
    let padded = "Basic Y3VybDpmRmpzOHRHaWxvUUQ1emU0cEw0MkVWNnMwbXVmR3JPRw==";
    let secret = "fFjs8tGiloQD5ze4pL42EV6s0mufGrOG";
    assert_eq!((basic("my_client", secret), basic("curl", secret)), (unpadded.into(), padded.into()));
    assert_eq!(send(&mut bench, TOKEN, unpadded, CC).status, 200);
    assert_eq!(send(&mut bench, TOKEN, padded, CC).status, 200);
    refused(&send(&mut bench, TOKEN, padded.trim_end_matches('='), CC), 401, "invalid_client");
}

#[test]
fn workspace_one_04_client_may_be_in_the_parameters() {
    let mut bench = bench();
    let (id, secret) = (bench.parameter("clientId"), bench.parameter("clientSecret"));
    let form = format!("{CC}&client_id={id}&client_secret={secret}");
    assert_eq!(send(&mut bench, TOKEN, "", &form).status, 200);
    assert_eq!(send(&mut bench, &format!("{TOKEN}?{form}"), "", "").status, 200);
    let own = own(&bench);
    refused(&send(&mut bench, TOKEN, &own, &form), 400, "invalid_request");
}

#[test]
fn workspace_one_05_wrong_secret_is_401_or_400() {
    let mut bench = bench();
    let wrong = basic(&bench.parameter("clientId"), "wrong");
    refused(&send(&mut bench, TOKEN, &wrong, CC), 401, "invalid_client");
    bench.set(object!({ "refused_client": "bad_request" }));
    refused(&send(&mut bench, TOKEN, &wrong, CC), 400, "invalid_client");
}

#[test]
fn workspace_one_06_no_client_or_malformed_basic_is_401() {
    let mut bench = bench();
    let own = own(&bench);
    let raw = format!("Basic {}:{}", bench.parameter("clientId"), bench.parameter("clientSecret"));
    let no_colon = format!("Basic {}", STANDARD.encode("emulator_client"));
    for bad in ["", "Basic", "Basic ", &raw, &no_colon, &own.replace("Basic", "Bearer")] {
        refused(&send(&mut bench, TOKEN, bad, CC), 401, "invalid_client");
    }
}

#[test]
fn workspace_one_07_absent_or_unknown_grant_is_500() {
    let mut bench = bench();
    let own = own(&bench);
    for form in
        ["", "scope=admin", "grant_type=", "grant_type=clientCredentials", "grantType=client_credentials"]
    {
        assert_eq!(send(&mut bench, TOKEN, &own, form).status, 500, "{form}");
    }
    refused(&send(&mut bench, TOKEN, &own, "grant_type=password"), 400, "unauthorized_client");
    refused(&send(&mut bench, TOKEN, &own, &format!("{CC}&scope=user")), 400, "invalid_scope");
    assert_eq!(send(&mut bench, TOKEN, &own, &format!("{CC}&scope=admin")).status, 200);
}

#[test]
fn workspace_one_08_other_methods_are_405() {
    let mut bench = bench();
    let own = own(&bench);
    let response = bench.get(&format!("{TOKEN}?{CC}"), &own);
    assert_eq!((response.status, response.header("allow")), (405, Some("POST")));
}

#[test]
fn workspace_one_09_refresh_gives_a_new_token_and_rotates_as_told() {
    let mut bench = bench();
    let first = mint(&mut bench);
    let again = json(&refresh(&mut bench, &first["refresh_token"]));
    assert_ne!(again["access_token"], first["access_token"]);
    assert_eq!(again["refresh_token"], first["refresh_token"]);

    bench.emulator.workspace_one().rotation = Rotation::Rotate;
    let second = json(&refresh(&mut bench, &first["refresh_token"]));
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    refused(&refresh(&mut bench, &first["refresh_token"]), 400, "invalid_grant");
    assert_eq!(refresh(&mut bench, &second["refresh_token"]).status, 200);

    bench.emulator.workspace_one().rotation = Rotation::RotateRevokeFamily;
    let (first, other) = (mint(&mut bench), mint(&mut bench));
    let second = json(&refresh(&mut bench, &first["refresh_token"]));
    refused(&refresh(&mut bench, &first["refresh_token"]), 400, "invalid_grant");
    refused(&refresh(&mut bench, &second["refresh_token"]), 400, "invalid_grant");
    for family in [&first, &second] {
        assert_eq!(bench.get(ME, &bearer(&text(&family["access_token"]))).status, 401);
    }
    assert_eq!(bench.get(ME, &bearer(&text(&other["access_token"]))).status, 200);

    bench.set(object!({ "rotation": { "grace_replay": { "seconds": 10 } } }));
    let first = mint(&mut bench);
    let second = refresh(&mut bench, &first["refresh_token"]);
    assert_eq!(refresh(&mut bench, &first["refresh_token"]).body, second.body);
    bench.pass(10);
    refused(&refresh(&mut bench, &first["refresh_token"]), 400, "invalid_grant");

    bench.set(object!({ "rotation": "none" }));
    assert_eq!(json(&refresh(&mut bench, &json(&second)["refresh_token"]))["refresh_token"], Value::Null);
}

#[test]
fn workspace_one_10_old_idle_or_foreign_refresh_token_is_invalid_grant() {
    let mut bench = bench();
    let first = mint(&mut bench);
    bench.pass(604_799);
    assert_eq!(refresh(&mut bench, &first["refresh_token"]).status, 200);
    bench.pass(604_800);
    refused(&refresh(&mut bench, &first["refresh_token"]), 400, "invalid_grant");
    bench.control(Change::Lifetime { access_seconds: None, refresh_seconds: Some(60) });
    let first = mint(&mut bench);
    bench.pass(60);
    refused(&refresh(&mut bench, &first["refresh_token"]), 400, "invalid_grant");
    let token = text(&mint(&mut bench)["refresh_token"]);
    let foreign = basic("curl", "fFjs8tGiloQD5ze4pL42EV6s0mufGrOG");
    let form = format!("grant_type=refresh_token&refresh_token={token}");
    refused(&send(&mut bench, TOKEN, &foreign, &form), 400, "invalid_grant");
    bench.control(Change::Revoke { token: token.clone() });
    refused(&refresh(&mut bench, &object!(token)), 400, "invalid_grant");
    let own = own(&bench);
    refused(&send(&mut bench, TOKEN, &own, "grant_type=refresh_token"), 400, "invalid_request");
}

#[test]
fn workspace_one_11_mixed_sample_is_a_fresh_grant() {
    let mut bench = bench();
    let own = own(&bench);
    let response = send(&mut bench, TOKEN, &own, &format!("{CC}&refresh_token=whatever"));
    assert_eq!(response.status, 200);
    assert_ne!(json(&response)["refresh_token"], "whatever");
}

#[test]
fn workspace_one_12_lifetime_may_be_zero_or_unknown() {
    let mut bench = bench();
    bench.set(object!({ "expires_in": "expired" }));
    let reply = mint(&mut bench);
    assert_eq!(reply["expires_in"], 0);
    assert_eq!(bench.get(ME, &bearer(&text(&reply["access_token"]))).status, 401);
    bench.set(object!({ "expires_in": "unknown" }));
    let reply = mint(&mut bench);
    assert_eq!(reply["expires_in"], -1);
    assert_eq!(jwt(reply["access_token"].as_str().unwrap()).1["exp"], START / 1000 + 10_800);
    assert_eq!(bench.get(ME, &bearer(&text(&reply["access_token"]))).status, 200);
}

#[test]
fn workspace_one_13_client_without_refresh_tokens() {
    let mut bench = bench();
    bench.set(object!({ "issue_refresh_token": false }));
    assert_eq!(keys(&mint(&mut bench)), ["access_token", "expires_in", "scope", "token_type"]);
}

#[test]
fn workspace_one_14_expired_token_has_errors_and_hzn_takes_a_session() {
    let mut bench = bench();
    let token = text(&mint(&mut bench)["access_token"]);
    assert_eq!(bench.get(ME, &bearer(&token)).status, 200);
    assert_eq!(bench.get(ME, &format!("HZN {token}")).status, 401);
    let login = object!({
        "username": "emulator_admin", "password": "emulator-password-workspace-one-0001", "issueToken": true,
    });
    let response = bench.post("/SAAS/API/1.0/REST/auth/system/login", JSON, &login.to_string());
    let session = text(&json(&response)["sessionToken"]);
    assert_eq!(bench.get(ME, &format!("HZN {session}")).status, 200);
    assert_eq!(bench.get(ME, &bearer(&session)).status, 401);
    bench.pass(10_800);
    let response = bench.get(ME, &bearer(&token));
    assert_eq!(response.status, 401);
    assert_eq!(keys(&json(&response)["errors"][0]), ["code", "message", "parameters"]);
}

#[test]
fn workspace_one_15_json_is_refused_and_a_wrong_host_is_444() {
    let mut bench = bench();
    let own = own(&bench);
    let json = object!({ "grant_type": "client_credentials" }).to_string();
    let request =
        bench.request("POST", TOKEN).with_header("authorization", own).with_header("content-type", JSON);
    let request = request.with_body(json);
    assert_eq!(bench.send(&request).status, 415);
    bench.set(object!({ "json_is_415": false, "host": "emulator.example" }));
    let wrong = bench.send(&request.clone().with_header("host", "other.example"));
    assert_eq!((wrong.status, wrong.body), (444, vec![]));
    assert_eq!(bench.send(&request.with_header("host", "emulator.example")).status, 400);
}

#[test]
fn workspace_one_media_types_are_judged_and_may_be_renamed() {
    let mut bench = bench();
    let token = bearer(&text(&mint(&mut bench)["access_token"]));
    let directories = "/SAAS/jersey/manager/api/connectormanagement/directoryconfigurations";
    let get = |bench: &mut Bench, path: &str, accept: &str| {
        let request = bench.request("GET", path).with_header("authorization", &token);
        bench.send(&request.with_header("accept", accept))
    };
    let vmware = "application/vnd.vmware.horizon.manager.connector.management.directory.list+json";
    let omnissa = "application/vnd.omnissa.horizon.manager.connector.management.directory.list+json";
    assert_eq!(get(&mut bench, directories, vmware).status, 200);
    assert_eq!(get(&mut bench, directories, "application/json").status, 406);
    assert_eq!(get(&mut bench, ME, vmware).status, 406);
    let scim = get(&mut bench, "/SAAS/jersey/manager/api/scim/Users?startIndex=29", "application/scim+json");
    assert_eq!(scim.header("content-type"), Some("application/scim+json;charset=UTF-8"));
    assert_eq!(json(&scim)["itemsPerPage"], 2);
    bench.set(object!({ "media_types": "omnissa" }));
    assert_eq!(get(&mut bench, directories, vmware).status, 406);
    assert_eq!(get(&mut bench, directories, omnissa).status, 200);
}
