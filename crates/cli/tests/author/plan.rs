//! `grantline plan`.

use crate::{Desk, fails, said, service, steps, text};
use serde_json::json;
use std::process::Command;

const GIVEN: &str = "--set clientId=abc --set clientSecret=@secret.txt";
const SECRET: &str = "s3cr'e\"t $HOME `id` \\";

fn desk() -> Desk {
    let desk = Desk::with(&service());
    desk.write("secret.txt", SECRET);
    desk
}

#[test]
fn requests_are_shown_as_they_go_over_the_wire() {
    let output = desk().run(&format!("plan service.json {GIVEN}"));
    let wanted = r#"### acquire
POST https://api.acme.example/token HTTP/1.1
accept: application/json
content-type: application/json

{"id":"abc","secret":"•••"}

### renew
POST https://api.acme.example/token HTTP/1.1
accept: application/json
content-type: application/x-www-form-urlencoded

refresh_token=REFRESH_TOKEN

### revoke
DELETE https://api.acme.example/token HTTP/1.1
accept: application/json
authorization: Bearer ACCESS_TOKEN

### test
GET https://api.acme.example/me HTTP/1.1
authorization: Bearer ACCESS_TOKEN
"#;
    assert_eq!(text(&output.stdout), wanted, "{}", said(&output));
    assert_eq!(said(&output), "");
}

#[test]
fn json_holds_the_exact_requests() {
    let (plan, code) = desk().json(&format!(
        "plan service.json --json --show-secrets --refresh-token r1 --access-token a1 {GIVEN}"
    ));
    assert_eq!(code, 0);
    assert_eq!(
        plan["requests"][0],
        json!({
            "step": "acquire", "method": "POST", "url": "https://api.acme.example/token",
            "headers": { "accept": "application/json", "content-type": "application/json" },
            "body": json!({ "id": "abc", "secret": SECRET }).to_string(),
        })
    );
    assert_eq!(plan["requests"][1]["body"], "refresh_token=r1");
    assert_eq!(plan["requests"][2]["headers"]["authorization"], "Bearer a1");
    let steps: Vec<_> = plan["requests"].as_array().unwrap().iter().map(|one| one["step"].clone()).collect();
    assert_eq!(steps, ["acquire", "renew", "revoke", "test"]);
}

#[test]
fn no_secret_is_shown_unless_asked() {
    let desk = desk();
    let given = format!("{GIVEN} --access-token acc3ss --refresh-token r3fresh");
    for form in ["", "--curl", "--json"] {
        let hidden = desk.run(&format!("plan service.json {form} {given}"));
        assert_eq!(hidden.status.code(), Some(0), "{}", said(&hidden));
        let shown = desk.run(&format!("plan service.json --show-secrets {form} {given}"));
        for secret in ["s3cr", "acc3ss", "r3fresh"] {
            assert!(!text(&hidden.stdout).contains(secret), "{form}: {secret}");
            assert!(text(&shown.stdout).contains(secret), "{form}: {secret}");
        }
    }
}

/// A shell reads each command as what it is meant to be, whatever characters a secret has.
#[cfg(unix)]
#[test]
fn shell_reads_curl_commands_as_they_are_meant() {
    let desk = desk();
    let output = desk.run(&format!("plan service.json --only acquire --curl --show-secrets {GIVEN}"));
    let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}\n{}", text(&output.stdout));
    let read = Command::new("sh").args(["-c", &script]).output().unwrap();
    let body = json!({ "id": "abc", "secret": SECRET });
    let wanted = format!(
        "--request\nPOST\nhttps://api.acme.example/token\n--header\naccept: application/json\n--header\n\
         content-type: application/json\n--data-raw\n{body}\n"
    );
    assert_eq!(text(&read.stdout), wanted, "{}", text(&read.stderr));
}

#[test]
fn something_readable_stands_in_for_what_is_not_given() {
    let output = desk().run("plan service.json --only acquire");
    assert!(text(&output.stdout).ends_with("{\"id\":\"CLIENT_ID\",\"secret\":\"CLIENT_SECRET\"}\n"));
    assert_eq!(said(&output), "not given, made up: clientId (CLIENT_ID), clientSecret (CLIENT_SECRET)\n");
    // A tenant, a base URL: what stands in for them is something that the connector takes.
    let mut tenant = service();
    tenant["parameters"][0]["name"] = "tenant".into();
    tenant["base_url"] = "https://{tenant}.acme.example".into();
    tenant["hosts"] = json!(["*.acme.example"]);
    tenant["auth"]["acquire"] = json!({ "method": "POST", "url": "https://{tenant}.acme.example/token" });
    tenant["auth"]["renew"].take();
    tenant["auth"].as_object_mut().unwrap().remove("renew");
    tenant["auth"]["revoke"]["url"] = "https://{tenant}.acme.example/token".into();
    let output = Desk::with(&tenant).run("plan service.json --only acquire");
    assert!(text(&output.stdout).contains("POST https://TENANT.acme.example/token"), "{}", said(&output));
    for built_in in ["workspan", "appspace", "workspace-one-access", "workstream"] {
        let output = Desk::new().run(&format!("plan {built_in}"));
        assert_eq!(output.status.code(), Some(0), "{built_in}: {}", said(&output));
    }
}

