//! Appspace, case by case.

mod common;

use common::{Bench, FORM, JSON, START, bearer, json, jwt, keys, text};
use grantline_emulator::{Change, Effect, Emulator, Kind, Request, Response, Rotation, System};
use serde_json::{Value, json as object};

const TOKEN: &str = "/api/v3/authorization/token";
const ME: &str = "/api/v3/users/me";

fn bench() -> Bench {
    Bench::new(System::Appspace)
}

fn body(subject: &str, refresh: &str) -> Value {
    object!({
        "subjectType": "Application", "subjectId": subject, "grantType": "refreshToken", "refreshToken": refresh,
    })
}

fn own(bench: &Bench) -> Value {
    body(&bench.parameter("subjectId"), &bench.parameter("refreshToken"))
}

fn send(bench: &mut Bench, body: &Value) -> Response {
    bench.post(TOKEN, JSON, &body.to_string())
}

fn mint(bench: &mut Bench) -> Value {
    let body = own(bench);
    let response = send(bench, &body);
    assert_eq!(response.status, 200);
    json(&response)
}

fn access(bench: &mut Bench) -> String {
    bearer(&text(&mint(bench)["accessToken"]))
}

#[test]
fn appspace_01_reply_has_five_fields_indented_and_a_jwt() {
    let mut bench = bench();
    let request = own(&bench);
    let response = send(&mut bench, &request);
    let body = String::from_utf8(response.body.clone()).unwrap();
    let reply = json(&response);
    assert_eq!(
        keys(&reply),
        ["accessToken", "expiresIn", "idToken", "refreshToken", "refreshTokenExpiresIn"]
    );
    assert_eq!(
        (&reply["expiresIn"], &reply["refreshTokenExpiresIn"]),
        (&object!(3600), &object!(31_536_000))
    );
    // One public client takes the third word of the text for the token.
    let third = body.split_whitespace().nth(2).unwrap();
    assert_eq!(third.trim_matches(['"', ',']), reply["accessToken"]);
    let claims = jwt(reply["accessToken"].as_str().unwrap()).1;
    assert_eq!(claims["iat"], START / 1000);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
    jwt(reply["idToken"].as_str().unwrap());
    assert_eq!(reply["refreshToken"], request["refreshToken"]);
}

#[test]
fn appspace_02_lifetimes_may_be_strings() {
    let mut bench = bench();
    bench.set(object!({ "lifetimes_as_strings": true }));
    let reply = mint(&mut bench);
    assert_eq!(reply["expiresIn"], "3600");
    assert_eq!(reply["refreshTokenExpiresIn"], "31536000");
}

#[test]
fn appspace_03_token_type_may_be_there() {
    let mut bench = bench();
    assert_eq!(mint(&mut bench)["tokenType"], Value::Null);
    bench.emulator.appspace().token_type = true;
    assert_eq!(mint(&mut bench)["tokenType"], "Bearer");
}

#[test]
fn appspace_04_refresh_token_does_not_rotate_unless_told() {
    let mut bench = bench();
    let first = own(&bench);
    for _ in 0..10 {
        assert_eq!(send(&mut bench, &first).status, 200);
    }
    bench.emulator.appspace().rotation = Rotation::Rotate;
    let next = text(&json(&send(&mut bench, &first))["refreshToken"]);
    assert_ne!(next, text(&first["refreshToken"]));
    assert_eq!(send(&mut bench, &first).status, 401);
    assert_eq!(bench.parameter("refreshToken"), next);
    mint(&mut bench);
}

#[test]
fn appspace_04_other_ways_to_rotate() {
    let mut bench = bench();
    bench.emulator.appspace().rotation = Rotation::None;
    assert_eq!(mint(&mut bench)["refreshToken"], Value::Null);
    mint(&mut bench);

    bench.emulator.appspace().rotation = Rotation::GraceReplay { seconds: 30 };
    let first = own(&bench);
    let reply = send(&mut bench, &first);
    bench.pass(29);
    assert_eq!(send(&mut bench, &first).body, reply.body);
    bench.pass(1);
    assert_eq!(send(&mut bench, &first).status, 401);
    mint(&mut bench);

    bench.emulator.appspace().rotation = Rotation::RotateRevokeFamily;
    let old = own(&bench);
    let token = access(&mut bench);
    assert_eq!(send(&mut bench, &old).status, 401);
    assert_eq!(bench.get(ME, &token).status, 401);
    let newest = own(&bench);
    assert_eq!(send(&mut bench, &newest).status, 401);
}

