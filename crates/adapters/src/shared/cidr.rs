//! Address ranges, and who really called when proxies stand between.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use omni_core::webhook::{Refusal, WebhookRequest};
use serde::{Deserialize, Deserializer};

/// A range of addresses: `198.51.100.16/28`, `2001:db8:4::/48`, or one address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    network: IpAddr,
    bits: u8,
}

/// The text is no address range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an address range (like 198.51.100.16/28)")]
pub struct InvalidCidr;

impl Cidr {
    /// Whether an address is in the range; an IPv4 address written as IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => same_prefix(
                u128::from(network.to_bits()) << 96,
                u128::from(address.to_bits()) << 96,
                self.bits,
            ),
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                same_prefix(network.to_bits(), address.to_bits(), self.bits)
            }
            _ => false,
        }
    }
}

/// Whether two addresses, aligned to the left, agree in their first `bits`.
fn same_prefix(a: u128, b: u128, bits: u8) -> bool {
    (a ^ b).checked_shr(128 - u32::from(bits)).unwrap_or(0) == 0
}

impl FromStr for Cidr {
    type Err = InvalidCidr;

    fn from_str(text: &str) -> Result<Self, InvalidCidr> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let network: IpAddr = address.trim().parse().map_err(|_| InvalidCidr)?;
        let most = if network.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.trim().parse().ok().filter(|bits| *bits <= most).ok_or(InvalidCidr)?,
            None => most,
        };
        Ok(Self { network, bits })
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.bits)
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn any(ranges: &[Cidr], address: IpAddr) -> bool {
    ranges.iter().any(|range| range.contains(address))
}

/// Requires the caller to be in `allowed`; an empty list switches the check off.
///
/// `X-Forwarded-For` counts only if the peer is one of `trusted_proxies`. It is read from the
/// right: what a trusted proxy wrote is believed, the first address that is not a trusted
/// proxy is the caller. Anything before it is the caller's own claim.
pub fn verify(request: &WebhookRequest, allowed: &[Cidr], trusted_proxies: &[Cidr]) -> Result<(), Refusal> {
    if allowed.is_empty() {
        return Ok(());
    }
    let caller = caller(request, trusted_proxies).ok_or(Refusal::Forbidden("address_unknown"))?;
    if any(allowed, caller) { Ok(()) } else { Err(Refusal::Forbidden("address_not_allowed")) }
}

fn caller(request: &WebhookRequest, trusted: &[Cidr]) -> Option<IpAddr> {
    let peer = request.peer?.to_canonical();
    if !any(trusted, peer) || request.header_count("x-forwarded-for") == 0 {
        return Some(peer);
    }
    let mut caller = peer;
    for hop in request.header("x-forwarded-for")?.rsplit(',') {
        caller = hop.trim().parse::<IpAddr>().ok()?.to_canonical();
        if !any(trusted, caller) {
            break;
        }
    }
    Some(caller)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_contain_what_they_say() {
        let cases = [
            ("198.51.100.16/28", "198.51.100.31", true),
            ("198.51.100.16/28", "198.51.100.32", false),
            ("198.51.100.16/28", "::ffff:198.51.100.20", true),
            ("2001:db8:4::/48", "2001:db8:4:1::9", true),
            ("2001:db8:4::/48", "2001:db8:5::9", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
        ];
        for (range, address, expect) in cases {
            let range: Cidr = range.parse().unwrap();
            assert_eq!(range.contains(address.parse().unwrap()), expect, "{range:?} {address}");
        }
    }

    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        let ranges = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<Cidr>>();
        let (allowed, trusted) = (ranges(&["198.51.100.16/28"]), ranges(&["10.0.0.0/8", "fd00::/8"]));
        // Several headers stand apart by `|`.
        let cases = [
            ("direct", "198.51.100.20", "", Ok(())),
            ("direct, with a claim", "203.0.113.66", "198.51.100.20", Err("address_not_allowed")),
            ("one proxy", "10.1.2.3", "198.51.100.20", Ok(())),
            ("two proxies", "fd00::1", "198.51.100.20, 10.9.9.9", Ok(())),
            ("a claim first", "10.1.2.3", "198.51.100.20, 203.0.113.66", Err("address_not_allowed")),
            ("only proxies", "10.1.2.3", "10.9.9.9", Err("address_not_allowed")),
            ("two headers", "10.1.2.3", "198.51.100.20|198.51.100.20", Err("address_unknown")),
            ("garbage", "10.1.2.3", "198.51.100.20, unknown", Err("address_unknown")),
            ("no header", "10.1.2.3", "", Err("address_not_allowed")),
        ];
        for (name, peer, forwarded, expect) in cases {
            let forwarded = forwarded.split('|').filter(|value| !value.is_empty());
            let request = WebhookRequest {
                method: "POST".into(),
                url: "https://h/".into(),
                headers: forwarded.map(|v| ("x-forwarded-for".into(), v.to_owned().into())).collect(),
                body: bytes::Bytes::new(),
                peer: Some(peer.parse().unwrap()),
                received_at: omni_core::time::Timestamp::EPOCH,
            };
            let got = verify(&request, &allowed, &trusted).map_err(|refusal| refusal.reason());
            assert_eq!(got, expect, "{name}");
            assert_eq!(verify(&request, &[], &trusted), Ok(()), "{name}, check off");
        }
    }

    #[test]
    fn nonsense_is_no_range() {
        for text in ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129", "host", "10.0.0.0/8/8"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }
}
