//! The generator: signed WhatsApp callbacks over kept-alive connections, each waiting for
//! its answer before the next.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use omni_adapters::shared::hmac;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::sink::Sink;

/// The app secret of every target.
pub(super) const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// The phone number id of every target.
pub(super) const PHONE_NUMBER_ID: &str = "183920475610238";
/// How long one message may take before the run is called broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// What to send, where, how long.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) connections: usize,
    pub(super) time: Duration,
    pub(super) most: Option<u64>,
    pub(super) conversations: u64,
}

/// What came out.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// Microseconds of each message, sorted.
    pub(super) micros: Vec<u32>,
    pub(super) took: Duration,
}

impl Load {
    pub(super) fn for_time(&self, time: Duration) -> Self {
        Self { time, most: None, ..self.clone() }
    }

    /// Runs it. With a sink a message is done when the sink holds the answer to it, else
    /// when the callback is answered. `run` keeps the ids of two runs apart.
    pub(super) async fn run(&self, sink: Option<&Sink>, run: u64) -> anyhow::Result<Measured> {
        let count = Arc::new(AtomicU64::new(0));
        let begin = Instant::now();
        let mut tasks = Vec::new();
        for connection in 0..self.connections {
            let (load, count) = (self.clone(), Arc::clone(&count));
            let waiter = sink.map(Sink::waiter);
            tasks.push(tokio::spawn(
                async move { load.connection(connection as u64, run, &count, waiter).await },
            ));
        }
        let mut measured = Measured::default();
        for task in tasks {
            measured.micros.extend(task.await??);
        }
        measured.took = begin.elapsed();
        measured.micros.sort_unstable();
        Ok(measured)
    }

    async fn connection(
        &self,
        connection: u64,
        run: u64,
        count: &AtomicU64,
        waiter: Option<super::sink::Waiter>,
    ) -> anyhow::Result<Vec<u32>> {
        let mut stream = TcpStream::connect(self.address).await.context("the target does not answer")?;
        stream.set_nodelay(true)?;
        let (mut micros, mut answer) = (Vec::with_capacity(1 << 16), Vec::with_capacity(1_024));
        let end = Instant::now() + self.time;
        // Each connection walks its own conversations, so no two wait for one answer.
        let share = (self.conversations / self.connections as u64).max(1);
        for number in 0_u64.. {
            let taken = count.fetch_add(1, Ordering::Relaxed);
            if Instant::now() >= end || self.most.is_some_and(|most| taken >= most) {
                break;
            }
            let person = connection * share + number % share;
            let request = request(person, run, connection, number);
            let begin = Instant::now();
            let answered = waiter.as_ref().map(|waiter| waiter.expect(person));
            stream.write_all(&request).await?;
            let status = read_answer(&mut stream, &mut answer).await?;
            if status != 200 {
                bail!("the target answered {status}: {}", String::from_utf8_lossy(&answer));
            }
            if let Some(answered) = answered {
                tokio::time::timeout(PATIENCE, answered)
                    .await
                    .context("a message got no answer in 20 s")??;
            }
            micros.push(u32::try_from(begin.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
        Ok(micros)
    }
}

/// A callback of about 600 bytes, as Meta sends them, with its signature.
fn request(person: u64, run: u64, connection: u64, number: u64) -> Vec<u8> {
    let from = 15_550_000_000 + person;
    let body = format!(
        concat!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"291733390021845","changes":[{{"value":"#,
            r#"{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"447700900100","#,
            r#""phone_number_id":"{}"}},"contacts":[{{"profile":{{"name":"Load Person {}"}},"wa_id":"{}"}}],"#,
            r#""messages":[{{"from":"{}","id":"wamid.HBgLbG9hZC{:02}{:04}{:012}AA","timestamp":"1763650800","#,
            r#""type":"text","text":{{"body":"where is my booking {}? it was due on tuesday and nobody answers the phone"}}}}]}},"#,
            r#""field":"messages"}}]}}]}}"#
        ),
        PHONE_NUMBER_ID, person, from, from, run, connection, number, number
    );
    let signature = hmac::hex(&hmac::sha256(SECRET.as_bytes(), &[body.as_bytes()]));
    format!(
        "POST /webhooks/whatsapp HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: facebookexternalua\r\n\
         content-type: application/json\r\nx-hub-signature-256: sha256={signature}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Reads one whole answer; its status.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> anyhow::Result<u16> {
    answer.clear();
    loop {
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = std::str::from_utf8(&answer[..end]).context("an answer that is not HTTP")?;
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, value)| value.trim().parse::<usize>().ok())
                .unwrap_or(0);
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
            let status = status.context("an answer without a status")?;
            while answer.len() < end + 4 + length {
                if stream.read_buf(answer).await? == 0 {
                    bail!("the target closed the connection");
                }
            }
            return Ok(status);
        }
        if stream.read_buf(answer).await? == 0 {
            bail!("the target closed the connection");
        }
    }
}
