//! Panics without words.
//!
//! A module for `wasm32-unknown-unknown` has nowhere to write what a panic says: the standard library's hook prints
//! to nothing, and then the panic traps. Here the functions that put these words together become that trap at once,
//! and the places that they would name are blanked, so that all that only they need compresses to nothing. What a
//! caller sees is the same: `RuntimeError: unreachable`. The `Debug` forms, which no message of ours has in it, go
//! with them.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use walrus::ir::{Const, Load, Store, Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, DataKind, FunctionBuilder, FunctionId, FunctionKind, InstrSeqBuilder, Module, ModuleConfig,
    ValType,
};

/// What the names of the functions that panic contain, as rustc writes them (`core::panicking`, ...).
const PANICS: [&str; 12] = [
    "4core9panicking",
    "3std9panicking",
    "4core3str16slice_error_fail",
    "4core3str19slice_error_fail_rt",
    "4core5slice5index16slice_index_fail",
    "4core5slice20copy_from_slice_impl17len_mismatch_fail",
    "4core6option13expect_failed",
    "4core6option13unwrap_failed",
    "4core6result13unwrap_failed",
    "4core4cell22panic_already_borrowed",
    "4core4cell30panic_already_mutably_borrowed",
    "14panic_poisoned",
];

/// The same for implementations of `Debug`, in the two ways that rustc writes names.
const DEBUG: [&str; 2] = ["5Debug3fmt", "core..fmt..Debug$GT$3fmt"];

/// Functions that only `Debug` forms need, and whose tables weigh two kilobytes: which characters can be printed.
const TABLES: [&str; 2] = ["4core3fmtcNt", "4core7unicode12unicode_data15grapheme_extend"];

/// Rewrites a module that still has its names.
pub(crate) fn run(from: &Path, to: &Path) -> Result<()> {
    let mut config = ModuleConfig::new();
    config.generate_producers_section(false);
    let mut module = config.parse_file(from).with_context(|| format!("cannot read {}", from.display()))?;
    let tables = addresses(&module, &named(&module, &TABLES));
    ensure!(snip(&mut module) > 0, "{} names no function that panics", from.display());
    walrus::passes::gc::run(&mut module);
    blank_places(&mut module);
    blank_tables(&mut module, &tables);
    module.emit_wasm_file(to).with_context(|| format!("cannot write {}", to.display()))
}

/// Makes every function that panics a trap, and every `Debug` form empty; how many panics there were.
fn snip(module: &mut Module) -> usize {
    let panics = named(module, &PANICS);
    for id in &panics {
        replace(module, *id, |body| {
            body.unreachable();
        });
    }
    for id in named(module, &DEBUG) {
        let kind = module.types.get(module.funcs.get(id).ty());
        if kind.results() == [ValType::I32] {
            // Zero is `Ok(())`.
            replace(module, id, |body| {
                body.i32_const(0);
            });
        }
    }
    panics.len()
}

fn named(module: &Module, parts: &[&str]) -> Vec<FunctionId> {
    let is_meant = |id: &FunctionId| {
        let name = module.funcs.get(*id).name.as_deref().unwrap_or_default();
        parts.iter().any(|part| name.contains(part))
    };
    module.funcs.iter_local().map(|(id, _)| id).filter(is_meant).collect()
}

