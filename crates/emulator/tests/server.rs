//! The server over real loopback sockets: what the pure function asks for is real on the wire.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use grantline_emulator::{Change, Clock, Effect, Fault, Server, System};
use serde_json::{Value, json};

/// What came back: the bytes, and how the connection ended if not in order.
struct Raw {
    bytes: Vec<u8>,
    error: Option<ErrorKind>,
}

impl Raw {
    fn head(&self) -> String {
        let end = self.bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
        String::from_utf8(self.bytes[..end].to_vec()).unwrap().to_ascii_lowercase()
    }

    fn status(&self) -> u16 {
        self.head()[9..12].parse().unwrap()
    }

    fn body(&self) -> &[u8] {
        &self.bytes[self.head().len() + 4..]
    }

    fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap()
    }
}

fn send(addr: SocketAddr, method: &str, target: &str, headers: &str, body: &str) -> Raw {
    let mut stream = TcpStream::connect(addr).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut bytes = Vec::new();
    let error = stream.read_to_end(&mut bytes).err().map(|error| error.kind());
    Raw { bytes, error }
}

async fn exchange(server: &Server, method: &str, target: &str, headers: &str, body: &str) -> Raw {
    let (addr, method, target) = (server.addr(), method.to_owned(), target.to_owned());
    let (headers, body) = (headers.to_owned(), body.to_owned());
    tokio::task::spawn_blocking(move || send(addr, &method, &target, &headers, &body)).await.unwrap()
}

async fn start() -> Server {
    Server::start_with(([127, 0, 0, 1], 0).into(), Clock::manual(1_700_000_000_000)).await.unwrap()
}

async fn token(server: &Server) -> Raw {
    let account = server.accounts().of(System::Workspan).clone();
    let body = json!({
        "grant_type": "client_credentials",
        "client_id": account.parameters["clientId"],
        "client_secret": account.parameters["clientSecret"],
    });
    let headers = "content-type: application/json\r\n";
    exchange(server, "POST", "/workspan/oauth/token", headers, &body.to_string()).await
}

async fn company(server: &Server, token: &Value) -> u16 {
    let headers = format!("authorization: Bearer {}\r\n", token.as_str().unwrap());
    exchange(server, "GET", "/workspan/app/v1/company", &headers, "").await.status()
}

fn fault(server: &Server, effect: Effect) {
    let fault = Fault { effect, only: None, times: Some(1) };
    server.emulator().control(System::Workspan, Change::Fault { fault }).unwrap();
}

#[tokio::test]
async fn tokens_work_and_expire_with_the_clock() {
    let server = start().await;
    assert_eq!(server.base_url(System::Workspan), format!("http://{}/workspan", server.addr()));
    let reply = token(&server).await;
    let access = reply.json()["access_token"].clone();
    assert_eq!(company(&server, &access).await, 200);
    server.clock().advance(864_000_000);
    assert_eq!(company(&server, &access).await, 401);
    server.stop().await;
}

#[tokio::test]
async fn cuts_end_the_connection_before_any_byte() {
    let server = start().await;
    for effect in [Effect::CutBeforeRead, Effect::CutAfterRead] {
        fault(&server, effect);
        let raw = token(&server).await;
        assert_eq!((raw.bytes.len(), raw.error), (0, Some(ErrorKind::ConnectionReset)));
    }
    assert_eq!(token(&server).await.status(), 200);
    assert_eq!(server.emulator().counts(System::Workspan).token_requests, 3);
}

#[tokio::test]
async fn truncated_body_is_shorter_than_promised() {
    let server = start().await;
    fault(&server, Effect::TruncatedBody);
    let raw = token(&server).await;
    assert_eq!(raw.status(), 200);
    let head = raw.head();
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let promised: usize = promised.parse().unwrap();
    assert!(!raw.body().is_empty() && raw.body().len() < promised);
}

#[tokio::test]
async fn big_body_is_as_big_as_asked() {
    let server = start().await;
    fault(&server, Effect::BigBody { bytes: 3_000_000 });
    assert!(token(&server).await.body().len() > 3_000_000);
}

#[tokio::test]
async fn latency_is_real() {
    let server = start().await;
    fault(&server, Effect::Latency { ms: 60 });
    let before = std::time::Instant::now();
    assert_eq!(token(&server).await.status(), 200);
    assert!(before.elapsed().as_millis() >= 60);
}

