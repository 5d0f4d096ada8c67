//! Callbacks of inteliquent.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| omni_fuzz::run("inteliquent", input));
