//! See `grantline_fuzz::template`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| grantline_fuzz::template::run(data));
