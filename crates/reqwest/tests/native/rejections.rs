//! How an API says that it no longer takes a token, where a connector names more than status 401.

use crate::support::{Reply, SECRET, Server, TestClock};
use grantline_reqwest::reqwest::Response;
use grantline_reqwest::{Connection, Connector};

const FILE: &str = r#"{
    "id": "acme", "title": "Acme", "base_url": "{baseUrl}", "hosts": ["api.acme.example"],
    "parameters": [
        { "name": "baseUrl", "type": "string", "title": "Base URL" },
        { "name": "secret", "type": "securestring", "title": "Secret" }
    ],
    "auth": {
        "acquire": { "method": "POST", "url": "{baseUrl}/token", "form": { "secret": "{secret}" } },
        "token": { "value": "/access_token", "expiry": [{ "seconds": "/expires_in" }] },
        "apply": { "headers": { "authorization": "Bearer {accessToken}" } },
        "rejected": {
            "statuses": [440],
            "bodies": [{ "statuses": [200, 400], "at": "/code", "words": ["TOKEN_EXPIRED"] }]
        }
    }
}"#;

/// Longer than what the core looks at.
const LONG: usize = 200_000;

async fn get(answer: impl Fn(bool) -> Reply + Send + Sync + 'static) -> (Response, Server) {
    let server = Server::start(move |hit, before| match hit.is_token() {
        true => Reply::token(before, 3600),
        false => answer(hit.header("authorization") == Some("Bearer t0ken-0")),
    });
    let connection = Connection::builder(Connector::from_json(FILE).unwrap())
        .parameter("baseUrl", server.url.as_str())
        .parameter("secret", SECRET)
        .allow_loopback()
        .clock(TestClock::new())
        .build()
        .unwrap();
    (connection.get("/v1/things?page=2").send().await.unwrap(), server)
}

#[tokio::test]
async fn another_status_and_a_word_in_a_body_are_rejections() {
    let expired = r#"{"code":"TOKEN_EXPIRED"}"#;
    for (status, body) in [(440, ""), (200, expired), (400, expired)] {
        let answer = move |old: bool| if old { Reply::json(status, body) } else { Reply::json(200, "[1]") };
        let (response, server) = get(answer).await;
        assert_eq!((server.tokens(), server.calls().len()), (2, 2), "{status}");
        assert_eq!(response.text().await.unwrap(), "[1]", "{status}");
    }
}

#[tokio::test]
async fn what_was_looked_at_reaches_the_caller_whole() {
    let (response, server) = get(|_| Reply::json(200, r#"{"code":"FINE"}"#)).await;
    assert_eq!(server.tokens(), 1);
    assert_eq!(response.url().path(), "/v1/things");
    assert_eq!(response.url().query(), Some("page=2"));
    assert!(response.remote_addr().is_some());
    assert_eq!(response.content_length(), Some(15));
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.text().await.unwrap(), r#"{"code":"FINE"}"#);
}

/// The word at its beginning does not count: half of a body might say the wrong thing.
#[tokio::test]
async fn a_long_body_is_not_looked_at_and_reaches_the_caller_whole() {
    let long = || format!(r#"{{"code":"TOKEN_EXPIRED","fill":"{}"}}"#, "x".repeat(LONG));
    let (response, server) = get(move |_| Reply::json(200, long())).await;
    assert_eq!((server.tokens(), response.text().await.unwrap().len()), (1, LONG + 34));

    // The same without a length: the look ends in the middle.
    let chunked = move |_| {
        let body = long();
        let head = "HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n";
        Reply::Raw(format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into_bytes())
    };
    let (response, server) = get(chunked).await;
    assert_eq!((server.tokens(), response.text().await.unwrap().len()), (1, LONG + 34));
}

#[tokio::test]
async fn an_answer_that_breaks_off_under_the_look_is_lost() {
    let server = Server::start(|hit, before| match hit.is_token() {
        true => Reply::token(before, 3600),
        false => Reply::Raw(b"HTTP/1.1 200 x\r\ncontent-length: 50\r\n\r\n{\"code\"".to_vec()),
    });
    let connection = Connection::builder(Connector::from_json(FILE).unwrap())
        .parameters([("baseUrl", server.url.as_str()), ("secret", SECRET)])
        .allow_loopback()
        .build()
        .unwrap();
    let error = connection.get("/v1/things").send().await.unwrap_err();
    assert_eq!(error.code(), "connection_lost");
}
