//! Answers in whatever they are written as one kind of tree, so that one kind of place finds everything in them.

use crate::json::Json;
use crate::manifest::Format;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// The body of an answer as a tree. A refusal is often JSON, whatever a success is.
pub(crate) fn read(body: &str, format: Format) -> Option<Json> {
    let json = Json::parse(body).ok();
    match format {
        Format::Json => json,
        Format::Form => json.or_else(|| Json::from_form(body)),
        Format::Xml => json.or_else(|| xml(body)),
        Format::Text => json.filter(|json| matches!(json, Json::Object(_))).or_else(|| {
            let text = body.trim();
            // A page for people is none.
            (!text.is_empty() && !text.starts_with('<')).then(|| text.into())
        }),
    }
}

/// Deeper trees are no token answers.
const DEEPEST: usize = 64;

/// An element in the making.
struct Element {
    name: String,
    members: Vec<(String, Json)>,
    text: String,
}

/// Reads XML. No entities are known but the five of XML itself, and a document type is refused.
fn xml(body: &str) -> Option<Json> {
    let mut reader = Reader::from_str(body);
    let mut open = vec![Element { name: String::new(), members: Vec::new(), text: String::new() }];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if open.len() < DEEPEST => open.push(Element::of(&start)?),
            Event::Empty(start) if open.len() < DEEPEST => Element::of(&start)?.close(open.last_mut()?),
            Event::End(_) => open.pop()?.close(open.last_mut()?),
            Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
            Event::CData(data) => open.last_mut()?.text.push_str(&data.xml10_content()),
            Event::GeneralRef(name) => {
                let known = match name.resolve_char_ref().ok()? {
                    Some(character) => character,
                    None => match &*name.xml10_content() {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => return None,
                    },
                };
                open.last_mut()?.text.push(known);
            }
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
            Event::Start(_) | Event::Empty(_) | Event::DocType(_) => return None,
        }
    }
    let document = open.pop().filter(|_| open.is_empty())?;
    (!document.members.is_empty()).then_some(Json::Object(document.members))
}

impl Element {
    fn of(start: &BytesStart<'_>) -> Option<Self> {
        let mut members = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let name = attribute.key.local_name().as_ref().to_owned();
            members.push((
                format!("@{name}"),
                Json::from(&*attribute.normalized_value(XmlVersion::Implicit1_0).ok()?),
            ));
        }
        Some(Self { name: start.local_name().as_ref().to_owned(), members, text: String::new() })
    }

    /// Puts the element into the one around it. Several of one name become a list.
    fn close(self, parent: &mut Self) {
        let value =
            if self.members.is_empty() { Json::from(self.text.trim()) } else { Json::Object(self.members) };
        match parent.members.iter_mut().find(|(name, _)| *name == self.name) {
            Some((_, Json::Array(items))) => items.push(value),
            Some((_, first)) => *first = Json::Array(vec![first.clone(), value]),
            None => parent.members.push((self.name, value)),
        }
    }
}
