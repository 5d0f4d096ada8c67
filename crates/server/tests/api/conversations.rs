//! Conversations.

use std::time::Duration;

use crate::app::App;

#[tokio::test]
async fn a_conversation_lists_its_messages_either_way_round() {
    let app = App::new();
    let (first, second) = (app.sent("a").await, app.sent("b").await);
    let page = app.get("/v1/conversations").send().await;
    let [conversation] = page.ids()[..] else { panic!("{}", page.text()) };
    let path = format!("/v1/conversations/{conversation}/messages");
    for (query, expect) in
        [("", [&second, &first]), ("?order=newest", [&second, &first]), ("?order=oldest", [&first, &second])]
    {
        assert_eq!(app.get(&format!("{path}{query}")).send().await.ids(), expect, "{query}");
    }
    let oldest = app.get(&format!("{path}?order=oldest&limit=1")).send().await;
    let cursor = oldest.json["nextCursor"].as_str().unwrap();
    let next = app.get(&format!("{path}?order=oldest&limit=1&cursor={cursor}")).send().await;
    assert_eq!(next.ids(), [&second]);
    app.get(&format!("{path}?limit=1&cursor={cursor}")).send().await.is("CURSOR_INVALID");
    app.get(&format!("{path}?order=random")).send().await.is("QUERY_INVALID");
}

/// The statuses under which conversations are listed now.
async fn standing(app: &App) -> Vec<&'static str> {
    let mut found = Vec::new();
    for status in ["NEW", "ACTIVE", "ESCALATED", "RESOLVED", "EXPIRED", "REOPENED"] {
        let page = app.get(&format!("/v1/conversations?status={status}")).send().await;
        assert!(page.data().iter().all(|one| one["status"] == status), "{}", page.text());
        found.extend(page.data().iter().map(|_| status));
    }
    found
}

#[tokio::test]
async fn silence_expires_a_conversation_in_every_view_of_it() {
    let app = App::new();
    app.sent("a").await;
    assert_ne!(standing(&app).await, ["EXPIRED"]);
    assert_eq!(standing(&app).await.len(), 1);
    app.clock.advance(Duration::from_secs(25 * 60 * 60));
    assert_eq!(standing(&app).await, ["EXPIRED"]);
    let one = app.get("/v1/conversations").send().await.data()[0].clone();
    assert_eq!((&one["status"], &one["windowOpen"]), (&"EXPIRED".into(), &false.into()));
    let of_customer = format!("/v1/conversations?customerId={}", one["customerId"].as_str().unwrap());
    assert_eq!(app.get(&of_customer).send().await.data().len(), 1);
    app.get("/v1/conversations?status=active").send().await.is("QUERY_INVALID");
}
