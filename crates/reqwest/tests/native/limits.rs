//! What a token request never does, and what its failures are called.

use crate::support::{Gate, Notices, Reply, SECRET, Server, TestClock, workspan};
use grantline_connectors as connectors;
use grantline_reqwest::{Connection, Error, Notice, error, reqwest};
use reqwest::Client;
use reqwest::redirect::Policy;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

const SERVER: &str = "GRANTLINE_TEST_SERVER";

fn connect(server: &Server) -> Connection {
    workspan(server, &TestClock::new()).build().unwrap()
}

/// The detail of the last failure of the network.
fn detail(error: &Error) -> String {
    match error {
        Error::Exhausted { cause: error::Cause::Network(fault), .. } | Error::Transport(fault) => {
            format!("{}: {}", fault.kind.name(), fault.detail)
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_token_request_follows_no_redirect_whatever_the_client() {
    let other = Server::start(|_, before| Reply::token(before, 3600));
    let elsewhere = format!("{}/oauth/token", other.url);
    for status in [301, 302, 303, 307, 308] {
        let location = elsewhere.clone();
        let server = Server::start(move |_, _| Reply::redirect(status, &location));
        let builder = || workspan(&server, &TestClock::new());
        for connection in [
            builder(),
            builder().client(Client::new()),
            builder().client_builder(Client::builder().redirect(Policy::limited(5))),
        ] {
            let error = connection.build().unwrap().token().await.unwrap_err();
            assert_eq!(error.code(), "redirected");
        }
    }
    assert_eq!(other.hits().len(), 0);
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read() {
    let announced = b"HTTP/1.1 200 x\r\ncontent-length: 99999999\r\n\r\n{".to_vec();
    // Longer than any token answer, in chunks of 32 KiB and without an end.
    let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
    let endless = format!("HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n{}", chunk.repeat(40));
    for answer in [announced, endless.into_bytes()] {
        let server = Server::start(move |_, _| Reply::Raw(answer.clone()));
        let error = connect(&server).token().await.unwrap_err();
        assert_eq!(error.code(), "too_large");
    }
}

#[tokio::test]
async fn a_truncated_answer_is_lost() {
    let short = b"HTTP/1.1 200 x\r\ncontent-length: 50\r\n\r\n{\"access_token\":".to_vec();
    for answer in [short, b"HTTP/1.1 200".to_vec(), Vec::new()] {
        let server = Server::start(move |_, _| Reply::Raw(answer.clone()));
        let error = connect(&server).token().await.unwrap_err();
        assert!(detail(&error).starts_with("lost: "), "{error}");
        assert!(!error.to_string().contains("http"), "{error}");
    }
}

#[tokio::test]
async fn a_refused_connection_says_so_without_its_url() {
    let server = Server::start(|_, _| Reply::token(0, 3600));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let builder = workspan(&server, &TestClock::new()).parameter("baseUrl", format!("http://{free}"));
    let error = builder.build().unwrap().token().await.unwrap_err();
    assert!(detail(&error).starts_with("unreachable: Connection refused"), "{error}");
    assert!(!error.to_string().contains("http:"), "{error}");

    // The same for an API request: the token is at hand, and the server gone.
    let server = Server::start(|hit, _| match hit.is_token() {
        true => Reply::token(0, 3600),
        false => Reply::Raw(Vec::new()),
    });
    let connection = connect(&server);
    let error = connection.get("/v1?private=1").send().await.unwrap_err();
    assert!(detail(&error).starts_with("lost: "), "{error}");
    assert!(!error.to_string().contains("private"), "{error}");
}

#[tokio::test]
async fn a_silent_token_endpoint_times_out() {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |_, _| held.holds(Reply::token(0, 3600)));
    let notices = Notices::default();
    let connection = notices.listen(workspan(&server, &TestClock::new())).build().unwrap();
    let asking = tokio::spawn(async move { connection.token().await });
    server.hit().await;
    // From here on tokio's time jumps to the next timer: thirty seconds for each try.
    tokio::time::pause();
    assert_eq!(asking.await.unwrap().unwrap_err().code(), "exhausted");
    // Later tries connect under the paused time, where the limit for connecting may come first.
    let Notice::Sent { status, fault, .. } = &notices.all()[0] else { panic!("no request was told") };
    assert_eq!((*status, *fault), (None, Some("timeout")));
    gate.open();
}

#[tokio::test]
async fn an_api_request_times_out_when_its_caller_says_so() {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |hit, _| match hit.is_token() {
        true => Reply::token(0, 3600),
        false => held.holds(Reply::json(200, "")),
    });
    let connection = connect(&server);
    connection.token().await.unwrap();
    server.hit().await;
    let asking = connection.get("/v1").timeout(Duration::from_secs(60)).send();
    let asking = tokio::spawn(asking);
    server.hit().await;
    tokio::time::pause();
    let error = asking.await.unwrap().unwrap_err();
    assert!(detail(&error).starts_with("timeout: "), "{error}");
    gate.open();
}

#[tokio::test]
async fn a_secret_that_comes_back_is_not_repeated() {
    let server = Server::start(|_, _| {
        Reply::json(400, format!(r#"{{"error":"bad","error_description":"no {SECRET} here"}}"#))
    });
    let error = connect(&server).token().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
}

#[tokio::test]
async fn what_is_meant_for_this_machine_passes_by_the_proxies_of_the_environment() {
    let server = Server::start(|_, before| Reply::token(before, 3600));
    let proxy = Server::start(|_, before| Reply::token(before, 3600));
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "limits::asks_for_a_token_under_a_proxy", "--ignored", "--nocapture"])
        .envs([(SERVER, &server.url), ("http_proxy", &proxy.url), ("ALL_PROXY", &proxy.url)])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!((server.hits().len(), proxy.hits().len()), (2, 0));
}

#[tokio::test]
#[ignore = "the other process of the test above"]
async fn asks_for_a_token_under_a_proxy() {
    let Ok(url) = std::env::var(SERVER) else { return };
    let builder = Connection::builder(connectors::workspan()).allow_loopback();
    let values = [("baseUrl", url.as_str()), ("clientId", "id-1"), ("clientSecret", SECRET)];
    builder.parameters(values).build().unwrap().test().await.unwrap();
}
