//! Pages and items as streams.

use super::{exchange, refusal};
use crate::inner::Inner;
use crate::transport;
use futures_core::Stream;
use grantline_core::{Error, Fault, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// One page of an operation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// What it lists.
    pub items: Vec<Value>,
    /// All else of the answer: its JSON, whose list of items is empty.
    pub rest: Value,
}

/// The pages of an operation, one request each: a [`Stream`]. Dropped, it asks for no more; after an error it is over.
#[must_use = "nothing is sent before a page is asked for"]
pub struct Pages {
    id: String,
    state: State,
}

enum State {
    Idle(Box<Place>),
    Asking(Pin<Box<dyn Future<Output = Asked> + Send>>),
    Over,
}

/// What came of it, and where to go on.
type Asked = Result<(Option<Page>, Option<Box<Place>>), Error>;

/// Where the reading stands.
struct Place {
    inner: Arc<Inner>,
    pages: grantline_core::Pages,
    request: reqwest::Request,
}

impl Pages {
    pub(super) fn new(inner: Arc<Inner>, pages: grantline_core::Pages, request: reqwest::Request) -> Self {
        let id = pages.request().id.clone();
        Self { id, state: State::Idle(Box::new(Place { inner, pages, request })) }
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// As for a single call, or the answer is no page.
    pub async fn try_next(&mut self) -> Result<Option<Page>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }
}

impl Stream for Pages {
    type Item = Result<Page, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            self.state = match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Poll::Ready(None),
                State::Idle(place) => State::Asking(Box::pin(ask(place))),
                State::Asking(mut asking) => match asking.as_mut().poll(context) {
                    Poll::Pending => {
                        self.state = State::Asking(asking);
                        return Poll::Pending;
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                    Poll::Ready(Ok((page, place))) => {
                        self.state = place.map_or(State::Over, State::Idle);
                        return Poll::Ready(page.map(Ok));
                    }
                },
            };
        }
    }
}

/// Asks for one page.
async fn ask(mut place: Box<Place>) -> Asked {
    let unreadable = |place: &Place, problem: &str| Error::Pages {
        operation: place.pages.request().id.clone(),
        problem: problem.to_owned(),
    };
    let request = place.request.try_clone();
    let request = request.ok_or_else(|| unreadable(&place, "the body can be sent only once"))?;
    let response = exchange(&place.inner, place.pages.request(), request).await?;
    let status = response.status().as_u16();
    if place.pages.is_past_the_end(status) {
        return Ok((None, None));
    }
    if !place.pages.request().is_success(status) {
        return Err(refusal(&place.inner, &place.pages.request().id, response).await);
    }
    let (headers, url) = (transport::headers(response.headers()), response.url().to_string());
    let lost =
        |error: reqwest::Error| Error::Transport(Fault { detail: String::new(), ..transport::fault(error) });
    let body = response.bytes().await.map_err(lost)?;
    let seen = Response::new(status, headers, &body);
    let mut rest = match seen.body.trim() {
        "" => Value::Null,
        text => serde_json::from_str(text).map_err(|_| unreadable(&place, "the answer is not JSON"))?,
    };
    let wanted = place.pages.wanted()?;
    let seen = wanted.see(status, Some(&url), &seen.headers, &rest);
    let list = rest.pointer_mut(&wanted.items.to_string()).and_then(Value::as_array_mut);
    let items = list.map(std::mem::take).unwrap_or_default();
    let more = place.pages.next(&seen)?;
    Ok((Some(Page { items, rest }), more.then_some(place)))
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The items of all pages: a [`Stream`]. The next page is asked for when the items of the one before are used up.
#[must_use = "nothing is sent before an item is asked for"]
#[derive(Debug)]
pub struct Items<T> {
    pages: Pages,
    ready: VecDeque<Value>,
    kind: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Items<T> {
    pub(super) fn new(pages: Pages) -> Self {
        Self { pages, ready: VecDeque::new(), kind: PhantomData }
    }

    /// The next item; `None` after the last.
    ///
    /// # Errors
    /// As for a page, or the item is no `T`.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }
}

impl<T: DeserializeOwned> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                // Where it does not fit is said without quoting it.
                let misfit = |_| Error::Pages {
                    operation: self.pages.id.clone(),
                    problem: format!("an item is no {}", std::any::type_name::<T>()),
                };
                return Poll::Ready(Some(serde_json::from_value(item).map_err(misfit)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.ready.extend(page.items),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}
