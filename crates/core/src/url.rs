//! The little that must be known of a URL: whether a secret may be sent there.
//!
//! Only what a service's address needs is accepted: `http` or `https`, an ASCII host name or an IP address, an
//! optional port, a path. Anything that two parsers could read differently (user names, backslashes, control
//! characters) is refused rather than normalised.

use core::net::{Ipv4Addr, Ipv6Addr};

/// An absolute URL, taken apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Url<'a> {
    pub(crate) secure: bool,
    /// The host in the text's own case, IPv6 with its brackets.
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
    /// What follows the authority: path and query, perhaps empty.
    pub(crate) rest: &'a str,
    /// Scheme and authority.
    pub(crate) origin: &'a str,
}

impl<'a> Url<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, &'static str> {
        if text.bytes().any(|byte| !(0x21..=0x7e).contains(&byte) || b"\\\"<>^`{|}#".contains(&byte)) {
            return Err(
                "has characters that no URL may have: write a space as %20, and an international host name in its 'xn--' form",
            );
        }
        let (secure, after) = strip_scheme(text).ok_or("is no URL: it begins with https://")?;
        let (authority, rest) = after.split_at(after.find(['/', '?']).unwrap_or(after.len()));
        if authority.contains('@') {
            return Err("has a user name in its URL, which is not supported");
        }
        let (host, port) = match authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
            Some((host, port)) => (host, Some(port.parse().map_err(|_| "has a port that is no number")?)),
            None => (authority, None),
        };
        if !is_host(host) {
            return Err("has no valid host name in its URL");
        }
        let (path, _) = rest.split_once('?').unwrap_or((rest, ""));
        if path.split('/').any(is_dots) {
            return Err("has '.' or '..' in its path");
        }
        Ok(Self { secure, host, port, rest, origin: text.strip_suffix(rest).unwrap_or(text) })
    }

    /// Whether the host is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host;
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
            || host
                .strip_prefix('[')
                .and_then(|h| h.strip_suffix(']'))
                .is_some_and(|h| h.parse() == Ok(Ipv6Addr::LOCALHOST))
    }

    /// Whether a request to `other` reaches the same server.
    pub(crate) fn same_origin(&self, other: &Url<'_>) -> bool {
        let port = |url: &Url<'_>| url.port.unwrap_or(if url.secure { 443 } else { 80 });
        self.secure == other.secure && self.host.eq_ignore_ascii_case(other.host) && port(self) == port(other)
    }
}

fn strip_scheme(text: &str) -> Option<(bool, &str)> {
    let (scheme, after) = text.split_once("://")?;
    if scheme.eq_ignore_ascii_case("https") {
        Some((true, after))
    } else {
        scheme.eq_ignore_ascii_case("http").then_some((false, after))
    }
}

/// Whether a segment leads elsewhere; `%2e` is a dot for the URL parser of a browser.
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

/// A DNS name, an IPv4 address or a bracketed IPv6 address.
pub(crate) fn is_host(host: &str) -> bool {
    if let Some(inside) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return inside.parse::<Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    // A name whose last label is a number is an IPv4 address for a browser: then it must be one for us.
    let numeric = host
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x"));
    if numeric { host.parse::<Ipv4Addr>().is_ok() } else { host.len() <= 253 && host.split('.').all(label) }
}

/// Whether a host fits a pattern: a name, or `*.` and a name for any name below it.
pub(crate) fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(parent) => {
            let split = host.len().checked_sub(parent.len() + 1);
            split.is_some_and(|at| {
                at > 0
                    && host.as_bytes()[at] == b'.'
                    && host.as_bytes()[at + 1..].eq_ignore_ascii_case(parent.as_bytes())
            })
        }
        None => pattern.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_urls_apart() {
        let url = Url::parse("https://API.example.com:8443/v1?x=1").unwrap();
        assert_eq!((url.host, url.port, url.rest), ("API.example.com", Some(8443), "/v1?x=1"));
        assert_eq!(url.origin, "https://API.example.com:8443");
        for loopback in ["http://127.0.0.1:1/x", "http://[::1]:80", "http://localhost"] {
            assert!(Url::parse(loopback).unwrap().is_loopback(), "{loopback}");
        }
    }

    #[test]
    fn refuses_what_two_parsers_may_read_differently() {
        for bad in [
            "",
            "api.example.com",
            "ftp://a.b",
            "https://",
            "https://user@host/",
            "https://a\\@b/",
            "https://a b/",
            "https://a.b/../c",
            "https://a.b/.%2E/c",
            "https://a..b",
            "https://1.2.3",
            "https://0x7f.1",
            "https://a.b:99999",
            "https://é.com",
            "https://a.b#f",
            "https://[::1",
        ] {
            assert!(Url::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns_match_whole_labels() {
        assert!(host_matches("*.cloud.appspace.com", "api.Cloud.appspace.com"));
        assert!(!host_matches("*.cloud.appspace.com", "cloud.appspace.com"));
        assert!(!host_matches("*.cloud.appspace.com", "evilcloud.appspace.com"));
        assert!(!host_matches("api.workspan.com", "api.workspan.com.evil.com"));
    }

    #[test]
    fn origins_compare_with_default_ports() {
        let a = Url::parse("https://a.b").unwrap();
        assert!(a.same_origin(&Url::parse("https://A.b:443/x").unwrap()));
        assert!(!a.same_origin(&Url::parse("http://a.b").unwrap()));
    }
}
