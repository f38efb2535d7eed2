//! What can be an argument of an operation.

use grantline_core::json::Json;

/// An argument of an operation: made of text, numbers, booleans, lists of them, and `Option`s.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument(pub(crate) Json);

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self(Json::String(text))
    }
}

impl From<&String> for Argument {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<bool> for Argument {
    fn from(flag: bool) -> Self {
        Self(Json::Bool(flag))
    }
}

/// Numbers travel as text, so that none is too large and every fraction is written as Rust writes it.
macro_rules! numbers {
    ($($number:ty)*) => { $(
        impl From<$number> for Argument {
            fn from(number: $number) -> Self {
                Self(Json::String(number.to_string()))
            }
        }
    )* };
}
numbers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize f32 f64);

impl<T: Into<Self>> From<Option<T>> for Argument {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self(Json::Null), Into::into)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Argument {
    fn from(items: Vec<T>) -> Self {
        Self(Json::Array(items.into_iter().map(|item| item.into().0).collect()))
    }
}

impl<T: Into<Self>, const N: usize> From<[T; N]> for Argument {
    fn from(items: [T; N]) -> Self {
        Self(Json::Array(items.into_iter().map(|item| item.into().0).collect()))
    }
}

impl<T: Clone + Into<Self>> From<&[T]> for Argument {
    fn from(items: &[T]) -> Self {
        items.to_vec().into()
    }
}
