//! Delivery states: a lattice on which a message only moves forward.

use serde::{Deserialize, Serialize};

/// The state of an outbound message.
///
/// `Queued < Sending < Sent < Delivered < Read`; `Failed`, `Expired` and `Canceled` are
/// ends, except that a late `Delivered` or `Read` overrides `Failed` and `Expired`
/// (carriers do report delivery after failure). `Received` is the only state of inbound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Inbound: stored.
    Received,
    /// Accepted by us, not yet handed to a carrier.
    Queued,
    /// Due later, at the client's wish.
    Scheduled,
    /// An attempt is under way, or its outcome is not known (see the attempts).
    Sending,
    /// The carrier took it.
    Sent,
    /// The carrier says that it arrived.
    Delivered,
    /// The person has seen it.
    Read,
    /// It will not arrive.
    Failed,
    /// Its time ran out before a carrier took it.
    Expired,
    /// Withdrawn before it was sent.
    Canceled,
}

impl Status {
    const fn rank(self) -> u8 {
        match self {
            Self::Received | Self::Scheduled => 0,
            Self::Queued => 1,
            Self::Sending => 2,
            Self::Sent => 3,
            Self::Failed | Self::Expired | Self::Canceled => 4,
            Self::Delivered => 5,
            Self::Read => 6,
        }
    }

    /// Whether a message in this state may move to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Received, _) | (_, Self::Received) => false,
            (Self::Canceled, _) => false,
            (Self::Failed | Self::Expired, Self::Failed | Self::Expired | Self::Canceled) => false,
            (Self::Queued, Self::Scheduled) => true,
            _ => next.rank() > self.rank(),
        }
    }

    /// The state after `next` was reported: the greater of the two on the lattice.
    #[must_use]
    pub const fn advance(self, next: Self) -> Self {
        if self.may_become(next) { next } else { self }
    }

    /// Whether nothing more is expected to be done for this message.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Received | Self::Delivered | Self::Read | Self::Failed | Self::Expired | Self::Canceled
        )
    }

    /// As in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Queued => "queued",
            Self::Scheduled => "scheduled",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Canceled => "canceled",
        }
    }

    /// Every state, in the order of a message's life.
    pub const ALL: [Self; 10] = [
        Self::Received,
        Self::Scheduled,
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Failed,
        Self::Expired,
        Self::Canceled,
    ];
}

impl std::str::FromStr for Status {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::Status::{self, *};

    #[test]
    fn any_order_of_receipts_ends_in_the_same_state() {
        let reports = [Sent, Delivered, Read, Failed];
        for a in reports {
            for b in reports {
                for c in reports {
                    let forward = Queued.advance(a).advance(b).advance(c);
                    let backward = Queued.advance(c).advance(b).advance(a);
                    assert_eq!(forward, backward, "{a:?} {b:?} {c:?}");
                }
            }
        }
    }

    #[test]
    fn status_moves_as_the_design_says() {
        let cases = [
            (Delivered, Sent, Delivered),
            (Delivered, Failed, Delivered),
            (Failed, Delivered, Delivered),
            (Failed, Read, Read),
            (Failed, Sent, Failed),
            (Expired, Delivered, Delivered),
            (Canceled, Delivered, Canceled),
            (Queued, Scheduled, Scheduled),
            (Scheduled, Queued, Queued),
            (Received, Read, Received),
        ];
        for (from, report, expect) in cases {
            assert_eq!(from.advance(report), expect, "{from:?} + {report:?}");
        }
    }

    #[test]
    fn every_state_parses_back() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
    }
}
