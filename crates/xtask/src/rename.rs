//! Short names between a module and its glue.
//!
//! wasm-bindgen names each import after what it is and a hash of it, once in the module and once in the glue. Nobody but
//! these two reads the names, and hashes do not compress.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use walrus::ModuleConfig;

use crate::repo::Module;

/// Renames the imports of a module in its two files.
pub(crate) fn run(module: &Module) -> Result<()> {
    let (path, glue) = (module.wasm(), module.glue());
    let mut config = ModuleConfig::new();
    config.generate_producers_section(false).generate_name_section(false);
    let mut wasm = config.parse_file(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut short = BTreeMap::new();
    for (index, import) in wasm.imports.iter_mut().enumerate() {
        let name = format!("i{index}");
        short.insert(std::mem::replace(&mut import.name, name.clone()), name);
        // It stands in the glue with its quotes.
        short.insert(std::mem::replace(&mut import.module, "g".to_owned()), "g".to_owned());
    }
    wasm.emit_wasm_file(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let text = fs::read_to_string(&glue).with_context(|| format!("cannot read {}", glue.display()))?;
    fs::write(&glue, replace(&text, &short)).with_context(|| format!("cannot write {}", glue.display()))
}

/// Replaces whole words: names of JavaScript, and of files.
fn replace(text: &str, names: &BTreeMap<String, String>) -> String {
    let in_word = |c: char| c.is_ascii_alphanumeric() || "_$./".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word);
        out.push_str(names.get(word).map_or(word, String::as_str));
        let other = after.find(in_word).unwrap_or(after.len());
        out.push_str(&after[..other]);
        rest = &after[other..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_replaced() {
        let names =
            [("__wbg_a", "i0"), ("./m_bg.js", "g")].map(|(from, to)| (from.to_owned(), to.to_owned()));
        let text =
            "const x = { \"./m_bg.js\": { __wbg_a: (b) => b.__wbg_a_b, c__wbg_a: 1, __wbg_a(d) {} } };";
        let wanted = "const x = { \"g\": { i0: (b) => b.__wbg_a_b, c__wbg_a: 1, i0(d) {} } };";
        assert_eq!(replace(text, &names.into()), wanted);
    }
}
