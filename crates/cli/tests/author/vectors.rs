//! `grantline test`: vectors beside a connector file.

use crate::{Desk, fails, said, service, text};
use serde_json::json;

const VECTOR: &str = r#"{
  "name": "first-grant", "why": "The documentation.", "connector": "service",
  "parameters": { "clientId": "abc", "clientSecret": "s3cret" }, "flow": "grant",
  "script": [
    { "ambient": { "now": 0 }, "event": { "kind": "start" } },
    { "ambient": { "now": 0 },
      "event": { "kind": "response", "status": 200, "body": "{\"token\":\"t0ken\",\"expires_in\":60}" } }
  ]
}"#;

fn desk() -> Desk {
    let desk = Desk::with(&service());
    std::fs::create_dir(desk.path("service.vectors")).unwrap();
    desk.write("service.vectors/001-first-grant.json", VECTOR);
    desk
}

#[test]
fn vectors_are_written_replayed_and_compared() {
    let desk = desk();
    let unfinished = desk.run("test service.json");
    assert_eq!(unfinished.status.code(), Some(1));
    assert!(text(&unfinished.stdout).contains("a 'step' is missing: blessing writes it"));
    let blessed = desk.run("test service.json --bless");
    assert_eq!(
        text(&blessed.stdout),
        "written  service.vectors/001-first-grant.json\n",
        "{}",
        said(&blessed)
    );
    let fine = desk.run("test service.json");
    assert_eq!((fine.status.code(), said(&fine)), (Some(0), "1 vector replayed, all as they say\n"));

    let mut changed = service();
    changed["auth"]["acquire"]["json"]["scope"] = "all".into();
    desk.write("service.json", &changed.to_string());
    let differs = desk.run("test service.json");
    assert_eq!(differs.status.code(), Some(1));
    let words = text(&differs.stdout);
    for line in [
        "differs  service.vectors/001-first-grant.json, step 1\n",
        "-  \"body\": \"{\\\"id\\\":\\\"abc\\\",\\\"secret\\\":\\\"s3cret\\\"}\",\n",
        "+  \"body\": \"{\\\"id\\\":\\\"abc\\\",\\\"scope\\\":\\\"all\\\",\\\"secret\\\":\\\"s3cret\\\"}\",\n",
    ] {
        assert!(words.contains(line), "{line:?} is not in:\n{words}");
    }
    assert!(said(&differs).contains("1 vector replayed, 1 not as it says; if what came is right, --bless"));
    let (report, code) = desk.json("test service.json --json");
    assert_eq!(code, 1);
    assert_eq!(report["vectors"][0]["ok"], json!(false));
    assert_eq!(report["vectors"][0]["differences"][0]["place"], "step 1");
}

#[test]
fn vectors_of_the_project_are_replayed_too() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/workspan");
    let output = Desk::new().run(&format!("test workspan --vectors {directory}"));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("all as they say"));
}

#[test]
fn broken_vectors_and_wrong_use_are_explained() {
    let desk = desk();
    desk.write("service.vectors/002-broken.json", "{");
    desk.write(
        "service.vectors/003-other.json",
        &VECTOR.replace("\"service\"", "\"servise\"").replace("first-grant", "other"),
    );
    let output = desk.run("test service.json --bless");
    let words = text(&output.stdout);
    assert!(words.contains("broken   service.vectors/002-broken.json: EOF"), "{words}");
    desk.write("bare.json", &service().to_string());
    fails(&desk.run("test bare.json"), 2, &["cannot read the vectors in 'bare.vectors'", "--live"]);
    std::fs::create_dir(desk.path("bare.vectors")).unwrap();
    fails(&desk.run("test bare.json"), 2, &["there is no vector in 'bare.vectors'"]);
    fails(&desk.run("test workspan --bless"), 2, &["name a connector file"]);
    fails(&desk.run("test workspam"), 2, &["did you mean 'workspan'?"]);
    fails(&desk.run("test workspan"), 2, &["'clientId' (Application User ID) is missing"]);
}
