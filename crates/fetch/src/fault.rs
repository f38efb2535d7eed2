//! What a failure of `fetch` means: the one thing that every platform says in other words.

use grantline_core::{Fault, FaultKind, Purpose};
use js_sys::Reflect;
use wasm_bindgen::prelude::*;

/// The codes of Node, Deno and Bun for a connection that broke: the request may have been carried out.
const BROKEN: [&str; 7] = [
    "ECONNABORTED",
    "ECONNRESET",
    "EPIPE",
    "UND_ERR_ABORTED",
    "UND_ERR_BODY_TIMEOUT",
    "UND_ERR_HEADERS_TIMEOUT",
    "UND_ERR_SOCKET",
];

/// A page is not told why: the server may be down, or does not want to be asked by pages.
const NOT_ALLOWED: &str = "in a page the reason may be that the server does not allow the page's origin (CORS): \
    then ask through a server or a proxy of your own";

#[wasm_bindgen]
extern "C" {
    /// There is one in pages only.
    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<JsValue>;
}

/// Why a request to an API has no answer.
#[derive(Debug)]
pub enum Failure {
    /// A machine of the core says so.
    Grantline(grantline_core::Error),
    /// The host's own error, and what it means.
    Host {
        /// What it means.
        error: grantline_core::Error,
        /// The host's own error.
        cause: JsValue,
    },
}

impl From<grantline_core::Error> for Failure {
    fn from(error: grantline_core::Error) -> Self {
        Self::Grantline(error)
    }
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Grantline(error) | Self::Host { error, .. } => error.fmt(f),
        }
    }
}

impl core::error::Error for Failure {}

/// The fault behind a rejection of `fetch`.
#[must_use]
pub fn fault(error: &JsValue, purpose: Purpose) -> Fault {
    let cause = property(error, "cause");
    let code = [&cause, error].into_iter().find_map(|value| property(value, "code").as_string());
    let kind = match &code {
        _ if is_timeout(error) => FaultKind::Timeout,
        Some(code) if BROKEN.contains(&code.as_str()) || code.starts_with("HPE_") => FaultKind::Lost,
        // A browser does not say whether the request went out. For a renewal the worst is assumed, because a
        // spent refresh token must not be sent again.
        None if purpose == Purpose::Renew => FaultKind::Lost,
        _ => FaultKind::Unreachable,
    };
    let mut words = detail(error, code.as_deref());
    if code.is_none() && kind != FaultKind::Timeout && DOCUMENT.with(Option::is_some) {
        if !words.is_empty() {
            words.push_str("; ");
        }
        words.push_str(NOT_ALLOWED);
    }
    Fault::new(kind, words)
}

fn is_timeout(error: &JsValue) -> bool {
    property(error, "name").as_string().as_deref() == Some("TimeoutError")
}

/// The host's own words, and its code where it has one.
pub(crate) fn detail(error: &JsValue, code: Option<&str>) -> String {
    let mut text = property(error, "message").as_string().or_else(|| error.as_string()).unwrap_or_default();
    if let Some(code) = code.filter(|code| !text.contains(code)) {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(code);
    }
    text
}

/// A property of whatever was thrown; undefined if it has none.
pub(crate) fn property(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap_or_default()
}