fn replace(module: &mut Module, id: FunctionId, write: impl FnOnce(&mut InstrSeqBuilder<'_>)) {
    let kind = module.types.get(module.funcs.get(id).ty());
    let (parameters, results) = (kind.params().to_vec(), kind.results().to_vec());
    let mut body = FunctionBuilder::new(&mut module.types, &parameters, &results);
    write(&mut body.func_body());
    let arguments = parameters.iter().map(|kind| module.locals.add(*kind)).collect();
    module.funcs.get_mut(id).kind = FunctionKind::Local(body.local_func(arguments));
}

/// The numbers in some functions that may be addresses.
fn addresses(module: &Module, functions: &[FunctionId]) -> BTreeSet<u32> {
    #[derive(Default)]
    struct Numbers(BTreeSet<u32>);
    impl<'a> Visitor<'a> for Numbers {
        fn visit_const(&mut self, instruction: &Const) {
            if let Value::I32(number) = instruction.value {
                self.0.insert(number.cast_unsigned());
            }
        }
        fn visit_load(&mut self, instruction: &Load) {
            self.0.extend(u32::try_from(instruction.arg.offset));
        }
        fn visit_store(&mut self, instruction: &Store) {
            self.0.extend(u32::try_from(instruction.arg.offset));
        }
    }
    let mut numbers = Numbers::default();
    for id in functions {
        let function = module.funcs.get(*id).kind.unwrap_local();
        dfs_in_order(&mut numbers, function, function.entry_block());
    }
    numbers.0
}

/// Overwrites the tables that begin at these addresses, if nothing that is left names any part of them.
fn blank_tables(module: &mut Module, tables: &BTreeSet<u32>) {
    let functions: Vec<_> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let mut named = addresses(module, &functions);
    for data in module.data.iter() {
        let words = data.value.chunks_exact(4).filter_map(|bytes| bytes.try_into().ok());
        named.extend(words.map(u32::from_le_bytes));
    }
    let ids: Vec<_> = module.data.iter().map(walrus::Data::id).collect();
    for id in ids {
        let data = module.data.get_mut(id);
        let DataKind::Active { offset: ConstExpr::Value(Value::I32(base)), .. } = data.kind else { continue };
        let base = base.cast_unsigned();
        let end = base + u32::try_from(data.value.len()).unwrap_or_default();
        for &from in tables.range(base..end).filter(|from| !named.contains(from)) {
            let next =
                [named.range(from..).next(), tables.range(from + 1..).next()].into_iter().flatten().min();
            let to = next.map_or(end, |next| end.min(*next));
            data.value[(from - base) as usize..(to - base) as usize].fill(0);
        }
    }
}

/// Overwrites every `core::panic::Location` (file, length of its name, line, column) and the names of the files
/// with zeros: nothing but a panic reads them.
fn blank_places(module: &mut Module) {
    let ids: Vec<_> = module.data.iter().map(walrus::Data::id).collect();
    for id in ids {
        let data = module.data.get_mut(id);
        let DataKind::Active { offset: ConstExpr::Value(Value::I32(base)), .. } = data.kind else { continue };
        let spans: Vec<_> = places(&data.value, base.cast_unsigned() as usize).collect();
        for (at, length) in spans {
            data.value[at..at + length].fill(0);
        }
    }
}

/// Where places and names of files stand in `data`, whose first byte has the address `base`.
fn places(data: &[u8], base: usize) -> impl Iterator<Item = (usize, usize)> {
    let word =
        |at: usize| data.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    let place = move |at: usize| {
        let (file, length) = ((word(at)? as usize).checked_sub(base)?, word(at + 4)? as usize);
        let name = data.get(file..file.checked_add(length)?)?;
        let is_file = name.ends_with(b".rs") && name.contains(&b'/') && name.iter().all(u8::is_ascii_graphic);
        let (line, column) = (word(at + 8)?, word(at + 12)?);
        let is_place = is_file && (1..100_000).contains(&line) && (1..1000).contains(&column);
        is_place.then_some([(at, 16), (file, length)])
    };
    (base.next_multiple_of(4) - base..data.len()).step_by(4).filter_map(place).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(module: &mut Module, name: &str) -> FunctionId {
        let mut body = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
        body.name(name.to_owned()).func_body().i32_const(42);
        let argument = module.locals.add(ValType::I32);
        body.finish(vec![argument], &mut module.funcs)
    }

    fn instructions(module: &Module, id: FunctionId) -> String {
        let function = module.funcs.get(id).kind.unwrap_local();
        format!("{:?}", function.block(function.entry_block()).instrs)
    }

    #[test]
    fn only_panics_and_debug_forms_go() {
        let mut module = Module::default();
        let panics = answer(&mut module, "_RNvNtCsgXGp5Oqx2Ny_4core9panicking9panic_fmt");
        let debug = answer(&mut module, "_RNvXs_NtCsgXGp5Oqx2Ny_4core3fmtcNtB4_4core3fmt5Debug3fmt");
        let lives = answer(&mut module, "_RNvNtCsgXGp5Oqx2Ny_4core3fmt5write");
        assert_eq!(snip(&mut module), 1);
        assert!(instructions(&module, panics).contains("Unreachable"));
        assert!(instructions(&module, debug).contains("I32(0)"));
        assert!(instructions(&module, lives).contains("42"));
    }

    #[test]
    fn places_are_found_and_nothing_else() {
        let (base, name) = (1000, b"src/lib.rs");
        let mut data = b"kept src/lib.rsx".to_vec();
        for word in [1005_u32, 10, 7, 9, 1005, 9, 7, 9, 1005, 10, 0, 9, 900, 10, 7, 9] {
            data.extend(word.to_le_bytes());
        }
        assert_eq!(&data[5..15], name);
        assert_eq!(places(&data, base).collect::<Vec<_>>(), [(16, 16), (5, 10)]);
    }
}
