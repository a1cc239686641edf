//! The one integration binary: the real program against the sandbox, and the house against its map.

mod across_runs;
mod architecture;
mod bad_input;
mod contrib;
mod crash;
mod generated;
mod judge;
mod ledger_faults;
mod ledger_place;
mod listing_faults;
mod lock;
mod quarantine;
mod received;
mod received_databases;
mod reports;
mod resend_faults;
mod scene;
mod shell;
mod signals;
mod switch;
mod unattended;
