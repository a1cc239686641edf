//! The one integration binary: the real program against the sandbox, and the house against its map.

mod across_runs;
mod architecture;
mod bad_input;
mod by_hand;
mod contrib;
mod crash;
mod doctor;
mod generated;
mod init;
mod judge;
mod ledger_faults;
mod ledger_place;
mod listing_faults;
mod lock;
mod quarantine;
mod received;
mod received_databases;
mod resend_faults;
mod scene;
mod shell;
mod show;
mod signals;
mod switch;
mod unattended;
mod vendor_stub;
mod webhooks;
