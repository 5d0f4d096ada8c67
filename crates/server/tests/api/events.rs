//! The event log, as pages and as a stream.

use std::time::Duration;

use axum::response::Response;
use futures::StreamExt;

use crate::app::App;

#[tokio::test]
async fn the_log_is_read_from_anywhere_and_by_type() {
    let app = App::new();
    for n in 0..3 {
        app.sent(&n.to_string()).await;
    }
    let all = app.get("/v1/events").send().await;
    let sequences: Vec<u64> = all.data().iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert!(sequences.is_sorted_by(|a, b| a < b) && sequences.len() > 3, "{sequences:?}");
    let after = app.get(&format!("/v1/events?after={}", sequences[0])).send().await;
    assert_eq!(after.data().len(), sequences.len() - 1);
    let queued = app.get("/v1/events?types=message.*").send().await;
    assert_eq!(
        queued.data().iter().map(|e| e["type"].as_str().unwrap()).collect::<Vec<_>>(),
        ["message.queued"; 3]
    );

    let mut seen = Vec::new();
    let mut path = "/v1/events?limit=2".to_owned();
    loop {
        let page = app.get(&path).send().await;
        seen.extend(page.data().iter().map(|event| event["sequence"].as_u64().unwrap()));
        let Some(next) = page.json["nextCursor"].as_str() else { break };
        path = format!("/v1/events?limit=2&cursor={next}");
    }
    assert_eq!(seen, sequences);
    assert!(app.get("/v1/events?after=9223372036854775807").send().await.data().is_empty());
    app.get("/v1/events?after=9223372036854775808").send().await.is("QUERY_INVALID");
}

#[tokio::test]
async fn a_page_of_rare_events_is_filled_from_behind_many_others() {
    let app = App::new();
    for n in 0..70 {
        app.sent(&n.to_string()).await;
    }
    // More events than one page holds lie before the wanted ones.
    let all = app.get("/v1/events?limit=200").send().await;
    let created: Vec<_> = all.data().iter().filter(|e| e["type"] == "conversation.created").collect();
    assert!(all.data().len() > 70 && !created.is_empty(), "{}", all.data().len());
    let queued = app.get("/v1/events?types=message.queued&limit=60").send().await;
    assert_eq!(queued.data().len(), 60);
    let next = queued.json["nextCursor"].as_str().unwrap();
    let rest = app.get(&format!("/v1/events?types=message.queued&limit=60&cursor={next}")).send().await;
    assert_eq!((rest.data().len(), rest.json["nextCursor"].is_null()), (10, true));
    let canceled = app.get("/v1/events?types=message.canceled&limit=1").send().await;
    assert!(canceled.data().is_empty() && canceled.json["nextCursor"].is_null(), "{}", canceled.json);
}

#[tokio::test]
async fn one_event_is_found_by_its_place() {
    let app = App::new();
    app.sent("one").await;
    let listed = app.get("/v1/events?limit=2").send().await;
    for event in listed.data() {
        let one = app.get(&format!("/v1/events/{}", event["sequence"])).send().await;
        assert_eq!(&one.json, event);
    }
    for word in ["0", "999999", "18446744073709551615", "-1", "first"] {
        app.get(&format!("/v1/events/{word}")).send().await.is("NOT_FOUND");
    }
    app.get("/v1/events/1").key(&app.foreign).send().await.is("NOT_FOUND");
}

