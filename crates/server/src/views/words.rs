//! The words that fields may hold, for the OpenAPI document: read off the core's own lists,
//! so they cannot drift.

use omni_core::conversation::State;
use omni_core::event::Channel;
use omni_core::failure::ErrorClass;
use omni_core::message::{Author, Direction, Priority, Purpose};
use omni_core::status::Status;
use utoipa::openapi::{Object, ObjectBuilder, Type};

fn one_of(words: impl IntoIterator<Item = &'static str>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words.into_iter().collect::<Vec<_>>()))
        .build()
}

pub(super) fn status() -> Object {
    one_of(Status::ALL.map(Status::as_str))
}

pub(super) fn direction() -> Object {
    one_of([Direction::Inbound, Direction::Outbound].map(Direction::as_str))
}

pub(super) fn channel() -> Object {
    use Channel::{Chat, Email, Mms, Rcs, Sms, Voice, Whatsapp};
    one_of([Sms, Mms, Whatsapp, Rcs, Chat, Email, Voice].map(Channel::as_str))
}

pub(super) fn conversation_status() -> Object {
    use State::{Active, Escalated, Expired, New, Reopened, Resolved};
    one_of([New, Active, Escalated, Resolved, Expired, Reopened].map(State::as_str))
}

pub(super) fn error_class() -> Object {
    one_of(ErrorClass::ALL.map(ErrorClass::as_str))
}

pub(super) fn author() -> Object {
    one_of(
        [Author::Customer, Author::Api, Author::AutoReply, Author::ConsentReply, Author::Echo]
            .map(author_word),
    )
}

pub(super) fn priority() -> Object {
    one_of([Priority::High, Priority::Normal, Priority::Low].map(priority_word))
}

pub(super) fn purpose() -> Object {
    one_of(Purpose::ALL.map(Purpose::as_str))
}

pub(super) const fn author_word(author: Author) -> &'static str {
    match author {
        Author::Customer => "customer",
        Author::Api => "api",
        Author::AutoReply => "auto_reply",
        Author::ConsentReply => "consent_reply",
        Author::Echo => "echo",
    }
}

pub(super) const fn priority_word(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
    }
}
