//! What a request must mean.

use super::scope::Known;
use crate::manifest::read::Reader;
use crate::manifest::values::is_header_name;
use crate::manifest::{Fields, Place, RequestTemplate};
use crate::template::{Piece, Template, is_visible};

pub(super) fn check(known: &Known<'_>, request: &RequestTemplate, reader: &mut Reader) {
    reader.inside("url", |reader| url(&request.url, reader));
    headers(known, &request.headers, reader);
    let bodies =
        [request.form.is_some(), request.json.is_some(), request.xml.is_some(), request.text.is_some()];
    if bodies.into_iter().filter(|body| *body).count() > 1 {
        reader.problem("at most one of 'form', 'json', 'xml' and 'text' can be the body");
    }
    check_content_type(request, reader);
    if let Some(basic) = &request.basic {
        if request.headers.has("authorization") {
            reader.problem("'basic' and an 'authorization' header are two authentications at once");
        }
        let own = [&basic.user, &basic.password];
        let mut elsewhere = request.templates();
        elsewhere.retain(|template| own.iter().all(|own| !core::ptr::eq(*own, *template)));
        let twice = |name: &&str| known.is_secret(name) && names(&elsewhere).any(|other| other == *name);
        if let Some(name) = basic.password.names().find(twice) {
            reader.problem(format!(
                "the secret '{name}' is in 'basic' and elsewhere: two authentications at once"
            ));
        }
    }
    known.check(&request.templates(), reader);
    for (name, places) in request.captures.iter() {
        reader.inside("captures", |reader| {
            reader.inside(name, |reader| check_places(known, places, reader));
        });
    }
}

/// A body and what is said of it are not set apart.
fn check_content_type(request: &RequestTemplate, reader: &mut Reader) {
    let Some(kind) = request.headers.get("content-type") else { return };
    let kind = kind.as_literal().unwrap_or_default().to_ascii_lowercase();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let (body, fits) = if request.form.is_some() {
        ("form", kind == "application/x-www-form-urlencoded")
    } else if request.json.is_some() {
        ("json", essence == "application/json" || essence.ends_with("+json"))
    } else if request.xml.is_some() {
        ("xml", essence == "text/xml" || essence.ends_with("/xml") || essence.ends_with("+xml"))
    } else {
        return;
    };
    if !fits {
        let problem =
            format!("this is not the content type of '{body}', which is set by itself; leave it out");
        reader.inside("headers", |reader| reader.problem_at("content-type", problem));
    }
}

/// What earlier requests captured must have been captured.
pub(super) fn check_places(known: &Known<'_>, places: &[Place], reader: &mut Reader) {
    for place in places {
        if let Place::Captured(name) = place
            && !known.captured(name)
        {
            reader.problem(format!("no earlier request captures '{name}'"));
        }
    }
}

pub(super) fn headers(known: &Known<'_>, headers: &Fields, reader: &mut Reader) {
    for (index, (name, value)) in headers.0.iter().enumerate() {
        let literal = |template: &Template, fits: fn(&str) -> bool| {
            template.pieces().iter().all(|piece| match piece {
                Piece::Literal(text) => fits(text),
                Piece::Slot(_) => true,
            })
        };
        let text = name.as_literal().unwrap_or("this");
        let problem = if text.is_empty() || !literal(name, is_header_name) {
            let lower = text.to_ascii_lowercase();
            if lower != text && is_header_name(&lower) {
                format!("'{text}' is written in lower case here: '{lower}'; services do not tell them apart")
            } else {
                format!("'{text}' is no name of a header field")
            }
        } else if headers.0[..index].iter().any(|(other, _)| other == name) {
            format!("'{text}' stands once: a header field has one value")
        } else if name.names().any(|name| known.is_secret(name)) {
            "a secret cannot be the name of a header field: names are shown".to_owned()
        } else if !literal(value, is_visible) {
            format!("'{text}' has a value with characters that no header field may have")
        } else {
            continue;
        };
        reader.problem_at("headers", problem);
    }
}

pub(super) fn url(template: &Template, reader: &mut Reader) {
    let prefix = template.prefix();
    if !prefix.is_empty() && !prefix.starts_with("https://") {
        reader.problem("a URL begins with a placeholder for the base URL, or with https://");
    }
}

impl RequestTemplate {
    /// Every template of the request.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        let fields = [Some(&self.headers), Some(&self.cookies), Some(&self.query), self.form.as_ref()];
        let mut all = Vec::new();
        for fields in fields.into_iter().flatten() {
            all.extend(fields.templates());
        }
        all.push(&self.url);
        all.extend(&self.xml);
        all.extend(&self.text);
        if let Some(basic) = &self.basic {
            all.extend([&basic.user, &basic.password]);
        }
        if let Some(body) = &self.json {
            body.templates(&mut |template| all.push(template));
        }
        all
    }
}

fn names<'a>(templates: &[&'a Template]) -> impl Iterator<Item = &'a str> {
    templates.iter().copied().flat_map(Template::names)
}
