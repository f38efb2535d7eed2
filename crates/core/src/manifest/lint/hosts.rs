//! Hosts that are allowed to receive secrets, and need not be.

use super::super::{Host, Manifest, RequestTemplate};
use super::{Lints, Template};
use crate::template::Piece;
use crate::url::{Url, host_matches};

/// Domains under which anybody can have a host.
const SHARED: [&str; 27] = [
    "amazonaws.com",
    "appspot.com",
    "azure-api.net",
    "azurefd.net",
    "azurewebsites.net",
    "cloudapp.net",
    "cloudfront.net",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "glitch.me",
    "herokuapp.com",
    "netlify.app",
    "ngrok-free.app",
    "ngrok.io",
    "onrender.com",
    "pages.dev",
    "railway.app",
    "repl.co",
    "run.app",
    "s3.amazonaws.com",
    "trycloudflare.com",
    "up.railway.app",
    "vercel.app",
    "web.app",
    "workers.dev",
];

/// Where requests of a manifest may go.
enum Need {
    /// To this host.
    Host(String),
    /// To a host that ends like this.
    Suffix(String),
    /// Wherever a value says.
    Any,
}

pub(super) fn lint(manifest: &Manifest, lints: &mut Lints) {
    let needs = needs(manifest);
    for (index, host) in manifest.hosts.iter().enumerate() {
        let Host::Pattern(pattern) = host else { continue };
        let Some(domain) = pattern.strip_prefix("*.") else { continue };
        let place = format!("/hosts/{index}");
        if SHARED.contains(&domain.to_ascii_lowercase().as_str()) {
            lints.warn(place, format!(
                "'{pattern}' lets secrets go to hosts that anybody can have; name the hosts of the service, or let the person name one with {{ \"named_by\": parameter }}"
            ));
        } else if let Some(only) = narrower(pattern, &needs) {
            lints.warn(
                place,
                format!("'{pattern}' lets secrets go to more hosts than any request needs; write {only}"),
            );
        }
    }
}

/// What would do instead of this pattern, if all that it is needed for are hosts that are known.
fn narrower(pattern: &str, needs: &[Need]) -> Option<String> {
    let mut hosts = Vec::new();
    for need in needs {
        match need {
            Need::Any => return None,
            // A value stands before it, so it takes a pattern.
            Need::Suffix(suffix) if overlaps(pattern, suffix) => return None,
            Need::Suffix(_) => {}
            Need::Host(host) if host_matches(pattern, host) && !hosts.contains(host) => {
                hosts.push(host.clone());
            }
            Need::Host(_) => {}
        }
    }
    let quoted: Vec<_> = hosts.iter().map(|host| format!("'{host}'")).collect();
    (!quoted.is_empty()).then(|| quoted.join(", "))
}

fn overlaps(pattern: &str, suffix: &str) -> bool {
    let (domain, suffix) =
        (pattern.trim_start_matches("*.").to_ascii_lowercase(), suffix.to_ascii_lowercase());
    suffix.ends_with(&domain) || domain.ends_with(suffix.trim_start_matches('.'))
}

fn needs(manifest: &Manifest) -> Vec<Need> {
    let requests = manifest.ways().flat_map(|(_, auth)| auth.requests().chain(&auth.revoke));
    let requests: Vec<&RequestTemplate> = requests.collect();
    // A redirect leads where the server wants.
    let follows = requests.iter().any(|request| request.follow_redirects)
        || manifest.ways().any(|(_, auth)| auth.apply.follow_redirects);
    let mut needs: Vec<Need> = follows.then_some(Need::Any).into_iter().collect();
    let own = manifest.sets.iter().filter_map(|set| set.base_url.as_ref());
    let urls = requests.iter().map(|request| &request.url).chain([&manifest.base_url]).chain(own);
    urls.for_each(|url| needs.extend(need(manifest, url)));
    needs
}

fn need(manifest: &Manifest, url: &Template) -> Vec<Need> {
    let [Piece::Slot(name), ..] = url.pieces() else { return vec![in_host(url.pieces())] };
    // A base URL that can be only one of a few.
    let sets = manifest.sets.iter().flat_map(|set| &set.parameters);
    let known = manifest.parameters.iter().chain(sets).find(|parameter| parameter.name == *name);
    let allowed = known.map(|parameter| parameter.allowed.as_slice()).unwrap_or_default();
    let host = |text: &String| Url::parse(text).map_or(Need::Any, |url| Need::Host(url.host.to_owned()));
    if allowed.is_empty() { vec![Need::Any] } else { allowed.iter().map(host).collect() }
}

/// The host of a URL whose scheme is written out.
fn in_host(pieces: &[Piece]) -> Need {
    let mut host = String::new();
    let mut open = false;
    for piece in pieces {
        match piece {
            Piece::Slot(_) => {
                open = true;
                host.clear();
            }
            Piece::Literal(text) => {
                let text = text.strip_prefix("https://").unwrap_or(text);
                let end = text.find(['/', '?', ':']);
                host.push_str(&text[..end.unwrap_or(text.len())]);
                if end.is_some() {
                    break;
                }
            }
        }
    }
    match (open, host.contains('.')) {
        (false, _) => Need::Host(host),
        (true, true) => Need::Suffix(host),
        (true, false) => Need::Any,
    }
}
