//! How a manifest is read: each type says its shape once, and reading, the unknown-key check and the JSON
//! Schema all follow from it. All problems are collected, so that an author sees them in one go.

use crate::json::{Json, Pointer};
use crate::names::nearest;
use core::fmt;
use thiserror::Error;

/// Everything that is wrong with a connector.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub struct ConnectorError {
    /// The problems, in the order in which they stand in the file.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not a valid connector")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// A JSON Pointer to the place.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", if self.pointer.is_empty() { "/" } else { &self.pointer }, self.message)
    }
}

/// Where the reading stands, and what it has found wrong.
#[derive(Default)]
pub(crate) struct Reader {
    path: Vec<String>,
    pub(crate) problems: Vec<Problem>,
}

impl Reader {
    pub(crate) fn problem(&mut self, message: impl Into<String>) {
        let pointer = self.path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")));
        self.problems.push(Problem { pointer: pointer.collect(), message: message.into() });
    }

    /// Reads or checks something one level down.
    pub(crate) fn inside<T>(&mut self, step: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        self.enter(step);
        let outcome = work(self);
        self.leave();
        outcome
    }

    #[inline(never)]
    fn enter(&mut self, step: &str) {
        self.path.push(step.to_owned());
    }

    #[inline(never)]
    fn leave(&mut self) {
        self.path.pop();
    }

    #[inline(never)]
    fn missing(&mut self, name: &str) {
        self.problem(format!("'{name}' is missing"));
    }

    pub(crate) fn wrong_kind<T>(&mut self, wanted: &str, json: &Json) -> Option<T> {
        self.problem(format!("{wanted} is expected here, not {}", json.kind()));
        None
    }

    pub(crate) fn field<T: Read>(&mut self, members: &Json, name: &'static str) -> Option<T> {
        match members.get(name) {
            Some(value) => self.inside(name, |reader| T::read(value, reader)),
            None => T::absent().or_else(|| {
                self.missing(name);
                None
            }),
        }
    }

    /// Takes the bare keys and not the record: with its docs, that would be in every wasm module.
    pub(crate) fn known_keys(&mut self, json: &Json, keys: &[&str]) -> bool {
        let Json::Object(members) = json else {
            return self.wrong_kind::<()>("an object", json).is_some();
        };
        for (key, _) in members {
            if !keys.contains(&key.as_str()) {
                let hint = nearest(key, keys.iter().copied())
                    .map(|name| format!("; did you mean '{name}'?"))
                    .unwrap_or_default();
                self.inside(key, |reader| reader.problem(format!("unknown key '{key}'{hint}")));
            }
        }
        true
    }
}

/// A type that a manifest is made of.
pub(crate) trait Read: Sized {
    /// What it looks like, for the schema.
    const SHAPE: Shape;

    /// Reads it; on failure the reader knows why.
    fn read(json: &Json, reader: &mut Reader) -> Option<Self>;

