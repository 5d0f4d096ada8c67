//! Sections, media above words, questions for a place, forms, products, and WhatsApp's own
//! shape.

use omni_core::content::{Custom, Flow, FlowAction, Interactive, ProductSection, Products};

use super::*;

const BAD: ErrorClass = ErrorClass::BadRequest;
const OTHER: ErrorClass = ErrorClass::Rejected;

fn interactive(content: OutboundContent) -> Value {
    let body = sent(&message(content));
    assert_eq!(body["type"], "interactive");
    body["interactive"].clone()
}

fn button(n: usize, section: Option<&str>) -> Button {
    let section = section.map(str::to_owned);
    Button { id: format!("b{n}"), title: format!("Choice {n}"), section, ..Button::default() }
}

fn choice(change: impl FnOnce(&mut Interactive)) -> OutboundContent {
    let mut choice =
        Interactive { text: "Which?".into(), buttons: vec![button(1, None)], ..Interactive::default() };
    change(&mut choice);
    OutboundContent::Interactive(choice)
}

fn under(mime: &str) -> OutboundContent {
    let media = OutboundMedia { id: Some("77".into()), mime: Some(mime.into()), ..OutboundMedia::default() };
    choice(|c| c.header_media = Some(Box::new(media)))
}

fn sections(titles: &'static [Option<&str>]) -> OutboundContent {
    choice(|c| c.buttons = titles.iter().enumerate().map(|(n, title)| button(n, *title)).collect())
}

#[test]
fn neighbours_of_one_title_form_a_section() {
    let rows = |titles: &'static [Option<&str>]| {
        let list = interactive(sections(titles));
        assert_eq!(list["type"], "list");
        let sections = list["action"]["sections"].as_array().unwrap().clone();
        let shape = |s: &Value| (s["title"].as_str().map(str::to_owned), s["rows"].as_array().unwrap().len());
        sections.iter().map(shape).collect::<Vec<_>>()
    };
    let named = |title: &str, rows| (Some(title.to_owned()), rows);
    assert_eq!(rows(&[Some("A"), Some("A"), Some("B")]), [named("A", 2), named("B", 1)]);
    assert_eq!(rows(&[Some("A"), Some("B"), Some("A")]), [named("A", 1), named("B", 1), named("A", 1)]);
    assert_eq!(rows(&[Some("A")]), [named("A", 1)]);
    assert_eq!(rows(&[None, None, None, None]), [(None, 4)]);
}

#[test]
fn a_picture_stands_above_buttons() {
    let headers = [("image/png", "image"), ("video/mp4", "video"), ("application/pdf", "document")];
    for (mime, kind) in headers {
        let expect = json!({ "type": kind, kind: { "id": "77" } });
        assert_eq!(interactive(under(mime))["header"], expect, "{mime}");
    }
    let link = OutboundMedia { url: Some("https://m.example/a.jpg".into()), ..OutboundMedia::default() };
    let link = choice(|c| {
        c.buttons[0].url = Some("https://a.example".into());
        c.header_media = Some(Box::new(link));
    });
    let link = interactive(link);
    assert_eq!(link["type"], "cta_url");
    assert_eq!(link["header"], json!({"type":"image","image":{"link":"https://m.example/a.jpg"}}));
}

#[test]
fn a_place_is_asked_for() {
    let asked = interactive(OutboundContent::LocationRequest { text: "Where are you?".into() });
    let expect = json!({"type":"location_request_message","body":{"text":"Where are you?"},"action":{"name":"send_location"}});
    assert_eq!(asked, expect);
}

fn flow(change: impl FnOnce(&mut Flow)) -> OutboundContent {
    let mut flow =
        Flow { text: "Book".into(), label: "Open".into(), flow_id: Some("1".into()), ..Flow::default() };
    change(&mut flow);
    OutboundContent::Flow(Box::new(flow))
}

#[test]
fn a_form_is_opened() {
    #[rustfmt::skip]
    let cases = [
        ("the least", flow(|_| ()), json!({"flow_message_version":"3","flow_id":"1","flow_cta":"Open","flow_action":"navigate"})),
        ("by name, as a draft", flow(|f| { f.flow_id = None; f.flow_name = Some("booking".into()); f.draft = true; }),
            json!({"flow_message_version":"3","flow_name":"booking","flow_cta":"Open","flow_action":"navigate","mode":"draft"})),
        ("with a first screen", flow(|f| { f.token = Some("t".into()); f.screen = Some("SEATS".into()); f.data = Some(json!({"free":[1,2]})); }),
            json!({"flow_message_version":"3","flow_id":"1","flow_cta":"Open","flow_action":"navigate","flow_token":"t","flow_action_payload":{"screen":"SEATS","data":{"free":[1,2]}}})),
        ("its endpoint decides", flow(|f| f.action = FlowAction::DataExchange),
            json!({"flow_message_version":"3","flow_id":"1","flow_cta":"Open","flow_action":"data_exchange"})),
    ];
    for (name, content, parameters) in cases {
        let expect =
            json!({"type":"flow","body":{"text":"Book"},"action":{"name":"flow","parameters":parameters}});
        assert_eq!(interactive(content), expect, "{name}");
    }
    let around = interactive(flow(|f| {
        f.header = Some("H".into());
        f.footer = Some("F".into());
    }));
    assert_eq!((&around["header"]["text"], &around["footer"]["text"]), (&json!("H"), &json!("F")));
}

