//! What a server or the way to it complains of, in words that say what to do.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::received::database::Trouble;

/// How many causes are told.
const CAUSES: usize = 6;

/// The error with its causes; those that are told already are left out.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    for _ in 0..CAUSES {
        let Some(cause) = next else { break };
        let told = cause.to_string();
        if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        next = cause.source();
    }
    text
}

/// Why nobody could connect.
pub(super) fn of_connecting(error: &Error) -> Trouble {
    let message = causes(error);
    match error.code() {
        Some(&SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => Trouble::refused(
            message,
            "check the user, and the password in PGPASSWORD, ~/.pgpass or the address; pg_hba.conf says who may come",
        ),
        Some(&SqlState::INVALID_CATALOG_NAME) => Trouble::refused(message, "check the database in the address"),
        Some(_) => Trouble::unreachable(message, "see the server's log"),
        None if message.contains("certificate") => {
            Trouble::refused(message, "name the host as its certificate does, and its authority with --ca-file")
        }
        None if message.contains("password missing") => {
            Trouble::refused(message, "set PGPASSWORD, or write the password into ~/.pgpass")
        }
        None if message.contains("does not support TLS") => {
            Trouble::refused(message, "switch ssl on at the server; only this machine is spoken to in plain text")
        }
        None => Trouble::unreachable(message, "check the host and the port, and that the server runs"),
    }
}

/// Why a statement failed.
pub(super) fn of_asking(error: &Error, limit: u64) -> Trouble {
    let message = causes(error);
    let Some(code) = error.code() else {
        return Trouble::unreachable(message, "the connection broke; see the server's log, and run again");
    };
    let names = "check the names: they are taken as written, and PostgreSQL spells names without quotes in lower case; \
                 a schema is written table=SCHEMA.TABLE";
    match code {
        &SqlState::QUERY_CANCELED => Trouble::unreachable(
            format!("a statement took longer than {limit} s and was stopped"),
            "put an index on the column of the ids, or add statement_timeout=SECONDS to the address",
        ),
        &SqlState::UNDEFINED_TABLE | &SqlState::UNDEFINED_COLUMN | &SqlState::INVALID_SCHEMA_NAME => {
            Trouble::refused(message, names)
        }
        &SqlState::INSUFFICIENT_PRIVILEGE if message.contains("row-level security") => Trouble::refused(
            message,
            "rows that a policy hides would pass for missing; use a role that may see all, or name a view",
        ),
        &SqlState::INSUFFICIENT_PRIVILEGE => {
            Trouble::refused(message, "let the role read it: GRANT SELECT ON the table TO the role")
        }
        code if ["08", "25", "40", "53", "55", "57", "58", "XX"].iter().any(|class| code.code().starts_with(class)) => {
            Trouble::unreachable(message, "see the server's log, and run again")
        }
        _ => Trouble::refused(message, "check the table, its columns, or the query"),
    }
}
