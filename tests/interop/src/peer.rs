//! A server of other people, run for as long as a test needs it.

use crate::clock::TestClock;
use crate::proxy::Proxy;
use crate::table::{Facts, Rotation, facts};
use grantline_reqwest::reqwest::{Client, RequestBuilder, StatusCode};
use grantline_reqwest::{Builder, Connection, Connector};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::thread;

/// A client that needs encoding.
pub const CLIENT_ID: &str = "client 1";
/// A secret that breaks whatever is not encoded, and whatever is encoded twice.
pub const SECRET: &str = "a b+c/d%e:f&g=h%20i";

/// A running server, and the proxy before it. It ends when this is dropped, and when this process dies: its stdin
/// closes.
#[derive(Debug)]
pub struct Peer {
    /// What is known of it.
    pub facts: Facts,
    /// What connections talk to.
    pub proxy: Proxy,
    url: String,
    child: Child,
    stdin: Option<ChildStdin>,
    http: Client,
}

/// The answer to a token request that no connection made.
#[derive(Clone, Debug, Deserialize)]
pub struct Minted {
    /// The access token, if there is one.
    #[serde(default)]
    pub access_token: String,
    /// The refresh token, if there is one.
    pub refresh_token: Option<String>,
}

impl Peer {
    /// Starts a server that treats refresh tokens in its own way.
    #[must_use]
    pub fn start(name: &str) -> Self {
        Self::rotating(name, facts(name).rotations[0])
    }

    /// Starts a server that treats refresh tokens in this way.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn rotating(name: &str, rotation: Rotation) -> Self {
        let settings = json!({ "clientId": CLIENT_ID, "clientSecret": SECRET, "rotation": rotation.name() });
        Self::run(name, &settings)
    }

    /// Starts an `oidc-provider` that knows the client by these public keys, in PEM.
    #[must_use]
    pub fn with_keys(public_keys: &[String]) -> Self {
        Self::run("oidc-provider", &json!({ "clientId": CLIENT_ID, "publicKeys": public_keys }))
    }

    fn run(name: &str, settings: &Value) -> Self {
        let facts = facts(name);
        let mut child = Command::new(facts.program())
            .arg(&facts.command[1])
            .current_dir(crate::file("servers"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}; `cargo xtask test --only interop` sets it up"));
        let mut stdin = child.stdin.take();
        // A server that has ended cannot read; its first line, which is missing, says so.
        let _ = stdin.as_mut().map(|stdin| writeln!(stdin, "{settings}"));
        let url = url(&mut child).unwrap_or_else(|said| panic!("{name} did not start: {said}"));
        let proxy = Proxy::start(&url);
        Self { facts, proxy, url, child, stdin, http: Client::new() }
    }

    /// A connection through the proxy, with the credentials of the client.
    pub fn connection(&self, connector: &str, clock: &Arc<TestClock>) -> Builder {
        Connection::builder(crate::connector(connector))
            .parameters([("baseUrl", self.proxy.url.as_str()), ("clientId", CLIENT_ID)])
            .parameter("clientSecret", SECRET)
            .allow_loopback()
            .clock(clock.clone())
    }

    /// A connection through the proxy that signs its assertions in this way. The server looks at their times, so the clock
    /// is that of the system.
    pub fn signing(&self, algorithm: &str, private_key: &str) -> Builder {
        let text = crate::connector_text("private-key-jwt").replace("RS256", algorithm);
        Connection::builder(Connector::from_json(&text).unwrap_or_else(|error| panic!("{error}")))
            .parameters([("baseUrl", self.proxy.url.as_str()), ("clientId", CLIENT_ID)])
            .parameters([("audience", self.url.as_str()), ("privateKey", private_key)])
            .allow_loopback()
    }

    /// The first refresh token, as a person who signs in would bring it.
    pub async fn mint(&self) -> String {
        let answer: Minted = self.answer(self.http.post(format!("{}/control/mint", self.url))).await.1;
        answer.refresh_token.unwrap_or_else(|| panic!("no refresh token was minted"))
    }

    /// Ends all access tokens, as an administrator would.
    pub async fn forget(&self) {
        let (status, _) = self.answer::<Value>(self.http.post(format!("{}/control/forget", self.url))).await;
        assert_eq!(status, StatusCode::OK);
    }

    /// Uses a refresh token past every connection: the answer, or the server's code of its refusal.
    ///
    /// # Errors
    /// The server's code.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Minted, String> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", CLIENT_ID),
            ("client_secret", SECRET),
        ];
        let request = self.http.post(format!("{}/token", self.url)).form(&form);
        let (status, answer) = self.answer::<Value>(request).await;
        if status.is_success() {
            return Ok(serde_json::from_value(answer).unwrap_or_else(|error| panic!("{error}")));
        }
        Err(answer["error"].as_str().unwrap_or_default().to_owned())
    }

    /// How the protected resource answers to an access token, past every connection.
    pub async fn accepts(&self, access_token: &str) -> bool {
        let request = self.http.get(format!("{}/api/me", self.url)).bearer_auth(access_token);
        let status = request.send().await.unwrap_or_else(|error| panic!("{error}")).status();
        assert!(matches!(status.as_u16(), 200 | 401), "{status}");
        status == StatusCode::OK
    }

    async fn answer<T: for<'a> Deserialize<'a>>(&self, request: RequestBuilder) -> (StatusCode, T) {
        let response = request.send().await.unwrap_or_else(|error| panic!("{error}"));
        let status = response.status();
        (status, response.json().await.unwrap_or_else(|error| panic!("status {status}: {error}")))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // Both fail only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The URL in the first line of stdout, or what was said on stderr instead. What a server that runs has to say is
/// read and dropped: a closed pipe would end it.
fn url(child: &mut Child) -> Result<String, String> {
    let (Some(stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err("it has no output".to_owned());
    };
    let complaints = thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text);
        text
    });
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    let _ = stdout.read_line(&mut line);
    let ready: Option<Value> = serde_json::from_str(&line).ok();
    if let Some(url) = ready.as_ref().and_then(|ready| ready["url"].as_str()) {
        thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
        return Ok(url.to_owned());
    }
    let _ = child.kill();
    Err(complaints.join().unwrap_or_default())
}
