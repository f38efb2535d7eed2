//! See `grantline_fuzz::manifest`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| grantline_fuzz::manifest::run(data));
