//! What all clones of a connection share, and the token that its readers see without a lock.

use crate::clock::Clock;
use crate::flight::Desk;
use crate::store::Store;
use crate::transport::Clients;
use arc_swap::ArcSwapOption;
use grantline_core::error::SettingsError;
use grantline_core::{Error, Notice, Settings, Token, UnixTime};
use reqwest::header::HeaderValue;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What all clones of a connection share.
pub(crate) struct Inner {
    pub(crate) settings: Arc<Settings>,
    /// The connection's name in a store.
    pub(crate) key: String,
    pub(crate) token_clients: Clients,
    pub(crate) api_clients: Clients,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) observer: Option<Box<Observer>>,
    pub(crate) published: ArcSwapOption<Published>,
    /// The latest time that a reader saw, in milliseconds, so that a clock that is set back is noticed.
    pub(crate) latest: AtomicU64,
    /// Never held across an await, nor while foreign code runs.
    pub(crate) desk: Mutex<Desk>,
}

pub(crate) type Observer = dyn Fn(&Notice) + Send + Sync;

/// The present token, for readers who take no lock.
pub(crate) struct Published {
    pub(crate) token: Arc<Token>,
    pub(crate) header: Option<HeaderValue>,
    /// Until when it needs no second thought.
    until: UnixTime,
}

/// Time is written down in steps, and a clock that goes back less is not worth a thought.
const STEP_MS: u64 = 1000;

impl Inner {
    pub(crate) fn notify(&self, notice: &Notice) {
        self.observer.iter().for_each(|observer| observer(notice));
    }

    /// Lets readers without a lock see what the grant holds.
    pub(crate) fn publish(&self, desk: &Desk, now: UnixTime) {
        let token = desk.present(now).map(|(token, _)| token).zip(desk.grant.settled_until());
        let seen = self.published.load();
        let same = match (seen.as_ref(), &token) {
            (Some(seen), Some((token, until))) => Arc::ptr_eq(&seen.token, token) && seen.until == *until,
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.published.store(token.map(|(token, until)| {
                let header = self.header(&token).ok();
                Arc::new(Published { token, header, until })
            }));
        }
    }

    /// Reads the published token, if it serves without a second thought: no lock, no allocation.
    pub(crate) fn fresh<T>(&self, read: impl FnOnce(&Published) -> T) -> Option<T> {
        let seen = self.published.load();
        let now = self.clock.now();
        let (millis, latest) = (now.as_millis(), self.latest.load(Ordering::Relaxed));
        if millis > latest.saturating_add(STEP_MS) {
            self.latest.fetch_max(millis, Ordering::Relaxed);
        }
        let set_back = latest > millis.saturating_add(STEP_MS);
        seen.as_ref().filter(|seen| now < seen.until && !set_back).map(|seen| read(seen))
    }

    /// Tells the grant what the clock says and has said, and the host if a person must act soon. Before every flight.
    pub(crate) fn look(&self) -> UnixTime {
        let now = self.clock.now();
        let latest = self.latest.swap(now.as_millis(), Ordering::Relaxed);
        let mut desk = self.desk();
        desk.grant.observe(UnixTime::from_millis(latest), now);
        let warning = desk.grant.warning(now);
        // A flight that revoked in vain, or died, has left this to its successors.
        self.publish(&desk, now);
        drop(desk);
        warning.iter().for_each(|warning| self.notify(warning));
        now
    }

    pub(crate) fn header(&self, token: &Token) -> Result<HeaderValue, Error> {
        let problem = |problem: &str| Error::from(SettingsError::Request { problem: problem.to_owned() });
        let value = self.settings.authorization(token)?;
        let value = value.ok_or_else(|| {
            problem("cannot have an Authorization field: this connector sends its token in another place")
        })?;
        let mut header = HeaderValue::try_from(value)
            .map_err(|_| problem("cannot have an Authorization field: the token does not fit into one"))?;
        header.set_sensitive(true);
        Ok(header)
    }
}
