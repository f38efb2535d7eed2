//! What people are told when Redis did not do as asked.
//!
//! Redis repeats the arguments of commands it does not know, and those may be a password or a record: only the code of
//! an answer is shown, never its words.

use grantline_reqwest::StoreError;
use redis::{ErrorKind, RedisError};

/// Why, and what to do.
pub(crate) fn why(error: &RedisError) -> String {
    if error.kind() == ErrorKind::AuthenticationFailed {
        return CREDENTIALS.to_owned();
    }
    match error.code() {
        Some("NOAUTH" | "WRONGPASS") => CREDENTIALS.to_owned(),
        Some("NOPERM") => "its user may not: it needs GET, SET, EVAL and DEL on these keys".to_owned(),
        Some("READONLY") => "it is a replica: connect to the primary".to_owned(),
        Some("WRONGTYPE") => "the key holds something else: delete it, or use another prefix".to_owned(),
        Some(code) => format!("it answered with {code}"),
        None if error.is_io_error() => error.to_string(),
        None => error.category().to_owned(),
    }
}

/// A record that nobody here can read.
pub(crate) fn broken(key: &str, problem: &str) -> StoreError {
    StoreError::new(format!("the Redis key {key}: {problem} (rename the key, or delete it)"))
}

/// A URL that is none. It is not shown, since it may hold a password.
pub(crate) fn bad_url(url: &str) -> StoreError {
    let secure = url.starts_with("rediss:") || url.starts_with("valkeys:");
    StoreError::new(if secure && cfg!(not(feature = "tls")) {
        "this URL of a Redis server needs the feature 'tls' of grantline-redis"
    } else {
        "the URL of the Redis server is not readable: write redis://user:password@host:6379/0, with %xx for special \
         characters of the password"
    })
}

const CREDENTIALS: &str = "it refuses the credentials: check the user name and the password";
