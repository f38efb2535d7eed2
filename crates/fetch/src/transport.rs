//! One request over `fetch`, within its limits.
//!
//! gloo-net builds the request. It is not left to send it: its `send` panics when a host's `fetch` answers with
//! a class of its own, and a panic would end the module for everyone.

use crate::fault::{detail, fault};
use crate::host::Timer;
use gloo_net::http::{Method, RequestBuilder};
use grantline_core::{Event, Fault, FaultKind, Headers, Request, Response};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, AbortSignal, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache,
    RequestCredentials, RequestRedirect,
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    fn global_fetch(request: &web_sys::Request) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_name = fetch)]
    fn global_fetch_with(url: &str, init: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Array, js_name = from)]
    fn array_from(iterable: &JsValue) -> Result<Array, JsValue>;

    /// What we need of an answer. Structural: a host's own `fetch` may answer with a class of its own.
    type Answer;
    #[wasm_bindgen(method, catch, getter)]
    fn status(this: &Answer) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, getter)]
    fn headers(this: &Answer) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, getter)]
    fn body(this: &Answer) -> Result<Option<Body>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = arrayBuffer)]
    fn array_buffer(this: &Answer) -> Result<Promise, JsValue>;

    type Body;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader(this: &Body) -> Result<ReadableStreamDefaultReader, JsValue>;
}

/// What carries the requests.
#[derive(Clone, Debug, Default)]
pub enum Transport {
    /// The host's `fetch`.
    #[default]
    Global,
    /// A function that is called like it, with a URL and an init object.
    Own(Function),
}

impl Transport {
    /// Sends a token request; whatever happens becomes an event.
    pub(crate) async fn exchange(&self, request: &Request) -> Event {
        let Ok(abort) = AbortController::new() else {
            return Event::Failed(Fault::new(FaultKind::Unreachable, "this host has no AbortController"));
        };
        let timer = Timer::start(request.timeout_ms.into());
        let outcome = timer.limit(self.receive(request, &abort.signal())).await;
        match outcome.unwrap_or_else(|| Err(Fault::new(FaultKind::Timeout, ""))) {
            Ok(response) => Event::Response(response),
            Err(fault) => {
                // Ends what is still under way: the request, or an answer that is too long.
                abort.abort();
                Event::Failed(fault)
            }
        }
    }

    async fn receive(&self, request: &Request, signal: &AbortSignal) -> Result<Response, Fault> {
        let failed = |error: JsValue| fault(&error, request.purpose);
        let promise = self.send(request, signal).map_err(failed)?;
        let answer: Answer = JsFuture::from(promise).await.map_err(failed)?.unchecked_into();
        let lost = |error: JsValue| Fault::new(FaultKind::Lost, detail(&error, None));
        let status = answer.status().map_err(lost)?.as_f64().unwrap_or_default() as u16;
        if status == 0 {
            return Err(Fault::new(FaultKind::Redirected, ""));
        }
        let headers = read_headers(&answer).map_err(lost)?;
        let body = read_body(&answer, request.max_body).await.map_err(lost)?;
        let body = body.ok_or_else(|| Fault::new(FaultKind::TooLarge, ""))?;
        Ok(Response::new(status, headers, &body))
    }

    fn send(&self, request: &Request, signal: &AbortSignal) -> Result<Promise, JsValue> {
        match self {
            Self::Global => global_fetch(&platform_request(request, signal)?),
            Self::Own(_) => self.call(&request.url, &init(request, signal)?.into()),
        }
    }

    /// `fetch(url, init)`.
    pub(crate) fn call(&self, url: &str, init: &JsValue) -> Result<Promise, JsValue> {
        match self {
            Self::Global => global_fetch_with(url, init),
            // A function that answers at once is fine, too.
            Self::Own(fetch) => {
                fetch.call2(&JsValue::UNDEFINED, &url.into(), init).map(|answer| Promise::resolve(&answer))
            }
        }
    }
}

/// No cookies in, no cache, no trace of the page, and no redirect with a secret.
fn platform_request(request: &Request, signal: &AbortSignal) -> Result<web_sys::Request, JsValue> {
    let failed = |error: gloo_net::Error| JsValue::from(error.to_string());
    // The manifest knows five methods, all of which `http` knows, too.
    let method = Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
    let mut builder = RequestBuilder::new(&request.url)
        .method(method)
        .redirect(RequestRedirect::Manual)
        .credentials(RequestCredentials::Omit)
        .cache(RequestCache::NoStore)
        .referrer_policy(ReferrerPolicy::NoReferrer)
        .abort_signal(Some(signal));
    for (name, value) in request.headers.iter() {
        builder = builder.header(name, value);
    }
    let built = match &request.body {
        Some(body) => builder.body(body.as_str()),
        None => builder.build(),
    };
    Ok(built.map_err(failed)?.into())
}

/// The same as a plain object, for functions that are called like `fetch`.
fn init(request: &Request, signal: &AbortSignal) -> Result<Object, JsValue> {
    let headers = Object::new();
    for (name, value) in request.headers.iter() {
        Reflect::set(&headers, &name.into(), &value.into())?;
    }
    let init = Object::new();
    let fields: [(&str, JsValue); 7] = [
        ("method", request.method.as_str().into()),
        ("headers", headers.into()),
        ("redirect", "manual".into()),
        ("credentials", "omit".into()),
        ("cache", "no-store".into()),
        ("referrerPolicy", "no-referrer".into()),
        ("signal", signal.into()),
    ];
    for (name, value) in fields {
        Reflect::set(&init, &name.into(), &value)?;
    }
    if let Some(body) = &request.body {
        Reflect::set(&init, &"body".into(), &body.as_str().into())?;
    }
    Ok(init)
}

fn read_headers(answer: &Answer) -> Result<Headers, JsValue> {
    let mut headers = Headers::default();
    for entry in array_from(&answer.headers()?)?.iter() {
        let entry = array_from(&entry)?;
        if let (Some(name), Some(value)) = (entry.get(0).as_string(), entry.get(1).as_string()) {
            headers.append(&name, &value);
        }
    }
    Ok(headers)
}

/// The body, or nothing if it is longer than `most`: an endless one is left as soon as that is clear.
async fn read_body(answer: &Answer, most: u32) -> Result<Option<Vec<u8>>, JsValue> {
    let most = most as usize;
    let mut bytes = Vec::new();
    let Some(body) = answer.body()? else { return Ok(Some(bytes)) };
    let Ok(reader) = body.reader() else {
        // A body that is no web stream, as in node-fetch.
        let buffer = JsFuture::from(answer.array_buffer()?).await?;
        bytes = Uint8Array::new(&buffer).to_vec();
        return Ok((bytes.len() <= most).then_some(bytes));
    };
    loop {
        let piece = JsFuture::from(reader.read()).await?;
        if Reflect::get(&piece, &"done".into())?.is_truthy() {
            return Ok(Some(bytes));
        }
        let piece = Uint8Array::new(&Reflect::get(&piece, &"value".into())?);
        if bytes.len() + piece.length() as usize > most {
            return Ok(None);
        }
        bytes.extend(piece.to_vec());
    }
}
