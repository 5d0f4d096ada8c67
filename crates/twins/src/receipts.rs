//! The way of a taken message: which callbacks come, and when.

use std::sync::Arc;
use std::time::Duration;

use omni_core::time::Timestamp;
use tokio::time::Instant;

use crate::dice::{Dice, Throw};
use crate::faults::ReceiptFaults;
use crate::record::{Receipt, Record};
use crate::reserved::Fate;
use crate::twin::Twin;

/// How the callbacks of one message behave, beyond the faults of its carrier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Manner {
    /// The first one comes before the API's answer.
    pub(crate) first_before_answer: bool,
    /// Each comes twice.
    pub(crate) doubled: bool,
    /// Each carries a wrong signature.
    pub(crate) forged: bool,
    /// The API's answer never comes.
    pub(crate) no_answer: bool,
}

impl From<Fate> for Manner {
    fn from(fate: Fate) -> Self {
        Self {
            first_before_answer: fate == Fate::CallbackFirst,
            doubled: fate == Fate::CallbacksTwice,
            forged: fate == Fate::BadSignature,
            no_answer: fate == Fate::NoAnswer,
        }
    }
}

/// One callback of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// When it leaves, after acceptance.
    leaves: Duration,
    /// When the thing happened that it reports, after acceptance.
    happened: Duration,
    /// 1 for the first state after acceptance.
    rank: usize,
    receipt: Receipt,
    /// How often it is sent: 0 if it is lost.
    copies: u8,
}

/// Lays out the way of a message, faults included.
pub(crate) fn lay_out(
    receipts: &[Receipt],
    delay: Duration,
    doubled: bool,
    faults: &ReceiptFaults,
    dice: &Dice,
) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::with_capacity(receipts.len());
    for (rank, receipt) in (1_u32..).zip(receipts) {
        let happened = delay.saturating_mul(rank);
        let late = dice.hits(Throw::Late, faults.late);
        let lost = dice.hits(Throw::Lost, faults.lost);
        let twice = doubled || dice.hits(Throw::Doubled, faults.doubled);
        let leaves = if late { happened + faults.late_by() } else { happened };
        let copies = if lost { 0 } else { 1 + u8::from(twice) };
        steps.push(Step { leaves, happened, rank: rank as usize, receipt: *receipt, copies });
    }
    let mut next = 1;
    while next < steps.len() {
        if dice.hits(Throw::Reordered, faults.reordered) {
            let (earlier, later) = (steps[next - 1].leaves, steps[next].leaves);
            steps[next - 1].leaves = later;
            steps[next].leaves = earlier;
            steps.swap(next - 1, next);
            next += 1; // a step changes places once
        }
        next += 1;
    }
    steps.sort_by_key(|step| step.leaves);
    steps
}

/// A message on its way.
pub(crate) struct Journey<T> {
    pub(crate) twin: Arc<T>,
    pub(crate) record: Arc<Record>,
    pub(crate) steps: std::vec::IntoIter<Step>,
    pub(crate) forged: bool,
    /// When it was taken, or when it is due if it was scheduled.
    pub(crate) starts: Instant,
    /// The same moment on the wall clock.
    pub(crate) starts_at: Timestamp,
}

impl<T: Twin> Journey<T> {
    /// Goes all the way.
    pub(crate) async fn run(mut self) {
        while let Some(step) = self.steps.next() {
            tokio::time::sleep_until(self.starts + step.leaves).await;
            if self.record.is_withdrawn() {
                return;
            }
            self.take(step).await;
        }
    }

    /// Takes the first step at once, whenever it is due.
    pub(crate) async fn first_step(&mut self) {
        if let Some(step) = self.steps.next() {
            self.take(step).await;
        }
    }

    async fn take(&self, step: Step) {
        let happened = self.starts_at + step.happened;
        self.record.advance(step.rank, step.receipt, happened);
        let desk = self.twin.desk();
        for _ in 0..step.copies {
            let callback = self.twin.status_callback(&self.record, step.receipt, happened, self.forged);
            let Some(callback) = callback else { continue };
            if self.twin.signs_each_try() {
                let (twin, record, forged) = (Arc::clone(&self.twin), Arc::clone(&self.record), self.forged);
                let anew = move || twin.status_callback(&record, step.receipt, happened, forged);
                desk.courier.deliver_signing_anew(desk.carrier, callback, anew).await;
            } else {
                desk.courier.deliver(desk.carrier, callback).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAY: [Receipt; 3] = [Receipt::new("sent"), Receipt::new("delivered"), Receipt::new("read")];

    fn laid_out(doubled: bool, faults: ReceiptFaults) -> Vec<(&'static str, u64, u8)> {
        let delay = Duration::from_millis(100);
        let steps = lay_out(&WAY, delay, doubled, &faults, &Dice::new(1, "pelican"));
        steps
            .iter()
            .map(|step| (step.receipt.state, step.leaves.as_millis().try_into().unwrap(), step.copies))
            .collect()
    }

    #[test]
    fn faults_change_the_way() {
        let none = ReceiptFaults::default();
        let cases = [
            ("in order", false, none, vec![("sent", 100, 1), ("delivered", 200, 1), ("read", 300, 1)]),
            ("all twice", true, none, vec![("sent", 100, 2), ("delivered", 200, 2), ("read", 300, 2)]),
            (
                "all lost",
                false,
                ReceiptFaults { lost: 100, ..none },
                vec![("sent", 100, 0), ("delivered", 200, 0), ("read", 300, 0)],
            ),
            (
                "all late",
                false,
                ReceiptFaults { late: 100, late_by_ms: 50, ..none },
                vec![("sent", 150, 1), ("delivered", 250, 1), ("read", 350, 1)],
            ),
            (
                "neighbours change places",
                false,
                ReceiptFaults { reordered: 100, ..none },
                vec![("delivered", 100, 1), ("sent", 200, 1), ("read", 300, 1)],
            ),
        ];
        for (name, doubled, faults, expect) in cases {
            assert_eq!(laid_out(doubled, faults), expect, "{name}");
        }
    }

    #[test]
    fn a_late_one_is_overtaken() {
        let faults = ReceiptFaults { late: 40, late_by_ms: 1_000, ..ReceiptFaults::default() };
        let dice = Dice::new(3, "pelican");
        let overtaken = (0..50).any(|_| {
            let steps = lay_out(&WAY, Duration::from_millis(10), false, &faults, &dice);
            steps.windows(2).any(|pair| pair[0].rank > pair[1].rank)
        });
        assert!(overtaken);
    }
}
