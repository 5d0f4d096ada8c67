//! Who really called: the socket's peer, or the client that trusted proxies name.
//!
//! A header proves nothing by being there. `X-Forwarded-For` is believed only as far as
//! trusted proxies wrote it, read from the right: the first address that is not a trusted
//! proxy is the caller, and anything before it is the caller's own claim.

use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// A range of addresses: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    network: IpAddr,
    bits: u8,
}

/// The text is not a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a range of addresses (like 10.0.0.0/8)")]
pub struct InvalidCidr;

impl Cidr {
    /// Whether `address` lies in it; an IPv4 address mapped into IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                (network.to_bits() ^ address.to_bits()) & mask == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                (network.to_bits() ^ address.to_bits()) & mask == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Cidr {
    type Err = InvalidCidr;

    fn from_str(text: &str) -> Result<Self, InvalidCidr> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| InvalidCidr)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidCidr)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(InvalidCidr);
        }
        // A range inside ::ffff:0:0/96 is an IPv4 range written the long way.
        match address.to_canonical() {
            network @ IpAddr::V4(_) if address.is_ipv6() && bits >= 96 => {
                Ok(Self { network, bits: bits - 96 })
            }
            _ => Ok(Self { network: address, bits }),
        }
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.network, self.bits)
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The client behind `peer`, as far as `forwarded`, the values of all `X-Forwarded-For`
/// headers, can be believed. `None` if a trusted proxy says something that cannot be read:
/// then nobody knows who called, and address lists refuse.
pub fn client<'a>(
    peer: IpAddr,
    forwarded: impl IntoIterator<Item = &'a [u8]>,
    trusted: &[Cidr],
) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(address));
    let peer = peer.to_canonical();
    if !is_trusted(peer) {
        return Some(peer);
    }
    let mut forwarded = forwarded.into_iter();
    let Some(hops) = forwarded.next() else { return Some(peer) };
    if forwarded.next().is_some() {
        return None;
    }
    let mut client = peer;
    for hop in std::str::from_utf8(hops).ok()?.rsplit(',') {
        client = hop.trim().parse::<IpAddr>().ok()?.to_canonical();
        if !is_trusted(client) {
            break;
        }
    }
    Some(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_contain_what_they_say() {
        let cases = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8:4::/48", "2001:db8:4:ffff::1", true),
            ("2001:db8:4::/48", "2001:db8:5::1", false),
        ];
        for (range, address, expect) in cases {
            let range: Cidr = range.parse().unwrap();
            assert_eq!(range.contains(address.parse().unwrap()), expect, "{range} {address}");
        }
    }

    #[test]
    fn nonsense_is_no_range() {
        for text in ["", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/256", "10.0.0/8", "proxy"] {
            assert_eq!(text.parse::<Cidr>(), Err(InvalidCidr), "{text}");
        }
    }

    #[test]
    fn the_client_is_the_last_that_no_trusted_proxy_vouches_for() {
        let trusted: Vec<Cidr> =
            ["10.0.0.0/8", "fd00::/8"].iter().map(|range| range.parse().unwrap()).collect();
        // (what, peer, headers apart by `|`, the client)
        let cases = [
            ("direct", "203.0.113.5", "", Some("203.0.113.5")),
            ("direct, mapped", "::ffff:203.0.113.5", "", Some("203.0.113.5")),
            ("direct, claiming", "203.0.113.5", "198.51.100.1", Some("203.0.113.5")),
            ("one proxy", "10.1.2.3", "198.51.100.1", Some("198.51.100.1")),
            ("two proxies", "fd00::1", "198.51.100.1, 10.9.9.9", Some("198.51.100.1")),
            ("a claim before", "10.1.2.3", "198.51.100.1, 203.0.113.5", Some("203.0.113.5")),
            ("garbage before", "10.1.2.3", "what, 203.0.113.5", Some("203.0.113.5")),
            ("garbage last", "10.1.2.3", "203.0.113.5, what", None),
            ("garbage behind a proxy", "10.1.2.3", "what, 10.9.9.9", None),
            ("empty", "10.1.2.3", " ", None),
            ("with a port", "10.1.2.3", "203.0.113.5:443", None),
            ("two headers", "10.1.2.3", "203.0.113.5|203.0.113.5", None),
            ("only proxies", "10.1.2.3", "10.4.4.4, 10.9.9.9", Some("10.4.4.4")),
            ("no header", "10.1.2.3", "", Some("10.1.2.3")),
            ("IPv6 client", "10.1.2.3", "2001:db8::7", Some("2001:db8::7")),
            ("mapped hop", "10.1.2.3", "198.51.100.1, ::ffff:10.9.9.9", Some("198.51.100.1")),
        ];
        for (what, peer, forwarded, expect) in cases {
            let headers = forwarded.split('|').filter(|value| !value.is_empty()).map(str::as_bytes);
            let client = client(peer.parse().unwrap(), headers, &trusted);
            assert_eq!(client, expect.map(|address| address.parse().unwrap()), "{what}");
        }
    }
}
