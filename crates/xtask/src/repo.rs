//! Where things are.

use std::path::{Path, PathBuf};

/// The root of the repository.
///
/// Known at compile time: xtask always runs from the tree that it was built in.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// The folder of the npm package.
pub(crate) fn pkg() -> PathBuf {
    root().join("pkg")
}

/// The token servers of the interop tests.
pub(crate) fn interop_servers() -> PathBuf {
    root().join("tests/interop/servers")
}

/// A wasm module of the package.
pub(crate) struct Module {
    /// The crate that it is made from.
    pub(crate) package: &'static str,
    /// What its files are called.
    pub(crate) name: &'static str,
}

impl Module {
    /// The one that everybody loads, for the built-in connectors.
    pub(crate) const MAIN: Self = Self { package: "grantline-wasm", name: "grantline" };
    /// The one with everything, for connectors of one's own.
    pub(crate) const COMPLETE: Self = Self { package: "grantline-wasm-complete", name: "complete" };

    /// The built module.
    pub(crate) fn wasm(&self) -> PathBuf {
        pkg().join(format!("wasm/{}_bg.wasm", self.name))
    }

    /// The JavaScript glue that wasm-bindgen generates for it.
    pub(crate) fn glue(&self) -> PathBuf {
        pkg().join(format!("wasm/{}.js", self.name))
    }
}

/// A path as people want to read it: relative to the root.
pub(crate) fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