#[test]
fn steps_are_numbered_and_captures_stand_in_or_are_given() {
    let desk = Desk::with(&steps());
    let output = desk.run("plan service.json");
    let wanted = r"### acquire, request 1
POST https://login.acme.example/session HTTP/1.1
accept: application/xml
content-type: application/xml

<login>•••</login>

### acquire, request 2
POST https://login.acme.example/token HTTP/1.1
accept: application/json
content-type: application/x-www-form-urlencoded
cookie: jar=JAR

session=SESSION

### test
GET https://server.api.acme.example/me HTTP/1.1
authorization: Session ACCESS_TOKEN
";
    assert_eq!(text(&output.stdout), wanted, "{}", said(&output));
    let given = "plan service.json --json --show-secrets --now 0 --entropy ff --capture session=s1 \
                 --capture server=https://eu.api.acme.example";
    let (plan, _) = desk.json(given);
    let requests = plan["requests"].as_array().unwrap();
    assert_eq!((&requests[0]["index"], &requests[1]["index"]), (&1.into(), &2.into()));
    assert_eq!(requests[1]["body"], "session=s1");
    assert_eq!(requests[2]["url"], "https://eu.api.acme.example/me");
    assert_eq!(requests[2].get("index"), None);
    // {"alg":"RS256","typ":"JWT"}, the claims with the time that was given, and no real signature.
    let assertion = requests[0]["body"].as_str().unwrap();
    assert_eq!(
        assertion,
        "<login>eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJtZSIsImlhdCI6MCwiZXhwIjo2MH0.SIGNATURE</login>"
    );
    assert_eq!(desk.json(given).0, plan, "the same each time");
    fails(&desk.run("plan service.json --capture sesion=1"), 2, &["did you mean 'session'?"]);
    fails(&desk.run("plan service.json --capture server=https://evil.example"), 2, &["host 'evil.example'"]);
}

#[test]
fn operation_is_planned_with_its_arguments() {
    let mut service = service();
    service["operations"] = json!([{
        "id": "ListItems", "method": "GET", "path": "/boxes/{box}/items",
        "parameters": [
            { "name": "box", "in": "path", "required": true },
            { "name": "limit", "in": "query", "type": "int", "required": true },
            { "name": "tag", "in": "query", "type": "list" },
        ],
    }]);
    let desk = Desk::with(&service);
    let plan = "plan service.json --only operation --operation ListItems";
    let (given, _) = desk.json(&format!("{plan} --json --arg box=a/b --arg limit=5 --arg tag=x --arg tag=y"));
    assert_eq!(given["requests"][0]["step"], "operation");
    assert_eq!(given["requests"][0]["url"], "https://api.acme.example/boxes/a%2Fb/items?limit=5&tag=x&tag=y");
    let made_up = desk.run(plan);
    let wanted = "### operation\nGET https://api.acme.example/boxes/BOX/items?limit=1 HTTP/1.1\n";
    assert!(text(&made_up.stdout).starts_with(wanted), "{}", text(&made_up.stdout));
    assert!(said(&made_up).contains("box (BOX), limit (1)"), "{}", said(&made_up));
    fails(&desk.run("plan service.json --operation ListItem"), 2, &["did you mean 'ListItems'?"]);
    fails(&desk.run(&format!("{plan} --arg limt=5")), 2, &["did you mean 'limit'?"]);
    fails(&desk.run("plan service.json --arg box=1"), 2, &["--operation"]);
}

/// The key of RFC 8410, section 10.3. Ed25519 signs alike each time.
#[test]
fn signatures_are_real_where_the_key_is() {
    let mut signed = steps();
    signed["auth"]["values"]["assertion"]["jwt"]["algorithm"] = "EdDSA".into();
    let desk = Desk::with(&signed);
    let key = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
    desk.write("key.pem", &format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n"));
    let plan = "plan service.json --only acquire --json --now 0 --set key=@key.pem";
    let (real, _) = desk.json(&format!("{plan} --show-secrets"));
    let body = real["requests"][0]["body"].as_str().unwrap().trim_end_matches("</login>");
    let signature = body.rsplit_once('.').unwrap().1;
    assert_eq!(signature.len(), 86, "64 bytes in base64url: {signature}");
    assert_eq!(desk.json(&format!("{plan} --show-secrets")).0, real);
    let (masked, _) = desk.json(plan);
    assert_eq!(masked["requests"][0]["body"], "<login>•••</login>");
    desk.write("key.pem", "-----BEGIN PRIVATE KEY-----\nMAA=MAA=\n-----END PRIVATE KEY-----\n");
    let broken = desk.run(&format!("{plan} --show-secrets"));
    assert_ne!(broken.status.code(), Some(0), "a key that was given and is none is no stand-in");
}

#[test]
fn wrong_use_is_explained() {
    let desk = desk();
    fails(&desk.run("plan service.json --only renw"), 2, &["invalid value 'renw'", "renew"]);
    fails(&desk.run("plan workspan --only renew"), 2, &["makes no request for 'renew'"]);
    fails(&desk.run("plan service.json --set clientID=1"), 2, &["did you mean 'clientId'?"]);
    fails(&desk.run("plan service.json --now yesterday"), 2, &["'yesterday' is no time"]);
    fails(&desk.run("plan service.json --entropy 0"), 2, &["at most 64 hex digits"]);
    fails(&desk.run("plan service.json --curl --json"), 2, &["cannot be used with"]);
    desk.write("broken.json", "{}");
    fails(&desk.run("plan broken.json"), 2, &["not a valid connector", "`grantline check broken.json`"]);
}