#[tokio::test]
async fn what_is_no_type_of_events_is_refused() {
    let app = App::new();
    for path in ["/v1/events", "/v1/events/stream"] {
        let answer = app.get(&format!("{path}?types=message.deliverd,rule.*&limt=1")).send().await;
        let problem = answer.is("QUERY_INVALID");
        let errors = problem.json["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(errors.iter().any(|error| error["pointer"] == "?types"), "{errors:?}");
    }
}

/// Every type that the sources name is one that clients may ask for.
#[test]
fn every_event_that_is_told_can_be_chosen() {
    fn sources(dir: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut texts = Vec::new();
    sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipeline/src"), &mut texts);
    let literal = |call: &str| Some(call.trim_start().strip_prefix('"')?.split('"').next()?.to_owned());
    let mut types: Vec<String> =
        texts.iter().flat_map(|text| text.split(".event(").skip(1)).filter_map(literal).collect();
    types.extend(omni_core::status::Status::ALL.map(|status| format!("message.{}", status.as_str())));
    assert!(types.len() > 20, "{types:?}");
    for name in types {
        assert!(omni_server::views::event::TYPES.contains(&name.as_str()), "{name} is missing in `TYPES`");
    }
    let manual = include_str!("../../../../docs/api.md");
    for name in omni_server::views::event::TYPES {
        assert!(manual.contains(&format!("`{name}`")), "{name} is missing in docs/api.md");
    }
}

/// Reads a stream until `enough` says so.
async fn read(response: Response, enough: impl Fn(&str) -> bool) -> String {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut pieces = response.into_body().into_data_stream();
    let mut text = String::new();
    while !enough(&text) {
        let piece = tokio::time::timeout(Duration::from_secs(60), pieces.next()).await.expect("it goes on");
        let Some(piece) = piece else { break };
        text.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
    }
    text
}

fn ids(stream: &str) -> Vec<u64> {
    stream.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect()
}

#[tokio::test]
async fn a_stream_tells_what_happens_from_now_on() {
    let app = App::new();
    app.sent("before").await;
    let stream = app.get("/v1/events/stream?types=message.queued").respond().await;
    let id = app.sent("after").await;
    let text = read(stream, |text| text.contains("message.queued")).await;
    assert!(text.starts_with(": connected\n") || text.starts_with("retry: 2000\n"), "{text}");
    assert!(text.contains("event: message.queued\n"), "{text}");
    let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["data"]["messageId"], id.as_str());
    assert_eq!((&data["type"], &data["at"]), (&"message.queued".into(), &"2026-11-20T10:00:00Z".into()));
    assert_eq!(ids(&text), [data["sequence"].as_u64().unwrap()]);
}

#[tokio::test]
async fn a_stream_goes_on_where_the_client_stopped() {
    let app = App::new();
    for n in 0..4 {
        app.sent(&n.to_string()).await;
    }
    let newest = app.store().last_event(&omni_testkit::samples::acme()).await.unwrap();
    let expect: Vec<u64> = (3..=newest).collect();
    let all = move |text: &str| ids(text).contains(&newest);
    let by_header = app.get("/v1/events/stream?after=0").header("last-event-id", "2").respond().await;
    assert_eq!(ids(&read(by_header, all).await), expect);
    let by_query = app.get("/v1/events/stream?after=2").respond().await;
    assert_eq!(ids(&read(by_query, all).await), expect);

    let beyond = app.get("/v1/events/stream").header("last-event-id", "999999").respond().await;
    let text = read(beyond, |text| text.contains("reset")).await;
    assert!(text.contains("event: reset\n") && ids(&text) == [newest], "{text}");
    app.get("/v1/events/stream").header("last-event-id", "x").send().await.is("QUERY_INVALID");
    app.get("/v1/events/stream?after=-1").send().await.is("QUERY_INVALID");
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_says_that_it_is_alive_and_ends_when_the_server_drains() {
    let app = App::new();
    let stream = app.get("/v1/events/stream").respond().await;
    let text = read(stream, |text| text.matches(": heartbeat").count() == 2).await;
    assert!(ids(&text).is_empty(), "{text}");
    let stream = app.get("/v1/events/stream").respond().await;
    let draining = app.api.draining.clone();
    let end = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        draining.cancel();
    });
    assert!(read(stream, |_| false).await.contains("connected"), "it ends by itself");
    end.await.unwrap();
    assert_eq!(app.get("/v1/events/stream").send().await.is("DRAINING").status, 503);
}
