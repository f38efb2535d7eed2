//! Names: which one was probably meant, and enums whose variants have one.

/// The known name nearest to `name`, if one is near enough to be a slip of the finger.
pub fn nearest<'a>(name: &str, mut known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    nearest_of(name, &mut known)
}

/// Once in a module, whoever asks.
#[inline(never)]
fn nearest_of<'a>(name: &str, known: &mut dyn Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_ascii_lowercase();
    known
        .map(|candidate| (strsim::osa_distance(&wanted, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// An enum whose variants have stable names, as JSON and snapshots write them.
macro_rules! words {
    ($(#[doc = $doc:literal])* pub enum $name:ident { $(
        $(#[doc = $variant_doc:literal])* $variant:ident = $word:literal,
    )* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $name { $( $(#[doc = $variant_doc])* $variant, )* }

        impl $name {
            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $word, )* }
            }

            pub(crate) fn from_name(name: &str) -> Option<Self> {
                match name { $( $word => Some(Self::$variant), )* _ => None }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}
pub(crate) use words;
