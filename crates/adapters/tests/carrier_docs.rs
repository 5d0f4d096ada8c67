//! The carriers' pages against the code: a page that differs is a page that lies.

#[path = "../examples/carrier_docs/mod.rs"]
mod carrier_docs;
#[expect(dead_code, reason = "the contract test uses the rest")]
mod support;

use std::collections::BTreeSet;

use omni_adapters::carriers::{self, REGISTRY};
use serde_json::json;

use carrier_docs::{COMMAND, settings};

#[test]
fn the_pages_are_what_the_code_says() {
    let folder = carrier_docs::folder();
    let pages = carrier_docs::pages();
    for (name, text) in &pages {
        let written = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let differs = written.lines().zip(text.lines()).position(|(a, b)| a != b);
        assert!(
            written == *text,
            "docs/carriers/{name} differs from the code (line {:?}): run `{COMMAND}`",
            differs.map(|line| line + 1)
        );
    }
    let known: BTreeSet<&String> = pages.iter().map(|(name, _)| name).collect();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(known.contains(&name), "docs/carriers/{name} is nobody's page");
    }
}

/// The pages read the settings from source text; serde knows them for sure, and names them
/// when it meets a stranger.
#[test]
fn the_settings_on_the_pages_are_those_that_are_read() {
    for plugin in REGISTRY {
        let listed = settings::structs(plugin.name.0).into_iter().next().unwrap();
        let sample = carrier_docs::samples_of(plugin.name.0).into_iter().next().unwrap();
        let mut table = sample.settings.clone();
        table["a_stranger"] = json!(1);
        let error = (plugin.build)(table).err().unwrap().message;
        let (_, expected) = error.split_once("expected one of").unwrap();
        let read: BTreeSet<&str> = expected.split('`').skip(1).step_by(2).collect();
        let names: BTreeSet<&str> = listed.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, read, "{}", plugin.name);
    }
}

#[test]
fn required_settings_are_required_and_no_others() {
    for plugin in REGISTRY {
        let listed = settings::structs(plugin.name.0).into_iter().next().unwrap();
        let sample = carrier_docs::samples_of(plugin.name.0).into_iter().next().unwrap();
        for field in &listed.fields {
            let mut table = sample.settings.clone();
            table.as_object_mut().unwrap().remove(&field.name);
            let missing = (carriers::find(plugin.name.0).unwrap().build)(table)
                .err()
                .is_some_and(|error| error.message.starts_with("missing field"));
            assert_eq!(missing, field.required, "{} {}", plugin.name, field.name);
        }
    }
}

#[test]
fn every_setting_says_what_it_is() {
    for plugin in REGISTRY {
        for one in settings::structs(plugin.name.0) {
            assert!(!one.doc.is_empty(), "{} {}", plugin.name, one.name);
            for field in one.fields {
                assert!(!field.doc.is_empty(), "{} {}.{}", plugin.name, one.name, field.name);
            }
        }
    }
}
