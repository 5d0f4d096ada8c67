//! Contents of the platform's WhatsApp messages, from the models of its Python package
//! (messagebird-sdk 0.106.0: `WhatsAppMessageSendRequest` and what it is made of).

use crate::messagebird::shape::{Member, Shape, may, must};

const LONG: usize = 10_000;

const CAPTION: Member = may("caption", Shape::Words(0, 1_024));
const URL: Member = must("url", Shape::Url);
const FILE_NAME: Member = may("filename", Shape::Words(1, 100));

static TEXT: Shape = Shape::Open(&[must("body", Shape::Words(1, 4_096)), may("preview_url", Shape::Flag)]);
static PICTURE: Shape = Shape::Open(&[URL, CAPTION]);
static AUDIO: Shape = Shape::Open(&[URL, may("voice", Shape::Flag)]);
static STICKER: Shape = Shape::Open(&[URL]);
static DOCUMENT: Shape = Shape::Open(&[URL, CAPTION, FILE_NAME]);
const PLACE: Shape = Shape::Open(&[
    must("latitude", Shape::Number(-90.0, 90.0)),
    must("longitude", Shape::Number(-180.0, 180.0)),
    may("name", Shape::Words(0, 1_000)),
    may("address", Shape::Words(0, 1_000)),
]);
static LOCATION: Shape = PLACE;

static CARDS: Shape = Shape::List(
    1,
    5,
    &Shape::Open(&[must("name", Shape::Open(&[must("formatted_name", Shape::Words(1, 256))]))]),
);

const NAME: Member = may("name", Shape::Words(1, LONG));
static PARAMETER: Shape = Shape::Typed(&[
    ("text", &Shape::Open(&[must("text", Shape::Words(1, LONG)), NAME])),
    ("image", &Shape::Open(&[URL])),
    ("video", &Shape::Open(&[URL])),
    ("gif", &Shape::Open(&[URL])),
    ("document", &Shape::Open(&[URL, FILE_NAME])),
    ("location", &Shape::Open(&[must("location", PLACE)])),
]);
static PART: Shape = Shape::Typed(&[
    ("header", &Shape::Open(&[must("parameters", Shape::List(1, 1, &PARAMETER))])),
    ("body", &Shape::Open(&[must("parameters", Shape::List(1, 100, &PARAMETER))])),
    ("button", &Shape::Open(&[must("parameters", Shape::List(1, 1, &PARAMETER))])),
    ("carousel", &Shape::Open(&[must("cards", Shape::List(2, 10, &Shape::Any))])),
]);
static TEMPLATE: Shape = Shape::Open(&[
    may("id", Shape::Words(1, 63)),
    may("slug", Shape::Words(1, 63)),
    may("language", Shape::Words(2, 35)),
    may("components", Shape::List(0, 100, &PART)),
]);

const HEADERS: &[(&str, &Shape)] = &[
    ("text", &Shape::Open(&[must("text", Shape::Words(1, 60))])),
    ("image", &Shape::Open(&[URL])),
    ("video", &Shape::Open(&[URL])),
    ("document", &Shape::Open(&[URL])),
];
const HEADER: Member = may("header", Shape::Typed(HEADERS));
const BODY: Member = must("body_text", Shape::Words(1, 1_024));
const FOOTER: Member = may("footer_text", Shape::Words(1, 60));
const LABEL: Shape = Shape::Words(1, 20);
const LINK: Shape = Shape::Open(&[must("text", LABEL), must("url", Shape::Words(1, 2_000))]);

static QUICK_REPLY: Shape = Shape::Open(&[must(
    "quick_reply",
    Shape::Open(&[must("slug", Shape::Words(1, 256)), must("text", LABEL)]),
)]);
static BUTTON: Shape = Shape::Typed(&[("quick_reply", &QUICK_REPLY)]);
static ROW: Shape = Shape::Open(&[
    must("slug", Shape::Words(1, 200)),
    must("text", Shape::Words(1, 24)),
    may("description", Shape::Words(0, 72)),
]);
static SECTION: Shape =
    Shape::Open(&[must("title", Shape::Words(1, 24)), must("rows", Shape::List(1, 10, &ROW))]);

static INTERACTIVE: Shape = Shape::Typed(&[
    ("button", &Shape::Open(&[HEADER, BODY, FOOTER, must("buttons", Shape::List(1, 3, &BUTTON))])),
    ("cta_url", &Shape::Open(&[HEADER, BODY, FOOTER, must("cta_url", LINK)])),
    (
        "list",
        &Shape::Open(&[
            may(
                "header",
                Shape::Open(&[must("type", Shape::Word(&["text"])), must("text", Shape::Words(1, 60))]),
            ),
            must("body_text", Shape::Words(1, 4_096)),
            FOOTER,
            must(
                "list",
                Shape::Open(&[must("button_text", LABEL), must("sections", Shape::List(1, 10, &SECTION))]),
            ),
        ]),
    ),
    ("carousel", &Shape::Open(&[BODY, must("cards", Shape::List(2, 10, &Shape::Any))])),
    ("location_request_message", &Shape::Open(&[BODY])),
    ("request_contact_info", &Shape::Open(&[BODY])),
]);

/// The members that hold a message's content.
pub(super) const CONTENTS: [(&str, &Shape); 10] = [
    ("text", &TEXT),
    ("image", &PICTURE),
    ("video", &PICTURE),
    ("audio", &AUDIO),
    ("document", &DOCUMENT),
    ("sticker", &STICKER),
    ("location", &LOCATION),
    ("contact_cards", &CARDS),
    ("interactive", &INTERACTIVE),
    ("template", &TEMPLATE),
];
