//! Requests of API clients that contradict what we know.

use std::sync::Arc;
use std::time::Duration;

use omni_core::conversation::Conversation;
use omni_core::event::{Channel, MessageType};
use omni_core::id::ConversationId;
use omni_core::problem;
use omni_core::status::Status;
use omni_core::store::{Changes, Pointer, Query, Store as _, Table, decode};
use omni_core::time::Clock;
use omni_local::SqliteStore;
use omni_pipeline::consent::ConsentRecord;
use serde_json::json;

use crate::support::{PERSON, Scripted, World, sms};

#[tokio::test]
async fn a_conversation_is_not_continued_with_somebody_else_or_elsewhere() {
    let (text, whatsapp) = (sms(), Arc::new(Scripted::new("wa", Channel::Whatsapp)));
    let world = World::of([&text, &whatsapp], |_| {});
    let first = world.send("hi").await.unwrap().response;
    let conversation = first.conversation_id.unwrap();
    let cases = [
        ("another person", json!("+13035550188"), false),
        ("another channel", json!({ "phoneNumber": PERSON, "channel": "whatsapp" }), false),
        ("the same person", json!(PERSON), true),
        ("written otherwise", json!("(303) 555-0177"), true),
    ];
    for (name, to, fine) in cases {
        let body = json!({ "to": to, "conversationId": conversation, "text": "go on" });
        let answer = world.publish(&body, None).await;
        match answer {
            Ok(published) if fine => {
                assert_eq!(published.response.conversation_id, Some(conversation), "{name}");
            }
            Ok(_) => panic!("{name}: taken"),
            Err(problem) => {
                assert!(!fine, "{name}: {}", problem.detail);
                assert_eq!(problem.code, problem::VALIDATION_FAILED, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_conversation_says_over_which_channel_it_goes_on() {
    let (text, whatsapp) = (sms(), Arc::new(Scripted::new("wa", Channel::Whatsapp)));
    let world = World::of([&text, &whatsapp], |_| {});
    let id = world.callback("wa", json!([{ "id": "in-1", "text": "hm" }])).await.messages[0];
    world.settle().await;
    let conversation = world.message(id).await.conversation;
    let body = json!({ "to": PERSON, "conversationId": conversation, "text": "go on" });
    assert_eq!(world.publish(&body, None).await.unwrap().response.carrier, "wa");
}

#[tokio::test]
async fn one_idempotency_key_of_a_test_key_and_a_live_key_are_two() {
    let (live, twin) = (sms(), Arc::new(Scripted::new("beta", Channel::Sms)));
    let world = World::connected([&live, &twin], |_| {}, |c| c.sandbox = c.id.as_str() == "beta");
    let body = json!({ "to": PERSON, "text": "once" });
    world.publish_as(true, &body, Some("k-1")).await.unwrap();
    let real = world.publish_as(false, &body, Some("k-1")).await.unwrap();
    world.settle().await;
    assert!(!real.replayed);
    assert_eq!((live.texts().len(), twin.texts().len()), (1, 1));
}

#[tokio::test]
async fn an_opt_out_of_a_mail_address_holds_however_it_is_written() {
    let mail = Arc::new(Scripted::new("mail", Channel::Email));
    let world = World::of([&mail], |_| {});
    let mut changes = Changes::new(world.tenant.clone());
    let record = ConsentRecord::refused_by_carrier(Channel::Email, world.clock.now());
    record.write(&"main".parse().unwrap(), "rosa@customer.example", &mut changes);
    world.store.commit(changes).await.unwrap();
    let body = json!({ "to": "Rosa@Customer.example", "text": "offer" });
    assert_eq!(world.publish(&body, None).await.unwrap_err().code, problem::RECIPIENT_OPTED_OUT);
}

#[tokio::test]
async fn an_opt_out_of_a_phone_holds_in_each_of_its_spellings() {
    let world = World::of([&sms()], |_| {});
    let mut changes = Changes::new(world.tenant.clone());
    let record = ConsentRecord::by_keyword(true, world.clock.now());
    record.write(&"main".parse().unwrap(), "+541123456789", &mut changes);
    world.store.commit(changes).await.unwrap();
    let body = json!({ "to": "+5491123456789", "text": "offer" });
    assert_eq!(world.publish(&body, None).await.unwrap_err().code, problem::RECIPIENT_OPTED_OUT);
}

#[tokio::test]
async fn a_number_in_another_spelling_is_the_same_person() {
    let whatsapp = Arc::new(Scripted::new("wa", Channel::Whatsapp).windowed());
    let world = World::of([&whatsapp], |_| {});
    let send = async |to: &str, conversation: Option<ConversationId>| {
        let body = json!({ "to": { "address": to, "channel": "whatsapp" }, "text": "hi", "conversationId": conversation });
        world.publish(&body, None).await
    };
    world.callback("wa", json!([{ "id": "in-1", "from": "+551161234567", "text": "hm" }])).await;
    world.settle().await;
    // Versions before knew the number as it was written, and nothing else.
    let mut old = Changes::new(world.tenant.clone());
    old.unpoint(&Pointer::identifier("wa:+5511961234567"));
    world.store.commit(old).await.unwrap();
    let conversation =
        send("+5511961234567", None).await.expect("the window is open").response.conversation_id;
    send("+5511961234567", conversation).await.expect("the same person");
    assert!(send("+5511961234568", conversation).await.is_err());
}

#[tokio::test]
async fn what_is_no_address_is_refused_at_once() {
    let mail = Arc::new(Scripted::new("mail", Channel::Email));
    let world = World::of([&mail], |_| {});
    let long = format!("lc:{}", "x".repeat(500));
    for to in [
        "rosa@",
        "@customer.example",
        "rosa@@customer.example",
        "a b@customer.example",
        "lc:",
        "lc:a b",
        "bsuid:a\u{0}",
        &long,
    ] {
        let body = json!({ "to": to, "text": "hello" });
        assert_eq!(world.publish(&body, None).await.unwrap_err().code, problem::RECIPIENT_INVALID, "{to}");
    }
}

#[tokio::test]
async fn a_channel_before_the_address_is_known_in_any_case() {
    for (to, channel, address) in [
        ("WhatsApp:+13035550177", Channel::Whatsapp, "+13035550177"),
        ("whatsapp:GB.7Qk20Xd3aLm", Channel::Whatsapp, "bsuid:GB.7Qk20Xd3aLm"),
        ("SMS: +1 303 555 0177", Channel::Sms, "+13035550177"),
        ("tel:+1-303-555-0177", Channel::Sms, "+13035550177"),
        ("mailto:Rosa@Customer.Example", Channel::Email, "Rosa@customer.example"),
    ] {
        let carriers = [Channel::Sms, Channel::Whatsapp, Channel::Email]
            .map(|channel| Arc::new(Scripted::new(channel.as_str(), channel)));
        let world = World::of(&carriers, |_| {});
        let taken = world.publish(&json!({ "to": to, "text": "hello" }), None).await;
        taken.unwrap_or_else(|problem| panic!("{to}: {}", problem.detail));
        world.settle().await;
        let sent: Vec<_> = carriers.iter().flat_map(|carrier| carrier.sent.lock().unwrap().clone()).collect();
        let sent: Vec<_> = sent.iter().map(|message| (message.channel, message.to.expose())).collect();
        assert_eq!(sent, [(channel, address)], "{to}");
    }
}

#[tokio::test]
async fn a_text_message_goes_out_composed() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    world.send("cafe\u{301}").await.unwrap();
    world.settle().await;
    assert_eq!(carrier.texts(), ["caf\u{e9}"]);
}

/// What becomes of a message is written beside its content, in one record.
#[tokio::test]
async fn the_largest_message_has_room_for_all_that_becomes_of_it() {
    let mut mail = Scripted::new("mail", Channel::Email);
    mail.carries(MessageType::Email);
    let world = World::of([&Arc::new(mail)], |_| {});
    let body = |size: usize| json!({ "to": "ana@customer.example", "content": { "type": "email", "text": "x".repeat(size) } });
    let refused = world.publish(&body(768 << 10), None).await.unwrap_err();
    assert_eq!(refused.code, problem::BODY_TOO_LARGE);
    let id = world.publish(&body((768 << 10) - 100), None).await.unwrap().response.message_id;
    world.settle().await;
    for n in 0..120 {
        let status = if n < 119 { "sent" } else { "delivered" };
        world.callback("mail", json!([{ "status": status, "ref": id, "id": "mail-1" }])).await;
        world.settle().await;
    }
    assert_eq!(world.message(id).await.status, Status::Delivered);
}

#[tokio::test]
async fn an_idempotency_key_is_forgotten_after_a_day() {
    let carrier = sms();
    let world = World::of([&carrier], |_| {});
    let body = json!({ "to": PERSON, "text": "daily" });
    let day = Duration::from_secs(24 * 3_600);
    assert!(!world.publish(&body, Some("k-1")).await.unwrap().replayed);
    world.clock.advance(day - Duration::from_secs(1));
    assert!(world.publish(&body, Some("k-1")).await.unwrap().replayed);
    world.clock.advance(Duration::from_secs(1));
    assert!(!world.publish(&body, Some("k-1")).await.unwrap().replayed);
    world.settle().await;
    assert_eq!(carrier.texts().len(), 2);
}

#[tokio::test]
async fn many_messages_to_one_person_at_once_are_all_taken() {
    let mut world = World::of([&sms()], |_| {});
    let store = SqliteStore::temporary(world.clock.clone() as Arc<dyn Clock>).unwrap();
    world.engine.store = store.clone();
    let world = &world;
    let sends = (0..500).map(|n| async move { world.send(&format!("number {n}")).await });
    let answers = futures::future::join_all(sends).await;
    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(refused.is_empty(), "{} of 500: {}", refused.len(), refused[0].detail);
    let page = store.list(&world.tenant, &Query::newest(Table::Conversation, 9)).await.unwrap();
    let conversation: Conversation = decode(&page.records[0].body).unwrap();
    assert_eq!((page.records.len(), conversation.sequence), (1, 500));
}

#[tokio::test]
async fn a_carrier_without_a_connection_is_no_preference() {
    let world = World::of([&sms()], |_| {});
    let wishing =
        |carrier: &str| json!({ "to": { "phoneNumber": PERSON, "preferredCarrier": carrier }, "text": "hi" });
    world.publish(&wishing("alpha"), None).await.unwrap();
    let refused = world.publish(&wishing("alpah"), None).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.errors[0].pointer.as_str()),
        (problem::VALIDATION_FAILED, "/to/preferredCarrier")
    );
    assert!(refused.detail.contains("`alpha`"), "{}", refused.detail);
}

#[tokio::test]
async fn an_answer_names_the_message_it_answers_where_that_came_the_same_way() {
    let (alpha, beta) = (sms(), Arc::new(Scripted::new("beta", Channel::Sms)));
    let world = World::of([&alpha, &beta], |_| {});
    let asked = world.callback("beta", json!([{ "id": "in-1", "text": "hm?" }])).await.messages[0];
    world.settle().await;
    let quoted = |carrier: &Scripted| carrier.sent.lock().unwrap().last().unwrap().reply_to.clone();
    for (name, preferred, carrier, expect) in
        [("the same way", "beta", &beta, Some("in-1")), ("another way", "alpha", &alpha, None)]
    {
        let to = json!({ "phoneNumber": PERSON, "preferredCarrier": preferred });
        world.publish(&json!({ "to": to, "text": name, "inReplyTo": asked }), None).await.unwrap();
        world.settle().await;
        assert_eq!(carrier.texts().last().map(String::as_str), Some(name));
        assert_eq!(quoted(carrier).as_deref(), expect, "{name}");
    }
    assert_eq!(quoted(&beta).as_deref(), Some("in-1"));
}
