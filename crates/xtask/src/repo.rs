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

/// The built wasm module.
pub(crate) fn wasm() -> PathBuf {
    pkg().join("wasm/grantline_bg.wasm")
}

/// The JavaScript glue that wasm-bindgen generates for it.
pub(crate) fn glue() -> PathBuf {
    pkg().join("wasm/grantline.js")
}

/// A path as people want to read it: relative to the root.
pub(crate) fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
