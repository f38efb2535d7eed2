//! Documents with what real ones have that nobody expects.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use grantline_core::json::Json;
use grantline_core::{Connector, Options as Values};
use grantline_openapi::{ImportError, Imported, Options, import, merge, text};
use serde_json::{Value, json};
use std::fmt::Write;

const THREE: &str = include_str!("documents/three.yaml");
const TWO: &str = include_str!("documents/two.json");

fn imported(document: &str, only: &[&str]) -> (Imported, Value) {
    let options = Options { only: only.iter().map(|filter| (*filter).to_owned()).collect() };
    let imported = import(document, &options).unwrap();
    let text = text(&imported.connector);
    // Whatever comes out can be used.
    Connector::from_json(&text).unwrap();
    let json = serde_json::from_str(&text).unwrap();
    (imported, json)
}

fn operation<'a>(connector: &'a Value, id: &str) -> &'a Value {
    let all = connector["operations"].as_array().unwrap();
    all.iter().find(|operation| operation["id"] == id).unwrap_or_else(|| panic!("{id} is not in {all:#?}"))
}

fn notes(imported: &Imported) -> String {
    imported.notes.iter().map(|note| format!("{note}\n")).collect()
}

fn refused(document: &str) -> String {
    import(document, &Options::default()).unwrap_err().to_string()
}

#[test]
fn an_address_with_variables_becomes_parameters() {
    let (imported, connector) = imported(THREE, &[]);
    assert_eq!(connector["id"], "b-ro-books-api-v2");
    assert_eq!(connector["summary"], "Books of a library.");
    assert_eq!(connector["base_url"], "https://{region}.api.books.example/{version}");
    assert_eq!(connector["hosts"], json!(["*.api.books.example", "login.books.example"]));
    let region = json!({ "name": "region", "type": "string", "title": "region", "help": "Where the data is.", "default": "eu", "allowed": ["eu", "us"] });
    assert_eq!(connector["parameters"][0], region);
    assert!(
        notes(&imported).contains("there is another server, http://localhost:8080/dev"),
        "{}",
        notes(&imported)
    );
}

#[test]
fn client_credentials_are_the_best_way_to_authenticate() {
    let (imported, connector) = imported(THREE, &[]);
    let acquire = &connector["auth"]["acquire"];
    assert_eq!(acquire["url"], "https://login.books.example/oauth/token");
    assert_eq!(acquire["basic"], json!({ "user": "{clientId}", "password": "{clientSecret}" }));
    assert_eq!(acquire["form"], json!({ "grant_type": "client_credentials", "scope": "{scope}" }));
    assert_eq!(connector["auth"]["token"]["value"], "/access_token");
    let told = notes(&imported);
    assert!(told.contains("security person: left out: it needs a person at a browser"), "{told}");
    assert!(told.contains("security key: left out: 'oauth' was chosen"), "{told}");
}

#[test]
fn parameters_of_path_and_operation_are_merged_and_translated() {
    let (imported, connector) = imported(THREE, &[]);
    let pages = operation(&connector, "list_pages_of_book");
    assert_eq!((&pages["method"], &pages["path"]), (&json!("GET"), &json!("/books/{book_id}/pages")));
    assert_eq!(pages["summary"], "Pages of a book");
    let wanted = json!([
        { "name": "book_id", "in": "path", "type": "string", "help": "Which* book.", "required": true },
        { "name": "verbose", "in": "query", "type": "string", "required": true, "allowed": ["yes", "no", "1"] },
        { "name": "ids", "in": "query", "type": "list", "separator": "," },
        { "name": "tags", "in": "query", "type": "list", "allowed": ["a", "b"] },
        { "name": "X-Trace", "in": "header", "type": "string" },
        { "name": "limit", "in": "query", "type": "int", "help": "How many. Without it: 20." }
    ]);
    assert_eq!(pages["parameters"], wanted);
    let told = notes(&imported);
    for left_out in ["'filter'", "'session'", "HEAD /books/{book-id}/pages: left out"] {
        assert!(told.contains(left_out), "{left_out}: {told}");
    }
}

