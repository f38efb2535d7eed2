//! Text with placeholders, parsed once, and written into a slot with that slot's escaping.
//!
//! A template is text in which `{name}` stands for a value; `{{` and `}}` are literal braces. There are no
//! expressions. A value that is absent makes the whole template absent, and its field is left out.

use crate::ability::Abilities;
use crate::error::SettingsError;
use crate::json::Json;
use crate::manifest::is_header_name;
use crate::manifest::read::{self, Read};
use crate::manifest::shape::Shape;
use core::ops::Range;

/// Parsed text with placeholders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Piece {
    Literal(String),
    Slot(String),
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(['{', '}']) {
            literal.push_str(before);
            let brace =
                if rest.strip_prefix(before).is_some_and(|rest| rest.starts_with('{')) { '{' } else { '}' };
            rest = after;
            if let Some(after) = rest.strip_prefix(brace) {
                literal.push(brace);
                rest = after;
            } else if let (true, Some((name, after))) = (brace == '{', rest.split_once('}')) {
                if !is_name(name) {
                    return Err(format!(
                        "'{{{name}}}' is no placeholder: a name is letters, digits and '_'; a literal brace is written twice"
                    ));
                }
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(core::mem::take(&mut literal)));
                }
                pieces.push(Piece::Slot(name.to_owned()));
                rest = after;
            } else {
                return Err(format!("a lone '{brace}': a literal brace is written twice"));
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self(pieces))
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The names of its placeholders.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Slot(name) => Some(name.as_str()),
            Piece::Literal(_) => None,
        })
    }

    /// The name, if the template is nothing but one placeholder.
    pub(crate) fn only_name(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Slot(name)] => Some(name),
            _ => None,
        }
    }

    /// The text, if there are no placeholders.
    pub(crate) fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The literal text before the first placeholder.
    pub(crate) fn prefix(&self) -> &str {
        match self.0.first() {
            Some(Piece::Literal(text)) => text,
            _ => "",
        }
    }

    /// Appends the text with each value escaped for `slot`, and tells `secrets` where secrets stand. `None` if a
    /// value is absent; `out` is then as it was.
    pub(crate) fn write(
        &self,
        scope: &dyn Scope,
        slot: Slot,
        out: &mut String,
        secrets: &mut Vec<Range<usize>>,
    ) -> Result<Option<()>, SettingsError> {
        let (start, marks) = (out.len(), secrets.len());
        for piece in &self.0 {
            match piece {
                // A literal in a JSON string or a form is text like any other; in a URL it is already a URL.
                Piece::Literal(text) if slot.escapes_literals() => slot.write(text, out),
                Piece::Literal(text) => out.push_str(text),
                Piece::Slot(name) => {
                    if write_value(name, scope, slot, out, secrets)?.is_none() {
                        out.truncate(start);
                        secrets.truncate(marks);
                        return Ok(None);
                    }
                }
            }
        }
        Ok(Some(()))
    }
}

/// Appends one value, escaped for `slot`; `None` if it is absent.
pub(crate) fn write_value(
    name: &str,
    scope: &dyn Scope,
    slot: Slot,
    out: &mut String,
    secrets: &mut Vec<Range<usize>>,
) -> Result<Option<()>, SettingsError> {
    let Some(value) = scope.value(name) else { return Ok(None) };
    slot.check(value.text).map_err(|problem| SettingsError::Invalid {
        parameter: name.to_owned(),
        problem: problem.to_owned(),
    })?;
    let at = out.len();
    slot.write(value.text, out);
    if value.secret {
        secrets.push(at..out.len());
    }
    Ok(Some(()))
}

impl Read for Template {
    const SHAPE: Shape = Shape::Template;

    fn read(json: Option<&Json>, _: &Abilities) -> Self {
        Self::parse(read::text(json)).unwrap_or_else(|_| read::misshapen())
    }
}

/// Whether this can stand in the value of a header field.
pub(crate) fn is_visible(text: &str) -> bool {
    text.bytes().all(|b| (0x20..=0x7e).contains(&b))
}

/// Whether this can name a parameter.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// What a placeholder stands for.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) text: &'a str,
    pub(crate) secret: bool,
    /// Whether it may stand in JSON without quotes: an `int` or a `bool`.
    pub(crate) bare: bool,
    /// What stands between its items, if it is a list.
    pub(crate) separator: Option<&'a str>,
}

/// Where the values come from.
pub(crate) trait Scope {
    fn value(&self, name: &str) -> Option<Value<'_>>;
}

