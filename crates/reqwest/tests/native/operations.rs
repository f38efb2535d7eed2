//! Operations and their pages.

use crate::support::{Notices, Reply, SECRET, Server};
use futures_util::TryStreamExt;
use grantline_reqwest::{Connection, Connector, Error};
use serde::Deserialize;

const FILE: &str = r#"{
  "id": "things", "title": "Things", "base_url": "{baseUrl}", "hosts": ["127.0.0.1"],
  "parameters": [
    { "name": "baseUrl", "title": "Base URL", "type": "string" },
    { "name": "secret", "title": "Secret", "type": "securestring" }
  ],
  "auth": {
    "acquire": { "method": "POST", "url": "{baseUrl}/token", "json": { "key": "{secret}" } },
    "token": { "value": "/access_token" },
    "apply": { "headers": { "authorization": "Bearer {accessToken}" } }
  },
  "operations": [
    {
      "id": "ListThings", "method": "GET", "path": "/things", "headers": { "x-key": "{secret}" },
      "parameters": [
        { "name": "limit", "in": "query", "type": "int" }, { "name": "ratio", "in": "query", "type": "number" },
        { "name": "tags", "in": "query", "type": "list" }, { "name": "X-Trace", "in": "header" }
      ],
      "paging": { "next_url": { "items": "/data", "next": "/next" } }
    },
    { "id": "AddThing", "method": "POST", "path": "/things", "body": { "content_type": "application/vnd.thing+json", "required": true } },
    { "id": "Numbered", "method": "GET", "path": "/numbered", "paging": { "page": { "items": "", "parameter": "page" } } }
  ]
}"#;

fn connect(server: &Server) -> Connection {
    let connector = Connector::from_json(FILE).unwrap();
    let builder =
        Connection::builder(connector).parameters([("baseUrl", server.url.as_str()), ("secret", SECRET)]);
    builder.allow_loopback().build().unwrap()
}

fn things(answer: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(
        move |hit, before| {
            if hit.is_token() { Reply::token(before, 3600) } else { answer(&hit.target, before) }
        },
    )
}

#[derive(Debug, Deserialize, PartialEq)]
struct Thing {
    id: u32,
}

