//! `grantline parse`.

use crate::{Desk, fails, said, service, steps, text};
use serde_json::{Value, json};

const NOW: &str = "--now 2026-01-01T00:00:00Z";

fn parse(answer: &str, arguments: &str) -> Value {
    let desk = Desk::with(&service());
    desk.write("answer.txt", answer);
    let (json, code) =
        desk.json(&format!("parse service.json --json --response answer.txt {NOW} {arguments}"));
    assert_eq!(code, 0, "an answer that is read is fine, whatever it says");
    json
}

#[test]
fn token_is_read_with_all_that_comes_with_it() {
    let answer =
        r#"{"token":"t1","expires_in":"60","refresh":"r1","refresh_expires_in":120,"token_type":"Bearer"}"#;
    let wanted = json!({
        "token": "t1", "token_type": "Bearer", "expires_at": "2026-01-01T00:01:00Z",
        "refresh_token": "r1", "refresh_expires_at": "2026-01-01T00:02:00Z", "captures": {},
    });
    assert_eq!(parse(answer, ""), wanted);
    assert_eq!(parse(answer, "--renew"), wanted);
    let bare = json!({ "token": "t1", "expires_at": null, "refresh_token": null, "captures": {} });
    assert_eq!(parse(r#"{"token":"t1"}"#, ""), bare);
}

#[test]
fn refusal_has_its_class_and_the_words_of_the_server() {
    let refusal = r#"{"error":{"code":"bad_secret","message":"No such secret"}}"#;
    let denied = parse(refusal, "--status 401 --header x-request:4711");
    assert_eq!(denied["error"]["class"], "denied");
    assert_eq!(denied["error"]["code"], "bad_secret");
    assert_eq!(denied["error"]["message"], "No such secret");
    assert_eq!(denied["error"]["request_id"], "4711");
    let later = parse("", "--status 429 --header Retry-After:3600");
    assert_eq!(
        (&later["error"]["class"], &later["error"]["retry_at"]),
        (&json!("later"), &json!("2026-01-01T01:00:00Z"))
    );
    assert_eq!(parse("", "--status 503")["error"]["class"], "later");
    for (answer, status, code) in
        [("<html>", 200, "not_json"), ("{}", 200, "no_token"), ("", 302, "redirected")]
    {
        let broken = parse(answer, &format!("--status {status}"));
        assert_eq!((&broken["error"]["class"], &broken["error"]["code"]), (&json!("protocol"), &json!(code)));
    }
    // A refused renewal leads to a first grant where there is one, and to a person where there is none.
    assert_eq!(parse(refusal, "--status 400 --renew")["error"]["class"], "denied");
    assert_eq!(parse(refusal, "--status 503 --renew")["error"]["class"], "later");
    let (lost, _) = {
        let desk = Desk::new();
        desk.write("answer.txt", r#"{"error":"invalid_grant"}"#);
        desk.json("parse appspace --json --response answer.txt --status 400")
    };
    assert_eq!(
        (&lost["error"]["class"], &lost["error"]["code"]),
        (&json!("needs_reconnect"), &json!("invalid_grant"))
    );
}

#[test]
fn each_step_has_its_answer() {
    let desk = Desk::with(&steps());
    desk.write("1.xml", "<s:Envelope xmlns:s='x'><s:Body><session>s1</session></s:Body></s:Envelope>");
    let (first, _) =
        desk.json("parse service.json --json --step 1 --response 1.xml --header set-cookie:jar=j1;path=/");
    assert_eq!(first, json!({ "captures": { "session": "s1", "jar": "j1" } }));
    let (missing, _) = desk.json("parse service.json --json --step 1 --response 1.xml");
    assert_eq!(missing["error"]["class"], "protocol");
    desk.write("2.json", r#"{"data":{"token":"t1","ms":1500}}"#);
    let second = format!("parse service.json --json --response 2.json {NOW}");
    let (last, _) = desk.json(&format!("{second} --header x-server:https://eu.api.acme.example"));
    let wanted = json!({
        "token": "t1", "expires_at": "2026-01-01T00:00:01Z", "refresh_token": null,
        "captures": { "server": "https://eu.api.acme.example" },
    });
    assert_eq!(last, wanted, "what came of another answer is not of this one");
    desk.write("2.json", r#"{"error":"locked","reason":"Ask your administrator"}"#);
    let (locked, _) = desk.json(&format!("{second} --status 403"));
    assert_eq!(locked["error"]["class"], "needs_reconnect");
    assert_eq!(locked["error"]["message"], "Ask your administrator");
    fails(&desk.run("parse service.json --step 3 --response 2.json"), 2, &["numbered from 1 to 2"]);
}

#[test]
fn people_see_no_token_unless_they_ask() {
    let desk = Desk::with(&service());
    let answer = r#"{"token":"t0ken-that-is-long-enough","expires_in":60,"refresh":"r3fresh"}"#;
    let run = |more: &str| desk.run_with(&format!("parse service.json --response - {NOW}{more}"), answer);
    let wanted = "token            t0ke••• (25 characters)\n\
                  expires          2026-01-01T00:01:00Z (in 1 min)\n\
                  refresh token    ••• (7 characters)\n\
                  refresh expires  not known\n";
    assert_eq!(text(&run("").stdout), wanted);
    assert!(text(&run(" --show-secrets").stdout).contains("r3fresh\n"));
    assert_eq!(said(&run("")), "");
}

#[test]
fn wrong_use_is_explained() {
    let desk = Desk::with(&service());
    fails(
        &desk.run("parse service.json --response none.txt"),
        2,
        &["cannot read the answer from 'none.txt'"],
    );
    fails(&desk.run("parse service.json"), 2, &["--response"]);
    fails(&desk.run("parse service.json --response - --status 99"), 2, &["99 is not in 100..600"]);
    fails(&desk.run("parse service.json --response - --header nonsense"), 2, &["--header takes"]);
    fails(&desk.run("parse workspan --response - --renew"), 2, &["no request for a renewal"]);
    let static_token = "parse workstream --parameter-set console-token --response -";
    fails(&desk.run(static_token), 2, &["makes no token request"]);
}
