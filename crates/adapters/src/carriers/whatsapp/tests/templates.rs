//! Templates: values for header, body and buttons.

use omni_core::content::{TemplateButton, TemplateButtonKind as Kind, TemplateHeader};

use super::*;

fn template(change: impl FnOnce(&mut Template)) -> OutboundContent {
    let mut template = Template { template_id: "order_update".into(), ..Template::default() };
    change(&mut template);
    OutboundContent::Template(template)
}

fn below(header: TemplateHeader) -> OutboundContent {
    template(|t| t.header = Some(header))
}

fn picture(mime: &str) -> TemplateHeader {
    let mime = Some(mime.to_owned());
    let (id, filename) = (Some("77".to_owned()), Some("f.bin".to_owned()));
    TemplateHeader::Media(Box::new(OutboundMedia { id, mime, filename, ..OutboundMedia::default() }))
}

fn buttons(kinds: Vec<(u8, Kind)>) -> OutboundContent {
    template(|t| t.buttons = kinds.into_iter().map(|(index, kind)| TemplateButton { index, kind }).collect())
}

fn url(text: &str) -> Kind {
    Kind::Url { text: text.into() }
}

#[test]
fn values_go_to_their_components() {
    let header = |parameter: Value| json!([{"type":"header","parameters":[parameter]}]);
    let button = |kind: &str, index: &str, parameter: Value| json!({"type":"button","sub_type":kind,"index":index,"parameters":[parameter]});
    let place = Location { lat: 51.5, lon: -0.08, name: Some("Shop".into()), address: Some("London".into()) };
    let reply = || Kind::QuickReply { payload: "P".into() };
    let form = |token: Option<&str>, data| Kind::Flow { token: token.map(str::to_owned), data };
    #[rustfmt::skip]
    let cases = [
        ("words above", below(TemplateHeader::Text("Maya".into())), header(json!({"type":"text","text":"Maya"}))),
        ("a picture above", below(picture("image/jpeg")), header(json!({"type":"image","image":{"id":"77"}}))),
        ("a film above", below(picture("video/mp4")), header(json!({"type":"video","video":{"id":"77"}}))),
        ("a file above", below(picture("application/pdf")), header(json!({"type":"document","document":{"id":"77","filename":"f.bin"}}))),
        ("a place above", below(TemplateHeader::Location(place)), header(json!({"type":"location","location":{"latitude":"51.5","longitude":"-0.08","name":"Shop","address":"London"}}))),
        ("a link and a reply", buttons(vec![(0, url("4711")), (1, reply())]),
            json!([button("url", "0", json!({"type":"text","text":"4711"})), button("quick_reply", "1", json!({"type":"payload","payload":"P"}))])),
        ("a coupon", buttons(vec![(9, Kind::CopyCode { code: "SAVE20".into() })]),
            json!([button("copy_code", "9", json!({"type":"coupon_code","coupon_code":"SAVE20"}))])),
        ("a form", buttons(vec![(0, form(Some("t"), Some(json!({"a":1}))))]),
            json!([button("flow", "0", json!({"type":"action","action":{"flow_token":"t","flow_action_data":{"a":1}}}))])),
        ("a form with nothing", buttons(vec![(0, form(None, None))]), json!([button("flow", "0", json!({"type":"action","action":{}}))])),
        ("an authentication code", template(|t| {
            t.params.insert("1".into(), "123456".into());
            t.buttons = vec![TemplateButton { index: 0, kind: url("123456") }];
        }), json!([{"type":"body","parameters":[{"type":"text","text":"123456"}]}, button("url", "0", json!({"type":"text","text":"123456"}))])),
    ];
    for (name, content, components) in cases {
        let expect = json!({"name":"order_update","language":{"code":"en_US"},"components":components});
        assert_eq!(sent(&message(content))["template"], expect, "{name}");
    }
}

#[test]
fn what_meta_would_refuse_never_leaves() {
    let data = |data| Kind::Flow { token: None, data: Some(data) };
    #[rustfmt::skip]
    let cases = [
        ("no name", template(|t| t.template_id.clear()), "template"),
        ("empty words above", below(TemplateHeader::Text(String::new())), "template_header"),
        ("a sound above", below(picture("audio/mpeg")), "header_of_that_kind_not_carried"),
        ("a kind of picture", below(picture("image/tiff")), "media_type_not_carried"),
        ("an empty value", template(|t| drop(t.params.insert("1".into(), String::new()))), "template_params"),
        ("positions from 0", template(|t| drop(t.params.insert("0".into(), "x".into()))), "template_params"),
        ("an empty ending", buttons(vec![(0, url(""))]), "template_button"),
        ("an empty payload", buttons(vec![(0, Kind::QuickReply { payload: String::new() })]), "template_button"),
        ("a long code", buttons(vec![(0, Kind::CopyCode { code: "x".repeat(21) })]), "template_button"),
        ("one button twice", buttons(vec![(0, url("a")), (0, url("b"))]), "template_button"),
        ("data that is a list", buttons(vec![(0, data(json!([])))]), "template_button"),
    ];
    for (name, content, word) in cases {
        assert_eq!(refusal(content).0, word, "{name}");
    }
}

#[test]
fn codes_go_to_numbers_only() {
    use omni_core::message::Purpose::{Authentication, Transactional};
    #[rustfmt::skip]
    let cases = [
        ("a code to a number", template(|_| {}), Some(Authentication), "+447700900461", true),
        ("a code to a user id", template(|_| {}), Some(Authentication), "bsuid:GB.7Qk20Xd3aLm", false),
        ("an update to a user id", template(|_| {}), Some(Transactional), "bsuid:GB.7Qk20Xd3aLm", true),
        ("anything to a user id", template(|_| {}), None, "bsuid:GB.7Qk20Xd3aLm", true),
        ("words to a user id", text("Your code is 1"), Some(Authentication), "bsuid:GB.7Qk20Xd3aLm", true),
    ];
    for (name, content, purpose, to, goes) in cases {
        let message = OutboundMessage { purpose, to: to.into(), ..message(content) };
        let refused = carrier().request(&message).err().map(|error| error.code().to_owned());
        assert_eq!(refused.as_deref(), (!goes).then_some("131062"), "{name}");
    }
}
