//! What a running server finds when it asks its carriers.

use reqwest::Method;

use super::findings::{Finding, Report};
use crate::cli::ServerArgs;
use crate::client::Client;
use crate::output::text;

/// Asks the server.
pub async fn examine(args: &ServerArgs) -> anyhow::Result<Report> {
    let client = Client::find(args)?;
    let mut report = Report::default();
    report.add(match client.get("/readyz?verbose").await {
        Ok(_) => Finding::good("server", format!("{} is ready", client.url)),
        Err(error) => Finding::broken("server", format!("{}: {error}", client.url), "see its log"),
    });
    let connections = client.get("/v1/connections").await?;
    for connection in connections["data"].as_array().into_iter().flatten() {
        let (id, carrier) = (text(connection, "id"), text(connection, "carrier"));
        let checked = client.json(Method::POST, &format!("/v1/connections/{id}/check"), None).await?;
        report.add(Finding::credentials(id, carrier, checked["ok"] == true, text(&checked, "detail")));
        if text(connection, "breaker") != "closed" {
            let seen = format!("the circuit breaker is {}", text(connection, "breaker"));
            let fix = "it closes by itself when the carrier answers again; `omni connections list`";
            report.add(Finding::doubtful(format!("sending {id}"), seen, fix));
        }
    }
    Ok(report)
}
