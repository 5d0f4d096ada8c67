//! Lists of addresses that callbacks may come from.

use omni_core::peer::{self, Cidr};
use omni_core::webhook::{Refusal, WebhookRequest};

/// Requires the caller to be in `allowed`; an empty list switches the check off.
///
/// `X-Forwarded-For` counts only if the peer is one of `trusted_proxies`; see
/// [`peer::client`].
pub fn verify(request: &WebhookRequest, allowed: &[Cidr], trusted_proxies: &[Cidr]) -> Result<(), Refusal> {
    if allowed.is_empty() {
        return Ok(());
    }
    let forwarded = request.header_values("x-forwarded-for");
    let caller = request.peer.and_then(|peer| peer::client(peer, forwarded, trusted_proxies));
    let caller = caller.ok_or(Refusal::Forbidden("address_unknown"))?;
    if allowed.iter().any(|range| range.contains(caller)) {
        Ok(())
    } else {
        Err(Refusal::Forbidden("address_not_allowed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
