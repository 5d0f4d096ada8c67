//! What the contract test, the carriers' pages and the fuzz targets share: sample
//! connections, the carriers' side of signing, the vector files as requests, and messages.

pub(crate) mod cases;
pub(crate) mod contents;
pub(crate) mod outbound;
pub(crate) mod samples;
pub(crate) mod sign;