#[tokio::test]
async fn spoilt_answers_arrive_as_they_are() {
    let server = start().await;
    fault(&server, Effect::Bom);
    assert_eq!(token(&server).await.body()[..3], [0xef, 0xbb, 0xbf]);
    fault(&server, Effect::Html { status: 502 });
    assert_eq!(token(&server).await.status(), 502);
    let settings = json!({ "change": "settings", "settings": { "host": "tenant.example" } });
    let path = "/_emulator/control/workspace-one-access";
    assert_eq!(exchange(&server, "POST", path, "", &settings.to_string()).await.status(), 200);
    let raw = exchange(&server, "GET", "/workspace-one-access/SAAS/auth/oauthtoken", "", "").await;
    assert_eq!((raw.status(), raw.body().len()), (444, 0));
}

#[tokio::test]
async fn admin_api_changes_the_systems() {
    let server = start().await;
    let access = token(&server).await.json()["access_token"].clone();
    let accounts = exchange(&server, "GET", "/_emulator/accounts", "", "").await.json();
    assert_eq!(accounts["workspan"]["baseUrl"], server.base_url(System::Workspan));
    assert_eq!(accounts["workstream"]["consoleToken"].as_str().unwrap().len(), 43);
    let change = json!({ "change": "revoke", "token": access }).to_string();
    let raw = exchange(&server, "POST", "/_emulator/control/workspan", "", &change).await;
    assert_eq!((raw.status(), raw.json()), (200, json!({})));
    assert_eq!(company(&server, &access).await, 401);
    assert_eq!(exchange(&server, "POST", "/_emulator/control/workspan", "", &change).await.status(), 422);
    assert_eq!(exchange(&server, "POST", "/_emulator/control/workspan", "", "{}").await.status(), 400);
    assert_eq!(exchange(&server, "POST", "/_emulator/control/nothing", "", &change).await.status(), 404);
    let refresh = json!({ "change": "console", "action": { "refresh": {} } }).to_string();
    let raw = exchange(&server, "POST", "/_emulator/control/workstream", "", &refresh).await;
    assert!(raw.json()["token"].is_string());
}

#[tokio::test]
async fn admin_api_shows_state_log_and_clock() {
    let server = start().await;
    let access = token(&server).await.json()["access_token"].clone();
    let raw = exchange(&server, "POST", "/_emulator/clock", "", r#"{"advance_ms":5}"#).await;
    assert_eq!(raw.json(), json!({ "now_ms": 1_700_000_000_005_u64 }));
    let raw = exchange(&server, "POST", "/_emulator/clock", "", r#"{"set_ms":7}"#).await;
    assert_eq!(raw.json(), json!({ "now_ms": 7 }));
    assert_eq!(exchange(&server, "POST", "/_emulator/clock", "", "{}").await.status(), 400);
    let state = exchange(&server, "GET", "/_emulator/state", "", "").await;
    assert_eq!(state.json()["systems"]["workspan"]["counts"]["token_requests"], 1);
    assert_eq!(state.json()["clock"], json!({ "now_ms": 7, "manual": true }));
    let secret = server.accounts().of(System::Workspan).parameters["clientSecret"].clone();
    let state = String::from_utf8(state.bytes).unwrap();
    assert!(!state.contains(&secret) && !state.contains(access.as_str().unwrap()));
    let log = exchange(&server, "GET", "/_emulator/log", "", "").await.json();
    assert_eq!((&log[0]["path"], &log[0]["kind"]), (&json!("/workspan/oauth/token"), &json!("token")));
    assert_eq!(exchange(&server, "POST", "/_emulator/reset", "", "").await.status(), 200);
    assert!(server.emulator().log().is_empty());
}

#[tokio::test]
async fn pages_may_ask_first() {
    let server = start().await;
    let headers = "origin: https://page.example\r\naccess-control-request-headers: authorization\r\n";
    for target in ["/workspan/app/v1/company", "/_emulator/clock", "/"] {
        let raw = exchange(&server, "OPTIONS", target, headers, "").await;
        assert_eq!(raw.status(), 204);
        assert!(raw.head().contains("access-control-allow-headers: authorization"));
    }
    assert_eq!(server.emulator().counts(System::Workspan).api_requests, 0);
}

#[tokio::test]
async fn stop_frees_the_port() {
    let server = start().await;
    let addr = server.addr();
    server.stop().await;
    let again = Server::start(addr).await.unwrap();
    assert_eq!(exchange(&again, "GET", "/", "", "").await.status(), 200);
    assert!(!again.clock().is_manual() && again.clock().now_ms() > 1_700_000_000_000);
}