#[tokio::test]
async fn arguments_and_body_go_where_the_connector_says() {
    let server = things(|_, _| Reply::json(200, "[]"));
    let connection = connect(&server);
    let call = connection.call("ListThings").arg("limit", 5).arg("ratio", 0.25).arg("tags", ["a", "b&"]);
    call.arg("X-Trace", Some("t")).arg("limit", 7_u64).header("x-own", "1").send().await.unwrap();
    connection.call("AddThing").body(r#"{"a":1}"#).send().await.unwrap();
    connection.call("AddThing").json(&[1]).send().await.unwrap();
    let calls = server.calls();
    assert_eq!(calls[0].target, "/things?limit=7&ratio=0.25&tags=a&tags=b%26");
    let header = |index: usize, name: &str| calls[index].header(name).map(str::to_owned);
    assert_eq!(header(0, "authorization").as_deref(), Some("Bearer t0ken-0"));
    assert_eq!((header(0, "x-key").as_deref(), header(0, "x-trace").as_deref()), (Some(SECRET), Some("t")));
    assert_eq!(header(0, "x-own").as_deref(), Some("1"));
    assert_eq!((calls[1].method.as_str(), calls[1].body.as_str()), ("POST", r#"{"a":1}"#));
    assert_eq!(header(1, "content-type").as_deref(), Some("application/vnd.thing+json"));
    assert_eq!(header(2, "content-type").as_deref(), Some("application/json"), "the caller's own");
}

#[tokio::test]
async fn a_slip_sends_nothing() {
    let server = things(|_, _| Reply::json(200, "[]"));
    let connection = connect(&server);
    let codes = [
        connection.call("ListThing").send().await.unwrap_err().code(),
        connection.call("ListThings").arg("limt", 1).send().await.unwrap_err().code(),
        connection.call("AddThing").send().await.unwrap_err().code(),
        connection.call("ListThings").body("x").send().await.unwrap_err().code(),
        connection.call("AddThing").body("x").pages().unwrap_err().code(),
    ];
    assert_eq!(
        codes,
        ["unknown_operation", "invalid_argument", "invalid_argument", "invalid_argument", "invalid_pages"]
    );
    assert!(server.hits().is_empty());
}

#[tokio::test]
async fn a_status_that_is_no_success_is_an_error_with_the_words_of_the_server() {
    let words = format!(r#"{{"error":{{"code":"gone","message":"no {SECRET} for t0ken-0"}}}}"#);
    let server = things(move |_, _| {
        Reply::Whole(
            404,
            vec![("x-request-id", "r-1".to_owned()), ("retry-after", "9".to_owned())],
            words.clone(),
        )
    });
    let connection = connect(&server);
    let error = connection.call("ListThings").send().await.unwrap_err();
    let message = "operation 'ListThings' failed: status 404, gone, \"no ••• for •••\", request id r-1";
    assert!(error.to_string().starts_with(message), "{error}");
    assert!(matches!(&error, Error::Operation { operation, .. } if operation == "ListThings"));
    assert!(error.retry_at().is_some());
    // Whoever wants the answer itself gets it.
    let response = connection.call("ListThings").response().await.unwrap();
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn a_refused_token_is_replaced_as_for_any_call() {
    let server = Server::start(|hit, before| match hit.header("authorization") {
        _ if hit.is_token() => Reply::token(before, 3600),
        Some("Bearer t0ken-0") => Reply::json(401, ""),
        _ => Reply::json(200, r#"{"data":[{"id":1}]}"#),
    });
    let mut things = connect(&server).call("ListThings").items::<Thing>().unwrap();
    assert_eq!(things.try_next().await.unwrap(), Some(Thing { id: 1 }));
    assert_eq!(things.try_next().await.unwrap(), None);
    assert_eq!((server.tokens(), server.calls().len()), (2, 2));
}

/// Three pages by relative addresses.
fn three() -> Server {
    things(|target, _| match target {
        "/things?limit=2" => {
            Reply::json(200, r#"{"data":[{"id":1},{"id":2}],"next":"?limit=2&after=2","total":5}"#)
        }
        "/things?limit=2&after=2" => {
            Reply::json(200, r#"{"data":[{"id":3},{"id":4}],"next":"/things?after=4"}"#)
        }
        "/things?after=4" => Reply::json(200, r#"{"data":[{"id":5}],"next":null}"#),
        _ => Reply::json(500, ""),
    })
}

#[tokio::test]
async fn items_of_all_pages_are_one_stream() {
    let server = three();
    let items = connect(&server).call("ListThings").arg("limit", 2).items::<Thing>().unwrap();
    let ids: Vec<u32> = items.map_ok(|thing| thing.id).try_collect().await.unwrap();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    let keys: Vec<_> = server.calls().iter().map(|call| call.header("x-key").map(str::to_owned)).collect();
    assert_eq!(keys, vec![Some(SECRET.to_owned()); 3], "what the connector always sends stands on each page");
}

#[tokio::test]
async fn the_next_page_is_asked_for_when_it_is_needed() {
    let server = three();
    let mut pages = connect(&server).call("ListThings").arg("limit", 2).pages().unwrap();
    assert!(server.hits().is_empty());
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!(
        (page.items.len(), page.rest["total"].as_u64(), page.rest["data"].to_string()),
        (2, Some(5), "[]".to_owned())
    );
    assert_eq!(server.calls().len(), 1);
    drop(pages);
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn pages_that_go_wrong_say_so_and_are_over() {
    let cases = [
        ("<html>", 200, "the answer is not JSON"),
        (r#"{"items":[]}"#, 200, "the answer has no list at '/data'"),
        (r#"{"data":[],"next":"https://evil.example/"}"#, 200, "host 'evil.example' is not one"),
        ("", 503, "failed: status 503"),
    ];
    for (body, status, wanted) in cases {
        let server = things(move |_, _| Reply::json(status, body));
        let mut pages = connect(&server).call("ListThings").pages().unwrap();
        // A page may come before its successor is refused.
        let error = loop {
            match pages.try_next().await {
                Ok(page) => assert!(page.is_some(), "{wanted}"),
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains(wanted), "{error}");
        assert_eq!(pages.try_next().await.unwrap(), None);
        assert_eq!(server.calls().len(), 1);
    }
    let server = things(|_, _| Reply::json(200, r#"{"data":[{"id":"one"}]}"#));
    let mut items = connect(&server).call("ListThings").items::<Thing>().unwrap();
    let error = items.try_next().await.unwrap_err();
    assert!(error.to_string().contains("an item is no") && !error.to_string().contains("one\""), "{error}");
}

#[tokio::test]
async fn numbered_pages_may_end_with_404() {
    let server = things(|target, _| match target {
        "/numbered" => Reply::json(200, "[1,2]"),
        "/numbered?page=2" => Reply::json(200, "[3,4]"),
        _ => Reply::json(404, "no such page"),
    });
    let items = connect(&server).call("Numbered").items::<u32>().unwrap();
    assert_eq!(items.try_collect::<Vec<_>>().await.unwrap(), [1, 2, 3, 4]);
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test]
async fn nothing_that_is_told_holds_a_secret() {
    let server = three();
    let notices = Notices::default();
    let connector = Connector::from_json(FILE).unwrap();
    let builder =
        Connection::builder(connector).parameters([("baseUrl", server.url.as_str()), ("secret", SECRET)]);
    let connection = notices.listen(builder.allow_loopback()).build().unwrap();
    let call = connection.call("ListThings").arg("limit", 2);
    let shown = format!("{call:?}");
    let pages = call.pages().unwrap();
    let shown = format!("{shown} {pages:?}");
    let seen = pages.try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(seen.len(), 3);
    let told = format!("{shown} {:?}", notices.all());
    assert!(!told.contains(SECRET) && !told.contains("t0ken"), "{told}");
    assert!(told.contains("x-key: •••"), "{told}");
}
