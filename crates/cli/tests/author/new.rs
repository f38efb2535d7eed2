//! `grantline new`: whatever it writes passes the other tools.

use crate::{Desk, fails, said, text};
use serde_json::Value;

fn read(desk: &Desk, file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(desk.path(file)).unwrap()).unwrap()
}

#[test]
fn what_is_written_passes_check_and_test() {
    let urls = [
        "--base-url https://api.acme.example --token-url /oauth/token",
        "--base-url https://{tenant}.acme.example/v1/ --token-url https://login.acme.example/token",
        "--base-url https://api-{region}.acme.example --token-url https://{tenant}.acme.example/token",
        "--base-url {baseUrl} --token-url {baseUrl}/token",
    ];
    for urls in urls {
        for credentials in ["form", "json", "basic", "query", "pasted"] {
            let desk = Desk::new();
            let written = desk.run(&format!("new my-service {urls} --credentials {credentials}"));
            assert_eq!(written.status.code(), Some(0), "{}", said(&written));
            for tool in ["check --deny-warnings", "plan", "test"] {
                let output = desk.run(&format!("{tool} my-service.json"));
                assert_eq!(output.status.code(), Some(0), "{tool} {urls} {credentials}: {}", said(&output));
            }
            let file = read(&desk, "my-service.json");
            assert_eq!(
                (&file["title"], &file["$schema"]),
                (&"My Service".into(), &"./connector.schema.json".into())
            );
            assert_eq!(read(&desk, "connector.schema.json")["title"], "Grantline connector");
            let vector = read(&desk, "my-service.vectors/001-first-grant.json");
            let steps = vector["script"].as_array().unwrap();
            assert_eq!(steps.last().unwrap()["step"]["kind"], "done");
        }
    }
}

#[test]
fn next_step_is_told_and_nothing_is_overwritten() {
    let desk = Desk::new();
    let service =
        "--base-url https://api.acme.example --credentials pasted --header x-api-key --test-path /v1/me";
    let first = desk.run(&format!("new connectors/acme --title Acme {service}"));
    let words = text(&first.stdout);
    for next in
        ["connectors/acme.vectors/001-first-grant.json", "grantline check connectors/acme.json", "'/v1/me'"]
    {
        assert!(words.contains(next), "{next}: {words}");
    }
    let file = read(&desk, "connectors/acme.json");
    assert_eq!(file["auth"]["apply"]["headers"]["x-api-key"], "{accessToken}");
    let before = std::fs::read_to_string(desk.path("connectors/acme.json")).unwrap();
    let again = format!("new connectors/acme --title Other {service}");
    fails(&desk.run(&again), 2, &["'connectors/acme.json' is there already", "--force"]);
    assert_eq!(std::fs::read_to_string(desk.path("connectors/acme.json")).unwrap(), before);
    assert_eq!(desk.run(&format!("{again} --force")).status.code(), Some(0));
    assert_eq!(read(&desk, "connectors/acme.json")["title"], "Other");
}

#[test]
fn without_a_terminal_all_must_be_given() {
    let desk = Desk::new();
    fails(&desk.run("new acme"), 2, &["no terminal to ask at", "--base-url, --credentials, --token-url"]);
    let pasted = "new acme --credentials pasted";
    fails(&desk.run(pasted), 2, &["give --base-url\n"]);
    fails(&desk.run("new acme --credentials forn"), 2, &["invalid value 'forn'", "form"]);
    let wrong = [
        ("--base-url http://api.acme.example", "https://"),
        ("--base-url https://{a b}.acme.example", "'{a b}' is no placeholder"),
        ("--base-url https://acme", "is no host name"),
    ];
    for (url, words) in wrong {
        let mut command = desk.command(pasted);
        let (flag, url) = url.split_once(' ').unwrap();
        fails(&command.args([flag, url]).output().unwrap(), 2, &[words]);
    }
    let name = "new Acme! --credentials pasted --base-url https://api.acme.example";
    fails(&desk.run(name), 2, &["an id is lower-case letters"]);
    assert_eq!(desk.directory.path().read_dir().unwrap().count(), 0, "nothing was written");
}
