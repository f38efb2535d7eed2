//! The token endpoint and the API, and a log of everything that was asked for.

use crate::families::{Families, Issued, LIFETIME_SECONDS, Renewed};
use crate::now;
use crate::protocol::{CLIENT_ID, SECRET, Who};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// One answer in so many is slow: by one to three seconds.
const SLOW_ONE_IN: u32 = 3;

/// A token request.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Who asked.
    pub who: Who,
    /// When it came.
    pub at: u64,
    /// For what.
    pub grant: Grant,
    /// What was answered.
    pub outcome: Outcome,
    /// When the answer was ready to be sent, if it is.
    pub answered: Option<u64>,
}

/// What a token request asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Grant {
    /// A first grant.
    Acquire,
    /// A renewal.
    Renew,
}

/// What a token request led to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It is still worked on.
    Pending,
    /// Tokens of this number.
    Issued(u64),
    /// A refresh token was used twice: its family was revoked.
    FamilyRevoked,
    /// Refused for any other reason.
    Refused,
}

/// What the test may wait for.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// A request came whose answer takes so long.
    Slow {
        /// Who asked.
        who: Who,
        /// How long, in milliseconds.
        takes: u64,
    },
    /// Tokens were sent at once.
    Answered,
}

/// The server. It ends with the runtime.
#[derive(Debug)]
pub struct TokenServer {
    /// Where it listens.
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<Served>,
    moments: UnboundedSender<Moment>,
}

#[derive(Debug, Default)]
struct Served {
    families: Families,
    log: Vec<Entry>,
    /// The numbers of the tokens with which the API was called.
    used: HashSet<u64>,
    calls: u64,
    refused_calls: u64,
}

impl TokenServer {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// There is none.
    pub async fn start() -> io::Result<(Self, UnboundedReceiver<Moment>)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (moments, receiver) = unbounded_channel();
        let shared = Arc::new(Shared { state: Mutex::default(), moments });
        let router = Router::new()
            .route("/token", post(token))
            .route("/api/thing", get(thing))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((Self { url, shared }, receiver))
    }

    /// All token requests so far.
    #[must_use]
    pub fn log(&self) -> Vec<Entry> {
        self.shared.served().log.clone()
    }

    /// The numbers of the tokens with which the API was called.
    #[must_use]
    pub fn used(&self) -> HashSet<u64> {
        self.shared.served().used.clone()
    }

    /// How many API calls there were, and how many of them had no good token.
    #[must_use]
    pub fn calls(&self) -> (u64, u64) {
        let served = self.shared.served();
        (served.calls, served.refused_calls)
    }
}

impl Shared {
    fn served(&self) -> MutexGuard<'_, Served> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, moment: Moment) {
        // The test may have stopped listening.
        let _ = self.moments.send(moment);
    }

    /// Works on a request, in a task of its own: it goes on when the client is killed.
    async fn work(self: Arc<Self>, who: Who, form: HashMap<String, String>) -> (StatusCode, Value) {
        let (before, after) = delays();
        let renews = form.get("grant_type").is_some_and(|grant| grant == "refresh_token");
        let index = {
            let mut served = self.served();
            let grant = if renews { Grant::Renew } else { Grant::Acquire };
            served.log.push(Entry { who, at: now(), grant, outcome: Outcome::Pending, answered: None });
            served.log.len() - 1
        };
        if before + after > 0 {
            self.tell(Moment::Slow { who, takes: before + after });
        }
        tokio::time::sleep(Duration::from_millis(before)).await;
        let (outcome, answer) = self.decide(&form);
        self.served().log[index].outcome = outcome;
        tokio::time::sleep(Duration::from_millis(after)).await;
        self.served().log[index].answered = Some(now());
        if answer.0 == StatusCode::OK && before + after == 0 {
            self.tell(Moment::Answered);
        }
        answer
    }

    fn decide(&self, form: &HashMap<String, String>) -> (Outcome, (StatusCode, Value)) {
        let is = |name: &str, value: &str| form.get(name).is_some_and(|given| given == value);
        if !is("client_id", CLIENT_ID) || !is("client_secret", SECRET) {
            return (Outcome::Refused, refusal(StatusCode::UNAUTHORIZED, "invalid_client"));
        }
        let families = &mut self.served().families;
        let random = fastrand::u64(..);
        let renewed = match form.get("refresh_token") {
            Some(refresh) => families.renew(refresh, now(), random),
            None => Renewed::Issued(families.acquire(now(), random)),
        };
        match renewed {
            Renewed::Issued(issued) => (Outcome::Issued(issued.number), granted(&issued)),
            Renewed::Reused => (Outcome::FamilyRevoked, refusal(StatusCode::BAD_REQUEST, "invalid_grant")),
            Renewed::Unknown => (Outcome::Refused, refusal(StatusCode::BAD_REQUEST, "invalid_grant")),
        }
    }
}

fn granted(issued: &Issued) -> (StatusCode, Value) {
    let Issued { access, refresh, .. } = issued;
    let lifetime = LIFETIME_SECONDS;
    (StatusCode::OK, json!({ "access_token": access, "refresh_token": refresh, "expires_in": lifetime }))
}

fn refusal(status: StatusCode, code: &str) -> (StatusCode, Value) {
    (status, json!({ "error": code }))
}

/// How long a request waits before the server decides, and how long its answer waits after that.
fn delays() -> (u64, u64) {
    if fastrand::u32(..SLOW_ONE_IN) > 0 {
        return (0, 0);
    }
    let whole = fastrand::u64(1000..=3000);
    let before = fastrand::u64(0..=whole);
    (before, whole - before)
}

async fn token(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let agent = headers.get("user-agent").and_then(|agent| agent.to_str().ok());
    let Some(who) = agent.and_then(Who::from_agent) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_request" })));
    };
    match tokio::spawn(shared.work(who, form)).await {
        Ok((status, answer)) => (status, Json(answer)),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": "server_error" }))),
    }
}

async fn thing(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> StatusCode {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let mut served = shared.served();
    served.calls += 1;
    match token.and_then(|token| served.families.accepts(token, now())) {
        Some(number) => {
            served.used.insert(number);
            StatusCode::OK
        }
        None => {
            served.refused_calls += 1;
            StatusCode::UNAUTHORIZED
        }
    }
}