fn section(title: Option<&str>, count: usize) -> ProductSection {
    let products = (0..count).map(|n| format!("sku-{n}")).collect();
    ProductSection { title: title.map(str::to_owned), products }
}

fn products(change: impl FnOnce(&mut Products)) -> OutboundContent {
    let mut products = Products {
        text: Some("Ours".into()),
        catalog_id: Some("5501".into()),
        sections: vec![section(None, 1)],
        ..Products::default()
    };
    change(&mut products);
    OutboundContent::Products(products)
}

#[test]
fn products_are_one_several_or_all() {
    #[rustfmt::skip]
    let cases = [
        ("one", products(|_| ()), json!({"type":"product","body":{"text":"Ours"},"action":{"catalog_id":"5501","product_retailer_id":"sku-0"}})),
        ("one without words", products(|p| p.text = None), json!({"type":"product","action":{"catalog_id":"5501","product_retailer_id":"sku-0"}})),
        ("one below a header", products(|p| p.header = Some("New".into())),
            json!({"type":"product_list","header":{"type":"text","text":"New"},"body":{"text":"Ours"},
                "action":{"catalog_id":"5501","sections":[{"product_items":[{"product_retailer_id":"sku-0"}]}]}})),
        ("several", products(|p| { p.header = Some("New".into()); p.footer = Some("F".into()); p.sections = vec![section(Some("A"), 2), section(Some("B"), 1)]; }),
            json!({"type":"product_list","header":{"type":"text","text":"New"},"body":{"text":"Ours"},"footer":{"text":"F"},
                "action":{"catalog_id":"5501","sections":[
                    {"title":"A","product_items":[{"product_retailer_id":"sku-0"},{"product_retailer_id":"sku-1"}]},
                    {"title":"B","product_items":[{"product_retailer_id":"sku-0"}]}]}})),
        ("all", products(|p| p.sections.clear()), json!({"type":"catalog_message","body":{"text":"Ours"},"action":{"name":"catalog_message"}})),
        ("all, with a picture", products(|p| { p.sections.clear(); p.catalog_id = None; p.thumbnail = Some("sku-7".into()); }),
            json!({"type":"catalog_message","body":{"text":"Ours"},"action":{"name":"catalog_message","parameters":{"thumbnail_product_retailer_id":"sku-7"}}})),
    ];
    for (name, content, expect) in cases {
        assert_eq!(interactive(content), expect, "{name}");
    }
}

fn custom(object: &Value) -> OutboundContent {
    let object = object.as_object().unwrap().clone();
    OutboundContent::Custom(Custom { carrier: "whatsapp".into(), object, ..Custom::default() })
}

#[test]
fn whatsapps_own_shape_passes_as_it_is() {
    let address = json!({"type":"address_message","body":{"text":"Where to?"},"action":{"name":"address_message","parameters":{"country":"IN"}}});
    let content = custom(
        &json!({"type":"interactive","interactive":address,"recipient_identity_key_hash":"DF2lS5v2W6x="}),
    );
    let quoting = OutboundMessage { reply_to: Some("wamid.Q".into()), ..message(content) };
    let expect = json!({
        "messaging_product":"whatsapp","recipient_type":"individual","to":"+447700900461","biz_opaque_callback_data":"msg_1.2",
        "context":{"message_id":"wamid.Q"},"type":"interactive","interactive":address,"recipient_identity_key_hash":"DF2lS5v2W6x=",
    });
    assert_eq!(sent(&quoting), expect);
    let reaction = custom(&json!({"type":"reaction","reaction":{"message_id":"w","emoji":"👍"}}));
    let quoting = OutboundMessage { reply_to: Some("wamid.Q".into()), ..message(reaction) };
    assert_eq!(sent(&quoting)["context"], Value::Null);
}

