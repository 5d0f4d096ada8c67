//! Phone numbers and the other ways in which carriers write who it is.
//!
//! ```text
//! raw text ─► clean ─► our own rules (withheld, e-mail, short code, name, …) ─► number library ─► Parsed
//! ```
//!
//! The library alone is not enough: it turns a short code into a wrong number, trusts the
//! default region for carriers' digits without plus, and knows nothing of names, withheld
//! senders or WhatsApp's opaque ids. Those rules are here; the library hides behind
//! [`PhoneNormalizer`], so it can be exchanged and the rules tested without it.
//!
//! Deliberately absent: any judgement on *sending*; that is [`sending_refusal`], because
//! carriers do deliver odd numbers and what arrived must be kept.

mod aliases;
mod emergency;
mod libphonenumber;
mod remembered;
mod sending;

pub use aliases::{aliases, in_todays_plan};
pub use emergency::is_emergency;
pub use libphonenumber::Libphonenumber;
pub use sending::{SendingRefusal, is_toll_free, sending_refusal};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::segments::is_format_char;

/// Longest text that can be an address at all: an e-mail address has at most 254 bytes.
const MAX_RAW: usize = 320;

/// Longest text that is shown to the number library.
const MAX_NUMBER: usize = 80;

/// What a written address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// A phone number in E.164.
    Phone,
    /// 3 to 8 digits that only work within one country.
    ShortCode,
    /// A sender that is a name: it cannot be answered.
    Alpha,
    /// An e-mail address.
    Email,
    /// A carrier's own id, with the carrier's prefix.
    Opaque,
    /// The network withholds who it is: no identity, no answer.
    Anonymous,
    /// Nothing that could be an address.
    Invalid,
}

/// Which line a phone number belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberType {
    /// A land line: it takes no text messages.
    FixedLine,
    /// A mobile phone.
    Mobile,
    /// One of the two; the numbering plan does not tell (North America).
    FixedLineOrMobile,
    /// Free for the caller; in North America with consent rules of its own.
    TollFree,
    /// Costly for the caller: never sent to.
    PremiumRate,
    /// The caller pays a part.
    SharedCost,
    /// Internet telephony.
    Voip,
    /// Follows a person from line to line.
    PersonalNumber,
    /// A pager.
    Pager,
    /// A company-wide number.
    Uan,
    /// A voice mail box.
    Voicemail,
    /// Not a number of any known plan.
    Unknown,
}

/// Where a written address comes from; decides what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Typed by a person: national forms and vanity letters are fine, names are not.
    Typed,
    /// A carrier's sender field: national or international digits, short code, name, or
    /// withheld.
    Sender,
    /// As `Sender`, but digits without plus are always international (WhatsApp,
    /// MessageBird).
    International,
    /// Nobody said: as `Sender`, and vanity letters are fine, and WhatsApp's business-scoped
    /// ids are known by their shape.
    Any,
}

/// What a written address turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parsed {
    /// What it is.
    pub kind: AddressKind,
    /// The address to store and compare: E.164, short code, or a prefixed opaque id
    /// (`alpha:`, `email:`, `bsuid:`, …). `None` for withheld and invalid ones.
    pub address: Option<Address>,
    /// The number's own country, ISO 3166 alpha-2 (`001` for numbers of no country). Of an
    /// invalid number only where its calling code is one country's alone (`+49`, not `+1`).
    pub country: Option<String>,
    /// The kind of line; only of phone numbers.
    pub number_type: Option<NumberType>,
    /// Whether it exists in a numbering plan (phones), or is well formed (the rest).
    /// Invalid phone numbers are kept for display and refused for sending.
    pub valid: bool,
    /// The extension that was split off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
}

impl Parsed {
    const INVALID: Self = Self {
        kind: AddressKind::Invalid,
        address: None,
        country: None,
        number_type: None,
        valid: false,
        extension: None,
    };

    fn plain(kind: AddressKind, address: impl Into<Address>) -> Self {
        Self { kind, address: Some(address.into()), valid: true, ..Self::INVALID }
    }
}

/// What the number library knows about a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneFacts {
    /// E.164.
    pub e164: String,
    /// The number's country, if the number tells.
    pub country: Option<String>,
    /// The kind of line.
    pub number_type: NumberType,
    /// Whether it exists in a numbering plan.
    pub valid: bool,
    /// Whether it has a length that its country's numbers have.
    pub possible: bool,
    /// The extension, not part of `e164`.
    pub extension: Option<String>,
}

