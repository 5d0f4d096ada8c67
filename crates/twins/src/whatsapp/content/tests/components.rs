//! Templates with headers and buttons, forms, products, and media that do not fit.

use super::*;

fn code(kind: &str, content: &Value) -> Option<u32> {
    verdict(kind, content).err()
}

#[test]
fn a_template_gets_the_values_that_it_was_approved_with() {
    let image = json!({"type": "header", "parameters": [{"type": "image", "image": {"id": "771"}}]});
    let film = json!({"type": "header", "parameters": [{"type": "video", "video": {"link": "https://x.example/a.mp4"}}]});
    let words = |text: &str| json!({"type": "header", "parameters": [{"type": "text", "text": text}]});
    let place = json!({"type": "header", "parameters": [{"type": "location", "location": {"latitude": "51.5", "longitude": "-0.1"}}]});
    let body = |count: usize| json!({"type": "body", "parameters": vec![json!({"type": "text", "text": "v"}); count]});
    let button = |index: Value, kind: &str, parameter: Value| json!({"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]});
    let url = |index: u8| button(json!(index.to_string()), "url", json!({"type": "text", "text": "4711"}));
    let reply = |index: u8| button(json!(index), "quick_reply", json!({"type": "payload", "payload": "P"}));
    let coupon =
        |code: &str| button(json!("1"), "copy_code", json!({"type": "coupon_code", "coupon_code": code}));
    let flow = |action: Value| button(json!("0"), "flow", json!({"type": "action", "action": action}));
    #[rustfmt::skip]
    let cases = vec![
        ("picture, words, link",     "order_shipped", vec![image.clone(), body(1), url(0)], None),
        ("and its quick reply",      "order_shipped", vec![image.clone(), body(1), url(0), reply(1)], None),
        ("without the picture",      "order_shipped", vec![body(1), url(0)], Some(132_012)),
        ("a film for a picture",     "order_shipped", vec![film, body(1), url(0)], Some(132_012)),
        ("without the link's end",   "order_shipped", vec![image.clone(), body(1)], Some(131_008)),
        ("buttons changed places",   "order_shipped", vec![image.clone(), body(1), reply(0), url(1)], Some(132_012)),
        ("a button too many",        "order_shipped", vec![image.clone(), body(1), url(0), reply(2)], Some(131_009)),
        ("a number to call",         "invoice_ready", vec![json!({"type": "header", "parameters": [{"type": "document", "document": {"id": "773", "filename": "a.pdf"}}]}), reply(0)], Some(100)),
        ("a coupon",                 "coupon_sale", vec![words("Maya"), body(1), coupon("SAVE20")], None),
        ("a coupon too long",        "coupon_sale", vec![words("Maya"), body(1), coupon(&"x".repeat(21))], Some(131_009)),
        ("no words above",           "coupon_sale", vec![body(1), coupon("SAVE20")], Some(132_000)),
        ("empty words above",        "coupon_sale", vec![words(""), body(1), coupon("SAVE20")], Some(131_009)),
        ("words where none belong",  "order_update", vec![words("x"), body(2)], Some(132_000)),
        ("a place",                  "shop_nearby", vec![place], None),
        ("a form",                   "survey_invite", vec![flow(json!({"flow_token": "t"}))], None),
        ("a form without action",    "survey_invite", vec![button(json!("0"), "flow", json!({"type": "action"}))], Some(131_008)),
        ("a blocked form",           "blocked_flow_template", vec![], Some(132_068)),
        ("a code",                   "login_code", vec![body(1), url(0)], None),
        ("a code in words only",     "login_code", vec![body(1)], Some(131_008)),
        ("an index like no other",   "of_the_tenant", vec![button(json!("ten"), "url", json!({"type": "text", "text": "x"}))], Some(131_009)),
        ("an index beyond all",      "of_the_tenant", vec![url(10)], Some(131_009)),
        ("a kind like no other",     "of_the_tenant", vec![button(json!("0"), "phone_number", json!({}))], Some(100)),
        ("no kind",                  "of_the_tenant", vec![json!({"type": "button", "index": "0"})], Some(131_008)),
        ("a link's end as payload",  "of_the_tenant", vec![button(json!("0"), "url", json!({"type": "payload", "payload": "x"}))], Some(100)),
        ("a part like no other",     "of_the_tenant", vec![json!({"type": "footer"})], Some(100)),
    ];
    for (name, template, components, expect) in cases {
        let content = json!({"name": template, "language": {"code": "en"}, "components": components});
        assert_eq!(code("template", &content), expect, "{name}");
    }
}

#[test]
fn forms_and_products_within_and_beyond_the_limits() {
    let flow = |parameters: Value| json!({"type": "flow", "body": {"text": "?"}, "action": {"name": "flow", "parameters": parameters}});
    let form = |change: Value| {
        let mut parameters = json!({"flow_message_version": "3", "flow_id": "1", "flow_cta": "Book"});
        parameters.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        flow(parameters)
    };
    let list = |sections: Value| {
        json!({"type": "product_list", "header": {"type": "text", "text": "Ours"}, "body": {"text": "?"},
        "action": {"catalog_id": "c", "sections": sections}})
    };
    let items = |count: usize| vec![json!({"product_retailer_id": "sku"}); count];
    let section = |title: &str, count: usize| json!({"title": title, "product_items": items(count)});
    #[rustfmt::skip]
    let cases = vec![
        ("a form", form(json!({})), None),
        ("a form by name", flow(json!({"flow_message_version": "3", "flow_name": "n", "flow_cta": "Book"})), None),
        ("by id and name", form(json!({"flow_name": "n"})), Some(131_009)),
        ("by neither", flow(json!({"flow_message_version": "3", "flow_cta": "Book"})), Some(131_008)),
        ("another version", form(json!({"flow_message_version": "2"})), Some(100)),
        ("label at the limit", form(json!({"flow_cta": "é".repeat(30)})), None),
        ("label beyond the limit", form(json!({"flow_cta": "é".repeat(31)})), Some(131_009)),
        ("a first screen", form(json!({"mode": "draft", "flow_action": "navigate", "flow_action_payload": {"screen": "A", "data": {"a": 1}}})), None),
        ("empty data", form(json!({"flow_action_payload": {"screen": "A", "data": {}}})), Some(131_009)),
        ("data exchange", form(json!({"flow_action": "data_exchange"})), None),
        ("data exchange and a screen", form(json!({"flow_action": "data_exchange", "flow_action_payload": {"screen": "A"}})), Some(100)),
        ("another action", form(json!({"flow_action": "fly"})), Some(100)),
        ("one product", json!({"type": "product", "action": {"catalog_id": "c", "product_retailer_id": "sku"}}), None),
        ("one product below a header", json!({"type": "product", "header": {"type": "text", "text": "x"}, "action": {"catalog_id": "c", "product_retailer_id": "sku"}}), Some(100)),
        ("one product of no catalogue", json!({"type": "product", "action": {"product_retailer_id": "sku"}}), Some(131_008)),
        ("thirty products", list(json!([section("a", 15), section("b", 15)])), None),
        ("thirty-one products", list(json!([section("a", 15), section("b", 16)])), Some(131_009)),
        ("a section of none", list(json!([section("a", 0)])), Some(131_009)),
        ("sections without titles", list(json!([{"product_items": items(1)}, section("b", 1)])), Some(131_008)),
        ("a long title", list(json!([section(&"é".repeat(25), 1)])), Some(131_009)),
        ("no header", json!({"type": "product_list", "body": {"text": "?"}, "action": {"catalog_id": "c", "sections": [section("a", 1)]}}), Some(131_008)),
        ("the catalogue", json!({"type": "catalog_message", "body": {"text": "?"}, "action": {"name": "catalog_message"}}), None),
        ("the catalogue with a picture", json!({"type": "catalog_message", "body": {"text": "?"}, "action": {"name": "catalog_message", "parameters": {"thumbnail_product_retailer_id": "sku"}}}), None),
        ("the catalogue without words", json!({"type": "catalog_message", "action": {"name": "catalog_message"}}), Some(131_008)),
        ("an address", json!({"type": "address_message", "body": {"text": "?"}, "action": {"name": "address_message", "parameters": {"country": "IN"}}}), None),
        ("an address elsewhere", json!({"type": "address_message", "body": {"text": "?"}, "action": {"name": "address_message", "parameters": {"country": "GB"}}}), Some(131_009)),
    ];
    for (name, content, expect) in cases {
        assert_eq!(code("interactive", &content), expect, "{name}");
    }
}

#[test]
fn media_that_do_not_fit_fail_after_acceptance() {
    let cases = [
        ("image", json!({"id": "771"}), None),
        ("image", json!({"id": "773"}), Some(131_053)),
        ("sticker", json!({"id": "771"}), Some(131_053)),
        ("audio", json!({"id": "772", "voice": true}), None),
        ("audio", json!({"id": "771"}), Some(131_053)),
        ("document", json!({"id": "771"}), None),
        ("image", json!({"link": "https://x.example/a.pdf"}), None),
    ];
    for (kind, content, expect) in cases {
        let mut body = json!({ "to": "+15550001001", "type": kind });
        body[kind] = content.clone();
        let fails_with = read(body.as_object().unwrap(), &shelf()).unwrap().fails_with;
        assert_eq!(fails_with, expect, "{kind} {content}");
    }
}
