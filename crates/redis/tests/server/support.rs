//! Redis, a token server and a clock for tests.

use grantline_connectors as connectors;
use grantline_redis::redis::{self, aio::MultiplexedConnection};
use grantline_reqwest::{BoxFuture, Builder, Clock, Connection, UnixTime};
use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "p4ssw0rd-of-redis";

/// A Redis server that listens on a socket of its own and keeps nothing.
pub(crate) struct Redis {
    directory: TempDir,
    running: Option<(Child, BufReader<ChildStdout>)>,
}

impl Redis {
    pub(crate) fn start() -> Self {
        let mut redis = Self { directory: tempfile::tempdir().unwrap(), running: None };
        redis.restart();
        redis
    }

    /// Ends it, if it runs, and starts it anew: empty.
    pub(crate) fn restart(&mut self) {
        self.stop();
        let program = env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
        let mut child = Command::new(program)
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--requirepass", PASSWORD])
            .arg("--unixsocket")
            .arg(self.socket())
            .arg("--dir")
            .arg(self.directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect(
                "these tests need redis-server on PATH: install it (Debian: `apt-get install redis-server`)",
            );
        let mut told = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("eady to accept connections") {
            line.clear();
            assert_ne!(told.read_line(&mut line).unwrap(), 0, "redis-server ended");
        }
        self.running = Some((child, told));
    }

    pub(crate) fn stop(&mut self) {
        if let Some((mut child, _)) = self.running.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn url(&self) -> String {
        self.url_with(PASSWORD)
    }

    pub(crate) fn url_with(&self, password: &str) -> String {
        format!("redis+unix://{}?pass={password}", self.socket().display())
    }

    /// A connection that no store uses.
    pub(crate) async fn bare(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A server of tokens, on threads of its own.
pub(crate) struct Tokens {
    pub(crate) url: String,
    asked: Arc<AtomicUsize>,
}

impl Tokens {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let counter = counter.clone();
                // A client that goes away in the middle ends its thread, and nothing else.
                thread::spawn(move || serve(stream.ok()?, &counter));
            }
        });
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, asked: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().ok()?;
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    let body =
        format!(r#"{{"access_token":"t0ken-{}","expires_in":3600}}"#, asked.fetch_add(1, Ordering::SeqCst));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    stream.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).ok()
}

/// A clock that stands still until it is moved. Whoever sleeps waits until nobody holds the lease.
pub(crate) struct TestClock {
    now: AtomicU64,
    redis: MultiplexedConnection,
}

impl TestClock {
    pub(crate) async fn new(redis: &Redis) -> Arc<Self> {
        Arc::new(Self { now: AtomicU64::new(1_700_000_000_000), redis: redis.bare().await })
    }

    pub(crate) fn pass(&self, duration: Duration) {
        self.now.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.now.load(Ordering::SeqCst))
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        let mut redis = self.redis.clone();
        Box::pin(async move {
            while !keys(&mut redis, "*-lease").await.is_empty() {
                tokio::task::yield_now().await;
            }
        })
    }
}

pub(crate) async fn keys(redis: &mut MultiplexedConnection, pattern: &str) -> Vec<String> {
    redis::cmd("KEYS").arg(pattern).query_async(redis).await.unwrap()
}

/// WorkSpan at a server of tokens.
pub(crate) fn workspan(tokens: &Tokens, clock: &Arc<TestClock>) -> Builder {
    Connection::builder(connectors::workspan())
        .parameter("baseUrl", tokens.url.as_str())
        .parameter("clientId", "id-1")
        .parameter("clientSecret", "s3cr3t-of-a-person")
        .allow_loopback()
        .clock(clock.clone())
}

/// The key of a connection in a store.
pub(crate) fn key(connection: &Connection) -> String {
    format!("workspan-{}", connection.settings().key())
}