#[test]
fn the_operation_can_be_called() {
    let (imported, _) = imported(THREE, &["tag:Books"]);
    let connector = Connector::from_json(&text(&imported.connector)).unwrap();
    let values = [("clientId", "a"), ("clientSecret", "b")];
    let settings = connector.settings(values, &Values::default()).unwrap();
    let given = [
        ("book_id", "a b".into()),
        ("verbose", "no".into()),
        ("ids", Json::Array(vec![Json::Int(1), Json::Int(2)])),
    ];
    let given = given.map(|(name, value)| (name.to_owned(), value));
    let request = settings.operation("list_pages_of_book", &given).unwrap();
    assert_eq!(request.target, "/books/a%20b/pages?verbose=no&ids=1,2");
}

#[test]
fn names_that_cannot_be_used_are_made_usable() {
    let (imported, connector) = imported(THREE, &[]);
    let cover = operation(&connector, "PutBooksIsbnIsbnCoverArt");
    assert_eq!(cover["path"], "/books/(isbn='{isbn2}')/cover%20art");
    let names: Vec<_> =
        cover["parameters"].as_array().unwrap().iter().map(|parameter| &parameter["name"]).collect();
    assert_eq!(names, ["isbn2", "isbn"]);
    operation(&connector, "PostBooksByBookIdPages");
    operation(&connector, "odata2");
    let told = notes(&imported);
    for left_out in [
        "GET /books/(isbn='{isbn}')/cover art: left out: its parameter 'filter' is needed",
        "DELETE /shelves: left out: it has a server of its own, https://other.example",
        "/elsewhere: left out: it is in another document",
        "POST /amz#target: left out: its path has a '#'",
    ] {
        assert!(told.contains(left_out), "{left_out}: {told}");
    }
}

#[test]
fn circles_are_cut_and_references_resolved() {
    let (_, connector) = imported(THREE, &[]);
    let node = json!({
        "type": "object", "required": ["name"],
        "properties": { "children": { "type": "array", "items": {} }, "loop": {}, "name": { "type": "string" } }
    });
    let pages = operation(&connector, "list_pages_of_book");
    assert_eq!(pages["returns"], json!({ "type": "array", "items": node }));
    let body = &operation(&connector, "PostBooksByBookIdPages")["body"];
    assert_eq!(
        body,
        &json!({ "content_type": "application/vnd.page+json", "required": true, "help": "The page.", "schema": node })
    );
}

#[test]
fn paging_is_known_where_the_document_leaves_no_doubt() {
    let (imported, connector) = imported(THREE, &[]);
    let paging = |id: &str| operation(&connector, id)["paging"].clone();
    assert_eq!(paging("list_pages_of_book"), json!({ "link_header": { "items": "" } }));
    assert_eq!(paging("odata"), json!({ "next_url": { "items": "/value", "next": "/@odata.nextLink" } }));
    assert_eq!(paging("jsonapi"), json!({ "next_url": { "items": "/data", "next": "/links/next" } }));
    let scim = json!({ "offset": { "items": "/Resources", "parameter": "startIndex", "first": 1, "total": "/totalResults" } });
    assert_eq!(paging("GetScimUsers"), scim);
    assert_eq!(paging("GetPerhaps"), Value::Null);
    assert!(notes(&imported).contains("GetPerhaps: its answer probably comes in pages"));
}

