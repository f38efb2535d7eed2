//! The little that must be known of a URL: whether a secret may be sent there.
//!
//! Only what a service's address needs is accepted: `http` or `https`, an ASCII host name or an IP address, an
//! optional port, a path. Anything that two parsers could read differently (user names, backslashes, control
//! characters) is refused rather than normalised.

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
            || ipv4(host).is_some_and(|[first, ..]| first == 127)
            || in_brackets(host).and_then(ipv6) == Some([0, 0, 0, 0, 0, 0, 0, 1])
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
    if let Some(inside) = in_brackets(host) {
        return ipv6(inside).is_some();
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
    if numeric { ipv4(host).is_some() } else { host.len() <= 253 && host.split('.').all(label) }
}

fn in_brackets(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}

/// An IPv4 address, by the rules of [`core::net`], whose parsers would weigh more than all else that is here.
fn ipv4(text: &str) -> Option<[u8; 4]> {
    let mut parts = text.split('.');
    let mut bytes = [0; 4];
    for byte in &mut bytes {
        let part = parts.next()?;
        let digits = !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
        // A zero in front makes it octal for some.
        if !digits || (part.len() > 1 && part.starts_with('0')) {
            return None;
        }
        *byte = part.parse().ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

/// An IPv6 address, by the same rules.
fn ipv6(text: &str) -> Option<[u16; 8]> {
    let mut groups = Vec::new();
    let mut gap = None;
    let mut rest = text.strip_prefix("::").inspect(|_| gap = Some(0)).unwrap_or(text);
    while !rest.is_empty() {
        let (part, after) = rest.split_once(':').map_or((rest, None), |(part, after)| (part, Some(after)));
        match (ipv4(part), after) {
            (Some([a, b, c, d]), None) => {
                groups.extend([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
            }
            _ if (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit()) => {
                groups.push(u16::from_str_radix(part, 16).ok()?);
            }
            _ => return None,
        }
        rest = match after {
            None => "",
            Some("") => return None,
            Some(after) => match after.strip_prefix(':') {
                Some(after) if gap.is_none() => {
                    gap = Some(groups.len());
                    after
                }
                Some(_) => return None,
                None => after,
            },
        };
    }
    // A gap stands for one group of zeros at least.
    let full = if gap.is_some() { groups.len() < 8 } else { groups.len() == 8 };
    let (front, back) = groups.split_at_checked(gap.unwrap_or(groups.len())).filter(|_| full)?;
    let mut address = [0; 8];
    address[..front.len()].copy_from_slice(front);
    address[8 - back.len()..].copy_from_slice(back);
    Some(address)
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
    use core::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn takes_urls_apart() {
        let url = Url::parse("https://API.example.com:8443/v1?x=1").unwrap();
        assert_eq!((url.host, url.port, url.rest), ("API.example.com", Some(8443), "/v1?x=1"));
        assert_eq!(url.origin, "https://API.example.com:8443");
        for loopback in ["http://127.0.0.1:1/x", "http://[::1]:80", "http://localhost"] {
            assert!(Url::parse(loopback).unwrap().is_loopback(), "{loopback}");
        }
    }

    /// Every text of up to eight of these pieces means what it means to the standard library.
    #[test]
    fn addresses_are_read_as_the_standard_library_reads_them() {
        let pieces =
            ["", ":", "::", ".", "0", "1", "127", "255", "256", "01", "ffff", "12345", "g", "1.2.3.4"];
        let mut texts = vec![String::new()];
        let mut seed = 1_u64;
        for _ in 0..200_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let length = (seed >> 33) % 17;
            let mut text = String::new();
            for step in 0..length {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let pick = (seed >> 33) as usize;
                // Mostly a separator after each group: else hardly any text would be an address.
                let separator = if pick % 8 < 5 { ":" } else { pieces[pick % 4] };
                text.push_str(if step % 2 == 0 { pieces[4 + pick / 8 % 10] } else { separator });
            }
            texts.push(text);
        }
        for piece in ["::", "::1", "1::", ":1", "1:", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"]
        {
            texts.push(piece.to_owned());
        }
        let mut addresses = [0; 2];
        for text in &texts {
            let known = text.parse::<Ipv4Addr>().ok();
            assert_eq!(ipv4(text), known.map(|address| address.octets()), "{text}");
            let known_6 = text.parse::<Ipv6Addr>().ok();
            assert_eq!(ipv6(text), known_6.map(|address| address.segments()), "{text}");
            addresses[0] += usize::from(known.is_some());
            addresses[1] += usize::from(known_6.is_some());
        }
        assert!(addresses.into_iter().all(|seen| seen > 500), "too few texts are addresses: {addresses:?}");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let this = [
            "127.0.0.1",
            "127.255.0.9",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[0::0001]",
            "[::0.0.0.1]",
            "LocalHost",
        ];
        let other =
            ["128.0.0.1", "[::]", "[::2]", "[1::1]", "[::ffff:127.0.0.1]", "localhost.a", "127.0.0.1.a"];
        let is_loopback =
            |host: &&str| Url::parse(&format!("http://{host}/")).is_ok_and(|url| url.is_loopback());
        assert!(this.iter().all(is_loopback));
        assert!(!other.iter().any(is_loopback));
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
