//! Which media addresses may ever be fetched.
//!
//! A callback names any address it likes; fetching it with our credentials, or from inside
//! our network, would be the sender's way in. So each carrier lists its media hosts, and
//! everything else is kept for the eye only (`blocked`).

use url::{Host, Url};

/// Whether `address` is `https` on the default port of one of `hosts`, without a user name
/// in it. A host written `*.example.com` stands for all below it, but not for itself.
pub fn allowed(address: &str, hosts: &[&str]) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let Some(Host::Domain(host)) = url.host() else { return false };
    let plain = url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    plain && hosts.iter().any(|pattern| covers(pattern, host))
}

/// Whether `address` is at the scheme, host and port of `base`, without a user name in it:
/// what stands in for a carrier's API also serves its media.
pub fn same_origin(address: &str, base: &str) -> bool {
    let (Ok(url), Ok(base)) = (Url::parse(address), Url::parse(base)) else { return false };
    url.username().is_empty() && url.password().is_none() && url.origin() == base.origin()
}

fn covers(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(ending) => host.len() > ending.len() && host.ends_with(ending),
        None => host == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_hosts_over_https() {
        const HOSTS: &[&str] = &["cdn.example.com", "*.media.example"];
        let cases = [
            ("https://cdn.example.com/a.png", true),
            ("https://CDN.example.com:443/a.png", true),
            ("https://eu.media.example/1", true),
            ("https://media.example/1", false),
            ("https://evilmedia.example/1", false),
            ("https://cdn.example.com.evil.example/", false),
            ("http://cdn.example.com/a.png", false),
            ("https://cdn.example.com:8443/a.png", false),
            ("https://me@cdn.example.com/a.png", false),
            ("https://cdn.example.com@evil.example/", false),
            ("http://169.254.169.254/latest/meta-data/", false),
            ("https://[::ffff:127.0.0.1]/admin", false),
            ("file:///etc/passwd", false),
            ("no address", false),
        ];
        for (address, expect) in cases {
            assert_eq!(allowed(address, HOSTS), expect, "{address}");
        }
    }

    #[test]
    fn only_the_same_scheme_host_and_port() {
        let cases = [
            ("http://127.0.0.1:9001/m/1", true),
            ("http://127.0.0.1:9002/m/1", false),
            ("https://127.0.0.1:9001/m/1", false),
            ("http://me@127.0.0.1:9001/m/1", false),
            ("http://127.0.0.1:9001@evil.example/m/1", false),
            ("data:text/plain,x", false),
        ];
        for (address, expect) in cases {
            assert_eq!(same_origin(address, "http://127.0.0.1:9001/v3"), expect, "{address}");
        }
        assert!(!same_origin("data:text/plain,x", "data:text/plain,x"), "an origin of nobody is nobody's");
    }
}
