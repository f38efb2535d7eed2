//! The tools for people who write connectors: what they print, on which stream, and their exit codes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod examples;
mod new;
#[cfg(unix)]
mod page;
mod parse;
mod plan;
mod vectors;

use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A directory with connector files.
struct Desk {
    directory: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// A desk with this connector as `service.json`.
    fn with(connector: &Value) -> Self {
        let desk = Self::new();
        desk.write("service.json", &format!("{connector:#}\n"));
        desk
    }

    fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grantline"));
        command.args(arguments.split_whitespace()).current_dir(self.directory.path());
        command.env_clear().env("HOME", self.directory.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn run_with(&self, arguments: &str, input: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// The standard output as JSON, and the exit code.
    fn json(&self, arguments: &str) -> (Value, i32) {
        let output = self.run(arguments);
        let json = serde_json::from_slice(&output.stdout);
        (json.unwrap_or_else(|_| panic!("{}", said(&output))), output.status.code().unwrap())
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn said(output: &Output) -> &str {
    text(&output.stderr)
}

/// Asserts an exit code, an empty standard output, and words on standard error.
#[track_caller]
fn fails(output: &Output, code: i32, words: &[&str]) {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
    assert_eq!(text(&output.stdout), "");
    for words in words {
        assert!(said(output).contains(words), "{words:?} is not in:\n{}", said(output));
    }
}

/// A service as a person would describe it.
fn service() -> Value {
    json!({
        "id": "service", "title": "Service", "docs": "https://docs.acme.example",
        "parameters": [
            { "name": "clientId", "type": "string", "title": "Client ID", "help": "Settings > API." },
            { "name": "clientSecret", "type": "securestring", "title": "Client secret", "help": "Settings > API." },
        ],
        "base_url": "https://api.acme.example",
        "hosts": ["api.acme.example"],
        "auth": {
            "acquire": {
                "method": "POST", "url": "https://api.acme.example/token",
                "json": { "id": "{clientId}", "secret": "{clientSecret}" },
            },
            "renew": {
                "method": "POST", "url": "https://api.acme.example/token",
                "form": { "refresh_token": "{refreshToken}" },
            },
            "revoke": { "method": "DELETE", "url": "https://api.acme.example/token",
                "headers": { "authorization": "Bearer {accessToken}" } },
            "token": {
                "value": "/token", "refresh_token": "/refresh",
                "expiry": [{ "seconds": "/expires_in" }], "refresh_expiry": [{ "seconds": "/refresh_expires_in" }],
            },
            "errors": { "code": ["/error/code"], "message": ["/error/message"], "request_id_header": "x-request" },
            "apply": { "headers": { "authorization": "Bearer {accessToken}" } },
        },
        "test": { "method": "GET", "path": "/me" },
    })
}

/// A service that gives a session first, then a token, and says where its API is.
fn steps() -> Value {
    json!({
        "id": "steps", "title": "Steps", "docs": "https://docs.acme.example",
        "parameters": [
            { "name": "key", "type": "securestring", "title": "Private key", "help": "Settings > API, in PEM." },
        ],
        "base_url": "{server}", "hosts": ["login.acme.example", "*.api.acme.example"],
        "auth": {
            "values": {
                "assertion": { "jwt": { "algorithm": "RS256", "key": "{key}", "claims": { "sub": "me" }, "lifetime_seconds": 60 } },
            },
            "acquire": [
                {
                    "method": "POST", "url": "https://login.acme.example/session", "answer": "xml",
                    "text": "<login>{assertion}</login>", "headers": { "content-type": "application/xml" },
                    "captures": { "session": "/Envelope/Body/session", "jar": { "cookie": "jar" } },
                },
                {
                    "method": "POST", "url": "https://login.acme.example/token", "form": { "session": "{session}" },
                    "cookies": { "jar": "{jar}" }, "captures": { "server": ["/server", { "header": "x-server" }] },
                },
            ],
            "token": { "value": "/data/token", "expiry": [{ "milliseconds": "/data/ms" }] },
            "errors": { "code": "/error", "message": "/reason", "reconnect": { "codes": ["locked"] } },
            "apply": { "headers": { "authorization": "Session {accessToken}" } },
        },
        "test": { "method": "GET", "path": "/me" },
    })
}
