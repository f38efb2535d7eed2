//! What the host provides: a shared store, and signatures. What is written or signed, and when, is said by the core.

use crate::connection::Connection;
use core::pin::Pin;
use grantline_core::{Event, Fault, FaultKind, Granted, Notice, Step};

/// Does one step of a store for the record of this name, and says what came of it.
///
/// The name is the connector's id, a hyphen and 64 hexadecimal digits that stand for all parameters. The step is one
/// of these, and a failure is [`Event::Failed`] with words that hold no secret:
///
/// | step | what is done | event |
/// | --- | --- | --- |
/// | [`Step::Load`] | the record is read | [`Event::Loaded`] |
/// | [`Step::Lease`] | without waiting, the exclusive right to renew is taken, if it is free; it ends after its time | [`Event::Leased`] |
/// | [`Step::Save`] | the record is written, if the stored revision is the expected one | [`Event::Saved`] |
/// | [`Step::Release`] | the right is given back, if it is still the own one | [`Event::Released`] |
pub type Keeper = Box<dyn Fn(&str, &Step<Granted>) -> Pin<Box<dyn Future<Output = Event>>>>;

/// Signs: the step is [`Step::Sign`], its answer [`Event::Signed`] or [`Event::Failed`].
pub type Signer = Box<dyn Fn(&Step<Granted>) -> Pin<Box<dyn Future<Output = Event>>>>;

/// A store, and what the record of this connection is called there.
pub(crate) struct Shelf {
    pub(crate) keeper: Keeper,
    pub(crate) key: String,
}

impl Connection {
    /// Does a step of the store. If that fails, the host is told what to mend, and the core goes on without it.
    pub(crate) async fn keep(&self, step: &Step<Granted>) -> Event {
        let Some(shelf) = &self.0.shelf else {
            return Event::Failed(Fault::new(FaultKind::Store, "this connection has none"));
        };
        let event = (shelf.keeper)(&shelf.key, step).await;
        if let Event::Failed(fault) = &event {
            let message = format!("the store, {}: {}", shelf.key, fault.detail);
            self.notify(&Notice::Failed { code: "store", message, harmless: true });
        }
        event
    }

    /// Signs something, by the host's own signer if there is one.
    pub(crate) async fn sign(&self, step: &Step<Granted>) -> Event {
        if let Some(signer) = &self.0.signer {
            return signer(step).await;
        }
        #[cfg(feature = "webcrypto")]
        if let Step::Sign(signing) = step {
            return crate::sign::answer(signing).await;
        }
        Event::Failed(Fault::new(FaultKind::Signing, "this connection has no signer"))
    }
}
