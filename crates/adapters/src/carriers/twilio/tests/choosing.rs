//! Buttons, lists, links and products: which definition, and which values.

use super::*;

fn button(n: usize) -> Button {
    Button { id: format!("id{n}"), title: format!("No. {n}"), ..Button::default() }
}

fn buttons(count: usize) -> Vec<Button> {
    (1..=count).map(button).collect()
}

fn link(url: &str) -> Button {
    Button { id: "l".into(), title: "Open".into(), url: Some(url.into()), ..Button::default() }
}

fn choice(buttons: Vec<Button>) -> Interactive {
    Interactive { text: "Well?".into(), buttons, ..Interactive::default() }
}

fn picture(url: &str) -> Option<Box<OutboundMedia>> {
    let mime = Some("image/png".into());
    Some(Box::new(OutboundMedia { url: Some(url.into()), mime, ..OutboundMedia::default() }))
}

fn product_list(products: &[&str]) -> Products {
    let products = products.iter().map(|id| (*id).to_owned()).collect();
    Products {
        text: Some("Look".into()),
        header: Some("Fruit".into()),
        catalog_id: Some("77".into()),
        sections: vec![ProductSection { title: Some("Ripe".into()), products }],
        ..Products::default()
    }
}

/// The types of the definition and the values of the message.
fn made(channel: Channel, content: OutboundContent) -> (Value, Value) {
    let draft = send::draft(&serde_json::from_value(settings()).unwrap(), &to(channel, content)).unwrap();
    let body = draft.definition.as_ref().unwrap().body();
    let request = draft.request(&serde_json::from_value(settings()).unwrap(), Some("HX7"));
    assert_eq!(field(&request, "ContentSid").as_deref(), Some("HX7"));
    let values: Value = serde_json::from_str(&field(&request, "ContentVariables").unwrap()).unwrap();
    let names = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&body["variables"]), names(&values), "each variable has a sample and a value");
    (body["types"].clone(), values)
}

fn to(channel: Channel, content: OutboundContent) -> OutboundMessage {
    match channel {
        Channel::Rcs => OutboundMessage { from: "rcs:acme_agent".into(), ..message(channel, content) },
        _ => message(channel, content),
    }
}

