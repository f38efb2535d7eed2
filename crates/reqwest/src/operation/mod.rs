//! Operations: API requests by name.

mod argument;
mod pages;

pub use argument::Argument;
pub use pages::{Items, Page, Pages};

use crate::connection::Connection;
use crate::inner::Inner;
use crate::request::{blank, run, unbuildable};
use crate::transport;
use grantline_core::json::Json;
use grantline_core::{Call, Error, LARGEST_REFUSAL, OperationRequest};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Body, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The call of an operation in the making: see [`Connection::call`].
#[must_use = "nothing is sent before `send` is awaited"]
pub struct OperationBuilder {
    connection: Connection,
    id: String,
    arguments: Vec<(String, Json)>,
    inner: reqwest::RequestBuilder,
}

impl OperationBuilder {
    pub(crate) fn new(connection: Connection, id: String) -> Self {
        let inner = blank(&connection.inner.api_clients.secure, "GET");
        Self { connection, id, arguments: Vec::new(), inner }
    }

    /// Gives an argument: text, a number, a boolean, a list of them, or an `Option`, where `None` is as good as none
    /// given. One that is given twice counts as it was given last.
    pub fn arg(mut self, name: impl Into<String>, value: impl Into<Argument>) -> Self {
        let name = name.into();
        self.arguments.retain(|(known, _)| *known != name);
        let Argument(value) = value.into();
        self.arguments.push((name, value));
        self
    }

    /// Whatever else reqwest can set; method and URL are those of the operation.
    pub fn map(self, change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder) -> Self {
        Self { inner: change(self.inner), ..self }
    }

    /// Adds a header field. One that the operation or the token sets is replaced when the request is sent.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        HeaderName: TryFrom<N, Error: Into<http::Error>>,
        HeaderValue: TryFrom<V, Error: Into<http::Error>>,
    {
        self.map(|inner| inner.header(name, value))
    }

    /// Sets the body to JSON.
    pub fn json<T: Serialize + ?Sized>(self, json: &T) -> Self {
        self.map(|inner| inner.json(json))
    }

    /// Sets the body. Its content type is that of the operation, unless a header says otherwise.
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.map(|inner| inner.body(body))
    }

    /// Gives up after so long, each time a request is sent. There is no limit otherwise.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.map(|inner| inner.timeout(timeout))
    }

    /// Calls the operation. The answer is a success; its body is not yet read.
    ///
    /// # Errors
    /// There is no such operation, an argument is wrong, no token can be had, no answer came, or it is none of success:
    /// [`Error::Operation`] says with which status, and what the API said.
    pub async fn send(self) -> Result<reqwest::Response, Error> {
        let (inner, request, response) = self.sent().await?;
        if request.is_success(response.status().as_u16()) {
            return Ok(response);
        }
        Err(refusal(&inner, &request.id, response).await)
    }

    /// The same, and the answer is an answer, whatever its status.
    ///
    /// # Errors
    /// As [`OperationBuilder::send`], but for a status that is none of success.
    pub async fn response(self) -> Result<reqwest::Response, Error> {
        self.sent().await.map(|(_, _, response)| response)
    }

    /// Calls the operation page by page: a stream of pages. Nothing is sent before the first is asked for.
    ///
    /// # Errors
    /// There is no such operation, an argument is wrong, or the connector does not say how the operation is paged.
    pub fn pages(self) -> Result<Pages, Error> {
        let settings = self.connection.inner.settings.clone();
        let pages = grantline_core::Pages::new(settings, &self.id, self.arguments)?;
        pages.wanted()?;
        let request = prepare(self.inner, pages.request())?;
        Ok(Pages::new(self.connection.inner, pages, request))
    }

    /// The items of all pages: a stream of them.
    ///
    /// # Errors
    /// As [`OperationBuilder::pages`].
    pub fn items<T: DeserializeOwned>(self) -> Result<Items<T>, Error> {
        self.pages().map(Items::new)
    }

    async fn sent(self) -> Result<(Arc<Inner>, OperationRequest, reqwest::Response), Error> {
        let inner = self.connection.inner;
        let operation = inner.settings.operation(&self.id, &self.arguments)?;
        let request = prepare(self.inner, &operation)?;
        let response = exchange(&inner, &operation, request).await?;
        Ok((inner, operation, response))
    }
}

/// The caller's own part of the request, as the operation wants it.
fn prepare(
    builder: reqwest::RequestBuilder,
    operation: &OperationRequest,
) -> Result<reqwest::Request, Error> {
    let mut request = builder.build().map_err(unbuildable)?;
    operation.check_body(request.body().is_some())?;
    // The core knows five methods; all of them are reqwest's.
    *request.method_mut() = Method::from_bytes(operation.method.as_bytes()).unwrap_or_default();
    let typed = request.headers().contains_key(CONTENT_TYPE) || request.body().is_none();
    if let Some(Ok(kind)) = operation.content_type.as_deref().filter(|_| !typed).map(HeaderValue::from_str) {
        request.headers_mut().insert(CONTENT_TYPE, kind);
    }
    Ok(request)
}

async fn exchange(
    inner: &Arc<Inner>,
    operation: &OperationRequest,
    request: reqwest::Request,
) -> Result<reqwest::Response, Error> {
    let replayable = request.body().is_none_or(|body| body.as_bytes().is_some());
    let call = Call::operation(inner.settings.clone(), operation, replayable)?;
    run(inner, call, request).await.map(|(_, response)| response)
}

/// What is said of an answer that is no success.
async fn refusal(inner: &Inner, operation: &str, mut response: reqwest::Response) -> Error {
    let (status, headers) = (response.status().as_u16(), transport::headers(response.headers()));
    let mut body = Vec::new();
    // One that breaks off, or goes on and on, says less; the status still counts.
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST_REFUSAL {
            body.clear();
            break;
        }
    }
    let seen = grantline_core::Response::new(status, headers, &body);
    let published = inner.published.load();
    let token = published.as_ref().map(|seen| &*seen.token);
    inner.settings.refusal(operation, &seen, token, inner.clock.now())
}

impl fmt::Debug for OperationBuilder {
    /// Without arguments, headers and body: only the caller knows what is in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationBuilder").field("id", &self.id).finish_non_exhaustive()
    }
}
