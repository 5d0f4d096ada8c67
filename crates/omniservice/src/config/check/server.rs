//! `[server]`, `[data]`, `[log]`, `[worker]`.

use std::path::Path;

use omni_core::problem;

use super::Checker;
use crate::config::tree::way;

impl Checker<'_> {
    pub(super) fn server(&mut self) {
        let server = &self.config.server;
        self.public_url(&server.public_url);
        for (at, network) in server.trusted_proxies.iter().enumerate() {
            if network.parse::<omni_core::peer::Cidr>().is_err() {
                let path = way!["server", "trusted_proxies", at];
                self.invalid(
                    &path,
                    format!("`{network}` is not a network"),
                    "write it as 10.0.0.0/8, or one address",
                );
            }
        }
        if server.drain_secs > 3_600 {
            self.invalid(&way!["server", "drain_secs"], "`server.drain_secs` is more than an hour", "");
        }
        if !(1_024..=256 << 20).contains(&server.webhook_body_limit_bytes) {
            let message = "`server.webhook_body_limit_bytes` must be from 1 kB to 256 MB";
            self.invalid(&way!["server", "webhook_body_limit_bytes"], message, "");
        }
        if !(1..=65_536).contains(&self.config.worker.concurrency) {
            let message = "`worker.concurrency` must be from 1 to 65536";
            self.invalid(&way!["worker", "concurrency"], message, "256 is a good start");
        }
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.config.log.level) {
            let help = "error, warn, info, debug, trace, or like info,omni_pipeline=debug";
            self.invalid(&way!["log", "level"], format!("`log.level`: {error}"), help);
        }
        self.data();
    }

    fn public_url(&mut self, written: &str) {
        let at = way!["server", "public_url"];
        let help = "write it as carriers call it: https://gw.example.com";
        let Ok(url) = url::Url::parse(written) else {
            return self.invalid(&at, format!("`{written}` is not an address"), help);
        };
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !bare {
            self.invalid(&at, format!("`{written}` is not a plain http or https address"), help);
        } else if url.scheme() == "http" && !is_local(&url) {
            let message = "carriers will call `server.public_url` without encryption";
            self.warn(problem::CONFIG_INVALID_VALUE, &at, message, "use https; most carriers refuse http");
        }
    }

    fn data(&mut self) {
        let at = way!["data", "dir"];
        if let Err(why) = usable(&self.config.data.dir) {
            self.invalid(&at, format!("`data.dir`: {why}"), "name a directory that this user can write to");
        }
        if !(1..=3_650).contains(&self.config.data.journal_days) {
            self.invalid(&way!["data", "journal_days"], "`data.journal_days` must be from 1 to 3650", "");
        }
    }
}

fn is_local(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Whether data can be kept in `dir`, which need not be there yet.
fn usable(dir: &Path) -> Result<(), String> {
    let here = Path::new(".");
    let existing = dir.ancestors().find(|path| path.as_os_str().is_empty() || path.exists());
    let existing = existing.filter(|path| !path.as_os_str().is_empty()).unwrap_or(here);
    if !existing.is_dir() {
        return Err(format!("{} is not a directory", existing.display()));
    }
    // `omni serve` makes the directory itself, but no path of many: that is more often a typo.
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(here);
    if existing != dir && existing != parent {
        return Err(format!(
            "there is no directory {0} to make {1} in; if that is no typo: mkdir -p {0}",
            parent.display(),
            dir.file_name().unwrap_or_default().display()
        ));
    }
    if rustix::fs::access(existing, rustix::fs::Access::WRITE_OK).is_err() {
        return Err(format!("{} cannot be written to", existing.display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_directories() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "").unwrap();
        let cases = [("", true), ("data", true), ("file", false), ("file/data", false), ("a/b", false)];
        for (path, expect) in cases {
            assert_eq!(usable(&dir.path().join(path)).is_ok(), expect, "{path}");
        }
        assert!(usable(Path::new("omni-data")).is_ok());
    }
}
