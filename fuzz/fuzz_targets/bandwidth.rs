//! Callbacks of bandwidth.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| omni_fuzz::run("bandwidth", input));
