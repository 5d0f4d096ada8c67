//! Numbers that are written in two ways for the same phone.

use crate::address::Address;

/// The other spellings of a number under which carriers know the same person; empty for
/// nearly all numbers.
///
/// * Mexico: WhatsApp ids still carry the `1` (`+521…`) that the plan dropped.
/// * Argentina: mobiles are `+549…`; some text carriers want them without the `9`.
/// * Brazil: WhatsApp ids made before 2012–2016 lack the ninth digit of mobiles.
pub fn aliases(address: &Address) -> Vec<Address> {
    let text = address.expose();
    let other = if let Some(rest) = text.strip_prefix("+521").filter(|rest| rest.len() == 10) {
        Some(format!("+52{rest}"))
    } else if let Some(rest) = text.strip_prefix("+52").filter(|rest| rest.len() == 10) {
        Some(format!("+521{rest}"))
    } else if let Some(rest) = text.strip_prefix("+549").filter(|rest| rest.len() == 10) {
        Some(format!("+54{rest}"))
    } else if let Some(rest) = text.strip_prefix("+54").filter(|rest| rest.len() == 10) {
        Some(format!("+549{rest}"))
    } else {
        text.strip_prefix("+55").and_then(brazilian)
    };
    other.filter(|_| address.is_phone()).map(Address::from).into_iter().collect()
}

/// The spelling that today's plan has, of a number that has several: one key for one phone.
/// Anything else stays as it is.
pub fn in_todays_plan(number: &str) -> String {
    let old = |prefix: &str, digits: usize| {
        number
            .strip_prefix(prefix)
            .filter(|rest| rest.len() == digits && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    if let Some(rest) = old("+521", 10) {
        format!("+52{rest}")
    } else if let Some(rest) = old("+54", 10) {
        format!("+549{rest}")
    } else if let Some(rest) = old("+55", 10) {
        brazilian(rest).unwrap_or_else(|| number.to_owned())
    } else {
        number.to_owned()
    }
}

/// Area code, then eight old digits (mobiles began with 6 to 9) or nine new ones.
fn brazilian(rest: &str) -> Option<String> {
    let (area, local) = rest.split_at_checked(2)?;
    match (local.len(), local.as_bytes().first()?) {
        (9, b'9') if local.as_bytes()[1] >= b'6' => Some(format!("+55{area}{}", &local[1..])),
        (8, b'6'..=b'9') => Some(format!("+55{area}9{local}")),
        _ => None,
    }
}
