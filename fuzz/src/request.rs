//! What must hold for every request, whatever made it.

use crate::known;
use crate::world::SECRET;
use grantline_core::Request;
use grantline_core::manifest;
use url::{Host, Url};

/// Where a request may go: what the connector says, and the value of the parameter that names a host.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The connector's word.
    pub hosts: Vec<manifest::Host>,
    /// The values that the person gave.
    pub values: Vec<(String, String)>,
}

impl Allowed {
    /// Whether this host, in the reading of browsers, is one of them.
    #[must_use]
    pub fn contains(&self, host: &str) -> bool {
        let same = |name: &str| normal(name).is_some_and(|name| name == host);
        self.hosts.iter().any(|allowed| match allowed {
            manifest::Host::Pattern(pattern) => match pattern.strip_prefix("*.") {
                Some(parent) => {
                    let parent = format!(".{}", parent.to_ascii_lowercase());
                    host.len() > parent.len() && host.ends_with(&parent)
                }
                None => same(pattern),
            },
            manifest::Host::NamedBy(parameter) => self.values.iter().any(|(name, value)| {
                let named = Url::parse(value).ok().and_then(|url| url.host_str().map(str::to_owned));
                name == parameter && (named.as_deref() == Some(host) || same(value))
            }),
        })
    }
}

/// A host as a browser writes it.
fn normal(host: &str) -> Option<String> {
    Host::parse(host).ok().map(|host| host.to_string())
}

/// Panics where a request goes to a wrong place, or holds what no request may hold.
///
/// # Panics
/// See above.
pub fn check(request: &Request, allowed: &Allowed) {
    let url = match Url::parse(&request.url) {
        Ok(url) => url,
        // No adapter sends it.
        Err(error) => return assert!(known::is_broken_label(&request.url), "{error}: {}", request.url),
    };
    let host = url.host_str().unwrap_or_default();
    assert_eq!(url.scheme(), "https", "{}", request.url);
    assert!(allowed.contains(host), "{} is not among {allowed:?}", request.url);
    assert!(url.username().is_empty() && url.password().is_none(), "{}", request.url);
    assert!(url.fragment().is_none(), "{}", request.url);
    for (name, value) in request.headers.iter() {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        assert!(!name.is_empty() && name.bytes().all(token), "the header {name:?} has no valid name");
        assert!(value.bytes().all(|b| (0x20..=0x7e).contains(&b)), "the header {name} is {value:?}");
    }
    assert!(request.method.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    let _ = serde_json::to_string(request).expect("a request is JSON");
    let shown = request.shown();
    for text in [format!("{shown}"), format!("{request:?}"), format!("{shown:?}")] {
        assert!(!text.contains(SECRET), "a secret is shown: {text}");
    }
}
