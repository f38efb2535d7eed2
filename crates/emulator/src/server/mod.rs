//! A real HTTP server around the pure function.
//!
//! Decides: how time, entropy and sockets reach the function, and how a cut is made real. Binds where it is
//! told; use a loopback address, since the accounts are public and the admin API asks for no credential.

mod admin;
mod clock;
mod wire;

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, request};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use self::clock::Clock;
use self::wire::{Connection, Cuttable};
use crate::accounts::Accounts;
use crate::emulator::Emulator;
use crate::http::{Cut, Reply, Request};
use crate::system::System;

/// No request of the four systems is near this size.
const LARGEST_BODY: usize = 1 << 20;
/// How long `stop` waits for requests that are being answered.
const GRACE: Duration = Duration::from_secs(1);

/// A running emulator.
pub struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<io::Result<()>>,
}

struct Shared {
    emulator: Mutex<Emulator>,
    clock: Clock,
    addr: SocketAddr,
}

impl Shared {
    /// A panic elsewhere leaves the state whole, because every request replaces it in one step.
    fn emulator(&self) -> MutexGuard<'_, Emulator> {
        self.emulator.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Starts with the real time.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn start(addr: SocketAddr) -> io::Result<Self> {
        Self::start_with(addr, Clock::real()).await
    }

    /// Starts with this clock, which the caller may keep a clone of.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn start_with(addr: SocketAddr, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared { emulator: Mutex::new(Emulator::new()), clock, addr });
        let service = router(Arc::clone(&shared)).into_make_service_with_connect_info::<Connection>();
        let (stop, stopped) = oneshot::channel::<()>();
        // A dropped sender also means stop, so a dropped `Server` does not leave its port open.
        let serve = axum::serve(Cuttable(listener), service).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        let task = tokio::spawn(async move { serve.await });
        Ok(Self { addr, shared, stop: Some(stop), task })
    }

    /// The address it listens on.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL of a system.
    pub fn base_url(&self, system: System) -> String {
        system.base_url(&format!("http://{}", self.addr))
    }

    /// The accounts a client may use here.
    pub fn accounts(&self) -> Accounts {
        self.emulator().accounts(&format!("http://{}", self.addr))
    }

    /// The state; requests wait while it is held.
    pub fn emulator(&self) -> MutexGuard<'_, Emulator> {
        self.shared.emulator()
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Stops listening, and waits a second for requests that are being answered.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if tokio::time::timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }

    /// Waits until the server fails, which a listening socket hardly ever does.
    ///
    /// # Errors
    /// What made it fail.
    pub async fn run(mut self) -> io::Result<()> {
        (&mut self.task).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("addr", &self.addr).finish_non_exhaustive()
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_emulator/state", get(admin::state).options(admin::preflight))
        .route("/_emulator/log", get(admin::log).options(admin::preflight))
        .route("/_emulator/accounts", get(admin::accounts).options(admin::preflight))
        .route("/_emulator/clock", post(admin::clock).options(admin::preflight))
        .route("/_emulator/control/{system}", post(admin::control).options(admin::preflight))
        .route("/_emulator/reset", post(admin::reset).options(admin::preflight))
        .fallback(answer)
        .with_state(shared)
}

/// Every request that is not for the admin API.
async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: axum::extract::Request,
) -> axum::response::Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else { return status(StatusCode::PAYLOAD_TOO_LARGE) };
    let Some(request) = translate(&head, body.to_vec()) else { return status(StatusCode::BAD_REQUEST) };
    let reply = {
        let now_ms = shared.clock.now_ms();
        shared.emulator().handle(now_ms, entropy(), &request)
    };
    // Real time even under a manual clock: a client's timeout is real as well.
    if reply.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(reply.delay_ms)).await;
    }
    respond(reply, &connection)
}

fn respond(reply: Reply, connection: &Connection) -> axum::response::Response {
    if matches!(reply.cut, Some(Cut::BeforeRead | Cut::AfterRead)) {
        connection.cut();
        return status(StatusCode::OK);
    }
    let mut response = axum::http::Response::builder().status(reply.response.status);
    for (name, value) in &reply.response.headers {
        response = response.header(name, value);
    }
    let body = reply.response.body;
    let body = match (reply.cut, reply.padding) {
        (Some(_), padding) => {
            response = response.header("content-length", wire::promised(body.len(), padding));
            wire::truncated(body)
        }
        (None, 0) => Body::from(body),
        (None, padding) => wire::padded(body, padding),
    };
    response.body(body).unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
}

fn status(status: StatusCode) -> axum::response::Response {
    let mut response = axum::response::Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The emulator's own form of a request; a header that is not text has none.
fn translate(head: &request::Parts, body: Vec<u8>) -> Option<Request> {
    Some(Request {
        method: head.method.as_str().to_owned(),
        target: head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: headers(&head.headers)?,
        body,
    })
}

fn headers(headers: &HeaderMap) -> Option<Vec<(String, String)>> {
    let text =
        |value: &axum::http::HeaderValue| std::str::from_utf8(value.as_bytes()).ok().map(str::to_owned);
    headers.iter().map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect()
}

/// The standard library seeds its hash maps from the system; that is random enough for a test server, and
/// saves a dependency.
fn entropy() -> [u8; 32] {
    let mut bytes = [0; 32];
    for chunk in bytes.chunks_exact_mut(8) {
        chunk.copy_from_slice(&RandomState::new().build_hasher().finish().to_ne_bytes());
    }
    bytes
}
