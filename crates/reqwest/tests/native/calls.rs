//! API requests: the token on them, one retry, and redirects.

use crate::support::{Notices, Reply, Server, TestClock, appspace_key, workspan};
use futures_util::stream;
use grantline_reqwest::{Connection, Notice, reqwest};
use reqwest::{Body, Client};

/// Gives tokens, and 401 to API requests with the first of them.
fn moody() -> Server {
    Server::start(|hit, before| {
        if hit.is_token() {
            Reply::token(before, 3600)
        } else if hit.header("authorization") == Some("Bearer t0ken-0") {
            Reply::json(401, "")
        } else {
            Reply::json(200, "[1]")
        }
    })
}

fn connect(server: &Server) -> Connection {
    workspan(server, &TestClock::new()).build().unwrap()
}

#[tokio::test]
async fn after_401_one_renewal_and_one_retry_with_the_same_body() {
    let server = moody();
    let notices = Notices::default();
    let connection = notices.listen(workspan(&server, &TestClock::new())).build().unwrap();
    let response = connection.post("/v1/things").json(&["a"]).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (200, "[1]"));
    let calls = server.calls();
    assert_eq!((server.tokens(), calls.len()), (2, 2));
    assert!(calls.iter().all(|call| call.body == r#"["a"]"#));
    assert_eq!(notices.count(|notice| *notice == Notice::Rejected), 1);
    assert_eq!(notices.count(|notice| matches!(notice, Notice::Sent { .. })), 4);
}

#[tokio::test]
async fn many_refused_calls_share_one_renewal() {
    let server = moody();
    let connection = connect(&server);
    connection.token().await.unwrap();
    let calls = (0..20).map(|_| connection.get("/v1/things").send());
    for response in futures_util::future::join_all(calls).await {
        assert_eq!(response.unwrap().status(), 200);
    }
    assert_eq!(server.tokens(), 2);
}

#[tokio::test]
async fn the_second_401_goes_to_the_caller() {
    let server =
        Server::start(
            |hit, before| {
                if hit.is_token() { Reply::token(before, 3600) } else { Reply::json(401, "no") }
            },
        );
    let response = connect(&server).get("/v1/things").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (401, "no"));
    assert_eq!((server.tokens(), server.calls().len()), (2, 2));
}

#[tokio::test]
async fn a_streaming_body_is_sent_once_and_the_next_call_has_another_token() {
    let server = moody();
    let connection = connect(&server);
    let body = || Body::wrap_stream(stream::iter([Ok::<_, std::io::Error>("once")]));
    let response = connection.post("/v1/files").body(body()).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!((server.tokens(), server.calls().len()), (2, 1));
    let response = connection.post("/v1/files").body(body()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(server.calls()[1].body.contains("once"));
}

#[tokio::test]
async fn the_query_is_joined_and_the_own_authorization_replaced() {
    let server =
        Server::start(
            |hit, before| {
                if hit.is_token() { Reply::token(before, 3600) } else { Reply::json(200, "") }
            },
        );
    let connection =
        workspan(&server, &TestClock::new()).parameter("environment", "uat.example").build().unwrap();
    let request = connection.get("/v1/things?a=1#part").query(&[("b", "x y")]).query(&[("c", "é")]);
    request.header("authorization", "Basic mine").header("x-mine", "1").send().await.unwrap();
    let url = format!("{}/v1/other", server.url);
    let request = Client::new().get(url).header("authorization", "Basic mine").build().unwrap();
    connection.execute(request).await.unwrap();
    let calls = server.calls();
    assert_eq!(calls[0].target, "/v1/things?a=1&b=x+y&c=%C3%A9");
    assert_eq!((calls[0].header("x-mine"), calls[0].header("x-ws-env")), (Some("1"), Some("uat.example")));
    assert_eq!(calls[1].target, "/v1/other");
    for call in calls {
        assert_eq!(call.head.matches("uthorization: ").count(), 1, "{}", call.head);
        assert_eq!(call.header("authorization"), Some("Bearer t0ken-0"));
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_is_refused_before_a_token_is_spent() {
    let server = moody();
    let connection = connect(&server);
    let foreign = connection.get("https://evil.example/v1").send().await.unwrap_err();
    assert_eq!(foreign.code(), "host_not_allowed");
    let bad = connection.get("/v1").header("x-bad", "a\nb").send().await.unwrap_err();
    assert_eq!(bad.code(), "invalid_request");
    assert!(bad.to_string().starts_with("the request cannot be built: "), "{bad}");
    assert_eq!(server.hits().len(), 0);
}

#[tokio::test]
async fn a_redirect_is_followed_where_it_only_reads_and_stays() {
    let other = Server::start(|_, _| Reply::json(200, "stolen"));
    let elsewhere = format!("{}/steal?x=1", other.url);
    let server = Server::start(move |hit, before| match hit.target.as_str() {
        "/near" => Reply::redirect(302, "/far?a=1"),
        "/far?a=1" => Reply::json(200, "there"),
        "/loop" => Reply::redirect(307, "/loop"),
        "/away" => Reply::redirect(302, &elsewhere),
        _ => Reply::token(before, 3600),
    });
    let connection = appspace_key(&server).build().unwrap();
    assert_eq!(connection.get("/near").send().await.unwrap().text().await.unwrap(), "there");
    assert!(server.hits().iter().all(|hit| hit.header("x-api-key").is_some()));
    assert_eq!(connection.post("/near").send().await.unwrap().status(), 302, "a POST is not repeated");
    let before = server.hits().len();
    assert_eq!(connection.get("/loop").send().await.unwrap().status(), 307);
    assert_eq!(server.hits().len() - before, 11);
    let away = connection.get("/away").send().await.unwrap();
    assert_eq!(away.status(), 302, "the caller sees where it would lead");
    assert_eq!(other.hits().len(), 0);
}

#[tokio::test]
async fn the_test_request_tells_what_is_wrong() {
    let server = Server::start(|hit, before| match (hit.is_token(), before) {
        (true, _) => Reply::token(before, 3600),
        (_, 0) => Reply::json(204, ""),
        (_, 1) => Reply::json(403, ""),
        _ => Reply::json(404, ""),
    });
    let connection = connect(&server);
    let report = connection.test().await.unwrap();
    assert_eq!((report.status, report.attempts), (204, 1));
    assert!(report.expires_at.is_some());
    assert_eq!(server.calls()[0].target, "/app/v1/company");
    assert_eq!(connection.test().await.unwrap_err().code(), "denied");
    let error = connection.test().await.unwrap_err().to_string();
    assert!(error.contains("status 404"), "{error}");
}

#[tokio::test]
async fn a_key_in_another_header_has_no_authorization_field() {
    let server = Server::start(|_, _| Reply::json(200, ""));
    let connection = appspace_key(&server).build().unwrap();
    let error = connection.authorization().await.unwrap_err();
    assert_eq!(error.code(), "invalid_request");
    connection.get("/v1").send().await.unwrap();
    assert!(server.hits()[0].header("x-api-key").is_some());
}
