//! The message templates of the demo account.

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

/// One template.
pub(super) struct Template {
    pub(super) name: &'static str,
    pub(super) category: Category,
    /// How many parameters its body takes.
    pub(super) parameters: usize,
    pub(super) body: &'static str,
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
    Template { name, category, parameters, body, trouble }
}

pub(super) const TEMPLATES: &[Template] = &[
    template("hello_world", Category::Utility, 0, "Welcome and congratulations!", None),
    template("order_update", Category::Utility, 2, "Hello {{1}}, your order {{2}} is on its way.", None),
    template("booking_reminder", Category::Utility, 1, "Your booking {{1}} starts tomorrow.", None),
    template("login_code", Category::Authentication, 1, "{{1}} is your verification code.", None),
    template("spring_offer", Category::Marketing, 1, "{{1}}, spring is here: 20 % off.", None),
    template("missing_template", Category::Utility, 0, "", Some(132_001)),
    template("paused_template", Category::Marketing, 0, "", Some(132_015)),
    template("disabled_template", Category::Marketing, 0, "", Some(132_016)),
];

pub(super) fn find(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}
