//! Contracts of the ports, stopped clock, seeded ids.
