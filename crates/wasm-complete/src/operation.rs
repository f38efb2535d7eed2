//! An operation and its pages: what the TypeScript around it asks.

use core::cell::RefCell;
use core::time::Duration;
use grantline_core::json::Json;
use grantline_core::{Call, Headers, Pages, Response, Seen, Token, Wanted};
use grantline_wasm::{CallFlow, Connection, thrown, to_js, to_json};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// An operation with its arguments.
#[wasm_bindgen]
#[derive(Debug)]
pub struct OperationFlow {
    connection: grantline_fetch::Connection,
    pages: RefCell<Pages>,
}

#[wasm_bindgen]
impl OperationFlow {
    /// `{ contentType?, paging? }`: the content type of a body, and what must be seen of a page.
    #[must_use]
    pub fn about(&self) -> JsValue {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct About<'a> {
            content_type: Option<&'a str>,
            paging: Option<Wanted<'a>>,
        }
        let pages = self.pages.borrow();
        let content_type = pages.request().content_type.as_deref();
        to_js(&About { content_type, paging: pages.wanted().ok() })
    }

    /// The request for the page that comes next, step by step. `body` says whether there is one, `replayable` whether it
    /// can be sent a second time.
    ///
    /// # Errors
    /// An object with the fields of an error.
    pub fn call(&self, body: bool, replayable: bool) -> Result<CallFlow, JsValue> {
        let (settings, pages) = (self.connection.settings().clone(), self.pages.borrow());
        let request = pages.request();
        let call = request.check_body(body).and_then(|()| Call::operation(settings, request, replayable));
        CallFlow::new(&self.connection, call)
    }

    /// What a status means: 0 a success, 1 that the page before was the last, 2 no success.
    #[must_use]
    pub fn judge(&self, status: u16) -> u8 {
        let pages = self.pages.borrow();
        match status {
            _ if pages.is_past_the_end(status) => 1,
            _ if pages.request().is_success(status) => 0,
            _ => 2,
        }
    }

    /// The error of an answer that is no success: `{ status, headers, body, token? }`. No message repeats the token.
    #[must_use]
    pub fn refusal(&self, answer: &JsValue) -> JsValue {
        let json = to_json(answer);
        let mut headers = Headers::default();
        for (name, value) in json.get("headers").map(Json::members).unwrap_or_default() {
            headers.append(name, value.as_str().unwrap_or_default());
        }
        let body = json.get("body").and_then(Json::as_str).unwrap_or_default().to_owned();
        let response = Response { status: Seen::from_json(&json).status, headers, body };
        let (settings, now) = (self.connection.settings(), self.connection.now());
        let token = json.get("token").and_then(Json::as_str);
        let token = token.map(|value| Token::new(value.into(), now, None, Duration::ZERO, &[0; 32]));
        let id = self.pages.borrow().request().id.clone();
        thrown(&settings.refusal(&id, &response, token.as_ref(), now))
    }

    /// Takes `{ status, items?, next?, total?, more? }` of a page; whether there is a next one.
    ///
    /// # Errors
    /// An object with the fields of an error.
    pub fn next(&self, seen: &JsValue) -> Result<bool, JsValue> {
        let outcome = self.pages.borrow_mut().next(&Seen::from_json(&to_json(seen)));
        outcome.map_err(|error| thrown(&error))
    }
}

/// An operation of a connection, which may live in the other module: then this one is made of the same parameters, and
/// the tokens come from there.
///
/// # Errors
/// An object with the fields of an error.
#[wasm_bindgen]
pub fn operation(connection: &Connection, id: &str, arguments: &JsValue) -> Result<OperationFlow, JsValue> {
    let connection = connection.inner().clone();
    let arguments = to_json(arguments).members().to_vec();
    let pages = Pages::new(connection.settings().clone(), id, arguments).map_err(|error| thrown(&error))?;
    Ok(OperationFlow { connection, pages: RefCell::new(pages) })
}
