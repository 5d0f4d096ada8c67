//! Callbacks of twilio.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| omni_fuzz::run("twilio", input));