/// A library of numbering plans.
pub trait PhoneNormalizer: Send + Sync {
    /// Reads one phone number. National forms are read as of `default_region` (ISO 3166
    /// alpha-2, any case; an unknown region reads international forms only). `None` if it
    /// is not even possible.
    fn read(&self, text: &str, default_region: &str) -> Option<PhoneFacts>;
}

/// Reads a written address. `default_region` is the tenant's, else the country of the
/// receiving number.
pub fn parse(raw: &str, default_region: &str, role: Role) -> Parsed {
    parse_with(&Libphonenumber, raw, default_region, role)
}

/// [`parse`] over any number library.
pub fn parse_with(library: &dyn PhoneNormalizer, raw: &str, default_region: &str, role: Role) -> Parsed {
    let Some(text) = clean(raw) else { return Parsed::INVALID };
    let (prefix, text) = strip_channel(&text);
    if is_withheld(text) {
        return Parsed { kind: AddressKind::Anonymous, ..Parsed::INVALID };
    }
    if let Some(parsed) = as_prefixed(text) {
        return parsed;
    }
    if let Some(email) = as_email(text) {
        return Parsed::plain(AddressKind::Email, format!("email:{email}"));
    }
    if is_short_code(text) {
        return Parsed::plain(AddressKind::ShortCode, text);
    }
    if role == Role::Any && is_bsuid(text) {
        return Parsed::plain(AddressKind::Opaque, format!("bsuid:{text}"));
    }
    if prefix == "rcs:" && !text.starts_with('+') && text.chars().any(char::is_alphabetic) {
        return Parsed::plain(AddressKind::Opaque, format!("rcs:{text}"));
    }
    if role != Role::Typed && is_alpha_sender(text) {
        return Parsed::plain(AddressKind::Alpha, format!("alpha:{text}"));
    }
    as_number(library, text, default_region, role)
}

/// The number in E.164 if it is valid in its numbering plan; `None` for everything else.
pub fn normalize_phone(raw: &str, default_region: &str) -> Option<Address> {
    let parsed = parse(raw, default_region, Role::Typed);
    (parsed.kind == AddressKind::Phone && parsed.valid).then_some(parsed.address).flatten()
}

/// The country of a normalised number, ISO 3166 alpha-2. Read from the number, not from its
/// prefix: `+1` is 25 countries.
pub fn country_of(address: &Address) -> Option<String> {
    line(address)?.0
}

/// The kind of line of a normalised number; `Unknown` for anything that is not one.
pub fn number_type(address: &Address) -> NumberType {
    line(address).map_or(NumberType::Unknown, |(_, number_type)| number_type)
}

/// Loads the numbering plans (10 to 20 ms). Call it at start, so the first message does not
/// pay for it.
pub fn warm_up() {
    let first = parse("+14155552671", "US", Role::Sender);
    debug_assert!(first.valid, "the built-in numbering plans know California");
    // A number of no country makes the library look through all that share its prefix: with
    // +1 these are the most, and the sandbox's numbers are of that kind.
    let none = parse("+15550001001", "US", Role::Sender);
    debug_assert!(!none.valid, "555 000 is nobody's");
}

fn line(address: &Address) -> remembered::Line {
    if address.is_phone() { remembered::line(address.expose()) } else { None }
}

