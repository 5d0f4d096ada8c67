//! Tables over what Inteliquent sends, what it takes, and what it answers. The vectors of
//! `tests/vectors` run beside these.

mod answering;
mod looking_up;
mod receiving;
mod sending;

use super::*;

fn settings() -> Settings {
    Settings::read(json!({ "api_key": "k-secret-1", "numbers": ["17205550142", "+18445550100"] })).unwrap()
}

fn response(status: u16, body: &str) -> HttpResponse {
    HttpResponse { status, headers: vec![], body: body.to_owned().into() }
}

#[test]
fn no_secret_shows() {
    let shown = format!("{:?}", looking_up::with_services());
    assert!(!shown.contains("-secret-"), "{shown}");
}