#[test]
fn what_meta_would_refuse_never_leaves() {
    let long = |n: usize| "é".repeat(n);
    let foreign = Custom { carrier: "twilio".into(), object: serde_json::Map::new(), ..Custom::default() };
    #[rustfmt::skip]
    let cases = [
        ("an entry in no section", sections(&[Some("A"), None]), "section", BAD),
        ("an empty title", sections(&[Some(""), Some("B")]), "section", BAD),
        ("a long title", sections(&[Some("abcdefghijklmnopqrstuvwxy")]), "section", BAD),
        ("a list under a picture", choice(|c| { c.list_label = Some("Choose".into()); c.header_media = Some(Box::default()); }), "list_under_media_not_carried", OTHER),
        ("a sound above buttons", under("audio/mpeg"), "header_of_that_kind_not_carried", OTHER),
        ("a sticker above buttons", under("image/webp"), "header_of_that_kind_not_carried", OTHER),
        ("a picture of no place above", choice(|c| c.header_media = Some(Box::new(OutboundMedia { mime: Some("image/png".into()), ..OutboundMedia::default() }))), "media", BAD),
        ("words and a picture above", choice(|c| { c.header = Some("H".into()); c.header_media = Some(Box::default()); }), "header", BAD),
        ("a question without words", OutboundContent::LocationRequest { text: " ".into() }, "text", BAD),
        ("a long question", OutboundContent::LocationRequest { text: long(1_025) }, "text", BAD),
        ("a form with id and name", flow(|f| f.flow_name = Some("n".into())), "flow", BAD),
        ("a form with neither", flow(|f| f.flow_id = None), "flow", BAD),
        ("a long label", flow(|f| f.label = long(31)), "label", BAD),
        ("no label", flow(|f| f.label.clear()), "label", BAD),
        ("a form without words", flow(|f| f.text.clear()), "text", BAD),
        ("data that is nothing", flow(|f| f.data = Some(json!({}))), "data", BAD),
        ("data that is a list", flow(|f| f.data = Some(json!([1]))), "data", BAD),
        ("a screen that the endpoint chooses", flow(|f| { f.action = FlowAction::DataExchange; f.screen = Some("A".into()); }), "screen", BAD),
        ("a product of no catalogue", products(|p| p.catalog_id = None), "catalog_id", BAD),
        ("several without a header", products(|p| p.sections = vec![section(None, 2)]), "header", BAD),
        ("several without words", products(|p| { p.header = Some("H".into()); p.text = None; }), "text", BAD),
        ("thirty-one", products(|p| { p.header = Some("H".into()); p.sections = vec![section(Some("A"), 16), section(Some("B"), 15)]; }), "products", BAD),
        ("eleven sections", products(|p| { p.header = Some("H".into()); p.sections = vec![section(Some("A"), 1); 11]; }), "products", BAD),
        ("a section of none", products(|p| { p.header = Some("H".into()); p.sections = vec![section(None, 0)]; }), "products", BAD),
        ("sections without titles", products(|p| { p.header = Some("H".into()); p.sections = vec![section(Some("A"), 1), section(None, 1)]; }), "section", BAD),
        ("a nameless product", products(|p| p.sections[0].products[0].clear()), "product", BAD),
        ("all below a header", products(|p| { p.sections.clear(); p.header = Some("H".into()); }), "header", BAD),
        ("all without words", products(|p| { p.sections.clear(); p.text = None; }), "text", BAD),
        ("a picture for one", products(|p| p.thumbnail = Some("sku".into())), "thumbnail", BAD),
        ("the shape of another carrier", OutboundContent::Custom(foreign), "shape_of_another_carrier", OTHER),
        ("no type", custom(&json!({"text":{"body":"x"}})), "custom", BAD),
        ("an empty type", custom(&json!({"type":"","":{}})), "custom", BAD),
        ("no object of that type", custom(&json!({"type":"text","body":"x"})), "custom", BAD),
        ("words for an object", custom(&json!({"type":"text","text":"x"})), "custom", BAD),
        ("another recipient", custom(&json!({"type":"text","text":{"body":"x"},"to":"+15550001001"})), "custom", BAD),
        ("another token", custom(&json!({"type":"text","text":{"body":"x"},"access_token":"EAAx"})), "custom", BAD),
        ("another method", custom(&json!({"type":"text","text":{"body":"x"},"method":"delete"})), "custom", BAD),
        ("another reference", custom(&json!({"type":"text","text":{"body":"x"},"biz_opaque_callback_data":"x"})), "custom", BAD),
        ("another quote", custom(&json!({"type":"text","text":{"body":"x"},"context":{"message_id":"w"}})), "custom", BAD),
        ("a read mark", custom(&json!({"type":"text","text":{"body":"x"},"status":"read"})), "custom", BAD),
        ("a recipient as the type", custom(&json!({"type":"recipient","recipient":{"a":1}})), "custom", BAD),
        ("a mail", OutboundContent::Email(Box::default()), "content_type_not_carried", OTHER),
    ];
    for (name, content, word, class) in cases {
        assert_eq!(refusal(content), (word.to_owned(), class), "{name}");
    }
}