#[test]
fn version_two_has_all_of_it_in_other_places() {
    let (imported, connector) = imported(TWO, &[]);
    assert_eq!(
        (&connector["base_url"], &connector["hosts"]),
        (&json!("https://api.pets.example/v1"), &json!(["api.pets.example"]))
    );
    assert_eq!(connector["auth"]["apply"], json!({ "headers": { "authorization": "Basic {credentials}" } }));
    let list = operation(&connector, "pets.list");
    let wanted = json!([
        { "name": "limit", "in": "query", "type": "int" },
        { "name": "status", "in": "query", "type": "list", "allowed": ["new", "old"], "separator": "|" },
        { "name": "many", "in": "query", "type": "list" }
    ]);
    assert_eq!(list["parameters"], wanted);
    assert_eq!(list["paging"], json!({ "next_url": { "items": "/value", "next": "/next~0Link" } }));
    let add = &operation(&connector, "pets.add")["body"];
    assert_eq!(add["schema"]["properties"], json!({ "name": { "type": "string" }, "parent": {} }));
    assert_eq!((&add["required"], &add["content_type"]), (&json!(true), &Value::Null), "JSON before XML");
    let photo = &operation(&connector, "PostPetsByIdPhoto")["body"];
    assert_eq!(
        photo,
        &json!({ "content_type": "multipart/form-data", "required": true, "help": "A form with photo, note." })
    );
    assert!(notes(&imported).contains("security key: left out"));
}

#[test]
fn keys_and_bearers_are_seeds() {
    let document = |scheme: Value| {
        json!({ "openapi": "3.0.3", "info": { "title": "X" }, "paths": { "/a": { "get": { "responses": {} } } },
                "components": { "securitySchemes": { "s": scheme } } }).to_string()
    };
    let apply = |scheme: Value| imported(&document(scheme), &[]).1["auth"]["apply"].clone();
    let key = |place: &str| json!({ "type": "apiKey", "in": place, "name": "X-Key" });
    assert_eq!(apply(key("header")), json!({ "headers": { "x-key": "{accessToken}" } }));
    assert_eq!(apply(key("query")), json!({ "query": { "X-Key": "{accessToken}" } }));
    assert_eq!(apply(key("cookie")), json!({ "headers": { "cookie": "X-Key={accessToken}" } }));
    assert_eq!(
        apply(json!({ "type": "http", "scheme": "Bearer" })),
        json!({ "headers": { "authorization": "Bearer {accessToken}" } })
    );
    let (other, connector) = imported(&document(json!({ "type": "openIdConnect" })), &[]);
    assert!(notes(&other).contains("a bearer token is assumed"), "{}", notes(&other));
    // Nobody knows where this API is.
    assert_eq!(
        (&connector["base_url"], &connector["hosts"]),
        (&json!("{baseUrl}"), &json!([{ "named_by": "baseUrl" }]))
    );
}

#[test]
fn a_host_that_can_be_anyones_is_asked_for() {
    for (url, base) in [
        ("https://{host}/api", "{baseUrl}/api"),
        ("https://{tenant}.com", "{baseUrl}"),
        ("https://x{tenant}.api.example/v1", "https://x{tenant}.api.example/v1"),
        ("/v3", "{baseUrl}/v3"),
        ("//cdn.example", "{baseUrl}//cdn.example"),
    ] {
        let document =
            json!({ "openapi": "3.0.0", "servers": [{ "url": url }], "paths": { "/a": { "get": {} } } });
        let (_, connector) = imported(&document.to_string(), &[]);
        if url.starts_with("//") {
            continue;
        }
        assert_eq!(connector["base_url"], base, "{url}");
    }
}

#[test]
fn a_filter_keeps_what_is_wanted() {
    assert_eq!(imported(THREE, &["tag:Books"]).0.operations, 1);
    assert_eq!(imported(THREE, &["id:odata", "/scim"]).0.operations, 3);
    let error = import(THREE, &Options { only: vec!["tag:Bocks".to_owned()] }).unwrap_err();
    assert!(
        error.to_string().contains("no operation fits tag:Bocks; the tags of the document are: Books"),
        "{error}"
    );
}