#[test]
fn appspace_05_unknown_subject_or_foreign_refresh_token_is_401_or_400() {
    let mut bench = bench();
    let unknown = body("e3a17000-0000-4000-8000-000000000002", &bench.parameter("refreshToken"));
    let foreign = body(&bench.parameter("subjectId"), "e3a17000-0000-4000-8000-0000000000ab");
    for request in [&unknown, &foreign] {
        let response = send(&mut bench, request);
        assert_eq!(response.status, 401);
        assert_eq!(keys(&json(&response)), ["message"]);
    }
    bench.set(object!({ "refused_client": "bad_request" }));
    assert_eq!(send(&mut bench, &foreign).status, 400);
}

#[test]
fn appspace_06_tokens_of_another_instance_are_refused() {
    let mut bench = bench();
    let token = access(&mut bench);
    bench.set(object!({ "instance": "app07" }));
    let own = own(&bench);
    assert_eq!(send(&mut bench, &own).status, 401);
    assert_eq!(bench.get(ME, &token).status, 401);
    let mut other = Bench::new(System::Appspace);
    other.emulator = Emulator::new();
    assert_eq!(other.get(ME, &token).status, 401);
}

#[test]
fn appspace_07_access_token_ends_after_an_hour() {
    let mut bench = bench();
    let token = access(&mut bench);
    bench.pass(3_599);
    assert_eq!(bench.get(ME, &token).status, 200);
    bench.pass(1);
    assert_eq!(bench.get(ME, &token).status, 401);
    let token = access(&mut bench);
    assert_eq!(bench.get(ME, &token).status, 200);
}

#[test]
fn appspace_08_refresh_token_may_die_before_its_stated_life() {
    let mut bench = bench();
    bench.set(object!({ "refresh_dies_after_seconds": 3600 }));
    assert_eq!(mint(&mut bench)["refreshTokenExpiresIn"], 31_536_000);
    bench.pass(3_600);
    let own = own(&bench);
    assert_eq!(send(&mut bench, &own).status, 401);
}

#[test]
fn appspace_09_deleted_integration_ends_renewal_and_access() {
    for ends in [true, false] {
        let mut bench = bench();
        bench.emulator.appspace().deletion_ends_access = ends;
        let (own, token) = (own(&bench), access(&mut bench));
        bench.control(Change::DeleteClient { client_id: None });
        assert_eq!(send(&mut bench, &own).status, 401);
        assert_eq!(bench.get(ME, &token).status, if ends { 401 } else { 200 });
    }
}

#[test]
fn appspace_10_wrong_grant_missing_field_or_form_are_refused() {
    let mut bench = bench();
    let good = own(&bench);
    for (name, value) in
        [("grantType", "refresh_token"), ("grantType", "createToken"), ("subjectType", "UserStreaming")]
    {
        let mut wrong = good.clone();
        wrong[name] = value.into();
        assert_eq!(send(&mut bench, &wrong).status, 400);
    }
    for name in keys(&good) {
        let mut missing = good.clone();
        missing.as_object_mut().unwrap().remove(name);
        assert_eq!(send(&mut bench, &missing).status, 400, "{name}");
    }
    let mut more = good.clone();
    more["context"] = Value::Null;
    assert_eq!(send(&mut bench, &more).status, 200);
    more["client_secret"] = "x".into();
    assert_eq!(send(&mut bench, &more).status, 400);
    assert_eq!(bench.post(TOKEN, FORM, "subjectType=Application").status, 415);
    assert_eq!(bench.post(TOKEN, "text/json", &good.to_string()).status, 415);
    assert_eq!(bench.get(TOKEN, "Bearer x").status, 405);
}

