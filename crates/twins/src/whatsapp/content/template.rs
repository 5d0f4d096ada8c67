//! Templates: any template of the tenant is taken if its components are well-formed; those that
//! the twin knows must get the values that they were approved with.

use serde_json::Value;

use super::Recipient;
use super::checks::{Check, Object, at_most, filled, missing, not_valid, object, one_of};
use super::plain;
use crate::whatsapp::errors::GraphError;
use crate::whatsapp::media::Shelf;
use crate::whatsapp::templates::{self, Button, Category, Header, Template};

/// The kinds of buttons that take values, as Meta's own error lists them.
const SUB_TYPES: &[&str] = &[
    "booking_confirmation",
    "catalog",
    "copy_code",
    "flow",
    "mpm",
    "order_details",
    "quick_reply",
    "reminder",
    "url",
    "voice_call",
];

pub(super) fn template(template: &Object, recipient: &Recipient, shelf: &Shelf) -> Check {
    let name = template.get("name").and_then(Value::as_str).ok_or_else(|| missing("template['name']"))?;
    let spelled = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !spelled || !(1..=512).contains(&name.len()) {
        return Err(GraphError::new(132_001).details("template name does not exist"));
    }
    filled(object(template.get("language"), "template['language']")?, "code")?;
    let given = Given::read(template, shelf)?;
    let Some(known) = templates::find(name) else { return Ok(()) };
    if let Some(code) = known.trouble {
        return Err(GraphError::new(code));
    }
    if known.category == Category::Authentication && matches!(recipient, Recipient::User(_)) {
        return Err(GraphError::new(131_062));
    }
    given.fits(known)
}

/// The values that a request brings for a template.
#[derive(Default)]
struct Given {
    /// The type of the header's parameter.
    header: Option<String>,
    /// How many parameters the body gets.
    body: usize,
    /// Buttons by position, with their kinds.
    buttons: Vec<(usize, String)>,
}

impl Given {
    fn read(template: &Object, shelf: &Shelf) -> Result<Self, GraphError> {
        let mut given = Self::default();
        let components = match template.get("components") {
            None => &[][..],
            Some(Value::Array(components)) => components,
            Some(_) => return Err(not_valid("template['components']")),
        };
        for (at, component) in components.iter().enumerate() {
            let path = format!("template['components'][{at}]");
            let component = object(Some(component), &path)?;
            let kinds = ["header", "body", "button"];
            let kind = one_of(component, "type", &format!("{path}['type']"), &kinds)?.to_ascii_lowercase();
            let parameters = component.get("parameters").and_then(Value::as_array);
            let parameters = parameters.map_or(&[][..], Vec::as_slice);
            match kind.as_str() {
                "header" => given.header = header(parameters, shelf)?,
                "body" => given.body = body(parameters)?,
                _ => given.buttons.push(button(component, parameters, &path)?),
            }
        }
        Ok(given)
    }

    fn fits(&self, known: &Template) -> Check {
        self.header_fits(known.header)?;
        count_fits("body", self.body, known.parameters)?;
        for (at, button) in known.buttons.iter().enumerate() {
            let given = self.buttons.iter().find(|(index, _)| *index == at);
            button_fits(at, *button, given.map(|(_, kind)| kind.as_str()))?;
        }
        match self.buttons.iter().find(|(index, _)| *index >= known.buttons.len()) {
            None => Ok(()),
            Some((index, _)) => Err(not_valid(&format!("buttons: no button at index {index}"))),
        }
    }

    fn header_fits(&self, known: Header) -> Check {
        let given = self.header.as_deref();
        match known.format() {
            None => count_fits("header", usize::from(given.is_some()), 0),
            Some("TEXT") if given.is_none_or(|kind| kind == "text") => {
                count_fits("header", usize::from(given.is_some()), 1)
            }
            Some(format) if given.is_some_and(|kind| kind.eq_ignore_ascii_case(format)) => Ok(()),
            Some(format) => {
                let received = given.unwrap_or("unknown").to_ascii_uppercase();
                let details = format!("header: Format mismatch, expected {format}, received {received}");
                Err(GraphError::new(132_012).details(details))
            }
        }
    }
}

fn count_fits(part: &str, given: usize, expected: usize) -> Check {
    if given == expected {
        return Ok(());
    }
    let details = format!(
        "{part}: number of localizable_params ({given}) does not match the expected number of params ({expected})"
    );
    Err(GraphError::new(132_000).details(details))
}

fn button_fits(at: usize, known: Button, given: Option<&str>) -> Check {
    let kind = known.name();
    match given {
        None if known.needs_value() => {
            let details = format!("buttons: Button at index {at} of type {kind} requires a parameter");
            Err(GraphError::new(131_008).details(details))
        }
        Some(_) if known == Button::Call => {
            let details =
                format!("buttons: Button at index {at} is of type {kind} and does not support parameters");
            Err(GraphError::new(100).details(details))
        }
        Some(given) if !given.eq_ignore_ascii_case(known.sub_type()) => {
            let details = format!("buttons: Button at index {at} is of type {kind}, not {given}");
            Err(GraphError::new(132_012).details(details))
        }
        _ => Ok(()),
    }
}

fn header(parameters: &[Value], shelf: &Shelf) -> Result<Option<String>, GraphError> {
    let Some(parameter) = parameters.first() else { return Ok(None) };
    let parameter = object(Some(parameter), "header: parameter")?;
    let kinds = ["text", "image", "video", "document", "location"];
    let kind = one_of(parameter, "type", "header: parameter['type']", &kinds)?.to_ascii_lowercase();
    match kind.as_str() {
        "text" => filled(parameter, "text")?,
        "location" => plain::location(object(parameter.get("location"), "location")?)?,
        kind => plain::media(kind, object(parameter.get(kind), kind)?, shelf)?,
    }
    Ok(Some(kind))
}

fn body(parameters: &[Value]) -> Result<usize, GraphError> {
    for parameter in parameters {
        let parameter = object(Some(parameter), "body: parameter")?;
        let kinds = ["text", "currency", "date_time"];
        if one_of(parameter, "type", "body: parameter['type']", &kinds)?.eq_ignore_ascii_case("text") {
            filled(parameter, "text")?;
        }
    }
    Ok(parameters.len())
}

/// One button's value: its position and kind.
fn button(component: &Object, parameters: &[Value], path: &str) -> Result<(usize, String), GraphError> {
    let kind = one_of(component, "sub_type", &format!("{path}['sub_type']"), SUB_TYPES)?.to_ascii_lowercase();
    let index = match component.get("index") {
        Some(Value::String(text)) => text.parse().ok(),
        Some(Value::Number(number)) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
        Some(_) => None,
        None => return Err(missing(&format!("{path}['index']"))),
    };
    let index = index.filter(|index| *index < 10).ok_or_else(|| not_valid(&format!("{path}['index']")))?;
    let parameter = object(parameters.first(), &format!("{path}['parameters'][0]"))?;
    match kind.as_str() {
        "quick_reply" => typed(parameter, "payload", 256)?,
        "url" => typed(parameter, "text", 2_000)?,
        "copy_code" => typed(parameter, "coupon_code", 20)?,
        "flow" => {
            one_of(parameter, "type", "button: parameter['type']", &["action"])?;
            object(parameter.get("action"), "action")?;
        }
        _ => {}
    }
    Ok((index, kind))
}

/// A parameter whose type names the member with its value.
fn typed(parameter: &Object, kind: &str, most: usize) -> Check {
    one_of(parameter, "type", "button: parameter['type']", &[kind])?;
    at_most(parameter, kind, most)
}
