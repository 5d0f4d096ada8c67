//! What a JSON value may be: as much of a carrier's description as requests are held against.
//!
//! Tables of [`Shape`] read like the description they come from; [`Shape::check`] tells where
//! a value differs from it first.

use serde_json::Value;

use super::api::is_web_url;

/// What a value may be.
pub(super) enum Shape {
    /// A text of at least and at most so many characters.
    Words(usize, usize),
    /// One of these texts.
    Word(&'static [&'static str]),
    /// An address on the web.
    Url,
    /// A number within these bounds.
    Number(f64, f64),
    /// A whole number from 0.
    Count,
    /// `true` or `false`.
    Flag,
    /// An array of at least and at most so many values.
    List(usize, usize, &'static Shape),
    /// An object with these members; any others are nobody's business.
    Open(&'static [Member]),
    /// An object with these members and no others.
    Closed(&'static [Member]),
    /// An object of whatever members, each of that shape.
    Each(&'static Shape),
    /// An object whose `type` picks its shape.
    Typed(&'static [(&'static str, &'static Shape)]),
    /// Whatever it is, if it is not null.
    Any,
}

/// A member of an object.
pub(super) struct Member {
    name: &'static str,
    is_required: bool,
    shape: Shape,
}

/// A member that must be there.
pub(super) const fn must(name: &'static str, shape: Shape) -> Member {
    Member { name, is_required: true, shape }
}

/// A member that may be left out; `null` is not the same.
pub(super) const fn may(name: &'static str, shape: Shape) -> Member {
    Member { name, is_required: false, shape }
}

/// Where a value is not what it should be, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Members and places, with dots between them.
    pub(super) at: String,
    /// A clause.
    pub(super) why: String,
}

impl Flaw {
    fn new(why: impl Into<String>) -> Self {
        Self { at: String::new(), why: why.into() }
    }

    /// The same, seen from one level above.
    pub(super) fn below(mut self, step: &str) -> Self {
        self.at = if self.at.is_empty() { step.to_owned() } else { format!("{step}.{}", self.at) };
        self
    }
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.at, self.why)
    }
}

impl Shape {
    /// The first thing in `value` that does not fit.
    pub(super) fn check(&self, value: &Value) -> Result<(), Flaw> {
        let fits = |fits: bool, why: &str| if fits { Ok(()) } else { Err(Flaw::new(why)) };
        match self {
            Self::Words(least, most) => {
                let length = value.as_str().map(|text| text.chars().count());
                let why = format!("must be a text of {least} to {most} characters");
                fits(length.is_some_and(|length| (*least..=*most).contains(&length)), &why)
            }
            Self::Word(words) => {
                let known = value.as_str().is_some_and(|word| words.contains(&word));
                fits(known, &format!("must be one of {}", words.join(", ")))
            }
            Self::Url => fits(value.as_str().is_some_and(is_web_url), "must be a URL"),
            Self::Number(least, most) => {
                let within = value.as_f64().is_some_and(|number| (*least..=*most).contains(&number));
                fits(within, &format!("must be a number from {least} to {most}"))
            }
            Self::Count => fits(value.is_u64(), "must be a whole number"),
            Self::Flag => fits(value.is_boolean(), "must be a boolean"),
            Self::Any => fits(!value.is_null(), "must not be null"),
            Self::List(least, most, each) => list(value, (*least, *most), each),
            Self::Open(members) => object(value, members, false),
            Self::Closed(members) => object(value, members, true),
            Self::Each(shape) => {
                let members = value.as_object().ok_or_else(|| Flaw::new("must be an object"))?;
                members.iter().try_for_each(|(name, value)| shape.check(value).map_err(|f| f.below(name)))
            }
            Self::Typed(kinds) => {
                let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
                let found = kinds.iter().find(|(name, _)| *name == kind);
                let (_, shape) = found.ok_or_else(|| Flaw::new("is not a known kind").below("type"))?;
                shape.check(value)
            }
        }
    }
}

fn list(value: &Value, (least, most): (usize, usize), each: &Shape) -> Result<(), Flaw> {
    let values = value.as_array().filter(|values| (least..=most).contains(&values.len()));
    let values = values.ok_or_else(|| Flaw::new(format!("must be a list of {least} to {most}")))?;
    let mut values = values.iter().enumerate();
    values.try_for_each(|(place, value)| each.check(value).map_err(|flaw| flaw.below(&place.to_string())))
}

fn object(value: &Value, members: &[Member], is_closed: bool) -> Result<(), Flaw> {
    let given = value.as_object().ok_or_else(|| Flaw::new("must be an object"))?;
    for Member { name, is_required, shape } in members {
        match given.get(*name) {
            Some(value) => shape.check(value).map_err(|flaw| flaw.below(name))?,
            None if *is_required => return Err(Flaw::new("is required").below(name)),
            None => {}
        }
    }
    let is_known = |name: &String| members.iter().any(|member| member.name == name);
    match given.keys().find(|name| is_closed && !is_known(name)) {
        Some(name) => Err(Flaw::new("is not a known member").below(name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_and_what_is_wrong_with_them() {
        static PLACE: Shape =
            Shape::Closed(&[must("lat", Shape::Number(-90.0, 90.0)), may("name", Shape::Words(1, 3))]);
        static ALL: Shape = Shape::Typed(&[
            ("place", &Shape::Open(&[must("place", Shape::List(1, 2, &PLACE))])),
            (
                "link",
                &Shape::Closed(&[must("type", Shape::Any), must("url", Shape::Url), may("n", Shape::Count)]),
            ),
            (
                "bag",
                &Shape::Open(&[must("bag", Shape::Each(&Shape::Flag)), may("of", Shape::Word(&["a", "b"]))]),
            ),
        ]);
        let place = |place: Value| json!({ "type": "place", "place": [place] });
        #[rustfmt::skip]
        let cases = [
            (place(json!({ "lat": 1 })),                                    ""),
            (place(json!({ "lat": 1, "name": "abc" })),                     ""),
            (place(json!({ "lat": 91 })),                                   "place.0.lat"),
            (place(json!({ "lat": "1" })),                                  "place.0.lat"),
            (place(json!({})),                                              "place.0.lat"),
            (place(json!({ "lat": 1, "name": null })),                      "place.0.name"),
            (place(json!({ "lat": 1, "name": "abcd" })),                    "place.0.name"),
            (place(json!({ "lat": 1, "lon": 2 })),                          "place.0.lon"),
            (place(json!(7)),                                               "place.0"),
            (json!({ "type": "place", "place": [] }),                       "place"),
            (json!({ "type": "place" }),                                    "place"),
            (json!({ "type": "link", "url": "https://a.example", "n": 0 }), ""),
            (json!({ "type": "link", "url": "a.png" }),                     "url"),
            (json!({ "type": "link", "url": "https://a.example", "n": -1 }), "n"),
            (json!({ "type": "bag", "bag": { "x": true }, "of": "a" }),     ""),
            (json!({ "type": "bag", "bag": { "x": 1 } }),                   "bag.x"),
            (json!({ "type": "bag", "bag": {}, "of": "c" }),                "of"),
            (json!({ "type": "hologram" }),                                 "type"),
            (json!([]),                                                     "type"),
        ];
        for (value, at) in cases {
            let found = ALL.check(&value).err().map(|flaw| flaw.at).unwrap_or_default();
            assert_eq!(found, at, "{value}");
        }
    }
}
