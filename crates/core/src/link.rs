//! Addresses in answers: the Link header (RFC 8288), and references that are relative (RFC 3986, section 5).

/// The address of the next page in the value of a Link header: `<..>; rel="next"`.
pub(crate) fn next(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (address, after) = after.split_once('>')?;
        let (parameters, after) = split_unquoted(after, ',');
        if is_next(parameters) {
            return Some(address.trim().to_owned());
        }
        rest = after;
    }
    None
}

/// What stands before and after a character that is not in quotes.
fn split_unquoted(text: &str, separator: char) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    let at = text.find(|c| {
        let found = c == separator && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && quoted && !escaped;
        found
    });
    at.map_or((text, ""), |at| (&text[..at], &text[at + separator.len_utf8()..]))
}

/// Whether one of the relation types is 'next', and the link is about the answer itself.
fn is_next(parameters: &str) -> bool {
    let (mut relations, mut rest) = (None, parameters);
    while !rest.is_empty() {
        let (parameter, after) = split_unquoted(rest, ';');
        rest = after;
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.trim() {
            name if name.eq_ignore_ascii_case("anchor") => return false,
            // The first one counts.
            name if name.eq_ignore_ascii_case("rel") && relations.is_none() => {
                relations = Some(value.trim().trim_matches('"'));
            }
            _ => {}
        }
    }
    let mut relations = relations.unwrap_or_default().split_ascii_whitespace();
    relations.any(|relation| relation.eq_ignore_ascii_case("next"))
}

/// The address that a reference means in an answer to a request to `base`, without a fragment. What is no URL stays
/// none: it is refused where it would be used.
pub(crate) fn join(base: &str, reference: &str) -> String {
    let (reference, _) = reference.split_once('#').unwrap_or((reference, ""));
    let colon = reference.find([':', '/', '?']).filter(|at| reference[*at..].starts_with(':'));
    let scheme = base.find("://").unwrap_or(0);
    let authority = base.get(scheme + 3..).unwrap_or_default();
    let origin = scheme + 3 + authority.find(['/', '?']).unwrap_or(authority.len());
    let (origin, rest) = base.split_at_checked(origin).unwrap_or((base, ""));
    let (path, _) = rest.split_once('?').unwrap_or((rest, ""));
    if colon.is_some() {
        return match reference.find("://").and_then(|at| Some(at + 3 + reference[at + 3..].find('/')?)) {
            Some(path) => reference[..path].to_owned() + &without_dots(&reference[path..]),
            None => reference.to_owned(),
        };
    }
    match reference {
        "" => base.to_owned(),
        _ if reference.starts_with("//") => join(base, &format!("{}:{reference}", &base[..scheme])),
        _ if reference.starts_with('?') => format!("{origin}{path}{reference}"),
        _ if reference.starts_with('/') => origin.to_owned() + &without_dots(reference),
        _ => {
            let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
            origin.to_owned() + &without_dots(&format!("{folder}{reference}"))
        }
    }
}

/// RFC 3986, section 5.2.4, for a path that begins with a slash; a query stays as it is.
fn without_dots(reference: &str) -> String {
    let (path, query) = reference.split_at(reference.find('?').unwrap_or(reference.len()));
    let mut kept: Vec<&str> = Vec::new();
    let segments = path.strip_prefix('/').unwrap_or(path).split('/');
    let last = segments.clone().count().saturating_sub(1);
    for (index, segment) in segments.enumerate() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if index == last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}{query}", kept.join("/"))
}

/// The address without the parameters of its query that `drop` names: a server may have written the token there.
pub(crate) fn without(url: &str, drop: impl Fn(&str) -> bool) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let kept = query.split('&').filter(|pair| !drop(pair.split_once('=').map_or(pair, |(name, _)| name)));
    let kept = kept.collect::<Vec<_>>().join("&");
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{kept}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3986, section 5.4, as far as they are about http.
    #[test]
    fn references_are_resolved_as_the_rfc_does() {
        let normal = [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g/h", "http://g/h"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            ("g?y#s", "http://a/b/c/g?y"),
            (";x", "http://a/b/c/;x"),
            ("g;x", "http://a/b/c/g;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("g?u=http://x/", "http://a/b/c/g?u=http://x/"),
            ("https://h/x/../y?z", "https://h/y?z"),
            ("https://h", "https://h"),
            ("mailto:x", "mailto:x"),
        ];
        for (reference, wanted) in normal {
            assert_eq!(join("http://a/b/c/d;p?q", reference), wanted, "{reference}");
        }
        assert_eq!(join("https://a", "g?x"), "https://a/g?x");
        assert_eq!(join("https://a?x=1", "?y"), "https://a?y");
    }

    #[test]
    fn the_next_link_is_found_among_others() {
        let cases = [
            (r#"<https://a/?page=2>; rel="next""#, Some("https://a/?page=2")),
            (r#"<https://a/1>; rel="prev", <https://a/3>; rel="next""#, Some("https://a/3")),
            (r#"<https://a/?x=1,2>; title="a, <b>"; rel=next"#, Some("https://a/?x=1,2")),
            (r#"<a>; rel="last NEXT""#, Some("a")),
            (r#"<a>; title="; rel=\"next"; rel=prev , <b>;REL="next""#, Some("b")),
            (r#"<a>; rel="next"; anchor="/other""#, None),
            (r#"<a>; rel="prev"; rel="next""#, None),
            (r#"<a>; title="x; rel=next"; rel=prev"#, None),
            (r#"<a>; rel="nexts""#, None),
            ("<a", None),
            ("", None),
        ];
        for (header, wanted) in cases {
            assert_eq!(next(header).as_deref(), wanted, "{header}");
        }
    }

    #[test]
    fn a_parameter_of_a_query_can_be_left_out() {
        let drop = |name: &str| name == "token";
        assert_eq!(without("https://a/x?token=1&b=2&token", drop), "https://a/x?b=2");
        assert_eq!(without("https://a/x?token=1", drop), "https://a/x");
        assert_eq!(without("https://a/x", drop), "https://a/x");
    }
}
