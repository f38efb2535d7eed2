//! What a connector asks of an API request beyond the token: an address that came with it, values of its own, redirects.

use crate::support::{Reply, SECRET, Server, TestClock};
use grantline_core::Connector;
use grantline_reqwest::Connection;
use std::collections::BTreeSet;

fn connect(server: &Server, changes: &str) -> Connection {
    let file = format!(
        r#"{{
            "id": "own", "title": "Own", "base_url": "{{apiUrl}}", "hosts": ["api.example.com"],
            "parameters": [
                {{ "name": "loginUrl", "title": "Login", "type": "string" }},
                {{ "name": "secret", "title": "Secret", "type": "securestring" }}
            ],
            "auth": {{
                "values": {{ "id": {{ "random": {{ "to": "uuid" }} }}, "at": {{ "now": {{}} }} }},
                "acquire": {{ "method": "POST", "url": "{{loginUrl}}/token", "json": {{ "secret": "{{secret}}" }},
                             "captures": {{ "apiUrl": "/api_url" }} }},
                "token": {{ "value": "/access_token", "expiry": [{{ "seconds": "/expires_in" }}] }},
                "apply": {{ "headers": {{ "authorization": "Bearer {{accessToken}}", "x-id": "{{id}}", "x-at": "{{at}}" }}{changes} }}
            }},
            "test": {{ "method": "POST", "path": "/rpc", "json": {{ "method": "whoami" }} }}
        }}"#
    );
    let builder = Connection::builder(Connector::from_json(&file).unwrap()).parameter("secret", SECRET);
    builder
        .parameter("loginUrl", server.url.as_str())
        .allow_loopback()
        .clock(TestClock::new())
        .build()
        .unwrap()
}

fn token(api: &str) -> Reply {
    Reply::json(200, format!(r#"{{"access_token":"t0ken","expires_in":3600,"api_url":"{api}"}}"#))
}

#[tokio::test]
async fn paths_are_joined_to_the_address_that_came_with_the_token() {
    let api = Server::start(|_, _| Reply::json(200, "[]"));
    let address = format!("{}/v2", api.url);
    let server = Server::start(move |_, _| token(&address));
    let connection = connect(&server, "");
    for _ in 0..2 {
        assert_eq!(connection.get("/things").send().await.unwrap().status(), 200);
    }
    let hits = api.hits();
    assert!(hits.iter().all(|hit| hit.target == "/v2/things"), "{hits:?}");
    let ids: BTreeSet<_> = hits.iter().map(|hit| hit.header("x-id").unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2, "each request has a text of its own");
    assert!(hits.iter().all(|hit| hit.header("x-at").is_some_and(|at| at.ends_with('Z'))));
    assert_eq!(server.tokens(), 1);
}

#[tokio::test]
async fn a_redirect_to_another_server_is_followed_with_the_token_where_the_connector_says_so() {
    let other = Server::start(|_, _| Reply::json(200, "[1]"));
    let there = format!("{}/moved", other.url);
    let server = Server::start(move |hit, _| {
        if hit.is_token() {
            token(&format!("http://{}", hit.header("host").unwrap()))
        } else {
            Reply::redirect(307, there.clone())
        }
    });
    let response = connect(&server, r#", "follow_redirects": true"#).get("/things").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (200, "[1]"));
    assert_eq!(other.hits()[0].header("authorization"), Some("Bearer t0ken"));
    // Without that word the caller gets the redirect, and the token stays.
    let response = connect(&server, "").get("/things").send().await.unwrap();
    assert_eq!((response.status().as_u16(), other.hits().len()), (307, 1));
}

#[tokio::test]
async fn a_test_request_can_have_a_body() {
    let server = Server::start(|hit, _| {
        let here = format!("http://{}", hit.header("host").unwrap());
        if hit.is_token() { token(&here) } else { Reply::json(200, "{}") }
    });
    assert_eq!(connect(&server, "").test().await.unwrap().status, 200);
    let hit = server.hits().pop().unwrap();
    assert_eq!((hit.target.as_str(), hit.body.as_str()), ("/rpc", r#"{"method":"whoami"}"#));
    assert_eq!(hit.header("content-type"), Some("application/json"));
}