#[test]
fn each_choice_has_its_type() {
    use Channel::{Rcs, Whatsapp};
    let two = choice(buttons(2));
    let labelled = Interactive { list_label: Some("Pick".into()), ..choice(buttons(1)) };
    let more = Button { description: Some("More".into()), ..button(1) };
    let card = Interactive {
        header_media: picture("https://m.example/a/b.png?c=1"),
        footer: Some("Below".into()),
        ..choice(buttons(1))
    };
    let tall = Interactive { header: Some("Above".into()), ..card.clone() };
    let linked = Interactive {
        header_media: picture("https://m.example/p.png"),
        ..choice(vec![link("https://acme.example/x")])
    };
    let reply = |title: u8, id: u8| json!({ "type": "QUICK_REPLY", "title": format!("{{{{{title}}}}}"), "id": format!("{{{{{id}}}}}") });
    #[rustfmt::skip]
    let cases = [
        ("replies", Whatsapp, two.clone(),
            json!({"twilio/quick-reply":{"body":"{{1}}","actions":[reply(2, 3), reply(4, 5)]}}),
            json!({"1":"Well?","2":"No. 1","3":"id1","4":"No. 2","5":"id2"})),
        ("four replies are a list", Whatsapp, choice(buttons(4)),
            json!({"twilio/list-picker":{"body":"{{1}}","button":"{{2}}","items":[{"item":"{{3}}","id":"{{4}}"},{"item":"{{5}}","id":"{{6}}"},{"item":"{{7}}","id":"{{8}}"},{"item":"{{9}}","id":"{{10}}"}]}}),
            json!({"1":"Well?","2":"Options","3":"No. 1","4":"id1","5":"No. 2","6":"id2","7":"No. 3","8":"id3","9":"No. 4","10":"id4"})),
        ("a label makes a list", Whatsapp, labelled,
            json!({"twilio/list-picker":{"body":"{{1}}","button":"{{2}}","items":[{"item":"{{3}}","id":"{{4}}"}]}}),
            json!({"1":"Well?","2":"Pick","3":"No. 1","4":"id1"})),
        ("so does a description", Whatsapp, choice(vec![more]),
            json!({"twilio/list-picker":{"body":"{{1}}","button":"{{2}}","items":[{"item":"{{3}}","id":"{{4}}","description":"{{5}}"}]}}),
            json!({"1":"Well?","2":"Options","3":"No. 1","4":"id1","5":"More"})),
        ("a link", Whatsapp, choice(vec![link("https://acme.example/track?id=7#x")]),
            json!({"twilio/call-to-action":{"body":"{{1}}","actions":[{"type":"URL","title":"Open","url":"https://acme.example/{{2}}"}]}}),
            json!({"1":"Well?","2":"track?id=7#x"})),
        ("a link to a bare host", Whatsapp, choice(vec![link("https://acme.example/")]),
            json!({"twilio/call-to-action":{"body":"{{1}}","actions":[{"type":"URL","title":"Open","url":"https://acme.example/"}]}}),
            json!({"1":"Well?"})),
        ("a card", Whatsapp, card.clone(),
            json!({"twilio/card":{"title":"{{1}}","subtitle":"Below","media":["https://m.example/{{4}}"],"actions":[reply(2, 3)]}}),
            json!({"1":"Well?","2":"No. 1","3":"id1","4":"a/b.png?c=1"})),
        ("a card with a link", Whatsapp, linked,
            json!({"twilio/card":{"title":"{{1}}","media":["https://m.example/{{4}}"],"actions":[{"type":"URL","title":"{{2}}","url":"https://acme.example/{{3}}"}]}}),
            json!({"1":"Well?","2":"Open","3":"x","4":"p.png"})),
        ("suggestions", Rcs, two,
            json!({"twilio/card":{"body":"{{1}}","actions":[reply(2, 3), reply(4, 5)]}}),
            json!({"1":"Well?","2":"No. 1","3":"id1","4":"No. 2","5":"id2"})),
        ("replies and links on RCS", Rcs, choice(vec![button(1), link("https://acme.example?x=1")]),
            json!({"twilio/card":{"body":"{{1}}","actions":[reply(2, 3), {"type":"URL","title":"{{4}}","url":"https://acme.example/{{5}}"}]}}),
            json!({"1":"Well?","2":"No. 1","3":"id1","4":"Open","5":"?x=1"})),
        ("a rich card", Rcs, tall,
            json!({"twilio/card":{"body":"{{1}}","title":"{{2}}","subtitle":"Below","media":["https://m.example/{{5}}"],"actions":[reply(3, 4)]}}),
            json!({"1":"Well?","2":"Above","3":"No. 1","4":"id1","5":"a/b.png?c=1"})),
    ];
    for (name, channel, choice, types, values) in cases {
        assert_eq!(made(channel, OutboundContent::Interactive(choice)), (types, values), "{name}");
    }
}

