//! Bodies of messages, from the OpenAPI description that docs.bird.com shows with its Channels
//! API: most objects of it take no member that it does not name.

use crate::messagebird::shape::{Member, Shape, may, must};

/// Where the description gives no bound.
const MANY: usize = 100;
const LONG: usize = 10_000;

const ANY_WORDS: Shape = Shape::Words(0, LONG);

static LINK: Shape =
    Shape::Open(&[must("link", Shape::Open(&[must("text", ANY_WORDS), must("url", Shape::Url)]))]);
static REPLY: Shape = Shape::Open(&[must("reply", Shape::Open(&[must("text", ANY_WORDS)]))]);
static LOCATION_REQUEST: Shape =
    Shape::Open(&[may("locationRequest", Shape::Open(&[may("text", ANY_WORDS)]))]);
static POSTBACK: Shape = Shape::Open(&[must(
    "postback",
    Shape::Open(&[must("text", ANY_WORDS), may("payload", ANY_WORDS), may("metadata", DESCRIBED)]),
)]);
static BUY: Shape = Shape::Open(&[must(
    "buy",
    Shape::Open(&[
        must("text", ANY_WORDS),
        must("amountCents", Shape::Count),
        must("currency", Shape::Words(3, 3)),
    ]),
)]);
const DESCRIBED: Shape =
    Shape::Open(&[may("description", Shape::Closed(&[may("label", Shape::Words(0, 72))]))]);

static ACTION: Shape = Shape::Typed(&[
    ("link", &LINK),
    ("reply", &REPLY),
    ("locationRequest", &LOCATION_REQUEST),
    ("postback", &POSTBACK),
    ("buy", &BUY),
]);
const ACTIONS: Member = may("actions", Shape::List(0, MANY, &ACTION));

static ITEM: Shape = Shape::Closed(&[
    may("title", ANY_WORDS),
    may("mediaUrl", Shape::Url),
    may("description", ANY_WORDS),
    may("altText", ANY_WORDS),
    ACTIONS,
]);
static IMAGE: Shape = Shape::Closed(&[must("mediaUrl", Shape::Url), may("altText", ANY_WORDS)]);
static FILE: Shape = Shape::Closed(&[
    must("mediaUrl", Shape::Url),
    must("contentType", Shape::Words(1, LONG)),
    may("filename", ANY_WORDS),
    may("altText", ANY_WORDS),
    may("metadata", Shape::Open(&[])),
]);

/// A body is its type and the member that the type names.
macro_rules! body {
    ($name:ident, $kind:literal, [$($member:expr),* $(,)?]) => {
        static $name: Shape =
            Shape::Closed(&[must("type", Shape::Any), must($kind, Shape::Closed(&[$($member),*]))]);
    };
}

body!(
    TEXT_BODY,
    "text",
    [
        must("text", Shape::Words(1, LONG)),
        may("attachments", Shape::Any),
        ACTIONS,
        may("metadata", Shape::Open(&[])),
    ]
);
body!(
    HTML_BODY,
    "html",
    [
        may("text", Shape::Words(1, LONG)),
        may("html", Shape::Words(1, LONG)),
        may("attachments", Shape::Any),
        ACTIONS,
        may("metadata", Shape::Open(&[])),
    ]
);
body!(
    IMAGE_BODY,
    "image",
    [
        may("text", ANY_WORDS),
        must("images", Shape::List(1, MANY, &IMAGE)),
        may("metadata", Shape::Open(&[])),
        ACTIONS,
    ]
);
body!(
    FILE_BODY,
    "file",
    [
        may("text", ANY_WORDS),
        must("files", Shape::List(1, MANY, &FILE)),
        may("metadata", Shape::Open(&[])),
        ACTIONS,
    ]
);
body!(
    GIF_BODY,
    "gif",
    [
        may("text", ANY_WORDS),
        must("mediaUrl", Shape::Url),
        may("altText", ANY_WORDS),
        ACTIONS,
        may("metadata", Shape::Open(&[])),
    ]
);
body!(
    LOCATION_BODY,
    "location",
    [
        must(
            "coordinates",
            Shape::Closed(&[
                may("latitude", Shape::Number(-90.0, 90.0)),
                may("longitude", Shape::Number(-180.0, 180.0)),
            ])
        ),
        may("location", Shape::Closed(&[may("address", ANY_WORDS), may("label", ANY_WORDS)])),
    ]
);
body!(
    CAROUSEL_BODY,
    "carousel",
    [may("text", Shape::Words(0, 1_024)), must("items", Shape::List(2, 10, &ITEM)),]
);
body!(
    LIST_BODY,
    "list",
    [
        may("title", ANY_WORDS),
        must("text", ANY_WORDS),
        may("altText", ANY_WORDS),
        may("items", Shape::List(0, MANY, &ITEM)),
        ACTIONS,
        may("metadata", Shape::Open(&[may("button", Shape::Closed(&[may("label", Shape::Words(0, 20))]))])),
    ]
);

/// `body` of a message.
pub(super) static BODY: Shape = Shape::Typed(&[
    ("text", &TEXT_BODY),
    ("html", &HTML_BODY),
    ("image", &IMAGE_BODY),
    ("file", &FILE_BODY),
    ("gif", &GIF_BODY),
    ("location", &LOCATION_BODY),
    ("carousel", &CAROUSEL_BODY),
    ("list", &LIST_BODY),
]);

static PARAMETER: Shape =
    Shape::Closed(&[must("type", Shape::Any), must("key", Shape::Words(1, LONG)), may("value", Shape::Any)]);

/// `template` of a message; the twin's are all of a project.
pub(super) static TEMPLATE: Shape = Shape::Closed(&[
    may("name", ANY_WORDS),
    must("projectId", Shape::Words(1, LONG)),
    must("version", Shape::Words(1, LONG)),
    may("locale", Shape::Words(2, 35)),
    may("attachments", Shape::Any),
    may("shortLinks", Shape::Any),
    may("variables", Shape::Each(&ANY_WORDS)),
    may("utmParameters", Shape::Any),
    may("parameters", Shape::List(0, MANY, &PARAMETER)),
    may("settings", Shape::Open(&[])),
]);

/// What stands beside body and template. Receivers, bodies and templates have shapes of their own.
pub(super) static MESSAGE: Shape = Shape::Closed(&[
    may("sender", Shape::Any),
    must("receiver", Shape::Open(&[])),
    may("reference", ANY_WORDS),
    may("template", Shape::Any),
    may("body", Shape::Any),
    may("meta", Shape::Open(&[])),
    may(
        "replyTo",
        Shape::Closed(&[
            must("id", ANY_WORDS),
            must("type", Shape::Word(&["message", "click", "referrals"])),
            may("order", Shape::Count),
        ]),
    ),
    may("notification", Shape::Open(&[may("url", Shape::Url)])),
    may("capFrequency", Shape::Flag),
    may("enableLinkTracking", Shape::Flag),
    may("ignoreQuietHours", Shape::Flag),
    may("ignoreGlobalHoldout", Shape::Flag),
    may("tags", Shape::List(0, 10, &Shape::Words(1, 50))),
    may("shortLinks", Shape::Any),
    may("scheduledFor", ANY_WORDS),
    may("validity", Shape::Count),
]);
