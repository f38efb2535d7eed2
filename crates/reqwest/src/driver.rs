//! The one loop that does what a flow's steps say.

use crate::inner::Inner;
use crate::sign;
use crate::store::{Lease, Store, StoreError};
use crate::transport::{self, Clients};
use grantline_core::{Error, Event, Fault, FaultKind, Notice, Request, Step};
use std::sync::Arc;
use std::time::Duration;

/// How a flow's requests are sent: the one thing in which grants and calls differ.
pub(crate) trait Wire: Send {
    fn send(&mut self, request: &Request) -> impl Future<Output = Event> + Send;
}

/// Sends token requests.
pub(crate) struct TokenWire(pub(crate) Clients);

impl Wire for TokenWire {
    async fn send(&mut self, request: &Request) -> Event {
        transport::exchange(&self.0, request).await
    }
}

/// Does `step` and all that follow it. `advance` is the flow.
pub(crate) async fn drive<T>(
    inner: &Arc<Inner>,
    wire: &mut impl Wire,
    mut step: Step<T>,
    mut advance: impl FnMut(Event) -> Result<Step<T>, Error> + Send,
) -> Result<T, Error> {
    // Dropped with the future, and so given back.
    let mut lease = None;
    loop {
        let event = match step {
            Step::Done { output } => return Ok(output),
            Step::Send(request) => {
                let began = inner.clock.now();
                let event = wire.send(&request).await;
                let took = inner.clock.now().since(began);
                let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                inner.notify(&Notice::sent(&request, &event, millis));
                event
            }
            Step::Sleep { millis } => {
                inner.clock.sleep(Duration::from_millis(millis)).await;
                Event::Woke
            }
            Step::Sign(signing) => sign::answer(signing).await,
            Step::Authorize { rejected } => Event::Token(inner.authorize(rejected).await?),
            Step::Load | Step::Lease { .. } | Step::Save { .. } | Step::Release => {
                let done = match &inner.store {
                    Some(store) => keep(store.as_ref(), &inner.key, step, &mut lease).await,
                    None => Err(StoreError::new("there is no store")),
                };
                done.unwrap_or_else(|error| inner.store_failed(&error))
            }
        };
        step = advance(event)?;
    }
}

/// Does a step of the store.
async fn keep<T>(
    store: &dyn Store,
    key: &str,
    step: Step<T>,
    lease: &mut Option<Box<dyn Lease>>,
) -> Result<Event, StoreError> {
    Ok(match step {
        Step::Lease { millis } => {
            *lease = store.lease(key, Duration::from_millis(millis)).await?;
            Event::Leased(lease.is_some())
        }
        Step::Save { record, expected } => Event::Saved(store.save(key, &record, expected).await?),
        Step::Release => {
            if let Some(lease) = lease.take() {
                lease.release().await?;
            }
            Event::Released
        }
        _ => Event::Loaded(store.load(key).await?.map(Box::new)),
    })
}

impl Inner {
    /// The core goes on without its store; the host is told what to mend.
    fn store_failed(&self, error: &StoreError) -> Event {
        let fault = Fault::new(FaultKind::Store, error.to_string());
        let code = Error::Transport(fault.clone()).code();
        self.notify(&Notice::Failed { code, message: error.to_string(), harmless: true });
        Event::Failed(fault)
    }
}
