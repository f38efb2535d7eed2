//! The server's time: the real one with an offset, or one that only moves when told.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A clock. Clones share their time.
#[derive(Clone, Debug)]
pub struct Clock {
    manual: bool,
    /// Manual: the time. Real: what is added to the system's time.
    value: Arc<AtomicI64>,
}

impl Clock {
    /// The real time, which `advance` and `set` can shift.
    pub fn real() -> Self {
        Self { manual: false, value: Arc::default() }
    }

    /// A time that stands still until it is advanced or set.
    pub fn manual(start_ms: u64) -> Self {
        Self { manual: true, value: Arc::new(AtomicI64::new(signed(start_ms))) }
    }

    /// Unix time in milliseconds.
    pub fn now_ms(&self) -> u64 {
        let value = self.value.load(Ordering::SeqCst);
        u64::try_from(self.base().saturating_add(value)).unwrap_or_default()
    }

    /// Moves forward.
    pub fn advance(&self, ms: u64) {
        let add = |value: i64| Some(value.saturating_add(signed(ms)));
        // The closure never declines, so there is nothing to handle.
        let _ = self.value.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
    }

    /// Jumps to a time. A real clock goes on from there.
    pub fn set(&self, now_ms: u64) {
        self.value.store(signed(now_ms).saturating_sub(self.base()), Ordering::SeqCst);
    }

    /// Whether it stands still by itself.
    pub const fn is_manual(&self) -> bool {
        self.manual
    }

    fn base(&self) -> i64 {
        if self.manual {
            return 0;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
