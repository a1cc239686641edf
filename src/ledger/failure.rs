//! What an error of the database means for the ledger, in words.
//!
//! A failure knows neither the path nor what was being done; both are added where it is handed out.

use std::path::Path;

use rusqlite::{Error, ErrorCode};

use super::LedgerError;

/// Why an operation on the database failed; one failure may have to be told to many callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The file is not a ledger that this hookmend can use.
    Unusable(String),
    /// The file is a ledger and the operation failed.
    Database(String),
}

impl Failure {
    /// The error for a caller who only read or opened.
    pub(super) fn at(self, path: &Path) -> LedgerError {
        let path = path.to_owned();
        match self {
            Self::Unusable(message) => LedgerError::Unusable { path, message },
            Self::Database(message) => LedgerError::Database { path, message },
        }
    }

    /// The error for a caller who wanted something recorded, with what that means.
    pub(super) fn so(self, path: &Path, consequence: &str) -> LedgerError {
        match self {
            Self::Unusable(message) => Self::Unusable(format!("{message}; {consequence}")),
            Self::Database(message) => Self::Database(format!("{message}; {consequence}")),
        }
        .at(path)
    }

    /// A stored value that this hookmend does not understand.
    pub(super) fn unknown_value(what: &str, value: &str) -> Self {
        // A ledger is a file like any other, so what it holds is quoted and bounded before it is shown.
        let shown: String = value.chars().take(80).collect();
        Self::Unusable(format!(
            "it holds {what} {shown:?}, which this hookmend does not understand; was it written by a newer hookmend?"
        ))
    }

    /// A file that is something else.
    pub(super) fn not_a_ledger() -> Self {
        Self::Unusable(
            "it is not a ledger: the file is something else than an SQLite database. It was left as it is; name \
             another file"
                .to_owned(),
        )
    }

    /// A database whose content contradicts itself.
    pub(super) fn damaged(finding: &str) -> Self {
        Self::Unusable(format!(
            "it is damaged ({finding}) and was left as it is; restore it from a backup, or save what can be read \
             with `sqlite3 LEDGER .recover`. Without its history, events that were already resent may be resent again"
        ))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::SqliteFailure(cause, _) => of_sqlite(cause.code, &error),
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::InvalidColumnName(_)
            | Error::InvalidColumnIndex(_) => {
                Self::Unusable(format!("it holds a value that this hookmend does not understand: {error}"))
            }
            _ => Self::Database(error.to_string()),
        }
    }
}

fn of_sqlite(code: ErrorCode, error: &Error) -> Failure {
    match code {
        ErrorCode::NotADatabase => Failure::not_a_ledger(),
        ErrorCode::DatabaseCorrupt => Failure::damaged(&error.to_string()),
        ErrorCode::DiskFull => Failure::Database(format!("the disk is full ({error})")),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
            Failure::Database(format!("the file or its folder can't be written ({error})"))
        }
        ErrorCode::SystemIoFailure => Failure::Database(format!("the disk failed ({error})")),
        ErrorCode::CannotOpen => Failure::Database(format!("the file can't be opened ({error})")),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Failure::Database(format!("another program keeps the database busy ({error})"))
        }
        _ => Failure::Database(error.to_string()),
    }
}
