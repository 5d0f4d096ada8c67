//! What a failure of SQLite or of a file means to the pipeline.

use std::io;

use omni_core::store::StoreError;
use rusqlite::ErrorCode;

/// What a failure of SQLite means.
pub(crate) fn from_sqlite(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::ReadOnly("the disk is full".to_owned()),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            StoreError::ReadOnly(format!("the database cannot be written ({error})"))
        }
        // What a failing disk, a lost mount or a quota shows; reads may still work.
        Some(ErrorCode::SystemIoFailure) => StoreError::ReadOnly(format!("input/output error ({error})")),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unavailable("another program holds the database".to_owned())
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(error.to_string()),
        _ => StoreError::Other(Box::new(error)),
    }
}

/// What a failure around the files means.
pub(crate) fn from_io(error: io::Error) -> StoreError {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        PermissionDenied | ReadOnlyFilesystem | StorageFull | QuotaExceeded => {
            StoreError::ReadOnly(error.to_string())
        }
        _ => StoreError::Other(Box::new(error)),
    }
}

/// The same failure for each of several callers.
pub(crate) fn copy(error: &StoreError) -> StoreError {
    match error {
        StoreError::ReadOnly(reason) => StoreError::ReadOnly(reason.clone()),
        StoreError::Unavailable(reason) => StoreError::Unavailable(reason.clone()),
        StoreError::Locked(reason) => StoreError::Locked(reason.clone()),
        StoreError::TooNew(reason) => StoreError::TooNew(reason.clone()),
        StoreError::TooLarge(reason) => StoreError::TooLarge(reason),
        StoreError::Corrupt(reason) => StoreError::Corrupt(reason.clone()),
        StoreError::Other(source) => StoreError::Other(source.to_string().into()),
    }
}

/// The store was closed.
pub(crate) fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn sqlite(code: i32) -> StoreError {
        from_sqlite(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn a_store_that_cannot_write_says_so() {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_READONLY, ffi::SQLITE_IOERR, ffi::SQLITE_PERM] {
            assert!(matches!(sqlite(code), StoreError::ReadOnly(_)), "{code}");
        }
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::StorageFull] {
            assert!(matches!(from_io(kind.into()), StoreError::ReadOnly(_)), "{kind}");
        }
    }

    #[test]
    fn other_failures_keep_their_meaning() {
        assert!(matches!(sqlite(ffi::SQLITE_BUSY), StoreError::Unavailable(_)));
        assert!(matches!(sqlite(ffi::SQLITE_CORRUPT), StoreError::Corrupt(_)));
        assert!(matches!(sqlite(ffi::SQLITE_MISUSE), StoreError::Other(_)));
        assert!(matches!(from_io(io::ErrorKind::NotFound.into()), StoreError::Other(_)));
    }
}
