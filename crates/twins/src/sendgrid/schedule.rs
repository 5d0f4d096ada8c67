//! Mail that waits for its time, by batch: cancel and pause.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::SendGrid;
use super::api::{Answer, App, json, object};
use super::errors::ApiError;
use crate::record::{Receipt, Record};

fn unknown() -> ApiError {
    ApiError::invalid("batch_id", "The batch_id is not valid")
}

impl SendGrid {
    /// Whether mail of this batch may still go; an unknown batch is refused.
    pub(super) fn batch_is_open(&self, batch_id: &str) -> Result<bool, ApiError> {
        let decided = self.batches.lock().get(batch_id).copied();
        decided.map(|decided| decided.is_none()).ok_or_else(unknown)
    }

    /// Stops all mail of a batch that still waits.
    fn withdraw(&self, batch_id: &str, state: &'static str) {
        let of_batch =
            |record: &Record| record.content.get("batch_id").and_then(Value::as_str) == Some(batch_id);
        for record in self.desk.log.all(of_batch) {
            record.withdraw("scheduled", Receipt::new(state), self.desk.now());
        }
    }

    /// Decides about a batch that was given out.
    fn decide(&self, batch_id: &str, status: &str) -> Result<(), ApiError> {
        let (decided, state) = match status {
            "cancel" => ("cancel", "canceled"),
            "pause" => ("pause", "paused"),
            _ => return Err(ApiError::invalid("status", "The status is cancel or pause")),
        };
        self.batch_is_open(batch_id)?;
        self.batches.lock().insert(batch_id, Some(decided));
        self.withdraw(batch_id, state);
        Ok(())
    }
}

pub(super) async fn new_batch(State(twin): App, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    let batch_id = twin.id();
    twin.batches.lock().insert(&batch_id, None);
    Ok(json(StatusCode::CREATED, &json!({ "batch_id": batch_id })))
}

pub(super) async fn show_batch(State(twin): App, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    twin.batch_is_open(&id)?;
    Ok(json(StatusCode::OK, &json!({ "batch_id": id })))
}

fn text<'a>(body: &'a serde_json::Map<String, Value>, name: &'static str) -> Result<&'a str, ApiError> {
    body.get(name).and_then(Value::as_str).ok_or_else(|| ApiError::invalid(name, "is required"))
}

pub(super) async fn decide(State(twin): App, headers: HeaderMap, body: Bytes) -> Answer {
    twin.admit(&headers).await?;
    let body = object(&body)?;
    let (batch_id, status) = (text(&body, "batch_id")?, text(&body, "status")?);
    if !twin.batch_is_open(batch_id)? {
        return Err(ApiError::invalid("batch_id", "There is a decision about this batch already"));
    }
    twin.decide(batch_id, status)?;
    Ok(json(StatusCode::CREATED, &json!({ "batch_id": batch_id, "status": status })))
}

pub(super) async fn show(State(twin): App, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    Ok(json(StatusCode::OK, &shown(&twin, &id)))
}

/// A list of one decision, or of none.
fn shown(twin: &Arc<SendGrid>, id: &str) -> Vec<Value> {
    let decided = twin.batches.lock().get(id).copied().flatten();
    decided.map(|status| json!({ "batch_id": id, "status": status })).into_iter().collect()
}

/// Changes a decision.
pub(super) async fn update(
    State(twin): App,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    twin.admit(&headers).await?;
    if shown(&twin, &id).is_empty() {
        return Err(ApiError::not_found());
    }
    twin.decide(&id, text(&object(&body)?, "status")?)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Takes a decision back, for mail that is sent from now on.
pub(super) async fn delete(State(twin): App, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    twin.admit(&headers).await?;
    if shown(&twin, &id).is_empty() {
        return Err(ApiError::not_found());
    }
    twin.batches.lock().insert(&id, None);
    Ok(StatusCode::NO_CONTENT.into_response())
}
