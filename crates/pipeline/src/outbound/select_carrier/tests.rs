use std::sync::Arc;

use omni_core::account::PrefixRoute;
use omni_core::content::Template;

use super::*;
use crate::testing::{Paper, account, connection};

/// `id carrier rank cost breaker`.
type Row = (&'static str, &'static str, i32, u64, BreakerState);

const CLOSED: BreakerState = BreakerState::Closed;

fn connections(rows: &[Row]) -> Vec<(Arc<Connection>, BreakerState)> {
    rows.iter()
        .map(|(id, carrier, rank, cost, breaker)| {
            let mut connection = connection(id, Paper::text(carrier, Channel::Sms));
            (connection.rank, connection.cost_micros) = (*rank, *cost);
            (Arc::new(connection), *breaker)
        })
        .collect()
}

#[test]
fn the_seeds_order_is_kept() {
    let two: &[Row] = &[("one", "alpha", 0, 9, CLOSED), ("two", "beta", 0, 5, CLOSED)];
    let broken: &[Row] = &[("one", "alpha", 0, 0, BreakerState::Open), ("two", "beta", 0, 5, CLOSED)];
    let ranked: &[Row] = &[("one", "alpha", 2, 0, CLOSED), ("two", "beta", 1, 5, CLOSED)];
    let healing: &[Row] = &[("one", "alpha", 0, 0, BreakerState::HalfOpen), ("two", "beta", 9, 9, CLOSED)];
    #[rustfmt::skip]
    let cases = [
        ("cost decides among equals",            two,     None,          None,        None,         "two,one"),
        ("rank before cost",                     ranked,  None,          None,        None,         "two,one"),
        ("the conversation's own comes first",   two,     Some("one"),   None,        None,         "one,two"),
        ("unless its breaker is open",           broken,  Some("one"),   None,        None,         "two,-one"),
        ("a prefix route beats cost",            two,     None,          Some("one"), None,         "one,two"),
        ("the conversation beats a route",       two,     Some("two"),   Some("one"), None,         "two,one"),
        ("the client's wish beats all",          two,     Some("one"),   None,        Some("beta"), "two,one"),
        ("half-open keeps its place",            healing, None,          None,        None,         "one,two"),
    ];
    for (name, rows, last, route, preferred, expect) in cases {
        let mut account = account();
        account.prefix_routes = route
            .map(|route: &str| PrefixRoute { prefix: "+1".into(), connection: route.parse().unwrap() })
            .into_iter()
            .collect();
        let last: Option<ConnectionId> = last.map(|last: &str| last.parse().unwrap());
        let got = ranking(&account, last.as_ref(), preferred, &[], true, &connections(rows));
        assert_eq!(got, expect, "{name}");
    }
}

fn ranking(
    account: &Account,
    last: Option<&ConnectionId>,
    preferred: Option<&str>,
    refused: &[ConnectionId],
    window_open: bool,
    connections: &[(Arc<Connection>, BreakerState)],
) -> String {
    let wanted = Wanted {
        account,
        channel: Channel::Sms,
        recipient: &Address::from("+13035550177"),
        content: &OutboundContent::Text { text: "hi".into() },
        sender: None,
        preferred_carrier: preferred,
        last_connection: last,
        window_open,
        refused,
    };
    let candidates = select(&wanted, connections);
    let names = candidates.iter().map(|c| format!("{}{}", if c.eligible { "" } else { "-" }, c.connection));
    names.collect::<Vec<_>>().join(",")
}

#[test]
fn what_cannot_carry_it_stays_visible_with_its_reason() {
    let windowed = || {
        let mut paper = Paper::text("alpha", Channel::Sms);
        paper.capabilities.service_window = vec![Channel::Sms];
        (Arc::new(connection("win", paper)), CLOSED)
    };
    let chat = (Arc::new(connection("chat", Paper::text("beta", Channel::Chat))), CLOSED);
    let refused = (Arc::new(connection("no", Paper::text("gamma", Channel::Sms))), CLOSED);
    let all = [windowed(), chat, refused];
    let account = account();
    let no: ConnectionId = "no".parse().unwrap();
    assert_eq!(ranking(&account, None, None, std::slice::from_ref(&no), true, &all), "win,-chat,-no");
    assert_eq!(ranking(&account, None, None, &[no], false, &all), "-win,-chat,-no");
}

#[test]
fn what_a_carriers_own_builder_refuses_is_not_promised() {
    let cases = [
        ("fine", true, "capable"),
        ("odd", false, "odd"),
        ("long", false, "title: longer than 20 characters"),
        // That may be different when the time has come.
        ("nokey", true, "capable"),
    ];
    for (name, eligible, reason) in cases {
        let template = Template { template_id: name.into(), ..Template::default() };
        let wanted = Wanted {
            account: &account(),
            channel: Channel::Sms,
            recipient: &Address::from("+13035550177"),
            content: &OutboundContent::Template(template),
            sender: None,
            preferred_carrier: None,
            last_connection: None,
            window_open: true,
            refused: &[],
        };
        let candidates = select(&wanted, &connections(&[("one", "alpha", 0, 0, CLOSED)]));
        assert_eq!((candidates[0].eligible, candidates[0].reason.as_str()), (eligible, reason), "{name}");
    }
}