#[test]
fn appspace_11_authorization_is_needed_and_its_scheme_ignores_case() {
    let mut bench = bench();
    let token = access(&mut bench);
    let bare = bench.request("GET", ME);
    assert_eq!(bench.send(&bare).status, 401);
    assert_eq!(bench.get(ME, &token.replace("Bearer", "bearer")).status, 200);
    assert_eq!(bench.get(ME, token.trim_start_matches("Bearer ")).status, 401);
}

#[test]
fn appspace_12_server_errors_pass() {
    let mut bench = bench();
    let own = own(&bench);
    for status in [500, 502] {
        bench.fault(Effect::Status { status, processed: false }, Some(Kind::Token), Some(1));
        assert_eq!(send(&mut bench, &own).status, status);
    }
    assert_eq!(send(&mut bench, &own).status, 200);
    assert_eq!(bench.emulator.counts(System::Appspace).token_requests, 3);
}

#[test]
fn appspace_13_json_as_printed_in_the_documentation_is_400() {
    let mut bench = bench();
    let printed = "{\n\"subjectType\": \"Application\",\n\"subjectId\": \"{{subjectId}},\n\
                   \"grantType\": \"refreshToken\",\n\"refreshToken\": \"{{refreshToken}}\"\n";
    assert_eq!(bench.post(TOKEN, JSON, printed).status, 400);
    let request = bench.request("POST", TOKEN).with_header("content-type", JSON).with_body([0xff, 0x00]);
    assert_eq!(bench.send(&request).status, 400);
}

#[test]
fn appspace_14_missing_role_is_403() {
    let mut bench = bench();
    let token = access(&mut bench);
    assert_eq!(bench.get("/api/v3/users", &token).status, 200);
    bench.set(object!({ "user_is_admin": false }));
    assert_eq!(bench.get("/api/v3/users", &token).status, 403);
    assert_eq!(bench.get(ME, &token).status, 200);
}

#[test]
fn appspace_paging_and_case_of_paths() {
    let mut bench = bench();
    let token = access(&mut bench);
    let page = json(&bench.get("/api/v3/channelDirectory?start=40&limit=10", &token));
    assert_eq!(page["items"].as_array().unwrap().len(), 5);
    assert_eq!((&page["size"], &page["limit"]), (&object!(45), &object!(10)));
    bench.set(object!({ "limit_as_string": true }));
    assert_eq!(json(&bench.get("/api/v3/channeldirectory", &token))["limit"], "20");
    assert_eq!(bench.get("/api/v3/channelDirectory?start=-1", &token).status, 400);
    assert_eq!(bench.get("/api/v3/nothing", &token).status, 404);
}

#[test]
fn appspace_api_key_opens_resources_in_its_header() {
    let mut bench = bench();
    let key = bench.account().api_key.unwrap();
    let request =
        |name: &str, key: &str| Request::new("GET", format!("/appspace{ME}")).with_header(name, key);
    assert_eq!(bench.send(&request("X-Api-Key", &key)).status, 200);
    assert_eq!(bench.send(&request("x-api-key", "wrong")).status, 401);
    bench.set(object!({ "api_key_header": "apiKey" }));
    assert_eq!(bench.send(&request("x-api-key", &key)).status, 401);
    assert_eq!(bench.send(&request("apikey", &key)).status, 200);
    bench.control(Change::ApiKey { key: "emulator-api-key-new".into() });
    assert_eq!(bench.send(&request("apikey", &key)).status, 401);
    let key = bench.account().api_key.unwrap();
    assert_eq!(bench.send(&request("apikey", &key)).status, 200);
    bench.set(object!({ "api_key_enabled": false }));
    assert_eq!(bench.send(&request("apikey", &key)).status, 401);
}

#[test]
fn appspace_new_refresh_token_replaces_the_old_and_tokens_live_on() {
    let mut bench = bench();
    let (old, token) = (own(&bench), access(&mut bench));
    bench.control(Change::ResetSecret {
        client_id: None,
        secret: "e3a17000-0000-4000-8000-0000000000cc".into(),
    });
    assert_eq!(send(&mut bench, &old).status, 401);
    assert_eq!(bench.get(ME, &token).status, 200);
    mint(&mut bench);
}
