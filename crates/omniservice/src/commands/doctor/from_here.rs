//! What can be seen from this machine with a configuration.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use omni_adapters::http::Http;
use omni_core::carrier::PATIENCE;
use omni_core::failure::SendError;
use omni_core::http::{HttpClient, HttpError, HttpRequest, HttpResponse};
use omni_core::time::{Clock as _, Timestamp};
use omni_local::migrate;
use omni_pipeline::directory::Connection;
use parking_lot::Mutex;

use super::findings::{Finding, Report};
use crate::config::{Config, Overrides, build};
use crate::system::SystemClock;

/// Less free space than this is too little to go on with.
const MIN_FREE: u64 = 100 << 20;
/// Less than this deserves a thought.
const LOW_FREE: u64 = 2 << 30;
/// A server with many callers needs more open files than the usual 1,024.
const FEW_FILES: u64 = 4_096;
/// Beyond this, carriers' signed times begin to look old.
const MOST_SKEW: Duration = Duration::from_secs(30);

/// Looks at everything that the configuration in `path` names.
pub async fn examine(path: &Path) -> anyhow::Result<Report> {
    let loaded = Config::load(path, Overrides::default())?;
    let (config, layers) = (loaded.config, loaded.layers);
    let mut report = Report::default();
    report.add(match loaded.warnings.len() {
        0 => Finding::good("configuration", path.display().to_string()),
        some => Finding::doubtful(
            "configuration",
            format!("{}: {some} to look at", path.display()),
            format!("omni check --config {}", path.display()),
        ),
    });
    report.add(space(&config.data.dir));
    report.add(schema(&config.data.dir));
    report.add(open_files());
    let http = Arc::new(Listening::new());
    report.add(public_url(&*http, &config.server.public_url).await);
    // A clock is only told by others: what our own server says is our own time.
    http.dates.lock().clear();
    let directory = build::directory(&config, &layers)?;
    let mut asked = tokio::task::JoinSet::new();
    for (at, connection) in directory.connections().iter().cloned().enumerate() {
        let http = Arc::clone(&http);
        asked.spawn(async move { (at, credentials(&*http, &connection).await) });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().for_each(|(_, finding)| report.add(finding));
    report.findings.extend(clock(&http.dates.lock()));
    Ok(report)
}

async fn credentials(http: &dyn HttpClient, connection: &Connection) -> Finding {
    let (id, carrier) = (connection.id.as_str(), connection.carrier.name().0);
    match tokio::time::timeout(PATIENCE, connection.carrier.check(http)).await {
        Ok(Ok(health)) => Finding::credentials(id, carrier, health.ok, &health.detail),
        Ok(Err(SendError::NotSent(why))) => unreached(id, carrier, &why),
        Ok(Err(error)) => Finding::credentials(id, carrier, false, &error.to_string()),
        Err(_) => unreached(id, carrier, &format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

fn unreached(connection: &str, carrier: &str, why: &str) -> Finding {
    let fix = "check this machine's way to the internet: name service, firewall, proxy";
    Finding::broken(format!("credentials {connection}"), format!("{carrier}: {why}"), fix)
}

fn space(dir: &Path) -> Finding {
    const ABOUT: &str = "disk";
    // A directory that is yet to be made will lie where its nearest parent is.
    let existing = dir.ancestors().find(|dir| dir.exists()).unwrap_or(Path::new("."));
    let free = match rustix::fs::statvfs(existing) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => {
            return Finding::broken(
                ABOUT,
                format!("{}: {error}", dir.display()),
                "set data.dir to a local disk",
            );
        }
    };
    let seen = format!("{:.1} GiB free for {}", free as f64 / f64::from(1 << 30), dir.display());
    match free {
        0..MIN_FREE => Finding::broken(ABOUT, seen, "make room; carriers get 503 once it is full"),
        MIN_FREE..LOW_FREE => Finding::doubtful(ABOUT, seen, "make room before it is full"),
        _ => Finding::good(ABOUT, seen),
    }
}

fn schema(dir: &Path) -> Finding {
    const ABOUT: &str = "schema";
    if !dir.exists() {
        return Finding::good(ABOUT, "no data yet; the first start makes it");
    }
    match migrate::status(dir) {
        Ok(status) => {
            let pending = status.pending_migrations.unwrap_or_default().join(", ");
            if pending.is_empty() {
                return Finding::good(ABOUT, format!("version {}", status.version));
            }
            let seen = format!("version {}, pending: {pending}", status.version);
            Finding::doubtful(
                ABOUT,
                seen,
                "the next start brings it up; `omni schema migrate --dry-run` shows how",
            )
        }
        Err(error) => Finding::broken(ABOUT, error.to_string(), "omni schema validate"),
    }
}

fn open_files() -> Finding {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    match limit {
        Some(files) if files < FEW_FILES => {
            let fix = "LimitNOFILE=65536 in the unit, or `ulimit -n 65536`";
            Finding::doubtful("open files", format!("at most {files}"), fix)
        }
        Some(files) => Finding::good("open files", format!("at most {files}")),
        None => Finding::good("open files", "no limit"),
    }
}

async fn public_url(http: &dyn HttpClient, url: &str) -> Finding {
    const ABOUT: &str = "public URL";
    let host =
        url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") {
        let fix = "set server.public_url to the address that carriers call";
        return Finding::doubtful(ABOUT, format!("{url}: no carrier can reach this machine under it"), fix);
    }
    let mut request = HttpRequest::new("GET", format!("{url}/livez"));
    request.timeout = Some(PATIENCE);
    let fix = "start the server, and let the proxy pass /livez and /webhooks on to it";
    match http.execute(request).await {
        Ok(answer) if answer.status == 200 => Finding::good(ABOUT, format!("{url} answers")),
        Ok(answer) => Finding::doubtful(ABOUT, format!("{url}/livez answers {}", answer.status), fix),
        Err(error) => Finding::doubtful(ABOUT, format!("{url} cannot be reached from here: {error}"), fix),
    }
}

/// How far our clock is from the carriers': their answers say what time it is.
fn clock(dates: &[(Timestamp, Timestamp)]) -> Option<Finding> {
    const ABOUT: &str = "clock";
    let skew = |(ours, theirs): &(Timestamp, Timestamp)| ours.since(*theirs).max(theirs.since(*ours));
    let skew = dates.iter().map(skew).min()?;
    let seen = format!("{} s from the carriers' clocks", skew.as_secs());
    Some(if skew > MOST_SKEW {
        Finding::broken(ABOUT, seen, "switch time synchronisation on (timedatectl set-ntp true)")
    } else {
        Finding::good(ABOUT, seen)
    })
}

/// The usual client, which notes what time others say it is.
struct Listening {
    inner: Http,
    /// Our time and theirs.
    dates: Mutex<Vec<(Timestamp, Timestamp)>>,
}

impl Listening {
    fn new() -> Self {
        Self { inner: Http::new(PATIENCE), dates: Mutex::default() }
    }
}

#[async_trait]
impl HttpClient for Listening {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let response = self.inner.execute(request).await?;
        let theirs = response.header("date").and_then(read_date);
        if let Some(theirs) = theirs {
            self.dates.lock().push((SystemClock.now(), theirs));
        }
        Ok(response)
    }
}

/// The date of an HTTP answer: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7).
fn read_date(text: &str) -> Option<Timestamp> {
    let read = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_micros(read.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::super::findings::Mark;
    use super::*;

    #[test]
    fn a_clock_is_judged_by_the_nearest_carrier() {
        let at = Timestamp::from_secs;
        assert_eq!(clock(&[]), None);
        let cases = [
            (vec![(at(100), at(100))], Mark::Good),
            (vec![(at(100), at(75)), (at(100), at(500))], Mark::Good),
            (vec![(at(100), at(200))], Mark::Broken),
            (vec![(at(200), at(100))], Mark::Broken),
        ];
        for (dates, expect) in cases {
            assert_eq!(clock(&dates).unwrap().mark, expect, "{dates:?}");
        }
    }

    #[test]
    fn dates_of_answers_are_read() {
        let read = read_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(read, Timestamp::from_secs(784_111_777));
        assert_eq!(read_date("yesterday"), None);
    }

    #[test]
    fn a_directory_that_is_yet_to_be_made_has_the_space_of_its_parent() {
        let dir = tempfile::tempdir().unwrap();
        let finding = space(&dir.path().join("a/b/c"));
        assert!(finding.seen.contains("GiB free"), "{finding:?}");
        assert_eq!(schema(&dir.path().join("a")).mark, Mark::Good);
    }
}
