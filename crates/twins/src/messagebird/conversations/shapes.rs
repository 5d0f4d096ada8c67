//! Contents of Conversations messages, from MessageBird's SDKs (Go: `WhatsAppInteractive`; Java:
//! `ConversationContentHsm`), with WhatsApp's limits.

use crate::messagebird::shape::{Shape, may, must};

const LONG: usize = 10_000;
const ID: Shape = Shape::Words(1, 512);

const MEDIA: Shape = Shape::Open(&[must("url", Shape::Url), may("caption", Shape::Words(1, 1_024))]);

pub(super) static TEXT: Shape = Shape::Open(&[must("text", Shape::Words(1, 4_096))]);
pub(super) static FILE: Shape = MEDIA;
pub(super) static STICKER: Shape = Shape::Open(&[must("link", Shape::Url)]);
pub(super) static LOCATION: Shape = Shape::Open(&[
    must("latitude", Shape::Number(-90.0, 90.0)),
    must("longitude", Shape::Number(-180.0, 180.0)),
]);

static VALUE: Shape = Shape::Open(&[must("default", Shape::Words(1, LONG))]);
static PARAMETER: Shape = Shape::Typed(&[
    ("text", &Shape::Open(&[must("text", Shape::Words(1, LONG))])),
    ("payload", &Shape::Open(&[must("payload", Shape::Words(1, LONG))])),
    ("coupon_code", &Shape::Open(&[must("coupon_code", Shape::Words(1, LONG))])),
    ("image", &Shape::Open(&[must("image", MEDIA)])),
    ("video", &Shape::Open(&[must("video", MEDIA)])),
    ("document", &Shape::Open(&[must("document", MEDIA)])),
    ("currency", &Shape::Open(&[])),
    ("date_time", &Shape::Open(&[])),
    ("expiration_time", &Shape::Open(&[])),
]);
static COMPONENT: Shape = Shape::Typed(&[
    ("header", &Shape::Open(&[must("parameters", Shape::List(1, 1, &PARAMETER))])),
    ("body", &Shape::Open(&[must("parameters", Shape::List(1, 100, &PARAMETER))])),
    (
        "button",
        &Shape::Open(&[
            must("sub_type", Shape::Word(&["quick_reply", "url", "copy_code"])),
            may("index", Shape::Count),
            must("parameters", Shape::List(1, 1, &PARAMETER)),
        ]),
    ),
    ("footer", &Shape::Open(&[])),
    ("card", &Shape::Open(&[])),
    ("carousel", &Shape::Open(&[])),
    ("limited_time_offer", &Shape::Open(&[])),
    ("copy_code", &Shape::Open(&[])),
]);

pub(super) static HSM: Shape = Shape::Open(&[
    must("namespace", ID),
    must("templateName", ID),
    must("language", Shape::Open(&[must("code", Shape::Words(1, 16))])),
    may("params", Shape::List(0, 100, &VALUE)),
    may("components", Shape::List(0, 100, &COMPONENT)),
]);

const HEADERS: &[(&str, &Shape)] = &[
    ("text", &Shape::Open(&[must("text", Shape::Words(1, 60))])),
    ("image", &Shape::Open(&[must("image", MEDIA)])),
    ("video", &Shape::Open(&[must("video", MEDIA)])),
    ("document", &Shape::Open(&[must("document", MEDIA)])),
];
const WORDS_ABOVE: Shape =
    Shape::Open(&[must("type", Shape::Word(&["text"])), must("text", Shape::Words(1, 60))]);
const FOOTER: Shape = Shape::Open(&[must("text", Shape::Words(1, 60))]);
const BODY: Shape = Shape::Open(&[must("text", Shape::Words(1, 1_024))]);

static BUTTON: Shape = Shape::Open(&[
    must("id", Shape::Words(1, 256)),
    must("type", Shape::Word(&["reply"])),
    must("title", Shape::Words(1, 20)),
]);
static ROW: Shape = Shape::Open(&[
    must("id", Shape::Words(1, 200)),
    must("title", Shape::Words(1, 24)),
    may("description", Shape::Words(0, 72)),
]);
static ROWS: Shape =
    Shape::Open(&[may("title", Shape::Words(1, 24)), must("rows", Shape::List(1, 10, &ROW))]);
static PRODUCT: Shape = Shape::Open(&[must("product_retailer_id", ID)]);
static PRODUCTS: Shape =
    Shape::Open(&[may("title", Shape::Words(1, 24)), must("product_items", Shape::List(1, 30, &PRODUCT))]);

pub(super) static INTERACTIVE: Shape = Shape::Typed(&[
    (
        "button",
        &Shape::Open(&[
            may("header", Shape::Typed(HEADERS)),
            must("body", BODY),
            may("footer", FOOTER),
            must("action", Shape::Open(&[must("buttons", Shape::List(1, 3, &BUTTON))])),
        ]),
    ),
    (
        "list",
        &Shape::Open(&[
            may("header", WORDS_ABOVE),
            must("body", Shape::Open(&[must("text", Shape::Words(1, 4_096))])),
            may("footer", FOOTER),
            must(
                "action",
                Shape::Open(&[
                    must("button", Shape::Words(1, 20)),
                    must("sections", Shape::List(1, 10, &ROWS)),
                ]),
            ),
        ]),
    ),
    (
        "product",
        &Shape::Open(&[
            may("body", BODY),
            may("footer", FOOTER),
            must("action", Shape::Open(&[must("catalog_id", ID), must("product_retailer_id", ID)])),
        ]),
    ),
    (
        "product_list",
        &Shape::Open(&[
            must("header", WORDS_ABOVE),
            must("body", BODY),
            may("footer", FOOTER),
            must(
                "action",
                Shape::Open(&[must("catalog_id", ID), must("sections", Shape::List(1, 10, &PRODUCTS))]),
            ),
        ]),
    ),
]);
