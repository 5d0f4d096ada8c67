//! What becomes of a mail: the reserved names of mail, and the suppression lists.
//!
//! | name (`…@sim.test`) | what happens |
//! |---|---|
//! | `complaint` | delivered, then reported as spam |
//! | `unsubscribe` | delivered, then unsubscribed from everything |
//! | `deferred` | deferred once, then delivered |
//! | `blocked` | refused by the receiving server this time; the address is not suppressed |
//! | `suppressed` | dropped: it bounced before |
//! | `invalid` | dropped: no address |
//! | `spam` | dropped: its content |
//! | `click` | delivered, opened, clicked (where tracking is on) |
//!
//! The names that all carriers have are in [`crate::reserved`]; `bounce` bounces, `optout` is
//! dropped as unsubscribed.

use crate::record::Receipt;
use crate::reserved::{Fate, mail_name};

/// Why a mail was dropped without a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    Bounced = 1,
    Unsubscribed = 2,
    SpamReporting = 3,
    Invalid = 4,
    SpamContent = 5,
    OverQuota = 6,
}

impl Dropped {
    const ALL: [Self; 6] = [
        Self::Bounced,
        Self::Unsubscribed,
        Self::SpamReporting,
        Self::Invalid,
        Self::SpamContent,
        Self::OverQuota,
    ];

    pub(super) const fn receipt(self) -> Receipt {
        Receipt::failed("dropped", self as u32)
    }

    /// The reason behind the code of a receipt.
    pub(super) fn of(code: Option<u32>) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| Some(*reason as u32) == code)
    }

    /// SendGrid's word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Bounced => "Bounced Address",
            Self::Unsubscribed => "Unsubscribed Address",
            Self::SpamReporting => "Spam Reporting Address",
            Self::Invalid => "Invalid",
            Self::SpamContent => "Spam Content",
            Self::OverQuota => "Recipient List over Package Quota",
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word().eq_ignore_ascii_case(word))
    }
}

/// What the sender lets be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tracking {
    pub(super) opens: bool,
    pub(super) clicks: bool,
}

pub(super) const BOUNCE: Receipt = Receipt::failed("bounce", 511);
pub(super) const BLOCKED: Receipt = Receipt::failed("blocked", 571);
const PROCESSED: Receipt = Receipt::new("processed");
const DELIVERED: Receipt = Receipt::new("delivered");

/// The states of a mail to `address` after acceptance.
pub(super) fn way(address: &str, fate: Fate, tracking: Tracking) -> Vec<Receipt> {
    let name = mail_name(address).unwrap_or_default();
    let end = match name.as_str() {
        "complaint" => vec![DELIVERED, Receipt::new("spamreport")],
        "unsubscribe" => vec![DELIVERED, Receipt::new("unsubscribe")],
        "deferred" => vec![Receipt::new("deferred"), DELIVERED],
        "blocked" => vec![BLOCKED],
        "suppressed" => return vec![Dropped::Bounced.receipt()],
        "invalid" => return vec![Dropped::Invalid.receipt()],
        "spam" => return vec![Dropped::SpamContent.receipt()],
        _ => match fate {
            Fate::Undeliverable => vec![BOUNCE],
            Fate::OptedOut => return vec![Dropped::Unsubscribed.receipt()],
            Fate::NeverRead => vec![DELIVERED],
            _ => watched(name == "click", tracking),
        },
    };
    std::iter::once(PROCESSED).chain(end).collect()
}

fn watched(clicks: bool, tracking: Tracking) -> Vec<Receipt> {
    let mut way = vec![DELIVERED];
    if tracking.opens {
        way.push(Receipt::new("open"));
    }
    if clicks && tracking.clicks {
        way.push(Receipt::new("click"));
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reserved::fate;

    #[test]
    fn names_have_their_fates() {
        let all = Tracking { opens: true, clicks: true };
        let none = Tracking { opens: false, clicks: false };
        #[rustfmt::skip]
        let cases = [
            ("ana@customer.example",    all,  vec!["processed", "delivered", "open"]),
            ("ana@customer.example",    none, vec!["processed", "delivered"]),
            ("unread@sim.test",         all,  vec!["processed", "delivered"]),
            ("click@sim.test",          all,  vec!["processed", "delivered", "open", "click"]),
            ("click@sim.test",          none, vec!["processed", "delivered"]),
            ("bounce@sim.test",         all,  vec!["processed", "bounce"]),
            ("Blocked+1@sim.test",      all,  vec!["processed", "blocked"]),
            ("complaint@sim.test",      all,  vec!["processed", "delivered", "spamreport"]),
            ("unsubscribe@sim.test",    all,  vec!["processed", "delivered", "unsubscribe"]),
            ("deferred@sim.test",       all,  vec!["processed", "deferred", "delivered"]),
            ("optout@sim.test",         all,  vec!["dropped"]),
            ("suppressed@sim.test",     all,  vec!["dropped"]),
            ("complaint@sim.test.example", all, vec!["processed", "delivered", "open"]),
        ];
        for (address, tracking, expect) in cases {
            let way = way(address, fate(address), tracking);
            assert_eq!(way.iter().map(|receipt| receipt.state).collect::<Vec<_>>(), expect, "{address}");
        }
    }

    #[test]
    fn a_dropped_mail_knows_its_reason() {
        for reason in Dropped::ALL {
            assert_eq!(Dropped::of(reason.receipt().error), Some(reason));
            assert_eq!(Dropped::named(reason.word()), Some(reason));
        }
        assert_eq!((Dropped::of(None), Dropped::of(Some(7))), (None, None));
    }
}
