//! Connections in a JavaScript host, over a `fetch` made of a few lines.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use grantline_core::{FaultKind, Purpose, Step};
use grantline_fetch::{Connection, Notice, Transport, UnixTime, fault};
use js_sys::Function;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

/// Answers token requests with `t1`, `t2`, ...; the API takes the newest, and `t1` never.
const SERVER: &str = "
    if (url.endsWith('/oauth/token')) {
        globalThis.issued = (globalThis.issued ?? 0) + 1;
        const token = { access_token: `t${globalThis.issued}`, expires_in: 3600 };
        return new Promise((done) => setTimeout(() => done(new Response(JSON.stringify(token))), 20));
    }
    return new Response('{}', { status: init.headers.authorization === 'Bearer t1' ? 401 : 200 });
";

fn server(body: &str) -> Transport {
    js_sys::Reflect::set(&js_sys::global(), &"issued".into(), &0.into()).unwrap();
    Transport::Own(Function::new_with_args("url, init", body))
}

fn workspan(transport: Transport, heard: &Rc<RefCell<Vec<Notice>>>) -> Connection {
    let heard = heard.clone();
    Connection::builder(grantline_connectors::workspan())
        .parameter("clientId", "a")
        .parameter("clientSecret", "b")
        .transport(transport)
        .on_notice(move |notice| heard.borrow_mut().push(notice.clone()))
        .build()
        .unwrap()
}

#[wasm_bindgen_test]
async fn callers_share_a_flight_and_may_leave_it() {
    let heard = Rc::default();
    let connection = workspan(server(SERVER), &heard);
    {
        // A caller that is polled once and goes away.
        let mut leaving = pin!(connection.token());
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(leaving.as_mut().poll(&mut context), Poll::Pending));
    }
    let (first, second) = (connection.clone(), connection.clone());
    assert_eq!(first.token().await.unwrap(), second.token().await.unwrap());
    assert_eq!(connection.authorization().await.unwrap().as_deref(), Some("Bearer t1"));
    assert_eq!(heard.borrow().len(), 2, "{heard:?}");
}

#[wasm_bindgen_test]
async fn a_refused_token_is_replaced_and_the_request_repeated() {
    let heard = Rc::default();
    let connection = workspan(server(SERVER), &heard);
    let response = connection.fetch("POST", "/app/v1/company", Some("{}")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(connection.test().await.unwrap().attempts, 1);
    assert!(heard.borrow().contains(&Notice::Rejected));
    assert!(connection.revoke().await.is_ok());
    assert!(connection.read().is_none());
}

#[wasm_bindgen_test]
async fn a_token_that_is_due_is_renewed_in_the_background() {
    let now = Rc::new(Cell::new(UnixTime::from_secs(1_800_000_000)));
    let clock = now.clone();
    let connection = Connection::builder(grantline_connectors::workspan())
        .parameter("clientId", "a")
        .parameter("clientSecret", "b")
        .transport(server(SERVER))
        .clock(move || clock.get())
        .build()
        .unwrap();
    let first = connection.token().await.unwrap();
    now.set(first.renew_at.unwrap());
    assert_eq!(connection.read(), Some(first.clone()));
    let second = connection.authorize(Some(first.clone())).await.unwrap();
    assert_ne!(first.value, second.value);
}

#[wasm_bindgen_test]
async fn an_abandoned_step_by_step_run_ends_with_the_next() {
    let connection = workspan(server(SERVER), &Rc::default());
    let stepping = connection.start();
    assert!(matches!(stepping.advance(grantline_core::Event::START, None), Ok(Step::Send(_))));
    connection.token().await.unwrap();
    assert_eq!(stepping.advance(grantline_core::Event::Woke, None).unwrap_err().code(), "misuse");
}

#[wasm_bindgen_test]
fn a_fault_is_named_with_the_words_of_the_host() {
    let error = |script: &str| Function::new_no_args(script).call0(&JsValue::UNDEFINED).unwrap();
    let refused =
        error("return Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })");
    let found = fault(&refused, Purpose::Acquire);
    assert_eq!((found.kind, found.detail.as_str()), (FaultKind::Unreachable, "fetch failed: ECONNREFUSED"));
    let reset = error("return { message: 'x', cause: { code: 'ECONNRESET' } }");
    assert_eq!(fault(&reset, Purpose::Acquire).kind, FaultKind::Lost);
    let vague = error("return new TypeError('Failed to fetch')");
    assert_eq!(fault(&vague, Purpose::Acquire).kind, FaultKind::Unreachable);
    assert_eq!(fault(&vague, Purpose::Renew).kind, FaultKind::Lost);
    assert_eq!(fault(&JsValue::NULL, Purpose::Acquire).detail, "");
}
