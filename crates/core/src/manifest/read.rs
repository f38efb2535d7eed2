//! How a manifest is read: each type says its shape once, and the check of the file, the reading and the JSON Schema
//! all follow from it.
//!
//! First one walk compares the whole file with the shapes and collects all problems, so that an author sees them in
//! one go (`shape.rs`). Only what passed is built, so that building has no messages and cannot fail.

use super::shape::{Docs, Shape, status};
use crate::ability::Abilities;
use crate::json::{Json, Pointer};
use core::fmt;
use thiserror::Error;

/// Everything that is wrong with a connector.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub struct ConnectorError {
    /// The problems, in the order in which they stand in the file.
    pub problems: Vec<Problem>,
}

impl ConnectorError {
    /// One problem with the whole of it.
    pub(crate) fn of(message: String) -> Self {
        Self { problems: vec![Problem { pointer: String::new(), message, severity: Severity::Error }] }
    }
}

impl fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not a valid connector")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Severity {
    /// The connector cannot be used.
    #[default]
    Error,
    /// It can be used, but this looks like a slip.
    Warning,
    /// It is as it should be, but this would help the people who use it.
    Hint,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// A JSON Pointer to the place.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
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
    #[inline(never)]
    pub(crate) fn problem(&mut self, message: impl Into<String>) {
        self.report(message.into());
    }

    #[inline(never)]
    fn report(&mut self, message: String) {
        let pointer = self.path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")));
        let problem = Problem { pointer: pointer.collect(), message, severity: Severity::Error };
        // What all ways to authenticate share is looked at once for each of them.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A problem one level down.
    #[inline(never)]
    pub(crate) fn problem_at(&mut self, step: &str, message: impl Into<String>) {
        self.enter(step);
        self.problem(message);
        self.leave();
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
}

/// A type that a manifest is made of.
pub(crate) trait Read: Sized {
    /// What it looks like.
    const SHAPE: Shape;

    /// Whether its key must be there.
    const REQUIRED: bool = true;

    /// Builds it from JSON of its shape, or from no JSON where it is not required.
    fn read(json: Option<&Json>, able: &Abilities) -> Self;

    /// Adds what is written about it, and about what it is made of.
    fn docs(_: &mut Vec<Docs>) {}
}

/// What is built was walked through before: anything else cannot come here.
#[cold]
#[inline(never)]
pub(crate) fn misshapen() -> ! {
    unreachable!("the shape of the manifest was checked")
}

/// The text of what was found to be a string.
#[inline(never)]
pub(crate) fn text(json: Option<&Json>) -> &str {
    json.and_then(Json::as_str).unwrap_or_else(|| misshapen())
}

/// A struct read from an object with these keys and no others.
macro_rules! record {
    ($(#[doc = $doc:literal])* pub struct $name:ident { $(
        $(#[doc = $field_doc:literal])* $field:ident $(as $key:literal)?: $type:ty,
    )* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $( $(#[doc = $field_doc])* pub $field: $type, )* }

        impl $crate::manifest::read::Read for $name {
            const SHAPE: $crate::manifest::shape::Shape =
                $crate::manifest::shape::Shape::Record(&$crate::manifest::shape::Record {
                    name: stringify!($name),
                    fields: &[$( $crate::manifest::shape::Field {
                        name: record!(@key $field $($key)?),
                        required: <$type as $crate::manifest::read::Read>::REQUIRED,
                        shape: <$type as $crate::manifest::read::Read>::SHAPE,
                    }, )*],
                });

            fn read(json: Option<&$crate::json::Json>, able: &$crate::ability::Abilities) -> Self {
                let json = json.unwrap_or_else(|| $crate::manifest::read::misshapen());
                Self { $( $field: $crate::manifest::read::Read::read(json.get(record!(@key $field $($key)?)), able), )* }
            }

            fn docs(all: &mut Vec<$crate::manifest::shape::Docs>) {
                all.push($crate::manifest::shape::Docs {
                    name: stringify!($name),
                    doc: concat!($($doc),*),
                    members: &[$( concat!($($field_doc),*), )*],
                });
                $( <$type as $crate::manifest::read::Read>::docs(all); )*
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
            const SHAPE: $crate::manifest::shape::Shape =
                $crate::manifest::shape::Shape::Choice(&$crate::manifest::shape::Choice {
                    name: stringify!($name),
                    words: &[$($word),*],
                });
            $( const REQUIRED: bool = choice!(@optional $default); )?

            fn read(json: Option<&$crate::json::Json>, _: &$crate::ability::Abilities) -> Self {
                $( if json.is_none() { return Self::$default; } )?
                let word = Self::from_name($crate::manifest::read::text(json));
                word.unwrap_or_else(|| $crate::manifest::read::misshapen())
            }

            fn docs(all: &mut Vec<$crate::manifest::shape::Docs>) {
                all.push($crate::manifest::shape::Docs {
                    name: stringify!($name),
                    doc: concat!($($doc),*),
                    members: &[$( concat!($($variant_doc),*), )*],
                });
            }
        }
    };
    (@optional $default:ident) => { false };
}

/// An enum read from an object with exactly one key. With `by`, only those read it who have that ability.
macro_rules! one_key {
    ($(#[doc = $doc:literal])* pub enum $name:ident { $(
        $(#[doc = $variant_doc:literal])* $variant:ident as $key:literal ($type:ty),
    )* } $(by $ability:ident)?) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name { $( $(#[doc = $variant_doc])* $variant($type), )* }

        impl $name {
            pub(crate) fn build(json: Option<&$crate::json::Json>, able: &$crate::ability::Abilities) -> Self {
                match json.map($crate::json::Json::members) {
                    Some([(key, value)]) => match key.as_str() {
                        $( $key => Self::$variant($crate::manifest::read::Read::read(Some(value), able)), )*
                        _ => $crate::manifest::read::misshapen(),
                    },
                    _ => $crate::manifest::read::misshapen(),
                }
            }
        }

        impl $crate::manifest::read::Read for $name {
            const SHAPE: $crate::manifest::shape::Shape =
                $crate::manifest::shape::Shape::OneKey(&$crate::manifest::shape::Record {
                    name: stringify!($name),
                    fields: &[$( $crate::manifest::shape::Field {
                        name: $key,
                        required: false,
                        shape: <$type as $crate::manifest::read::Read>::SHAPE,
                    }, )*],
                });

            fn read(json: Option<&$crate::json::Json>, able: &$crate::ability::Abilities) -> Self {
                one_key!(@read json able $($ability)?)
            }

            fn docs(all: &mut Vec<$crate::manifest::shape::Docs>) {
                all.push($crate::manifest::shape::Docs {
                    name: stringify!($name),
                    doc: concat!($($doc),*),
                    members: &[$( concat!($($variant_doc),*), )*],
                });
                $( <$type as $crate::manifest::read::Read>::docs(all); )*
            }
        }
    };
    (@read $json:ident $able:ident) => { Self::build($json, $able) };
    (@read $json:ident $able:ident $ability:ident) => { ($able.$ability)($json, $able) };
}
pub(crate) use {choice, one_key, record};

impl Read for String {
    const SHAPE: Shape = Shape::Text;

    fn read(json: Option<&Json>, _: &Abilities) -> Self {
        text(json).to_owned()
    }
}

impl Read for bool {
    const SHAPE: Shape = Shape::Boolean;
    const REQUIRED: Self = false;

    fn read(json: Option<&Json>, _: &Abilities) -> Self {
        matches!(json, Some(Json::Bool(true)))
    }
}

impl Read for u64 {
    const SHAPE: Shape = Shape::Integer;

    fn read(json: Option<&Json>, _: &Abilities) -> Self {
        json.and_then(Json::as_u64).unwrap_or_else(|| misshapen())
    }
}

/// An HTTP status: there is no other use for 16 bits.
impl Read for u16 {
    const SHAPE: Shape = Shape::Status;

    fn read(json: Option<&Json>, _: &Abilities) -> Self {
        json.and_then(status).unwrap_or_else(|| misshapen())
    }
}

impl Read for Pointer {
    const SHAPE: Shape = Shape::Pointer;

    fn read(json: Option<&Json>, _: &Abilities) -> Self {
        Self::parse(text(json)).unwrap_or_else(|| misshapen())
    }
}

impl<T: Read> Read for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const REQUIRED: bool = false;

    fn read(json: Option<&Json>, able: &Abilities) -> Self {
        json.map(|json| T::read(Some(json), able))
    }

    fn docs(all: &mut Vec<Docs>) {
        T::docs(all);
    }
}

impl<T: Read> Read for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);
    const REQUIRED: bool = false;

    fn read(json: Option<&Json>, able: &Abilities) -> Self {
        let items = json.map(Json::items).unwrap_or_default();
        items.iter().map(|item| T::read(Some(item), able)).collect()
    }

    fn docs(all: &mut Vec<Docs>) {
        T::docs(all);
    }
}
