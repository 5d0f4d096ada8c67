//! Work that was given up.

use crate::app::App;
use omni_core::store::{Changes, Expect};
use omni_testkit::samples::acme;

async fn given_up(app: &App, n: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..n {
        let letter = app.samples.dead_letter(app.samples.job(&acme(), "lane"));
        ids.push(letter.id.to_string());
        let mut changes = Changes::new(acme());
        changes.put(&letter, Expect::Absent);
        app.commit(changes).await;
    }
    ids
}

#[tokio::test]
async fn a_dead_letter_is_shown_and_redriven_once() {
    let app = App::new();
    let id = given_up(&app, 1).await.remove(0);
    let open = app.get("/v1/dead-letters?status=open").send().await;
    assert_eq!(open.ids(), [&id]);
    assert_eq!((&open.data()[0]["step"], &open.data()[0]["work"]), (&"deliver".into(), &"deliver".into()));
    let redrive = || app.call("POST", &format!("/v1/dead-letters/{id}/redrive"));
    assert_eq!(redrive().key(&app.foreign).send().await.is("NOT_FOUND").status, 404);
    let redriven = redrive().send().await;
    assert_eq!((redriven.status.as_u16(), &redriven.json["deadLetterId"]), (202, &id.as_str().into()));
    assert!(redriven.json["jobId"].as_str().unwrap().starts_with("job_"));
    redrive().send().await.is("ALREADY_REDRIVEN");
    assert!(app.get("/v1/dead-letters?status=open").send().await.data().is_empty());
    let letter = app.get(&format!("/v1/dead-letters/{id}")).send().await.json;
    assert_eq!(
        (&letter["status"], &letter["redrivenAt"]),
        (&"redriven".into(), &"2026-11-20T10:00:00Z".into())
    );
}

#[tokio::test]
async fn all_are_redriven_in_steps_oldest_first() {
    let app = App::new();
    let ids = given_up(&app, 5).await;
    let redrive = |query: &str| app.call("POST", &format!("/v1/dead-letters/redrive{query}"));
    // A filter that does not exist must not redrive what it was meant to leave out.
    let filtered = redrive("").body(r#"{"ids":["job_1"]}"#).send().await;
    assert_eq!(filtered.is("VALIDATION_FAILED").json["errors"][0]["pointer"], "/ids");
    let some = redrive("?limit=2").send().await;
    assert_eq!(some.json, serde_json::json!({ "redriven": 2, "failed": 0, "failures": [], "more": true }));
    let left = app.get("/v1/dead-letters?status=open").send().await;
    assert_eq!(left.ids(), [&ids[4], &ids[3], &ids[2]]);
    let rest = redrive("").send().await;
    assert_eq!(rest.json, serde_json::json!({ "redriven": 3, "failed": 0, "failures": [], "more": false }));
    assert_eq!(redrive("").send().await.json["redriven"], 0);
    redrive("?limit=1001").send().await.is("QUERY_INVALID");
}