/// The place a value is written to, which decides how it is escaped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Slot {
    /// A whole base URL, checked elsewhere.
    Base,
    /// A label or more of a host name.
    Host,
    /// One segment of a path.
    Path,
    /// A name or value of a query string: RFC 3986, with `%20` for a space.
    Query,
    /// A name or value of a form: RFC 1866 rules, with `+` for a space.
    Form,
    /// The value of a header field.
    Header,
    /// The name of a header field.
    HeaderName,
    /// The inside of a JSON string.
    JsonString,
    /// Text or an attribute in XML.
    Xml,
    /// Text as it is.
    Raw,
}

impl Slot {
    const fn escapes_literals(self) -> bool {
        matches!(self, Self::Query | Self::Form | Self::JsonString)
    }

    pub(crate) fn check(self, text: &str) -> Result<(), &'static str> {
        match self {
            Self::Header if !is_visible(text) => Err(
                "stands in a header, where only visible ASCII characters may be: no line breaks, no accents",
            ),
            Self::Host if !is_host_part(text) => {
                Err("is part of a host name, where only letters, digits, '-' and '.' may be")
            }
            Self::HeaderName if !is_header_name(&text.to_ascii_lowercase()) => {
                Err("names a header: letters, digits and '-'")
            }
            Self::Xml if text.chars().any(|c| c < ' ' && !matches!(c, '\n' | '\r' | '\t')) => {
                Err("has a control character, which cannot stand in XML")
            }
            Self::Path if matches!(text, "." | "..") => Err("would change the path of the request"),
            _ => Ok(()),
        }
    }

    pub(crate) fn write(self, text: &str, out: &mut String) {
        match self {
            Self::Base | Self::Host | Self::Header | Self::Raw => out.push_str(text),
            Self::HeaderName => out.push_str(&text.to_ascii_lowercase()),
            Self::Path | Self::Query => percent(text.as_bytes(), b"-._~", false, out),
            Self::Form => percent(text.as_bytes(), b"*-._", true, out),
            Self::JsonString => json_string(text, out),
            Self::Xml => xml_text(text, out),
        }
    }
}

/// A host name or a part of one; a port may stand after it.
fn is_host_part(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
        && !port.is_empty()
        && port.bytes().all(|b| b.is_ascii_digit())
}

/// Percent-encodes all bytes but letters, digits and `kept`.
pub(crate) fn percent(bytes: &[u8], kept: &[u8], plus: bool, out: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else if plus && byte == b' ' {
            out.push('+');
        } else {
            out.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

fn json_string(text: &str, out: &mut String) {
    use core::fmt::Write;
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a string cannot fail.
            c if c < ' ' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
}

fn xml_text(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // Readers would turn it into a line feed.
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One(&'static str);

    impl Scope for One {
        fn value(&self, name: &str) -> Option<Value<'_>> {
            (name == "a").then_some(Value { text: self.0, secret: true, bare: false, separator: None })
        }
    }

    fn write(template: &str, slot: Slot, value: &'static str) -> Result<Option<String>, SettingsError> {
        let (mut out, mut secrets) = (String::new(), Vec::new());
        let written = Template::parse(template).unwrap().write(&One(value), slot, &mut out, &mut secrets)?;
        Ok(written.map(|()| out))
    }

    #[test]
    fn escapes_for_the_slot() {
        let value = "a b+/=&%:é\"\\\u{1}";
        let cases = [
            (Slot::Path, "a%20b%2B%2F%3D%26%25%3A%C3%A9%22%5C%01"),
            (Slot::Form, "a+b%2B%2F%3D%26%25%3A%C3%A9%22%5C%01"),
            (Slot::JsonString, "a b+/=&%:é\\\"\\\\\\u0001"),
        ];
        for (slot, wanted) in cases {
            assert_eq!(write("{a}", slot, value), Ok(Some(wanted.to_owned())));
        }
    }

    #[test]
    fn absent_value_leaves_nothing() {
        assert_eq!(write("x{a}{b}", Slot::Raw, "v"), Ok(None));
    }

    #[test]
    fn header_refuses_line_breaks_and_path_refuses_dots() {
        assert!(write("{a}", Slot::Header, "a\r\nb: c").is_err());
        assert!(write("{a}", Slot::Path, "..").is_err());
        assert!(write("{a}", Slot::Host, "evil.com/").is_err());
    }

    #[test]
    fn braces_are_doubled() {
        assert_eq!(write("{{{a}}}", Slot::Raw, "v"), Ok(Some("{v}".to_owned())));
        for bad in ["{", "}", "{a b}", "{a", "a}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}
