//! Reads templates, choices, forms, products, and content in a carrier's own shape.

use std::collections::BTreeMap;

use omni_core::content::{
    Button, Custom, Flow, FlowAction, Interactive, ProductSection, Products, Template, TemplateButton,
    TemplateButtonKind, TemplateHeader,
};
use serde_json::Value;

use super::content::Inline;
use super::reader::{Object, Reader, member};

/// Most choices in one message.
const MOST_BUTTONS: usize = 10;
/// Most products in one message (WhatsApp's bound of a product list).
const MOST_PRODUCTS: usize = 30;

impl Reader {
    pub(super) fn template(&mut self, content: &Object) -> Template {
        let fields =
            ["type", "templateId", "templateParams", "language", "templateHeader", "templateButtons"];
        self.known("/content", content, &fields);
        Template {
            template_id: self.required("/content", content, "templateId"),
            language: self.text("/content", content, "language"),
            params: self.template_params(content),
            header: self.template_header(content),
            buttons: self.template_buttons(content),
        }
    }

    fn template_params(&mut self, content: &Object) -> BTreeMap<String, String> {
        let mut params = BTreeMap::new();
        match content.get("templateParams") {
            None | Some(Value::Null) => {}
            Some(Value::Object(given)) => {
                for (name, value) in given {
                    match value {
                        Value::String(text) => drop(params.insert(name.clone(), text.clone())),
                        Value::Number(number) => drop(params.insert(name.clone(), number.to_string())),
                        _ => {
                            let pointer = member("/content/templateParams", name);
                            self.wrong(&pointer, "wrong_type", "Template values must be strings.");
                        }
                    }
                }
            }
            Some(_) => {
                self.wrong("/content/templateParams", "wrong_type", "`templateParams` must be an object.");
            }
        }
        params
    }

    /// `{text}`, `{media: {…}}` or `{location: {…}}`.
    fn template_header(&mut self, content: &Object) -> Option<TemplateHeader> {
        const AT: &str = "/content/templateHeader";
        let value = content.get("templateHeader").filter(|value| !value.is_null())?;
        let header = self.object(AT, value)?;
        self.known(AT, header, &["text", "media", "location"]);
        match (header.len(), header.get("text"), header.get("media"), header.get("location")) {
            (1, Some(_), None, None) => Some(TemplateHeader::Text(self.required(AT, header, "text"))),
            (1, None, Some(media), None) => {
                let media = self.medium(&format!("{AT}/media"), media, Inline::Refused)?;
                Some(TemplateHeader::Media(Box::new(media)))
            }
            (1, None, None, Some(place)) => {
                let at = format!("{AT}/location");
                let place = self.object(&at, place)?;
                self.known(&at, place, &["latitude", "longitude", "name", "address"]);
                Some(TemplateHeader::Location(self.place(&at, place)))
            }
            _ => {
                self.wrong(AT, "invalid", "A header has exactly one of `text`, `media` and `location`.");
                None
            }
        }
    }

    fn template_buttons(&mut self, content: &Object) -> Vec<TemplateButton> {
        let given = self.list("/content", content, "templateButtons");
        if given.len() > MOST_BUTTONS {
            let detail = format!("At most {MOST_BUTTONS} buttons.");
            self.wrong("/content/templateButtons", "too_many", detail);
        }
        let one = |(at, value): (usize, &Value)| self.template_button(at, value);
        given.iter().enumerate().filter_map(one).collect()
    }

    /// `{type, index, payload | text | code | token + data}`.
    fn template_button(&mut self, place: usize, value: &Value) -> Option<TemplateButton> {
        let at = format!("/content/templateButtons/{place}");
        let button = self.object(&at, value)?;
        let index = self.count(&at, button, "index").unwrap_or(place as u64);
        let Some(index) = u8::try_from(index).ok().filter(|index| usize::from(*index) < MOST_BUTTONS) else {
            self.wrong(&format!("{at}/index"), "invalid", "`index` counts the buttons from 0.");
            return None;
        };
        let kind = self.required(&at, button, "type");
        let only = |reader: &mut Self, fields: &[&str]| {
            reader.known(&at, button, &[&["type", "index"], fields].concat());
        };
        let kind = match kind.as_str() {
            "quick_reply" => {
                only(self, &["payload"]);
                TemplateButtonKind::QuickReply { payload: self.required(&at, button, "payload") }
            }
            "url" => {
                only(self, &["text"]);
                TemplateButtonKind::Url { text: self.required(&at, button, "text") }
            }
            "copy_code" => {
                only(self, &["code"]);
                TemplateButtonKind::CopyCode { code: self.required(&at, button, "code") }
            }
            "flow" => {
                only(self, &["token", "data"]);
                let data = button.get("data").filter(|data| !data.is_null()).cloned();
                TemplateButtonKind::Flow { token: self.text(&at, button, "token"), data }
            }
            "" => return None,
            _ => {
                let detail = "`type` is one of quick_reply, url, copy_code and flow.";
                self.wrong(&format!("{at}/type"), "invalid", detail);
                return None;
            }
        };
        Some(TemplateButton { index, kind })
    }

