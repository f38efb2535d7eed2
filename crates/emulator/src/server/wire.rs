//! Connections that can be broken, and bodies that are.
//!
//! Decides: a cut closes the socket with a reset (`SO_LINGER` 0) before any byte of the response; a
//! truncated response has a whole head and half a body, then an orderly close.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use futures_util::stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const CHUNK: usize = 1 << 16;

/// A listener whose connections can be cut by whoever handles a request on them.
#[derive(Debug)]
pub(super) struct Cuttable(pub(super) TcpListener);

/// The handle to a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection(Arc<AtomicBool>);

impl Connection {
    /// From now on nothing is written any more.
    pub(super) fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Debug)]
pub(super) struct CutStream {
    stream: TcpStream,
    connection: Connection,
}

impl Listener for Cuttable {
    type Io = CutStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (CutStream, SocketAddr) {
        // axum's own listener sleeps and tries again when the process is out of sockets.
        let (stream, addr) = Listener::accept(&mut self.0).await;
        (CutStream { stream, connection: Connection::default() }, addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Cuttable>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Cuttable>) -> Self {
        stream.io().connection.clone()
    }
}

impl AsyncRead for CutStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for CutStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.connection.is_cut() {
            // Without a linger time the close that follows sends a reset. If the socket refuses the option,
            // the client sees a plain close, which is as broken.
            let _ = self.stream.set_zero_linger();
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // An orderly shutdown would come before the reset.
        if self.connection.is_cut() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The length that the head of a truncated response promises: always more than what is sent.
pub(super) fn promised(body: usize, padding: u64) -> u64 {
    (body as u64).saturating_add(padding).max(1)
}

/// Half of a body, then an error, which makes hyper close the connection.
pub(super) fn truncated(mut body: Vec<u8>) -> Body {
    body.truncate(body.len() / 2);
    let mut first = Some(Bytes::from(body));
    let mut flushed = false;
    Body::from_stream(stream::poll_fn(move |cx| {
        if let Some(first) = first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        // Hyper writes out what it has while a body is pending; without this turn it would drop the head
        // together with the connection.
        if !std::mem::replace(&mut flushed, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionAborted))))
    }))
}

/// A body followed by so many spaces, made as they are sent.
pub(super) fn padded(body: Vec<u8>, padding: u64) -> Body {
    let spaces = Bytes::from(vec![b' '; CHUNK]);
    let rest = stream::unfold(padding, move |left| {
        let size = left.min(CHUNK as u64);
        let chunk = spaces.slice(..size as usize);
        async move { (size > 0).then(|| (Ok::<_, io::Error>(chunk), left - size)) }
    });
    let start = stream::iter([Ok(Bytes::from(body))]);
    Body::from_stream(futures_util::StreamExt::chain(start, rest))
}
