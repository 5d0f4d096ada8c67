//! Carriers' twins.
