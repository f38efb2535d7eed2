//! A proxy between the connection and the server: it keeps what passes, and loses answers when told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// One request and what the server answered.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Its method and target.
    pub line: String,
    /// The `grant_type` of a token request.
    pub grant: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub answer: String,
    /// Whether the answer was dropped on its way.
    pub lost: bool,
}

#[derive(Debug, Default)]
struct State {
    exchanges: Vec<Exchange>,
    losses: u32,
}

/// Forwards each request on a connection of its own.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// Begins to forward to this server.
    ///
    /// # Panics
    /// There is no free port.
    #[must_use]
    #[expect(clippy::unwrap_used, reason = "without a port there is no test")]
    pub fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = server.trim_start_matches("http://").to_owned();
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (server, state) = (server.clone(), shared.clone());
                // Whoever goes away in the middle ends one thread, and nothing else.
                thread::spawn(move || forward(stream.ok()?, &server, &state));
            }
        });
        Self { url, state }
    }

    /// Loses the answers to so many token requests from now on, after the server has given them.
    pub fn lose(&self, count: u32) {
        lock(&self.state).losses = count;
    }

    /// The token requests so far.
    #[must_use]
    pub fn token_requests(&self) -> Vec<Exchange> {
        let all = &lock(&self.state).exchanges;
        all.iter().filter(|exchange| exchange.grant.is_some()).cloned().collect()
    }

    /// What the token requests so far asked for.
    #[must_use]
    pub fn grants(&self) -> Vec<String> {
        self.token_requests().into_iter().filter_map(|exchange| exchange.grant).collect()
    }

    /// The statuses of the API requests so far.
    #[must_use]
    pub fn api_statuses(&self) -> Vec<u16> {
        let all = &lock(&self.state).exchanges;
        all.iter()
            .filter(|exchange| exchange.line.contains("/api/"))
            .map(|exchange| exchange.status)
            .collect()
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forward(mut client: TcpStream, server: &str, state: &Mutex<State>) -> Option<()> {
    let (head, body) = read(&client)?;
    let mut upstream = TcpStream::connect(server).ok()?;
    upstream.write_all(head.as_bytes()).ok()?;
    upstream.write_all(&body).ok()?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer);
    let (status, content) = text.split_once("\r\n\r\n")?;
    let grant = field(&String::from_utf8_lossy(&body), "grant_type");
    let lost = {
        let mut state = lock(state);
        let lost = grant.is_some() && state.losses > 0;
        state.losses -= u32::from(lost);
        state.exchanges.push(Exchange {
            line: head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned(),
            grant,
            status: status.split(' ').nth(1)?.parse().ok()?,
            answer: content.to_owned(),
            lost,
        });
        lost
    };
    if lost { None } else { client.write_all(&answer).ok() }
}

/// A request, which the server is told to answer and then to hang up.
fn read(client: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(client);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            head.push_str("connection: close\r\n\r\n");
            break;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// A plain field of a form.
fn field(form: &str, name: &str) -> Option<String> {
    form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}
