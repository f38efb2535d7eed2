//! See `grantline_fuzz::snapshot`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| grantline_fuzz::snapshot::run(data));
