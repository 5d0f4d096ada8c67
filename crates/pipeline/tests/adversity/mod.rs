//! What an adversary would try: the moments between two commits, carriers that contradict
//! themselves, and wishes that contradict each other.

mod receipts;
mod receiving;
mod sending;
mod wishes;