#[test]
fn products_are_a_catalogue() {
    let whole = Products { catalog_id: Some("77".into()), thumbnail: Some("a".into()), ..product_list(&[]) };
    let whole = Products { sections: vec![], ..whole };
    #[rustfmt::skip]
    let cases = [
        ("several", product_list(&["a", "b"]),
            json!({"id":"{{1}}","title":"{{2}}","body":"{{3}}","dynamic_items":"{{4}}"}),
            json!({"1":"77","2":"Fruit","3":"Look","4":r#"[{"id":"a","section_title":"Ripe"},{"id":"b","section_title":"Ripe"}]"#})),
        ("all", whole, json!({"id":"{{1}}","title":"{{2}}","body":"{{3}}","thumbnail_item_id":"a"}), json!({"1":"77","2":"Fruit","3":"Look"})),
    ];
    for (name, products, shape, values) in cases {
        let got = made(Channel::Whatsapp, OutboundContent::Products(products));
        assert_eq!(got, (json!({ "twilio/catalog": shape }), values), "{name}");
    }
}

/// The words are values: what two messages have in common is the form, and its name.
#[test]
fn one_definition_serves_all_words() {
    let name = |choice: Interactive| {
        let draft = send::draft(
            &serde_json::from_value(settings()).unwrap(),
            &message(Channel::Whatsapp, OutboundContent::Interactive(choice)),
        );
        draft.unwrap().definition.unwrap().body()["friendly_name"].as_str().unwrap().to_owned()
    };
    let other =
        Interactive { text: "Ja?".into(), ..choice(vec![Button { title: "Ja".into(), ..button(7) }]) };
    let first = name(choice(buttons(1)));
    assert!(first.starts_with("omni_") && first.len() == 37, "{first}");
    assert_eq!(first, name(other));
    assert_ne!(first, name(choice(buttons(2))));
    // The name is how a definition is found after a restart, by another version too.
    assert_eq!(first, FIRST_NAME);
}

const FIRST_NAME: &str = "omni_be8f5ef09bf95362277b5e22362cd593";

#[test]
fn what_cannot_be_shown_is_refused() {
    use Channel::{Rcs, Sms, Whatsapp};
    let words = |length: usize| "é".repeat(length);
    let titled = |length: usize| vec![Button { title: words(length), ..button(1) }];
    let row = |button: Button| Interactive { list_label: Some("Pick".into()), ..choice(vec![button]) };
    let with_link = |buttons: usize| [self::buttons(buttons), vec![link("https://a.example/x")]].concat();
    let above =
        |medium: OutboundMedia| Interactive { header_media: Some(Box::new(medium)), ..choice(buttons(1)) };
    let medium = |mime: &str| OutboundMedia {
        url: Some("https://m.example/x".into()),
        mime: Some(mime.into()),
        ..OutboundMedia::default()
    };
    #[rustfmt::skip]
    let cases = [
        ("buttons by SMS", Sms, choice(buttons(1)), "content_type_not_carried"),
        ("no buttons", Whatsapp, choice(vec![]), "buttons"),
        ("no words", Whatsapp, Interactive { text: " ".into(), ..choice(buttons(1)) }, "text"),
        ("too many words", Whatsapp, Interactive { text: words(1_025), ..choice(buttons(1)) }, "text"),
        ("too many words over a list", Whatsapp, Interactive { text: words(1_025), ..choice(buttons(5)) }, "text"),
        ("too many words over a link", Whatsapp, Interactive { text: words(641), ..choice(with_link(0)) }, "text"),
        ("too many words on RCS", Rcs, Interactive { text: words(1_601), ..choice(buttons(1)) }, "text"),
        ("a long title", Whatsapp, choice(titled(21)), "button_title"),
        ("a long title on RCS", Rcs, choice(titled(21)), "button_title"),
        ("a long title of a link on RCS", Rcs, choice(vec![Button { title: words(26), ..link("https://a.example/x") }]), "button_title"),
        ("a long id", Whatsapp, choice(vec![Button { id: words(201), ..button(1) }]), "button_id"),
        ("no id", Whatsapp, choice(vec![Button { id: String::new(), ..button(1) }]), "button_id"),
        ("one id twice", Whatsapp, choice(vec![button(1), button(1)]), "button_id"),
        ("one id twice in a list", Whatsapp, choice([buttons(4), buttons(1)].concat()), "button_id"),
        ("eleven entries", Whatsapp, choice(buttons(11)), "too_many_buttons"),
        ("twelve suggestions", Rcs, choice(buttons(12)), "too_many_buttons"),
        ("a long entry", Whatsapp, row(Button { title: words(25), ..button(1) }), "row_title"),
        ("a long id of an entry", Whatsapp, row(Button { id: words(201), ..button(1) }), "row_id"),
        ("a long description", Whatsapp, row(Button { description: Some(words(73)), ..button(1) }), "row_description"),
        ("a long label", Whatsapp, Interactive { list_label: Some(words(21)), ..choice(buttons(1)) }, "list_label"),
        ("sections", Whatsapp, row(Button { section: Some("A".into()), ..button(1) }), "sections_not_carried"),
        ("a list on RCS", Rcs, row(button(1)), "lists_not_carried"),
        ("a description on RCS", Rcs, choice(vec![Button { description: Some("x".into()), ..button(1) }]), "lists_not_carried"),
        ("text above", Whatsapp, Interactive { header: Some("Above".into()), ..choice(buttons(1)) }, "header_text_not_carried"),
        ("text above without a medium on RCS", Rcs, Interactive { header: Some("Above".into()), ..choice(buttons(1)) }, "header_needs_a_medium"),
        ("a picture over a list", Whatsapp, Interactive { header_media: picture("https://m.example/x"), ..choice(buttons(4)) }, "header_not_carried_by_lists"),
        ("small text under a list", Whatsapp, Interactive { footer: Some("Below".into()), ..choice(buttons(4)) }, "footer_not_carried_by_lists"),
        ("long small text", Whatsapp, Interactive { footer: Some(words(61)), ..choice(buttons(1)) }, "footer"),
        ("small text that would be a variable", Whatsapp, Interactive { footer: Some("{{1}}".into()), ..choice(buttons(1)) }, "footer"),
        ("a link among replies", Whatsapp, choice(with_link(1)), "link_among_buttons"),
        ("a link in a list", Whatsapp, row(link("https://a.example/x")), "link_among_buttons"),
        ("two links", Whatsapp, choice([with_link(0), with_link(0)].concat()), "too_many_links"),
        ("a link that is none", Whatsapp, choice(vec![link("acme.example")]), "button_url"),
        ("a link that runs", Whatsapp, choice(vec![link("javascript:alert(1)")]), "button_url"),
        ("a host that would be a variable", Rcs, choice(vec![link("https://a{{1}}.example/x")]), "button_url"),
        ("a title that would be a variable", Whatsapp, choice(vec![Button { title: "{{1}}".into(), ..link("https://a.example/x") }]), "button_title"),
        ("an upload above", Whatsapp, above(OutboundMedia { id: Some("7".into()), mime: Some("image/png".into()), ..OutboundMedia::default() }), "media_without_url"),
        ("sound above", Whatsapp, above(medium("audio/ogg")), "media_type_not_carried"),
        ("six megabytes above", Whatsapp, above(OutboundMedia { size: Some(6 << 20), ..medium("image/png") }), "media_too_large"),
    ];
    for (name, channel, choice, expect) in cases {
        let error = carrier().request(&to(channel, OutboundContent::Interactive(choice))).unwrap_err();
        assert_eq!(refusal(&error), expect, "{name}");
    }
}

#[test]
fn products_that_whatsapp_would_refuse() {
    let many: Vec<String> = (0..31).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let long: Vec<String> = (0..20).map(|n| format!("{n:0>100}")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let mut nameless = product_list(&["a", "b"]);
    nameless.sections[0].title = None;
    #[rustfmt::skip]
    let cases = [
        ("no catalogue", Channel::Whatsapp, Products { catalog_id: None, ..product_list(&["a"]) }, "catalogId"),
        ("too many", Channel::Whatsapp, product_list(&many), "sections"),
        ("more ids than a value holds", Channel::Whatsapp, product_list(&long), "sections"),
        ("several without a header", Channel::Whatsapp, Products { header: None, ..product_list(&["a", "b"]) }, "header"),
        ("several without a section's title", Channel::Whatsapp, nameless, "section_title"),
        ("a long id", Channel::Whatsapp, product_list(&[&"x".repeat(101)]), "product"),
        ("on RCS", Channel::Rcs, product_list(&["a"]), "content_type_not_carried"),
    ];
    for (name, channel, products, expect) in cases {
        let error = carrier().request(&to(channel, OutboundContent::Products(products))).unwrap_err();
        assert_eq!(refusal(&error), expect, "{name}");
    }
    let single = Products { header: None, text: None, ..product_list(&["a"]) };
    assert!(carrier().request(&message(Channel::Whatsapp, OutboundContent::Products(single))).is_ok());
}

proptest! {
    /// Whatever people write: refused, or every word of it in the values.
    #[test]
    fn words_arrive_whole(text in ".{0,80}", title in ".{0,24}", id in ".{0,16}", url in "https://[a-z]{1,8}\\.example/.{0,30}") {
        let reply = Button { id: id.clone(), title: title.clone(), ..Button::default() };
        let open = Button { url: Some(url.clone()), ..reply.clone() };
        for buttons in [vec![reply], vec![open]] {
            let content = OutboundContent::Interactive(Interactive { text: text.clone(), ..choice(buttons) });
            if let Ok(request) = carrier().request(&to(Channel::Rcs, content)) {
                let values: Value = serde_json::from_str(&field(&request, "ContentVariables").unwrap()).unwrap();
                prop_assert_eq!(&values["1"], &json!(text));
                prop_assert_eq!(&values["2"], &json!(title));
            }
        }
    }
}
