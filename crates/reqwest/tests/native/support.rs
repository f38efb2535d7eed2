//! A server, a clock and connections for tests.

use grantline_connectors as connectors;
use grantline_reqwest::{BoxFuture, Builder, Clock, Connection, Notice, UnixTime};
#[cfg(feature = "rustls")]
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;
use tokio::sync::Semaphore;

pub(crate) const SECRET: &str = "s3cr3t-of-a-person";

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Hit {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).last()
    }

    pub(crate) fn is_token(&self) -> bool {
        self.method == "POST" && self.target.contains("token")
    }
}

/// What the server does with a request.
pub(crate) enum Reply {
    /// An answer with a length.
    Whole(u16, Vec<(&'static str, String)>, String),
    /// These bytes, then the connection is closed.
    Raw(Vec<u8>),
    /// Nothing, until the gate opens; then the reply.
    Behind(Gate, Box<Self>),
}

impl Reply {
    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Whole(status, vec![("content-type", "application/json".to_owned())], body.into())
    }

    /// The n-th token, in the form of WorkSpan.
    pub(crate) fn token(number: usize, seconds: u64) -> Self {
        Self::json(200, format!(r#"{{"access_token":"t0ken-{number}","expires_in":{seconds}}}"#))
    }

    pub(crate) fn redirect(status: u16, location: impl Into<String>) -> Self {
        Self::Whole(status, vec![("location", location.into())], String::new())
    }
}

/// Holds an answer back until a test lets it go.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub(crate) fn holds(&self, reply: Reply) -> Reply {
        Reply::Behind(self.clone(), Box::new(reply))
    }

    fn wait(&self) {
        drop(self.0.1.wait_while(self.0.0.lock().unwrap(), |open| !*open).unwrap());
    }
}

/// A server on threads of its own, so that no runtime of a test matters to it.
pub(crate) struct Server {
    pub(crate) url: String,
    log: Arc<Log>,
}

struct Log {
    hits: Mutex<Vec<Hit>>,
    came: Semaphore,
}

impl Server {
    /// `respond` gets each request and how many of the same kind (token or API) came before it.
    pub(crate) fn start(respond: impl Fn(&Hit, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("http", |stream| stream, respond)
    }

    /// The same behind TLS.
    #[cfg(feature = "rustls")]
    pub(crate) fn start_tls(
        tls: Arc<ServerConfig>,
        respond: impl Fn(&Hit, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let wrap = move |stream| StreamOwned::new(ServerConnection::new(tls.clone()).unwrap(), stream);
        Self::listen("https", wrap, respond)
    }

    fn listen<S: Read + Write>(
        scheme: &str,
        wrap: impl Fn(TcpStream) -> S + Clone + Send + 'static,
        respond: impl Fn(&Hit, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let log = Arc::new(Log { hits: Mutex::default(), came: Semaphore::new(0) });
        let (seen, respond) = (log.clone(), Arc::new(respond));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (wrap, seen, respond) = (wrap.clone(), seen.clone(), respond.clone());
                // A client that goes away in the middle ends its thread, and nothing else.
                thread::spawn(move || serve(wrap(stream.ok()?), &seen, respond.as_ref()));
            }
        });
        Self { url, log }
    }

    pub(crate) fn hits(&self) -> Vec<Hit> {
        self.log.hits.lock().unwrap().clone()
    }

    pub(crate) fn tokens(&self) -> usize {
        self.hits().iter().filter(|hit| hit.is_token()).count()
    }

    pub(crate) fn calls(&self) -> Vec<Hit> {
        self.hits().into_iter().filter(|hit| !hit.is_token()).collect()
    }

    /// Waits for one more request.
    pub(crate) async fn hit(&self) {
        self.log.came.acquire().await.unwrap().forget();
    }
}

fn serve(mut stream: impl Read + Write, log: &Log, respond: &dyn Fn(&Hit, usize) -> Reply) -> Option<()> {
    loop {
        let hit = read(&mut stream)?;
        let before = {
            let mut hits = log.hits.lock().unwrap();
            let before = hits.iter().filter(|old| old.is_token() == hit.is_token()).count();
            hits.push(hit.clone());
            before
        };
        log.came.add_permits(1);
        let mut reply = respond(&hit, before);
        while let Reply::Behind(gate, next) = reply {
            gate.wait();
            reply = *next;
        }
        match reply {
            Reply::Whole(status, headers, body) => {
                let mut text = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
                headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
                stream.write_all(format!("{text}\r\n{body}").as_bytes()).ok()?;
            }
            Reply::Raw(bytes) => return stream.write_all(&bytes).ok(),
            Reply::Behind(..) => unreachable!("taken apart above"),
        }
    }
}

fn read(stream: &mut impl Read) -> Option<Hit> {
    let mut bytes = Vec::new();
    let mut more = |bytes: &mut Vec<u8>| {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&piece[..length]);
        Some(())
    };
    let end = loop {
        match bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            Some(end) => break end,
            None => more(&mut bytes)?,
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut hit = Hit { method, target, head, body: String::new() };
    let length: usize = hit.header("content-length").map_or(0, |length| length.parse().unwrap());
    let chunked = hit.header("transfer-encoding").is_some();
    while bytes.len() < end + 4 + length || (chunked && !bytes.ends_with(b"0\r\n\r\n")) {
        more(&mut bytes)?;
    }
    hit.body = String::from_utf8(bytes[end + 4..].to_vec()).unwrap();
    Some(hit)
}

/// A clock that stands still until it is moved; whoever sleeps moves it.
pub(crate) struct TestClock {
    now: AtomicU64,
    looks: AtomicU64,
}

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { now: AtomicU64::new(1_700_000_000_000), looks: AtomicU64::default() })
    }

    pub(crate) fn pass(&self, duration: Duration) {
        self.now.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn back(&self, duration: Duration) {
        self.now.fetch_sub(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// How often the time was asked for.
    pub(crate) fn looks(&self) -> u64 {
        self.looks.load(Ordering::SeqCst)
    }

    pub(crate) fn pass_secs(&self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        self.looks.fetch_add(1, Ordering::SeqCst);
        UnixTime::from_millis(self.now.load(Ordering::SeqCst))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.pass(duration);
        Box::pin(tokio::task::yield_now())
    }
}

/// WorkSpan at a server.
pub(crate) fn workspan(server: &Server, clock: &Arc<TestClock>) -> Builder {
    Connection::builder(connectors::workspan())
        .parameter("baseUrl", server.url.as_str())
        .parameter("clientId", "id-1")
        .parameter("clientSecret", SECRET)
        .allow_loopback()
        .clock(clock.clone())
}

/// Appspace at a server, with a key in a header that no client knows to be a secret.
pub(crate) fn appspace_key(server: &Server) -> Builder {
    Connection::builder(connectors::appspace())
        .parameters([("baseUrl", server.url.as_str()), ("apiKey", SECRET), ("apiKeyHeader", "x-api-key")])
        .allow_loopback()
}

/// Everything that a connection tells.
#[derive(Clone, Default)]
pub(crate) struct Notices(Arc<Mutex<Vec<Notice>>>);

impl Notices {
    pub(crate) fn listen(&self, builder: Builder) -> Builder {
        let notices = self.0.clone();
        builder.on_notice(move |notice| notices.lock().unwrap().push(notice.clone()))
    }

    pub(crate) fn all(&self) -> Vec<Notice> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, wanted: impl Fn(&Notice) -> bool) -> usize {
        self.all().iter().filter(|notice| wanted(notice)).count()
    }
}
