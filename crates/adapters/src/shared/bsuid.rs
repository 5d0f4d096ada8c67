//! WhatsApp's business-scoped user ids: the address of a person who hides the phone number.
//!
//! Since 2026 WhatsApp omits phone numbers of people with a user name; what stays is an id
//! per business portfolio, `GB.7Qk20Xd3aLm` (a parent company's form is `GB.ENT.55810`). Both
//! Meta and Twilio deliver it, sometimes inside fields that used to hold digits, so every
//! such field is tested here before it is read as a number.

/// Whether `text` is such an id: `^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`.
pub fn is_bsuid(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else { return false };
    let id = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
        && (1..=128).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_shape() {
        for good in ["GB.7Qk20Xd3aLm", "GB.ENT.55810", "US.E", "US.ENT"] {
            assert!(is_bsuid(good), "{good}");
        }
        let long = format!("GB.{}", "x".repeat(129));
        for bad in ["", "GB.", "GB.ENT.", "gb.1", "GBR.1", "G.1", "447700900461", "GB.a-b", "ÄÖ.1", &long] {
            assert!(!is_bsuid(bad), "{bad}");
        }
    }
}