    pub(super) fn interactive(&mut self, content: &Object) -> Interactive {
        let fields = ["type", "text", "header", "headerMedia", "footer", "buttons", "listLabel"];
        self.known("/content", content, &fields);
        let text = self.words("/content", content);
        let given = self.list("/content", content, "buttons");
        if given.is_empty() || given.len() > MOST_BUTTONS {
            let detail = format!("`buttons` must be a list of 1 to {MOST_BUTTONS} choices.");
            self.wrong("/content/buttons", if given.is_empty() { "required" } else { "too_many" }, detail);
        }
        let buttons = given.iter().enumerate().filter_map(|(at, value)| self.button(at, value)).collect();
        let header = self.text("/content", content, "header");
        let media = content.get("headerMedia").filter(|value| !value.is_null());
        let header_media =
            media.and_then(|media| self.medium("/content/headerMedia", media, Inline::Refused)).map(Box::new);
        if header.is_some() && header_media.is_some() {
            let detail = "Give either `header` or `headerMedia`, not both.";
            self.wrong("/content/headerMedia", "ambiguous", detail);
        }
        Interactive {
            text,
            header,
            header_media,
            footer: self.text("/content", content, "footer"),
            buttons,
            list_label: self.text("/content", content, "listLabel"),
        }
    }

    fn button(&mut self, place: usize, value: &Value) -> Option<Button> {
        let at = format!("/content/buttons/{place}");
        let one = self.object(&at, value)?;
        self.known(&at, one, &["type", "id", "title", "text", "payload", "description", "url", "section"]);
        let title = self.text(&at, one, "title").or_else(|| self.text(&at, one, "text"));
        let id = self.text(&at, one, "id").or_else(|| self.text(&at, one, "payload"));
        let Some(title) = title.filter(|title| !title.is_empty()) else {
            self.wrong(&format!("{at}/title"), "required", "`title` is missing.");
            return None;
        };
        let url = self.text(&at, one, "url");
        if let Some(url) = &url {
            self.url(&format!("{at}/url"), url);
        }
        Some(Button {
            id: id.unwrap_or_else(|| title.clone()),
            title,
            description: self.text(&at, one, "description"),
            url,
            section: self.text(&at, one, "section"),
        })
    }

    pub(super) fn flow(&mut self, content: &Object) -> Flow {
        let fields = [
            "type", "text", "header", "footer", "flowId", "flowName", "label", "token", "action", "screen",
            "data", "draft",
        ];
        self.known("/content", content, &fields);
        let (flow_id, flow_name) =
            (self.text("/content", content, "flowId"), self.text("/content", content, "flowName"));
        if flow_id.is_some() == flow_name.is_some() {
            self.wrong("/content/flowId", "required", "Give either `flowId` or `flowName`.");
        }
        let action = match self.text("/content", content, "action").as_deref() {
            None | Some("navigate") => FlowAction::Navigate,
            Some("data_exchange") => FlowAction::DataExchange,
            Some(_) => {
                let detail = "`action` is one of navigate and data_exchange.";
                self.wrong("/content/action", "invalid", detail);
                FlowAction::Navigate
            }
        };
        Flow {
            text: self.words("/content", content),
            header: self.text("/content", content, "header"),
            footer: self.text("/content", content, "footer"),
            flow_id,
            flow_name,
            label: self.required("/content", content, "label"),
            token: self.text("/content", content, "token"),
            action,
            screen: self.text("/content", content, "screen"),
            data: content.get("data").filter(|data| !data.is_null()).cloned(),
            draft: self.flag("/content", content, "draft"),
        }
    }

    pub(super) fn products(&mut self, content: &Object) -> Products {
        let fields = ["type", "text", "header", "footer", "catalogId", "sections", "thumbnail"];
        self.known("/content", content, &fields);
        let given = self.list("/content", content, "sections").iter().enumerate();
        let sections: Vec<_> = given.filter_map(|(at, value)| self.product_section(at, value)).collect();
        if sections.iter().map(|section| section.products.len()).sum::<usize>() > MOST_PRODUCTS {
            let detail = format!("At most {MOST_PRODUCTS} products in one message.");
            self.wrong("/content/sections", "too_many", detail);
        }
        Products {
            text: self.text("/content", content, "text"),
            header: self.text("/content", content, "header"),
            footer: self.text("/content", content, "footer"),
            catalog_id: self.text("/content", content, "catalogId"),
            sections,
            thumbnail: self.text("/content", content, "thumbnail"),
        }
    }

    fn product_section(&mut self, place: usize, value: &Value) -> Option<ProductSection> {
        let at = format!("/content/sections/{place}");
        let section = self.object(&at, value)?;
        self.known(&at, section, &["title", "products"]);
        let given = self.list(&at, section, "products");
        let products: Vec<_> = given.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect();
        if products.is_empty() || products.len() != given.len() {
            let detail = "`products` must be a list with the id of at least one product.";
            self.wrong(&format!("{at}/products"), "required", detail);
        }
        Some(ProductSection { title: self.text(&at, section, "title"), products })
    }

    pub(super) fn custom(&mut self, content: &Object) -> Custom {
        self.known("/content", content, &["type", "carrier", "object", "template"]);
        let object = match content.get("object") {
            Some(Value::Object(object)) if !object.is_empty() => object.clone(),
            _ => {
                let detail = "`object` must be an object in the carrier's own shape.";
                self.wrong("/content/object", "required", detail);
                Object::default()
            }
        };
        Custom {
            carrier: self.required("/content", content, "carrier"),
            object,
            template: self.flag("/content", content, "template"),
        }
    }
}
