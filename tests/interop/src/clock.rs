//! A clock that stands still until it is moved.

use grantline_reqwest::{BoxFuture, Clock, UnixTime};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Moved by the test; whoever sleeps moves it, too.
#[derive(Debug)]
pub struct TestClock(AtomicU64);

impl TestClock {
    /// It begins somewhere in 2023: the servers live in the present, and nobody compares.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(1_700_000_000_000)))
    }

    /// Goes to this time.
    pub fn set(&self, time: UnixTime) {
        self.0.store(time.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.set(self.now().after(duration));
        Box::pin(std::future::ready(()))
    }
}