    /// What it is when its key is absent; nothing for a required one.
    fn absent() -> Option<Self> {
        None
    }
}

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Any,
    Boolean,
    Integer,
    Text,
    Pattern(&'static str),
    Choice(&'static [(&'static str, &'static str)]),
    List(&'static Self),
    Map(&'static Self),
    Record(&'static Record),
    /// An object with exactly one of these keys.
    OneKey(&'static Record),
    Either(&'static [Self]),
}

/// An object with named members.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) fields: &'static [Field],
}

/// One member.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) required: fn() -> bool,
    pub(crate) shape: Shape,
}

/// A struct read from an object with these keys and no others.
macro_rules! record {
    ($(#[doc = $doc:literal])* pub struct $name:ident { $(
        $(#[doc = $field_doc:literal])* $field:ident $(as $key:literal)?: $type:ty,
    )* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $( $(#[doc = $field_doc])* pub $field: $type, )* }

        impl $name {
            const RECORD: $crate::manifest::read::Record = $crate::manifest::read::Record {
                name: stringify!($name),
                doc: concat!($($doc),*),
                fields: &[$( $crate::manifest::read::Field {
                    name: record!(@key $field $($key)?),
                    doc: concat!($($field_doc),*),
                    required: || <$type as $crate::manifest::read::Read>::absent().is_none(),
                    shape: <$type as $crate::manifest::read::Read>::SHAPE,
                }, )*],
            };
        }

        impl $crate::manifest::read::Read for $name {
            const SHAPE: $crate::manifest::read::Shape = $crate::manifest::read::Shape::Record(&Self::RECORD);

            fn read(json: &$crate::json::Json, reader: &mut $crate::manifest::read::Reader) -> Option<Self> {
                if !reader.known_keys(json, &[$( record!(@key $field $($key)?) ),*]) {
                    return None;
                }
                // Read all fields before giving up, so that all problems are seen.
                $( let $field = reader.field::<$type>(json, record!(@key $field $($key)?)); )*
                // One way out for whatever is missing: a `?` for each field would drop all others in as many ways.
                match ($( $field, )*) {
                    ($( Some($field), )*) => Some(Self { $( $field, )* }),
                    _ => None,
                }
            }
        }
    };
    (@key $field:ident $key:literal) => { $key };
    (@key $field:ident) => { stringify!($field) };
}

/// An enum read from one of these words.
macro_rules! choice {
    ($(#[doc = $doc:literal])* pub enum $name:ident { $(
        $(#[doc = $variant_doc:literal])* $variant:ident = $word:literal,
    )* } $(else $default:ident)?) => {
        $crate::names::words! {
            $(#[doc = $doc])*
            pub enum $name { $( $(#[doc = $variant_doc])* $variant = $word, )* }
        }

        impl $crate::manifest::read::Read for $name {
            const SHAPE: $crate::manifest::read::Shape =
                $crate::manifest::read::Shape::Choice(&[$( ($word, concat!($($variant_doc),*)), )*]);

            fn read(json: &$crate::json::Json, reader: &mut $crate::manifest::read::Reader) -> Option<Self> {
                let Some(given) = json.as_str() else { return reader.wrong_kind("a string", json) };
                Self::from_name(given).or_else(|| {
                    let words = [$($word),*];
                    let hint = $crate::names::nearest(given, words.into_iter());
                    let known = words.join(", ");
                    reader.problem(format!("'{given}' is none of {known}{}", $crate::error::DidYouMean(hint)));
                    None
                })
            }
            $( fn absent() -> Option<Self> { Some(Self::$default) } )?
        }
    };
}

/// An enum read from an object with exactly one key.
macro_rules! one_key {
    ($(#[doc = $doc:literal])* pub enum $name:ident { $(
        $(#[doc = $variant_doc:literal])* $variant:ident as $key:literal ($type:ty),
    )* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name { $( $(#[doc = $variant_doc])* $variant($type), )* }

        impl $name {
            const RECORD: $crate::manifest::read::Record = $crate::manifest::read::Record {
                name: stringify!($name),
                doc: concat!($($doc),*),
                fields: &[$( $crate::manifest::read::Field {
                    name: $key,
                    doc: concat!($($variant_doc),*),
                    required: || false,
                    shape: <$type as $crate::manifest::read::Read>::SHAPE,
                }, )*],
            };
        }

        impl $crate::manifest::read::Read for $name {
            const SHAPE: $crate::manifest::read::Shape = $crate::manifest::read::Shape::OneKey(&Self::RECORD);

            fn read(json: &$crate::json::Json, reader: &mut $crate::manifest::read::Reader) -> Option<Self> {
                if !reader.known_keys(json, &[$( $key ),*]) {
                    return None;
                }
                let [(key, value)] = json.members() else {
                    reader.problem(concat!("exactly one of these keys is expected:" $(, " ", $key)*));
                    return None;
                };
                match key.as_str() {
                    $( $key => reader.inside(key, |reader| Read::read(value, reader)).map(Self::$variant), )*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use {choice, one_key, record};

impl Read for String {
    const SHAPE: Shape = Shape::Text;

    fn read(json: &Json, reader: &mut Reader) -> Option<Self> {
        match json {
            Json::String(text) => Some(text.clone()),
            _ => reader.wrong_kind("a string", json),
        }
    }
}

impl Read for bool {
    const SHAPE: Shape = Shape::Boolean;

    fn read(json: &Json, reader: &mut Reader) -> Option<Self> {
        match json {
            Json::Bool(value) => Some(*value),
            _ => reader.wrong_kind("true or false", json),
        }
    }

    fn absent() -> Option<Self> {
        Some(false)
    }
}

impl Read for u64 {
    const SHAPE: Shape = Shape::Integer;

    fn read(json: &Json, reader: &mut Reader) -> Option<Self> {
        json.as_u64().or_else(|| match json {
            Json::Int(_) | Json::Float(_) => {
                reader.problem("a whole number that is not negative is expected here");
                None
            }
            _ => reader.wrong_kind("a whole number that is not negative", json),
        })
    }
}

impl Read for u16 {
    const SHAPE: Shape = Shape::Integer;

    fn read(json: &Json, reader: &mut Reader) -> Option<Self> {
        let status = json.as_u64().and_then(|number| Self::try_from(number).ok());
        status.filter(|number| (100..600).contains(number)).or_else(|| {
            reader.problem("an HTTP status is expected here");
            None
        })
    }
}

impl Read for Json {
    const SHAPE: Shape = Shape::Any;

    fn read(json: &Json, _: &mut Reader) -> Option<Self> {
        Some(json.clone())
    }
}

impl Read for Pointer {
    const SHAPE: Shape = Shape::Pattern("^(/.*)?$");

    fn read(json: &Json, reader: &mut Reader) -> Option<Self> {
        let text = String::read(json, reader)?;
        Self::parse(&text).or_else(|| {
            reader.problem(format!("'{text}' is no JSON Pointer: it begins with '/', as in '/access_token'"));
            None
        })
    }
}

impl<T: Read> Read for Option<T> {
    const SHAPE: Shape = T::SHAPE;

    fn read(json: &Json, reader: &mut Reader) -> Option<Self> {
        T::read(json, reader).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Read> Read for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);

    fn read(json: &Json, reader: &mut Reader) -> Option<Self> {
        let Json::Array(items) = json else {
            return reader.wrong_kind("a list", json);
        };
        let read =
            |(index, item): (usize, &Json)| reader.inside(&index.to_string(), |reader| T::read(item, reader));
        // Not `collect` into an `Option`: it would stop at the first bad item.
        let items: Vec<_> = items.iter().enumerate().map(read).collect();
        items.into_iter().collect()
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}
