//! Events as they happen: server-sent events over the event log.
//!
//! The log itself is the queue: a stream only remembers where it stands, so a slow client
//! costs nothing but its socket, and one that comes back misses nothing.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream;
use omni_core::id::TenantId;
use omni_core::problem::did_you_mean;
use omni_core::store::LoggedEvent;
use serde_json::json;

use crate::Api;
use crate::error::Answer;
use crate::room::Held;
use crate::views::event::{EventView, OF_CARRIERS, TYPES};

/// Facts that are read from the log at once.
const BATCH: usize = 100;
/// Types that a client may choose.
const MOST_TYPES: usize = 100;
/// How long a client waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);

/// Which types of events a client wants.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Types(Vec<String>);

impl Types {
    /// Reads `message.*,conversation.created`; nothing means everything.
    pub(crate) fn read(text: Option<&str>) -> Self {
        let words = text.into_iter().flat_map(|text| text.split(',')).take(MOST_TYPES);
        Self(words.map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect())
    }

    /// What names no type and no family, with what to write instead.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = String> {
        let strange = self.0.iter().filter(|wanted| match wanted.strip_suffix('*') {
            Some(family) => {
                !OF_CARRIERS.starts_with(family) && !TYPES.iter().any(|known| known.starts_with(family))
            }
            None => !wanted.starts_with(OF_CARRIERS) && !TYPES.contains(&wanted.as_str()),
        });
        strange.map(|wanted| match did_you_mean(wanted, TYPES) {
            Some(near) => format!("There are no events `{wanted}`. Did you mean `{near}`?"),
            None => {
                format!("There are no events `{wanted}`. There are: {}, {OF_CARRIERS}*.", TYPES.join(", "))
            }
        })
    }

    /// Whether all types are wanted.
    pub(crate) const fn all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `event_type` is one of them.
    pub(crate) fn take(&self, event_type: &str) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|wanted| match wanted.strip_suffix('*') {
                Some(family) => event_type.starts_with(family),
                None => event_type == wanted,
            })
    }
}

/// Where a stream begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    after: u64,
    reset: bool,
}

impl Start {
    /// After what the client saw last; now, if it says nothing or if the log, whose newest
    /// event is `newest`, does not reach that far.
    pub(crate) fn new(after: Option<u64>, newest: u64) -> Self {
        match after {
            Some(after) if after <= newest => Self { after, reset: false },
            Some(_) => Self { after: newest, reset: true },
            None => Self { after: newest, reset: false },
        }
    }
}

/// Counts a client for as long as it listens.
struct Listener {
    _held: Held,
}

impl Listener {
    fn new(held: Held) -> Self {
        metrics::gauge!("omni_sse_clients").increment(1.0);
        Self { _held: held }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        metrics::gauge!("omni_sse_clients").decrement(1.0);
    }
}

struct Reading {
    api: Arc<Api>,
    tenant: TenantId,
    types: Types,
    after: u64,
    opening: VecDeque<Event>,
    read: VecDeque<LoggedEvent>,
    _listener: Listener,
}

impl Reading {
    /// The next event to write; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.opening.pop_front() {
            return Some(event);
        }
        loop {
            while let Some(logged) = self.read.pop_front() {
                self.after = logged.sequence;
                if self.types.take(&logged.event.event_type) {
                    return Some(write(logged));
                }
            }
            let wait = self.api.settings.stream_heartbeat;
            tokio::select! {
                biased;
                () = self.api.draining.cancelled() => return None,
                found = self.api.engine.store.events(&self.tenant, self.after, BATCH, wait) => match found {
                    Ok(found) => self.read = found.into(),
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn std::error::Error, "an event stream ended: the log cannot be read");
                        return None;
                    }
                },
            }
        }
    }
}

fn write(logged: LoggedEvent) -> Event {
    let view = EventView::from(logged);
    let data = serde_json::to_string(&view).expect("events serialise");
    Event::default().id(view.sequence.to_string()).event(&view.kind).data(data)
}

/// Streams the events of `tenant`.
///
/// # Errors
/// [`omni_core::problem::OVERLOADED`] if there are too many streams.
pub(crate) fn stream(
    api: Arc<Api>,
    tenant: TenantId,
    start: Start,
    types: Types,
) -> Answer<impl IntoResponse + use<>> {
    let listener = Listener::new(api.room.stream()?);
    let heartbeat = api.settings.stream_heartbeat;
    let mut opening = VecDeque::from([Event::default().retry(RETRY).comment("connected")]);
    if start.reset {
        let data = json!({ "sequence": start.after }).to_string();
        opening.push_back(Event::default().event("reset").id(start.after.to_string()).data(data));
    }
    let reading = Reading {
        api,
        tenant,
        types,
        after: start.after,
        opening,
        read: VecDeque::new(),
        _listener: listener,
    };
    let events = stream::unfold(reading, |mut reading| async move {
        let event = reading.next().await?;
        Some((Ok::<_, Infallible>(event), reading))
    });
    // Proxies that buffer would hold events back.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"))];
    Ok((unbuffered, Sse::new(events).keep_alive(KeepAlive::new().interval(heartbeat).text("heartbeat"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_chosen_by_name_or_family() {
        let cases = [
            (None, "message.sent", true),
            (Some(""), "message.sent", true),
            (Some("message.*"), "message.sent", true),
            (Some("message.*"), "messages.sent", false),
            (Some("conversation.created, message.read"), "message.read", true),
            (Some("conversation.created,message.read"), "message.sent", false),
            (Some("*"), "anything", true),
        ];
        for (types, event_type, expect) in cases {
            assert_eq!(Types::read(types).take(event_type), expect, "{types:?} {event_type}");
        }
    }

    #[test]
    fn what_is_no_type_is_told() {
        let cases = [
            ("message.*,*,mess*,carrier.*,carrier.handoff,message.read", 0),
            ("message.sended", 1),
            ("messages.*,nope,rule.matched", 2),
        ];
        for (types, expect) in cases {
            assert_eq!(Types::read(Some(types)).unknown().count(), expect, "{types}");
        }
        let told: Vec<String> = Types::read(Some("message.deliverd")).unknown().collect();
        assert!(told[0].contains("Did you mean `message.delivered`?"), "{told:?}");
    }

    #[test]
    fn a_stream_begins_where_the_client_stopped_if_the_log_reaches_that_far() {
        let cases =
            [(None, 7, 7, false), (Some(3), 7, 3, false), (Some(0), 7, 0, false), (Some(9), 7, 7, true)];
        for (given, newest, after, reset) in cases {
            assert_eq!(Start::new(given, newest), Start { after, reset }, "{given:?}");
        }
    }
}
