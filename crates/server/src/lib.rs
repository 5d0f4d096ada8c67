//! HTTP in: webhooks, REST API, health, metrics.
