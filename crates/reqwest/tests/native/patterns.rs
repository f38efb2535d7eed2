//! Patterns of parameters, which are looked at when a connection is made.

use grantline_reqwest::{Connection, Connector, Error};

fn build(pattern: &str, help: &str, value: &str) -> Result<Connection, Error> {
    let connector = serde_json::json!({
        "id": "patterns", "title": "Patterns", "base_url": "https://api.example.com", "hosts": ["api.example.com"],
        "sets": [{
            "name": "key", "title": "Key",
            "parameters": [{
                "name": "key", "title": "Key", "type": "securestring", "pattern": pattern, "pattern_help": help
            }],
            "auth": {
                "seed": { "access_token": "{key}" },
                "apply": { "headers": { "authorization": "Bearer {accessToken}" } }
            }
        }]
    });
    let connector = Connector::from_json(&connector.to_string())?;
    Connection::builder(connector).parameter("key", value).build()
}

#[test]
fn a_value_must_match_as_a_whole() {
    build("sk-[0-9]{4}", "", "sk-1234").unwrap();
    for value in ["sk-123", "sk-12345", "sk-1234 ", "x sk-1234"] {
        let error = build("sk-[0-9]{4}", "'sk-' and four digits", value).unwrap_err();
        assert_eq!(error.code(), "invalid_parameter");
        assert_eq!(error.to_string(), "parameter 'key' does not have the right form: 'sk-' and four digits");
    }
}

#[test]
fn a_pattern_that_cannot_be_read_is_the_fault_of_the_connector() {
    let error = build("(?<=sk-)x", "", "x").unwrap_err();
    assert_eq!(error.code(), "invalid_connector");
    assert_eq!(
        error.to_string(),
        "this is not a valid connector\n  /sets/0/parameters/0/pattern: the pattern has a group of a kind that not \
            every platform knows: only '(' and '(?:' are"
    );
}
