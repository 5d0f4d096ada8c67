//! What the contract test, the carriers' pages and the fuzz targets share: sample
//! connections, the carriers' side of signing, and the vector files as requests.

pub(crate) mod cases;
pub(crate) mod samples;
pub(crate) mod sign;
