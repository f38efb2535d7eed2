//! Places that look like paths of another notation: `/data.token`, `/$.data`.

use super::super::{Expiry, Place, RequestTemplate, TokenRule};
use super::Lints;

/// Whether this is where OAuth has the access token.
pub(super) fn is_oauth(places: &[Place]) -> bool {
    matches!(places, [Place::Body(pointer)] if pointer.to_string() == "/access_token")
}

pub(super) fn token(rule: &TokenRule, pointer: &str, lints: &mut Lints) {
    let expiry = rule.expiry.iter().filter_map(Expiry::place);
    let refresh_expiry = rule.refresh_expiry.iter().filter_map(Expiry::place);
    rule.value.iter().for_each(|place| look(place, &format!("{pointer}/value"), lints));
    rule.refresh_token.iter().for_each(|place| look(place, &format!("{pointer}/refresh_token"), lints));
    expiry.for_each(|place| look(place, &format!("{pointer}/expiry"), lints));
    refresh_expiry.for_each(|place| look(place, &format!("{pointer}/refresh_expiry"), lints));
}

pub(super) fn captures(request: &RequestTemplate, pointer: &str, lints: &mut Lints) {
    for (name, places) in request.captures.iter() {
        places.iter().for_each(|place| look(place, &format!("{pointer}/captures/{name}"), lints));
    }
}

fn look(place: &Place, pointer: &str, lints: &mut Lints) {
    let Place::Body(path) = place else { return };
    let path = path.to_string();
    if let Some(meant) = meant(&path) {
        lints.warn(
            pointer,
            format!("'{path}' asks for a member with dots in its name: steps are parted by '/'; did you mean '{meant}'?"),
        );
    }
}

/// The same path with its steps apart. Some services do have members with a dot, but they begin with one, or with the
/// name of a standard.
fn meant(path: &str) -> Option<String> {
    let mut changed = false;
    let mut steps = Vec::new();
    for step in path.split('/').skip(1) {
        let parts: Vec<_> = step.split('.').collect();
        let dotted = parts.len() > 1
            && parts[0] != "odata"
            && parts.iter().enumerate().all(|(at, part)| is_name(part, at));
        changed |= dotted || step == "$";
        if dotted {
            steps.extend(parts.into_iter().filter(|part| *part != "$"));
        } else if step != "$" {
            steps.push(step);
        }
    }
    changed.then(|| format!("/{}", steps.join("/")))
}

fn is_name(part: &str, at: usize) -> bool {
    let word = part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    word || (at == 0 && part == "$")
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn only_what_is_a_path_elsewhere_is_doubted() {
        assert_eq!(meant("/data.token").as_deref(), Some("/data/token"));
        assert_eq!(meant("/$.data.token").as_deref(), Some("/data/token"));
        assert_eq!(meant("/$/token").as_deref(), Some("/token"));
        assert_eq!(meant("/result/user.id").as_deref(), Some("/result/user/id"));
        for fine in
            ["/access_token", "/.expires", "/odata.error/code", "/@odata.id", "/a..b", "/v1.0", "", "/as:x.y"]
        {
            assert_eq!(meant(fine), None, "{fine}");
        }
    }
}
