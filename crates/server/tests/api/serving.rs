//! Real sockets: heads, bodies, and stopping.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;

struct Server {
    address: std::net::SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

async fn serving(app: &App, drain: Duration) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let task = tokio::spawn(omni_server::serve(listener, Arc::clone(&app.api), stop.clone(), drain));
    Server { address, stop, task }
}

async fn exchange(server: &Server, request: &str) -> String {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn it_speaks_http_and_problems_arrive_whole() {
    let app = App::new();
    let server = serving(&app, Duration::from_secs(5)).await;
    let live = exchange(&server, "GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(live.starts_with("HTTP/1.1 200") && live.ends_with("ok\n"), "{live}");
    let missing = exchange(&server, "GET /v1/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(missing.contains("\"code\":\"NOT_FOUND\""), "{missing}");
    let body = r#"{"id":"m-1","text":"hello"}"#;
    let callback = format!(
        "POST /webhooks/paper/paper-test HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-word: please\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    assert!(exchange(&server, &callback).await.starts_with("HTTP/1.1 200"));
    assert_eq!(app.seen.take().unwrap().peer, Some("127.0.0.1".parse().unwrap()));
    server.stop.cancel();
    server.task.await.unwrap().unwrap();
}

#[tokio::test]
async fn stopping_lets_requests_finish_and_ends_streams() {
    let app = App::new();
    let server = serving(&app, Duration::from_secs(30)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request =
        format!("GET /v1/events/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", app.key);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut seen = [0; 8];
    stream.read_exact(&mut seen).await.unwrap();

    // A body that is still on its way when the server is told to stop.
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let head =
        "POST /webhooks/paper/paper-test HTTP/1.1\r\nhost: x\r\nx-word: please\r\ncontent-length: 27\r\n\r\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.stop.cancel();
    tokio::time::sleep(Duration::from_millis(50)).await;
    slow.write_all(br#"{"id":"m-1","text":"hello"}"#).await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(String::from_utf8_lossy(&rest).contains("text/event-stream"));
    tokio::time::timeout(Duration::from_secs(5), server.task).await.unwrap().unwrap().unwrap();
    assert!(app.api.draining.is_cancelled());
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody new is taken");
}

#[tokio::test]
async fn the_drain_has_an_end() {
    let app = App::new();
    let server = serving(&app, Duration::from_millis(100)).await;
    let mut stuck = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /webhooks/paper/paper-test HTTP/1.1\r\nhost: x\r\ncontent-length: 27\r\n\r\n";
    stuck.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), server.task).await.expect("it ends").unwrap().unwrap();
}