/// Without marks that nobody sees and blanks around; `None` if control characters remain or
/// it is longer than any address.
fn clean(raw: &str) -> Option<String> {
    if raw.len() > MAX_RAW * 4 {
        return None;
    }
    let visible: String = raw.chars().filter(|c| !is_format_char(*c)).collect();
    let text = visible.trim();
    let fits = !text.is_empty() && text.len() <= MAX_RAW && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// Takes off the channel that some carriers write before the number; answers it, lower case.
fn strip_channel(text: &str) -> (&'static str, &str) {
    for prefix in ["whatsapp:", "rcs:", "tel:", "sms:"] {
        if let Some(head) = text.get(..prefix.len())
            && head.eq_ignore_ascii_case(prefix)
        {
            return (prefix, text[prefix.len()..].trim());
        }
    }
    ("", text)
}

/// Words, and the numbers that spell them on a keypad (`+266696687` is ANONYMOUS).
fn is_withheld(text: &str) -> bool {
    const WORDS: [&str; 6] = ["anonymous", "restricted", "unknown", "unavailable", "private", "withheld"];
    const NUMBERS: [&str; 4] = ["+266696687", "+7378742833", "+8656696", "+86282452253"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) || NUMBERS.contains(&text)
}

/// An address that we normalised ourselves earlier.
fn as_prefixed(text: &str) -> Option<Parsed> {
    let (prefix, rest) = text.split_once(':')?;
    if rest.is_empty() || rest.contains(char::is_whitespace) && prefix != "alpha" {
        return None;
    }
    match prefix {
        "alpha" => Some(Parsed::plain(AddressKind::Alpha, text)),
        "email" => as_email(rest).map(|email| Parsed::plain(AddressKind::Email, format!("email:{email}"))),
        "bsuid" | "lc" => Some(Parsed::plain(AddressKind::Opaque, text)),
        _ => None,
    }
}

/// A mail address, normalised; `None` if it is none.
pub fn email(text: &str) -> Option<Address> {
    clean(text).and_then(|text| as_email(&text)).map(Address::from)
}

/// A mail address with its domain in lower case, where case means nothing; before the `@` it
/// may. (`sip:…@host` is none: names hold no colon.)
fn as_email(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let plain = |part: &str| !part.is_empty() && !part.contains([' ', '<', '>', ',', ';', ':', '@']);
    let fits = plain(local) && plain(domain) && !domain.starts_with('.') && !domain.ends_with('.');
    fits.then(|| format!("{local}@{}", domain.to_lowercase()))
}

/// 3 to 8 digits: without this guard the library would make `88222` the number +188222.
fn is_short_code(text: &str) -> bool {
    (3..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// WhatsApp's business-scoped user id: `CC.` or `CC.ENT.` and up to 128 letters and digits.
pub fn is_bsuid(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else { return false };
    let id = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
        && (1..=128).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A name of 1 to 11 characters with at least one letter.
fn is_alpha_sender(text: &str) -> bool {
    text.chars().count() <= 11
        && text.chars().any(char::is_alphabetic)
        && !text.starts_with('+')
        && !text.contains('@')
}

fn as_number(library: &dyn PhoneNormalizer, text: &str, region: &str, role: Role) -> Parsed {
    let from_a_carrier = matches!(role, Role::Sender | Role::International);
    if text.len() > MAX_NUMBER || from_a_carrier && has_vanity_letters(text) {
        return Parsed::INVALID;
    }
    let digits_only = text.bytes().all(|b| b.is_ascii_digit());
    let facts = match role {
        Role::International if digits_only => library.read(&format!("+{text}"), region),
        Role::Sender | Role::Any if digits_only && !text.starts_with('0') => {
            read_digits(library, text, region)
        }
        _ => library.read(text, region),
    };
    let Some(facts) = facts.map(|facts| without_old_mexican_one(library, facts)) else {
        return Parsed::INVALID;
    };
    if is_withheld(&facts.e164) {
        return Parsed { kind: AddressKind::Anonymous, ..Parsed::INVALID };
    }
    Parsed {
        kind: AddressKind::Phone,
        address: Some(facts.e164.into()),
        country: facts.country,
        number_type: Some(facts.number_type),
        valid: facts.valid,
        extension: facts.extension,
    }
}

/// Mexico dropped the `1` before mobiles in 2019; WhatsApp ids and old address books keep it.
fn without_old_mexican_one(library: &dyn PhoneNormalizer, facts: PhoneFacts) -> PhoneFacts {
    let old = facts.e164.strip_prefix("+521").filter(|rest| rest.len() == 10 && !facts.valid);
    old.and_then(|rest| library.read(&format!("+52{rest}"), "MX")).filter(|new| new.valid).unwrap_or(facts)
}

/// Digits without plus in a carrier's sender field: of the default region if they have a
/// length that numbers have there, else international. Not by validity: a mistyped number
/// must not become somebody's in another country. But digits that begin with the region's
/// own calling code and are a number there are that number, even where the plan has a longer
/// one with these digits (`4915123456789` in Germany).
fn read_digits(library: &dyn PhoneNormalizer, digits: &str, region: &str) -> Option<PhoneFacts> {
    let abroad = library.read(&format!("+{digits}"), region);
    let at_home = |facts: &PhoneFacts| {
        facts.valid && facts.country.as_deref().is_some_and(|country| country.eq_ignore_ascii_case(region))
    };
    if abroad.as_ref().is_some_and(at_home) {
        return abroad;
    }
    let local = library.read(digits, region);
    if local.as_ref().is_some_and(|facts| facts.possible) {
        return local;
    }
    abroad.filter(|facts| facts.possible).or(local)
}

/// `1-800-FLOWERS`: three letters or more outside `ext`. Carriers never write numbers so.
fn has_vanity_letters(text: &str) -> bool {
    let lower = text.to_lowercase();
    let number = lower.split(['x', ';', '#']).next().unwrap_or_default();
    number.trim_end_matches('e').chars().filter(char::is_ascii_lowercase).count() >= 3
}

#[cfg(test)]
mod tests;
