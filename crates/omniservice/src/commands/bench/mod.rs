//! `omni bench`: what this machine can do, as ratios within one run.
//!
//! The gateway under test is a process of its own (this binary again), so that its CPU and
//! its writes can be told from the generator's. Targets take turns within every round,
//! because a shared machine changes from minute to minute: only their ratios mean
//! something.
//!
//! | target   | what it does                                                       |
//! |----------|--------------------------------------------------------------------|
//! | `noop`   | answers 200 to everything: the floor of HTTP on this machine        |
//! | `sqlite` | the gateway over the embedded store                                 |
//! | `null`   | the same gateway over a store that keeps nothing                    |

mod load;
mod report;
mod sink;
pub mod target;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use omni_local::floor::disk_floor;

use self::load::Load;
use self::report::{Report, Row};
use self::target::{Kind, Target};
use crate::cli::{BenchArgs, BenchWhat};

/// Runs one benchmark and prints its report.
pub async fn run(args: BenchArgs) -> anyhow::Result<()> {
    if args.what == BenchWhat::Target {
        return target::serve(&args).await;
    }
    let data = match &args.data {
        Some(dir) => dir.clone(),
        None => tempfile::Builder::new().prefix("omni-bench-").tempdir()?.keep(),
    };
    std::fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
    let report = measure(&args, &data).await;
    if args.data.is_none() {
        std::fs::remove_dir_all(&data)?;
    }
    report?.print(args.json);
    Ok(())
}

async fn measure(args: &BenchArgs, data: &std::path::Path) -> anyhow::Result<Report> {
    let targets = match (args.what, args.store.as_deref()) {
        (_, Some("null")) => vec![Kind::Noop, Kind::Null],
        _ => vec![Kind::Noop, Kind::Sqlite, Kind::Null],
    };
    let mut report = Report::new(args);
    for round in 1..=args.rounds {
        for connections in &args.connections {
            let writers = *connections;
            let floor_dir: PathBuf = data.to_owned();
            let floor =
                tokio::task::spawn_blocking(move || disk_floor(&floor_dir, Duration::from_secs(1), writers))
                    .await?
                    .context("the disk could not be measured")?;
            report.floor(*connections, floor.commits_per_second);
            for kind in &targets {
                let row = one(args, *kind, *connections, data).await?;
                eprintln!(
                    "  round {round}/{}  {:>3} connections  {:<6}  {:>8.0} messages/s",
                    args.rounds,
                    connections,
                    kind.name(),
                    row.per_second
                );
                report.row(*connections, *kind, row);
            }
        }
    }
    Ok(report)
}

/// One target under one load, from a fresh start.
async fn one(
    args: &BenchArgs,
    kind: Kind,
    connections: usize,
    data: &std::path::Path,
) -> anyhow::Result<Row> {
    let replies = args.what == BenchWhat::Pipeline && kind != Kind::Noop;
    let sink = if replies { Some(sink::Sink::start().await?) } else { None };
    let dir = tempfile::Builder::new().prefix("run-").tempdir_in(data)?;
    let mut target = Target::start(kind, dir.path(), sink.as_ref().map(sink::Sink::url)).await?;
    let idle_rss = target.rss_bytes();
    let load = Load {
        address: target.address,
        connections,
        time: Duration::from_secs_f64(args.seconds),
        most: args.messages,
        conversations: args.conversations,
    };
    // A short warm-up: caches, connections, the file's first pages.
    load.for_time(Duration::from_millis(300)).run(sink.as_ref(), 1).await?;
    let before = target.usage();
    let measured = load.run(sink.as_ref(), 2).await?;
    let after = target.usage();
    let ready = target.ready_after;
    target.stop().await?;
    Ok(Row::new(&measured, before, after, idle_rss, ready))
}