#[test]
fn a_connector_keeps_all_that_it_has() {
    let (new, _) = imported(THREE, &["tag:Books", "id:odata"]);
    let old = r#"{ "id": "mine", "title": "Mine", "base_url": "https://a.example", "hosts": ["a.example"],
        "parameters": [{ "name": "token", "type": "securestring", "title": "Token" }],
        "auth": { "seed": { "access_token": "{token}" }, "apply": { "headers": { "authorization": "Bearer {accessToken}" } } },
        "operations": [{ "id": "odata", "method": "GET", "path": "/mine" }], "test": { "method": "GET", "path": "/x" } }"#;
    let kept = merge(old, new.clone(), false).unwrap();
    let json: Value = serde_json::from_str(&text(&kept.connector)).unwrap();
    assert_eq!((&json["id"], &json["test"]["path"], kept.operations), (&json!("mine"), &json!("/x"), 2));
    assert_eq!(operation(&json, "odata")["path"], "/mine");
    assert!(notes(&kept).contains("odata: left as it is in the connector"));
    let replaced = merge(old, new.clone(), true).unwrap();
    let json: Value = serde_json::from_str(&text(&replaced.connector)).unwrap();
    assert_eq!((operation(&json, "odata")["path"].as_str(), replaced.operations), (Some("/shelves"), 3));
    assert!(matches!(merge("{}", new, false), Err(ImportError::Connector(_))));
}

#[test]
fn what_is_no_document_is_refused_in_words() {
    let cases = [
        ("{}", "neither 'openapi' nor 'swagger'"),
        ("", "no OpenAPI document"),
        ("just text", "no OpenAPI document"),
        ("swagger: 1.2", "this is Swagger 1.2"),
        ("openapi: 4.0.0", "this is OpenAPI 4.0.0"),
        ("{ \"openapi\": \"3.0.0\", ", "cannot be read"),
        ("a: b: c", "cannot be read"),
        ("openapi: 3.0.0\nopenapi: 3.0.1", "cannot be read"),
        ("openapi: 3.0.0\npaths: {}", "no operation that can be used"),
        ("openapi: 3.0.0\npaths: [1]", "no operation that can be used"),
    ];
    for (document, wanted) in cases {
        let said = refused(document);
        assert!(said.contains(wanted), "{document}: {said}");
    }
}

#[test]
fn text_without_end_is_refused() {
    let deep = |open: &str, close: &str| {
        format!("{{\"openapi\":\"3.0.0\",\"x\":{}{}}}", open.repeat(100_000), close.repeat(100_000))
    };
    for document in [
        deep("[", "]"),
        deep("{\"a\":", "}"),
        format!("openapi: 3.0.0\nx: {}", "[".repeat(100_000)),
        "- ".repeat(100_000),
    ] {
        let said = refused(&document);
        assert!(said.contains("cannot be read") && said.len() < 400, "{said}");
    }
    // Each line is ten times the one before.
    let mut bomb = "openapi: 3.0.0\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..20 {
        let items = vec![format!("*a{}", level - 1); 10].join(",");
        writeln!(bomb, "a{level}: &a{level} [{items}]").unwrap();
    }
    let said = refused(&bomb);
    assert!(said.contains("cannot be read") && said.contains("alias"), "{said}");
    assert!(refused("openapi: 3.0.0\na: &a [*a]").contains("cannot be read"));
}

#[test]
fn a_large_document_takes_no_long_time() {
    let mut paths = serde_json::Map::new();
    let mut schemas = serde_json::Map::new();
    for number in 0..4000 {
        let schema = json!({ "$ref": format!("#/components/schemas/S{number}") });
        let next = json!({ "$ref": format!("#/components/schemas/S{}", (number + 1) % 4000) });
        let fields: serde_json::Map<_, _> = (0..20)
            .map(|field| {
                (
                    format!("field{field}"),
                    json!({ "type": "string", "description": "A field with some words about it." }),
                )
            })
            .collect();
        let mut fields = fields;
        fields.insert("next".to_owned(), next);
        schemas.insert(format!("S{number}"), json!({ "type": "object", "properties": fields }));
        let answer =
            json!({ "200": { "description": "x", "content": { "application/json": { "schema": schema } } } });
        paths.insert(format!("/things{number}/{{id}}"), json!({ "get": { "responses": answer } }));
    }
    let document = json!({ "openapi": "3.0.0", "info": { "title": "Large" }, "paths": paths, "components": { "schemas": schemas } });
    let document = document.to_string();
    assert!(document.len() > 5_000_000, "{}", document.len());
    let imported = import(&document, &Options::default()).unwrap();
    assert_eq!(imported.operations, 4000);
}
