//! The message templates of the demo account.

use serde_json::{Value, json};

/// How Meta bills a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    Authentication,
    Marketing,
    Utility,
}

impl Category {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Marketing => "marketing",
            Self::Utility => "utility",
        }
    }
}

/// What stands above a template's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    None,
    /// Words with one variable.
    Text,
    Image,
    Document,
    Location,
}

impl Header {
    /// As in Meta's errors and lists.
    pub(super) const fn format(self) -> Option<&'static str> {
        Some(match self {
            Self::None => return None,
            Self::Text => "TEXT",
            Self::Image => "IMAGE",
            Self::Document => "DOCUMENT",
            Self::Location => "LOCATION",
        })
    }
}

/// One button of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Button {
    QuickReply,
    /// A link whose end is a variable; what an authentication template's button becomes, too.
    Url,
    CopyCode,
    Flow,
    Call,
}

impl Button {
    /// As Meta's errors call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::QuickReply => "QuickReply",
            Self::Url => "Url",
            Self::CopyCode => "CopyCode",
            Self::Flow => "Flow",
            Self::Call => "Call",
        }
    }

    /// As a request calls it.
    pub(super) const fn sub_type(self) -> &'static str {
        match self {
            Self::QuickReply => "quick_reply",
            Self::Url => "url",
            Self::CopyCode => "copy_code",
            Self::Flow => "flow",
            Self::Call => "phone_number",
        }
    }

    /// Whether a message without a value for it is refused.
    pub(super) const fn needs_value(self) -> bool {
        matches!(self, Self::Url | Self::CopyCode)
    }
}

/// One template.
pub(super) struct Template {
    pub(super) name: &'static str,
    pub(super) category: Category,
    pub(super) header: Header,
    /// How many parameters its body takes.
    pub(super) parameters: usize,
    pub(super) body: &'static str,
    pub(super) buttons: &'static [Button],
    /// The error that every send of it meets.
    pub(super) trouble: Option<u32>,
}

const fn template(
    name: &'static str,
    category: Category,
    parameters: usize,
    body: &'static str,
    trouble: Option<u32>,
) -> Template {
    Template { name, category, header: Header::None, parameters, body, buttons: &[], trouble }
}

impl Template {
    const fn with(self, header: Header, buttons: &'static [Button]) -> Self {
        Self { header, buttons, ..self }
    }

    /// As `GET …/message_templates` lists its parts.
    pub(super) fn components(&self) -> Vec<Value> {
        let mut components = Vec::new();
        if let Some(format) = self.header.format() {
            components.push(json!({ "type": "HEADER", "format": format }));
        }
        components.push(json!({ "type": "BODY", "text": self.body }));
        if !self.buttons.is_empty() {
            let button = |button: &Button| json!({ "type": button.sub_type().to_ascii_uppercase() });
            let buttons: Vec<Value> = self.buttons.iter().map(button).collect();
            components.push(json!({ "type": "BUTTONS", "buttons": buttons }));
        }
        components
    }
}

pub(super) const TEMPLATES: &[Template] = &[
    template("hello_world", Category::Utility, 0, "Welcome and congratulations!", None),
    template("order_update", Category::Utility, 2, "Hello {{1}}, your order {{2}} is on its way.", None),
    template("booking_reminder", Category::Utility, 1, "Your booking {{1}} starts tomorrow.", None),
    template("login_code", Category::Authentication, 1, "{{1}} is your verification code.", None)
        .with(Header::None, &[Button::Url]),
    template("spring_offer", Category::Marketing, 1, "{{1}}, spring is here: 20 % off.", None),
    template("order_shipped", Category::Utility, 1, "Your order {{1}} has left our house.", None)
        .with(Header::Image, &[Button::Url, Button::QuickReply]),
    template("invoice_ready", Category::Utility, 0, "Here is your invoice.", None)
        .with(Header::Document, &[Button::Call]),
    template("coupon_sale", Category::Marketing, 1, "{{1}} off everything until Sunday.", None)
        .with(Header::Text, &[Button::QuickReply, Button::CopyCode]),
    template("shop_nearby", Category::Marketing, 0, "Our new shop is open.", None)
        .with(Header::Location, &[]),
    template("survey_invite", Category::Utility, 0, "Two minutes for two questions?", None)
        .with(Header::None, &[Button::Flow]),
    template("missing_template", Category::Utility, 0, "", Some(132_001)),
    template("paused_template", Category::Marketing, 0, "", Some(132_015)),
    template("disabled_template", Category::Marketing, 0, "", Some(132_016)),
    template("blocked_flow_template", Category::Utility, 0, "", Some(132_068)),
];

pub(super) fn find(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}
