//! Authorised API requests.

use crate::connection::Connection;
use crate::fault::{Failure, fault};
use crate::host;
use core::cell::RefCell;
use grantline_core::{
    Call, Called, Error, Event, Fault, FaultKind, Flow, Notice, Purpose, Request, Response, Step, Token,
    UnixTime,
};
use js_sys::{Object, Reflect};
use std::sync::Arc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Makes the notices of one API request out of its events and steps.
#[derive(Debug, Default)]
pub struct Watch(RefCell<Option<(Request, UnixTime)>>);

impl Watch {
    /// To be told of each event before the machine is.
    pub fn event(&self, connection: &Connection, event: &Event) {
        if let (Event::Response(_) | Event::Failed(_), Some((request, sent_at))) = (event, self.0.take()) {
            connection.notify(&Notice::sent(&request, event, host::since(sent_at)));
        }
    }

    /// To be told of each step.
    pub fn step<T>(&self, connection: &Connection, step: &Step<T>) {
        match step {
            Step::Send(request) if connection.listens() => {
                self.0.replace(Some((request.clone(), host::now())));
            }
            Step::Authorize { rejected: Some(_) } => connection.notify(&Notice::Rejected),
            _ => {}
        }
    }
}

impl Connection {
    /// Sends an API request with the connection's token; if the API refuses the token, once more with a new one.
    /// `target` is a path below the base URL, or a URL that the connector allows. The answer is the platform's own.
    ///
    /// # Errors
    /// There is no token, or no answer. An answer with an error status is an answer.
    pub async fn fetch(
        &self,
        method: &str,
        target: &str,
        body: Option<&str>,
    ) -> Result<web_sys::Response, Failure> {
        let call = Call::new(self.settings().clone(), method, target, true)?;
        self.run(call, body).await.map(|(response, _)| response)
    }

    /// Proves that the credentials work, with the connector's test request: its final status.
    ///
    /// # Errors
    /// The connector has no test request, there is no token, or no answer.
    pub async fn test(&self) -> Result<Called, Failure> {
        let call = Call::test(self.settings().clone())?;
        self.run(call, None).await.map(|(_, called)| called)
    }

    async fn run(&self, mut call: Call, body: Option<&str>) -> Result<(web_sys::Response, Called), Failure> {
        let (watch, mut event, mut last) = (Watch::default(), Event::START, None);
        let mut cause = JsValue::UNDEFINED;
        let mut token: Option<Arc<Token>> = None;
        loop {
            watch.event(self, &event);
            let step = match call.advance(event, &self.ambient()) {
                Err(error) if !cause.is_undefined() => return Err(Failure::Host { error, cause }),
                step => step?,
            };
            watch.step(self, &step);
            event = match step {
                Step::Authorize { rejected: None } => Event::Token(token.insert(self.token().await?).clone()),
                Step::Authorize { rejected } => {
                    Event::Token(token.insert(self.authorize(rejected).await?).clone())
                }
                Step::Send(request) => match self.send(&request, token.as_deref(), body).await {
                    Ok(response) => {
                        let status = response.status();
                        let location = response.headers().get("location").ok().flatten();
                        let headers = location.iter().map(|url| ("location", url.as_str())).collect();
                        last = Some(response);
                        // A redirect that may not be followed: browsers hide all of it.
                        let hidden = Fault::new(FaultKind::Redirected, "");
                        let seen = Event::Response(Response { status, headers, body: String::new() });
                        if status == 0 { Event::Failed(hidden) } else { seen }
                    }
                    Err(error) => {
                        let fault = fault(&error, Purpose::Call);
                        cause = error;
                        Event::Failed(fault)
                    }
                },
                Step::Done { output } => {
                    let misuse = Error::Misuse { state: "idle", event: "response" };
                    return Ok((last.ok_or(misuse)?, output));
                }
                _ => return Err(Error::Misuse { state: "call", event: "step" }.into()),
            };
        }
    }

    async fn send(
        &self,
        request: &Request,
        token: Option<&Token>,
        body: Option<&str>,
    ) -> Result<web_sys::Response, JsValue> {
        let (init, headers) = (Object::new(), Object::new());
        for (name, value) in request.headers.iter() {
            Reflect::set(&headers, &name.into(), &value.into())?;
        }
        Reflect::set(&init, &"method".into(), &request.method.as_str().into())?;
        Reflect::set(&init, &"headers".into(), &headers)?;
        // `fetch` drops the Authorization field on its way to another server, and no other one.
        let elsewhere = |(name, value): (&str, &str)| {
            name != "authorization" && token.is_some_and(|token| value.contains(token.value.expose()))
        };
        if request.follow_redirects || request.secret_url() || request.headers.iter().any(elsewhere) {
            Reflect::set(&init, &"redirect".into(), &"manual".into())?;
        }
        if let Some(body) = body.or(request.body.as_deref()) {
            Reflect::set(&init, &"body".into(), &body.into())?;
        }
        let promise = self.0.transport.call(&request.url, &init)?;
        Ok(JsFuture::from(promise).await?.unchecked_into())
    }
}
